package graph

import "cmp"

// deepest bounds how finely names are told apart, whatever they are.
const deepest = 24

// byName draws items, which are in the order of their ids, together by what their ids share from the front on.
func (f *forest) byName(items []int32, depth int) int32 {
	if len(items) == 1 {
		return items[0]
	}
	if depth == deepest {
		return f.add(items, counted)
	}
	shared := sharedPrefix(f.id(items[0]), f.id(items[len(items)-1]))
	var kids []int32
	words := 0
	for from := 0; from < len(items); {
		c := letterAt(f.id(items[from]), shared)
		to := from + 1
		for to < len(items) && letterAt(f.id(items[to]), shared) == c {
			to++
		}
		if c < '0' || c > '9' {
			words += to - from
		}
		kids = append(kids, f.byName(items[from:to], depth+1))
		from = to
	}
	// Where most go on with a digit, the parts are a number's: no one would call a rack by half of it.
	if 2*words < len(items) {
		return f.add(kids, counted)
	}
	return f.pairs(kids)
}

// pairs draws clusters together two by two, the smallest first (Huffman), so that any number of them can be shown.
func (f *forest) pairs(kids []int32) int32 {
	why := named
	for len(kids) > 1 {
		a, b := 0, 1
		if f.before(kids[b], kids[a]) {
			a, b = b, a
		}
		for i := 2; i < len(kids); i++ {
			switch {
			case f.before(kids[i], kids[a]):
				a, b = i, a
			case f.before(kids[i], kids[b]):
				b = i
			}
		}
		a, b = min(a, b), max(a, b)
		kids[a] = f.add([]int32{kids[a], kids[b]}, why)
		kids = append(kids[:b], kids[b+1:]...)
	}
	return kids[0]
}

func (f *forest) before(a, b int32) bool {
	return cmp.Or(cmp.Compare(f.size[a], f.size[b]), cmp.Compare(f.least[a], f.least[b])) < 0
}

// letterAt is the byte of an id at a place, 0 where it ended before.
func letterAt(id string, at int) byte {
	if at < len(id) {
		return id[at]
	}
	return 0
}

func sharedPrefix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
