package send

import (
	"fmt"
	"strings"

	"voxmesh/mesh"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// drawSteps says what a workflow would do where.
func (l *Layer) drawSteps(b *cell.Buffer, x, y, w, n int) {
	if !l.plan.sound() {
		b.Put(x, y, w, "The file is read first, and what it would do is shown", theme.In(theme.Second))
		return
	}
	b.Put(x, y, w, format.End(fmt.Sprintf("%s: %d activities", l.plan.name, len(l.plan.steps)), w), theme.In(theme.Second))
	for i, s := range l.plan.steps[:n] {
		to := "→ " + s.NodeID
		st := theme.In(theme.Second)
		if s.NodeID == "" {
			to, st = orElse(s.WaitsFor, "waits"), theme.In(theme.Third)
		}
		if i == n-1 && n < len(l.plan.steps) {
			to = fmt.Sprintf("%s   and %d more", to, len(l.plan.steps)-n)
		}
		row.Candidate(b, x, y+1+i, w, s.PrivacyClass, s.Activity, to, st)
	}
}

// drawIntent says what the hopper would make of the intent, and who could take it.
func (l *Layer) drawIntent(b *cell.Buffer, x, y, w, n int) {
	says := "Say what you want done: it is classified, queued, and becomes a run"
	if strings.TrimSpace(l.text.Value()) != "" {
		c := l.classified()
		says = fmt.Sprintf("Classified %s, confidence %.2f", c.Priority, float64(c.Confidence)/100)
		if c.Affinity.Kind != "" {
			says += ", kind " + c.Affinity.Kind
		}
		if l.model == "" {
			says += "; waits for a model"
		}
	}
	b.Put(x, y, w, format.End(says, w), theme.In(theme.Second))
	l.candidates(b, x, y+1, w, n)
}

// drawCould says who could take it, those first who can.
func (l *Layer) drawCould(b *cell.Buffer, x, y, w, n int) {
	now, later := l.could()
	says := fmt.Sprintf("Could run on %d of %d", len(now)+len(later), len(l.fits))
	ink := theme.In(theme.Second)
	if len(now)+len(later) == 0 {
		says, ink = "Nobody could run it as things are", theme.In(theme.Waiting)
	}
	b.Put(x, y, w, says, ink)
	l.candidates(b, x, y+1, w, n)
}

// candidates draws the machines, n of them, those first who can take it now or when they are free.
func (l *Layer) candidates(b *cell.Buffer, x, y, w, n int) {
	now, later := l.could()
	order := append(append([]mesh.Fit(nil), now...), later...)
	for _, f := range l.fits {
		if !f.Allowed && f.Rule != mesh.RuleBusy {
			order = append(order, f)
		}
	}
	for i, f := range order[:n] {
		st := theme.In(theme.Second)
		if !f.Allowed {
			st = theme.In(theme.Third)
		}
		reason := f.Word
		if f.Reason != "" {
			reason = f.Reason
		}
		row.Candidate(b, x, y+i, w, f.PrivacyClass, f.NodeID, reason, st)
	}
}
