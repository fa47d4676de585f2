package debugger

import (
	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/reading"
	"voxmesh/tui/tail"
	"voxmesh/tui/theme"
)

// out is the end of a job's output as it was read last.
type out struct {
	job    string
	have   bool
	done   bool // this is all that there will be
	total  int64
	from   int64
	try    uint32 // that wrote it
	binary bool
	view   tail.View

	asked uint64
	slow  bool
	err   error
}

type tailed struct {
	generation uint64
	out        mesh.Output
	lines      []string
	binary     bool
	err        error
}

func newOut() out { return out{view: tail.New()} }

// outputJob is the job whose output is shown: that of the span under the cursor.
func (l *Layer) outputJob() string {
	if s := l.span(); s != nil {
		return s.v.JobID
	}
	return ""
}

// noOutput says why there is no output to show; empty where there can be.
func (l *Layer) noOutput(s *span) string {
	switch {
	case s == nil:
		return "nothing is picked"
	case s.kind == mesh.SpanRun && s.v.JobID == "":
		return "an activity has output, the run has none of its own"
	case open(s.status) && !begun(s):
		return "it has not begun"
	case s.v.JobID == "":
		return "it has none of its own in this run"
	case l.s.Viewer && s.v.PrivacyClass == privacy.LocalOnly:
		return "LOCAL stays on this machine: its output is for the operator alone"
	case !l.s.World.Past.IsZero() && !l.ended(s.v.JobID):
		return "output on its way is not kept by the moment; . goes to live"
	case s.v.Attempt > 0 && l.out.have && l.out.job == s.v.JobID && l.out.try > 0 && l.out.try != s.v.Attempt:
		return "what this attempt wrote is not kept: a later one has the output of the job"
	}
	return ""
}

// ended reports whether a job had ended at the instant that is shown.
func (l *Layer) ended(job string) bool {
	j, ok := l.job(job)
	return ok && j.State.Ended() && j.EndedAt <= l.now
}

// tail reads the end of the output: at once where it is another job's, once a second while more may come.
func (l *Layer) tail(due bool) tea.Cmd {
	o, s := &l.out, l.span()
	job := l.outputJob()
	if job != o.job {
		view := o.view
		view.Clear()
		*o, due = out{job: job, view: view}, true
	}
	if !due || job == "" || o.asked != 0 || o.err != nil || o.done || !l.s.World.Lost.IsZero() || l.noOutput(s) != "" && !o.have {
		return nil
	}
	o.asked, o.slow = l.s.Generation(), false
	gen, rec, ctx := o.asked, l.rec, l.ctx
	read := func() tea.Msg { return readTail(rec.Tail(ctx, job, tail.Most)).as(gen) }
	if o.have {
		return read
	}
	return tea.Batch(read, l.lateness(gen))
}

// readTail makes text of an output. It is called in the command.
func readTail(o mesh.Output, err error) tailed {
	m := tailed{out: o, err: err}
	left := 0
	m.lines, left, m.binary = tail.Text(o.Data, o.From > 0)
	m.out.From += int64(left)
	m.out.Data = nil
	return m
}

func (m tailed) as(gen uint64) tailed {
	m.generation = gen
	return m
}

func (l *Layer) tailEnded(m tailed) {
	o := &l.out
	if m.generation != o.asked {
		return
	}
	o.asked, o.slow, o.err = 0, false, m.err
	if m.err != nil {
		return
	}
	o.have, o.done, o.total, o.from, o.try = true, m.out.Done, m.out.Total, m.out.From, m.out.Attempt
	o.binary = m.binary
	o.view.Set(m.lines)
}

func (l *Layer) drawOutput(b *cell.Buffer, r layout.Rect, border theme.Style) {
	o, in := &l.out, r.Inner()
	x, w := in.X+1, in.W-2
	if w < 4 || in.H < 1 {
		return
	}
	second := theme.In(theme.Second)
	why := l.noOutput(l.span())
	switch {
	case why != "":
		for i, s := range format.Wrap(format.Dash+"  "+why, w) {
			b.Put(x, in.Y+i, min(w, w*(in.H-i)), s, second)
		}
	case o.err != nil:
		reading.Failed(b, layout.Rect{X: x, Y: in.Y, W: w, H: in.H}, "the output could not be read", o.err)
	case !o.have && o.slow:
		reading.Shape(b, in)
	case !o.have:
	case o.binary:
		b.Put(x, in.Y, w, "Binary output, "+format.Size(o.total)+": not shown.", second)
		b.Put(x, in.Y+min(in.H-1, 1), w, "voxmesh logs "+o.job+" > FILE keeps it as it is.", second)
	case o.view.Len() == 0 && o.done:
		b.Put(x, in.Y, w, "It wrote nothing.", second)
	case o.view.Len() == 0:
		b.Put(x, in.Y, w, "No output yet.", second)
	default:
		rows, top, all := o.view.Fit(w, in.H)
		for i, s := range rows {
			b.Put(x, in.Y+i, w, s, theme.Style{})
		}
		fact := format.Position(top, top+len(rows), all)
		if o.from > 0 {
			fact += ", the last " + format.Size(o.total-o.from)
		}
		pane.Facts(b, r, r.Y, fact, border)
	}
}
