package policypane

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"voxmesh/policy"
	"voxmesh/policy/syntax"
	"voxmesh/tui/field"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// opened is the field that is typed in.
type opened struct {
	row   string // on which it is drawn
	cell  place
	in    field.Text
	fresh bool // nothing was typed yet: the first sign takes the place of what stands there
	pick  picker
	why   string // what was expected instead
	adds  bool   // it names a new record
}

// mostDrafted is the largest file of which every letter shows what it would change; of a larger one enter does.
const mostDrafted = 256 << 10

// enter opens the cell under the cursor, ticks a box, or adds a row.
func (p *Pane) enter() {
	r, c := p.row(), p.cell()
	switch {
	case p.refuse() != "":
		p.says = "enter edit: " + p.refuse()
	case r == nil && p.begins():
		p.says = p.edit(op{what: begin})
		p.list.Select(slots)
	case r == nil:
		p.says = "enter edit: there is no policy in the file, and none can be written behind what is wrong in it"
	case r.kind == adder || r.kind == head && !r.entry.fixed():
		p.add(r.entry)
	case r.kind == head || c.field.Type == policy.Bool:
		p.toggle()
	default:
		p.openCell(r.id, *c)
	}
}

func (p *Pane) openCell(row string, c place) {
	if c.field.Type == policy.Texts && c.present && c.names == nil {
		p.says = "what stands there is no list of names: del takes it out of the file"
		return
	}
	o := &opened{row: row, cell: c, in: field.New("", 0, nil)}
	if c.field.Type != policy.Choice {
		o.in.Set(c.text)
	}
	o.fresh = c.field.Type == policy.Int || c.field.Type == policy.Decimal || c.field.Type == policy.Clock
	o.pick = p.pickerFor(c)
	p.open = o
	p.preview()
}

// text is what the field says now: what is typed, or what the picker is on.
func (o *opened) text() string {
	option, ok := o.pick.on()
	switch {
	case !ok:
		return strings.TrimSpace(o.in.Value())
	case o.cell.field.Type == policy.Texts:
		return o.pick.into(o.in.Value(), option)
	}
	return shown(option, false)
}

// expects says what a cell wants instead of a text; nothing where it takes it.
func (p *Pane) expects(o *opened, text string) string {
	c := o.cell
	if !sound(c.field, text) {
		return expected(c.field)
	}
	if c.field.Type != policy.Choice || !c.field.Key {
		return ""
	}
	list, _, _ := strings.Cut(c.path, "[")
	for _, r := range p.rows {
		if r.kind == record && r.id != o.row && r.entry.field.Name == list && r.cells[0].text == text {
			return "one for each kind, and there is one for " + text
		}
	}
	return ""
}

// opFor is the edit that makes a cell say text; false: it says so already.
func (p *Pane) opFor(o *opened, text string) (op, bool) {
	c := o.cell
	out := op{path: c.path, field: c.field}
	switch {
	case o.adds:
		out.path, out.value = peers+"[]", "{ peer: "+literal(c.field, text)+" }"
	case text == c.text:
		return op{}, false
	case text == "", c.field.Type == policy.Texts && text == wordAny:
		out.what = unset
		return out, c.present
	case c.field.Type == policy.Texts:
		out.what, out.was = names, c.names
		if text != wordNone {
			out.now, _ = readList(text)
		}
		if out.now == nil {
			out.now = []string{}
		}
		return out, c.names == nil || !slices.Equal(out.now, c.names)
	case strings.HasPrefix(c.path, busy+".") && p.of(p.top()).Find(busy).Value().Kind() != syntax.RecordNode:
		out.what, out.value = spread, literal(c.field, text)
	default:
		out.value = literal(c.field, text)
	}
	return out, true
}

// preview finds out what is wrong with what is typed, or what it would change.
func (p *Pane) preview() {
	o := p.open
	text := o.text()
	o.why, p.draft = p.expects(o, text), nil
	if e, changes := p.opFor(o, text); o.why == "" && changes && !o.adds && len(p.top().Source()) <= mostDrafted {
		s, err := p.try(e)
		if err != nil {
			o.why = reason(err)
		}
		p.draft = s
	}
	p.file.follow = true
	p.lay()
}

func (p *Pane) typed(text string) {
	o := p.open
	if text == "" {
		return
	}
	if o.fresh {
		o.in.Set("")
	}
	o.fresh = false
	o.in.Paste(text)
	o.pick.typed(o.in.Value())
	p.preview()
}

// whileTyping takes a key that is bound while a field is open.
func (p *Pane) whileTyping(msg pane.Do) pane.Action {
	o := p.open
	switch msg.ID {
	case keys.Back:
		p.shut()
		return nil
	case keys.CopyCommand:
		return pane.Clip{Text: p.command(), Said: "copied the command"}
	case keys.Open:
		if _, on := o.pick.on(); on && o.cell.field.Type == policy.Texts {
			o.in.Set(o.text())
			o.pick.took(o.in.Value())
			break
		}
		p.keep()
		return nil
	case keys.Next, keys.Previous:
		if p.keep() {
			p.openNext(msg.ID == keys.Next)
		}
		return nil
	case keys.Up, keys.Down:
		p.nudge(msg.ID == keys.Up)
	case keys.Clear:
		o.fresh = false
		o.in.Set("")
		o.pick.typed("")
	default:
		p.pressed(msg.Key)
	}
	p.preview()
	return nil
}

// pressed takes a key of a field: one that moves in it, or erases.
func (p *Pane) pressed(k tea.KeyPressMsg) {
	o, was := p.open, p.open.in.Value()
	o.fresh = false
	o.in.Key(k)
	if now := o.in.Value(); now != was {
		o.pick.typed(now)
	}
}

// nudge makes a number one more or less within its range, or goes through the picker.
func (p *Pane) nudge(up bool) {
	o, f := p.open, p.open.cell.field
	by := int64(-1)
	if up {
		by = 1
	}
	switch f.Type {
	case policy.Int:
		n, err := strconv.ParseInt(o.text(), 10, 64)
		if err != nil {
			n, by = f.Min, 0
		}
		o.in.Set(strconv.FormatInt(max(min(n+by, f.Max), f.Min), 10))
	case policy.Clock:
		o.in.Set(later(o.text(), by))
	default:
		o.pick.move(!up)
		return
	}
	o.fresh = false
}

// later is a time of day a quarter of an hour later, or earlier.
func later(text string, by int64) string {
	const quarter, day = 15, 24 * 60
	if !clock(text) {
		return "00:00"
	}
	m := numberOf(strings.TrimLeft(text[:2], "0"))*60 + numberOf(strings.TrimLeft(text[3:], "0"))
	m = (m + by*quarter + day) % day
	return fmt.Sprintf("%02d:%02d", m/60, m%60)
}

// keep ends the typing and keeps what was typed, and reports whether it could.
func (p *Pane) keep() bool {
	o := p.open
	text := o.text()
	if o.adds && text == "" {
		p.shut()
		return true
	}
	if o.why = p.expects(o, text); o.why != "" {
		return false
	}
	if e, changes := p.opFor(o, text); changes {
		s, err := p.try(e)
		if err != nil {
			o.why = reason(err)
			return false
		}
		if s != nil {
			p.push(*s)
		}
	}
	p.shut()
	if o.adds {
		p.list.Select(fmt.Sprintf("%s[%d]", peers, p.recordsOf(peers)-1))
		p.col = 1
	}
	return true
}

// recordsOf is how many records a table has.
func (p *Pane) recordsOf(table string) int {
	n := 0
	for _, r := range p.rows {
		if r.kind == record && r.entry.field.Name == table {
			n++
		}
	}
	return n
}

// shut ends the typing. What came to the file meanwhile is taken in where there are no edits.
func (p *Pane) shut() {
	p.open, p.draft = nil, nil
	p.follow()
	p.lay()
}

// openNext opens the field after the cursor's, or before it, where there is one to be typed in.
func (p *Pane) openNext(on bool) {
	r, way := p.row(), 1
	if !on {
		way = -1
	}
	if r == nil {
		return
	}
	if c := min(p.col, len(r.cells)-1) + way; c >= 0 && c < len(r.cells) {
		p.col = c
	} else {
		at := p.list.At() + way
		for at >= 0 && at < len(p.rows) && !p.rows[at].stops() {
			at += way
		}
		if at < 0 || at >= len(p.rows) {
			return
		}
		p.list.Select(p.rows[at].id)
		p.col = 0
		if !on {
			p.col = max(len(p.rows[at].cells)-1, 0)
		}
	}
	if r, c := p.row(), p.cell(); c != nil && c.field.Type != policy.Bool && r.kind != adder && r.kind != head {
		p.openCell(r.id, *c)
	}
	p.file.follow = true
}

// unchanged reports whether two files are the same bytes.
func unchanged(a, b *policy.File) bool { return bytes.Equal(a.Source(), b.Source()) }
