package changes

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"voxmesh/policy"
)

// Bounds of the tables that pair lines and mark what differs in them, in cells.
const (
	pairsLimit = 1 << 12 // lines that go times lines that come, of one exchange
	lineLimit  = 1 << 16 // pieces of a line times pieces of what it becomes, between those that are the same
	marksLimit = 1 << 22 // all pairs of lines together
)

// alike is how many of a hundred bytes of two lines are the same where one becomes the other.
const alike = 34

// pairs gives the indexes of lines that go and what they become, in their order: those most alike.
func pairs(gone, come []policy.DiffLine) [][2]int {
	m, n := len(gone), len(come)
	if m == 0 || n == 0 {
		return nil
	}
	var out [][2]int
	if m*n > pairsLimit {
		for i := range gone {
			if m == n && likeness(gone[i].Text, come[i].Text) >= alike {
				out = append(out, [2]int{i, i})
			}
		}
		return out
	}
	like, best := make([]int, m*n), make([]int, (m+1)*(n+1))
	w := n + 1
	for i := m - 1; i >= 0; i-- {
		for j := n - 1; j >= 0; j-- {
			b := max(best[(i+1)*w+j], best[i*w+j+1])
			if l := likeness(gone[i].Text, come[j].Text); l >= alike {
				like[i*n+j] = l
				b = max(b, best[(i+1)*w+j+1]+l)
			}
			best[i*w+j] = b
		}
	}
	for i, j := 0, 0; i < m && j < n; {
		switch l := like[i*n+j]; {
		case l > 0 && best[i*w+j] == best[(i+1)*w+j+1]+l:
			out = append(out, [2]int{i, j})
			i, j = i+1, j+1
		case best[i*w+j] == best[(i+1)*w+j]:
			i++
		default:
			j++
		}
	}
	return out
}

// likeness is how many of a hundred bytes of two lines are the same: at their beginnings and at their ends, without the
// blanks round them.
func likeness(a, b string) int {
	a, b = strings.TrimSpace(a), strings.TrimSpace(b)
	if a == b {
		return 100
	}
	n, same := min(len(a), len(b)), 0
	for same < n && a[same] == b[same] {
		same++
	}
	for k := 0; same < n && a[len(a)-1-k] == b[len(b)-1-k]; k++ {
		same++
	}
	return 200 * same / (len(a) + len(b))
}

// pieces cuts a line into words, runs of blanks, and single other characters.
func pieces(s string) []string {
	var out []string
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if is := run(r); is != nil {
			for n < len(s) {
				r, k := utf8.DecodeRuneInString(s[n:])
				if !is(r) {
					break
				}
				n += k
			}
		}
		out = append(out, s[:n])
		s = s[n:]
	}
	return out
}

// run tells what stands together with r, if anything.
func run(r rune) func(rune) bool {
	switch {
	case inWord(r):
		return inWord
	case r == ' ':
		return func(r rune) bool { return r == ' ' }
	}
	return nil
}

func inWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// differ gives the ranges of bytes in which two lines differ, in each of them.
func (p *page) differ(a, b string) (inA, inB [][2]int) {
	x, y := pieces(a), pieces(b)
	head := 0
	for head < len(x) && head < len(y) && x[head] == y[head] {
		head++
	}
	tail := 0
	for tail < len(x)-head && tail < len(y)-head && x[len(x)-1-tail] == y[len(y)-1-tail] {
		tail++
	}
	from := 0
	for _, s := range x[:head] {
		from += len(s)
	}
	x, y = x[head:len(x)-tail], y[head:len(y)-tail]
	var same [][2]int
	if cells := (len(x) + 1) * (len(y) + 1); cells <= min(lineLimit, p.left) {
		p.left -= cells
		same = longest(x, y)
	}
	i, j, atA, atB := 0, 0, from, from
	island := true // what is the same since the last difference holds a word, so that it parts two of them
	add := func(marks [][2]int, from, to int) [][2]int {
		if n := len(marks) - 1; n >= 0 && !island {
			marks[n][1] = to
			return marks
		}
		return append(marks, [2]int{from, to})
	}
	for _, s := range append(same, [2]int{len(x), len(y)}) {
		if s[0] > i || s[1] > j {
			toA, toB := atA+size(x[i:s[0]]), atB+size(y[j:s[1]])
			inA, inB = add(inA, atA, toA), add(inB, atB, toB)
			atA, atB, island = toA, toB, false
		}
		if s[0] < len(x) && s[1] < len(y) {
			r, _ := utf8.DecodeRuneInString(x[s[0]])
			island = island || inWord(r)
			atA, atB = atA+len(x[s[0]]), atB+len(x[s[0]])
		}
		i, j = s[0]+1, s[1]+1
	}
	return filled(inA), filled(inB)
}

func size(pieces []string) int {
	n := 0
	for _, s := range pieces {
		n += len(s)
	}
	return n
}

// filled gives the ranges that are not empty.
func filled(marks [][2]int) [][2]int {
	out := marks[:0]
	for _, m := range marks {
		if m[0] < m[1] {
			out = append(out, m)
		}
	}
	return out
}

// longest gives the pairs of indexes of a longest common part.
func longest(a, b []string) [][2]int {
	w := len(b) + 1
	table := make([]int32, (len(a)+1)*w)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				table[i*w+j] = table[(i+1)*w+j+1] + 1
			} else {
				table[i*w+j] = max(table[(i+1)*w+j], table[i*w+j+1])
			}
		}
	}
	var out [][2]int
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			out = append(out, [2]int{i, j})
			i, j = i+1, j+1
		case table[(i+1)*w+j] >= table[i*w+j+1]:
			i++
		default:
			j++
		}
	}
	return out
}
