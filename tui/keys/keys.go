// Package keys holds the console's keys as data.
//
// A Binding says which keys do what, how that is shown, and, by Off, why it can't be done now. A pane gives the
// bindings of its focused region; the root looks a key up in them, and the same bindings fill the last row, the help
// and docs/keys.md, so that none of them can say something else than what a key does. One key has one meaning in
// every pane: Table is the whole vocabulary, and a pane takes its bindings from there.
package keys

import "slices"

// ID names what a key does. It is stable: panes switch on it.
type ID string

// Binding is one thing that keys do.
type Binding struct {
	ID    ID
	Keys  []string // as Bubble Tea names them
	Show  string   // as they are shown, "↑ ↓"
	Short string   // on the last row; empty: not there
	Long  string   // in help and docs
	Acts  bool     // changes the mesh: not for viewers
	Off   func() string
}

// Reason says why the binding can't be used now; empty where it can.
func (b Binding) Reason() string {
	if b.Off == nil {
		return ""
	}
	return b.Off()
}

// When gives a copy that is off for the reason that f gives.
func (b Binding) When(f func() string) Binding {
	b.Off = f
	return b
}

// As gives a copy with other words: what the same meaning is called here.
func (b Binding) As(short, long string) Binding {
	b.Short, b.Long = short, long
	return b
}

// Group is a part of the vocabulary.
type Group struct {
	Name     string
	Bindings []Binding
}

// The ids.
const (
	Pane1    ID = "pane.mesh"
	Pane2    ID = "pane.runs"
	Pane3    ID = "pane.hopper"
	Pane4    ID = "pane.models"
	Pane5    ID = "pane.policy"
	Pane6    ID = "pane.audit"
	Next     ID = "region.next"
	Previous ID = "region.previous"
	Up       ID = "move.up"
	Down     ID = "move.down"
	Left     ID = "move.left"
	Right    ID = "move.right"
	PageUp   ID = "move.page-up"
	PageDown ID = "move.page-down"
	HalfUp   ID = "move.half-up"
	HalfDown ID = "move.half-down"
	Home     ID = "move.first"
	End      ID = "move.last"
	Open     ID = "open"
	Back     ID = "back"
	Leave    ID = "leave"
	Help     ID = "help"
	Sort     ID = "sort.next"
	Order    ID = "sort.order"
	Alone    ID = "region.alone"
	Copy     ID = "copy"
	Mark     ID = "mark"
	Add      ID = "node.add"
	Revoke   ID = "revoke"
	Clear    ID = "field.clear"
)

// Table is every binding of this version, in the order of help.
func Table() []Group {
	return []Group{
		{"Look", []Binding{
			{ID: Pane1, Keys: []string{"1"}, Show: "1", Long: "Mesh"},
			{ID: Pane2, Keys: []string{"2"}, Show: "2", Long: "Runs"},
			{ID: Pane3, Keys: []string{"3"}, Show: "3", Long: "Hopper"},
			{ID: Pane4, Keys: []string{"4"}, Show: "4", Long: "Models"},
			{ID: Pane5, Keys: []string{"5"}, Show: "5", Long: "Policy"},
			{ID: Pane6, Keys: []string{"6"}, Show: "6", Long: "Audit"},
			{ID: Next, Keys: []string{"tab"}, Show: "tab", Long: "next region or field"},
			{ID: Previous, Keys: []string{"shift+tab"}, Show: "shift+tab", Long: "previous region or field"},
			{ID: Up, Keys: []string{"up", "k"}, Show: "↑ k", Long: "up"},
			{ID: Down, Keys: []string{"down", "j"}, Show: "↓ j", Long: "down"},
			{ID: Left, Keys: []string{"left", "h"}, Show: "← h", Long: "left"},
			{ID: Right, Keys: []string{"right", "l"}, Show: "→ l", Long: "right"},
			{ID: PageUp, Keys: []string{"pgup"}, Show: "pgup", Long: "a page up"},
			{ID: PageDown, Keys: []string{"pgdown"}, Show: "pgdn", Long: "a page down"},
			{ID: HalfUp, Keys: []string{"u"}, Show: "u", Long: "half a page up"},
			{ID: HalfDown, Keys: []string{"d"}, Show: "d", Long: "half a page down"},
			{ID: Home, Keys: []string{"home"}, Show: "home", Long: "first"},
			{ID: End, Keys: []string{"end"}, Show: "end", Long: "last"},
			{ID: Open, Keys: []string{"enter"}, Show: "enter", Short: "open", Long: "open"},
			{ID: Back, Keys: []string{"esc"}, Show: "esc", Short: "close", Long: "one step back"},
			{ID: Leave, Keys: []string{"q", "ctrl+c"}, Show: "q", Long: "close the top layer; none open: leave"},
			{ID: Help, Keys: []string{"?", "f1"}, Show: "?", Short: "help", Long: "help"},
			{ID: Sort, Keys: []string{"s"}, Show: "s", Short: "sort", Long: "sort by the next column"},
			{ID: Order, Keys: []string{"o"}, Show: "o", Short: "order", Long: "turn the order"},
			{ID: Alone, Keys: []string{"z"}, Show: "z", Short: "alone", Long: "this region alone, and back"},
			{ID: Copy, Keys: []string{"y"}, Show: "y", Short: "copy", Long: "copy its reference"},
			{ID: Mark, Keys: []string{"space"}, Show: "space", Short: "tick", Long: "mark a row, tick a box"},
			{ID: Clear, Keys: []string{"ctrl+u"}, Show: "ctrl+u", Long: "clear the field"},
		}},
		{"Act", []Binding{
			{ID: Add, Keys: []string{"A"}, Show: "A", Short: "add node", Long: "add a node", Acts: true},
			{ID: Revoke, Keys: []string{"X"}, Show: "X", Short: "revoke", Long: "revoke an unused invite, at once", Acts: true},
		}},
	}
}

// Get gives the binding with an id from Table. An unknown id gives a binding without keys.
func Get(id ID) Binding {
	for _, g := range Table() {
		for _, b := range g.Bindings {
			if b.ID == id {
				return b
			}
		}
	}
	return Binding{ID: id}
}

// Pick gives several.
func Pick(ids ...ID) []Binding {
	out := make([]Binding, len(ids))
	for i, id := range ids {
		out[i] = Get(id)
	}
	return out
}

// Find looks a key up.
func Find(bs []Binding, key string) (Binding, bool) {
	for _, b := range bs {
		if slices.Contains(b.Keys, key) {
			return b, true
		}
	}
	return Binding{}, false
}

// Never are the keys that are bound to nothing, with the reason.
func Never() map[string]string {
	m := map[string]string{
		"ctrl+a": "screen's own", "ctrl+b": "tmux's own", "ctrl+s": "flow control", "ctrl+q": "flow control",
		"ctrl+z": "suspends", "ctrl+h": "is backspace", "ctrl+i": "is tab", "ctrl+j": "is enter", "ctrl+m": "is enter",
		"ctrl+[": "is esc",
	}
	for c := 'a'; c <= 'z'; c++ {
		m["alt+"+string(c)] = "an escape prefix on slow lines"
	}
	return m
}
