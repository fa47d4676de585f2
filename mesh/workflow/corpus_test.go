package workflow

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"voxmesh/policy/syntax"
)

var update = flag.Bool("update", false, "write the golden problems anew")

func readCorpus(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/corpus/*.vox")
	if err != nil || len(files) < 40 {
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

// Every file of the corpus says what its golden file says. Those named err- have errors, those named warn- none and
// something else, those named ok- no more than notes.
func TestCorpus(t *testing.T) {
	for name, src := range readCorpus(t) {
		t.Run(name, func(t *testing.T) {
			f := Parse(name, src)
			var b strings.Builder
			if err := f.WriteProblems(&b); err != nil {
				t.Fatal(err)
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
			kind, _, _ := strings.Cut(name, "-")
			if f.Errors() != (kind == "err") {
				t.Errorf("Errors() = %v", f.Errors())
			}
			if warns := slices.ContainsFunc(f.Problems, func(p Problem) bool { return p.Severity == severityWarning }); kind == "ok" && warns || kind == "warn" && !warns {
				t.Errorf("warnings: %v", warns)
			}
			sound(t, f, src)
		})
	}
}

// sound checks what holds of every file, whatever is in it.
func sound(t testing.TB, f *File, src []byte) {
	t.Helper()
	lines := 1 + strings.Count(string(src), "\n")
	for i, p := range f.Problems {
		if p.Line < 1 || p.Line > lines || p.Col < 1 || p.Caret < 0 || p.Caret > utf8.RuneCountInString(p.SourceLine) || p.Message == "" || p.File != f.Name {
			t.Errorf("no place: %+v", p)
		}
		if i > 0 && p.Line < f.Problems[i-1].Line {
			t.Errorf("%d:%d comes after line %d", p.Line, p.Col, f.Problems[i-1].Line)
		}
		if strings.ContainsAny(p.Format(), "\x1b\x00\x07\u202e\r") || !utf8.ValidString(p.Format()) {
			t.Errorf("not safe on a terminal: %q", p.Format())
		}
	}
	for i := range f.Workflows {
		w := &f.Workflows[i]
		if w.Line < 1 || w.Line > lines || w.Col < 1 {
			t.Errorf("workflow %s at %d:%d", w.Name, w.Line, w.Col)
		}
		if n := len(w.Order()); n != len(w.Activities) {
			t.Errorf("order of %d has %d", len(w.Activities), n)
		}
		for k := range w.Activities {
			if a := &w.Activities[k]; a.Line < w.Line || a.Line > lines || a.Col < 1 || strings.ContainsAny(a.Summary(), "\x1b\n") {
				t.Errorf("activity %q at %d:%d: %q", a.Name, a.Line, a.Col, a.Summary())
			}
		}
	}
}

// codes are those that the comment of Problem promises.
func codes(t testing.TB) []string {
	t.Helper()
	src, err := os.ReadFile("workflow.go")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(src), "codePrefix and ")
	list, _, _ = strings.Cut(list, ".\n")
	codes := strings.Split(strings.ReplaceAll(list, "\n// ", " "), ", ")
	if len(codes) < 20 {
		t.Fatalf("only these codes were found: %q", codes)
	}
	return codes
}

// Each code of a problem occurs in the corpus, and no other; a file that is too large is made here.
func TestEveryCodeIsInTheCorpus(t *testing.T) {
	seen := map[string]bool{}
	files := readCorpus(t)
	files["too-large.vox"] = []byte("workflow large {\n" + strings.Repeat("// large\n", syntax.MaxSize/9) + "}\n")
	for name, src := range files {
		for _, p := range Parse(name, src).Problems {
			seen[strings.TrimPrefix(p.Code, codePrefix)] = true
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
