package row

import (
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/theme"
)

// Corner writes a class into the right end of a top border that begins at column x and is w columns wide: the class of
// what the title at its left names. It gives the column at which it begins.
func Corner(b *cell.Buffer, x, y, w int, class privacy.Class, border theme.Style) int {
	from := x + w - 4 - BadgeWidth
	b.Fill(from, y, BadgeWidth+2, 1, " ", border)
	Badge(b, from+1, y, class)
	return from
}

// verdictGap stands between the class, the rule and the sentence of a verdict.
const verdictGap = 1

// Verdict draws a row of what is to be said of a node, or of an attempt: sign, id, class, the rule that decided in a
// word, and the sentence, or as much of that as the row has. The rows that continue a sentence have the sentence alone;
// whichever of them is the first in sight is drawn with whole, so that none stands there without the class.
func Verdict(b *cell.Buffer, x, y, w int, class privacy.Class, g Glyph, id, rule Field, why string, whole bool, l Look) {
	indent := VerdictIndent(id, rule.Width)
	if !whole {
		b.Put(x+indent, y, w-indent, why, theme.Style{})
		finish(b, x, y, w, l)
		return
	}
	rule.Gap = verdictGap
	says := Field{Text: why, Width: max(w-indent, 0), Gap: verdictGap}
	Node(b, x, y, w, class, g, id, []Field{rule, says}, l)
}

// VerdictIndent is how far right of a verdict its sentence begins.
func VerdictIndent(id Field, rule int) int {
	const sign = 3
	return sign + id.Width + 1 + BadgeWidth + verdictGap + rule + verdictGap
}
