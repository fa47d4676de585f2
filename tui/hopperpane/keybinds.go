package hopperpane

import (
	"voxmesh/tui/keys"
	"voxmesh/tui/list"
	"voxmesh/tui/verb"
)

// Keys gives the bindings of the focused region.
func (p *Pane) Keys() []keys.Binding {
	switch {
	case p.filter.Typing():
		return append(p.filter.Keys(), keys.Pick(keys.Up, keys.Down)...)
	case p.empty():
		return p.emptyKeys()
	case p.carry != nil:
		return carryKeys()
	}
	off := func(id keys.ID) func() string {
		return func() string { return verb.Refuse(p.s, id, p.Selected()) }
	}
	open := keys.Get(keys.Open).As("trail", "open the trail of the item; of one that a node has or had, its run")
	if p.view != inbox && p.focus == table {
		open.Short = "run"
	}
	bs := []keys.Binding{
		open,
		keys.Get(keys.Priority).When(off(keys.Priority)),
		keys.Get(keys.Move).As("move", "lift the item: arrows carry it, enter asks, esc puts it back").When(p.offMove),
		keys.Get(keys.Mark).As("mark", "mark the item for a batch").When(p.offMark),
		keys.Get(keys.Batch).As("batch", "let the marked items start as one, and be cancelled as one").When(p.offBatch),
		keys.Get(keys.Kill).As("cancel", "cancel the item, and stop what runs of it").When(off(keys.Kill)),
		keys.Get(keys.Explain).As("explain", "explain: why it waits, where it is, what was decided"),
		keys.Get(keys.Send).As("send intent", "send an intent").When(p.s.Refuse),
		keys.Get(keys.Replay).As("replay", "replay the run of an item that is closed").When(off(keys.Replay)),
		keys.Get(keys.Filter).As("filter", "filter, also by:dev priority:urgent"),
		keys.Get(keys.Seek).As("failed", "next item that failed"),
		keys.Get(keys.Copy).As("copy", "copy its id"),
		keys.Get(keys.Sort).When(p.offSort), keys.Get(keys.Order).As("", "turn the order").When(p.offSort),
		keys.Get(keys.Left).As("", "the list at the left"), keys.Get(keys.Right).As("", "the list at the right"),
		keys.Get(keys.View).As("", "the next list"),
		keys.Get(keys.Alone).As("", "this region alone, and back"),
		keys.Get(keys.Next).As("", "the other region"), keys.Get(keys.Previous).As("", "the other region"),
		keys.Get(keys.Back).As("", "end alone, take the marks away, clear the filter"),
	}
	if p.s.Viewer { // carrying and marking serve only what the role lacks
		for i := range bs {
			if bs[i].ID == keys.Move || bs[i].ID == keys.Mark {
				bs[i].Short = ""
			}
		}
	}
	if p.trail.err != nil {
		bs = append(bs, keys.Get(keys.Retry).As("retry", "read the trail again"))
	}
	return append(bs, list.Movement()...)
}

func (p *Pane) offSort() string {
	if p.view == inbox {
		return "the inbox has one order: what starts next is first"
	}
	return ""
}
