package policy

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"voxmesh/policy/syntax"
)

// handwriting draws how a file is written: its blanks, line ends, commas and comments.
type handwriting struct {
	t            *rapid.T
	nl, indent   string
	lines        bool // a line for each field and record
	commas, last bool // between, and behind the last one
	comments     int  // of ten places, how many have one
	n            int  // of comments so far, so that each is another one
}

func (h *handwriting) pick(of ...string) string { return rapid.SampledFrom(of).Draw(h.t, "pick") }
func (h *handwriting) chance(of int) bool       { return rapid.IntRange(0, 9).Draw(h.t, "chance") < of }

// gap is what may stand between two tokens.
func (h *handwriting) gap(plain string) string {
	if !h.chance(h.comments) {
		return plain
	}
	h.n++
	switch h.pick("block", "lines", "line") {
	case "block":
		return fmt.Sprintf("%s/* c%d */%s", plain, h.n, plain)
	case "lines":
		return fmt.Sprintf(" /* c%d%s   { [ \" */ ", h.n, h.nl)
	}
	return fmt.Sprintf(" // c%d, }%s", h.n, h.nl+plain)
}

// join writes parts within brackets, at a depth of indentation.
func (h *handwriting) join(open, close string, parts []string, depth int, lines bool) string {
	if len(parts) == 0 {
		return open + h.gap("") + close
	}
	var b strings.Builder
	b.WriteString(open)
	in := h.nl + strings.Repeat(h.indent, depth+1)
	for i, p := range parts {
		switch {
		case lines:
			b.WriteString(h.gap(" ") + in)
		default:
			b.WriteString(h.gap(" "))
		}
		b.WriteString(p)
		if h.commas && (i < len(parts)-1 || h.last) {
			b.WriteString(h.gap("") + ",")
		}
	}
	b.WriteString(h.gap(" "))
	if lines {
		b.WriteString(h.nl + strings.Repeat(h.indent, depth))
	}
	return b.String() + close
}

func (h *handwriting) field(name, value string) string {
	return name + h.gap("") + ":" + h.gap(" ") + value
}

func (h *handwriting) number(lo, hi int) string {
	return fmt.Sprint(rapid.IntRange(lo, hi).Draw(h.t, "n"))
}

func (h *handwriting) user() string {
	return syntax.Quote(h.pick("alice@aurelia", "bo@aurelia", "eve@x", "a.]b[\"@y"))
}

func (h *handwriting) list(depth int, item func() string) string {
	parts := make([]string, rapid.IntRange(0, 3).Draw(h.t, "len"))
	for i := range parts {
		parts[i] = item()
	}
	return h.join("[", "]", parts, depth, h.lines && h.chance(3))
}

// record writes some of the fields, and at times one that nobody knows.
func (h *handwriting) record(must string, fields ...string) string {
	parts := []string{must}
	for _, f := range fields {
		if h.chance(6) {
			parts = append(parts, f)
		}
	}
	if h.chance(1) {
		parts = append(parts, h.field("future", "{ a: [1, b] }"))
	}
	return h.join("{", "}", parts, 2, h.chance(2))
}

func (h *handwriting) slots() string {
	kinds := rapid.Permutation(Kinds()).Draw(h.t, "kinds")[:rapid.IntRange(0, 4).Draw(h.t, "slots")]
	parts := make([]string, len(kinds))
	for i, k := range kinds {
		parts[i] = h.record(h.field(fKind, h.pick(k, syntax.Quote(k))), h.field(fMaxConc, h.number(1, 64)), h.field(fWeight, h.number(0, 100)))
	}
	return h.join("[", "]", parts, 1, h.lines)
}

func (h *handwriting) overrides() string {
	users := rapid.Permutation([]string{"alice@aurelia", "bo@aurelia", "eve@x"}).Draw(h.t, "peers")[:rapid.IntRange(0, 3).Draw(h.t, "overrides")]
	parts := make([]string, len(users))
	for i, u := range users {
		parts[i] = h.record(h.field(fPeer, syntax.Quote(u)), h.field(fNSFW, h.pick("true", "false")), h.field(fMinPrio, h.number(0, 255)), h.field(fMaxConc, h.number(1, 64)))
	}
	return h.join("[", "]", parts, 1, h.lines)
}

func (h *handwriting) block(name string) string {
	var parts []string
	for _, f := range []struct {
		name  string
		value func() string
	}{
		{fSlots, h.slots},
		{fNSFW, func() string { return h.pick("true", "false") }},
		{fMaxJob, func() string { return h.number(0, 9999) }},
		{"future", func() string { return h.pick("1", "[ x, 10m ]", "{ y: 2.5 }") }},
		{fPublic, func() string { return h.pick("true", "false") }},
		{fMinPrio, func() string { return h.number(0, 255) }},
		{fScopes, func() string { return h.list(1, func() string { return h.pick("render", `"embed"`) }) }},
		{fUsers, func() string { return h.list(1, h.user) }},
		{fDenied, func() string { return h.list(1, h.user) }},
		{fOverrides, h.overrides},
		{fBusy, func() string { return h.pick("true", "false", h.record(h.field(fCPU, "40"), h.field(fGrace, "10"))) }},
		{fModels, func() string { return h.list(1, func() string { return h.pick("mistral", `"llama3.2:3b"`) }) }},
	} {
		if h.chance(6) {
			parts = append(parts, h.field(f.name, f.value()))
		}
	}
	return h.join("policy "+name+" {", "}", parts, 0, h.lines)
}

func drawFile(t *rapid.T) string {
	h := &handwriting{t: t}
	h.nl, h.indent = h.pick("\n", "\n", "\r\n"), h.pick("  ", "    ", "\t")
	h.lines, h.commas, h.last = h.chance(7), h.chance(5), h.chance(5)
	h.comments = rapid.SampledFrom([]int{0, 1, 4}).Draw(t, "comments")
	src := h.pick("", "// head"+h.nl, "\ufeff", h.block("other")+h.nl) + h.block("donations")
	return src + h.pick("", h.nl, h.nl+h.nl+h.block("last")+" // end")
}

// typedEdit is a Set and what it means for a Policy.
type typedEdit struct {
	path, value string
	plain       bool // it sets one scalar
	mean        func(p *Policy)
}

func drawEdit(t *rapid.T, p Policy) typedEdit {
	n := func(lo, hi int) int { return rapid.IntRange(lo, hi).Draw(t, "v") }
	flag := rapid.Bool().Draw(t, "flag")
	user := rapid.SampledFrom([]string{"alice@aurelia", "carl", "true", "x y", `q"]`}).Draw(t, "user")
	kind := rapid.SampledFrom(Kinds()).Draw(t, "kind")
	edits := []typedEdit{
		{fNSFW, fmt.Sprint(flag), true, func(p *Policy) { p.NSFWAllowed = flag }},
		{fPublic, fmt.Sprint(flag), true, func(p *Policy) { p.PublicMeshOptIn = flag }},
		{fMinPrio, "7", true, func(p *Policy) { p.MinPriority = 7 }},
		{fMaxJob, "77", true, func(p *Policy) { p.MaxJobSeconds = 77 }},
		{fUsers + "[]", user, false, func(p *Policy) { p.AllowedUsers = append(p.AllowedUsers, user) }},
		{fUsers, "[]", false, func(p *Policy) { p.AllowedUsers = []string{} }},
		{fUsers, syntax.Quote(user) + ", bo@aurelia", false, func(p *Policy) { p.AllowedUsers = []string{user, "bo@aurelia"} }},
		{fModels, "[mistral, b, c]", false, func(p *Policy) { p.Models = []string{"mistral", "b", "c"} }},
		{fScopes + "[]", "z", false, func(p *Policy) { p.AllowedScopes = append(p.AllowedScopes, "z") }},
		{fCommands, "ffmpeg", false, func(p *Policy) { p.Commands = []string{"ffmpeg"} }},
		{fBusy, fmt.Sprint(flag), false, func(p *Policy) {
			p.PauseWhenBusy = nil
			if y := DefaultYield(); flag {
				p.PauseWhenBusy = &y
			}
		}},
		{fBusy + "." + fGPU, "33", true, func(p *Policy) {
			if p.PauseWhenBusy == nil {
				p.PauseWhenBusy = &Yield{GraceSecs: DefaultGraceSecs}
			}
			p.PauseWhenBusy.GPUPercent = 33
		}},
		{fHours + "[]", "{ from: 22:00, to: 07:00 }", false, func(p *Policy) {
			p.ActiveHours = append(p.ActiveHours, Window{From: "22:00", To: "07:00"})
		}},
		{fPrices + "[" + kind + "]." + fPerHour, "0.5", false, func(p *Policy) {
			half := int64(500_000)
			p.Prices = append(p.Prices, Price{Kind: kind, PerHour: &half})
		}},
		slotEdit(kind, n(0, 100)),
		overrideEdit(rapid.SampledFrom([]string{"alice@aurelia", "x@y"}).Draw(t, "peer"), n(1, 64)),
	}
	if len(p.Slots) > 0 {
		i, c := n(0, len(p.Slots)-1), n(1, 64)
		edits = append(edits, typedEdit{fmt.Sprintf("slots[%d].max_concurrent", i), fmt.Sprint(c), true, func(p *Policy) { p.Slots[i].MaxConcurrent = c }})
	}
	return edits[n(0, len(edits)-1)]
}

func slotEdit(kind string, w int) typedEdit {
	return typedEdit{"slots[" + kind + "].weight", fmt.Sprint(w), false, func(p *Policy) {
		i := slices.IndexFunc(p.Slots, func(s Slot) bool { return s.Kind == kind })
		if i < 0 {
			p.Slots, i = append(p.Slots, Slot{Kind: kind, MaxConcurrent: 1}), len(p.Slots)
		}
		p.Slots[i].Weight = w
	}}
}

func overrideEdit(peer string, c int) typedEdit {
	return typedEdit{"per_peer_overrides[" + peer + "].max_concurrent", fmt.Sprint(c), false, func(p *Policy) {
		i := slices.IndexFunc(p.Overrides, func(o Override) bool { return o.Peer == peer })
		if i < 0 {
			p.Overrides, i = append(p.Overrides, Override{Peer: peer}), len(p.Overrides)
		}
		p.Overrides[i].MaxConcurrent = &c
	}}
}

// policyOf reads anew, so that what a test changes is its own.
func policyOf(t *rapid.T, src []byte) Policy {
	f := Parse("", src)
	p, ok := f.Policy()
	if !ok {
		t.Fatalf("%v in\n%s", f.Err(), src)
	}
	return p
}

// What is meant is said, all else stays, and where it was so already no byte changes.
func TestAnySetMeansWhatItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := drawFile(t)
		f := Parse("donations.vox", []byte(src))
		want := policyOf(t, f.Source())
		e := drawEdit(t, want)
		e.mean(&want)
		g, err := f.Set(e.path, e.value)
		if err != nil {
			t.Fatalf("%s=%s: %v (%s)\n%s", e.path, e.value, err, hintOf(err), src)
		}
		got := policyOf(t, g.Source())
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s=%s:\n got %+v\nwant %+v\n%s", e.path, e.value, got, want, Diff(f.Source(), g.Source()))
		}
		sameOutside(t, f, g, e)
		if again, err := g.Set(e.path, e.value); err != nil || !strings.HasSuffix(e.path, "[]") && !bytes.Equal(again.Source(), g.Source()) {
			t.Fatalf("again %s=%s: %v\n%s", e.path, e.value, err, g.Source())
		}
	})
}

// sameOutside holds what an edit leaves: the bytes around a scalar, and every comment.
func sameOutside(t *rapid.T, f, g *File, e typedEdit) {
	if old := f.Find(e.path); e.plain && old.Valid() {
		start, end := old.Value().Span()
		tail := f.Source()[end:]
		if !bytes.HasPrefix(g.Source(), f.Source()[:start]) || !bytes.HasSuffix(g.Source(), tail) {
			t.Fatalf("%s=%s changed more:\n%s", e.path, e.value, Diff(f.Source(), g.Source()))
		}
	} else if !old.Valid() && !strings.HasPrefix(e.path, fBusy+".") { // where true was, a record stands
		if !isWithin(f.Source(), g.Source()) {
			t.Fatalf("%s=%s took something away:\n%s", e.path, e.value, Diff(f.Source(), g.Source()))
		}
	}
	if out, err := syntax.Apply(f.Source(), f.Changed(g)...); err != nil || !bytes.Equal(out, g.Source()) {
		t.Fatalf("Changed: %v", err)
	}
}

// A scalar that is set back, and a field that is taken away again, leave the file as it was.
func TestAnySetCanBeTakenBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := drawFile(t)
		f := Parse("donations.vox", []byte(src))
		e := drawEdit(t, policyOf(t, f.Source()))
		if !e.plain {
			return
		}
		g, err := f.Set(e.path, e.value)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(e.path, fBusy+".") && f.Find(fBusy).Value().Kind() != syntax.RecordNode {
			return
		}
		if takesComment(g.Find(e.path)) {
			return
		}
		var back *File
		if old := f.Find(e.path); old.Valid() {
			back, err = g.Set(e.path, string(old.Value().Text()))
		} else {
			back, err = g.Unset(e.path)
		}
		if err != nil || string(back.Source()) != src {
			t.Fatalf("%s=%s and back: %v\n%q\n%q\n%q", e.path, e.value, err, src, g.Source(), back.Source())
		}
	})
}

// takesComment reports whether a field stands in front of a comment that was the next one's: on one line, without commas,
// a comment belongs to what is before it.
func takesComment(n syntax.Node) bool {
	_, end := n.Span()
	start, _ := n.Next().Span()
	from, _ := n.Parent().Span()
	if n.Parent().First() != n || !n.Next().Valid() || end <= from {
		return false
	}
	gap := string(n.Parent().Text()[end-from : start-from])
	return strings.HasPrefix(strings.TrimLeft(gap, " \t"), "/*")
}
