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
	lines(w int) []line
}

// line draws a row of a block. first says that no other row of the box stands over it.
type line func(b *cell.Buffer, x, y, w int, first bool)

// paragraph is text over the whole width; an empty one is a blank row.
type paragraph struct {
	text string
	st   theme.Style
}

func (p paragraph) lines(w int) (out []line) {
	for _, s := range format.Wrap(p.text, w) {
		out = append(out, func(b *cell.Buffer, x, y, w int, _ bool) { b.Put(x, y, w, s, p.st) })
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

func (f fact) lines(w int) (out []line) {
	for i, s := range format.Wrap(f.text, w-factName) {
		out = append(out, func(b *cell.Buffer, x, y, w int, _ bool) {
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

func (v verdict) lines(w int) (out []line) {
	id := row.Field{Text: v.id, Width: idWidth}
	if w >= wideBox {
		id.Width += 2
	}
	rule := row.Field{Text: v.rule, Width: ruleWidth, Style: theme.In(theme.Second)}
	rows := format.Wrap(v.why, w-row.VerdictIndent(id, ruleWidth))
	if len(rows) == 0 {
		rows = []string{""}
	}
	for i, s := range rows {
		out = append(out, func(b *cell.Buffer, x, y, w int, first bool) {
			row.Verdict(b, x, y, w, v.class, v.sign, id, rule, s, i == 0 || first, row.Look{Faint: v.faint})
		})
	}
	return out
}

func position(top, rows, all int) string {
	return fmt.Sprintf("%d–%d of %d", top+1, min(top+rows, all), all)
}
