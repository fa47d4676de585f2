package policypane

import (
	"fmt"
	"slices"

	"voxmesh/mesh"
	"voxmesh/policy"
	"voxmesh/tui/field"
)

// toggle ticks a box. In a table there is a third state: that the file says nothing.
func (p *Pane) toggle() {
	r, c := p.row(), p.cell()
	if r == nil {
		return
	}
	if why := p.refuse(); why != "" {
		p.says = "space tick: " + why
		return
	}
	if r.entry.fixed() {
		o := op{path: busy, value: "true"}
		if r.kind == record {
			o = op{what: unset, path: busy}
		}
		p.says = p.edit(o)
		return
	}
	if c == nil || c.field.Type != policy.Bool {
		p.says = "space tick: this is no box"
		return
	}
	o := op{path: c.path, field: c.field, value: "true"}
	switch {
	case c.text == "yes":
		o.value = "false"
	case r.kind == record && c.present && c.wrong == "":
		o = op{what: unset, path: c.path, field: c.field}
	}
	p.says = p.edit(o)
}

// remove takes a row of a table out, or a field out of the file.
func (p *Pane) remove() {
	r := p.row()
	if why := p.refuseRemove(); why != "" {
		p.says = "del remove: " + why
		return
	}
	path := r.id
	if r.kind != record || r.entry.fixed() {
		path = r.entry.field.Name
	}
	p.says = p.edit(op{what: unset, path: path})
}

func (p *Pane) refuseRemove() string {
	if why := p.refuse(); why != "" {
		return why
	}
	switch r := p.row(); {
	case r == nil || r.kind == adder:
		return "there is nothing to take out"
	case !r.node.Valid():
		return "the file does not say it"
	}
	return ""
}

// add adds a row to a table: what is known to be right, and the cursor where the rest is typed.
func (p *Pane) add(e *entry) {
	n := p.recordsOf(e.field.Name)
	text, col := "", 0
	switch e.field.Name {
	case peers:
		f := e.sub("peer")
		row := e.field.Name + "+"
		if n == 0 {
			row = e.field.Name
		}
		o := &opened{row: row, cell: place{path: peers + "[]", field: f}, in: field.New("", 0, nil), adds: true}
		o.pick = p.pickerFor(o.cell)
		p.open = o
		p.preview()
		return
	case hours:
		text, col = `{ from: "22:00", to: "07:00" }`, 1
	default:
		kind := p.freeKind(e)
		if kind == "" {
			p.says = "each kind of work has one already"
			return
		}
		text, col = firstPrice(kind)
		if e.field.Name == slots {
			text, col = fmt.Sprintf("{ kind: %s, max_concurrent: 1, weight: %d }", kind, max(policy.MaxWeight-p.weights(), 0)), 0
		}
	}
	if p.says = p.edit(op{path: e.field.Name + "[]", value: text}); p.says != "" {
		return
	}
	p.list.Select(fmt.Sprintf("%s[%d]", e.field.Name, n))
	p.col = col
}

// freeKind is the first kind of work for which a table has no row.
func (p *Pane) freeKind(e *entry) string {
	used := map[string]bool{}
	for _, r := range p.rows {
		if r.kind == record && r.entry.field.Name == e.field.Name {
			used[r.cells[0].text] = true
		}
	}
	i := slices.IndexFunc(policy.Kinds(), func(k string) bool { return !used[k] })
	if i < 0 {
		return ""
	}
	return policy.Kinds()[i]
}

// weights is the sum of the slots' weights.
func (p *Pane) weights() int {
	sum := int64(0)
	for _, r := range p.rows {
		if r.kind == record && r.entry.field.Name == slots && r.cells[2].wrong == "" {
			sum += numberOf(r.cells[2].text)
		}
	}
	return int(sum)
}

// carry is a row of a table that is picked up.
type carry struct {
	list     string
	from, at int
	drag     bool // by the mouse
}

func (p *Pane) refuseLift() string {
	if why := p.refuse(); why != "" {
		return why
	}
	r := p.row()
	if r == nil || r.kind != record || r.entry.fixed() {
		return "only rows of a table move"
	}
	if p.recordsOf(r.entry.field.Name) < 2 {
		return "it is the only one"
	}
	return ""
}

// lift picks the row under the cursor up.
func (p *Pane) lift() {
	if why := p.refuseLift(); why != "" {
		p.says = "m move: " + why
		return
	}
	r := p.row()
	p.carried = &carry{list: r.entry.field.Name, from: r.index, at: r.index}
}

// carryTo shows the file with the row at another place.
func (p *Pane) carryTo(at int) {
	c := p.carried
	at = max(min(at, p.recordsOf(c.list)-1), 0)
	if at == c.at {
		return
	}
	draft := (*step)(nil)
	if at != c.from {
		s, err := p.try(op{what: move, path: fmt.Sprintf("%s[%d]", c.list, c.from), to: at})
		if err != nil {
			p.says = reason(err)
			return
		}
		draft = s
	}
	c.at, p.draft = at, draft
	p.lay()
	p.list.Select(fmt.Sprintf("%s[%d]", c.list, at))
	p.file.follow = true
}

// drop ends a move: the row stays where it was carried, or goes back.
func (p *Pane) drop(keep bool) {
	c, s := p.carried, p.draft
	p.carried, p.draft = nil, nil
	if keep && s != nil {
		p.push(*s)
	} else {
		c.at = c.from
	}
	p.follow()
	p.lay()
	p.list.Select(fmt.Sprintf("%s[%d]", c.list, c.at))
}

// firstPrice is a price to begin with, which is what the mesh says without it, and the cell of its number.
func firstPrice(kind string) (text string, cell int) {
	says := mesh.DefaultPrices()
	field, micros, cell := "usd_per_hour", says.CPUHour, 1
	switch kind {
	case "gpu":
		micros = says.GPUHour
	case "text":
		field, micros, cell = "usd_per_million_tokens", says.TextMTok, 2
	case "embed":
		field, micros, cell = "usd_per_million_tokens", says.EmbedMTok, 2
	}
	return fmt.Sprintf("{ kind: %s, %s: %.2f }", kind, field, float64(micros)/1e6), cell
}
