package donations

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
	"voxmesh/policy"
	"voxmesh/policy/syntax"
)

// gitFor is how long git may take. It reads an index; a repository on a sleeping disk may need its time.
const gitFor = 10 * time.Second

// Git is how the file stands in git. That git says nothing of it is no error: Note says why.
type Git struct {
	Tracked bool
	InTree  bool   // of a work tree
	Folder  string // of the file itself, links followed: where git is asked, and where suggested commands are meant
	Note    string // why it is not InTree: "git is not installed", "not in a git work tree"
}

// Staged is what came of staging.
type Staged struct {
	Path            string
	Git             Git
	Staged          bool
	Note            string // why it is not staged, or that nothing in it differs from the last commit
	SuggestedCommit string // empty where there is nothing to commit
}

// Stage runs `git add -- donations.vox` in the file's folder and nothing else that changes anything. That git is
// missing, that the folder is no work tree, that the file is ignored or not there, is said in Note. Codes:
// vox/policy/git-failed, vox/file/unreadable.
func (b *Book) Stage(ctx context.Context) (Staged, error) {
	s := Staged{Path: b.o.Path}
	place, err := resolve(b.o.Path)
	if errors.Is(err, fs.ErrNotExist) {
		s.Note = "there is no such folder"
		return s, nil
	}
	if err != nil {
		return s, unreadable(b.o.Path, err)
	}
	now, _, err := load(place)
	if err != nil {
		return s, unreadable(b.o.Path, err)
	}
	r := b.git(place)
	s.Git = r.look(ctx)
	switch {
	case !s.Git.InTree:
		s.Note = s.Git.Note
		return s, nil
	case now == nil && !s.Git.Tracked:
		s.Note = "there is no file to stage"
		return s, nil
	}
	out := r.run(ctx, "add", "--", r.name)
	if strings.Contains(out.said, "ignored by one of your .gitignore") {
		s.Note = "it is ignored by .gitignore"
		return s, nil
	}
	if !out.ok {
		return s, fault.New(codeGit, "git could not stage %s: %s", r.name, out.why()).WithHint("run it yourself there: git add -- %s", shellWord(r.name))
	}
	s.Staged, s.Git.Tracked = true, true
	if s.SuggestedCommit = r.suggest(ctx, s.Git, nil, now); s.SuggestedCommit == "" {
		s.Note = "it is the same as in the last commit"
	}
	return s, nil
}

// repo asks git about one file.
type repo struct {
	program   string
	dir, name string
}

func (b *Book) git(place string) repo {
	return repo{program: b.o.Git, dir: filepath.Dir(place), name: filepath.Base(place)}
}

// look asks whether the folder is in a work tree and the file tracked.
func (r repo) look(ctx context.Context) Git {
	g := Git{Folder: r.dir}
	in := r.run(ctx, "rev-parse", "--is-inside-work-tree")
	switch {
	case !in.ok && strings.Contains(in.said, "not a git repository"), in.ok && strings.TrimSpace(string(in.out)) != "true":
		g.Note = "not in a git work tree"
		return g
	case !in.ok:
		g.Note = in.why()
		return g
	}
	g.InTree = true
	g.Tracked = r.run(ctx, "ls-files", "--error-unmatch", "--", r.name).ok
	return g
}

// suggest gives the command that commits the file: described by what differs from the last commit where that has the
// file, else by what differs from old.
func (r repo) suggest(ctx context.Context, g Git, old, now []byte) string {
	if now == nil && !g.Tracked {
		return "" // git never knew it
	}
	if g.Tracked {
		if head := r.run(ctx, "cat-file", "blob", "HEAD:./"+r.name); head.ok {
			old = head.out
		} else {
			old = nil
		}
		if same(old, now) {
			return ""
		}
	}
	return `git commit -m "` + policy.DescribeTexts(old, now) + `" -- ` + shellWord(r.name)
}

// answer is what git said.
type answer struct {
	ok   bool
	out  []byte
	said string // on standard error
	err  error
}

// why is one safe line that says why it did not do it.
func (a answer) why() string {
	switch {
	case errors.Is(a.err, exec.ErrNotFound), errors.Is(a.err, fs.ErrNotExist):
		return "git is not installed"
	case errors.Is(a.err, context.DeadlineExceeded):
		return "git does not answer"
	}
	line, _, _ := strings.Cut(strings.TrimSpace(a.said), "\n")
	if line = strings.TrimPrefix(line, "fatal: "); line == "" {
		return "git cannot be run"
	}
	const most = 200
	return clean.Max(line, most).String()
}

// run has git do one thing in the file's folder: no shell, no questions, names as they are, and nothing of what a hook
// that we may run in says about another repository.
func (r repo) run(ctx context.Context, args ...string) answer {
	ctx, stop := context.WithTimeout(ctx, gitFor)
	defer stop()
	cmd := exec.CommandContext(ctx, r.program, args...)
	cmd.Dir = r.dir
	cmd.Env = append(gitEnviron(os.Environ()), "PWD="+r.dir)
	cmd.WaitDelay = time.Second
	out, said := &bounded{most: syntax.MaxSize + 1}, &bounded{most: 1 << 14}
	cmd.Stdout, cmd.Stderr = out, said
	err := cmd.Run()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return answer{ok: err == nil, out: out.b.Bytes(), said: said.b.String(), err: err}
}

// gitEnviron is the environment for git: without what chooses a repository, an index or a configuration for one
// command, as hooks and aliases are given, and with messages that can be read.
func gitEnviron(env []string) []string {
	kept := []string{"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_EXEC_PATH"}
	out := make([]string, 0, len(env)+4)
	for _, kv := range env {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, "GIT_") && !slices.Contains(kept, name) || name == "LANGUAGE" || name == "PWD" {
			continue
		}
		out = append(out, kv)
	}
	return append(out, "GIT_LITERAL_PATHSPECS=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
}

// bounded keeps the first bytes of what is written and takes the rest.
type bounded struct {
	b    bytes.Buffer
	most int
}

func (w *bounded) Write(p []byte) (int, error) {
	w.b.Write(p[:max(0, min(len(p), w.most-w.b.Len()))])
	return len(p), nil
}

// shellWord writes a name so that a shell reads it as it is.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-/+@%,=", r)
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
