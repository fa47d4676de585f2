package policypane

import (
	"bytes"
	"fmt"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/policy"
	"voxmesh/tui/cell"
	"voxmesh/tui/changes"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

// sheet is the file with what writing changes, and how far it is scrolled. Its rows are made once for two files and a
// width.
type sheet struct {
	was, now *policy.File
	width    int
	rows     []changes.Row
	lines    string // that change, in a few words

	top, height int
	follow      bool // the field under the cursor is to be in sight
}

func (s *sheet) make(was, now *policy.File, width int) {
	if s.was == was && s.now == now && s.width == width {
		return
	}
	s.was, s.now, s.width = was, now, width
	s.rows = changes.Rows(was.Source(), now.Source(), width)
	s.lines = ""
	if sum := changes.Summary(changes.Lines(was.Source(), now.Source())); sum != "" {
		s.lines = "saving changes " + sum
	}
}

// show makes the rows for the room that there is, and scrolls to a line of the new file where the cursor went there.
func (s *sheet) show(height, line int) {
	s.height = height
	if s.follow && line > 0 {
		at := changes.Locate(s.rows, line)
		first := at
		for first > 0 && s.rows[first].Sign == '+' && s.rows[first-1].Sign != ' ' { // with what it was
			first--
		}
		const margin = 2
		s.top = max(min(s.top, first-margin), at+margin+2-height)
	}
	s.follow = false
	s.clamp()
}

func (s *sheet) clamp() { s.top = max(min(s.top, len(s.rows)-s.height), 0) }

func (s *sheet) move(id keys.ID) {
	switch id {
	case keys.Up:
		s.top--
	case keys.Down:
		s.top++
	case keys.PageUp:
		s.top -= s.height
	case keys.PageDown:
		s.top += s.height
	case keys.HalfUp:
		s.top -= (s.height + 1) / 2
	case keys.HalfDown:
		s.top += (s.height + 1) / 2
	case keys.Home:
		s.top = 0
	case keys.End:
		s.top = len(s.rows)
	}
	s.clamp()
}

// line is where the cursor's field stands in the file as the form shows it; 0: nowhere.
func (p *Pane) line() int {
	r, c := p.row(), p.cell()
	switch {
	case c != nil && c.node.Valid():
		return c.node.Line()
	case r != nil && r.node.Valid():
		return r.node.Line()
	case r != nil:
		return p.of(p.now()).Find(r.entry.field.Name).Line()
	}
	return 0
}

func (p *Pane) drawSheet(b *cell.Buffer, in layout.Rect) {
	p.file.make(p.base, p.now(), changes.Width(in))
	p.file.show(in.H, p.line())
	changes.Draw(b, in, p.file.rows, p.file.top, changes.Look{Faint: p.s.Faint()})
}

// position says where the file is scrolled to, where not all fits.
func (s *sheet) position() string {
	if len(s.rows) <= s.height {
		return ""
	}
	return format.Position(s.top, min(s.top+s.height, len(s.rows)), len(s.rows))
}

// drawBeside draws the file beside the form, and what is to be known of it and of git.
func (p *Pane) drawBeside(b *cell.Buffer, r layout.Rect) {
	focused := p.focus == beside
	border := pane.Frame(b, r, focused)
	x := pane.Heading(b, r, nameOfFile(p.doc.Path), focused, border)
	in := r.Inner()
	body := in
	body.H = p.split(b, r, focused)
	p.drawSheet(b, body)
	pane.Facts(b, r, r.Y, format.End(p.file.lines, r.X+r.W-6-x), border)
	pane.Facts(b, r, r.Y+r.H-1, p.file.position(), border)
	if body.H == in.H {
		return
	}
	says := layout.Rect{X: in.X + 1, Y: in.Y + body.H + 1, W: in.W - 2, H: in.H - body.H - 1}
	for i, s := range p.aboutFile(says.W, says.H) {
		st := theme.In(theme.Second)
		if len(s) > 1 && s[0] == '$' {
			st = theme.In(theme.Third)
		}
		b.Put(says.X, says.Y+i, says.W, format.End(s, says.W), st)
	}
}

// aboutFile is what is to be known of the file and of git, in at most so many rows of that width.
func (p *Pane) aboutFile(width, rows int) []string {
	now := p.now().Source()
	facts := "   " + sizes(len(p.base.Source()), len(now)) + "   " + lineEnds(now)
	if !p.doc.Exists {
		facts = fmt.Sprintf("   new, %d bytes", len(now))
	}
	out := []string{format.Middle(p.doc.Path, max(width-ansi.StringWidth(facts), 16)) + facts}
	if bytes.HasPrefix(now, []byte("\ufeff")) {
		out[0] += " BOM"
	}
	if p.doc.Tracked {
		out = append(out, "git: tracked. T stages it, then you commit:")
	} else if p.doc.Git != "" {
		out = append(out, "git: "+p.doc.Git)
	}
	if p.doc.Tracked {
		if rows > 4 {
			out = append(out, "")
		}
		out = append(out, "$ git add "+nameOfFile(p.doc.Path), "$ "+p.commit())
	}
	return out[:min(len(out), max(rows, 0))]
}
