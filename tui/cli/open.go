package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
	"voxmesh/tui/pane"
	"voxmesh/tui/sshd"
)

// traceLink begins a link to a run, vox://trace/TRACE, or to a span of it, vox://trace/TRACE/SPAN.
const traceLink = "vox://trace/"

// openCmd shows a run: in the console where somebody sits at a terminal, else as `runs ID` does.
func (a *app) openCmd() *cobra.Command {
	show := a.command(read, files{}, func(_ context.Context, args []string) error {
		s, err := a.src()
		if err != nil {
			return err
		}
		_, v, err := placeOf(s, args[0])
		if err != nil {
			return err
		}
		return a.show(v, func(w io.Writer) { runTree(w, v) })
	})
	return &cobra.Command{
		Use: "open LINK|ID", Short: "The console at a run: vox://trace/ID, or the id of a run, a job or an item", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, _, ok := a.terminal(); ok && a.local && !a.json {
				return a.console(cmd.Context(), args[0])
			}
			return show(cmd, args)
		},
	}
}

// places is what links are looked up in.
type places interface {
	Run(string) (mesh.RunView, error)
	RunOfTrace(string) (string, error)
	Job(string) (*mesh.Job, error)
	Item(string) (mesh.ItemView, error)
}

// placeOf finds what a link, a trace, or the id of a run, of a job or of an item points at, and gives the run. Codes
// vox/run/unknown, vox/run/ambiguous, vox/job/unknown, vox/hopper/unknown, vox/oplog/trimmed.
func placeOf(s places, ref string) (pane.Ref, mesh.RunView, error) {
	rest, linked := strings.CutPrefix(ref, traceLink)
	id, span, _ := strings.Cut(rest, "/")
	run, err := runOf(s, id, linked)
	if err != nil {
		return pane.Ref{}, mesh.RunView{}, err
	}
	v, err := s.Run(run)
	if err != nil {
		return pane.Ref{}, v, err
	}
	if span == "" {
		return pane.Ref{Kind: pane.Run, ID: run}, v, nil
	}
	if !hasSpan(v.Root, span) {
		return pane.Ref{}, v, fault.New("vox/run/unknown", "run %s has no span %s", run, clean.Max(span, 64)).WithHint("voxmesh runs %s shows its tree", run)
	}
	return pane.Ref{Kind: pane.Span, ID: run + "/" + span}, v, nil
}

// runOf is the run that an id leads to: its own, a trace (or its first digits), that of a job or of an item.
func runOf(s places, id string, trace bool) (string, error) {
	switch {
	case trace, hexDigits(id):
		return s.RunOfTrace(id)
	case strings.HasPrefix(id, "j-"):
		j, err := s.Job(id)
		if err != nil {
			return "", err
		}
		return j.Run, nil
	case strings.HasPrefix(id, "h-"):
		it, err := s.Item(id)
		if err == nil && it.RunID == "" {
			err = fault.New("vox/run/unknown", "nothing of %s ran yet", it.ItemID).WithHint("voxmesh hopper show %s says what it waits for", it.ItemID)
		}
		return it.RunID, err
	}
	return id, nil
}

// hexDigits reports whether an id is the beginning of a trace, as lists show it.
func hexDigits(id string) bool {
	return len(id) >= 8 && strings.Trim(id, "0123456789abcdefABCDEF") == ""
}

func hasSpan(s mesh.SpanView, id string) bool {
	if s.SpanID == id {
		return true
	}
	for _, c := range s.Children {
		if hasSpan(c, id) {
			return true
		}
	}
	return false
}

// openArgs reads the command line of a session that wants a console at a place; empty where it is another one.
func openArgs(args []string) string {
	if len(args) == 2 && args[0] == "open" && !strings.HasPrefix(args[1], "-") {
		return args[1]
	}
	return ""
}

// opens reports whether a command line is a console at a place that there is. Where there is none the command says so.
func opens(s places, args []string) bool {
	ref := openArgs(args)
	if ref == "" {
		return false
	}
	_, _, err := placeOf(s, ref)
	return err == nil
}

// checkPlace asks the host for what is to be opened, so that a link that leads nowhere is said on this terminal and
// opens no console.
func checkPlace(ctx context.Context, c *sshd.Client, ref string) error {
	var out bytes.Buffer
	exit, err := c.Run(ctx, sshd.RunOptions{Args: []string{"open", "--json", "--", ref}, Stdout: &out})
	if err != nil || exit == 0 {
		return err
	}
	var answer struct {
		Error *struct{ Code, Message, Hint string }
	}
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil || answer.Error == nil {
		return fault.New("vox/internal", "the host answered with exit %d", exit)
	}
	return fault.New(answer.Error.Code, "%s", answer.Error.Message).WithHint("%s", answer.Error.Hint)
}

// pastPlace looks a place up in the log while no host runs.
func pastPlace(dir, ref string) (pane.Ref, error) {
	r, err := mesh.OpenReader(dir)
	if err != nil {
		return pane.Ref{}, err
	}
	at, _, err := placeOf(r, ref)
	_ = r.Close() // nothing was written
	return at, err
}
