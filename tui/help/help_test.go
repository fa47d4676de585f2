package help

import (
	"testing"

	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// The word that the last row shows for a key finds it, whatever its sentence says.
func TestSearchFindsTheShortWord(t *testing.T) {
	l := New("Hopper", []keys.Binding{
		keys.Get(keys.Move).As("move", "lift the item: arrows carry it"), keys.Get(keys.Kill).As("cancel", "stop what runs of it"),
	}, nil)
	l.Update(pane.Do{ID: keys.Filter})
	l.Update(tea.PasteMsg{Content: "move"})
	if got := l.found(l.here); len(got) != 1 || got[0].ID != keys.Move {
		t.Errorf("found %v", got)
	}
}
