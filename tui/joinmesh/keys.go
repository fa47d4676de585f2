package joinmesh

import (
	"voxmesh/tui/field"
	"voxmesh/tui/keys"
)

// Keys gives the bindings of where the layer stands.
func (l *Layer) Keys() []keys.Binding {
	back := keys.Get(keys.Back).As("close", "close; nothing was changed")
	if Refuse(l.joiner) != "" {
		return []keys.Binding{back}
	}
	switch l.step {
	case asking:
		return append([]keys.Binding{
			keys.Get(keys.Open).As("look", "look at what it asks for; nothing is sent").When(l.s.Refuse),
			keys.Get(keys.Next).As("next field", "next field"),
			keys.Get(keys.CopyCommand), back, keys.Get(keys.Previous).As("", "previous field"),
			keys.Get(keys.Up), keys.Get(keys.Down),
		}, l.editing()...)
	case looking:
		return []keys.Binding{keys.Get(keys.Back).As("back", "look no longer")}
	case choosing:
		return l.choosingKeys()
	case joining:
		busy := func() string { return "joining is on its way" }
		return []keys.Binding{keys.Get(keys.Back).As("close", "close").When(busy), keys.Get(keys.Open).As("", "join").When(busy)}
	}
	return append([]keys.Binding{
		keys.Get(keys.Open).As("policy", "to Policy: what this machine gives"), keys.Get(keys.CopyCommand),
		keys.Get(keys.Back).As("close", "close"),
	}, moving()...)
}

func (l *Layer) choosingKeys() []keys.Binding {
	open := keys.Get(keys.Open).As("join", "join this mesh").When(l.off)
	if l.focus == theBack {
		open = keys.Get(keys.Open).As("back", "back to the link")
	}
	again := func() string {
		if l.where == "" {
			return "the invite expired: ask for a new one"
		}
		return ""
	}
	return append([]keys.Binding{
		open, keys.Get(keys.Next).As("other button", "other button"),
		keys.Get(keys.Retry).As("look again", "look at the host again").When(again), keys.Get(keys.CopyCommand),
		keys.Get(keys.Back).As("back", "back to the link; nothing was changed"),
		keys.Get(keys.Previous).As("", "other button"), keys.Get(keys.Left), keys.Get(keys.Right),
	}, moving()...)
}

func moving() []keys.Binding {
	return keys.Pick(keys.Up, keys.Down, keys.PageUp, keys.PageDown, keys.Home, keys.End)
}

// editing are the keys of the field that has the focus. The link can't be seen, so there is no moving about in it.
func (l *Layer) editing() []keys.Binding {
	if l.focus == theLabel {
		return field.Keys()
	}
	return keys.Pick(keys.Erase, keys.EraseWord, keys.Clear)
}
