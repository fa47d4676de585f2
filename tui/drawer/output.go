package drawer

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/reading"
	"voxmesh/tui/row"
	"voxmesh/tui/tail"
	"voxmesh/tui/theme"
)

// outView is the end of a job's output as it was read last, and where it is scrolled to.
type outView struct {
	job    string
	have   bool
	done   bool // this is all that there will be
	total  int64
	from   int64
	try    uint32
	binary bool
	view   tail.View

	asked uint64
	slow  bool
	err   error
}

type tailed struct {
	generation uint64
	job        string
	out        mesh.Output
	lines      []string
	binary     bool
	err        error
}

func newOutView() outView { return outView{view: tail.New()} }

// outputJob is the job whose output is shown: that of the row under the cursor of the tree, else the last one that
// started.
func (l *Layer) outputJob() string {
	if i := l.tree.At(); i < len(l.lines) && l.lines[i].job != "" {
		return l.lines[i].job
	}
	job, began := "", int64(-1)
	for _, s := range l.loaded.view.Root.Children {
		at := int64(0)
		if n := len(s.Children); n > 0 {
			at = s.Children[n-1].Start
		}
		if s.JobID != "" && at >= began {
			job, began = s.JobID, at
		}
	}
	return job
}

// noOutput says why the output can't be shown at all; empty where it can.
func (l *Layer) noOutput() string {
	job := l.outputJob()
	switch {
	case job == "":
		return "there is no job"
	case l.s.Viewer && l.classOf(job) == privacy.LocalOnly:
		return "LOCAL stays on this machine: its output is for the operator alone"
	case !l.s.World.Past.IsZero() && !l.ended(job):
		return "output on its way is not kept by the moment; . goes to live"
	}
	return ""
}

func (l *Layer) classOf(job string) privacy.Class {
	for _, s := range l.loaded.view.Root.Children {
		if s.JobID == job {
			return s.PrivacyClass
		}
	}
	return l.loaded.view.PrivacyClass
}

// ended reports whether a job had ended at the instant that is shown.
func (l *Layer) ended(job string) bool {
	j, ok := l.jobOf(job)
	return ok && j.State.Ended() && j.EndedAt <= l.s.Time().UnixMicro()
}

// tail reads the end of the output: at once where it is another job's, once a second while more may come.
func (l *Layer) tail(due bool) tea.Cmd {
	o := &l.out
	job := l.outputJob()
	if job != o.job {
		o.restart(job)
		due = true
	}
	if !due || o.asked != 0 || o.err != nil || o.done || l.noOutput() != "" || !l.s.World.Lost.IsZero() {
		return nil
	}
	o.asked, o.slow = l.s.Generation(), false
	gen, rec, ctx := o.asked, l.rec, l.ctx
	read := func() tea.Msg {
		m := tailed{generation: gen, job: job}
		m.out, m.err = rec.Tail(ctx, job, tail.Most)
		m.prepare()
		return m
	}
	if o.have {
		return read
	}
	return tea.Batch(read, l.lateness(gen))
}

func (o *outView) restart(job string) {
	*o = outView{job: job, view: o.view}
	o.view.Clear()
}

// prepare makes text of the bytes. It is called in the command.
func (m *tailed) prepare() {
	left := 0
	m.lines, left, m.binary = tail.Text(m.out.Data, m.out.From > 0)
	m.out.From += int64(left)
	m.out.Data = nil
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

func (l *Layer) drawOutput(b *cell.Buffer, r, body layout.Rect, border theme.Style) {
	o := &l.out
	why := l.noOutput()
	x, w := body.X+1, body.W-2
	if o.job != "" {
		row.Job(b, body.X, body.Y, body.W-1, l.classOf(o.job), o.job, nil, o.facts(), row.Look{})
	}
	y := body.Y + 1
	l.body = layout.Rect{X: body.X, Y: y, W: body.W, H: body.H - 1}
	second := theme.In(theme.Second)
	switch {
	case why != "":
		b.Put(x, y+1, w, format.Dash+"  "+why, second)
	case o.err != nil:
		reading.Failed(b, layout.Rect{X: x, Y: y + 1, W: w, H: body.H - 2}, "the output could not be read", o.err)
	case !o.have && o.slow:
		reading.Shape(b, l.body)
	case !o.have:
	case o.binary:
		b.Put(x, y+1, w, "Binary output, "+format.Size(o.total)+": not shown.", second)
		b.Put(x, y+2, w, "voxmesh logs "+o.job+" > FILE keeps it as it is.", second)
	case o.view.Len() == 0 && o.done:
		b.Put(x, y+1, w, "It wrote nothing.", second)
	case o.view.Len() == 0:
		b.Put(x, y+1, w, "No output yet.", second)
	default:
		l.drawLines(b, r, border)
	}
}

func (l *Layer) drawLines(b *cell.Buffer, r layout.Rect, border theme.Style) {
	o, body := &l.out, l.body
	rows, top, all := o.view.Fit(body.W-2, body.H)
	for i, s := range rows {
		b.Put(body.X+1, body.Y+i, body.W-2, s, theme.Style{})
	}
	pane.Facts(b, r, r.Y+r.H-1, format.Position(top, top+len(rows), all), border)
}

// facts says how much of the output there is here.
func (o *outView) facts() string {
	var out []string
	if o.try > 0 {
		out = append(out, fmt.Sprintf("attempt %d", o.try))
	}
	switch {
	case !o.have:
	case o.from > 0:
		out = append(out, fmt.Sprintf("the last %s of %s", format.Size(o.total-o.from), format.Size(o.total)))
	default:
		out = append(out, format.Size(o.total))
	}
	if o.have && !o.done {
		out = append(out, "more may come")
	}
	return strings.Join(out, ", ")
}
