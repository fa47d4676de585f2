package policypane

import (
	"fmt"
	"slices"

	"voxmesh/policy"
	"voxmesh/policy/syntax"
)

// rowKind is what a row of the form is.
type rowKind uint8

const (
	single rowKind = iota // a field of the policy
	head                  // of a table: its columns; without rows it says what that means
	record                // a row of a table
	adder                 // the row that adds one
)

// place is a cell of a row: a field in the file, there or not.
type place struct {
	path  string
	field policy.Field
	node  syntax.Node // of the field or, where it has none, the value; absent: not in the file
	value
	was     string
	changed bool
}

// formRow is a row of the form.
type formRow struct {
	id     string
	kind   rowKind
	entry  *entry
	index  int // of a record
	cells  []place
	node   syntax.Node // the field, or the element
	fresh  bool        // a record that the file on disk has not
	moved  bool
	empty  bool   // of a table: it has no rows
	says   string // of an empty table
	worst  int    // its gravest problem, as an index; −1: none
	gapped bool
}

// fixed reports whether a record is not to be added, moved: there is one at most.
func (e *entry) fixed() bool { return e.field.Type == policy.Record }

// lay makes the rows of the form anew from the file as it is shown.
func (p *Pane) lay() {
	now, was := p.of(p.now()), p.of(p.base)
	if now == nil {
		return
	}
	p.rows = p.rows[:0]
	for i := range p.entries {
		if !now.Block().Valid() {
			break // nothing is in the file that a form could be about
		}
		e := &p.entries[i]
		n, o := now.Block().Field(e.field.Name), was.Block().Field(e.field.Name)
		if e.table == nil {
			p.rows = append(p.rows, singleRow(e, n, o))
		} else {
			p.rows = append(p.rows, tableRows(e, n, o)...)
		}
	}
	p.problems = p.findProblems(now)
	p.mark(now)
	ids := make([]string, 0, len(p.rows))
	for _, r := range p.rows {
		ids = append(ids, r.id)
	}
	p.list.Keep(true)
	p.list.Set(ids)
	p.settle(1)
}

func singleRow(e *entry, n, was syntax.Node) formRow {
	c := placeOf(e.field, e.field.Name, n, was)
	return formRow{id: e.field.Name, entry: e, cells: []place{c}, node: n, worst: -1, gapped: e.gap}
}

func placeOf(f policy.Field, path string, n, was syntax.Node) place {
	c := place{path: path, field: f, node: n, value: read(f, n.Value())}
	old := read(f, was.Value())
	c.was, c.changed = old.text, old.present != c.present || old.text != c.text
	return c
}

func tableRows(e *entry, n, was syntax.Node) []formRow {
	h := formRow{id: e.field.Name, kind: head, entry: e, node: n, worst: -1, gapped: e.gap}
	if e.fixed() {
		return recordRows(e, h, n, was)
	}
	v := n.Value()
	es, olds := elements(v), elements(was.Value())
	pairs := pair(es, olds)
	rows := []formRow{h}
	for i, el := range es {
		r := formRow{id: fmt.Sprintf("%s[%d]", h.id, i), kind: record, entry: e, index: i, node: el, worst: -1}
		var old syntax.Node
		if pairs[i] >= 0 {
			old = olds[pairs[i]]
			r.moved = len(es) == len(olds) && pairs[i] != i
		} else {
			r.fresh = true
		}
		for _, c := range e.table {
			r.cells = append(r.cells, placeOf(e.sub(c.field), r.id+"."+c.field, el.Field(c.field), old.Field(c.field)))
		}
		rows = append(rows, r)
	}
	if len(es) == 0 {
		rows[0].empty, rows[0].says = true, e.absent
		if v.Valid() {
			rows[0].says = e.empty()
			if v.Kind() != syntax.ListNode {
				rows[0].says = raw(v)
			}
		}
		return rows
	}
	return append(rows, formRow{id: h.id + "+", kind: adder, entry: e, index: len(es), worst: -1})
}

// recordRows are those of a field that is one record, or true for the usual one.
func recordRows(e *entry, h formRow, n, was syntax.Node) []formRow {
	v := n.Value()
	text := string(v.Text())
	if !v.Valid() || v.Kind() != syntax.RecordNode && text != "true" {
		h.empty, h.says = true, e.absent
		if v.Valid() && text != "false" {
			h.says = raw(v)
		}
		return []formRow{h}
	}
	r := formRow{id: h.id + ".", kind: record, entry: e, node: n, worst: -1, fresh: !was.Valid()}
	for _, c := range e.table {
		f := e.sub(c.field)
		cell := placeOf(f, h.id+"."+c.field, v.Field(c.field), was.Value().Field(c.field))
		if v.Kind() != syntax.RecordNode {
			cell.text = usual(c.field)
		}
		r.cells = append(r.cells, cell)
	}
	return []formRow{h, r}
}

// usual is what `pause_when_busy: true` means for a field.
func usual(field string) string {
	y := policy.DefaultYield()
	return fmt.Sprint(map[string]int{
		"cpu_percent": y.CPUPercent, "gpu_percent": y.GPUPercent, "input_secs": y.InputSecs, "grace_secs": y.GraceSecs,
	}[field])
}

func elements(list syntax.Node) []syntax.Node {
	if list.Kind() != syntax.ListNode {
		return nil
	}
	var out []syntax.Node
	for e := range list.Children() {
		if e.Kind() != syntax.ErrorNode {
			out = append(out, e)
		}
	}
	return out
}

// mostPaired bounds the tables of which rows are looked for that moved; in longer ones a row is compared with that in
// its place.
const mostPaired = 200

// pair gives for each element the one that it was: of the same name or, without one, of the same bytes; else the one in
// its place, where nobody else was that. −1: it is new.
func pair(now, was []syntax.Node) []int {
	out := make([]int, len(now))
	for i := range out {
		out[i] = -1
	}
	if len(now) > mostPaired || len(was) > mostPaired {
		for i := range min(len(now), len(was)) {
			out[i] = i
		}
		return out
	}
	taken := make([]bool, len(was))
	match := func(same func(a, b syntax.Node) bool) {
		for i, a := range now {
			if out[i] >= 0 {
				continue
			}
			if i < len(was) && !taken[i] && same(a, was[i]) {
				out[i], taken[i] = i, true
				continue
			}
			for j, b := range was {
				if !taken[j] && same(a, b) {
					out[i], taken[j] = j, true
					break
				}
			}
		}
	}
	match(func(a, b syntax.Node) bool { return string(a.Text()) == string(b.Text()) })
	match(func(a, b syntax.Node) bool { return keyOf(a) != "" && keyOf(a) == keyOf(b) })
	for i := range now {
		if i < len(was) && out[i] < 0 && !taken[i] {
			out[i], taken[i] = i, true
		}
	}
	return out
}

// row is the one under the cursor; nil where there is none.
func (p *Pane) row() *formRow {
	if at := p.list.At(); at < len(p.rows) {
		return &p.rows[at]
	}
	return nil
}

// cell is the one under the cursor.
func (p *Pane) cell() *place {
	r := p.row()
	if r == nil || len(r.cells) == 0 {
		return nil
	}
	return &r.cells[min(max(p.col, 0), len(r.cells)-1)]
}

// stops reports whether the cursor can stand on a row: not on the heads over others.
func (r *formRow) stops() bool { return r.kind != head || r.empty }

// settle moves the cursor off a head: on by way, or back where there is nothing.
func (p *Pane) settle(way int) {
	at := p.list.At()
	for _, w := range []int{way, -way} {
		for i := at; i >= 0 && i < len(p.rows); i += w {
			if p.rows[i].stops() {
				p.list.Select(p.rows[i].id)
				return
			}
		}
	}
}

// find gives the row of a path: its own, or that of the element or the field which it is in.
func (p *Pane) find(path string) int {
	return slices.IndexFunc(p.rows, func(r formRow) bool {
		return r.stops() && (r.id == path || slices.ContainsFunc(r.cells, func(c place) bool { return c.path == path }))
	})
}
