package drawer

import (
	"fmt"
	"strings"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// try is one attempt at a job: a lease, from its grant to its end.
type try struct {
	id      string
	job     string
	class   privacy.Class
	n       uint32
	node    string
	leased  int64 // unix microseconds; 0: not yet
	started int64
	ended   int64
	end     string // how it ended, or what it does now
	status  string // the same as a status
	reason  string
	problem bool
}

// triesOf gives the attempts of every job of a run, in the order of the jobs. Attempts are spans with events.
func triesOf(v *mesh.RunView) []try {
	var out []try
	var walk func(mesh.SpanView)
	walk = func(s mesh.SpanView) {
		if s.Attempt > 0 && len(s.Events) > 0 {
			out = append(out, tryOf(s))
			return
		}
		for _, c := range s.Children {
			walk(c)
		}
	}
	walk(v.Root)
	return out
}

func tryOf(s mesh.SpanView) try {
	t := try{
		id: s.SpanID, job: s.JobID, class: s.PrivacyClass, n: s.Attempt, node: s.NodeID, leased: s.Start,
		end: safe(strings.ReplaceAll(s.Status, "_", " ")), status: attemptStatus(s.Status), reason: safe(s.Error),
	}
	for i, e := range s.Events {
		switch {
		case e.Name == "started":
			t.started = e.At
		case i > 0: // the first is its lease, and what is neither is its end
			t.ended = e.At
		}
	}
	t.problem = problem(t.status)
	return t
}

// reasonRows is where the reason of the attempt under the cursor stands.
const reasonRows = 2

func (l *Layer) drawAttempts(b *cell.Buffer, r, body layout.Rect, border theme.Style) {
	if len(l.tries) == 0 {
		b.Put(body.X+2, body.Y+1, body.W-3, "No attempt yet: "+l.waits(), theme.In(theme.Waiting))
		return
	}
	st := theme.In(theme.Third)
	b.Put(body.X+2, body.Y, body.W-2, "JOB     CLASS  TRY NODE         LEASED   STARTED  ENDED    END", st)
	rows := layout.Rect{X: body.X, Y: body.Y + 1, W: body.W, H: max(body.H-1-reasonRows, 0)}
	from, to := l.window(&l.attempts, rows)
	for i := from; i < to && i < len(l.tries); i++ {
		l.drawTry(b, rows, rows.Y+i-from, &l.tries[i], i == l.attempts.At())
	}
	if i := l.attempts.At(); i < len(l.tries) && l.tries[i].reason != "" {
		t := &l.tries[i]
		y := body.Y + body.H - reasonRows
		text := format.Wrap(fmt.Sprintf("attempt %d, %s: %s", t.n, t.end, t.reason), body.W-2)
		for k, s := range text[:min(len(text), reasonRows)] {
			if k == reasonRows-1 && len(text) > reasonRows {
				s = format.End(s+" "+text[reasonRows], body.W-2)
			}
			b.Put(body.X+1, y+k, body.W-2, s, theme.In(theme.Second))
		}
	}
	pane.Facts(b, r, r.Y+r.H-1, l.attempts.Position(), border)
}

func (l *Layer) drawTry(b *cell.Buffer, r layout.Rect, y int, t *try, selected bool) {
	second := theme.In(theme.Second)
	_, ink := row.Status(t.status)
	fields := []row.Field{
		{Text: fmt.Sprint(t.n), Width: 3, Gap: 1, Right: true},
		{Text: format.Middle(safe(t.node), 12), Width: 12, Gap: 1, Style: second},
		{Text: l.moment(t.leased), Width: 8, Gap: 1, Style: second},
		{Text: l.moment(t.started), Width: 8, Gap: 1, Style: second},
		{Text: l.moment(t.ended), Width: 8, Gap: 1, Style: second},
		{Text: t.end, Width: max(r.W-60-1, 0), Gap: 1, Style: ink},
	}
	row.Run(b, r.X, y, r.W, t.class, row.Field{Text: t.job, Width: 7}, fields, row.Look{Selected: selected, Focused: true})
}

func (l *Layer) moment(micros int64) string {
	if micros == 0 {
		return format.Dash
	}
	return format.Time(micros, l.s.Time().Location())
}

// waits says what the first job that waits waits for.
func (l *Layer) waits() string {
	st := l.s.World.State
	for _, id := range l.loaded.view.Jobs {
		if j, ok := st.Job(id); ok && j.State == mesh.Queued {
			w := st.Waits(l.s.World.Tel, l.s.Time())
			if why := w.Reason(j); why != "" {
				return safe(why)
			}
		}
	}
	return "next to start"
}
