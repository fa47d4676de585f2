package workflow

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// saying is the output of one that succeeded.
func saying(s string) Instance {
	return Instance{Status: Succeeded, Try: 1, Output: func() ([]byte, error) { return []byte(s), nil }}
}

func one(in ...Instance) *Activities { return &Activities{Instances: in} }

func fan(items []string, in ...Instance) *Activities {
	return &Activities{Expanded: true, Items: items, Instances: in}
}

func next(t testing.TB, d *Definition, p Progress, room int) Decision {
	t.Helper()
	dec, err := d.Next(p, room)
	if err != nil {
		t.Fatal(err)
	}
	return dec
}

// told writes a Decision in few words.
func told(d Decision) string {
	var b strings.Builder
	for _, e := range d.Expand {
		fmt.Fprintf(&b, "expand %s %q\n", e.Activity, e.Items)
	}
	for _, s := range d.Skip {
		fmt.Fprintf(&b, "skip %s: %s\n", s.Activity, s.Why)
	}
	for _, s := range d.Start {
		fmt.Fprintf(&b, "start %s try %d", Label(s.Activity, s.Index, s.Fanned), s.Try)
		if len(s.Inputs.Args) > 0 {
			fmt.Fprintf(&b, " %q", s.Inputs.Args)
		}
		if s.Inputs.Stdin != nil {
			fmt.Fprintf(&b, " < %q", s.Inputs.Stdin)
		}
		if s.Inputs.Prompt != "" {
			fmt.Fprintf(&b, " ? %q", s.Inputs.Prompt)
		}
		if len(s.Refs) > 0 {
			fmt.Fprintf(&b, " of %s", strings.Join(s.Refs, ", "))
		}
		b.WriteString("\n")
	}
	if d.Done {
		fmt.Fprintf(&b, "done %s", d.Status.said())
		if d.Error != "" {
			fmt.Fprintf(&b, ": %s", d.Error)
		}
		b.WriteString("\n")
	}
	return strings.TrimSpace(b.String())
}

func TestNextOfThePlainCase(t *testing.T) {
	d := compiled(t, nightly)
	for _, tc := range []struct {
		p    Progress
		room int
		want string
	}{
		{nil, 9, `start split try 1 ["240"]`},
		{nil, 0, ""},
		{Progress{"split": one(Instance{Status: Active, Try: 1})}, 9, ""},
		{Progress{"split": one(saying("a\nb\n\nc\n"))}, 2, "expand render [\"a\" \"b\" \"c\"]\nstart render[0] try 1 [\"a\" \"7\"] of split.parts[0]\nstart render[1] try 1 [\"b\" \"7\"] of split.parts[1]"},
		{
			Progress{"split": one(saying("x")), "render": fan([]string{"a", "b", "c"}, saying("A\n"), Instance{Status: Failed, Try: 1})},
			9,
			"start render[1] try 2 [\"b\" \"7\"] of split.parts[1]\nstart render[2] try 1 [\"c\" \"7\"] of split.parts[2]",
		},
		{
			Progress{"split": one(saying("x")), "render": fan([]string{"a", "b"}, saying("A\n"), Instance{Status: Killed, Try: 1})},
			9,
			"skip publish: render was killed\ndone was killed: render[1] was killed",
		},
		{
			Progress{"split": one(saying("x")), "render": fan([]string{"a", "b"}, saying("A\n"), saying("B\r\n"))},
			9,
			"start publish try 1 ? \"Sum up: A\\nB\" of render.output",
		},
		{Progress{"split": one(saying("x")), "render": fan([]string{"a"}, saying("A")), "publish": one(saying("ok"))}, 9, "done succeeded"},
		{Progress{"split": one(saying(" \n"))}, 9, "expand render []\nstart publish try 1 ? \"Sum up: \" of render.output"},
		{
			Progress{"split": one(Instance{Status: Failed, Try: 1})},
			9,
			"skip render: split failed\nskip publish: render was skipped\ndone failed: split failed",
		},
	} {
		if got := told(next(t, d, tc.p, tc.room)); got != tc.want {
			t.Errorf("%+v:\ngot\n%s\nwant\n%s", tc.p, got, tc.want)
		}
	}
}

func TestAKeyDerivesFromDefinitionAndInputs(t *testing.T) {
	d := compiled(t, nightly)
	p := Progress{"split": one(saying("a\na\nb"))}
	first, second := next(t, d, p, 9), next(t, d, p, 9)
	if !reflect.DeepEqual(first, second) {
		t.Fatal("asked twice, it decides twice")
	}
	keys := map[string]bool{}
	for _, s := range first.Start {
		if len(s.Key) != 64 {
			t.Errorf("key %q", s.Key)
		}
		keys[s.Key] = true
	}
	if len(keys) != 3 {
		t.Errorf("%d keys of 3 elements", len(keys))
	}
	other := compiled(t, strings.Replace(nightly, "retry: 2", "retry: 3", 1))
	if k := next(t, other, p, 9).Start[0].Key; keys[k] {
		t.Error("another definition gives the same key")
	}
}
