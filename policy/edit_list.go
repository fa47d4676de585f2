package policy

import "strings"

// setList makes a list say v. Elements that say the same, or have the same key, stay where they are; what stands
// between them is set, then removed or added.
func (d *draft) setList(at []spot, f Field, v val) (val, error) {
	old := readAt(d.node(at))
	was, now := signs(f, old.items), signs(f, v.items)
	pairs := pairUp(was, now)
	out := listVal(make([]val, len(v.items))...)
	i, j := len(was), len(now)
	for k := len(pairs) - 1; k >= -1; k-- {
		pair := [2]int{-1, -1}
		if k >= 0 {
			pair = pairs[k]
		}
		if err := d.setSpan(at, f, span2{pair[0] + 1, i}, span2{pair[1] + 1, j}, v.items, out.items); err != nil {
			return val{}, err
		}
		if k >= 0 {
			got, err := d.set(element(at, pair[0]), elementOf(f), v.items[pair[1]])
			if err != nil {
				return val{}, err
			}
			out.items[pair[1]] = got
		}
		i, j = pair[0], pair[1]
	}
	return out, nil
}

type span2 struct{ from, to int }

// setSpan makes the elements of old in one span those of want in another.
func (d *draft) setSpan(at []spot, f Field, old, new span2, want, out []val) error {
	common := min(old.to-old.from, new.to-new.from)
	for i := old.to - 1; i >= old.from+common; i-- {
		if err := d.apply(d.node(element(at, i)).Remove()...); err != nil {
			return err
		}
	}
	if more := want[new.from+common : new.to]; len(more) > 0 {
		copy(out[new.from+common:], more)
		if err := d.insert(value(d.node(at)), old.from+common, f, more); err != nil {
			return err
		}
	}
	for i := range common {
		got, err := d.set(element(at, old.from+i), elementOf(f), want[new.from+i])
		if err != nil {
			return err
		}
		out[new.from+i] = got
	}
	return nil
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
