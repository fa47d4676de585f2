package policypane

import (
	"voxmesh/policy"
	"voxmesh/tui/field"
	"voxmesh/tui/keys"
	"voxmesh/tui/list"
)

// typingKeys are those while a field is open: letters are text.
func (p *Pane) typingKeys() []keys.Binding {
	up, down := keys.Get(keys.Up), keys.Get(keys.Down)
	short, long := "", "another of what is known"
	switch p.open.cell.field.Type {
	case policy.Int:
		short, long = "±1", "one more, one less"
	case policy.Clock:
		short, long = "±15 min", "a quarter of an hour later, earlier"
	case policy.Decimal:
		long = "nothing here"
	default:
		if len(p.open.pick.all) > 0 {
			short = "choose"
		}
	}
	up.SetHelp("↑↓", long)
	up.Short = short
	return append([]keys.Binding{
		keys.Get(keys.Open).As("keep", "keep what is typed, take what is chosen"),
		up, down.As("", long),
		keys.Get(keys.Next).As("keep, next field", "keep, and open the next field"),
		keys.Get(keys.Previous).As("", "keep, and open the field before"),
		keys.Get(keys.Back).As("put back", "put back what stood there"),
		keys.Get(keys.CopyCommand).As("", "copy the command"),
	}, field.Keys()...)
}

// carryingKeys are those while a row is carried.
func carryingKeys() []keys.Binding {
	up := keys.Get(keys.Up)
	up.SetHelp("↑↓", "carry it up and down")
	up.Short = "carry"
	return []keys.Binding{
		keys.Get(keys.Open).As("drop", "leave it here"), up, keys.Get(keys.Down).As("", "carry it down"),
		keys.Get(keys.Home).As("", "carry it to the top"), keys.Get(keys.End).As("", "carry it to the bottom"),
		keys.Get(keys.Move).As("", "leave it here"), keys.Get(keys.Back).As("put back", "put it back where it was"),
	}
}

// formKeys are those of the form, the file and the problems. What acts on the file works in each.
func (p *Pane) formKeys() []keys.Binding {
	var bs []keys.Binding
	inForm := p.view == fields && (p.focus == form || p.at.beside.Empty())
	switch {
	case inForm:
		bs = p.rowKeys()
	case p.view == issues && p.focus == form:
		bs = []keys.Binding{keys.Get(keys.Open).As("go there", "to its field")}
	}
	if p.failed != nil {
		bs = append(bs, keys.Get(keys.Retry).As("retry", "read the file again"))
	}
	bs = append(bs, keys.Get(keys.Write).When(p.refuseWrite))
	if p.undoes() {
		bs = append(bs, keys.Get(keys.Undo).As("undo", "take one edit back; then the last write").When(p.refuse))
	}
	bs = append(bs,
		keys.Get(keys.PutBack).When(p.refusePutBack), keys.Get(keys.Stage).When(p.refuseStage),
		keys.Get(keys.Explain).As("explain", "explain which jobs it takes, and which rule decides"),
		keys.Get(keys.View).As("view", "the form, the file, the problems; another policy of the file"),
		keys.Get(keys.Seek).As("next problem", "next problem"),
		keys.Get(keys.Copy).As("copy", "copy the command"),
		keys.Get(keys.Alone).As("", "this region alone, and back"),
		keys.Get(keys.Next).As("", "the other region"), keys.Get(keys.Previous).As("", "the other region"),
		keys.Get(keys.Back).As("", "back to the form"))
	return append(bs, list.Movement()...)
}

func (p *Pane) rowKeys() []keys.Binding {
	open := keys.Get(keys.Open).As("edit", "open the field")
	if r := p.row(); r != nil && (r.kind == adder || r.kind == head && !r.entry.fixed()) {
		open = open.As("add", "add a row")
	} else if r == nil {
		open = open.As("write a policy", "write a policy behind what is there")
	}
	return []keys.Binding{
		open.When(p.refuse), keys.Get(keys.Mark).As("tick", "tick a box").When(p.refuse),
		keys.Get(keys.Move).As("move", "pick the row up; arrows carry, enter drops").When(p.refuseLift),
		keys.Get(keys.Remove).As("remove", "take the row, or the field, out of the file").When(p.refuseRemove),
		keys.Get(keys.Left).As("", "the cell before"), keys.Get(keys.Right).As("", "the next cell"),
	}
}

func (p *Pane) refusePutBack() string {
	if len(p.steps) == 0 && p.disk == nil {
		return "the form is as the file is"
	}
	return p.refuse()
}

// carrying takes a key while a row is carried.
func (p *Pane) carrying(id keys.ID) {
	switch id {
	case keys.Up:
		p.carryTo(p.carried.at - 1)
	case keys.Down:
		p.carryTo(p.carried.at + 1)
	case keys.Home:
		p.carryTo(0)
	case keys.End:
		p.carryTo(p.recordsOf(p.carried.list))
	case keys.Open, keys.Move:
		p.drop(true)
	case keys.Back:
		p.drop(false)
	}
}
