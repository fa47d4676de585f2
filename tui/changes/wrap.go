package changes

import "github.com/charmbracelet/x/ansi"

// wrap adds the rows of a text of at most width columns each. They hold all of it: a row ends behind a blank where there
// is one behind a word, else where it is full. Marks are ranges of bytes of the text.
func wrap(rows []Row, text string, marks [][2]int, width int) []Row {
	w := wrapper{text: text, marks: marks, width: width}
	for {
		rows = append(rows, w.row())
		if w.at == len(text) {
			return rows
		}
	}
}

type wrapper struct {
	text  string
	at    int // where the next row begins
	marks [][2]int
	width int
}

// row gives the next row.
func (w *wrapper) row() Row {
	from, columns, word := w.at, 0, false
	end := from // behind the last blank behind a word
	i := from
	for i < len(w.text) {
		n, cols := next(w.text[i:])
		if columns+cols > w.width && i > from {
			break
		}
		blank := w.text[i] == ' '
		i, columns = i+n, columns+cols
		if blank && word {
			end = i
		}
		word = word || !blank
	}
	if i < len(w.text) && end > from {
		i = end
	}
	w.at = i
	return Row{Text: w.text[from:i], Marks: w.marked(from, i)}
}

// next gives the length and the width of the first character of a text.
func next(s string) (n, columns int) {
	if alone(s) {
		return 1, 1
	}
	cluster, w := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	return len(cluster), max(w, 0)
}

// marked gives the columns of the row of bytes [from, end) that are marked, and forgets the marks before its end.
func (w *wrapper) marked(from, end int) [][2]int {
	var out [][2]int
	i, columns := from, 0
	for len(w.marks) > 0 && (w.marks[0][0] < end || end == len(w.text)) {
		m := w.marks[0]
		begin := -1
		for i < end && (i < m[1] || begin < 0) {
			n, cols := next(w.text[i:])
			if begin < 0 && i+n >= max(m[0], from+1) && (i+n > m[0] || m[0] == m[1]) {
				begin = columns
			}
			i, columns = i+n, columns+cols
		}
		if begin >= 0 && columns > begin {
			if k := len(out) - 1; k >= 0 && out[k][1] >= begin {
				out[k][1] = columns
			} else {
				out = append(out, [2]int{begin, columns})
			}
		}
		if m[1] > end {
			w.marks[0][0] = end
			break
		}
		w.marks = w.marks[1:]
	}
	return out
}
