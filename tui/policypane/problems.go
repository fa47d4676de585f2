package policypane

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"unicode/utf8"

	"voxmesh/policy"
	"voxmesh/policy/syntax"
	"voxmesh/tui/format"
	"voxmesh/tui/theme"
)

// problem is one thing to say about the file, and the row of the form at which it stands.
type problem struct {
	policy.Problem
	row int // −1: of no row
}

// changedCode is of problems that are about the file on disk, not about a place in it.
const changedCode = "vox/policy/changed-underneath"

// findProblems gives what is to be said about a file, the gravest first of a line; also of names that nobody here knows,
// and that the file on disk is another one.
func (p *Pane) findProblems(f *policy.File) []problem {
	var out []problem
	if p.disk != nil {
		out = append(out, problem{policy.Problem{
			Severity: policy.SeverityWarning, Line: 1, Col: 1, Code: changedCode,
			Message: "changed on disk by somebody else: W shows how, Z takes it",
		}, -1})
	}
	for _, s := range p.lost {
		out = append(out, problem{policy.Problem{Severity: policy.SeverityWarning, Line: 1, Col: 1, Code: changedCode, Message: s}, -1})
	}
	if len(bytes.TrimSpace(f.Source())) == 0 {
		return out // that there is no policy is said by the whole pane
	}
	for _, q := range f.Problems() {
		out = append(out, problem{q, -1})
	}
	for _, q := range f.Notes(p.known) {
		out = append(out, problem{q, -1})
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Line < out[j].Line })
	return out
}

// mark gives each problem its row, and each row the gravest of its problems.
func (p *Pane) mark(f *policy.File) {
	for i := range p.problems {
		q := &p.problems[i]
		at := offset(f.Tree(), q.Line, q.Col)
		if q.row = p.rowAt(at); q.row < 0 {
			q.row = p.rowOf(fieldAt(f.Source(), at))
		}
		if q.row < 0 || q.Code == changedCode {
			q.row = -1
			continue
		}
		r := &p.rows[q.row]
		if r.worst < 0 || q.Severity < p.problems[r.worst].Severity {
			r.worst = i
		}
	}
}

// rowAt is the row of the form whose field or element has a byte; of a table without that the first row that stops.
func (p *Pane) rowAt(off int) int {
	within := -1
	for i := range p.rows {
		r := &p.rows[i]
		if !r.node.Valid() {
			continue
		}
		if start, end := r.node.Span(); off < start || off >= end {
			continue
		}
		if r.kind != head || r.empty {
			return i
		}
		within = min(i+1, len(p.rows)-1)
	}
	return within
}

// rowOf is the first row of a field: for one that is there twice, of which the form shows the one that counts.
func (p *Pane) rowOf(name string) int {
	return slices.IndexFunc(p.rows, func(r formRow) bool { return r.entry != nil && r.entry.field.Name == name })
}

// fieldAt is the name that begins at a byte.
func fieldAt(src []byte, at int) string {
	if at > len(src) {
		return ""
	}
	name, _, _ := bytes.Cut(src[at:], []byte(":"))
	return string(bytes.TrimSpace(name))
}

// offset is the byte at a line and a column, which counts runes.
func offset(t *syntax.Tree, line, col int) int {
	text, off := t.Line(line)
	for n := 1; n < col && len(text) > 0; n++ {
		_, size := utf8.DecodeRune(text)
		text, off = text[size:], off+size
	}
	return off
}

// errors counts those that keep the policy from being in force.
func (p *Pane) errors() int {
	n := 0
	for _, q := range p.problems {
		if q.Severity == policy.SeverityError {
			n++
		}
	}
	return n
}

// worst is the first of the gravest problems.
func (p *Pane) worst() *problem {
	var w *problem
	for i := range p.problems {
		if q := &p.problems[i]; w == nil || q.Severity < w.Severity {
			w = q
		}
	}
	return w
}

func ink(s policy.Severity) theme.Style {
	switch s {
	case policy.SeverityError:
		return theme.In(theme.Failed)
	case policy.SeverityWarning:
		return theme.In(theme.Waiting)
	}
	return theme.In(theme.Second)
}

// line is a problem in one row: what it is, where, and what could stand there.
func (q *problem) line() string {
	s := fmt.Sprintf("%s %d:%d  %s", q.Severity, q.Line, q.Col, q.Message)
	if h := q.ErrorHint(); h != "" {
		s += ": " + h
	}
	return s
}

// state says whether what the file holds is in force, as the last line before the command.
func (p *Pane) state() (string, theme.Style) {
	since := ""
	if !p.doc.Since.IsZero() {
		since = " since " + p.clock()
	}
	errs := p.errors()
	switch {
	case errs > 0 && p.doc.InForce && p.Unsaved():
		return format.Many(errs, "error") + ": written so, it would not be in force", theme.In(theme.Failed)
	case p.doc.InForce && errs > 0:
		return format.Many(errs, "error") + "; in force" + since, theme.In(theme.Failed)
	case p.doc.InForce:
		return "no errors; in force" + since, theme.In(theme.Second)
	case errs > 0:
		return format.Many(errs, "error") + p.instead(), theme.In(theme.Failed)
	}
	return "no errors" + p.instead(), theme.In(theme.Waiting)
}

// instead says why what the file holds is not in force.
func (p *Pane) instead() string {
	switch {
	case p.doc.Note != "" && !p.doc.Since.IsZero():
		return "; " + p.doc.Note + ", since " + p.clock()
	case p.doc.Note != "":
		return "; " + p.doc.Note
	case p.doc.Unused != "":
		return "; not in force: " + p.doc.Unused
	}
	return "; not in force"
}

// clock is since when the policy is in force: the time of day, with the day where that is another one.
func (p *Pane) clock() string {
	now := p.s.Now()
	at := p.doc.Since.In(now.Location())
	if y, m, d := at.Date(); y != now.Year() || m != now.Month() || d != now.Day() {
		return format.Day(at.UnixMicro(), now) + " " + at.Format("15:04")
	}
	return at.Format("15:04")
}
