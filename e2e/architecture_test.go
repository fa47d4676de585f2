package e2e

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "voxmesh"

// room says what the packages of a folder may import. A folder not named here belongs to the nearest one above it
// that is; deeper rooms come with rules of their own.
type room struct {
	dir  string   // "" is the top
	ours []string // folders of ours, with all below them where they end in /…
	of   []string // import paths of third parties, with all below them
	why  string   // printed when the rule is broken
}

// leaves are what any room under mesh and tui may use: one error type, cleaned text, the class, files that survive.
var leaves = []string{"mesh/fault", "mesh/clean", "mesh/privacy", "mesh/durable"}

var charm = []string{
	"charm.land/bubbletea/v2", "charm.land/bubbles/v2", "charm.land/lipgloss/v2",
	"github.com/charmbracelet/x/ansi", "github.com/charmbracelet/colorprofile",
}

var nats = []string{
	"github.com/nats-io/nats-server/v2", "github.com/nats-io/nats.go", "github.com/nats-io/jwt/v2", "github.com/nats-io/nkeys",
}

var rooms = []room{
	{
		dir: "", ours: []string{"tui/cli"},
		why: "main only hands over to the command tree: whatever it did itself, no test and no SSH session could do",
	},
	{
		dir: "audit", of: []string{"golang.org/x/mod"},
		why: "a verifier must be able to trust audit alone: it knows nothing of the mesh whose acts it proves",
	},
	{
		dir: "oplog", of: []string{"go.etcd.io/bbolt", "github.com/klauspost/compress", "golang.org/x/sys"},
		why: "the log is generic over its projection: a log that knew of nodes and jobs could not outlive a change of them",
	},
	{
		dir: "oplog/bench", ours: []string{"oplog/bench/sim", "oplog", "mesh", "mesh/privacy", "hopper"},
		why: "the generator is a program of its own, which makes logs by the real projection and by nothing else",
	},
	{
		dir: "policy", ours: []string{"policy/syntax", "mesh/privacy"},
		why: "policy is pure, bytes in and a decision out, so that every donor's decision can be replayed and tested",
	},
	{
		dir: "policy/syntax",
		why: "the lossless tree serves policies and workflows alike: it knows the meaning of neither",
	},
	{
		dir: "hopper", ours: []string{"mesh/privacy", "audit"}, of: []string{"github.com/tidwall/btree"},
		why: "intake and classification are pure: the same intent gives the same priority on every machine and in every replay",
	},
	{
		dir: "mesh/privacy",
		why: "the class stands on every row and in every record, so everything imports it and it imports nothing",
	},
	{
		dir: "mesh/clean",
		why: "the one place where foreign text becomes safe must be small enough to be read whole",
	},
	{
		dir: "mesh/fault",
		why: "the one error type is under everything, so nothing is under it",
	},
	{
		dir: "mesh/durable",
		why: "how a small file survives a power cut is decided once, and knows nothing of what is in the file",
	},
	{
		dir: "mesh/invite", ours: []string{"mesh/privacy"},
		why: "the codec of invites has no clock and no network: what it accepts can be fuzzed and is the same on both sides",
	},
	{
		dir: "mesh/models", ours: leaves,
		why: "who can run a model is asked of values: the registry query needs no host",
	},
	{
		dir: "mesh/workflow", ours: slices.Concat(leaves, []string{"policy/syntax"}),
		why: "a workflow is planned before a host is asked; it shares the lossless syntax of policies and nothing else",
	},
	{
		dir: "mesh/fabric", ours: slices.Concat(leaves, []string{"mesh/invite"}), of: nats,
		why: "the bus carries messages and decides who may speak; what they mean is not its business",
	},
	{
		dir: "mesh/donations", ours: slices.Concat(leaves, []string{"policy", "policy/syntax"}),
		of:  []string{"golang.org/x/sys"},
		why: "the donor's file is saved the same way by a command and by the form, and without a mesh, a host or a worker",
	},
	{
		dir: "mesh/worker", ours: slices.Concat(leaves, []string{"policy", "mesh/fabric", "mesh/invite", "mesh/worker/runner"}),
		of: []string{
			"github.com/nats-io/nkeys", "go.opentelemetry.io/otel", "golang.org/x/sync", "golang.org/x/sys",
		},
		why: "a worker obeys its own policy and hears a host through the fabric alone: it must not see the host's state",
	},
	{
		dir: "mesh/worker/runner", ours: slices.Concat(leaves, []string{"mesh/worker/runner/…"}),
		of:  []string{"github.com/tetratelabs/wazero", "golang.org/x/sys"},
		why: "a runner carries out one job and knows of no mesh: whoever breaks out of a job finds nothing to talk to",
	},
	{
		dir: "mesh", ours: slices.Concat(leaves, []string{"mesh/invite", "mesh/workflow", "mesh/models", "mesh/fabric", "oplog", "audit", "hopper", "policy"}),
		of: []string{
			"github.com/tidwall/btree", "google.golang.org/protobuf/encoding/protowire", "golang.org/x/sync", "golang.org/x/time/rate",
		},
		why: "the host is the one writer over log, fabric and leaves; a console or a worker is a client of it, never a part",
	},
	{
		dir: "mesh/otlp", ours: slices.Concat(leaves, []string{"mesh"}),
		of:  []string{"go.opentelemetry.io/otel", "go.opentelemetry.io/proto/otlp", "google.golang.org/protobuf/encoding/protojson"},
		why: "what a mesh tells a collector is a reading of its log: the host does not know that anybody listens",
	},
	{
		dir: "tui/sshd", ours: leaves,
		of: slices.Concat(charm, []string{
			"charm.land/ssh", "charm.land/wish/v2", "golang.org/x/crypto/ssh", "golang.org/x/sys", "golang.org/x/term", "golang.org/x/time/rate",
		}),
		why: "the door hands sessions to whoever it is given; were it to know the console, the console could not be run without it",
	},
	{
		dir: "tui/cli", ours: []string{"tui/…", "mesh/…", "mesh", "tui", "oplog", "policy/…", "policy", "audit", "hopper"},
		of: slices.Concat(charm, []string{
			"charm.land/fang/v2", "charm.land/ssh", "charm.land/wish/v2", "github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/crypto/ssh", "golang.org/x/sys",
			"golang.org/x/term", "golang.org/x/sync", "github.com/nats-io/nkeys",
		}),
		why: "the command tree ties everything together; nothing but main may import it",
	},
	{
		dir: "tui", ours: slices.Concat(leaves, []string{"tui/…", "mesh", "mesh/models", "mesh/workflow", "mesh/invite", "policy/…", "policy", "hopper", "audit", "oplog"}),
		of: slices.Concat(charm, []string{
			"github.com/mdp/qrterminal/v3", "rsc.io/qr", "github.com/NimbleMarkets/ntcharts/v2", "github.com/junegunn/fzf/src",
		}),
		why: "the console reads snapshots and gives commands to the mesh; the bus, the worker and the door are behind that",
	},
	{
		dir: "e2e", ours: []string{"…"},
		why: "nothing: tests may see everything",
	},
}

// forbidden are imports that no package of a part of the tree may have, whatever its room says.
var forbidden = []struct {
	below []string // folders
	paths []string
	why   string
}{
	{
		below: []string{"mesh", "oplog", "policy", "audit", "hopper"},
		paths: []string{"charm.land/", "github.com/charmbracelet/"},
		why:   "a domain package that draws, or knows a terminal, cannot be used by --json, by SSH commands and by tests alike",
	},
	{
		below: []string{"tui", "mesh", "oplog", "policy", "audit", "hopper"},
		paths: []string{"testing", "net/http/pprof", "charm.land/lipgloss/v2/compat"},
		why:   "test code and debug servers have no place in the program; lipgloss's compat package asks the terminal at import",
	},
	{
		below: []string{"policy", "audit", "hopper", "oplog", "mesh/invite", "mesh/privacy", "mesh/clean", "mesh/fault", "mesh/workflow", "mesh/models"},
		paths: []string{"net/http", "os/exec"},
		why:   "pure packages and the log reach neither the network nor other programs",
	},
}

// tops is all that may lie at the top of the repository beside files that begin with a dot.
var tops = []string{
	"go.mod", "go.sum", "main.go", "tui", "mesh", "oplog", "policy", "audit", "hopper", "e2e", "docs", "README.md", "LICENSE",
}

func TestRoomsImportDownwardsOnly(t *testing.T) {
	for _, p := range packages(t) {
		r := roomOf(p.dir)
		for _, f := range p.files {
			if f.test {
				continue
			}
			for _, imp := range f.imports {
				if !r.allows(p.dir, imp) {
					t.Errorf("%s imports %s, which %s may not: %s", f.path, imp, cmp.Or(r.dir, "main"), r.why)
				}
			}
		}
	}
}

// TestRoomsAreInOrder keeps the table itself honest: what the rooms may import makes no circle.
func TestRoomsAreInOrder(t *testing.T) {
	const fresh, open, done = 0, 1, 2
	state := map[string]int{}
	var visit func(r room, way []string)
	visit = func(r room, way []string) {
		way = append(way, cmp.Or(r.dir, "main"))
		if state[r.dir] == open {
			t.Fatalf("the rooms may import each other in a circle: %s", strings.Join(way, " → "))
		}
		if state[r.dir] == done {
			return
		}
		state[r.dir] = open
		for _, other := range rooms {
			if other.dir != r.dir && r.allows(r.dir, module+"/"+other.dir) {
				visit(other, way)
			}
		}
		state[r.dir] = done
	}
	seen := map[string]bool{}
	for _, r := range rooms {
		if seen[r.dir] {
			t.Errorf("room %q is there twice", r.dir)
		}
		seen[r.dir] = true
		if len(r.why) < 20 {
			t.Errorf("room %q has no reason", r.dir)
		}
		visit(r, nil)
	}
}

func TestForbiddenImports(t *testing.T) {
	for _, p := range packages(t) {
		for _, rule := range forbidden {
			if !slices.ContainsFunc(rule.below, func(dir string) bool { return under(p.dir, dir) }) {
				continue
			}
			for _, f := range p.files {
				if f.test {
					continue
				}
				for _, imp := range f.imports {
					if slices.ContainsFunc(rule.paths, func(s string) bool { return imp == s || strings.HasPrefix(imp, strings.TrimSuffix(s, "/")+"/") }) {
						t.Errorf("%s imports %s: %s", f.path, imp, rule.why)
					}
				}
			}
		}
	}
}

func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir(root(t))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		if name := e.Name(); !strings.HasPrefix(name, ".") && !ignoredTop(name) {
			got = append(got, name)
		}
	}
	for _, name := range got {
		if !slices.Contains(tops, name) {
			t.Errorf("%s lies at the top: it belongs into one of %s", name, strings.Join(tops, " "))
		}
	}
	for _, name := range tops {
		if !slices.Contains(got, name) {
			t.Errorf("%s is missing at the top", name)
		}
	}
}

// ignoredTop are what a build leaves there, as .gitignore says.
func ignoredTop(name string) bool { return name == "voxmesh" || name == "bin" }

// TestPackagesSayWhatTheyPromise wants one package comment in each folder, of at least three lines.
func TestPackagesSayWhatTheyPromise(t *testing.T) {
	const least = 3
	for _, p := range packages(t) {
		var with []string
		lines := 0
		for _, f := range p.files {
			if f.doc > 0 && !f.test {
				with = append(with, f.path)
				lines = f.doc
			}
		}
		want := least
		if p.dir == "" {
			want = 1 // main hands over: there is no more to say
		}
		switch {
		case len(with) == 0:
			t.Errorf("%s has no package comment: say what the package promises", cmp.Or(p.dir, "main"))
		case len(with) > 1:
			t.Errorf("%s has %d package comments, in %s: one says it", p.dir, len(with), strings.Join(with, " and "))
		case lines < want:
			t.Errorf("%s: the package comment has %d lines: say what the package promises", with[0], lines)
		}
	}
}

// TestNoGlue: the project has no scripts but .ci/run, and no file name that a shell would split.
func TestNoGlue(t *testing.T) {
	for _, name := range allFiles(t) {
		switch strings.ToLower(path.Ext(name)) {
		case ".sh", ".bash", ".py", ".ps1", ".bat", ".cmd", ".rb", ".pl":
			t.Errorf("%s: the project is Go; put it into a test or a command", name)
		}
		if strings.ContainsAny(name, " \t\n'\"\\*?") {
			t.Errorf("%q is a name that shells split or expand", name)
		}
	}
}

// The words are put together here, so that this file does not break its own rule.
var unfinished = regexp.MustCompile(`\b(` + "TO" + `DO|` + "FIX" + `ME|` + "X" + `XX)\b`)

func TestSourcesAreFinished(t *testing.T) {
	for _, name := range allFiles(t) {
		if path.Ext(name) != ".go" && path.Ext(name) != ".md" && name != ".ci/run" {
			continue
		}
		for i, line := range strings.Split(read(t, name), "\n") {
			if m := unfinished.FindString(line); m != "" {
				t.Errorf("%s:%d: %s: do it, or say in docs/decisions why not", name, i+1, m)
			}
		}
	}
}

// TestNothingSleeps: a test that sleeps is slow where it passes, and fails where the machine is slow. On the fake clock
// of a synctest bubble time passes at once, so there it is how a test waits.
func TestNothingSleeps(t *testing.T) {
	for _, name := range allFiles(t) {
		if !strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, line := range sleeps(t, name, read(t, name)) {
			t.Errorf("%s:%d sleeps: wait on an event, or use testing/synctest", name, line)
		}
	}
	for text, want := range map[string]int{
		"func f() { time.Sleep(1) }": 1,
		"func f() { synctest.Test(t, func() { g := func() { time.Sleep(1) } }) }": 0,
		"func f() { synctest.Test(t, g); time.Sleep(1) }":                         1,
		"func f() { go func() { time.Sleep(1) }() }":                              1,
	} {
		if got := sleeps(t, "x.go", "package x\n"+text); len(got) != want {
			t.Errorf("%s: %d sleeps found, want %d", text, len(got), want)
		}
	}
}

// sleeps gives the lines that call time.Sleep, but for those within the arguments of synctest.Test.
func sleeps(t *testing.T, name, src string) []int {
	t.Helper()
	if !strings.Contains(src, "time.Sleep") {
		return nil
	}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var lines []int
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		switch {
		case ok && isCall(call, "synctest", "Test"):
			return false
		case ok && isCall(call, "time", "Sleep"):
			lines = append(lines, fset.Position(call.Pos()).Line)
		}
		return true
	})
	return lines
}

func isCall(c *ast.CallExpr, pkg, name string) bool {
	sel, ok := c.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != name {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == pkg
}

// ---- reading the sources ----

type source struct {
	path    string // from the top of the repository
	name    string // of the package
	test    bool
	doc     int // lines of the package comment
	imports []string
}

type pkg struct {
	dir   string // "" is the top
	files []source
}

// packages reads the head of every Go file of the module, whatever system it is for.
func packages(t *testing.T) []pkg {
	t.Helper()
	byDir := map[string][]source{}
	for _, name := range allFiles(t) {
		if path.Ext(name) != ".go" || strings.Contains(name, "testdata/") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root(t), filepath.FromSlash(name)), nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		dir := path.Dir(name)
		if dir == "." {
			dir = ""
		}
		byDir[dir] = append(byDir[dir], sourceOf(name, f))
	}
	var out []pkg
	for dir, files := range byDir {
		out = append(out, pkg{dir, files})
	}
	slices.SortFunc(out, func(a, b pkg) int { return strings.Compare(a.dir, b.dir) })
	return out
}

func sourceOf(name string, f *ast.File) source {
	s := source{path: name, name: f.Name.Name, test: strings.HasSuffix(name, "_test.go")}
	if text := strings.TrimSpace(f.Doc.Text()); text != "" {
		s.doc = strings.Count(text, "\n") + 1
	}
	for _, i := range f.Imports {
		s.imports = append(s.imports, strings.Trim(i.Path.Value, `"`))
	}
	return s
}

// roomOf gives the room that a folder belongs to: the nearest that is named, the folder itself or one above it.
func roomOf(dir string) room {
	for d := dir; ; d = parent(d) {
		if i := slices.IndexFunc(rooms, func(r room) bool { return r.dir == d }); i >= 0 && (d != "" || dir == "") {
			return rooms[i]
		}
		if d == "" {
			return room{dir: dir, why: "the folder belongs to no room: e2e/architecture_test.go has the table"}
		}
	}
}

func parent(dir string) string {
	i := strings.LastIndexByte(dir, '/')
	return dir[:max(i, 0)]
}

// allows reports whether a package in dir, which is in room r, may import the path.
func (r room) allows(dir, imp string) bool {
	if ours, ok := ourDir(imp); ok {
		return ours == r.dir || slices.ContainsFunc(r.ours, func(pattern string) bool {
			below, all := strings.CutSuffix(pattern, "…")
			if !all {
				return ours == pattern
			}
			// The command tree and the door lie in tui and above it: "all of tui" does not mean them.
			if r.dir == "tui" && (ours == "tui/cli" || ours == "tui/sshd") {
				return false
			}
			return strings.HasPrefix(ours+"/", below)
		})
	}
	if !thirdParty(imp) {
		return true
	}
	return r.dir == "e2e" || slices.ContainsFunc(r.of, func(p string) bool { return under(imp, p) })
}

// ourDir gives the folder of a package of this module.
func ourDir(imp string) (string, bool) {
	if imp == module {
		return "", true
	}
	return strings.CutPrefix(imp, module+"/")
}

// thirdParty reports whether the path begins with a domain name, as those outside the standard library do.
func thirdParty(imp string) bool {
	first, _, _ := strings.Cut(imp, "/")
	return strings.Contains(first, ".")
}

func under(dir, top string) bool { return dir == top || strings.HasPrefix(dir, top+"/") }

// root is the top of the repository: the folder above this one.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// allFiles gives every file of the repository from its top, with slashes; what git and editors keep is left out.
func allFiles(t *testing.T) []string {
	t.Helper()
	top := root(t)
	var out []string
	err := filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(top, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		switch {
		case d.IsDir() && (rel == ".git" || rel == "bin" || rel == ".idea" || rel == ".vscode"):
			return fs.SkipDir
		case d.IsDir() || rel == "voxmesh":
			return nil
		}
		out = append(out, rel)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root(t), filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestRoomRules tries the matcher itself: a table that allows everything would pass every test above.
func TestRoomRules(t *testing.T) {
	for _, tc := range []struct {
		dir, imp string
		want     bool
	}{
		{"audit", "voxmesh/mesh/privacy", false},
		{"audit", "golang.org/x/mod/sumdb/tlog", true},
		{"oplog", "encoding/binary", true},
		{"oplog", "voxmesh/mesh", false},
		{"mesh", "voxmesh/tui", false},
		{"mesh", "voxmesh/mesh/worker", false},
		{"mesh", "voxmesh/oplog", true},
		{"mesh/worker", "voxmesh/mesh", false},
		{"mesh/worker/runner/demo", "voxmesh/mesh/fabric", false},
		{"tui/meshpane", "voxmesh/tui/cell", true},
		{"tui/meshpane", "voxmesh/mesh", true},
		{"tui/meshpane", "voxmesh/mesh/fabric", false},
		{"tui/meshpane", "voxmesh/tui/cli", false},
		{"tui", "voxmesh/tui/sshd", false},
		{"tui/sshd", "voxmesh/tui", false},
		{"tui/cli", "voxmesh/tui/sshd", true},
		{"tui/cli", "voxmesh/mesh/worker/runner", true},
		{"policy/syntax", "voxmesh/policy", false},
		{"", "voxmesh/tui/cli", true},
		{"", "voxmesh/mesh", false},
		{"nowhere", "voxmesh/mesh", false},
	} {
		t.Run(fmt.Sprintf("%s imports %s", cmp.Or(tc.dir, "main"), tc.imp), func(t *testing.T) {
			if got := roomOf(tc.dir).allows(tc.dir, tc.imp); got != tc.want {
				t.Errorf("allowed: %v", got)
			}
		})
	}
}
