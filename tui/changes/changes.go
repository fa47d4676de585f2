// Package changes shows a file with what saving it changes: the rows of the whole file, and among them, where a line
// changes, what goes and what comes, with the part of each that differs.
//
// It is pure. It promises that
//   - the rows ' ' and '-' are the old file and the rows ' ' and '+' the new one, line for line: nothing is left out;
//   - what can't be seen is seen: control characters, hidden ones and those that turn the direction of writing stand
//     as signs, and where two lines differ in nothing but their ends, the ends do;
//   - no row is wider than it may be: a longer line continues in the next one, broken between words where that can be,
//     and never inside of a character;
//   - colour is not needed: what goes and what comes is told by its sign, what differs by a line under it;
//   - the cost is linear in the size of the files but for tables of bounded size. What is too large for them is
//     shown as wholly exchanged.
package changes

import (
	"fmt"
	"strings"

	"voxmesh/policy"
)

// Row is one line on the screen.
type Row struct {
	Number int      // the line of the old file, for an added one of the new file, from 1; 0 where More
	Sign   byte     // ' ', '-' or '+'
	More   bool     // continues the row above
	Text   string   // printable, at most as wide as asked
	Marks  [][2]int // the columns of Text that change, from and up to, in order
}

// leastWidth has room for any character.
const leastWidth = 2

// Rows gives the rows that show what saving changes from old to new, with text of at most so many columns (2 at least).
// Of lines that change, each that goes stands right above what it becomes, where that can be told.
func Rows(old, new []byte, width int) []Row {
	p := page{width: max(width, leastWidth), left: marksLimit}
	p.rows = make([]Row, 0, 64)
	lines := policy.DiffLines(old, new)
	p.markless = hasMark(old) && hasMark(new)
	for i := 0; i < len(lines); {
		if lines[i].Sign == ' ' {
			p.put(lines[i], nil, false)
			i++
			continue
		}
		from := i
		for i < len(lines) && lines[i].Sign == '-' {
			i++
		}
		middle := i
		for i < len(lines) && lines[i].Sign == '+' {
			i++
		}
		p.exchange(lines[from:middle], lines[middle:i])
	}
	return p.rows
}

// page is what becomes of two files.
type page struct {
	rows     []Row
	width    int
	left     int  // cells that finding the marks may still cost
	markless bool // both files begin with a byte order mark, which says nothing then
}

// exchange puts lines that go and lines that come.
func (p *page) exchange(gone, come []policy.DiffLine) {
	i, j := 0, 0
	for _, with := range append(pairs(gone, come), [2]int{len(gone), len(come)}) {
		for ; i < with[0]; i++ {
			p.put(gone[i], nil, false)
		}
		for ; j < with[1]; j++ {
			p.put(come[j], nil, false)
		}
		if i == len(gone) || j == len(come) {
			continue
		}
		ends := end(gone[i].Text) != end(come[j].Text)
		a, b := p.differ(gone[i].Text, come[j].Text)
		p.put(gone[i], a, ends)
		p.put(come[j], b, ends)
		i, j = i+1, j+1
	}
}

// put adds the rows of a line: marks are ranges of its bytes; ends tells to show how it ends.
func (p *page) put(l policy.DiffLine, marks [][2]int, ends bool) {
	text, number := l.Text, l.Old+1
	if l.Sign == '+' {
		number = l.New + 1
	}
	if !ends {
		text = text[:len(text)-len(end(text))]
	}
	if p.markless && number == 1 {
		text = strings.TrimPrefix(text, byteOrderMark)
		marks = shift(marks, len(byteOrderMark))
	}
	shown, marks := show(text, marks)
	first := len(p.rows)
	p.rows = wrap(p.rows, shown, marks, p.width)
	for i := first; i < len(p.rows); i++ {
		p.rows[i].Sign = l.Sign
		p.rows[i].More = i > first
	}
	p.rows[first].Number = number
}

// shift moves ranges by n bytes to the left.
func shift(marks [][2]int, n int) [][2]int {
	for i := range marks {
		marks[i][0], marks[i][1] = max(marks[i][0]-n, 0), max(marks[i][1]-n, 0)
	}
	return marks
}

// Lines gives the lines of the old file that saving changes, from 1: those that go or become others and, where lines
// are only added, the line after which, or the first one.
func Lines(old, new []byte) []int {
	var out []int
	within := false // of an exchange, of which something goes
	for _, l := range policy.DiffLines(old, new) {
		n := l.Old + 1
		switch l.Sign {
		case ' ':
			within = false
			continue
		case '-':
			within = true
		default:
			if within {
				continue
			}
			n = max(l.Old, 1)
		}
		if len(out) == 0 || out[len(out)-1] != n {
			out = append(out, n)
		}
	}
	return out
}

// summed is how many ranges of lines a summary names before it counts.
const summed = 3

// Summary says lines in a few words, as in "line 4", "lines 4, 12" and "lines 4–9, 12 and 3 more". Of none it is empty.
func Summary(lines []int) string {
	var ranges [][2]int // from and up to, in the indexes of lines
	for i, n := range lines {
		if i > 0 && n == lines[i-1]+1 {
			ranges[len(ranges)-1][1] = i + 1
		} else {
			ranges = append(ranges, [2]int{i, i + 1})
		}
	}
	more := 0
	if len(ranges) > summed {
		ranges = ranges[:summed-1]
		more = len(lines) - ranges[summed-2][1]
	}
	var words []string
	for _, r := range ranges {
		word := fmt.Sprint(lines[r[0]])
		if r[1]-r[0] > 1 {
			word = fmt.Sprintf("%d–%d", lines[r[0]], lines[r[1]-1])
		}
		words = append(words, word)
	}
	switch {
	case len(lines) == 0:
		return ""
	case len(lines) == 1:
		return "line " + words[0]
	case more > 0:
		return fmt.Sprintf("lines %s and %d more", strings.Join(words, ", "), more)
	}
	return "lines " + strings.Join(words, ", ")
}

// Locate gives the index of the first row of a line of the new file, or of the last line before it; 0 if there is none.
func Locate(rows []Row, line int) int {
	at, n := 0, 0
	for i, r := range rows {
		if n == line {
			break
		}
		if r.Sign != '-' && !r.More {
			at, n = i, n+1
		}
	}
	return at
}
