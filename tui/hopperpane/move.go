package hopperpane

import (
	"fmt"
	"slices"
	"strings"

	"voxmesh/hopper"
	"voxmesh/tui/keys"
	"voxmesh/tui/list"
	"voxmesh/tui/pane"
	"voxmesh/tui/verb"
)

// carry is an item that is lifted: it is shown at the place where it would be dropped. Nothing is moved by that.
type carry struct {
	id   string
	from int // its place, from 1
	to   int
}

// says is where the item came from and where it is.
func (c *carry) says(of int) string {
	if c.from == c.to {
		return fmt.Sprintf("place %d of %d", c.to, of)
	}
	return fmt.Sprintf("place %d → %d of %d", c.from, c.to, of)
}

// offMove says why the selected item can't be lifted.
func (p *Pane) offMove() string {
	if why := verb.Refuse(p.s, keys.Move, p.Selected()); why != "" {
		return why
	}
	switch {
	case p.view != inbox:
		return "only what waits in the inbox has a place"
	case p.shown.query.filter != "":
		return "the filter hides the places between; esc clears it"
	case p.lists[inbox].Len() < 2:
		return "there is no other place"
	}
	return ""
}

// lift picks the selected item up.
func (p *Pane) lift() {
	if p.offMove() != "" {
		return
	}
	l := &p.lists[inbox]
	p.focus, p.alone = table, false
	p.carry = &carry{l.Selected(), l.At() + 1, l.At() + 1}
}

// carrying takes a key while an item is lifted.
func (p *Pane) carrying(id keys.ID) pane.Action {
	switch id {
	case keys.Open:
		return p.drop()
	case keys.Back, keys.Move:
		p.putBack()
	default:
		if l := &p.lists[inbox]; l.Move(id) {
			p.carryTo(l.At() + 1)
		}
	}
	return nil
}

// carryTo shows the lifted item at a place.
func (p *Pane) carryTo(place int) {
	c := p.carry
	c.to = max(min(place, len(p.shown.ids[inbox])), 1)
	p.carried()
}

// carried gives the inbox the order in which the lifted item is where it would be dropped. Where it waits no more, it is
// lifted no more.
func (p *Pane) carried() {
	c := p.carry
	if c == nil {
		return
	}
	ids := slices.Clone(p.shown.ids[inbox])
	at := slices.Index(ids, c.id)
	if at < 0 {
		p.carry = nil
		return
	}
	c.from = at + 1
	c.to = max(min(c.to, len(ids)), 1)
	ids = slices.Insert(slices.Delete(ids, at, at+1), c.to-1, c.id)
	l := &p.lists[inbox]
	l.Select(c.id)
	l.Keep(true)
	l.Set(ids)
	l.Select(c.id)
}

// drop asks for the place at which the item is; where that is its own it is put back.
func (p *Pane) drop() pane.Action {
	c := *p.carry
	p.putBack()
	if c.to == c.from {
		return pane.Notice{Text: fmt.Sprintf("%s stays at place %d", c.id, c.from)}
	}
	return pane.Act{Verb: keys.Move, On: pane.Ref{Kind: pane.Item, ID: c.id}, Text: count(c.to)}
}

func (p *Pane) putBack() {
	id := p.carry.id
	p.carry = nil
	p.lists[inbox].Set(p.shown.ids[inbox])
	p.lists[inbox].Select(id)
}

func carryKeys() []keys.Binding {
	bs := []keys.Binding{
		keys.Get(keys.Open).As("drop", "drop it here: asks for its id and a reason"),
		keys.Get(keys.Back).As("put back", "put it back"),
		keys.Get(keys.Move).As("", "put it back"),
	}
	for i, b := range list.Movement() {
		short := ""
		if i == 0 {
			b.SetHelp("↑↓", b.Long())
			short = "carry"
		}
		bs = append(bs, b.As(short, "carry it: "+b.Long()))
	}
	return bs
}

// mark marks the selected item, or takes the mark away, and goes on to the next.
func (p *Pane) mark() {
	id := p.lists[p.view].Selected()
	if p.offMark() != "" || id == "" {
		return
	}
	if p.marks[id] {
		delete(p.marks, id)
	} else {
		p.marks[id] = true
	}
	p.lists[inbox].Move(keys.Down)
	p.choseRow()
}

func (p *Pane) offMark() string {
	if p.view != inbox {
		return "a batch is made of what waits in the inbox"
	}
	return verb.Refuse(p.s, keys.Batch, p.Selected())
}

// forgetMarks takes the marks away from what waits no more, and from what became a batch.
func (p *Pane) forgetMarks() {
	for id := range p.marks {
		if it := p.item(id); it == nil || it.State > hopper.Triaged || it.Batch != "" {
			delete(p.marks, id)
		}
	}
}

// marked gives the marked items in the order of the inbox.
func (p *Pane) marked() []string {
	var out []string
	if len(p.marks) == 0 {
		return nil
	}
	for _, id := range p.shown.ids[inbox] {
		if p.marks[id] {
			out = append(out, id)
		}
	}
	for id := range p.marks { // those that a filter hides
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	board := p.s.World.State.Hopper()
	slices.SortStableFunc(out, func(a, b string) int { return board.Place(a) - board.Place(b) })
	return out
}

func (p *Pane) offBatch() string {
	if why := p.s.Refuse(); why != "" {
		return why
	}
	if len(p.marks) < 2 {
		return "space marks the items that are to start as one, two or more"
	}
	return ""
}

func (p *Pane) batch() pane.Action {
	if p.offBatch() != "" {
		return nil
	}
	ids := p.marked()
	return pane.Act{Verb: keys.Batch, On: pane.Ref{Kind: pane.Item, ID: ids[0]}, Text: strings.Join(ids, " ")}
}
