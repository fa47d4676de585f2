package policypane

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh/clean"
	"voxmesh/policy"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

const (
	patience = 100 * time.Millisecond // then rows of the right shape stand where the form will
	tooLong  = 20 * time.Second       // of a write, or of git
)

// The answers of the commands.
type (
	reading struct {
		generation uint64
		doc        Doc
		file       *policy.File
		known      policy.Known
		stamp      string
		err        error
	}
	late    struct{ generation uint64 }
	stamped struct{ stamp string }
	written struct {
		generation uint64
		doc        Doc
		file       *policy.File
		steps      int // that were written
		undo       bool
		err        error
	}
	staged struct {
		generation uint64
		Staged
		err error
	}
)

// read reads the file in a command. The stamp comes first: what changes in between is another state then.
func (p *Pane) read() tea.Cmd {
	if p.book == nil || p.reading != 0 {
		return nil
	}
	gen, ctx, book := p.s.Generation(), p.ctx, p.book
	p.reading, p.late = gen, false
	cmd := func() tea.Msg {
		if ctx.Err() != nil {
			return nil
		}
		m := reading{generation: gen, stamp: book.Stamp()}
		if m.doc, m.err = book.Read(ctx); m.err != nil {
			return m
		}
		m.known, _ = book.Known(ctx) // without it pickers are empty, and nothing is noted
		m.file = policy.Parse(nameOfFile(m.doc.Path), m.doc.Source)
		return m
	}
	if p.base != nil {
		return cmd
	}
	return tea.Batch(cmd, p.tick(patience, func(time.Time) tea.Msg { return late{gen} }))
}

func nameOfFile(p string) string {
	name := path.Base(strings.ReplaceAll(p, `\`, "/"))
	if p == "" || name == "." || name == "/" {
		return "donations.vox"
	}
	return name
}

// look asks whether the file is another one by now.
func (p *Pane) look() tea.Cmd {
	if p.book == nil || p.reading != 0 || p.writing != 0 || p.base == nil || !p.looking.CompareAndSwap(false, true) {
		return nil
	}
	ctx, book, was := p.ctx, p.book, p.stamp
	return func() tea.Msg {
		defer p.looking.Store(false)
		if ctx.Err() != nil {
			return nil
		}
		if s := book.Stamp(); s != was {
			return stamped{s}
		}
		return nil // a message would be a frame
	}
}

func (p *Pane) stamped(m stamped) tea.Cmd {
	if m.stamp == p.stamp || p.writing != 0 {
		return nil
	}
	return p.read()
}

// busyForm reports whether the form holds something that the file has not.
func (p *Pane) busyForm() bool { return len(p.steps) > 0 || p.open != nil || p.carried != nil }

// took takes in what was read. Over edits it waits, and is said.
func (p *Pane) took(m reading) (pane.Action, tea.Cmd) {
	if m.generation != p.reading {
		return nil, nil
	}
	p.reading = 0
	if p.failed = m.err; m.err != nil {
		p.clash = false
		return nil, nil
	}
	p.stamp = m.stamp
	switch {
	case p.base == nil || !p.busyForm() || p.open == nil && p.carried == nil && unchanged(m.file, p.top()):
		p.adopt(m)
	case unchanged(m.file, p.base):
		p.doc, p.known, p.disk = m.doc, m.known, nil
	default:
		p.disk, p.known = &m, m.known
	}
	p.offer()
	p.lay()
	clash := p.clash
	switch p.clash = false; {
	case clash && p.disk != nil:
		return pane.Push{Layer: newConflict(p)}, nil
	case clash:
		p.says = "not written: the file changed meanwhile, and is as it was again"
	}
	return nil, nil
}

// adopt makes the form what was read.
func (p *Pane) adopt(m reading) {
	p.doc, p.base, p.known = m.doc, m.file, m.known
	p.steps, p.dropped, p.draft, p.disk, p.lost = nil, nil, nil, nil, nil
	p.names, p.looks = m.file.Policies(), nil
	if len(p.names) < 2 {
		p.policy = ""
	} else if !slices.Contains(p.names, p.policy) {
		p.policy = p.names[0]
		if slices.Contains(p.names, "donations") {
			p.policy = "donations"
		}
	}
	p.file.follow = true
	p.lay()
}

// follow takes in what came to the file while a field was open, where there are no edits.
func (p *Pane) follow() {
	if p.disk != nil && !p.busyForm() {
		p.adopt(*p.disk)
	}
}

func (p *Pane) refuseWrite() string {
	switch why := p.refuse(); {
	case why != "":
		return why
	case !p.Unsaved():
		return "there is nothing to write"
	}
	return ""
}

// write writes the file; where it changed underneath it shows how.
func (p *Pane) write() (pane.Action, tea.Cmd) {
	if why := p.refuseWrite(); why != "" {
		p.says = "W write: " + why
		return nil, nil
	}
	if p.disk != nil {
		return pane.Push{Layer: newConflict(p)}, nil
	}
	book, base, text, n := p.book, p.doc.Source, p.top().Source(), len(p.steps)
	return nil, p.ask(n, false, func(ctx context.Context) (Saved, error) { return book.Save(ctx, base, text) })
}

// ask writes in a command.
func (p *Pane) ask(steps int, undo bool, f func(context.Context) (Saved, error)) tea.Cmd {
	gen, ctx := p.s.Generation(), p.ctx
	p.writing = gen
	return func() tea.Msg {
		ctx, done := context.WithTimeout(ctx, tooLong)
		defer done()
		s, err := f(ctx)
		m := written{generation: gen, doc: s.Doc, steps: steps, undo: undo, err: err}
		if err == nil {
			m.file = policy.Parse(nameOfFile(s.Doc.Path), s.Doc.Source)
		}
		return m
	}
}

func (p *Pane) wrote(m written) (pane.Action, tea.Cmd) {
	if m.generation != p.writing {
		return nil, nil
	}
	p.writing = 0
	var c Conflict
	switch {
	case errors.As(m.err, &c) && m.undo:
		p.says = "not undone: the file was changed by somebody else since it was written"
		return nil, p.read()
	case errors.As(m.err, &c):
		p.clash = true
		return nil, p.read()
	case m.err != nil:
		p.says = "not written: " + clean.Line(reason(m.err)).String()
		return nil, nil
	}
	from, rest := len(p.base.Source()), p.steps[min(m.steps, len(p.steps)):]
	p.booked = ""
	if !m.undo {
		p.subject = p.changes()
	}
	p.adopt(reading{doc: m.doc, file: m.file, known: p.known})
	p.steps, p.saved = rest, !m.undo
	p.lay()
	what := "wrote "
	if m.undo {
		what = "undid the last write of "
	}
	p.says = fmt.Sprintf("%s%s   %s", what, nameOfFile(m.doc.Path), sizes(from, len(m.doc.Source)))
	if p.saved {
		p.says += "   U undo"
	}
	if n := p.errors(); n > 0 {
		p.says += "   it has errors and is not in force"
	}
	return nil, nil
}

func (p *Pane) undoes() bool { return len(p.steps) > 0 || p.dropped != nil || p.saved }

// undo takes an edit back, else the last save.
func (p *Pane) undo() (pane.Action, tea.Cmd) {
	if why := p.refuse(); why != "" {
		p.says = "U undo: " + why
		return nil, nil
	}
	if p.takeBack() || !p.saved {
		return nil, nil
	}
	return nil, p.ask(0, true, p.book.Undo)
}

func (p *Pane) refuseStage() string {
	switch why := p.refuse(); {
	case why != "":
		return why
	case p.staging != 0:
		return "git is at it"
	case p.Unsaved():
		return "there are edits that are not written; W writes them"
	case !p.doc.Exists:
		return "there is no file yet"
	}
	return ""
}

func (p *Pane) stage() tea.Cmd {
	if why := p.refuseStage(); why != "" {
		p.says = "T stage: " + why
		return nil
	}
	gen, ctx, book := p.s.Generation(), p.ctx, p.book
	p.staging = gen
	return func() tea.Msg {
		ctx, done := context.WithTimeout(ctx, tooLong)
		defer done()
		s, err := book.Stage(ctx)
		return staged{gen, s, err}
	}
}

// staged says what was run, and what is to be run then.
func (p *Pane) staged(m staged) pane.Action {
	if m.generation != p.staging {
		return nil
	}
	p.staging = 0
	if m.Commit != "" {
		p.booked = clean.Line(m.Commit).String()
	}
	commit := p.commit()
	if m.err == nil && m.Ran != "" {
		p.after = commit
	}
	switch note := clean.Line(m.Note).String(); {
	case m.err != nil:
		return pane.Notice{Text: "not staged: " + clean.Line(reason(m.err)).String()}
	case m.Ran == "":
		return pane.Notice{Text: "not staged: " + note}
	case note != "":
		return pane.Notice{Text: "ran " + m.Ran + "   " + note + "   " + commit}
	}
	return pane.Notice{Text: "ran " + m.Ran + "   then: " + commit}
}

// commit is the command that commits the file: what the book said of what was staged, which knows the last commit, else
// told by the edits.
func (p *Pane) commit() string {
	if p.booked != "" && !p.Unsaved() {
		return p.booked
	}
	return `git commit -m "` + p.what() + `"`
}

// what says in a few words what was changed: by the edits or, where there are none, by the last write.
func (p *Pane) what() string {
	if p.subject != "" && !p.Unsaved() {
		return p.subject
	}
	return p.changes()
}

// lineEnds says how the lines of a file end.
func lineEnds(src []byte) string {
	crlf, lf := bytes.Count(src, []byte("\r\n")), bytes.Count(src, []byte("\n"))
	switch {
	case crlf == 0:
		return "LF"
	case crlf == lf:
		return "CRLF"
	}
	return "LF and CRLF"
}

func sizes(from, to int) string {
	if from == to {
		return fmt.Sprintf("%d bytes", to)
	}
	return fmt.Sprintf("%d → %d bytes", from, to)
}

// Keys gives the bindings of the focused region.
func (p *Pane) Keys() []keys.Binding {
	switch {
	case p.open != nil:
		return p.typingKeys()
	case p.carried != nil:
		return carryingKeys()
	case p.bare():
		return p.bareKeys()
	}
	return p.formKeys()
}
