package drawer

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// tailBytes is how much of an output is held: its end.
const tailBytes = 64 << 10

// outView is the end of a job's output as it was read last, and where it is scrolled to. Bubbles' viewport keeps that;
// the rows are drawn here.
type outView struct {
	job    string
	have   bool
	done   bool // this is all that there will be
	total  int64
	from   int64
	try    uint32
	binary bool
	lines  []string // cleaned, without tabs
	rows   []string // the same, broken to width
	width  int
	view   viewport.Model

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

func newOutView() outView {
	v := viewport.New()
	v.KeyMap = viewport.KeyMap{
		Up: keys.Get(keys.Up).Binding, Down: keys.Get(keys.Down).Binding,
		PageUp: keys.Get(keys.PageUp).Binding, PageDown: keys.Get(keys.PageDown).Binding,
		HalfPageUp: keys.Get(keys.HalfUp).Binding, HalfPageDown: keys.Get(keys.HalfDown).Binding,
	}
	return outView{view: v}
}

func (o *outView) scroll(msg pane.Do) {
	switch msg.ID {
	case keys.Home:
		o.view.GotoTop()
	case keys.End:
		o.view.GotoBottom()
	case keys.Up:
		o.view.ScrollUp(1)
	case keys.Down:
		o.view.ScrollDown(1)
	case keys.PageUp:
		o.view.PageUp()
	case keys.PageDown:
		o.view.PageDown()
	case keys.HalfUp:
		o.view.HalfPageUp()
	case keys.HalfDown:
		o.view.HalfPageDown()
	}
}

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
		m.out, m.err = rec.Tail(ctx, job, tailBytes)
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
	o.view.SetContentLines(nil)
}

// prepare makes text of the bytes. It is called in the command.
func (m *tailed) prepare() {
	data := m.out.Data
	if len(data) > tailBytes { // whoever gave it: no more is held
		m.out.From += int64(len(data) - tailBytes)
		data = data[len(data)-tailBytes:]
	}
	m.out.Data = nil
	if m.binary = isBinary(data); m.binary {
		return
	}
	if i := bytes.IndexByte(data, '\n'); m.out.From > 0 && i >= 0 {
		data = data[i+1:] // it begins in the middle of a line
	}
	text := strings.TrimSuffix(clean.Block(string(data)).String(), "\n")
	if text == "" {
		return
	}
	m.lines = strings.Split(text, "\n")
	for i, s := range m.lines {
		if strings.ContainsRune(s, '\t') {
			m.lines[i] = untab(s)
		}
	}
}

// untab puts blanks in the place of tabs.
func untab(s string) string {
	const stop = 8
	var b strings.Builder
	at := 0
	for i, part := range strings.Split(s, "\t") {
		if i > 0 {
			n := stop - at%stop
			b.WriteString(strings.Repeat(" ", n))
			at += n
		}
		b.WriteString(part)
		at += ansi.StringWidth(part)
	}
	return b.String()
}

// isBinary reports whether bytes are no text: a NUL near the beginning, or much that is no UTF-8.
func isBinary(p []byte) bool {
	const look = 8 << 10
	p = p[:min(len(p), look)]
	if bytes.IndexByte(p, 0) >= 0 {
		return true
	}
	bad := 0
	for i := 0; i < len(p); {
		r, n := utf8.DecodeRune(p[i:])
		if r == utf8.RuneError && n == 1 && i > utf8.UTFMax && i < len(p)-utf8.UTFMax {
			bad++
		}
		i += n
	}
	return bad*10 > len(p)
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
	o.binary, o.lines, o.width = m.binary, m.lines, 0
}

// fit breaks the lines to a width, and keeps the end in sight where it was.
func (o *outView) fit(w, h int) {
	following := o.view.AtBottom()
	o.view.SetWidth(w)
	o.view.SetHeight(max(h, 0))
	if w != o.width {
		o.width = w
		o.rows = o.rows[:0]
		for _, s := range o.lines {
			if len(s) <= w || ansi.StringWidth(s) <= w {
				o.rows = append(o.rows, s)
				continue
			}
			o.rows = append(o.rows, format.Chunk(s, w)...)
		}
		o.view.SetContentLines(make([]string, len(o.rows)))
	}
	if following {
		o.view.GotoBottom()
	}
	o.view.SetYOffset(o.view.YOffset())
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
		drawError(b, x, y+1, w, "the output could not be read", o.err)
	case !o.have && o.slow:
		drawShape(b, l.body)
	case !o.have:
	case o.binary:
		b.Put(x, y+1, w, "Binary output, "+format.Size(o.total)+": not shown.", second)
		b.Put(x, y+2, w, "voxmesh logs "+o.job+" > FILE keeps it as it is.", second)
	case len(o.lines) == 0 && o.done:
		b.Put(x, y+1, w, "It wrote nothing.", second)
	case len(o.lines) == 0:
		b.Put(x, y+1, w, "No output yet.", second)
	default:
		l.drawLines(b, r, border)
	}
}

func (l *Layer) drawLines(b *cell.Buffer, r layout.Rect, border theme.Style) {
	o, body := &l.out, l.body
	o.fit(body.W-2, body.H)
	top := o.view.YOffset()
	end := min(top+body.H, len(o.rows))
	for i := top; i < end; i++ {
		b.Put(body.X+1, body.Y+i-top, body.W-2, o.rows[i], theme.Style{})
	}
	pane.Facts(b, r, r.Y+r.H-1, format.Position(top, end, len(o.rows)), border)
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
