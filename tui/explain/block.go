package explain

import (
	"fmt"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// block is a part of an answer that breaks itself into rows of a width.
type block interface {
	lines(w int) []func(b *cell.Buffer, x, y, w int)
}

// paragraph is text over the whole width; an empty one is a blank row.
type paragraph struct {
	text string
	st   theme.Style
}

func (p paragraph) lines(w int) (out []func(b *cell.Buffer, x, y, w int)) {
	for _, s := range format.Wrap(p.text, w) {
		out = append(out, func(b *cell.Buffer, x, y, w int) { b.Put(x, y, w, s, p.st) })
	}
	return out
}

// fact is a name and what there is to say of it.
type fact struct {
	name, text string
	st         theme.Style
}

// factName is how wide the names of facts are.
const factName = 10

func (f fact) lines(w int) (out []func(b *cell.Buffer, x, y, w int)) {
	for i, s := range format.Wrap(f.text, w-factName) {
		out = append(out, func(b *cell.Buffer, x, y, w int) {
			if i == 0 {
				b.Put(x, y, factName-1, f.name, theme.In(theme.Second))
			}
			b.Put(x+factName, y, w-factName, s, f.st)
		})
	}
	return out
}

// verdict is a row of a thing that has a class, and a sentence on it.
type verdict struct {
	class privacy.Class
	sign  row.Glyph
	id    string
	rule  string
	why   string
	faint bool
}

const (
	idWidth   = 12 // 14 in a wide box
	ruleWidth = 11
	wideBox   = 80
)

func (v verdict) lines(w int) (out []func(b *cell.Buffer, x, y, w int)) {
	id := row.Field{Text: v.id, Width: idWidth}
	if w >= wideBox {
		id.Width += 2
	}
	indent := row.VerdictIndent(id, ruleWidth)
	rows := format.Wrap(v.why, w-indent)
	if len(rows) == 0 {
		rows = []string{""}
	}
	for i, s := range rows {
		out = append(out, func(b *cell.Buffer, x, y, w int) {
			if i == 0 {
				row.Verdict(b, x, y, w, v.class, v.sign, id, row.Field{Text: v.rule, Width: ruleWidth, Style: theme.In(theme.Second)}, s, row.Look{Faint: v.faint})
				return
			}
			b.Put(x+indent, y, w-indent, s, theme.Style{})
		})
	}
	return out
}

func position(top, rows, all int) string {
	return fmt.Sprintf("%d–%d of %d", top+1, min(top+rows, all), all)
}
