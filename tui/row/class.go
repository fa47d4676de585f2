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

// Verdict draws what a node is to a job: cursor, sign, id, class, and the first row of the sentence that says why. It
// gives the column at which the sentence begins, for the rows that continue it.
func Verdict(b *cell.Buffer, x, y, w int, class privacy.Class, g Glyph, id Field, why string, st theme.Style, l Look) int {
	Node(b, x, y, w, class, g, id, []Field{{Text: why, Width: max(w-VerdictIndent(id), 0), Gap: 2, Style: st}}, l)
	return x + VerdictIndent(id)
}

// VerdictIndent is how far right of a verdict its sentence begins.
func VerdictIndent(id Field) int { return 3 + id.Width + 1 + BadgeWidth + 2 }
