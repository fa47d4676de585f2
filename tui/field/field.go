// Package field is one line that is typed in.
//
// Bubbles does what keys do to the text; here it is drawn into cells. What is typed or pasted is cleaned before it is
// taken: a paste can hold anything. Nothing blinks, so that a screen on which nothing changes sends nothing, and the
// clipboard is that of whoever is here, never the one of the machine on which the host runs.
package field

import (
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/clean"
	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/theme"
)

// Text is a field that is typed in: Bubbles' text input for what keys do to it, drawn into cells here.
type Text struct {
	in   textinput.Model
	take func(rune) bool // what it takes; nil: everything that can be shown
}

// New makes a field with a text in it, of at most limit characters. take says which signs it takes; nil: all that can be
// shown.
func New(value string, limit int, take func(rune) bool) Text {
	in := textinput.New()
	in.CharLimit = limit
	in.KeyMap = editing()
	in.SetVirtualCursor(false) // no blinking: a screen where nothing changes sends nothing
	in.SetValue(value)
	in.Focus()
	return Text{in, take}
}

// editing is what keys do in a field. Of the keys that Bubbles would bind those are left out that the console never
// binds, and its own paste: that would read the clipboard of the host, not of whoever is here.
func editing() textinput.KeyMap {
	return textinput.KeyMap{
		CharacterForward:        keys.Plain(keys.Right),
		CharacterBackward:       keys.Plain(keys.Left),
		WordForward:             keys.Plain(keys.WordRight),
		WordBackward:            keys.Plain(keys.WordLeft),
		LineStart:               keys.Plain(keys.Home),
		LineEnd:                 keys.Plain(keys.End),
		DeleteCharacterBackward: keys.Plain(keys.Erase),
		DeleteCharacterForward:  keys.Plain(keys.Delete),
		DeleteWordBackward:      keys.Plain(keys.EraseWord),
	}
}

// Keys are the bindings that a field takes.
func Keys() []keys.Binding {
	return keys.Pick(keys.Left, keys.Right, keys.Home, keys.End, keys.WordLeft, keys.WordRight,
		keys.Erase, keys.Delete, keys.EraseWord, keys.Clear)
}

// Value is the text.
func (t *Text) Value() string { return t.in.Value() }

// Set gives it another text, with the cursor behind it.
func (t *Text) Set(s string) {
	t.in.SetValue(s)
	t.in.CursorEnd()
}

// Key takes what was pressed. What it types is cleaned, as a paste is.
func (t *Text) Key(k tea.KeyPressMsg) {
	if k.Text != "" {
		t.Paste(k.Text)
		return
	}
	t.in, _ = t.in.Update(k)
}

// Paste takes typed or pasted text at the cursor. It is cleaned: a paste can hold anything.
func (t *Text) Paste(s string) {
	s = clean.Line(s).String()
	if t.take != nil {
		s = strings.Map(func(r rune) rune {
			if t.take(r) {
				return r
			}
			return -1
		}, s)
	}
	t.in, _ = t.in.Update(tea.PasteMsg{Content: s})
}

// Draw writes the part of the text round the cursor, at most w columns. The cursor is a bar behind the text, and
// inside of it the sign that it stands on, reversed.
func (t *Text) Draw(b *cell.Buffer, x, y, w int, typing bool) {
	value := []rune(t.in.Value())
	at := len(value)
	if typing {
		at = t.in.Position()
	}
	before, rest := string(value[:at]), string(value[at:])
	if typing {
		w-- // of the bar
	}
	before = ansi.TruncateLeft(before, max(ansi.StringWidth(before)-w, 0), "")
	end := x + w
	x = b.Put(x, y, end-x, before, theme.Style{})
	switch {
	case typing && rest == "":
		b.Put(x, y, 1, "▏", theme.In(theme.Text))
	case typing:
		under, _ := ansi.FirstGraphemeCluster(rest, ansi.GraphemeWidth)
		x = b.Put(x, y, end+1-x, under, theme.In(theme.Text).With(theme.Reverse))
		b.Put(x, y, end+1-x, rest[len(under):], theme.Style{})
	default:
		b.Put(x, y, end-x, rest, theme.Style{})
	}
}
