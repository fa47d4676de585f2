package meshpane

import (
	"voxmesh/mesh"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/list"
	"voxmesh/tui/verb"
)

// Keys gives the bindings of the focused region.
func (p *Pane) Keys() []keys.Binding {
	switch {
	case p.bare():
		return p.empty.keys(p.s)
	case p.filter.Typing():
		return p.filter.Keys()
	}
	open := keys.Get(keys.Open).As("open", "into the inspector")
	if p.focus == layout.Inspector {
		open = keys.Get(keys.Open).As("open", "open the job or model, or go to the moment")
	}
	bs := []keys.Binding{open}
	for _, id := range []keys.ID{keys.Pause, keys.Drain, keys.Kill, keys.Replay, keys.Add, keys.Revoke, keys.Cap} {
		bs = append(bs, p.verb(id))
	}
	bs = append(bs, keys.Get(keys.Explain))
	if p.focus == layout.Graph {
		bs = append(bs, keys.Pick(keys.Pin, keys.Move, keys.ZoomIn, keys.ZoomOut, keys.Fit, keys.Left, keys.Right)...)
	} else if p.focus == layout.List {
		bs = append(bs, keys.Pick(keys.Sort, keys.Order)...)
	}
	bs = append(bs, p.verb(keys.Send))
	bs = append(bs, keys.Pick(keys.Filter, keys.Seek)...)
	if !p.arranged().Both() {
		bs = append(bs, keys.Get(keys.View).As("view", "graph or nodes"))
	}
	bs = append(bs, keys.Pick(keys.Copy, keys.Alone)...)
	bs = append(bs, keys.Get(keys.Next).As("", "next region"), keys.Get(keys.Previous).As("", "previous region"))
	bs = append(bs, list.Movement()...)
	return append(bs, keys.Get(keys.Back).As("", "one step back"))
}

// verb is the binding of an act on what is selected, with the reason where it can't be done. Pausing what is paused is
// called by its name.
func (p *Pane) verb(id keys.ID) keys.Binding {
	b := keys.Get(id).When(func() string { return verb.Refuse(p.s, id, p.Selected()) })
	if id == keys.Pause && verb.Name(p.s, id, p.Selected()) == mesh.ActResume {
		b = b.As("resume", "resume: take work again")
	}
	return b
}
