package syntax

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// formatted holds what Format promises, whatever the source.
func formatted(t failer, tree *Tree) []byte {
	t.Helper()
	src := tree.Source()
	out, ok := Format(tree)
	if errs, _ := tree.Errors(); len(errs) > 0 {
		if ok || !bytes.Equal(out, src) {
			t.Fatalf("a source with errors was changed:\n%s\nfrom\n%s", show(out), show(src))
		}
		return out
	}
	now := Parse(out)
	if errs, _ := now.Errors(); len(errs) > 0 || !ok {
		t.Fatalf("errors %+v in\n%s\nfrom\n%s", errs, show(out), show(src))
	}
	if got, want := sketch(now.Root()), sketch(tree.Root()); got != want {
		t.Fatalf("says\n%s\nnot\n%s\nin\n%s\nfrom\n%s", got, want, show(out), show(src))
	}
	plain := func(all []string) []string {
		for i := range all {
			all[i] = strings.TrimRight(all[i], "\r")
		}
		return all
	}
	if got, want := plain(comments(now)), plain(comments(tree)); !slices.Equal(got, want) {
		t.Fatalf("comments %q, not %q in\n%s\nfrom\n%s", got, want, show(out), show(src))
	}
	if again, _ := Format(now); !bytes.Equal(again, out) {
		t.Fatalf("formatting again gives\n%s\nafter\n%s\nfrom\n%s", show(again), show(out), show(src))
	}
	return out
}

func TestFormatCorpus(t *testing.T) {
	for name, src := range corpus(t) {
		t.Run(name, func(t *testing.T) { formatted(t, check(t, src)) })
	}
}

func TestRandomFormat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, tree := scene(t)
		formatted(t, tree)
	})
}

// failer is a test, of rapid or of Go.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}
