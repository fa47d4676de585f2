package policy

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// sound gives a value that a field accepts and that says something, as it is written.
func sound(f Field) string {
	switch f.Type {
	case Bool:
		return "true"
	case Int:
		return fmt.Sprint(f.Max)
	case Decimal:
		return micro(f.Max).String()
	case Choice:
		return f.Choices[len(f.Choices)-1]
	case Clock:
		return `"11:11"`
	case Text:
		return "UTC"
	case Texts:
		if f.Choices != nil {
			return "[" + f.Choices[0] + "]"
		}
		return "[word]"
	case Record:
		return record(f, "", "")
	case Records:
		return "[" + record(f, "", "") + "]"
	}
	return "?"
}

// record writes one with the fields that it must have, and name with value.
func record(f Field, name, value string) string {
	var b strings.Builder
	for _, g := range f.Fields {
		switch {
		case g.Name == name && value != "":
			b.WriteString(" " + g.Name + ": " + value)
		case g.Required && g.Name != name:
			b.WriteString(" " + g.Name + ": " + sound(g))
		}
	}
	return "{" + b.String() + " }"
}

// eachField walks the schema. file writes a policy in which the field has a value; empty leaves it out.
func eachField(t *testing.T, visit func(t *testing.T, f Field, path string, file func(value string) *File)) {
	t.Helper()
	parse := func(body string) *File { return Parse("donations.vox", []byte("policy donations { "+body+" }")) }
	for _, f := range Schema() {
		t.Run(f.Name, func(t *testing.T) {
			visit(t, f, f.Name, func(v string) *File {
				if v == "" {
					return parse("")
				}
				return parse(f.Name + ": " + v)
			})
		})
		for _, g := range f.Fields {
			path, open, end := f.Name+"."+g.Name, "", ""
			if f.Type == Records {
				path, open, end = f.Name+"[]."+g.Name, "[", "]"
			}
			t.Run(path, func(t *testing.T) {
				visit(t, g, path, func(v string) *File { return parse(f.Name + ": " + open + record(f, g.Name, v) + end) })
			})
		}
	}
}

func hasCode(f *File, code string) bool {
	return slices.ContainsFunc(f.Problems(), func(p Problem) bool {
		return p.Severity == SeverityError && (code == "" || p.Code == "vox/policy/"+code)
	})
}

// What the schema says of a field is what the decoder does, for each of them.
func TestTheSchemaIsWhatIsAccepted(t *testing.T) {
	seen := map[Type]int{}
	eachField(t, func(t *testing.T, f Field, _ string, file func(string) *File) {
		seen[f.Type]++
		good, bad := []string{sound(f)}, map[string]string{} // values, and the codes of those that are refused
		switch f.Type {
		case Bool:
			good = []string{"true", "false"}
			bad["yes"], bad["1"], bad[`"true"`], bad["[]"] = "wrong-type", "wrong-type", "wrong-type", "wrong-type"
		case Int:
			good = []string{fmt.Sprint(f.Min), fmt.Sprint(f.Max)}
			bad[fmt.Sprint(f.Min-1)], bad[fmt.Sprint(f.Max+1)], bad["99999999999999999999"] = "out-of-range", "out-of-range", "out-of-range"
			bad["1.5"], bad["1s"], bad["true"], bad[`"1"`], bad["[1]"] = "wrong-type", "wrong-type", "wrong-type", "wrong-type", "wrong-type"
		case Decimal:
			good = []string{micro(f.Min).String(), micro(f.Max).String(), micro(f.Max - 1).String(), "0.000001"}
			bad[micro(f.Min-1).String()], bad[micro(f.Max+1).String()] = "out-of-range", "out-of-range"
			bad["0.0000001"], bad["1."], bad["1e2"], bad["free"], bad[`"1"`] = "wrong-type", "wrong-type", "wrong-type", "wrong-type", "wrong-type"
		case Choice:
			good = append(slices.Clone(f.Choices), `"`+f.Choices[0]+`"`)
			bad[f.Choices[0]+"x"], bad["1"], bad["["+f.Choices[0]+"]"] = "unknown-kind", "wrong-type", "wrong-type"
		case Clock:
			good = []string{`"00:00"`, `"23:59"`}
			bad[`"24:01"`], bad[`"7:00"`], bad[`"07:60"`], bad[`"0700"`], bad[`"07:00 "`], bad["700"] = "bad-time", "bad-time", "bad-time", "bad-time", "bad-time", "wrong-type"
		case Text:
			good = append(good, `"UTC"`)
			bad["1"], bad["[UTC]"], bad[`""`], bad["true"] = "wrong-type", "wrong-type", "wrong-type", "wrong-type"
		case Texts:
			good = append(good, "[]")
			bad["word"], bad["[1]"], bad[`[""]`], bad["[[]]"], bad["{}"] = "wrong-type", "wrong-type", "wrong-type", "wrong-type", "wrong-type"
			if f.Choices != nil {
				good = append(good, "["+strings.Join(f.Choices, ", ")+"]")
				bad["[never]"] = "unknown-day"
			}
		case Record:
			bad["1"], bad["[]"] = "wrong-type", "wrong-type"
		case Records:
			good = append(good, "[]")
			bad["1"], bad["{}"], bad["[1]"] = "wrong-type", "wrong-type", "wrong-type"
		}
		for _, v := range good {
			if hasCode(file(v), "") {
				t.Errorf("%s is refused: %v", v, file(v).Problems())
			}
		}
		for v, code := range bad {
			if !hasCode(file(v), code) {
				t.Errorf("%s is not refused as %s: %v", v, code, file(v).Problems())
			}
		}
	})
	if len(seen) != int(Records)+1 {
		t.Errorf("of the types only %v occur", seen)
	}
}

// Each field changes the policy that is read, is missed where it is required, and may not be there twice.
func TestEachFieldIsRead(t *testing.T) {
	eachField(t, func(t *testing.T, f Field, path string, file func(string) *File) {
		without := file("")
		if f.Required != hasCode(without, "missing-field") {
			t.Errorf("required %v: %v", f.Required, without.Problems())
		}
		if twice := file(sound(f) + " " + f.Name + ": " + sound(f)); !hasCode(twice, "duplicate-field") {
			t.Errorf("twice: %v", twice.Problems())
		}
		with, ok := file(sound(f)).Policy()
		if !ok || f.Required {
			if !f.Required {
				t.Error("no policy")
			}
			return
		}
		before, _ := without.Policy()
		a, _ := json.Marshal(before)
		b, _ := json.Marshal(with)
		if string(a) == string(b) {
			t.Errorf("%s: %s says nothing", path, sound(f))
		}
	})
}

// canonical is the order in which new fields take their place, as the plan says (seed P4-T3). The last five are not in the plan.
func canonical() []string {
	return []string{
		fSlots, fNSFW, fMaxJob, fPublic, fMinPrio, fScopes, fUsers, fDenied, fMeshes, fOverrides,
		fHours, fBusy, fCommands, fModels, fPrices,
	}
}

func TestSchemaIsCanonical(t *testing.T) {
	if got := fieldNames(Schema()); !slices.Equal(got, canonical()) {
		t.Errorf("the schema has %v, in canonical order it is %v", got, canonical())
	}
	s := Schema()
	s[0].Fields[0].Choices[0] = "changed"
	if table[0].Fields[0].Choices[0] != "gpu" || Schema()[0].Fields[0].Choices[0] != "gpu" {
		t.Error("who changes a Schema changes what is read")
	}
	for path, want := range map[string]string{
		"slots": fSlots, "slots[1].weight": fWeight, "slots[].kind": fKind, "per_peer_overrides[a.b@c].peer": fPeer,
		"pause_when_busy.grace_secs": fGrace, "active_hours[0].days": fDays, "nope": "", "slots.nope": "", "": "",
	} {
		if f, ok := Lookup(path); f.Name != want || ok != (want != "") {
			t.Errorf("Lookup(%q) = %q, %v", path, f.Name, ok)
		}
	}
}

// The manual has each field with its range and what it means that it is absent.
func TestTheManualHasEachField(t *testing.T) {
	b, err := os.ReadFile("../docs/formats.md")
	if err != nil {
		t.Fatal(err)
	}
	eachField(t, func(t *testing.T, f Field, path string, _ func(string) *File) {
		if row := manualRow(f, path); !strings.Contains(string(b), "\n"+row+"\n") {
			t.Errorf("docs/formats.md lacks the line\n%s", row)
		}
	})
}

func manualRow(f Field, path string) string {
	kind, span := "", ""
	switch f.Type {
	case Bool:
		kind = "true, false"
	case Int:
		kind, span = "number", fmt.Sprintf("%d to %d", f.Min, f.Max)
	case Decimal:
		kind, span = "number with at most six decimals", fmt.Sprintf("%s to %s", micro(f.Min), micro(f.Max))
	case Choice:
		kind = strings.Join(f.Choices, ", ")
	case Text:
		kind = "name"
	case Clock:
		kind, span = `"HH:MM"`, "00:00 to 23:59"
		if f.Name == fTo {
			span = "00:00 to 24:00"
		}
	case Texts:
		kind = "list of names"
		if f.Choices != nil {
			kind = "list of " + strings.Join(f.Choices, ", ")
		}
	case Record:
		kind = "true, false, or a record"
	case Records:
		kind = "list of records"
	}
	if f.Unit != "" {
		span += " " + f.Unit
	}
	absent := f.Absent
	if f.Required {
		absent = "required"
	}
	return strings.ReplaceAll(fmt.Sprintf("| `%s` | %s | %s | %s | %s |", path, kind, span, absent, f.Help), "|  |", "| |")
}

func TestMicro(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1": 1e6, "0.12": 120000, "0.000001": 1, "12.345678": 12345678, "00.50": 500000, "-1.5": -1500000, "99999999999999999999": 1<<63 - 1,
	} {
		if got, err := parseMicro(text); err != nil || got != want {
			t.Errorf("%s: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", ".", "1.", ".5", "1.0000000", "1e3", "0x1", "1_0", "-", "+1", "1.2.3", "NaN"} {
		if got, err := parseMicro(text); err == nil {
			t.Errorf("%q is read as %d", text, got)
		}
	}
	for m, want := range map[micro]string{0: "0", 1: "0.000001", 1e6: "1", 120000: "0.12", -1500000: "-1.5", -1 << 63: "-9223372036854.775808"} {
		if m.String() != want {
			t.Errorf("%d: %s, want %s", int64(m), m, want)
		}
	}
}

func TestPricesAsJSON(t *testing.T) {
	p := in(t, `prices: [{ kind: gpu, usd_per_hour: 0.12 }, { kind: text, usd_per_million_tokens: 3 }, { kind: embed, usd_per_million_tokens: 0 }]`)
	got, err := json.Marshal(p.Prices)
	const want = `[{"kind":"gpu","usd_per_hour":0.12},{"kind":"text","usd_per_million_tokens":3},{"kind":"embed","usd_per_million_tokens":0}]`
	if err != nil || string(got) != want {
		t.Fatalf("%v\n got %s\nwant %s", err, got, want)
	}
	var back []Price
	if err := json.Unmarshal(got, &back); err != nil || *back[0].PerHour != 120000 || *back[2].PerMillionTokens != 0 || back[2].PerHour != nil {
		t.Errorf("%+v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`[{"kind":"gpu","usd_per_hour":0.1234567}]`), &back); err == nil {
		t.Error("seven decimals are read")
	}
	if price, ok := p.PriceOf("gpu"); !ok || *price.PerHour != 120000 {
		t.Errorf("%+v, %v", price, ok)
	}
	if _, ok := p.PriceOf("cpu"); ok {
		t.Error("there is a price for cpu")
	}
}
