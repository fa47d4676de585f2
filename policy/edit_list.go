package policy

import (
	"slices"
	"strings"

	"voxmesh/policy/syntax"
)

// setList makes a list say v. Elements that say the same, or have the same key, stay; where only their order is another
// one they change places. Of what stands between those that stay, as many as there are become the new ones, then some are
// added or removed.
func (d *draft) setList(at []spot, f Field, v val) (val, error) {
	was, now := signs(f, readAt(d.node(at)).items), signs(f, v.items)
	if err := d.reorder(at, was, now); err != nil {
		return val{}, err
	}
	p := planList(was, now)
	out := listVal(slices.Clone(v.items)...)
	if err := d.setPairs(at, elementOf(f), p.to, out.items); err != nil {
		return val{}, err
	}
	var edits []syntax.Edit
	for _, s := range p.added {
		add, err := d.insertion(value(d.node(at)), s.before, f, v.items[s.from:s.to])
		if err != nil {
			return val{}, err
		}
		edits = append(edits, add...)
	}
	if len(edits) > 0 {
		if err := d.apply(edits...); err != nil {
			return val{}, err
		}
	}
	return out, d.removeAll(at, p.gone())
}

// listPlan is what becomes of the elements of a list.
type listPlan struct {
	to    []int   // which new element each becomes, or -1
	added []added // in order
}

// added are the new elements [from, to), before an old one.
type added struct{ before, from, to int }

func planList(was, now []string) listPlan {
	p := listPlan{to: make([]int, len(was))}
	i, j := 0, 0
	for _, pair := range append(pairUp(was, now), [2]int{len(was), len(now)}) {
		for ; i < pair[0] && j < pair[1]; i, j = i+1, j+1 {
			p.to[i] = j
		}
		for ; i < pair[0]; i++ {
			p.to[i] = -1
		}
		if j < pair[1] {
			p.added = append(p.added, added{i, j, pair[1]})
		}
		if i < len(was) {
			p.to[i] = pair[1]
		}
		i, j = pair[0]+1, pair[1]+1
	}
	return p
}

// gone gives the elements to remove, by their indexes once the new ones are there.
func (p listPlan) gone() []int {
	var out []int
	more, next := 0, 0
	for i, to := range p.to {
		for ; next < len(p.added) && p.added[next].before <= i; next++ {
			more += p.added[next].to - p.added[next].from
		}
		if to < 0 {
			out = append(out, i+more)
		}
	}
	return out
}

// reorder brings the elements of a list into another order, if they are the same ones.
func (d *draft) reorder(at []spot, was, now []string) error {
	const most = 256 // each move reads the file again
	if len(was) != len(now) || len(was) > most || slices.Equal(was, now) || !slices.Equal(slices.Sorted(slices.Values(was)), slices.Sorted(slices.Values(now))) {
		return nil
	}
	for i := range now {
		j := i + slices.Index(was[i:], now[i])
		if j == i {
			continue
		}
		if err := d.apply(d.node(element(at, j)).MoveTo(i)...); err != nil {
			return err
		}
		copy(was[i+1:j+1], was[i:j])
		was[i] = now[i]
	}
	return nil
}

// setPairs makes each element i of a list say want[to[i]], and puts into want what it says then. They go in step, so that
// the file is read as often as one of them takes.
func (d *draft) setPairs(at []spot, f Field, to []int, want []val) error {
	for range mostSteps {
		var edits []syntax.Edit
		all := elements(value(d.node(at)))
		if len(all) != len(to) { // what is broken in it was read otherwise then
			return d.apply()
		}
		for i, e := range all {
			if to[i] < 0 {
				continue
			}
			more, err := nextStep(e, f, want[to[i]])
			if err != nil {
				return err
			}
			edits = append(edits, more...)
		}
		if len(edits) == 0 {
			break
		}
		if err := d.apply(edits...); err != nil {
			return err
		}
	}
	for i, e := range elements(value(d.node(at))) {
		if i >= len(to) || to[i] < 0 {
			continue
		}
		if v := want[to[i]]; same(f, readNode(e), v) {
			want[to[i]] = withUnknown(f, v, readNode(e))
			continue
		}
		got, err := d.set(element(at, i), f, want[to[i]]) // what has lists in it
		if err != nil {
			return err
		}
		want[to[i]] = got
	}
	return nil
}

// removeAll removes elements of a list. Those that are no neighbours go at one time.
func (d *draft) removeAll(at []spot, gone []int) error {
	const most = 1 << 12 // finding the neighbours of each costs
	if list := value(d.node(at)); len(gone) > most && len(gone) == countOf(list) {
		return d.apply(list.Replace("[]"))
	}
	if len(gone) > most {
		return unsound("so many elements cannot be taken out at one time", "edit the list by hand")
	}
	for len(gone) > 0 {
		var left []int
		var edits []syntax.Edit
		all := elements(value(d.node(at)))
		last, taken := -2, 0
		for _, i := range gone {
			if i == last+1 {
				left = append(left, i-taken)
				last = -2
				continue
			}
			if i >= len(all) {
				return d.apply()
			}
			cut, err := sure(all[i].Remove())
			if err != nil {
				return err
			}
			edits = append(edits, cut...)
			last, taken = i, taken+1
		}
		if err := d.apply(edits...); err != nil {
			return err
		}
		gone = left
	}
	return nil
}

// elements gives the elements of a list, without what could not be read.
func elements(list syntax.Node) []syntax.Node {
	var out []syntax.Node
	for e := range list.Children() {
		if e.Kind() != syntax.ErrorNode {
			out = append(out, e)
		}
	}
	return out
}

func element(at []spot, i int) []spot { return append(at[:len(at):len(at)], spot{i: i}) }

// signs gives for each element what it is known by: its key, or all that it says.
func signs(f Field, items []val) []string {
	out := make([]string, len(items))
	key := keyOf(f)
	for i, v := range items {
		if id, ok := v.get(key); ok && key != "" {
			v = id
		}
		var b strings.Builder
		sign(&b, v)
		out[i] = b.String()
	}
	return out
}

func sign(b *strings.Builder, v val) {
	b.WriteByte(byte('0' + v.shape))
	b.WriteString(v.text)
	for _, i := range v.items {
		b.WriteByte(0)
		sign(b, i)
	}
	for _, m := range byName(v.fields) {
		b.WriteString("\x00" + m.name + "\x00")
		sign(b, m.val)
	}
}

// pairUp gives the indexes of elements that are in both, in order.
func pairUp(a, b []string) [][2]int {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var pairs [][2]int
	for i := range head {
		pairs = append(pairs, [2]int{i, i})
	}
	for _, p := range longestCommon(a[head:len(a)-tail], b[head:len(b)-tail]) {
		pairs = append(pairs, [2]int{p[0] + head, p[1] + head})
	}
	for i := range tail {
		pairs = append(pairs, [2]int{len(a) - tail + i, len(b) - tail + i})
	}
	return pairs
}
