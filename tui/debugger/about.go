package debugger

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// fact is a row of what is known of the picked span: a name, and up to three values in columns.
type fact struct {
	name   string
	values []string
	tries  string // instead of values: the attempts of an activity
	ink    theme.Ink
}

// The columns of the values.
var factColumns = [...]int{11, 37, 58}

// scroller is where rows are scrolled to.
type scroller struct{ top, rows, all int }

func (s *scroller) move(id keys.ID) {
	switch id {
	case keys.Up:
		s.top--
	case keys.Down:
		s.top++
	case keys.PageUp:
		s.top -= s.rows
	case keys.PageDown:
		s.top += s.rows
	case keys.HalfUp:
		s.top -= (s.rows + 1) / 2
	case keys.HalfDown:
		s.top += (s.rows + 1) / 2
	case keys.Home:
		s.top = 0
	case keys.End:
		s.top = s.all
	}
	s.clamp()
}

func (s *scroller) clamp() { s.top = max(min(s.top, s.all-s.rows), 0) }

func (s *scroller) window(rows, all int) (from, to int) {
	s.rows, s.all = rows, all
	s.clamp()
	return s.top, min(s.top+rows, all)
}

// factsOf says what is known of a span.
func (l *Layer) factsOf(i int) []fact {
	s := &l.tree.spans[i]
	out := []fact{{values: []string{l.times(i)}}}
	put := func(name string, ink theme.Ink, values ...string) {
		for _, v := range values {
			if v != "" {
				out = append(out, fact{name: name, values: values, ink: ink})
				return
			}
		}
	}
	put("why", theme.Text, l.why(i))
	put("ended", theme.Failed, l.ending(i))
	switch {
	case s.v.Waits == "":
	case s.status == mesh.Queued.String():
		put("waits", theme.Waiting, safe(s.v.Waits))
	case open(s.status):
		put("waits for", theme.Waiting, safe(s.v.Waits))
	default:
		put(words(s.status), theme.Second, safe(s.v.Waits))
	}
	j, ok := l.job(s.v.JobID)
	if ok {
		given, name := l.input(j), "input"
		put(name, theme.Text, given...)
		if len(given) > 0 {
			name = " " // more of the same, in its columns
		}
		put(name, theme.Text, l.blobs(j)...)
		put("output", theme.Text, outputOf(j, s)...)
	}
	switch s.kind {
	case mesh.SpanRun:
		v := &l.tree.view
		put("run", theme.Text, prefixed("item ", v.ItemID), prefixed("replay of ", v.ReplayOf), counted(v.Tokens, "tokens"))
	case mesh.SpanActivity:
		if tries := l.attemptsOf(i); tries != "" {
			out = append(out, fact{name: "attempts", tries: tries})
		}
	case mesh.SpanPhase:
		for _, k := range sorted(s.v.Attributes) {
			put("", theme.Second, safe(k), safe(s.v.Attributes[k]))
		}
	}
	if s.v.SkewMicros != 0 {
		put("clock", theme.Waiting, safe(s.v.NodeID)+" "+skew(s.v.SkewMicros)+", corrected")
	}
	parent := ""
	if s.parent >= 0 {
		parent = "parent " + l.tree.spans[s.parent].v.SpanID
	}
	put("span", theme.Text, s.v.SpanID, parent)
	put("trace", theme.Text, l.tree.view.TraceID)
	return out
}

func prefixed(before, s string) string {
	if s == "" {
		return ""
	}
	return before + safe(s)
}

func counted(n int64, what string) string {
	if n == 0 {
		return ""
	}
	return format.Count(n) + " " + what
}

// times says when a span began and ended, to the millisecond, how long its lease took to become work, and its cost.
func (l *Layer) times(i int) string {
	s := &l.tree.spans[i]
	if s.shape.from == 0 {
		return "not begun"
	}
	text := l.exact(s.shape.from) + " → "
	if s.shape.to > 0 {
		text += l.exact(s.shape.to)
	} else {
		text += "…"
	}
	if a := s.shape; s.kind == mesh.SpanAttempt && a.ran > a.leased && a.leased > 0 {
		text += "   lease " + lasted(time.Duration(a.ran-a.leased)*time.Microsecond)
	}
	cost := int64(s.v.CostUSD*1e6 + 0.5)
	if j, ok := l.job(s.v.JobID); ok && cost == 0 && (s.kind == mesh.SpanActivity || s.kind == mesh.SpanAttempt && j.Attempt == s.v.Attempt) {
		cost = j.Cost
	}
	if cost > 0 {
		text += "   cost " + format.Money(cost)
	}
	return text
}

func (l *Layer) exact(micros int64) string {
	return time.UnixMicro(micros).In(l.s.Time().Location()).Format("15:04:05.000")
}

// lasted writes a duration, of less than ten seconds with its parts.
func lasted(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second && d%time.Second != 0:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return format.Clock(d)
}

// why says what brought a span about: of an attempt how the one before it ended.
func (l *Layer) why(i int) string {
	s := &l.tree.spans[i]
	if s.kind != mesh.SpanAttempt {
		return ""
	}
	before := -1
	for k := s.parent + 1; k < i; k = l.tree.spans[k].end {
		if l.tree.spans[k].kind == mesh.SpanAttempt {
			before = k
		}
	}
	if before < 0 {
		return ""
	}
	b := l.tree.spans[before].v
	text := safe(b.SpanName) + " on " + safe(b.NodeID) + ": " + words(b.Status)
	if b.Error != "" {
		text += ", " + safe(b.Error)
	}
	return text
}

// ending says why a span ended otherwise than it should.
func (l *Layer) ending(i int) string {
	s := &l.tree.spans[i]
	if s.shape.to == 0 || !trouble(s.status) && s.v.Error == "" {
		return ""
	}
	text := words(s.v.Status)
	if s.v.Error != "" {
		text += ", " + safe(s.v.Error)
	}
	return text
}

func words(status string) string { return safe(strings.ReplaceAll(status, "_", " ")) }

// input says what a job was given. Its arguments are its operator's business: whoever may only look sees how many.
func (l *Layer) input(j *mesh.Job) []string {
	args := ""
	switch n := len(j.Args); {
	case n > 0 && l.s.Viewer:
		args = format.Many(n, "argument")
	case n > 0:
		args = safe(strings.Join(j.Args, "  "))
	}
	refs := ""
	if len(j.Refs) > 0 {
		refs = "ref " + safe(strings.Join(j.Refs, ", "))
	}
	return some(args, refs)
}

func some(all ...string) []string {
	var out []string
	for _, s := range all {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// short is a hash as it is read out: its ends.
func short(hash string) string {
	if len(hash) <= 12 {
		return hash
	}
	return hash[:4] + "…" + hash[len(hash)-4:]
}

// outputOf says what came out of a job: in its last attempt.
func outputOf(j *mesh.Job, s *span) []string {
	if !j.State.Ended() || s.v.Attempt > 0 && s.v.Attempt != j.Attempt {
		return nil
	}
	hash, size := "none", ""
	if j.Output != "" {
		hash, size = "sha256 "+short(j.Output), format.Size(j.OutputSize)
	}
	exit := ""
	if j.ExitCode != 0 {
		exit = fmt.Sprintf("exit %d", j.ExitCode)
	}
	return some(hash, size, exit, counted(j.TokensUsed, "tokens"), safe(j.Code))
}

// attemptsOf lists the attempts of an activity in a few words.
func (l *Layer) attemptsOf(i int) string {
	var out []string
	s := &l.tree.spans[i]
	for k := i + 1; k < s.end && len(out) < 8; k = l.tree.spans[k].end {
		c := &l.tree.spans[k]
		if c.kind == mesh.SpanAttempt {
			out = append(out, safe(c.v.NodeID)+" "+words(c.v.Status)+" "+row.Lasted(l.took(c), 8))
		}
	}
	return strings.Join(out, ", ")
}

// took is how long a span took, or takes up to now.
func (l *Layer) took(s *span) time.Duration {
	if s.shape.from == 0 {
		return 0
	}
	to := s.shape.to
	if to == 0 {
		to = l.now
	}
	return time.Duration(max(to-s.shape.from, 0)) * time.Microsecond
}

// title names a span with what it is of: render[1] attempt 2.
func (l *Layer) title(i int) string {
	s := &l.tree.spans[i]
	name := safe(s.v.SpanName)
	for k := s.parent; k > 0; k = l.tree.spans[k].parent {
		if l.tree.spans[k].kind == mesh.SpanAttempt || l.tree.spans[k].kind == mesh.SpanActivity {
			name = safe(l.tree.spans[k].v.SpanName) + " " + name
		}
	}
	return name
}

func (l *Layer) drawAbout(b *cell.Buffer, r layout.Rect) {
	i := l.picked()
	if i < 0 {
		return
	}
	in := r.Inner()
	x, w := in.X+1, in.W-2
	if in.H < 2 || w < 10 {
		return
	}
	facts := l.factsOf(i)
	room := in.H - 1
	from, to := l.facts.window(room, len(facts))
	for k := from; k < to; k++ {
		y := in.Y + k - from
		if f := facts[k]; f.tries != "" {
			row.Tries(b, x, y, w, l.tree.spans[i].v.PrivacyClass, f.name, factColumns[0], f.tries)
		} else {
			drawFact(b, x, y, w, f)
		}
	}
	if y := in.Y + len(facts) + 1; to-from == len(facts) && y < in.Y+in.H-2 {
		b.Put(x, y, w, l.hint(i), theme.In(theme.Third))
	}
	b.Put(x, in.Y+in.H-1, w, "$ voxmesh runs "+l.run, theme.In(theme.Third))
	if len(facts) > room {
		pane.Facts(b, r, r.Y+r.H-1, format.Position(from, to, len(facts)), theme.In(theme.Third))
	}
}

// hint says what the keys of comparing would do now.
func (l *Layer) hint(i int) string {
	switch a := l.tree.attempt(i); {
	case a < 0:
		return ""
	case len(l.marked) < 2:
		return "space marks a second attempt, c compares the two"
	}
	return "c compares the two that are marked"
}

func drawFact(b *cell.Buffer, x, y, w int, f fact) {
	if f.name == "" && len(f.values) == 1 {
		b.Put(x, y, w, format.End(f.values[0], w), theme.In(f.ink))
		return
	}
	b.Put(x, y, w, f.name, theme.In(theme.Third))
	end, at := x+w, x+factColumns[0]
	for k, v := range f.values {
		if k > 0 {
			at += 3
			if k < len(factColumns) && x+factColumns[k]+ansi.StringWidth(v) <= end {
				at = max(at, x+factColumns[k])
			}
		}
		if at >= end {
			return
		}
		at = b.Put(at, y, end-at, format.End(v, end-at), theme.In(f.ink))
	}
}

// skew writes by how much a clock is ahead.
func skew(micros int64) string {
	d := time.Duration(micros) * time.Microsecond
	sign := "+"
	if d < 0 {
		sign, d = "−", -d
	}
	switch {
	case d < time.Second:
		return fmt.Sprintf("%s%d ms", sign, d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%s%.1f s", sign, d.Seconds())
	}
	return sign + format.Long(d)
}

func sorted(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
