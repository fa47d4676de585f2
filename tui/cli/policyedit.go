package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"voxmesh/mesh/donations"
	"voxmesh/mesh/fault"
	"voxmesh/policy"
	"voxmesh/policy/syntax"
)

// policyEdited is a policy file after an edit; with a dry run, as it would be.
type policyEdited struct {
	policyView
	Written  int    `json:"written_bytes"`
	Commit   string `json:"suggested_commit_command"`
	Diff     string `json:"diff"` // unified; empty where nothing changed
	DryRun   bool   `json:"dry_run"`
	Undoable bool   `json:"undoable"`
}

func dryRun(c *cobra.Command) *bool {
	return c.Flags().Bool("dry-run", false, "print what would change, and change nothing")
}

func (a *app) policySetCmd(f *policyFlags) *cobra.Command {
	c := &cobra.Command{
		Use: "set PATH=VALUE...", Short: "Change settings: all of them or none", Args: cobra.MinimumNArgs(1),
		Long: "Each PATH gets its VALUE, written as in the file; names may lack their quotes and lists their brackets. What is\n" +
			"not there yet is made, at its place. All are one save, and none is made where one of them cannot be. Where there\n" +
			"is no file, one that gives nothing is made first.\n\n" +
			"The difference is printed, and `voxmesh policy undo` takes it back.",
		Example: "  voxmesh policy set slots[cpu].max_concurrent=6 min_priority=3\n" +
			"  voxmesh policy set 'per_peer_overrides[alice@aurelia].nsfw_allowed=true'\n" +
			"  voxmesh policy set 'allowed_users=[\"alice@aurelia\", \"bob@home\"]' --dry-run",
	}
	dry := dryRun(c)
	c.RunE = a.command(here, files{}, func(ctx context.Context, args []string) error {
		return a.policyEdit(ctx, f, *dry, true, func(file *policy.File) (*policy.File, error) {
			for _, s := range args {
				path, value, ok := cutAssignment(s)
				if !ok {
					return nil, usage("%q is no PATH=VALUE, as in min_priority=3", s)
				}
				var err error
				if file, err = file.Set(path, value); err != nil {
					return nil, err
				}
			}
			return file, nil
		})
	})
	return c
}

// cutAssignment parts PATH=VALUE at the first = that stands in no brackets: a peer may have one in its name.
func cutAssignment(s string) (path, value string, ok bool) {
	inBrackets, inQuotes := false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case inQuotes && c == '\\':
			i++
		case c == '"' && inBrackets:
			inQuotes = !inQuotes
		case inQuotes:
		case c == '[':
			inBrackets = true
		case c == ']':
			inBrackets = false
		case c == '=' && !inBrackets:
			return strings.TrimSpace(s[:i]), s[i+1:], i > 0
		}
	}
	return "", "", false
}

func (a *app) policyUnsetCmd(f *policyFlags) *cobra.Command {
	c := &cobra.Command{
		Use: "unset PATH...", Short: "Remove settings, slots, overrides: all of them or none", Args: cobra.MinimumNArgs(1),
		Long: "Removes what stands at each PATH, one after the other, with the comments that are its own: an index counts what\n" +
			"is still there. What a setting means when it is absent says `voxmesh policy explain PATH`.",
		Example: "  voxmesh policy unset slots[gpu]\n  voxmesh policy unset allowed_users per_peer_overrides[alice@aurelia].min_priority",
	}
	dry := dryRun(c)
	c.RunE = a.command(here, files{}, func(ctx context.Context, args []string) error {
		return a.policyEdit(ctx, f, *dry, false, func(file *policy.File) (*policy.File, error) {
			for _, path := range args {
				var err error
				if file, err = file.Unset(path); err != nil {
					return nil, err
				}
			}
			return file, nil
		})
	})
	return c
}

func (a *app) policyMoveCmd(f *policyFlags) *cobra.Command {
	c := &cobra.Command{
		Use: "move PATH INDEX", Short: "Move a slot, an override or a name within its list", Args: cobra.ExactArgs(2),
		Long: "Moves the element at PATH to INDEX, counted from 0 without the element itself. Of two overrides for one peer the\n" +
			"later one wins.",
		Example: "  voxmesh policy move slots[2] 0",
	}
	dry := dryRun(c)
	c.RunE = a.command(here, files{}, func(ctx context.Context, args []string) error {
		to, err := strconv.Atoi(args[1])
		if err != nil {
			return usage("%q is no index: give a whole number from 0", args[1])
		}
		return a.policyEdit(ctx, f, *dry, false, func(file *policy.File) (*policy.File, error) { return file.Move(args[0], to) })
	})
	return c
}

func (a *app) policyFmtCmd(f *policyFlags) *cobra.Command {
	c := &cobra.Command{
		Use: "fmt", Short: "Bring the file into the one style", Args: cobra.NoArgs,
		Long: "Indents, spaces and commas become those of the one style; comments, the order and the meaning stay. A file with\n" +
			"errors of form is left as it is. With --check nothing is written, and it exits 1 where something would be.",
		Example: "  voxmesh policy fmt\n  voxmesh policy fmt --check",
	}
	dry := dryRun(c)
	check := c.Flags().Bool("check", false, "write nothing; exit 1 where the file is not in the style")
	c.RunE = a.command(here, files{}, func(ctx context.Context, _ []string) error {
		b, v, err := a.readPolicy(ctx, f)
		if err != nil {
			return err
		}
		text, ok := syntax.Format(v.file.Tree())
		if !ok {
			return fault.New("vox/policy/not-sound", "%s has errors and is left as it is", v.Path).
				WithHint("`voxmesh policy check` shows them").Wrap(v.file.Err())
		}
		if *check && string(text) != v.Source {
			a.exit = 1
		}
		return a.policySave(ctx, f, b, []byte(v.Source), text, *dry || *check)
	})
	return c
}

// policyEdit reads the file, has it edited, and saves it. Without a file it begins with one that gives nothing, where
// the edit can make something of that.
func (a *app) policyEdit(ctx context.Context, f *policyFlags, dry, makes bool, edit func(*policy.File) (*policy.File, error)) error {
	b, err := a.book()
	if err != nil {
		return err
	}
	d, err := b.Read(ctx)
	if err != nil {
		return err
	}
	src := d.Source
	if !d.Exists {
		if !makes {
			_, err := a.viewOf(ctx, f, b)
			return err
		}
		src = policy.Default()
	}
	file, err := parsePolicy(f, d.Path, src)
	if err != nil {
		return err
	}
	now, err := edit(file)
	if err != nil {
		return err
	}
	return a.policySave(ctx, f, b, d.Source, now.Source(), dry)
}

// policySave puts text in the place of base and says what that changed.
func (a *app) policySave(ctx context.Context, f *policyFlags, b *donations.Book, base, text []byte, dry bool) error {
	v := policyEdited{Diff: policy.Diff(base, text), DryRun: dry}
	if !dry {
		s, err := b.Save(ctx, base, text)
		if err != nil {
			return err
		}
		v.Written, v.Commit, v.Undoable = s.WrittenBytes, s.SuggestedCommit, s.Undoable
	}
	d, err := b.Read(ctx)
	if err != nil {
		return err
	}
	if dry {
		d.Source, d.Exists = text, true
	}
	if v.policyView, err = a.view(ctx, f, d); err != nil {
		return err
	}
	return a.showEdited(v, base == nil)
}

// showEdited prints an edit. made says that there was no file before.
func (a *app) showEdited(v policyEdited, made bool) error {
	return a.show(v, func(w io.Writer) {
		fmt.Fprintln(w, cleanText(v.Path))
		if v.Diff == "" {
			fmt.Fprintln(w, "nothing changes")
		} else {
			fmt.Fprintf(w, "\n%s\n", v.Diff)
		}
		switch {
		case v.DryRun:
			fmt.Fprintln(w, "nothing was written")
			return
		case !v.Exists:
			fmt.Fprintln(w, "removed: there was no file before")
		case made:
			fmt.Fprintf(w, "made, %d bytes\n", v.Written)
		case v.Diff != "":
			fmt.Fprintf(w, "saved, %d bytes\n", v.Written)
		}
		fmt.Fprintln(w, cleanText(v.Status))
		if v.InForce && v.Diff != "" && v.Policy != nil {
			fmt.Fprintln(w, "it holds for the next job that asks, without a restart")
		}
		if v.Undoable && v.Diff != "" {
			fmt.Fprintln(w, "to take it back: voxmesh policy undo")
		}
		writeCommit(w, v.git, v.Commit)
		writeProblems(w, v.Problems, "\n")
	})
}

// writeCommit says how git would keep the file, where it can.
func writeCommit(w io.Writer, g donations.Git, command string) {
	if !g.InTree || command == "" {
		return
	}
	if !g.Tracked {
		fmt.Fprintln(w, "git does not know the file: voxmesh policy stage")
	}
	fmt.Fprintf(w, "to commit it, in %s:\n  %s\n", cleanText(g.Folder), command)
}

func (a *app) policyUndoCmd(f *policyFlags) *cobra.Command {
	return &cobra.Command{
		Use: "undo", Short: "Take the last save back", Args: cobra.NoArgs,
		Long: "The file holds again what it held before the last save by voxmesh with this data folder, once. It is refused\n" +
			"where the file was changed since. A save that made the file is taken back by removing it.",
		Example: "  voxmesh policy undo",
		RunE: a.command(here, files{}, func(ctx context.Context, _ []string) error {
			b, err := a.book()
			if err != nil {
				return err
			}
			was, err := b.Read(ctx)
			if err != nil {
				return err
			}
			s, err := b.Undo(ctx)
			if err != nil {
				return err
			}
			d, err := b.Read(ctx)
			if err != nil {
				return err
			}
			v := policyEdited{Written: s.WrittenBytes, Commit: s.SuggestedCommit, Diff: policy.Diff(was.Source, d.Source)}
			if v.policyView, err = a.view(ctx, f, d); err != nil {
				return err
			}
			return a.showEdited(v, false)
		}),
	}
}

// policyStaged is what came of staging.
type policyStaged struct {
	policyView
	Staged bool   `json:"staged"`
	Note   string `json:"note"` // why not, or that nothing in it is new
	Commit string `json:"suggested_commit_command"`
}

func (a *app) policyStageCmd(f *policyFlags) *cobra.Command {
	return &cobra.Command{
		Use: "stage", Short: "git add donations.vox, and nothing more", Args: cobra.NoArgs,
		Long: "Stages the file in git, in the folder where it lies. Nothing is committed and no other file is touched. That git\n" +
			"is missing, or the folder no work tree, is said and is no error.",
		Example: "  voxmesh policy stage",
		RunE: a.command(here, files{}, func(ctx context.Context, _ []string) error {
			b, _, err := a.readPolicy(ctx, f)
			if err != nil {
				return err
			}
			s, err := b.Stage(ctx)
			if err != nil {
				return err
			}
			v := policyStaged{Staged: s.Staged, Note: s.Note, Commit: s.SuggestedCommit}
			if v.policyView, err = a.viewOf(ctx, f, b); err != nil {
				return err
			}
			return a.show(v, func(w io.Writer) {
				if v.Staged {
					fmt.Fprintf(w, "staged %s\n", cleanText(v.Path))
				} else {
					fmt.Fprintf(w, "not staged: %s\n", cleanText(v.Note))
					return
				}
				if v.Note != "" {
					fmt.Fprintln(w, cleanText(v.Note))
				}
				writeCommit(w, s.Git, v.Commit)
			})
		}),
	}
}
