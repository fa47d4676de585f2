package workflow

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"voxmesh/mesh/fault"
	"voxmesh/policy/syntax"
)

// FuzzParse: whatever the bytes are, nothing panics, every place is in the file, and what has no errors becomes a definition
// that is read back as it was. Its first decision is the same when asked twice.
func FuzzParse(f *testing.F) {
	for _, src := range readCorpus(f) {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		file := Parse("fuzz.vox", src)
		sound(t, file, src)
		for i := range file.Workflows {
			roundTrip(t, &file.Workflows[i], file.Errors())
		}
	})
}

func roundTrip(t *testing.T, w *Workflow, wrong bool) {
	t.Helper()
	modules := map[string]string{}
	for _, m := range w.Modules() {
		modules[m] = hashA
	}
	d, err := Compile(w, modules)
	if err != nil {
		if !wrong {
			t.Fatalf("%s is sound and cannot be compiled: %v", w.Name, err)
		}
		var coded fault.Coded
		if !errors.As(err, &coded) || !strings.HasPrefix(coded.ErrorCode(), codePrefix) {
			t.Fatalf("no code: %v", err)
		}
		return
	}
	back, err := Decode(d.Encode())
	if err != nil || !reflect.DeepEqual(back, d) || !bytes.Equal(back.Encode(), d.Encode()) {
		t.Fatalf("it comes back as %+v, %v", back, err)
	}
	first, err := d.Next(nil, 10)
	again, err2 := back.Next(nil, 10)
	if err != nil || err2 != nil || !reflect.DeepEqual(first, again) {
		t.Fatalf("%+v, %v; asked again %+v, %v", first, err, again, err2)
	}
	if first.Empty() {
		t.Fatal("a new run has nothing to do")
	}
}

// FuzzDecode: bytes of a definition are hostile; what is read is written again as it was, and does not panic when it is asked.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"v":1,"name":"a","privacy":"local-only","activities":[{"name":"a","runner":"text","kind":"text","prompt":"x","privacy":"local-only"}]}`))
	f.Add([]byte(`{"v":1,"name":"a","privacy":"local-only","activities":[{"name":"a","runner":"wasm","kind":"gpu","module":"` + hashA +
		`","args":["${item}"],"each":["1"],"retry":3,"timeout_secs":4,"when":[{"of":"b","says":"x","not":true}],"privacy":"local-only","on":"n","nsfw":true,"scope":"s"},` +
		`{"name":"b","runner":"command","kind":"cpu","command":"ls","each_of":"${c.parts}","privacy":"public-mesh"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Decode(b)
		if err != nil {
			return
		}
		if !bytes.Equal(d.Encode(), b) {
			t.Fatalf("%s is written as %s", b, d.Encode())
		}
		if _, err := d.Next(nil, 3); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzParts: an output is hostile too.
func FuzzParts(f *testing.F) {
	for _, s := range []string{"", "a\nb\r\n\n c", `["a", 1, -2.5e3]`, `[true]`, `["\ud800"]`, "[\"\xff\"]", "[1]]", `[[1]]`, "\x00\n\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, p := range parts(b) {
			if strings.ContainsAny(p, "\n") && !bytes.Contains(b, []byte("[")) {
				t.Errorf("a line of %q is %q", b, p)
			}
		}
	})
}

// A file of the largest size is read at a cost that is linear in it, whatever is in it: the test would not end else.
func TestLargeFilesAreReadAtALinearCost(t *testing.T) {
	fill := func(head, unit, tail string) []byte {
		n := (syntax.MaxSize - len(head) - len(tail)) / len(unit)
		return []byte(head + strings.Repeat(unit, n) + tail)
	}
	for name, src := range map[string][]byte{
		"workflows":  fill("", "workflow a{activities:[{name:b runner:text prompt:x}]}", ""),
		"activities": fill("workflow a{activities:[", "{name:b runner:text prompt:x}", "]}"),
		"references": fill(`workflow a{activities:[{name:b runner:text prompt:"`, "${c.output}", `"}]}`),
		"openings":   fill(`workflow a{activities:[{name:b runner:text prompt:"`, "${", `"}]}`),
		"escapes":    fill(`workflow a{activities:[{name:b runner:text prompt:"`, `\u{41}${`, `"}]}`),
		"fields":     fill("workflow a{", "b:1 ", "}"),
		"needs":      fill("workflow a{activities:[{name:b runner:text prompt:x needs:[", "c ", "]}]}"),
		"conditions": fill("workflow a{activities:[{name:b runner:text prompt:x when:[", "{of:c is:ended} ", "]}]}"),
		"says":       fill("workflow a{activities:[{name:b runner:text prompt:x when:["+strings.Repeat("{of:c says:y}", 62)+`{of:c says:"`, "y", `"}]} {name:c runner:text prompt:x}]}`),
		"lists":      fill("workflow a{activities:", "[", ""),
		"blocks":     fill("", "b c{}", ""),
		"dense": []byte("workflow a{activities:[" + func() string {
			var b strings.Builder
			for i := range MaxActivities {
				b.WriteString("{name:a" + strings.Repeat("x", i%20) + string(rune('a'+i/20)) + " runner:text prompt:x needs:[")
				for j := range MaxActivities {
					b.WriteString("a" + strings.Repeat("x", j%20) + string(rune('a'+j/20)) + " ")
				}
				b.WriteString("]}")
			}
			return b.String()
		}() + "]}"),
	} {
		t.Run(name, func(t *testing.T) { sound(t, Parse(name, src), src) })
	}
}
