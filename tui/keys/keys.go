// Package keys holds the console's keys as data.
//
// A Binding says which keys do what, how that is shown, and, by Off, why it can't be done now. A pane gives the
// bindings of its focused region; the root looks a key up in them, and the same bindings fill the last row, the help
// and docs/keys.md, so that none of them can say something else than what a key does. One key has one meaning in
// every pane: Table is the whole vocabulary, and a pane takes its bindings from there. Inside each is a binding of
// Bubbles, which components like a text field take as they are. Its own switch stays on: a key that can't be used now
// must still be found, so as to say why.
package keys

import (
	"fmt"

	"charm.land/bubbles/v2/key"
)

// ID names what a key does. It is stable: panes switch on it.
type ID string

// Binding is one thing that keys do.
type Binding struct {
	key.Binding // the keys as Bubble Tea names them, how they are shown, and what they do in full

	ID    ID
	Short string // on the last row; empty: not there
	Acts  bool   // changes the mesh: not for viewers
	Off   func() string
}

// Show is how the keys are written, "↑ k".
func (b Binding) Show() string { return b.Help().Key }

// Long is what they do, as help and docs say it.
func (b Binding) Long() string { return b.Help().Desc }

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
	b.Short = short
	b.SetHelp(b.Show(), long)
	return b
}

// look makes a binding that changes nothing in the mesh, act one that does.
func look(id ID, show, short, long string, on ...string) Binding {
	b := Binding{ID: id, Short: short}
	b.SetKeys(on...)
	b.SetHelp(show, long)
	return b
}

func act(id ID, show, short, long string, on ...string) Binding {
	b := look(id, show, short, long, on...)
	b.Acts = true
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
	Palette  ID = "palette"
	Filter   ID = "filter"
	Named    ID = "filter.named"
	View     ID = "region.view"
	Seek     ID = "next.attention"
	Explain  ID = "explain"
	Move     ID = "move"
	Remove   ID = "remove"
	Compare  ID = "compare"
	Pin      ID = "pin"
	ZoomIn   ID = "zoom.in"
	ZoomOut  ID = "zoom.out"
	Fit      ID = "zoom.fit"
	Retry    ID = "retry"

	Earlier   ID = "time.earlier"
	Later     ID = "time.later"
	PrevEvent ID = "time.previous"
	NextEvent ID = "time.next"
	TypeTime  ID = "time.type"
	Play      ID = "time.play"
	Live      ID = "time.live"

	Add      ID = "node.add"
	Join     ID = "mesh.join"
	Kill     ID = "kill"
	Pause    ID = "pause"
	Drain    ID = "drain"
	Replay   ID = "replay"
	Revoke   ID = "revoke"
	Priority ID = "priority"
	Cap      ID = "cap"
	Batch    ID = "batch"
	Send     ID = "send"
	Write    ID = "policy.write"
	PutBack  ID = "policy.put-back"
	Stage    ID = "policy.stage"
	Listen   ID = "listen"
	Verify   ID = "audit.verify"
	Undo     ID = "undo"

	WordLeft  ID = "field.word-left"
	WordRight ID = "field.word-right"
	Erase     ID = "field.erase"
	Delete    ID = "field.delete"
	EraseWord ID = "field.erase-word"
	Clear     ID = "field.clear"

	CopyCommand ID = "field.copy-command"
)

// Table is every binding of this version, in the order of help.
func Table() []Group {
	return []Group{
		{"Look", []Binding{
			look(Pane1, "1", "", "Mesh", "1"),
			look(Pane2, "2", "", "Runs", "2"),
			look(Pane3, "3", "", "Hopper", "3"),
			look(Pane4, "4", "", "Models", "4"),
			look(Pane5, "5", "", "Policy", "5"),
			look(Pane6, "6", "", "Audit", "6"),
			look(Next, "tab", "", "next region or field", "tab"),
			look(Previous, "shift+tab", "", "previous region or field", "shift+tab"),
			look(Up, "↑ k", "", "up", "up", "k"),
			look(Down, "↓ j", "", "down", "down", "j"),
			look(Left, "← h", "", "left", "left", "h"),
			look(Right, "→ l", "", "right", "right", "l"),
			look(PageUp, "pgup", "", "a page up", "pgup"),
			look(PageDown, "pgdn", "", "a page down", "pgdown"),
			look(HalfUp, "u", "", "half a page up", "u"),
			look(HalfDown, "d", "", "half a page down", "d"),
			look(Home, "home", "", "first", "home"),
			look(End, "end", "", "last", "end"),
			look(Open, "enter", "open", "open", "enter"),
			look(Back, "esc", "close", "one step back", "esc"),
			look(Leave, "q", "", "close the top layer; none open: leave", "q", "ctrl+c"),
			look(Help, "?", "help", "help", "?", "f1"),
			look(Sort, "s", "sort", "sort by the next column", "s"),
			look(Order, "o", "order", "turn the order", "o"),
			look(Alone, "z", "alone", "this region alone, and back", "z"),
			look(Copy, "y", "copy", "copy its reference", "y"),
			look(Mark, "space", "tick", "mark a row, tick a box", "space"),
			look(Palette, ":", "command", "command palette", ":", "ctrl+k", "super+k"),
			look(Filter, "/", "filter", "filter", "/"),
			look(Named, "f", "filters", "named filters", "f"),
			look(View, "v", "view", "next view of the region", "v"),
			look(Seek, "n", "next", "next that wants attention, next match", "n"),
			look(Explain, "e", "explain", "explain: why here, waiting, refused", "e"),
			look(Move, "m", "move", "pick up; arrows carry, enter drops", "m"),
			look(Remove, "del", "remove", "take a row out of the form", "delete", "backspace"),
			look(Compare, "c", "compare", "compare two marked", "c"),
			look(Pin, "p", "pin", "pin, unpin on the canvas", "p"),
			look(ZoomIn, "+", "zoom in", "zoom in", "+", "="),
			look(ZoomOut, "-", "zoom out", "zoom out", "-"),
			look(Fit, "0", "fit", "fit all", "0"),
			look(Retry, "r", "retry", "retry a read, reconnect now", "r"),
		}},
		{"Type", []Binding{
			look(WordLeft, "ctrl+←", "", "a word left", "ctrl+left"),
			look(WordRight, "ctrl+→", "", "a word right", "ctrl+right"),
			look(Erase, "backspace", "", "erase before the cursor", "backspace"),
			look(Delete, "del", "", "erase under the cursor", "delete"),
			look(EraseWord, "ctrl+w", "", "erase the word before the cursor", "ctrl+w", "ctrl+backspace"),
			look(Clear, "ctrl+u", "", "clear the field", "ctrl+u"),
			look(CopyCommand, "ctrl+y", "copy command", "copy the command that does the same", "ctrl+y"),
		}},
		{"Act", []Binding{
			act(Kill, "K", "kill", "kill: the work of a node, a job, a run, an item", "K"),
			act(Pause, "P", "pause", "pause a node; a paused or drained one: resume", "P"),
			act(Drain, "D", "drain", "drain a node", "D"),
			act(Replay, "R", "replay", "replay a node's latest run, a run, a job", "R"),
			act(Revoke, "X", "revoke", "revoke a node; an unused invite at once", "X"),
			act(Priority, "!", "priority", "priority of a hopper item", "!"),
			act(Cap, "C", "cap", "cap what a node or the mesh may cost", "C"),
			act(Batch, "B", "batch", "batch the marked items", "B"),
			act(Send, "S", "send", "send an intent, to a node, to a model", "S"),
			act(Add, "A", "add node", "add a node", "A"),
			act(Join, "J", "join", "join a mesh", "J"),
			act(Write, "W", "write", "write donations.vox", "W"),
			act(PutBack, "Z", "put back", "put the form back to the file", "Z"),
			act(Stage, "T", "stage", "git add donations.vox", "T"),
			act(Listen, "L", "listen", "listen on another address", "L"),
			act(Verify, "V", "verify", "verify the audit log", "V"),
			act(Undo, "U", "undo", "undo your last pause, drain, save, cap", "U"),
		}},
		{"Time", []Binding{
			look(Earlier, "[", "1 s", "a second back", "[", "shift+left"),
			look(Later, "]", "", "a second on", "]", "shift+right"),
			look(PrevEvent, "{", "event", "previous event", "{", "<"),
			look(NextEvent, "}", "", "next event", "}", ">"),
			look(TypeTime, "t", "time", "type a time", "t"),
			look(Play, "x", "play", "play at 1×, 10×, 60×, stop", "x"),
			look(Live, ".", "live", "back to live", "."),
		}},
	}
}

// byID is Table by id, made once: every frame looks keys up. It is never changed.
var byID = func() map[ID]Binding {
	m := map[ID]Binding{}
	for _, g := range Table() {
		for _, b := range g.Bindings {
			m[b.ID] = b
		}
	}
	return m
}()

// Get gives the binding with an id from Table. An unknown id gives a binding without keys.
func Get(id ID) Binding {
	if b, ok := byID[id]; ok {
		return b
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
func Find(bs []Binding, pressed fmt.Stringer) (Binding, bool) {
	for _, b := range bs {
		if key.Matches(pressed, b.Binding) {
			return b, true
		}
	}
	return Binding{}, false
}

// Plain gives what the bindings of some ids match together, without the letters among their keys: for a field, in which
// letters are text.
func Plain(ids ...ID) key.Binding {
	var on []string
	for _, b := range Pick(ids...) {
		for _, k := range b.Keys() {
			if len([]rune(k)) > 1 {
				on = append(on, k)
			}
		}
	}
	return key.NewBinding(key.WithKeys(on...))
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
