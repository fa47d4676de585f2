package e2e

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// donor is a machine with a donations.vox in a workspace of its own.
type donor struct {
	*machine
	dir  string
	path string
}

const donated = `// what I give
policy donations {
  slots: [
    { kind: gpu, max_concurrent: 2, weight: 70 },
    { kind: cpu, max_concurrent: 8, weight: 30 }, // the old box
  ]
  min_priority: 0   // anybody
}
`

func newDonor(t *testing.T, text string) *donor {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d := &donor{machine: newMachine(t, "donor"), dir: dir, path: filepath.Join(dir, "donations.vox")}
	d.env = append(d.env, "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	if text != "" {
		d.write(text)
	}
	return d
}

func (d *donor) write(text string) {
	d.t.Helper()
	if err := os.WriteFile(d.path, []byte(text), 0o644); err != nil {
		d.t.Fatal(err)
	}
}

func (d *donor) holds(want string) {
	d.t.Helper()
	if b, err := os.ReadFile(d.path); err != nil || string(b) != want {
		d.t.Errorf("the file holds %v\n%s\nwant\n%s", err, b, want)
	}
}

func (d *donor) policy(args ...string) []string {
	return append([]string{"policy", "--workspace", d.dir}, args...)
}

func (d *donor) git(args ...string) string {
	d.t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		d.t.Skip("SKIPPED: git is not installed")
	}
	c := exec.Command("git", args...)
	c.Dir, c.Env = d.dir, append(d.env, "GIT_AUTHOR_NAME=m", "GIT_AUTHOR_EMAIL=m@x", "GIT_COMMITTER_NAME=m", "GIT_COMMITTER_EMAIL=m@x")
	out, err := c.CombinedOutput()
	if err != nil {
		d.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// policyData is what all policy commands give, and what edits give beyond.
type policyData struct {
	Source   string
	Policy   map[string]any
	Tracked  bool `json:"is_git_tracked"`
	Problems []struct {
		Code, Severity string
		Line           int
	}
	InForce bool   `json:"in_force"`
	Exists  bool   `json:"exists"`
	Written int    `json:"written_bytes"`
	Commit  string `json:"suggested_commit_command"`
	Diff    string
	Staged  bool
	Note    string
	Accept  *bool
	Request map[string]any
	Reasons []struct {
		Rule, Field, Text string
		Allowed           bool
		Line              int
	}
}

// Settings are changed by their paths, and the difference on the disk is exactly what was asked for.
func TestPolicySet(t *testing.T) {
	t.Parallel()
	d := newDonor(t, donated)
	want := strings.Replace(donated, "max_concurrent: 8", "max_concurrent: 6", 1)
	var v policyData
	d.ok(&v, d.policy("set", "slots[cpu].max_concurrent=6", "--dry-run")...)
	const diff = "@@ -2,7 +2,7 @@\n policy donations {\n   slots: [\n     { kind: gpu, max_concurrent: 2, weight: 70 },\n" +
		"-    { kind: cpu, max_concurrent: 8, weight: 30 }, // the old box\n+    { kind: cpu, max_concurrent: 6, weight: 30 }, // the old box\n" +
		"   ]\n   min_priority: 0   // anybody\n }\n"
	if v.Diff != diff || v.Written != 0 || v.Source != want {
		t.Errorf("dry run: %+v", v)
	}
	d.holds(donated)
	d.ok(&v, d.policy("set", "slots[cpu].max_concurrent=6")...)
	if v.Diff != diff || v.Written != len(want) || v.Source != want || v.Commit != `git commit -m "donations: fewer cpu jobs at once" -- donations.vox` {
		t.Errorf("set: %+v", v)
	}
	d.holds(want)

	// Several are one save: all or none.
	d.refused("vox/policy/bad-value", 2, d.policy("set", "min_priority=3", "slots[gpu].max_concurrent=900")...)
	d.refused("vox/policy/bad-path", 2, d.policy("set", "min_priority=3", "max_prio=3")...)
	d.refused("vox/cli/usage", 2, d.policy("set", "min_priority=3", "nonsense")...)
	d.holds(want)
	d.ok(&v, d.policy("set", "min_priority=3", "denied_users=eve@aurelia")...)
	d.holds(strings.Replace(want, "min_priority: 0   // anybody\n", "min_priority: 3   // anybody\n  denied_users: [\"eve@aurelia\"]\n", 1))
	d.ok(&v, d.policy("undo")...)
	if !strings.Contains(v.Diff, "-  min_priority: 3   // anybody\n") {
		t.Errorf("undo: %s", v.Diff)
	}
	d.holds(want)
	d.refused("vox/policy/nothing-to-undo", 3, d.policy("undo")...)

	d.ok(&v, d.policy("move", "slots[1]", "0")...)
	if s := v.Policy["slots"].([]any)[0].(map[string]any); s["kind"] != "cpu" {
		t.Errorf("moved: %v", v.Policy["slots"])
	}
	d.ok(&v, d.policy("unset", "slots[gpu]", "min_priority")...)
	if strings.Contains(v.Source, "gpu") || strings.Contains(v.Source, "anybody") || !strings.Contains(v.Source, "// the old box") {
		t.Errorf("unset:\n%s", v.Source)
	}
	d.refused("vox/policy/no-such", 4, d.policy("unset", "slots[3]")...)
	d.refused("vox/cli/usage", 2, d.policy("move", "slots[0]", "first")...)
}

func TestPolicySetMakesTheFile(t *testing.T) {
	t.Parallel()
	d := newDonor(t, "")
	for _, args := range [][]string{{"show"}, {"check"}, {"fmt"}, {"unset", "min_priority"}, {"move", "slots[0]", "1"}, {"explain"}, {"stage"}} {
		d.refused("vox/policy/no-file", 4, d.policy(args...)...)
	}
	var v policyData
	d.ok(&v, d.policy("set", "slots[cpu].max_concurrent=2", "--dry-run")...)
	if _, err := os.Stat(d.path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a dry run made the file: %v", err)
	}
	d.ok(&v, d.policy("set", "slots[cpu].max_concurrent=2")...)
	d.holds(v.Source)
	if !v.Exists || v.Written != len(v.Source) || v.Policy == nil {
		t.Errorf("%+v", v)
	}
	d.ok(&v, d.policy("undo")...)
	if _, err := os.Stat(d.path); !errors.Is(err, fs.ErrNotExist) || v.Exists {
		t.Errorf("undo of what made the file: %v, %+v", err, v)
	}
}

// What was edited on the disk by hand is never undone with it.
func TestPolicyUndoOfWhatChangedSince(t *testing.T) {
	t.Parallel()
	d := newDonor(t, donated)
	d.ok(nil, d.policy("set", "min_priority=3")...)
	b, err := os.ReadFile(d.path)
	if err != nil {
		t.Fatal(err)
	}
	mine := string(b) + "// by \x1b[31mhand\n"
	d.write(mine)
	a := d.raw("", append([]string{"--json"}, d.policy("undo")...)...)
	var env struct {
		Error struct{ Code, Hint, Diff string }
	}
	if err := json.Unmarshal([]byte(a.out), &env); err != nil || a.exit != 3 || env.Error.Code != "vox/policy/changed-underneath" ||
		!strings.HasSuffix(env.Error.Diff, "\n+// by \x1b[31mhand\n") || env.Error.Hint == "" {
		t.Errorf("exit %d, %v\n%s", a.exit, err, a.out)
	}
	a = d.raw("", d.policy("undo")...)
	if a.exit != 3 || !strings.Contains(a.err, "+// by ") || strings.Contains(a.err, "\x1b") {
		t.Errorf("exit %d\n%q", a.exit, a.err)
	}
	d.holds(mine)
}

func TestPolicyCheckExits(t *testing.T) {
	t.Parallel()
	d := newDonor(t, "")
	for _, tc := range []struct {
		text string
		exit int
		code string
	}{
		{donated, 0, ""},
		{"policy donations { slots: [ { kind: cpu, weight: 40 } ] }", 0, "vox/policy/weights"},
		{"policy donations { slots: [] }", 0, "vox/policy/never-accepts"},
		{"policy donations { slots: [ { kind: tpu } ] }", 1, "vox/policy/unknown-kind"},
		{"policy donations {", 1, "vox/policy/unclosed"},
		{"", 1, "vox/policy/none"},
	} {
		d.write(tc.text)
		for _, a := range []answer{d.do(d.policy("check")...), d.do("policy", "check", d.path), d.feed(tc.text, "policy", "check", "-")} {
			var v policyData
			a.read(t, &v)
			if a.failed || a.exit != tc.exit || v.Source != tc.text || (v.Policy != nil) != (tc.exit == 0) || tc.code != "" && v.Problems[0].Code != tc.code {
				t.Errorf("%q: exit %d, %+v", tc.text, a.exit, v)
			}
		}
	}
	d.refused("vox/policy/no-file", 4, "policy", "check", filepath.Join(d.dir, "none.vox"))
	d.refused("vox/file/unreadable", 1, "policy", "check", d.dir)
}

func TestPolicyFmt(t *testing.T) {
	t.Parallel()
	d := newDonor(t, "// mine\npolicy donations {\n slots:[{kind:cpu,weight:100}]  // one\n\n\n\n   min_priority:3 }")
	a := d.do(d.policy("fmt", "--check")...)
	var v policyData
	a.read(t, &v)
	if a.exit != 1 || a.failed || v.Diff == "" {
		t.Errorf("fmt --check: exit %d, %+v", a.exit, v)
	}
	d.ok(&v, d.policy("fmt")...)
	if !strings.Contains(v.Source, "// one\n") || !strings.HasPrefix(v.Source, "// mine\n") || v.Written != len(v.Source) {
		t.Errorf("%s", v.Source)
	}
	d.holds(v.Source)
	once := v.Source
	d.ok(&v, d.policy("fmt")...)
	if v.Written != 0 || v.Diff != "" {
		t.Errorf("the second time it changes %s", v.Diff)
	}
	d.ok(&v, d.policy("fmt", "--check")...)
	d.holds(once)
	d.write("policy donations {")
	d.refused("vox/policy/not-sound", 1, d.policy("fmt")...)
	d.holds("policy donations {")
}

// Every policy command gives the four keys.
func TestPolicyKeys(t *testing.T) {
	t.Parallel()
	d := newDonor(t, donated)
	for _, args := range [][]string{
		{"show"},
		{"check"},
		{"check", d.path},
		{"set", "min_priority=3"},
		{"undo"},
		{"move", "slots[0]", "1"},
		{"unset", "min_priority"},
		{"fmt", "--dry-run"},
		{"use", d.path},
		{"explain"},
		{"explain", "slots[0].weight"},
		{"stage"},
	} {
		a := d.do(d.policy(args...)...)
		var keys map[string]json.RawMessage
		a.read(t, &keys)
		for _, k := range []string{"source", "policy", "is_git_tracked", "problems"} {
			if _, ok := keys[k]; !ok {
				t.Errorf("%v has no %s: %s", args, k, a.data)
			}
		}
		if slices.Contains([]string{"set", "undo", "move", "unset", "fmt"}, args[0]) {
			for _, k := range []string{"written_bytes", "suggested_commit_command", "diff"} {
				if _, ok := keys[k]; !ok {
					t.Errorf("%v has no %s: %s", args, k, a.data)
				}
			}
		}
		if a.exit != 0 {
			t.Errorf("%v: exit %d", args, a.exit)
		}
	}
}

func TestPolicyStage(t *testing.T) {
	t.Parallel()
	d := newDonor(t, donated)
	var v policyData
	d.ok(&v, d.policy("stage")...)
	if v.Staged || v.Note != "not in a git work tree" || v.Tracked {
		t.Errorf("without a repository: %+v", v)
	}
	d.git("init", "-q")
	if err := os.WriteFile(filepath.Join(d.dir, "other"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.ok(&v, d.policy("stage")...)
	if !v.Staged || !v.Tracked || v.Commit != `git commit -m "donations: a policy" -- donations.vox` {
		t.Errorf("%+v", v)
	}
	if got := d.git("status", "--porcelain", "-z"); got != "A  donations.vox\x00?? other\x00" {
		t.Errorf("git says %q", got)
	}
	d.git("commit", "-q", "-m", "x")
	d.ok(&v, d.policy("set", "slots[gpu].max_concurrent=1")...)
	if v.Commit != `git commit -m "donations: fewer gpu jobs at once" -- donations.vox` {
		t.Errorf("suggests %s", v.Commit)
	}
	c := d.command(d.policy("stage", "--json")...)
	c.Env = append(d.env, "PATH="+t.TempDir())
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"note":"git is not installed"`) {
		t.Errorf("without git: %v\n%s", err, out)
	}
}

// Which file is in force is said wherever a policy is shown, and what is saved there holds without a restart.
func TestPolicyInForce(t *testing.T) {
	t.Parallel()
	d := newDonor(t, donated)
	var v policyData
	d.ok(&v, d.policy("show")...)
	if v.InForce {
		t.Error("in force, and nobody said so")
	}
	d.ok(&v, "policy", "use", d.path)
	d.ok(&v, d.policy("show")...)
	if !v.InForce {
		t.Error("not in force after policy use")
	}
	link := filepath.Join(d.dir, "link")
	if err := os.Symlink(d.dir, link); err == nil {
		if d.ok(&v, "policy", "show", "--workspace", link); !v.InForce {
			t.Error("not in force by another name")
		}
	}
	d.write("policy donations {")
	if a := d.raw("", d.policy("show")...); !strings.Contains(a.out, "because it has errors") || !strings.Contains(a.out, "^") {
		t.Errorf("%s", a.out)
	}
	d.refused("vox/policy/unclosed", 1, "policy", "use", d.path)
}

func TestPolicyOfSeveral(t *testing.T) {
	t.Parallel()
	const night = "policy night { slots: [ { kind: gpu, weight: 100 } ] }\n"
	d := newDonor(t, donated+night)
	var v policyData
	d.ok(&v, d.policy("set", "--policy", "night", "min_priority=2")...)
	if v.Policy["name"] != "night" || v.Policy["min_priority"] != 2.0 || !strings.HasPrefix(v.Source, donated) {
		t.Errorf("%+v", v)
	}
	d.ok(&v, d.policy("show")...)
	if v.Policy["name"] != "donations" || v.Policy["min_priority"] != 0.0 {
		t.Errorf("%+v", v.Policy)
	}
	d.refused("vox/policy/no-such", 4, d.policy("show", "--policy", "day")...)
}
