package row

import (
	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/theme"
)

// Op is what the row of an op of the log says, in the order in which it stands. What is empty is left out.
type Op struct {
	Seq   string // "op 48,213"
	Time  string
	Event string
	ID    string // of the job, run or node that it is about; its class stands right of it, and nowhere without it
	To    string // the node where that happened
	Says  string // what else there is to say; it is cut first
	Right string // set to the right end, and never cut
}

// Moment draws the row of the op at an instant, from column x on, w columns wide. class is that of what ID names.
func Moment(b *cell.Buffer, x, y, w int, class privacy.Class, op Op, l Look) {
	plain, second := theme.Style{}, theme.In(theme.Second)
	end := x + w
	if room := ansi.StringWidth(op.Right); op.Right != "" && room < w {
		end -= room + 1
		b.Right(end+1, x+w, y, op.Right, second)
	}
	at := x
	put := func(s, before string, st theme.Style) {
		if at == x {
			before = " "
		}
		if s != "" && at+len(before) < end {
			at = b.Put(at, y, end-at, before, st)
			at = b.Put(at, y, end-at, format.End(s, end-at), st)
		}
	}
	put(op.Seq, "", plain.With(theme.Bold))
	put(op.Time, "  ", plain)
	put(op.Event, "  ", plain)
	if word := class.Badge(); op.ID != "" && at+3+len(word) < end {
		put(format.Middle(op.ID, min(end-at-3-len(word), 24)), "  ", plain)
		Badge(b, at+1, y, class)
		at += 1 + len(word)
		if op.To != "" {
			put("→ "+format.Middle(op.To, 20), " ", plain)
		}
	}
	put(op.Says, "  ", second)
	finish(b, x, y, w, l)
}
