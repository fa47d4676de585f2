package policy

import (
	"bytes"
	"fmt"
	"strings"
)

// diffContext is how many lines stand around a change, as elsewhere.
const diffContext = 3

// diffLimit bounds the table that finds the fewest changes, in cells; beyond it the lines between the common beginning
// and end are shown as wholly exchanged.
const diffLimit = 1 << 22

// Diff shows what changes from old to new, line by line, in the unified format without file names. Empty if they are
// the same bytes. Carriage returns are part of the lines.
func Diff(old, new []byte) string {
	if bytes.Equal(old, new) {
		return ""
	}
	a, b := cutLines(old), cutLines(new)
	ops := script(a, b)
	var out strings.Builder
	for from := 0; from < len(ops); {
		if ops[from].kind == ' ' {
			from++
			continue
		}
		// A hunk reaches until more than twice the context is unchanged.
		end, same := from, 0
		for i := from; i < len(ops) && same <= 2*diffContext; i++ {
			if ops[i].kind == ' ' {
				same++
			} else {
				same, end = 0, i+1
			}
		}
		hunk(&out, ops, max(0, from-diffContext), min(len(ops), end+diffContext))
		from = end
	}
	return out.String()
}

type lineOp struct {
	kind byte // ' ', '-' or '+'
	text string
	a, b int // lines of old and new before this one
}

func cutLines(b []byte) []string {
	lines := strings.SplitAfter(string(b), "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// script gives the lines of both, each as kept, removed or added.
func script(a, b []string) []lineOp {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var ops []lineOp
	i, j := 0, 0
	put := func(kind byte, text string) {
		ops = append(ops, lineOp{kind, text, i, j})
		if kind != '+' {
			i++
		}
		if kind != '-' {
			j++
		}
	}
	for _, l := range a[:head] {
		put(' ', l)
	}
	common := longestCommon(a[head:len(a)-tail], b[head:len(b)-tail])
	for _, c := range append(common, [2]int{len(a) - tail - head, len(b) - tail - head}) {
		for i < head+c[0] {
			put('-', a[i])
		}
		for j < head+c[1] {
			put('+', b[j])
		}
		if i < len(a)-tail && j < len(b)-tail {
			put(' ', a[i])
		}
	}
	for _, l := range a[len(a)-tail:] {
		put(' ', l)
	}
	return ops
}

// longestCommon gives pairs of indexes of a longest common subsequence; none if that would cost too much.
func longestCommon(a, b []string) [][2]int {
	if len(a) == 0 || len(b) == 0 || (len(a)+1)*(len(b)+1) > diffLimit {
		return nil
	}
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
	var pairs [][2]int
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			pairs = append(pairs, [2]int{i, j})
			i, j = i+1, j+1
		case table[(i+1)*w+j] >= table[i*w+j+1]:
			i++
		default:
			j++
		}
	}
	return pairs
}

func hunk(out *strings.Builder, ops []lineOp, from, to int) {
	removed, added := 0, 0
	for _, o := range ops[from:to] {
		if o.kind != '+' {
			removed++
		}
		if o.kind != '-' {
			added++
		}
	}
	fmt.Fprintf(out, "@@ -%s +%s @@\n", span(ops[from].a, removed), span(ops[from].b, added))
	for _, o := range ops[from:to] {
		out.WriteByte(o.kind)
		out.WriteString(o.text)
		if !strings.HasSuffix(o.text, "\n") {
			out.WriteString("\n\\ No newline at end of file\n")
		}
	}
}

// span writes lines as the format wants them: from 1, but from the line before where there are none.
func span(before, n int) string {
	if n == 0 {
		return fmt.Sprintf("%d,0", before)
	}
	if n == 1 {
		return fmt.Sprint(before + 1)
	}
	return fmt.Sprintf("%d,%d", before+1, n)
}
