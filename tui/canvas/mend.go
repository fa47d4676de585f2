package canvas

import (
	"cmp"
	"slices"
)

// mend makes sure that arrows lead from every place to every other. Nearest neighbours alone do not: something may be
// nobody's nearest. The smallest change is made that helps: a near arrow is turned to what could not be reached. Where
// that does not suffice, left and right go through all in the order of their columns.
func mend(at [][2]int32, next [][ways]int32) {
	const most = 64 // changes, and attempts at each
	parts, of := components(next)
	for range most {
		if parts <= 1 {
			return
		}
		if !turn(at, next, &parts, &of, most) {
			break
		}
	}
	if parts > 1 {
		inColumns(at, next)
	}
}

// turn turns one arrow so that there are fewer parts, and reports whether it could.
func turn(at [][2]int32, next [][ways]int32, parts *int, of *[]int32, most int) bool {
	type change struct {
		from, to int32
		way      int
		far      int64
	}
	shut := closed(next, *of)
	var all []change
	for i := range at {
		if (*of)[i] != shut {
			continue
		}
		for j := range at {
			if (*of)[j] != shut {
				dx, dy := int64(at[j][0]-at[i][0]), int64(at[j][1]-at[i][1])
				w := goRight
				switch {
				case dx*dx >= dy*dy && dx < 0:
					w = goLeft
				case dx*dx < dy*dy && dy < 0:
					w = goUp
				case dx*dx < dy*dy:
					w = goDown
				}
				all = append(all, change{int32(i), int32(j), w, dx*dx + dy*dy})
			}
		}
	}
	slices.SortFunc(all, func(a, b change) int {
		return cmp.Or(cmp.Compare(a.far, b.far), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	for _, c := range all[:min(len(all), most)] {
		was := next[c.from][c.way]
		next[c.from][c.way] = c.to
		if n, now := components(next); n < *parts {
			*parts, *of = n, now
			return true
		}
		next[c.from][c.way] = was
	}
	return false
}

// closed is a part out of which no arrow leads.
func closed(next [][ways]int32, of []int32) int32 {
	out := make(map[int32]bool)
	for i, arrows := range next {
		for _, j := range arrows {
			if j >= 0 && of[j] != of[i] {
				out[of[i]] = true
			}
		}
	}
	for _, p := range of {
		if !out[p] {
			return p
		}
	}
	return 0
}

// components gives for each place the part of those that lead to each other, and how many parts there are (Kosaraju).
func components(next [][ways]int32) (n int, of []int32) {
	back := make([][]int32, len(next))
	for i, arrows := range next {
		for _, j := range arrows {
			if j >= 0 {
				back[j] = append(back[j], int32(i))
			}
		}
	}
	order := finished(next)
	of = make([]int32, len(next))
	for i := range of {
		of[i] = -1
	}
	for k := len(order) - 1; k >= 0; k-- {
		if of[order[k]] >= 0 {
			continue
		}
		todo := []int32{order[k]}
		of[order[k]] = int32(n)
		for len(todo) > 0 {
			i := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			for _, j := range back[i] {
				if of[j] < 0 {
					of[j] = int32(n)
					todo = append(todo, j)
				}
			}
		}
		n++
	}
	return n, of
}

// finished gives the places in the order in which a search in depth leaves them.
func finished(next [][ways]int32) []int32 {
	type step struct {
		i   int32
		way int
	}
	seen := make([]bool, len(next))
	var order []int32
	for root := range next {
		if seen[root] {
			continue
		}
		seen[root] = true
		stack := []step{{int32(root), 0}}
		for len(stack) > 0 {
			s := &stack[len(stack)-1]
			if s.way == ways {
				order = append(order, s.i)
				stack = stack[:len(stack)-1]
				continue
			}
			j := next[s.i][s.way]
			s.way++
			if j >= 0 && !seen[j] {
				seen[j] = true
				stack = append(stack, step{j, 0})
			}
		}
	}
	return order
}

// inColumns lets left and right go through all places.
func inColumns(at [][2]int32, next [][ways]int32) {
	order := make([]int32, len(at))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(at[a][0], at[b][0]), cmp.Compare(at[a][1], at[b][1]), cmp.Compare(a, b))
	})
	for k, i := range order {
		next[i][goLeft], next[i][goRight] = -1, -1
		if k > 0 {
			next[i][goLeft] = order[k-1]
		}
		if k < len(order)-1 {
			next[i][goRight] = order[k+1]
		}
	}
}
