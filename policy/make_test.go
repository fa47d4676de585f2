package policy

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func TestDefaultGivesNothing(t *testing.T) {
	f := Parse("donations.vox", Default())
	p, ok := f.Policy()
	want := Policy{Name: "donations", Slots: []Slot{}, MaxJobSeconds: 3600, Overrides: []Override{}}
	if !ok || !reflect.DeepEqual(p, want) {
		t.Errorf("got %+v, %v", p, ok)
	}
	for _, k := range Kinds() {
		if Decide(p, f, ask(func(r *Request) { r.Kind, r.Priority = k, 9 }), Load{}).Accept {
			t.Errorf("the default accepts %s", k)
		}
	}
	if !bytes.Equal(ForSlots(nil), Default()) || !bytes.Equal(ForSlots([]string{"tpu"}), Default()) {
		t.Error("without known kinds the file is not the default")
	}
}

func TestForSlots(t *testing.T) {
	f := Parse("donations.vox", ForSlots([]string{"gpu", "text", "gpu", "nonsense", "cpu"}))
	p, ok := f.Policy()
	if !ok || len(f.Problems()) > 0 {
		t.Fatal(f.Problems())
	}
	if want := []Slot{{"gpu", 1, 34}, {"text", 1, 33}, {"cpu", 1, 33}}; !reflect.DeepEqual(p.Slots, want) || p.NSFWAllowed || p.PublicMeshOptIn {
		t.Errorf("got %+v", p)
	}
}

func TestAddSlotsKeepsTheStyle(t *testing.T) {
	const gpu, cpu = "{ kind: gpu, max_concurrent: 1, weight: 60 }", "{ kind: cpu, max_concurrent: 1, weight: 40 }"
	in := func(s string) string { return "policy donations {\n" + s + "\n  nsfw_allowed: false\n}\n" }
	for _, tc := range []struct{ name, src, want string }{
		{"many lines, trailing comma", in("  slots: [\n    " + gpu + ", // mine\n    // end\n  ]"), in("  slots: [\n    " + gpu + ", // mine\n    " + cpu + ",\n    // end\n  ]")},
		{"many lines, no trailing comma", in("  slots: [\n    " + gpu + " // mine\n  ]"), in("  slots: [\n    " + gpu + ", // mine\n    " + cpu + "\n  ]")},
		{"no commas", in("  slots: [\n\t" + strings.Replace(gpu, "60", "30", 1) + "\n\t{ kind: text, max_concurrent: 1, weight: 30 }\n  ]"), in("  slots: [\n\t" + strings.Replace(gpu, "60", "30", 1) + "\n\t{ kind: text, max_concurrent: 1, weight: 30 }\n\t" + cpu + "\n  ]")},
		{"last bracket on the line", in("  slots: [\n    " + gpu + " ]"), in("  slots: [\n    " + gpu + ",\n    " + cpu + " ]")},
		{"one line", in("  slots: [" + gpu + "]"), in("  slots: [" + gpu + ", " + cpu + "]")},
		{"one line, trailing comma", in("  slots: [ " + gpu + ", ]   // kinds"), in("  slots: [ " + gpu + ", " + cpu + ", ]   // kinds")},
		{"tight", in("  slots:[{kind:gpu,max_concurrent:3,weight:30},{weight:30,kind:text,max_concurrent:1}]"), in("  slots:[{kind:gpu,max_concurrent:3,weight:30},{weight:30,kind:text,max_concurrent:1},{weight:40,kind:cpu,max_concurrent:1}]")},
		{"a slot over many lines", in("  slots: [\n    {\n      kind: \"gpu\"\n      max_concurrent: 2\n      weight: 60\n    }\n  ]"), in("  slots: [\n    {\n      kind: \"gpu\"\n      max_concurrent: 2\n      weight: 60\n    },\n    {\n      kind: \"cpu\"\n      max_concurrent: 1\n      weight: 40\n    }\n  ]")},
		{"a slot with more", in("  slots: [" + strings.Replace(gpu, " }", ", fan: 3 }", 1) + "]"), in("  slots: [" + strings.Replace(gpu, " }", ", fan: 3 }", 1) + ", " + cpu + "]")},
		{"commas that lead", "policy donations {\n  slots:\n  [ " + gpu + "\n  , { kind: text, max_concurrent: 1, weight: 0 }\n  ]\n}", "policy donations {\n  slots:\n  [ " + gpu + "\n  , { kind: text, max_concurrent: 1, weight: 0 }\n  , " + cpu + "\n  ]\n}"},
		{"CRLF and tabs", "policy donations {\r\n\tslots: [\r\n\t\t" + gpu + ",\r\n\t]\r\n}\r\n", "policy donations {\r\n\tslots: [\r\n\t\t" + gpu + ",\r\n\t\t" + cpu + ",\r\n\t]\r\n}\r\n"},
		{"a comment before the comma", in("  slots: [\n    " + gpu + " /* a */ , // b\n  ]"), in("  slots: [\n    " + gpu + " /* a */ , // b\n    " + cpu + ",\n  ]")},
		{"no room is left", in("  slots: [{ kind: gpu, max_concurrent: 1, weight: 100 }]"), in("  slots: [{ kind: gpu, max_concurrent: 1, weight: 100 }, { kind: cpu, max_concurrent: 1, weight: 0 }]")},
	} {
		t.Run(tc.name, func(t *testing.T) { testAddSlots(t, tc.src, tc.want, []string{"gpu", "cpu"}) })
	}
}

func TestAddSlotsToNothing(t *testing.T) {
	const all = "{ kind: cpu, max_concurrent: 1, weight: 100 }"
	for _, tc := range []struct{ name, src, want string }{
		{"empty list", "policy donations {\n    slots: []\n}", "policy donations {\n    slots: [\n        " + all + ",\n    ]\n}"},
		{"empty list, CRLF", "policy donations {\r\n  slots: [] // none yet\r\n}\r\n", "policy donations {\r\n  slots: [\r\n    " + all + ",\r\n  ] // none yet\r\n}\r\n"},
		{"one line", "policy donations { slots: [] }", "policy donations { slots: [" + all + "] }"},
		{"one line, blanks", "policy donations { slots: [ ] }", "policy donations { slots: [ " + all + " ] }"},
		{"a comment within", "policy donations {\n  slots: [ /* none */ ]\n}", "policy donations {\n  slots: [ /* none */ " + all + " ]\n}"},
		{"comments on lines", "policy donations {\n  slots: [ // a\n      // b\n  ]\n}", "policy donations {\n  slots: [ // a\n      // b\n      " + all + ",\n  ]\n}"},
		{"no field", "policy donations { // open\n\t// about nsfw\n\tnsfw_allowed: false\n}", "policy donations { // open\n\tslots: [" + all + "]\n\t// about nsfw\n\tnsfw_allowed: false\n}"},
		{"no field, commas", "policy donations { nsfw_allowed: false, min_priority: 0 }", "policy donations { slots: [" + all + "], nsfw_allowed: false, min_priority: 0 }"},
		{"no field, one line", "policy donations { min_priority: 0 }", "policy donations { slots: [" + all + "] min_priority: 0 }"},
		{"empty block", "policy donations {}", "policy donations {\n  slots: [" + all + "]\n}"},
		{"empty block with a comment", "policy donations {\n  // nothing\n}", "policy donations {\n  // nothing\n  slots: [" + all + "]\n}"},
	} {
		t.Run(tc.name, func(t *testing.T) { testAddSlots(t, tc.src, tc.want, []string{"cpu"}) })
	}
}

func testAddSlots(t *testing.T, src, want string, kinds []string) {
	t.Helper()
	out, changed := AddSlots(Parse("donations.vox", []byte(src)), kinds)
	if !changed || string(out) != want {
		t.Fatalf("changed %v\n got %q\nwant %q", changed, out, want)
	}
	if again, changed := AddSlots(Parse("donations.vox", out), kinds); changed || string(again) != want {
		t.Errorf("added twice: %q", again)
	}
}

func TestAddSlotsLeavesWhatItCannotRead(t *testing.T) {
	for name, src := range readCorpus(t) {
		f := Parse(name, src)
		_, ok := f.Policy()
		if out, changed := AddSlots(f, Kinds()); changed != ok || !changed && !bytes.Equal(out, src) {
			t.Errorf("%s: in force %v, changed %v", name, ok, changed)
		} else if changed {
			onlyAdds(t, name, src, out)
		}
	}
}

// onlyAdds holds that nothing of the source was lost or moved: it is a subsequence of the result.
func onlyAdds(t *testing.T, name string, src, out []byte) {
	t.Helper()
	i := 0
	for _, c := range out {
		if i < len(src) && src[i] == c {
			i++
		}
	}
	if i < len(src) {
		t.Errorf("%s: byte %d of the source is not in the result", name, i)
	}
}

func TestDiff(t *testing.T) {
	long := "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n"
	for _, tc := range []struct{ old, new, want string }{
		{"a\n", "a\n", ""},
		{"", "a\n", "@@ -0,0 +1 @@\n+a\n"},
		{"a\n", "", "@@ -1 +0,0 @@\n-a\n"},
		{"a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"},
		{"a\nb", "a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"},
		{long, strings.NewReplacer("\n2\n", "\ntwo\n", "11\n", "").Replace(long), "@@ -1,5 +1,5 @@\n 1\n-2\n+two\n 3\n 4\n 5\n@@ -8,5 +8,4 @@\n 8\n 9\n 10\n-11\n 12\n"},
	} {
		if got := Diff([]byte(tc.old), []byte(tc.new)); got != tc.want {
			t.Errorf("%q to %q\n got %q\nwant %q", tc.old, tc.new, got, tc.want)
		}
	}
	big := []byte(strings.Repeat("x\ny\n", 20_000))
	other := []byte(strings.Repeat("y\nz\n", 20_000))
	if d := Diff(big, other); strings.Count(d, "\n-")+strings.Count(d, "\n+") != 80_000 {
		t.Error("a change that is too large is not shown as a whole exchange")
	}
}
