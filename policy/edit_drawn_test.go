package policy

import (
	"fmt"
	"strings"

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
