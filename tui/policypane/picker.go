package policypane

import (
	"slices"
	"strings"

	"voxmesh/policy"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/theme"
)

// picker is what could stand in a field, narrowed by what is typed. In a list of names it is about the last one.
type picker struct {
	all   []string
	left  []string // of all
	at    int      // the one that is chosen; −1: none
	many  bool     // of a list of names
	word  bool     // the last name of the list is being typed
	first bool     // what is typed chooses the first that is left: nothing else can stand there
}

// pickerFor gives what is known for a cell.
func (p *Pane) pickerFor(c place) picker {
	k := picker{at: -1, many: c.field.Type == policy.Texts}
	switch {
	case len(c.field.Choices) > 0:
		k.all = c.field.Choices
	case c.field.Name == "peer", c.field.Name == "allowed_users", c.field.Name == "denied_users":
		k.all = p.known.Peers
	case c.field.Name == "allowed_mesh_networks":
		k.all = p.known.Meshes
	case c.field.Name == "models":
		k.all = p.known.Models
	}
	k.first = c.field.Type == policy.Choice
	k.narrow(c.text)
	if k.first {
		k.left, k.at = k.all, slices.Index(k.all, c.text)
	}
	return k
}

// on gives the option that is chosen.
func (k *picker) on() (string, bool) {
	if k.at < 0 || k.at >= len(k.left) {
		return "", false
	}
	return k.left[k.at], true
}

// typed narrows by the whole text of the field.
func (k *picker) typed(text string) {
	k.word = true
	k.narrow(text)
}

// took goes on after an option was taken into a list.
func (k *picker) took(text string) {
	k.word = false
	k.narrow(text)
}

// narrow leaves what goes with the text: what begins with it first, of a list what is not in it yet.
func (k *picker) narrow(text string) {
	want := ""
	var has []string
	if k.many {
		parts := cutCommas(text)
		if k.word {
			want, parts = parts[len(parts)-1], parts[:len(parts)-1]
		}
		has, _ = readList(strings.Join(parts, ","))
	} else if k.word || k.first {
		want = text
	}
	want = strings.ToLower(strings.TrimSpace(want))
	k.left, k.at = nil, -1
	for _, begins := range []bool{true, false} {
		for _, o := range k.all {
			low := strings.ToLower(o)
			if strings.HasPrefix(low, want) == begins && strings.Contains(low, want) && !slices.Contains(has, o) {
				k.left = append(k.left, o)
			}
		}
	}
	if k.first && want != "" && len(k.left) > 0 {
		k.at = 0
	}
}

// into puts an option into a list line: in the place of the name that is being typed, or behind the others.
func (k *picker) into(line, option string) string {
	parts := cutCommas(line)
	if k.word {
		parts = parts[:len(parts)-1]
	}
	kept := slices.DeleteFunc(slices.Clone(parts), func(s string) bool { return strings.TrimSpace(s) == "" })
	for i, s := range kept {
		kept[i] = strings.TrimSpace(s)
	}
	return strings.Join(append(kept, shown(option, true)), ", ")
}

// move goes to the next option, or the one before; before the first there is none, but where there has to be one.
func (k *picker) move(down bool) {
	if len(k.left) == 0 {
		return
	}
	least := -1
	if k.first {
		least = 0
	}
	if down {
		k.at = min(k.at+1, len(k.left)-1)
		return
	}
	k.at = max(k.at-1, least)
}

// Options that are shown at once, and how wide.
const (
	mostOptions = 6
	optionWidth = 30
)

// drawPicker draws what could stand in the field that is open, under it, or over it where there is no room.
func (p *Pane) drawPicker(b *cell.Buffer) {
	o := p.open
	if o == nil || len(o.pick.left) == 0 || p.at.field.Empty() {
		return
	}
	k := &o.pick
	n := min(len(k.left), mostOptions)
	top := max(min(k.at-n/2, len(k.left)-n), 0)
	r := layout.Rect{X: p.at.field.X - 1, Y: p.at.field.Y + 1, W: min(optionWidth, p.at.main.X+p.at.main.W-p.at.field.X), H: n + 2}
	if r.Y+r.H > p.at.main.Y+p.at.main.H+2 && p.at.field.Y-r.H >= 0 {
		r.Y = p.at.field.Y - r.H
	}
	b.Fill(r.X, r.Y, r.W, r.H, " ", theme.Style{})
	b.Box(r.X, r.Y, r.W, r.H, theme.In(theme.Second))
	for i := range n {
		option, st := k.left[top+i], theme.Style{}
		y := r.Y + 1 + i
		if top+i == k.at {
			st = st.With(theme.Bold | theme.Raised)
			b.Put(r.X+1, y, 1, "▸", st)
		}
		b.Put(r.X+2, y, r.W-3, format.End(option, r.W-3), st)
		p.options.Add(r.X+1, r.X+r.W-1, y, top+i)
	}
	if len(k.left) > n {
		b.Right(r.X+2, r.X+r.W-1, r.Y+r.H-1, " "+format.Position(top, top+n, len(k.left))+" ", theme.In(theme.Second))
	}
}
