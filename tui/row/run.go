package row

import (
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/theme"
)

// The columns of a run's and a span's row before its own fields: the cursor and a blank, then the name.
const lead = 2

// Run draws the row of a run in a list, w columns wide: cursor, id, class, and the other fields.
func Run(b *cell.Buffer, x, y, w int, class privacy.Class, id Field, rest []Field, l Look) {
	if l.Selected {
		b.Put(x, y, 1, "▸", theme.In(theme.Text).With(theme.Bold))
		id.Style = id.Style.With(theme.Bold)
	}
	at := x + lead
	b.Put(at, y, id.Width, format.Middle(id.Text, id.Width), id.Style)
	at = Badge(b, at+id.Width+1, y, class)
	fields(b, at, y, x+w, rest)
	finish(b, x, y, w, l)
}

// Branch is where a span or an event stands in the tree of its run.
type Branch struct {
	Guide  string // the lines of the tree before it
	Name   string
	Hidden int // how many rows a closed branch hides
	Style  theme.Style
}

// Span draws the row of a span or an event in the tree of a run: cursor, lines of the tree and name in width columns,
// class, and the other fields. It gives the columns [from, to) of the sign of a closed branch; they are equal where there
// is none.
func Span(b *cell.Buffer, x, y, w int, class privacy.Class, br Branch, width int, rest []Field, l Look) (from, to int) {
	if l.Selected {
		b.Put(x, y, 1, "▸", theme.In(theme.Text).With(theme.Bold))
		br.Style = br.Style.With(theme.Bold)
	}
	hidden := ""
	if br.Hidden > 0 {
		hidden = "+" + strconv.Itoa(br.Hidden)
	}
	guide := ansi.Truncate(br.Guide, max(width-8-len(hidden), 0), "")
	at := b.Put(x+lead, y, width, guide, theme.In(theme.Third))
	end := x + lead + width
	room := end - at
	if hidden != "" {
		room -= len(hidden) + 2
	}
	at = b.Put(at, y, room, format.End(br.Name, room), br.Style)
	if hidden != "" {
		from = at + 2
		to = b.Put(from, y, end-from, hidden, theme.In(theme.Second))
	}
	at = Badge(b, end+1, y, class)
	fields(b, at, y, x+w, rest)
	finish(b, x, y, w, l)
	return from, to
}

// Act draws an act that touched a run, a job or a node: when, what was done to what with its class, and the rest in
// words.
func Act(b *cell.Buffer, x, y, w int, class privacy.Class, when, what, target, words string, l Look) {
	if l.Selected {
		b.Put(x, y, 1, "▸", theme.In(theme.Text).With(theme.Bold))
	}
	end := x + w
	second := theme.In(theme.Second)
	at := b.Put(x+1, y, end-x-1, when+" ", second)
	at = b.Put(at, y, end-at, what+" ", theme.Style{})
	at = b.Put(at, y, end-at, format.Middle(target, 14)+" ", theme.Style{}.With(theme.Bold))
	if end-at >= BadgeWidth {
		Badge(b, at, y, class)
		at += ansi.StringWidth(class.Badge()) + 1
	}
	b.Put(at, y, end-at, format.End(words, end-at), second)
	finish(b, x, y, w, l)
}

// Status gives the word for the status of a run, a job or a span, and its look.
func Status(status string) (string, theme.Style) {
	word := strings.ReplaceAll(status, "_", " ")
	switch status {
	case "succeeded":
		return word, theme.In(theme.OK)
	case "failed", "timed_out":
		return word, theme.In(theme.Failed)
	case "queued", "leased", "waiting":
		return word, theme.In(theme.Waiting)
	case "running":
		return word, theme.In(theme.Text)
	}
	return word, theme.In(theme.Second)
}

// Lasted writes how long something took in at most w columns, at least 5: 5:36, 1:05:00 where there is room, else 1 h 5.
func Lasted(d time.Duration, w int) string {
	text := format.Clock(d)
	if len(text) <= w {
		return text
	}
	h, m := int(d/time.Hour), int(d/time.Minute)%60
	if text = strconv.Itoa(h) + " h " + strconv.Itoa(m); len(text) <= w && h < 24 {
		return text
	}
	return format.Age(d)
}
