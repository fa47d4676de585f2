package debugger

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/changes"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/list"
	"voxmesh/tui/pane"
	"voxmesh/tui/tail"
)

// comparison is two attempts side by side: what is known of each, and what differs in what they wrote.
type comparison struct {
	ids     [2]string // of the spans
	names   [2]string
	classes [2]privacy.Class
	facts   []pairFact

	asked uint64
	slow  bool
	sides [2]side
	have  bool
	diff  []changes.Row
	width int // that diff is broken to
	want  int // and that it is to be broken to
	rows  scroller
}

// pairFact is a row of the table: what it is, of each, and the difference in words.
type pairFact struct {
	name   string
	values [2]string
	differ string
	same   bool
}

// side is what one of the two wrote, or why that is not to be had.
type side struct {
	text []byte
	none string
}

type compared struct {
	generation uint64
	sides      [2]side
	diff       []changes.Row
	width      int
}

// compare puts the marked attempts side by side, or the marked one and that under the cursor.
func (l *Layer) compare() (pane.Action, tea.Cmd) {
	if l.tree == nil {
		return nil, nil
	}
	ids := slices.Clone(l.marked)
	if i := l.tree.attempt(l.picked()); len(ids) == 1 && i >= 0 && l.tree.spans[i].v.SpanID != ids[0] {
		ids = append(ids, l.tree.spans[i].v.SpanID)
	}
	if len(ids) < 2 {
		return pane.Notice{Text: "space marks an attempt; c compares two"}, nil
	}
	at := [2]int{l.tree.find(ids[0]), l.tree.find(ids[1])}
	if at[0] < 0 || at[1] < 0 {
		l.marked = nil
		return pane.Notice{Text: "what was marked is not here at this instant"}, nil
	}
	if at[0] > at[1] {
		at[0], at[1] = at[1], at[0]
	}
	c := &comparison{want: diffWidth(l.frame.Pane)}
	for k, i := range at {
		s := &l.tree.spans[i]
		c.ids[k], c.names[k], c.classes[k] = s.v.SpanID, l.title(i), s.v.PrivacyClass
	}
	c.facts = l.pairFacts(at)
	l.cmp = c
	return nil, l.readSides(at)
}

// pairFacts says what is known of two attempts.
func (l *Layer) pairFacts(at [2]int) []pairFact {
	var out []pairFact
	put := func(name, a, b, differ string) {
		if a != "" || b != "" {
			out = append(out, pairFact{name, [2]string{a, b}, differ, a == b})
		}
	}
	a, b := &l.tree.spans[at[0]], &l.tree.spans[at[1]]
	put("node", safe(a.v.NodeID), safe(b.v.NodeID), "")
	put("status", words(a.v.Status), words(b.v.Status), "")
	put("why ended", safe(a.v.Error), safe(b.v.Error), "")
	put("began", l.exact(a.shape.from), l.exact(b.shape.from), "")
	first, second := l.phases(at[0]), l.phases(at[1])
	for _, name := range phaseNames(first, second) {
		x, inA := first[name]
		y, inB := second[name]
		put("  "+name, durationWord(x, inA), durationWord(y, inB), durationDiffer(x, y, inA && inB))
	}
	put("in all", lasted(l.took(a)), lasted(l.took(b)), durationDiffer(l.took(a), l.took(b), true))
	x, y := l.resultOf(a), l.resultOf(b)
	put("exit", x.exit, y.exit, "")
	put("code", x.code, y.code, "")
	put("tokens", count1(x.tokens), count1(y.tokens), signed(y.tokens-x.tokens, x.tokens > 0 && y.tokens > 0, format.Count))
	put("cost", money1(x), money1(y), signed(y.cost-x.cost, x.have && y.have, format.Money))
	put("output", x.output, y.output, "")
	return out
}

func count1(n int64) string {
	if n == 0 {
		return ""
	}
	return format.Count(n)
}

func money1(r result) string {
	if !r.have {
		return ""
	}
	return format.Money(r.cost)
}

func signed(n int64, known bool, write func(int64) string) string {
	switch {
	case !known || n == 0:
		return ""
	case n < 0:
		return "−" + write(-n)
	}
	return "+" + write(n)
}

// phases gives how long each phase of an attempt took, the sum of those of one name.
func (l *Layer) phases(i int) map[string]time.Duration {
	out := map[string]time.Duration{}
	s := &l.tree.spans[i]
	for k := i + 1; k < s.end; k = l.tree.spans[k].end {
		c := &l.tree.spans[k]
		out[safe(c.v.SpanName)] += l.took(c)
	}
	return out
}

// phaseOrder is the order of the phases that the mesh itself has; the others come between by name.
var phaseOrder = []string{"lease", "dispatch", "admit", "fetch", "compile", "run", "upload"}

func phaseNames(a, b map[string]time.Duration) []string {
	var out []string
	for n := range a {
		out = append(out, n)
	}
	for n := range b {
		if _, both := a[n]; !both {
			out = append(out, n)
		}
	}
	rank := func(s string) int {
		if i := slices.Index(phaseOrder, s); i >= 0 {
			return i
		}
		return len(phaseOrder)
	}
	slices.SortFunc(out, func(x, y string) int {
		if d := rank(x) - rank(y); d != 0 {
			return d
		}
		return strings.Compare(x, y)
	})
	return out
}

func durationWord(d time.Duration, is bool) string {
	if !is {
		return format.Dash
	}
	return lasted(d)
}

func durationDiffer(a, b time.Duration, both bool) string {
	switch d := b.Truncate(time.Millisecond) - a.Truncate(time.Millisecond); {
	case !both || d == 0:
		return ""
	case d < 0:
		return "−" + lasted(-d)
	default:
		return "+" + lasted(d)
	}
}

// result is what an attempt came to; the job keeps that of its last one.
type result struct {
	have         bool
	exit, code   string
	tokens, cost int64
	output       string
}

func (l *Layer) resultOf(s *span) result {
	j, ok := l.job(s.v.JobID)
	if !ok || !j.State.Ended() || j.Attempt != s.v.Attempt {
		return result{}
	}
	r := result{have: true, exit: fmt.Sprint(j.ExitCode), code: safe(j.Code), tokens: j.TokensUsed, cost: j.Cost, output: "none"}
	if j.Output != "" {
		r.output = short(j.Output) + "  " + format.Size(j.OutputSize)
	}
	return r
}

// readSides reads what both wrote.
func (l *Layer) readSides(at [2]int) tea.Cmd {
	c := l.cmp
	c.asked = l.s.Generation()
	var jobs [2]string
	var tries [2]uint32
	var sides [2]side
	for k, i := range at {
		s := &l.tree.spans[i]
		jobs[k], tries[k] = s.v.JobID, s.v.Attempt
		switch {
		case s.v.JobID == "":
			sides[k].none = "it has no output of its own"
		case l.s.Viewer && s.v.PrivacyClass == privacy.LocalOnly:
			sides[k].none = "LOCAL: its output is for the operator alone"
		case !l.s.World.Past.IsZero() && !l.ended(s.v.JobID):
			sides[k].none = "output on its way is not kept by the moment"
		case !l.s.World.Lost.IsZero():
			sides[k].none = "the host is lost"
		}
	}
	gen, rec, ctx, width := c.asked, l.rec, l.ctx, c.want
	read := func() tea.Msg {
		for k := range sides {
			if sides[k].none == "" {
				sides[k] = readSide(ctx, rec, jobs[k], tries[k])
			}
		}
		return compared{gen, sides, diffOf(sides, width), width}
	}
	return tea.Batch(read, l.lateness(gen))
}

func readSide(ctx context.Context, rec Records, job string, try uint32) side {
	o, err := rec.Tail(ctx, job, tail.Most)
	switch {
	case err != nil:
		return side{none: "could not be read: " + safe(err.Error())}
	case o.Attempt > 0 && try > 0 && o.Attempt != try:
		return side{none: fmt.Sprintf("what attempt %d wrote is not kept", try)}
	}
	lines, _, binary := tail.Text(o.Data, o.From > 0)
	switch {
	case binary:
		return side{none: "binary, " + format.Size(o.Total)}
	case len(lines) == 0:
		return side{none: "it wrote nothing"}
	}
	return side{text: []byte(strings.Join(lines, "\n") + "\n")}
}

func (l *Layer) compareEnded(m compared) {
	if l.cmp == nil || m.generation != l.cmp.asked {
		return
	}
	c := l.cmp
	c.asked, c.slow, c.have, c.sides, c.diff, c.width = 0, false, true, m.sides, m.diff, m.width
}

// diffOf says what differs in what both wrote, in rows of a width. Of two that are wholly different it takes a few frames'
// time: it is called in a command.
func diffOf(sides [2]side, width int) []changes.Row {
	if sides[0].none != "" || sides[1].none != "" {
		return nil
	}
	return changes.Rows(sides[0].text, sides[1].text, width)
}

// rewrap breaks what differs to the width that it was drawn with last.
func (l *Layer) rewrap() tea.Cmd {
	c := l.cmp
	if c == nil || !c.have || c.asked != 0 || c.want == c.width || len(c.diff) == 0 {
		return nil
	}
	c.asked = l.s.Generation()
	gen, sides, width := c.asked, c.sides, c.want
	return func() tea.Msg { return compared{gen, sides, diffOf(sides, width), width} }
}

// doCompare does what a key of the comparison does.
func (l *Layer) doCompare(msg pane.Do) (pane.Action, tea.Cmd) {
	c := l.cmp
	switch msg.ID {
	case keys.Back, keys.Compare:
		l.cmp = nil
	case keys.Seek:
		if !c.step() {
			return pane.Notice{Text: "what both wrote does not differ here"}, nil
		}
	case keys.Copy:
		text := l.link() + "/" + c.ids[0] + " " + l.link() + "/" + c.ids[1]
		return pane.Clip{Text: text, Said: "copied both links"}, nil
	default:
		c.rows.move(msg.ID)
	}
	return nil, nil
}

// step scrolls to the next lines that differ, round the end.
func (c *comparison) step() bool {
	n, before := len(c.diff), len(c.facts)+1
	for k := 1; k <= n; k++ {
		i := (max(c.rows.top-before, -1) + k) % n
		if c.diff[i].Sign != ' ' && (i == 0 || c.diff[i-1].Sign == ' ') {
			c.rows.top = before + i
			c.rows.clamp()
			return true
		}
	}
	return false
}

func (l *Layer) compareKeys() []keys.Binding {
	return append([]keys.Binding{
		keys.Get(keys.Seek).As("difference", "next lines that differ"),
		keys.Get(keys.Copy).As("copy", "copy the links of both"),
		keys.Get(keys.Compare).As("back", "back to the timeline"),
		keys.Get(keys.Back).As("back", "back to the timeline"),
	}, list.Movement()...)
}
