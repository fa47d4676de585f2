package policy

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"voxmesh/policy/syntax"
)

var update = flag.Bool("update", false, "write the golden problems anew")

func readCorpus(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/corpus/*.vox")
	if err != nil || len(files) < 60 {
		t.Fatalf("corpus: %d files, %v", len(files), err)
	}
	m := make(map[string][]byte)
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		m[filepath.Base(f)] = b
	}
	return m
}

// corpusProblems is all that is said of a file of the corpus; those named known- are read by a machine that knows others.
func corpusProblems(f *File) []Problem {
	if !strings.HasPrefix(f.Name(), "known-") {
		return f.Problems()
	}
	return append(slices.Clone(f.Problems()), f.Notes(Known{
		Peers:  []string{"alice@aurelia", "mallory@borealis", "eve@borealis"},
		Meshes: []string{"aurelia", "borealis"},
		Models: []string{"llama3.2:3b", "qwen2.5:7b", "mistral:latest"},
	})...)
}

// Every file of the corpus prints as it was, and says what its golden file says.
func TestCorpus(t *testing.T) {
	for name, src := range readCorpus(t) {
		t.Run(name, func(t *testing.T) {
			f := Parse(name, src)
			if !bytes.Equal(syntax.Print(f.Tree()), src) || !bytes.Equal(f.Source(), src) {
				t.Fatal("the file does not print as it was")
			}
			var b strings.Builder
			for _, p := range corpusProblems(f) {
				b.WriteString(p.Format() + "\n")
			}
			golden := filepath.Join("testdata/corpus", strings.TrimSuffix(name, ".vox")+".problems")
			if *update {
				if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if b.String() != string(want) {
				t.Errorf("problems differ:\n%s\nwant:\n%s", b.String(), want)
			}
			if _, ok := f.Policy(); ok == strings.HasPrefix(name, "err-") {
				t.Errorf("a policy in force: %v", ok)
			}
			if (f.Err() != nil) != strings.HasPrefix(name, "err-") {
				t.Errorf("Err() = %v", f.Err())
			}
		})
	}
}

// codes are those that the comment of Problem promises.
func codes(t testing.TB) []string {
	t.Helper()
	src, err := os.ReadFile("problem.go")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(src), "vox/policy/ and ")
	list, _, _ = strings.Cut(list, ".\n")
	codes := strings.Split(strings.ReplaceAll(list, "\n// ", " "), ", ")
	if len(codes) < 30 {
		t.Fatalf("only these codes were found: %q", codes)
	}
	return codes
}

// Each code of a problem occurs in the corpus, and no other; a file that is too large is made here.
func TestEveryCodeIsInTheCorpus(t *testing.T) {
	seen := map[string]bool{}
	files := readCorpus(t)
	files["too-large.vox"] = []byte("policy donations {\n" + strings.Repeat("// large\n", syntax.MaxSize/9) + "}\n")
	for name, src := range files {
		for _, p := range corpusProblems(Parse(name, src)) {
			seen[strings.TrimPrefix(p.Code, "vox/policy/")] = true
		}
	}
	for _, c := range codes(t) {
		if !seen[c] {
			t.Errorf("no file of the corpus has a problem %s", c)
		}
		delete(seen, c)
	}
	for c := range seen {
		t.Errorf("the code %s is not promised", c)
	}
}

// The three tests of the plan (seed P4-T3, round_trip_tests).

func TestRoundTripPreservesTrailingComments(t *testing.T) {
	src := readCorpus(t)["plan-comments.vox"]
	f := Parse("donations.vox", src)
	if got := syntax.Print(f.Tree()); !bytes.Equal(got, src) {
		t.Errorf("got %s", got)
	}
	want := Policy{
		Name: "donations", Slots: []Slot{{"gpu", 2, 50}, {"cpu", 8, 30}}, MaxJobSeconds: 3600, PublicMeshOptIn: true,
		MinPriority: 5, Overrides: []Override{},
	}
	if got, ok := f.Policy(); !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, ok)
	}
}

func TestRoundTripAppendsNewFieldAtCanonicalPosition(t *testing.T) {
	src := readCorpus(t)["one-line.vox"]
	lines := "policy donations {\n  slots: [{ kind: gpu, max_concurrent: 1, weight: 100 }]\n  nsfw_allowed: false\n  max_job_duration_secs: 3600\n  public_mesh_opt_in: false\n  min_priority: 0 // last\n  future: 1\n}\n"
	const value = `[{ peer: "alice@aurelia", nsfw_allowed: true }]`
	const field = fOverrides + ": " + value
	for _, tc := range []struct{ src, want string }{
		{string(src), strings.Replace(string(src), "min_priority: 0", "min_priority: 0 "+field, 1)},
		{lines, strings.Replace(lines, "// last\n", "// last\n  "+field+"\n", 1)},
	} {
		f := Parse("donations.vox", []byte(tc.src))
		g, err := f.Set(fOverrides, value)
		if err != nil {
			t.Fatal(err)
		}
		if string(g.Source()) != tc.want {
			t.Errorf(" got %s\nwant %s", g.Source(), tc.want)
		}
		if p, ok := g.Policy(); !ok || len(p.Overrides) != 1 || p.Overrides[0].Peer != "alice@aurelia" || !*p.Overrides[0].NSFWAllowed {
			t.Errorf("read again: %+v, %v", p, ok)
		}
	}
}

func TestRoundTripPreservesUnknownFieldsAsPassthrough(t *testing.T) {
	src := readCorpus(t)["plan-unknown.vox"]
	f := Parse("donations.vox", src)
	if _, ok := f.Policy(); !ok {
		t.Error("an unknown field keeps the policy from being in force")
	}
	out, changed := AddSlots(f, []string{"gpu"})
	if !changed || !bytes.Contains(out, []byte("    // Field below is unknown to this version — must be preserved verbatim.\n    future_field: { mystery: 42 }\n")) {
		t.Errorf("edited: %s", out)
	}
}

func TestAbsentFields(t *testing.T) {
	p, ok := Parse("", []byte("policy mine {}")).Policy()
	want := Policy{Name: "mine", Slots: []Slot{}, MaxJobSeconds: 3600, Overrides: []Override{}}
	if !ok || !reflect.DeepEqual(p, want) {
		t.Errorf("got %+v, %v", p, ok)
	}
	p, _ = Parse("", []byte("policy mine { allowed_users: [] max_job_duration_secs: 0 slots: [{kind: \"gpu\"}] }")).Policy()
	if p.AllowedUsers == nil || p.MaxJobSeconds != 0 || !reflect.DeepEqual(p.Slots, []Slot{{"gpu", 1, 0}}) {
		t.Errorf("got %+v", p)
	}
}

func TestPolicyAsJSON(t *testing.T) {
	p, ok := Parse("", readCorpus(t)["plan-schema.vox"]).Policy()
	got, err := json.Marshal(p)
	const want = `{"name":"donations","slots":[{"kind":"gpu","max_concurrent":2,"weight":50},{"kind":"cpu","max_concurrent":8,"weight":30},{"kind":"text","max_concurrent":4,"weight":20}],"nsfw_allowed":false,"max_job_duration_secs":3600,"public_mesh_opt_in":true,"min_priority":5,"allowed_scopes":null,"allowed_users":null,"denied_users":null,"allowed_mesh_networks":null,"per_peer_overrides":[{"peer":"alice@aurelia","nsfw_allowed":true}],"active_hours":null,"pause_when_busy":null,"commands":null,"models":null,"prices":null}`
	if err != nil || !ok || string(got) != want {
		t.Errorf("%v %v\n got %s\nwant %s", ok, err, got, want)
	}
}

func TestProblemAsJSONAndError(t *testing.T) {
	err := Parse("a.vox", []byte("policy donations {\n  min_priority: 300\n}")).Err()
	p, ok := err.(Problem)
	if !ok || p.ErrorCode() != "vox/policy/out-of-range" || !strings.HasPrefix(err.Error(), "a.vox:2:17: ") || p.ErrorHint() == "" {
		t.Fatalf("got %v", err)
	}
	b, _ := json.Marshal(p)
	for _, part := range []string{`"severity":"error"`, `"line":2`, `"col":17`, `"source_line":"  min_priority: 300"`} {
		if !strings.Contains(string(b), part) {
			t.Errorf("%s has no %s", b, part)
		}
	}
	const want = "a.vox:2:17: error: min_priority is 300; it goes from 0 to 255\n    min_priority: 300\n                  ^ expected a whole number from 0 to 255"
	if p.Format() != want {
		t.Errorf("got\n%s\nwant\n%s", p.Format(), want)
	}
}

// A hostile file says little, and nothing that a terminal would obey.
func TestProblemsAreBoundedAndSafe(t *testing.T) {
	for _, s := range []string{"x\x1b: 1, ", "min_priority: 999 ", "zz: 1 zz: 2 ", "slots: [{}] ", "\x1b]0;x\x07 ", "l: [}", "\u202e: "} {
		src := []byte("policy donations { " + strings.Repeat(s, 100_000/len(s)))
		f := Parse("\x1b[31mname", src)
		if n := len(f.Problems()); n == 0 || n > maxProblems+1 {
			t.Errorf("%q: %d problems", s, n)
		}
		for _, p := range f.Problems() {
			if text := p.Format() + p.Error(); len(text) > 4000 || strings.ContainsAny(text, "\x1b\x07\u202e\r") {
				t.Fatalf("%q: %q", s, text)
			}
		}
	}
}

func TestFind(t *testing.T) {
	f := Parse("", readCorpus(t)["peers.vox"])
	for path, want := range map[string]string{
		"slots[0].weight":   "weight: 100",
		"slots[text].kind":  "kind: text",
		"allowed_users[1]":  `"bo@aurelia"`,
		"allowed_scopes[0]": "render",
		"per_peer_overrides[alice@aurelia].min_priority": "min_priority: 3",
		"per_peer_overrides[0].nsfw_allowed":             "nsfw_allowed: true",
		"min_priority":                                   "min_priority: 0",
		"slots[3]":                                       "", "slots[": "", "nope": "", "slots.x": "", "..": "", "min_priority[0]": "",
	} {
		if got := string(f.Find(path).Text()); got != want {
			t.Errorf("Find(%s) = %q, want %q", path, got, want)
		}
	}
	if f.LineOf("per_peer_overrides[alice@aurelia].min_priority") != 11 {
		t.Errorf("line %d", f.LineOf("per_peer_overrides[alice@aurelia].min_priority"))
	}
}

func FuzzParse(f *testing.F) {
	for _, src := range readCorpus(f) {
		f.Add(src)
	}
	promised := set(codes(f))
	f.Fuzz(func(t *testing.T, src []byte) {
		file := Parse("fuzz.vox", src)
		if !bytes.Equal(syntax.Print(file.Tree()), src) {
			t.Fatal("bytes were lost")
		}
		for _, p := range file.Problems() {
			if p.Line < 1 || p.Col < 1 || p.Message == "" || p.Format() == "" {
				t.Fatalf("bad problem %+v", p)
			}
			if !promised[strings.TrimPrefix(p.Code, "vox/policy/")] {
				t.Fatalf("a code that is not promised: %+v", p)
			}
		}
		file.Notes(Known{Peers: []string{"alice@aurelia"}, Meshes: []string{}, Models: []string{"llama3.2:3b"}})
		p, ok := file.Policy()
		if ok == (file.Err() != nil) && string(file.Block().Name()) == "donations" && len(file.Problems()) < maxProblems && onlyBlock(file) {
			t.Fatalf("in force %v with %v", ok, file.Err())
		}
		at := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC)
		if open, until := p.HoursEnd(at); !until.IsZero() {
			if now, _ := p.HoursEnd(until); now == open || !until.After(at) {
				t.Fatalf("open %v until %v, and then too", open, until)
			}
		}
		if d := Decide(p, file, Request{Kind: "gpu", Peer: "alice@aurelia", Mesh: "aurelia", At: at}, Load{}); len(d.Reasons) != len(rules) || d.Accept && !ok {
			t.Fatalf("%+v", d)
		}
		out, changed := AddSlots(file, Kinds())
		if changed != (ok && len(p.Slots) < len(Kinds())) {
			t.Fatalf("AddSlots: %v for %+v\n%q", changed, p.Slots, src)
		}
		if again, ok2 := Parse("", out).Policy(); changed && (!ok2 || len(again.Slots) != len(Kinds())) {
			t.Fatalf("after AddSlots: %q", out)
		}
	})
}

func onlyBlock(f *File) bool {
	n := 0
	for range f.Tree().Root().Children() {
		n++
	}
	return n == 1
}

func BenchmarkParse(b *testing.B) {
	var src bytes.Buffer
	src.WriteString("policy donations {\n  slots: [\n    { kind: gpu, max_concurrent: 2, weight: 100 }, // primary\n  ]\n  per_peer_overrides: [\n")
	for range 4000 {
		src.WriteString("    { peer: \"alice@aurelia\", nsfw_allowed: true, min_priority: 3 }, // known well\n")
	}
	src.WriteString("  ]\n}\n")
	for name, run := range map[string]func(){
		"tree":  func() { syntax.Parse(src.Bytes()) },
		"typed": func() { Parse("", src.Bytes()) },
		"print": func() { syntax.Print(syntax.Parse(src.Bytes())) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(src.Len()))
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
		})
	}
}
