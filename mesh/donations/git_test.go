package donations

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// git runs git in a folder, with an identity of its own and no configuration of this machine.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(gitEnviron(os.Environ()), "GIT_AUTHOR_NAME=m", "GIT_AUTHOR_EMAIL=m@x", "GIT_COMMITTER_NAME=m", "GIT_COMMITTER_EMAIL=m@x")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// aRepository is a work tree with one commit of this file, or of none where text is empty.
func aRepository(t *testing.T, name, text string) (b *Book, dir string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("SKIPPED: git is not installed")
	}
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	dir = folder(t)
	git(t, dir, "init", "-q")
	write(t, filepath.Join(dir, "other.txt"), "one\n")
	if text != "" {
		write(t, filepath.Join(dir, name), text)
	}
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "-m", "first")
	return New(Options{Path: filepath.Join(dir, name), Data: t.TempDir()}), dir
}

// state is all that git has of a folder: what is staged, what is not, and its commits.
func state(t *testing.T, dir string) (staged, dirty, commits string) {
	t.Helper()
	return git(t, dir, "diff", "--cached", "--name-only", "-z"), git(t, dir, "status", "--porcelain", "-z"), git(t, dir, "rev-list", "--all", "--count")
}

func TestStageOnlyThisFile(t *testing.T) {
	b, dir := aRepository(t, "donations.vox", first)
	s := save(t, b, []byte(first), []byte(second))
	if !s.Git.InTree || !s.Git.Tracked || s.Git.Note != "" || s.Git.Folder != dir {
		t.Errorf("%+v", s.Git)
	}
	if want := `git commit -m "donations: fewer cpu jobs at once" -- donations.vox`; s.SuggestedCommit != want {
		t.Errorf("suggests %s", s.SuggestedCommit)
	}
	write(t, filepath.Join(dir, "other.txt"), "two\n")
	write(t, filepath.Join(dir, "new.txt"), "new\n")
	got, err := b.Stage(t.Context())
	if err != nil || !got.Staged || got.Note != "" || got.SuggestedCommit != s.SuggestedCommit {
		t.Fatalf("%+v, %v", got, err)
	}
	staged, dirty, commits := state(t, dir)
	if staged != "donations.vox\x00" || dirty != "M  donations.vox\x00 M other.txt\x00?? new.txt\x00" || commits != "1\n" {
		t.Errorf("staged %q\nstatus %q\ncommits %s", staged, dirty, commits)
	}
	// The suggestion does what it says.
	git(t, dir, "commit", "-q", "-m", "donations: fewer cpu jobs at once", "--", "donations.vox")
	got, err = b.Stage(t.Context())
	if err != nil || !got.Staged || got.SuggestedCommit != "" || got.Note == "" {
		t.Errorf("after the commit: %+v, %v", got, err)
	}
}

// What is suggested describes all that the commit would hold, not the last save alone.
func TestSuggestionIsAboutTheLastCommit(t *testing.T) {
	b, _ := aRepository(t, "donations.vox", first)
	save(t, b, []byte(first), []byte(second))
	if s := save(t, b, []byte(second), []byte(second+"// more\n")); !strings.Contains(s.SuggestedCommit, "fewer cpu jobs at once") {
		t.Errorf("suggests %s", s.SuggestedCommit)
	}
	if s := save(t, b, []byte(second+"// more\n"), []byte(first)); s.SuggestedCommit != "" {
		t.Errorf("the same as the commit, and suggests %s", s.SuggestedCommit)
	}
}

func TestNewFile(t *testing.T) {
	b, dir := aRepository(t, "donations.vox", "")
	s := save(t, b, nil, []byte(first))
	if !s.Git.InTree || s.Git.Tracked {
		t.Errorf("%+v", s.Git)
	}
	got, err := b.Stage(t.Context())
	if err != nil || !got.Staged || got.SuggestedCommit != `git commit -m "donations: a policy" -- donations.vox` {
		t.Errorf("%+v, %v", got, err)
	}
	if staged, _, _ := state(t, dir); staged != "donations.vox\x00" {
		t.Errorf("staged %q", staged)
	}
}

// A repository without a commit, too.
func TestFirstCommit(t *testing.T) {
	b, dir := aRepository(t, "donations.vox", first)
	if err := os.RemoveAll(filepath.Join(dir, ".git")); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "init", "-q")
	got, err := b.Stage(t.Context())
	if err != nil || !got.Staged || got.SuggestedCommit != `git commit -m "donations: a policy" -- donations.vox` {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestHostileNames(t *testing.T) {
	for _, name := range []string{"-f", "--all", ":(glob)*", "*", "a\nb.vox", "it's \"$(touch x)\"`id`;.vox", "HEAD"} {
		t.Run(name, func(t *testing.T) {
			b, dir := aRepository(t, name, first)
			write(t, filepath.Join(dir, "other.txt"), "two\n")
			s := save(t, b, []byte(first), []byte(second))
			if !s.Git.Tracked {
				t.Errorf("%+v", s.Git)
			}
			got, err := b.Stage(t.Context())
			if err != nil || !got.Staged {
				t.Fatalf("%+v, %v", got, err)
			}
			if staged, _, commits := state(t, dir); staged != name+"\x00" || commits != "1\n" {
				t.Errorf("staged %q, %s commits", staged, commits)
			}
			if sh, err := exec.LookPath("sh"); err == nil {
				// A shell reads the suggestion as it was meant. The identity is in the environment.
				cmd := exec.Command(sh, "-c", got.SuggestedCommit)
				cmd.Dir = dir
				cmd.Env = append(gitEnviron(os.Environ()), "GIT_AUTHOR_NAME=m", "GIT_AUTHOR_EMAIL=m@x", "GIT_COMMITTER_NAME=m", "GIT_COMMITTER_EMAIL=m@x")
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%s: %v\n%s", got.SuggestedCommit, err, out)
				}
				if staged, _, commits := state(t, dir); staged != "" || commits != "2\n" {
					t.Errorf("after %s: staged %q, %s commits", got.SuggestedCommit, staged, commits)
				}
			}
		})
	}
}

// What a hook or an alias says about another repository does not reach ours.
func TestEnvironmentOfHooks(t *testing.T) {
	b, dir := aRepository(t, "donations.vox", first)
	_, elsewhere := aRepository(t, "donations.vox", first)
	t.Setenv("GIT_DIR", filepath.Join(elsewhere, ".git"))
	t.Setenv("GIT_WORK_TREE", elsewhere)
	t.Setenv("GIT_INDEX_FILE", filepath.Join(elsewhere, ".git", "index"))
	save(t, b, []byte(first), []byte(second))
	if got, err := b.Stage(t.Context()); err != nil || !got.Staged {
		t.Fatalf("%+v, %v", got, err)
	}
	if staged, _, _ := state(t, dir); staged != "donations.vox\x00" {
		t.Errorf("staged here: %q", staged)
	}
	if staged, dirty, _ := state(t, elsewhere); staged != "" || dirty != "" {
		t.Errorf("staged elsewhere: %q, %q", staged, dirty)
	}
}

func TestIgnored(t *testing.T) {
	b, dir := aRepository(t, "donations.vox", "")
	write(t, filepath.Join(dir, ".gitignore"), "*.vox\n")
	save(t, b, nil, []byte(first))
	got, err := b.Stage(t.Context())
	if err != nil || got.Staged || !strings.Contains(got.Note, ".gitignore") || got.SuggestedCommit != "" {
		t.Errorf("%+v, %v", got, err)
	}
	if staged, _, _ := state(t, dir); staged != "" {
		t.Errorf("staged %q", staged)
	}
}

// A file behind a link is staged where it lies.
func TestStageBehindALink(t *testing.T) {
	_, dir := aRepository(t, "mine.vox", first)
	path := filepath.Join(folder(t), "donations.vox")
	if err := os.Symlink(filepath.Join(dir, "mine.vox"), path); err != nil {
		t.Skipf("SKIPPED: no links here: %v", err)
	}
	b := New(Options{Path: path, Data: t.TempDir()})
	s := save(t, b, []byte(first), []byte(second))
	if s.Git.Folder != dir || !strings.HasSuffix(s.SuggestedCommit, " -- mine.vox") {
		t.Errorf("%+v", s)
	}
	if got, err := b.Stage(t.Context()); err != nil || !got.Staged {
		t.Fatalf("%+v, %v", got, err)
	}
	if staged, _, _ := state(t, dir); staged != "mine.vox\x00" {
		t.Errorf("staged %q", staged)
	}
}

// An index that another git holds is an error with what git says, and nothing changed.
func TestIndexIsHeld(t *testing.T) {
	b, dir := aRepository(t, "donations.vox", first)
	save(t, b, []byte(first), []byte(second))
	held := filepath.Join(dir, ".git", "index.lock")
	write(t, held, "")
	_, err := b.Stage(t.Context())
	refused(t, err, "vox/policy/git-failed")
	if !strings.Contains(err.Error(), "index.lock") {
		t.Errorf("%v does not say why", err)
	}
}

func TestWithoutGit(t *testing.T) {
	b, _ := aBook(t, first)
	b.o.Git = filepath.Join(t.TempDir(), "no-git")
	for _, program := range []string{b.o.Git, "no-such-git-anywhere"} {
		b.o.Git = program
		d, err := b.Read(t.Context())
		if err != nil || d.Git.InTree || d.Git.Tracked || d.Git.Note != "git is not installed" {
			t.Errorf("%+v, %v", d.Git, err)
		}
		got, err := b.Stage(t.Context())
		if err != nil || got.Staged || got.Note != "git is not installed" {
			t.Errorf("%+v, %v", got, err)
		}
	}
	save(t, b, []byte(first), []byte(second))
}

func TestNoWorkTree(t *testing.T) {
	b, dir := aRepository(t, "donations.vox", first)
	if err := os.RemoveAll(filepath.Join(dir, ".git")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(dir))
	got, err := b.Stage(t.Context())
	if err != nil || got.Staged || got.Note != "not in a git work tree" || got.Git.InTree {
		t.Errorf("%+v, %v", got, err)
	}
	git(t, dir, "init", "-q", "--bare", ".")
	if got, err := b.Stage(t.Context()); err != nil || got.Staged || got.Note != "not in a git work tree" {
		t.Errorf("in a bare repository: %+v, %v", got, err)
	}
}

func TestShellWord(t *testing.T) {
	for in, want := range map[string]string{
		"donations.vox": "donations.vox", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "$(x)": "'$(x)'", "é": "'é'", "~": "'~'",
	} {
		if got := shellWord(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
