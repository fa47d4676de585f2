package policy

import (
	"bytes"
	"testing"

	"voxmesh/policy/syntax"
)

// Whatever the file, the path and the value: an edit gives a file that is no worse, says what was meant, and differs by
// what Changed tells.
func FuzzSet(f *testing.F) {
	edits := [][2]string{
		{"min_priority", "3"},
		{"slots[cpu].weight", "1"},
		{"slots[]", "{ kind: text, weight: 1 }"},
		{"slots", "[]"},
		{"allowed_users", "a@b, c@d"},
		{"per_peer_overrides[a@b].nsfw_allowed", "true"},
		{"pause_when_busy.cpu_percent", "30"},
		{"active_hours[0]", "{ from: 22:00, to: 07:00 }"},
		{"prices[gpu].usd_per_hour", "0.25"},
		{`denied_users["]"]`, "\"\\u{1f600}\""},
	}
	i := 0
	for _, src := range readCorpus(f) {
		f.Add(src, edits[i%len(edits)][0], edits[i%len(edits)][1])
		i++
	}
	for _, src := range []string{plain, full, oneLine, tight, dos, aligned, caveat, linesOfFields, three} {
		for _, e := range edits {
			f.Add([]byte(src), e[0], e[1])
		}
	}
	f.Fuzz(func(t *testing.T, src []byte, path, value string) {
		file := Parse("fuzz.vox", src)
		for _, name := range append([]string{"donations"}, file.Policies()...) {
			view, _ := file.For(name)
			if g := fuzzEdit(t, view, path, func() (*File, error) { return view.Set(path, value) }); g != nil {
				fuzzBytes(t, view, g, path)
			}
			fuzzEdit(t, view, path, func() (*File, error) { return view.Unset(path) })
			fuzzEdit(t, view, path, func() (*File, error) { return view.Move(path, len(value)) })
			if name != "donations" {
				break
			}
			known := edits[(len(src)+len(path))%len(edits)]
			if g := fuzzEdit(t, view, known[0], func() (*File, error) { return view.Set(known[0], known[1]) }); g != nil {
				fuzzBytes(t, view, g, known[0])
			}
		}
	})
}

func fuzzEdit(t *testing.T, f *File, path string, edit func() (*File, error)) *File {
	g, err := edit()
	if err != nil {
		if e, ok := err.(*EditError); !ok || e.Code == "" || e.Message == "" || g != nil {
			t.Fatalf("%s: %#v", path, err)
		}
		return nil
	}
	if g.errors > f.errors || !bytes.Equal(syntax.Print(g.Tree()), g.Source()) {
		t.Fatalf("%s: %d errors, before %d\n%q\n%q", path, g.errors, f.errors, f.Source(), g.Source())
	}
	if out, err := syntax.Apply(f.Source(), f.Changed(g)...); err != nil || !bytes.Equal(out, g.Source()) {
		t.Fatalf("%s: Changed: %v", path, err)
	}
	if a, b := len(f.Policies()), len(g.Policies()); a != b {
		t.Fatalf("%s: %d policies, before %d", path, b, a)
	}
	return g
}

// fuzzBytes holds what a Set leaves: all around a scalar that was there, and all of a file in which there was nothing.
func fuzzBytes(t *testing.T, f, g *File, path string) {
	old := f.Find(path)
	switch value(old).Kind() {
	case syntax.NameNode, syntax.NumberNode, syntax.StringNode:
		start, end := old.Span()
		if !bytes.HasPrefix(g.Source(), f.Source()[:start]) || !bytes.HasSuffix(g.Source(), f.Source()[end:]) {
			t.Fatalf("%s changed more:\n%s", path, Diff(f.Source(), g.Source()))
		}
	case syntax.None:
		if !old.Valid() && !bytes.Contains([]byte(path), []byte(fBusy)) && !isWithin(bare(f.Source()), bare(g.Source())) {
			t.Fatalf("%s took something away:\n%s", path, Diff(f.Source(), g.Source()))
		}
	}
}

// isWithin reports whether all bytes of a are in b, in their order.
func isWithin(a, b []byte) bool {
	i := 0
	for _, c := range b {
		if i < len(a) && a[i] == c {
			i++
		}
	}
	return i == len(a)
}
