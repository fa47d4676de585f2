package workflow

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func failed(try int) Instance { return Instance{Status: Failed, Try: try} }

const handled = `workflow handled { activities: [
  { name: lint, runner: wasm, module: "l.wasm" },
  { name: build, runner: wasm, module: "b.wasm", needs: [lint] },
  { name: mend, runner: wasm, module: "m.wasm", when: { of: lint, is: failed } },
  { name: sweep, runner: wasm, module: "s.wasm", when: { of: lint, is: ended } },
] }`

func TestAFailureIsHandledByWhoAsksForIt(t *testing.T) {
	d := compiled(t, handled)
	ok := saying("")
	for _, tc := range []struct {
		name, want string
		p          Progress
	}{
		{"nothing yet", "start lint try 1", nil},
		{"it succeeded", "skip mend: lint succeeded\nstart build try 1\nstart sweep try 1", Progress{"lint": one(ok)}},
		{"it failed", "skip build: lint failed\nstart mend try 1\nstart sweep try 1", Progress{"lint": one(failed(1))}},
		{"it was killed", "skip build: lint was killed\nstart mend try 1\nstart sweep try 1", Progress{"lint": one(Instance{Status: Killed, Try: 1})}},
		{"it could not run", "skip build: lint failed\nstart mend try 1\nstart sweep try 1", Progress{"lint": {Skipped: "cannot run: so"}}},
		{"it was mended", "done succeeded", Progress{"lint": one(failed(1)), "build": {Skipped: "lint failed"}, "mend": one(ok), "sweep": one(ok)}},
		{"mending failed", "done failed: lint failed; and 1 activity more", Progress{"lint": one(failed(1)), "build": {Skipped: "lint failed"}, "mend": one(failed(1)), "sweep": one(ok)}},
		{"sweeping mends nothing", "done timed out: lint timed out at try 3", Progress{"lint": one(Instance{Status: TimedOut, Try: 3}), "build": {Skipped: "lint failed"}, "mend": {Skipped: "x"}, "sweep": one(ok)}},
		{"sweeping failed", "done failed: sweep failed", Progress{"lint": one(ok), "build": one(ok), "mend": {Skipped: "x"}, "sweep": one(failed(1))}},
		{"one is still active", "", Progress{"lint": one(ok), "build": one(Instance{Status: Active}), "mend": {Skipped: "x"}, "sweep": one(failed(1))}},
	} {
		if got := told(next(t, d, tc.p, 9)); got != tc.want {
			t.Errorf("%s:\ngot\n%s\nwant\n%s", tc.name, got, tc.want)
		}
	}
}

// takes gives what of a says becomes of an activity b that takes it.
func takes(t *testing.T, output, b string) string {
	t.Helper()
	d := compiled(t, `workflow w { activities: [ { name: a, runner: wasm, module: "a.wasm" }, { name: b, `+b+` } ] }`)
	return told(next(t, d, Progress{"a": one(saying(output))}, 5))
}

func TestWhatOutputsBecome(t *testing.T) {
	const wasm, text = `runner: wasm, module: "b.wasm", `, `runner: text, `
	big := strings.Repeat("x", 1<<20+1)
	for _, tc := range []struct{ name, output, b, want string }{
		{"an argument loses line ends", "one\ntwo\r\n\n", wasm + `args: ["${a.output}", "-${a.output}-"]`, `start b try 1 ["one\ntwo" "-one\ntwo-"] of a.output`},
		{"input keeps every byte", "\x00\xff\n\n", wasm + `stdin: "${a.output}"`, `start b try 1 < "\x00\xff\n\n" of a.output`},
		{"input may be empty", "", wasm + `stdin: "${a.output}"`, `start b try 1 < "" of a.output`},
		{"parts of lines", " a \r\n\n\tb\n", wasm + `args: ["${a.parts}", "${a.parts[0]}", "${a.parts[1]}"]`, `start b try 1 [" a \n\tb" " a " "\tb"] of a.parts, a.parts[0], a.parts[1]`},
		{
			"parts of a list", ` ["a", 1, 2.50, -3e4, "\u00e9"] `, wasm + `each: "${a.parts}" args: ["${item}${index}"]`,
			"expand b [\"a\" \"1\" \"2.50\" \"-3e4\" \"é\"]\nstart b[0] try 1 [\"a0\"] of a.parts[0]\nstart b[1] try 1 [\"11\"] of a.parts[1]\nstart b[2] try 1 [\"2.502\"] of a.parts[2]\nstart b[3] try 1 [\"-3e43\"] of a.parts[3]\nstart b[4] try 1 [\"é4\"] of a.parts[4]",
		},
		{"a list of other things is lines", `[1, null]`, wasm + `args: ["${a.parts[0]}"]`, `start b try 1 ["[1, null]"] of a.parts[0]`},
		{"dollars", "$$ ${item}", wasm + `args: ["$$ $5 $${a.output} ${a.output}"]`, `start b try 1 ["$ $5 ${a.output} $$ ${item}"] of a.output`},
		{"no such part", "a", wasm + `args: ["${a.parts[1]}"]`, "skip b: cannot run: a.parts has 1 element, so there is no ${a.parts[1]}\ndone failed: b cannot run: a.parts has 1 element, so there is no ${a.parts[1]}"},
		{"NUL", "a\x00b", wasm + `args: ["-${a.output}"]`, "skip b: cannot run: args[0] would have a NUL in it\ndone failed: b cannot run: args[0] would have a NUL in it"},
		{"not UTF-8", "a\xff", wasm + `args: [x, "-${a.output}"]`, "skip b: cannot run: args[1] would not be UTF-8\ndone failed: b cannot run: args[1] would not be UTF-8"},
		{"half a character more", "\xc3", wasm + `args: ["${a.output}\u{a9}"]`, "skip b: cannot run: args[0] would not be UTF-8\ndone failed: b cannot run: args[0] would not be UTF-8"},
		{"not UTF-8 for a model", "a\xff", text + `prompt: "${a.output}"`, "skip b: cannot run: the prompt would not be UTF-8\ndone failed: b cannot run: the prompt would not be UTF-8"},
		{"too large for an argument", big, wasm + `args: ["${a.output}"]`, "skip b: cannot run: a.output has 1048577 bytes; here at most 65536 are taken\ndone failed: b cannot run: a.output has 1048577 bytes; here at most 65536 are taken"},
		{"too large together", big[:40000], wasm + `args: ["${a.output}", "${a.output}"]`, "skip b: cannot run: the arguments would have 80000 bytes; at most 65536 are taken\ndone failed: b cannot run: the arguments would have 80000 bytes; at most 65536 are taken"},
		{"too large for a prompt", big, text + `prompt: "${a.output}"`, "skip b: cannot run: a.output has 1048577 bytes; here at most 1048576 are taken\ndone failed: b cannot run: a.output has 1048577 bytes; here at most 1048576 are taken"},
		{"too many", strings.Repeat("x\n", 1001), wasm + `each: "${a.parts}"`, "skip b: cannot run: each has 1001 elements; at most 1000 are taken\ndone failed: b cannot run: each has 1001 elements; at most 1000 are taken"},
		{"none", "\n \n", wasm + `each: "${a.parts}"`, "expand b []\ndone succeeded"},
		{"elements with a NUL", "x\ny\x00", wasm + `each: "${a.parts}"`, "skip b: cannot run: element 1 of each has a NUL in it\ndone failed: b cannot run: element 1 of each has a NUL in it"},
		{"elements that are not UTF-8", "\xff", wasm + `each: "${a.parts}"`, "skip b: cannot run: element 0 of each is not UTF-8\ndone failed: b cannot run: element 0 of each is not UTF-8"},
		{"one element too large", "x\n" + big[:70000], wasm + `each: "${a.parts}" args: ["${item}"]`, "expand b [\"x\" \"" + big[:70000] + "\"]\nskip b: cannot run: the arguments would have 70000 bytes; at most 65536 are taken\ndone failed: b cannot run: the arguments would have 70000 bytes; at most 65536 are taken"},
		{"too large to be cut", strings.Repeat(big, 5), wasm + `args: ["${a.parts[0]}"]`, "skip b: cannot run: the output of a is too large to be cut into parts: more than 4194304 bytes\ndone failed: b cannot run: the output of a is too large to be cut into parts: more than 4194304 bytes"},
		{"it says so", " yes\n", text + `prompt: x when: { of: a, says: "yes" }`, `start b try 1 ? "x"`},
		{"it says something else", "no", text + `prompt: x when: { of: a, says: "yes" }`, "skip b: a does not say \"yes\"\ndone succeeded"},
		{"it says what it should not", "yes", text + `prompt: x when: { of: a, says: "yes", not: true }`, "skip b: a says \"yes\"\ndone succeeded"},
		{"it says not what it should not", "\xff\x00", text + `prompt: x when: { of: a, says: "yes", not: true }`, `start b try 1 ? "x"`},
		{"literal lists are known at once", "x", wasm + `each: [p, "${a.output}", "$$"] args: ["${item}"]`, "expand b [\"p\" \"x\" \"$\"]\nstart b[0] try 1 [\"p\"]\nstart b[1] try 1 [\"x\"]\nstart b[2] try 1 [\"$\"]"},
	} {
		if got := takes(t, tc.output, tc.b); got != tc.want {
			t.Errorf("%s:\ngot\n%.400s\nwant\n%.400s", tc.name, got, tc.want)
		}
	}
}

const fans = `workflow fans { activities: [
  { name: first, runner: wasm, module: "f.wasm" },
  { name: each, runner: wasm, module: "e.wasm", needs: [first], each: [x, y, z], args: ["${item}"] },
  { name: again, runner: wasm, module: "e.wasm", each: "${each.parts}", args: ["${item}"], when: { of: each, is: ended } },
  { name: sum, runner: wasm, module: "s.wasm", args: ["${each[1].output}", "${each[1].parts[0]}"], stdin: "${each.output}", when: { of: each, is: skipped, not: true } },
] }`

func TestFanOuts(t *testing.T) {
	d := compiled(t, fans)
	xyz := []string{"x", "y", "z"}
	for _, tc := range []struct {
		name string
		p    Progress
		room int
		want string
	}{
		{"a list that is written out is fixed before its turn", nil, 9, "expand each [\"x\" \"y\" \"z\"]\nstart first try 1"},
		{"and skipped with its needs", Progress{"first": one(failed(1)), "each": fan(xyz)}, 9, "expand again []\nskip each: first failed\nskip sum: each was skipped\ndone failed: first failed"},
		{"by index, as room is", Progress{"first": one(saying("")), "each": fan(xyz, Instance{Status: Active, Try: 1})}, 1, "start each[1] try 1 [\"y\"]"},
		{"what is missing before the end counts as waiting", Progress{"first": one(saying("")), "each": fan(xyz, Instance{}, saying(""))}, 5, "start each[0] try 1 [\"x\"]\nstart each[2] try 1 [\"z\"]"},
		{
			"those that failed say nothing",
			Progress{"first": one(saying("")), "each": fan(xyz, saying("a\nb\n"), saying("c"), failed(1))},
			9,
			"expand again [\"a\" \"b\" \"c\"]\nstart again[0] try 1 [\"a\"] of each.parts[0]\nstart again[1] try 1 [\"b\"] of each.parts[1]\nstart again[2] try 1 [\"c\"] of each.parts[2]\nstart sum try 1 [\"c\" \"c\"] < \"a\\nb\\nc\" of each[1].output, each[1].parts[0], each.output",
		},
		{
			"one is missing",
			Progress{"first": one(saying("")), "each": fan(xyz, saying("a"), failed(1), saying("b")), "again": fan(nil)},
			9,
			"skip sum: cannot run: each[1].parts has 0 elements, so there is no ${each[1].parts[0]}\ndone failed: each[1] failed; and 1 activity more",
		},
	} {
		if got := told(next(t, d, tc.p, tc.room)); got != tc.want {
			t.Errorf("%s:\ngot\n%s\nwant\n%s", tc.name, got, tc.want)
		}
	}
}

func TestErrorsOfReadingDecideNothing(t *testing.T) {
	d := compiled(t, `workflow w { activities: [ { name: a, runner: wasm, module: "a.wasm" }, { name: b, runner: wasm, module: "b.wasm", stdin: "${a.output}" }, { name: c, runner: wasm, module: "b.wasm" } ] }`)
	bad := Instance{Status: Succeeded, Try: 1, Output: func() ([]byte, error) { return nil, io.ErrUnexpectedEOF }}
	dec, err := d.Next(Progress{"a": one(bad)}, 5)
	if !errors.Is(err, io.ErrUnexpectedEOF) || !dec.Empty() || err.Error() != "read the output of a: unexpected EOF" {
		t.Errorf("%+v, %v", dec, err)
	}
	// Where nothing can start, nothing is read.
	if dec, err := d.Next(Progress{"a": one(bad)}, 0); err != nil || !dec.Empty() {
		t.Errorf("%+v, %v", dec, err)
	}
}

// What one Decision holds is bounded: the rest comes when it is asked again.
func TestADecisionHoldsABoundedAmount(t *testing.T) {
	d := compiled(t, `workflow w { activities: [ { name: a, runner: wasm, module: "a.wasm" },
	  { name: b, runner: wasm, module: "b.wasm", each: [`+strings.Repeat("x ", 100)+`], stdin: "${index}${a.output}" },
	  { name: c, runner: wasm, module: "c.wasm", stdin: "${a.output}" } ] }`)
	p := Progress{"a": one(saying(strings.Repeat("y", 16<<20)))}
	dec := next(t, d, p, 200)
	if n := len(dec.Start); n != 4 {
		t.Errorf("%d starts of 16 MiB at once", n)
	}
}

// Progress may come from anywhere: whatever is in it, Next answers.
func TestProgressThatFitsNothing(t *testing.T) {
	d := compiled(t, fans)
	for _, p := range []Progress{
		{"nobody": one(saying("x"))},
		{"first": nil, "each": nil},
		{"first": one(), "each": one(saying("a"), saying("b"))},
		{"first": one(Instance{Status: 99}), "each": {Expanded: true}},
		{"first": one(Instance{Status: Succeeded}, Instance{Status: Active}), "each": fan([]string{"x"}, saying("a"), saying("b"))},
		{"first": {Skipped: "so", Instances: []Instance{{Status: Active}}}},
	} {
		if _, err := d.Next(p, -1); err != nil {
			t.Error(err)
		}
		if dec, err := d.Next(p, 5); err != nil || dec.Done && p["first"] != nil && p["first"].Skipped != "" {
			t.Errorf("%+v: %+v, %v", p, dec, err)
		}
	}
	if dec, err := (&Definition{}).Next(nil, 1); err != nil || !dec.Done || dec.Status != Succeeded {
		t.Errorf("nothing: %+v, %v", dec, err)
	}
}
