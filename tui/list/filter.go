package list

import (
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/cell"
	"voxmesh/tui/field"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/theme"
)

// Fields is what a row can be found by: Text is everything that it shows, and the rest its named parts. Age is how old
// it is; below zero: it has none.
type Fields struct {
	Text   string
	Node   string
	Status string
	Class  string
	Model  string
	Age    time.Duration
	Also   func(name string) string // the parts that the filter was told of by Know
}

// Filter narrows a list: words that a row must have, in any column and in any case, and named parts, node: status:
// class: model: age:<1h. The zero value lets everything through.
type Filter struct {
	typing bool
	in     field.Text
	was    string // kept before it was opened
	text   string
	parts  []part
	also   []string
}

type part struct {
	name string
	want string
	age  time.Duration
	less bool
}

// Know adds named parts: of each row they are what Fields.Also says.
func (f *Filter) Know(names ...string) { f.also = append(f.also, names...) }

// Text is what was typed.
func (f *Filter) Text() string { return f.text }

// Typing reports whether its field is open.
func (f *Filter) Typing() bool { return f.typing }

// maxFilter is the longest filter, in characters.
const maxFilter = 120

// Open opens the field.
func (f *Filter) Open() {
	f.typing, f.was = true, f.text
	f.in = field.New(f.text, maxFilter, nil)
}

// Set makes text the filter, as if it had been typed and kept.
func (f *Filter) Set(text string) {
	f.typing = false
	f.parse(text)
}

// Do takes a binding while the field is open, and gives whether the list is narrowed in another way now. Enter keeps
// the filter, esc puts the one before back.
func (f *Filter) Do(id keys.ID, k tea.KeyPressMsg) bool {
	before := f.text
	switch id {
	case keys.Open:
		f.typing = false
	case keys.Back:
		f.typing = false
		f.parse(f.was)
	case keys.Clear:
		f.in.Set("")
		f.parse("")
	default:
		f.in.Key(k)
		f.parse(f.in.Value())
	}
	return f.text != before
}

// Type takes a typed letter, and gives whether the list is narrowed in another way now.
func (f *Filter) Type(k tea.KeyPressMsg) bool { return f.Do("", k) }

// Paste takes pasted text.
func (f *Filter) Paste(s string) bool {
	before := f.text
	f.in.Paste(s)
	f.parse(f.in.Value())
	return f.text != before
}

// Clear takes the filter away, and reports whether there was one.
func (f *Filter) Clear() bool {
	had := f.text != ""
	f.Set("")
	return had
}

// Keys are the bindings while the field is open.
func (f *Filter) Keys() []keys.Binding {
	return append([]keys.Binding{
		keys.Get(keys.Open).As("keep", "keep the filter and go to the rows"),
		keys.Get(keys.Back).As("put back", "put the filter back"),
	}, field.Keys()...)
}

// Draw writes the filter into a border row, from column x on: its field while it is open, else what is kept, and gives
// the column after it.
func (f *Filter) Draw(b *cell.Buffer, r layout.Rect, x, y int) int {
	room := r.X + r.W - 2 - x
	switch {
	case room < 4:
		return x
	case f.typing:
		w := min(room-2, 24)
		b.Fill(x, y, w+2, 1, " ", theme.Style{})
		b.Put(x, y, 1, "/", theme.In(theme.Text).With(theme.Bold))
		f.in.Draw(b, x+1, y, w, true)
		return x + w + 2
	}
	return x
}

func (f *Filter) parse(text string) {
	f.text, f.parts = text, nil
	for _, w := range strings.Fields(strings.ToLower(text)) {
		name, want, ok := strings.Cut(w, ":")
		switch {
		case ok && name == "age":
			p := part{name: name, less: !strings.HasPrefix(want, ">")}
			d, err := time.ParseDuration(strings.TrimLeft(want, "<>"))
			if err != nil {
				continue // half typed: it narrows nothing yet
			}
			p.age = d
			f.parts = append(f.parts, p)
		case ok && (name == "node" || name == "status" || name == "class" || name == "model" || slices.Contains(f.also, name)):
			f.parts = append(f.parts, part{name: name, want: want})
		default:
			f.parts = append(f.parts, part{want: w})
		}
	}
}

// Matches reports whether a row stays.
func (f *Filter) Matches(r Fields) bool {
	for _, p := range f.parts {
		if !p.matches(r) {
			return false
		}
	}
	return true
}

func (p part) matches(r Fields) bool {
	has := func(s string) bool { return strings.Contains(strings.ToLower(s), p.want) }
	switch p.name {
	case "node":
		return has(r.Node)
	case "status":
		return has(r.Status)
	case "class":
		return has(r.Class)
	case "model":
		return has(r.Model)
	case "age":
		return r.Age >= 0 && (r.Age < p.age) == p.less
	}
	if p.name != "" {
		return r.Also != nil && has(r.Also(p.name))
	}
	return has(r.Text) || has(r.Node) || has(r.Status) || has(r.Class) || has(r.Model)
}
