package runspane

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/clean"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// drawDetail draws what the selected run is about: its name, why it is as it is, its link, and the command that shows
// the same.
func (p *Pane) drawDetail(b *cell.Buffer, r layout.Rect) {
	focused := p.focus == detail
	border := pane.Frame(b, r, focused)
	run := p.shown.runs[p.list.Selected()]
	if run == nil {
		return
	}
	p.drawTitle(b, r, run, focused, border)
	in := r.Inner()
	x, w := in.X+1, in.W-2
	if in.H < 4 || w < 10 {
		return
	}
	y := in.Y
	facts := p.facts(run)
	at := b.Right(x, x+w, y, facts, theme.In(theme.Second))
	b.Put(x, y, at-x-1, format.End(run.Title, at-x-1), theme.Style{})
	y++
	text, st := p.why(run)
	for i, line := range wrapped(text, w, in.H-3) {
		b.Put(x, y+i, w, line, st)
	}
	y = in.Y + in.H - 2
	b.Put(x, y, w, "vox://trace/"+run.TraceID, theme.In(theme.Second))
	b.Put(x, y+1, w, "$ voxmesh runs "+run.RunID, theme.In(theme.Third))
	if p.s.Faint() {
		b.Restyle(in.X, in.Y, in.W, in.H, func(s theme.Style) theme.Style { return s.With(theme.Faint) })
	}
}

func (p *Pane) drawTitle(b *cell.Buffer, r layout.Rect, run *run, focused bool, border theme.Style) {
	word, ink := row.Status(run.Status)
	fact := " " + word + " " + row.Lasted(run.took(p.s.Time()), 8) + " "
	st := border
	if focused {
		st = theme.In(theme.Text).With(theme.Bold)
	}
	end := row.Title(b, r.X+1, r.Y, r.W-4-ansi.StringWidth(fact), run.PrivacyClass, run.RunID, st)
	if focused {
		b.Put(r.X+1, r.Y, 1, "[", st)
		b.Put(end-1, r.Y, 1, "]", st)
	}
	b.Right(end, r.X+r.W-2, r.Y, fact, ink)
}

// facts are what can be counted.
func (p *Pane) facts(run *run) string {
	var out []string
	if run.Jobs > 1 {
		out = append(out, fmt.Sprintf("%d of %d done", run.Done, run.Jobs))
	}
	if run.Model != "" {
		out = append(out, format.Model(run.Model, 20))
	}
	if run.Tokens > 0 {
		out = append(out, format.Count(run.Tokens)+" tokens")
	}
	return strings.Join(append(out, format.Money(micros(run.CostUSD))), "   ")
}

// why says in a sentence why the run is as it is.
func (p *Pane) why(run *run) (string, theme.Style) {
	zone := p.s.Time().Location()
	tries := ""
	if run.Attempts > 1 {
		tries = fmt.Sprintf(", attempt %d", run.Attempts)
	}
	switch {
	case run.Status == "queued" && run.waits != "":
		return "waits: " + sentence(run.waits, p.reason(run)), theme.In(theme.Waiting)
	case run.Status == "queued":
		return "waits, and is next to start", theme.In(theme.Waiting)
	case run.Status == "leased":
		return "given to " + run.NodeID + ", not started yet" + tries, theme.In(theme.Waiting)
	case run.Status == "running" && run.NodeID == "":
		return "goes on; sent at " + format.Time(run.Start, zone), theme.In(theme.Second) // a workflow of which nothing was given out yet
	case run.Status == "running":
		return "runs on " + run.NodeID + tries + "; sent at " + format.Time(run.Start, zone), theme.In(theme.Second)
	}
	text := strings.ReplaceAll(run.Status, "_", " ")
	if run.NodeID != "" {
		text += " on " + run.NodeID
	}
	if run.EndedAt > 0 {
		text += " at " + format.Time(run.EndedAt, zone)
	}
	text += tries
	if run.Error != "" {
		return text + ": " + run.Error, theme.In(theme.Failed)
	}
	return text + ", took " + format.Long(run.took(p.s.Time()).Round(time.Second)), theme.In(theme.Second)
}

// reason is what a queued run waits for, in a sentence.
func (p *Pane) reason(run *run) string {
	if j, ok := p.s.World.State.Job(run.job); ok && run.reason == "" && p.shown.waits != nil {
		run.reason = clean.Line(p.shown.waits.Reason(j)).String()
	}
	return run.reason
}

// sentence is the reason, with the word of the list before it where it does not say that itself.
func sentence(word, reason string) string {
	switch {
	case reason == "":
		return word
	case strings.Contains(reason, word):
		return reason
	}
	return word + "; " + reason
}

// wrapped breaks text into at most n rows, the last of them cut.
func wrapped(text string, w, n int) []string {
	rows := format.Wrap(text, w)
	if len(rows) > n && n > 0 {
		rest := strings.Join(rows[n-1:], " ")
		rows = append(rows[:n-1], format.End(rest, w))
	}
	return rows
}
