package auditpane

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/list"
	"voxmesh/tui/pane"
)

// reveal selects an entry and brings it into sight, whatever the list was narrowed to; one that was not read yet is
// looked for.
func (p *Pane) reveal(r pane.Ref) tea.Cmd {
	if r.Kind != pane.Entry {
		return nil
	}
	p.s.Entry, p.focus = r.ID, table
	if p.filter.Clear() {
		p.lay(true)
	}
	for _, e := range p.known.rows {
		if e.id == r.ID {
			p.want(e.id, e.raw.Op)
			return nil
		}
	}
	return p.find(r.ID)
}

func (p *Pane) foundIt(m found) {
	switch {
	case m.generation != p.finding:
	case m.err != nil:
		p.says = clean.Line(m.err.Error()).String()
	default:
		p.want(m.id, m.op)
	}
}

// want selects the entry of an op, when it was read.
func (p *Pane) want(id string, op uint64) {
	if st := p.s.World.State; st != nil && op > st.Seq {
		p.says = id + " was not there yet at " + format.Time(p.s.Time().UnixMicro(), p.s.Now().Location())
		return
	}
	p.wanted = op
	p.selectWanted()
}

// selectWanted puts the cursor on the wanted entry, if it was read.
func (p *Pane) selectWanted() {
	if p.wanted == 0 {
		return
	}
	switch e := (&entry{raw: mesh.AuditEntry{Op: p.wanted}}); {
	case p.list.Select(e.rowID()):
		p.wanted = 0
		p.choseRow()
	case p.known.cut && p.wanted < p.known.last():
		p.wanted = 0
		p.says = "it is further back than the newest " + grouped(mostRows) + ": voxmesh audit shows it"
	}
}

// lay makes the rows of what is known: those of the instant that is shown, and that the filter lets through. again says
// that another list is wanted: nothing in that "came".
func (p *Pane) lay(again bool) {
	st := p.s.World.State
	if st == nil {
		return
	}
	past := !p.s.World.Past.IsZero()
	again = again || past || p.past
	p.laid, p.past, p.narrowed = st.Acts, past, p.filter.Text()
	now := p.s.Time()
	rows := p.known.at(st.Seq)
	if st.Acts == 0 {
		rows = nil
	}
	p.passed = len(rows)
	p.shown = make(map[string]*entry, len(rows))
	ids := make([]string, 0, len(rows))
	var f list.Filter
	f.Set(p.narrowed)
	for _, e := range rows {
		if p.narrowed == "" || f.Matches(fieldsOf(e, now)) {
			id := e.rowID()
			ids = append(ids, id)
			p.shown[id] = e
		}
	}
	p.unchecked = true
	if again {
		p.relist(ids)
	} else {
		p.list.Set(ids)
	}
	if p.toEnd {
		p.list.Move(keys.End)
	}
	p.selectWanted()
	p.choseRow()
}

// relist begins a list of its own: the cursor stays with its entry, or with its place where that is gone.
func (p *Pane) relist(ids []string) {
	was, at := p.list.Selected(), p.list.At()
	if slices.Equal(ids, p.list.IDs()) {
		return
	}
	p.list = list.List{}
	p.list.Set(ids)
	if p.list.Select(was) || len(ids) == 0 {
		return
	}
	for _, id := range ids { // what was selected before nothing matched
		if p.shown[id].id == p.s.Entry {
			p.list.Select(id)
			return
		}
	}
	p.list.Select(ids[min(at, len(ids)-1)])
}

// choseRow makes the entry under the cursor the selected one of the console.
func (p *Pane) choseRow() {
	if e := p.selected(); e != nil {
		p.s.Entry = e.id
	}
}

// needsOlder reports whether older entries are to be read: because the list ends within a screen of what is shown, or
// because something further back is looked for.
func (p *Pane) needsOlder() bool {
	if p.wanted != 0 && (len(p.known.rows) == 0 || p.known.last() > p.wanted) || p.toEnd {
		return true
	}
	return p.list.Len() < max(p.to, p.list.At()+1)+max(p.height, 1)
}
