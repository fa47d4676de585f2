package policypane

import (
	"bytes"
	"fmt"

	"voxmesh/policy"
	"voxmesh/tui/format"
	"voxmesh/tui/pane"
)

// step is an edit with the file that it made.
type step struct {
	op   op
	file *policy.File
}

// What is kept of edits: so many, and files of so many bytes together. Of more, the oldest become one with the file.
const (
	mostSteps = 1000
	mostKept  = 64 << 20
)

// top is the file with every edit that was kept.
func (p *Pane) top() *policy.File {
	if n := len(p.steps); n > 0 {
		return p.steps[n-1].file
	}
	return p.base
}

// now is the file as the form shows it: with what is being typed or carried.
func (p *Pane) now() *policy.File {
	if p.draft != nil {
		return p.draft.file
	}
	return p.top()
}

// mostLooks bounds what is kept of how files look to one of several policies: the one on disk, and the newest few.
const mostLooks = 8

// of gives a file as it looks to the policy that the form is about.
func (p *Pane) of(f *policy.File) *policy.File {
	if p.policy == "" || f == nil {
		return f
	}
	if g, ok := p.looks[f]; ok {
		return g
	}
	g, ok := f.For(p.policy)
	if !ok {
		return f
	}
	if p.looks == nil || len(p.looks) >= mostLooks {
		p.looks = map[*policy.File]*policy.File{}
	}
	p.looks[f] = g
	return g
}

// try makes an edit, and gives no step where it changes no byte.
func (p *Pane) try(o op) (*step, error) {
	from := p.of(p.top())
	to, err := o.on(from)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(to.Source(), from.Source()) {
		return nil, nil
	}
	o.keyed = keyedPath(from, o.path)
	return &step{o, to}, nil
}

// edit makes an edit and keeps it; what it says is why it could not, or nothing.
func (p *Pane) edit(o op) string {
	s, err := p.try(o)
	if err != nil {
		return reason(err)
	}
	if s != nil {
		p.push(*s)
	}
	p.lay()
	return ""
}

func (p *Pane) push(s step) {
	p.draft, p.dropped = nil, nil
	p.steps = append(p.steps, s)
	for len(p.steps) > 1 && (len(p.steps) > mostSteps || p.kept() > mostKept) {
		p.steps = p.steps[1:]
	}
}

func (p *Pane) kept() int {
	n := 0
	for _, s := range p.steps {
		n += len(s.file.Source())
	}
	return n
}

// Unsaved reports whether there are edits that were not written.
func (p *Pane) Unsaved() bool {
	return p.base != nil && len(p.steps) > 0 && !bytes.Equal(p.top().Source(), p.base.Source())
}

// count says how many edits there are, what is being typed among them.
func (p *Pane) count() int {
	n := len(p.steps)
	if p.draft != nil && (p.open == nil || !bytes.Equal(p.draft.file.Source(), p.top().Source())) {
		n++
	}
	return n
}

// takeBack takes one edit back; where there is none, what was put back comes again. False: there is neither.
func (p *Pane) takeBack() bool {
	at := ""
	switch n := len(p.steps); {
	case n > 0:
		last := p.steps[n-1].op
		p.says, at = "took back: "+last.command(), last.path
		p.steps = p.steps[:n-1]
	case p.dropped != nil:
		p.replay(p.dropped)
		p.dropped = nil
		p.says = "brought back " + format.Many(len(p.steps), "edit") + p.notAgain()
	default:
		return false
	}
	p.lay()
	if i := p.find(at); i >= 0 {
		p.list.Select(p.rows[i].id)
	}
	p.file.follow = true
	return true
}

// putBack makes the form what the file says, as it is now. U makes the edits again.
func (p *Pane) putBack() {
	steps := p.steps
	if p.disk != nil {
		p.adopt(*p.disk)
		p.says = "the form is as the file is now"
	}
	n := len(steps)
	if p.steps = nil; n > 0 {
		p.dropped = steps
		p.says = fmt.Sprintf("put %s back   U brings them again", format.Many(n, "edit"))
		if n == 1 {
			p.says = "put 1 edit back   U brings it again"
		}
	}
	p.lay()
}

// replay makes edits again on the file as it is now. Those that cannot be made are told among the problems.
func (p *Pane) replay(steps []step) {
	p.lost = nil
	for _, s := range steps {
		to, err := s.op.again(p.of(p.top()))
		if err != nil {
			p.lost = append(p.lost, s.op.path+" was not set again: "+reason(err))
			continue
		}
		s.file = to
		p.steps = append(p.steps, s)
	}
}

// notAgain is the first of what could not be made again, for a notice.
func (p *Pane) notAgain() string {
	if len(p.lost) == 0 {
		return ""
	}
	return "; " + p.lost[0]
}

// onTop makes the edits again on the file as somebody else left it. Where it is gone, the form keeps it all.
func (p *Pane) onTop() pane.Action {
	if p.disk == nil {
		return nil
	}
	steps := p.steps
	p.adopt(*p.disk)
	if !p.doc.Exists {
		p.steps = steps
		p.lay()
		return pane.Notice{Text: "the file is gone; W writes all that the form shows"}
	}
	p.replay(steps)
	p.lay()
	if len(p.lost) > 0 {
		return pane.Notice{Text: fmt.Sprintf("%d of %s on top of the file%s", len(p.steps), format.Many(len(steps), "edit"), p.notAgain())}
	}
	return pane.Notice{Text: format.Many(len(p.steps), "edit") + " on top of the file as it is now   W writes"}
}

// reason is an error as a sentence, with what to do instead.
func reason(err error) string {
	s := err.Error()
	if h, ok := err.(interface{ ErrorHint() string }); ok && h.ErrorHint() != "" { //nolint:errorlint // an edit's own
		s += ": " + h.ErrorHint()
	}
	return s
}
