package policy

import (
	"bytes"
	"fmt"
	"strings"
)

// diffContext is how many lines stand around a change, as elsewhere.
const diffContext = 3

// Diff shows what changes from old to new, line by line, in the unified format without file names. Empty if they are
// the same bytes. Carriage returns are part of the lines.
func Diff(old, new []byte) string {
	if bytes.Equal(old, new) {
		return ""
	}
	ops := DiffLines(old, new)
	var out strings.Builder
	for from := 0; from < len(ops); {
		if ops[from].Sign == ' ' {
			from++
			continue
		}
		// A hunk reaches until more than twice the context is unchanged.
		end, same := from, 0
		for i := from; i < len(ops) && same <= 2*diffContext; i++ {
			if ops[i].Sign == ' ' {
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

// DiffLine is a line of two files: kept, removed or added.
type DiffLine struct {
	Sign     byte   // ' ', '-' or '+'
	Text     string // with its end, if it has one
	Old, New int    // how many lines of each file stand before it
}

// DiffLines gives the lines of both files in one order: those that both have, those of old alone and those of new alone;
// of lines that are exchanged, the old ones first. The fewest that can be found at a bounded cost are exchanged; a
// carriage return is part of its line.
func DiffLines(old, new []byte) []DiffLine {
	a, b := cutLines(old), cutLines(new)
	lines := make([]DiffLine, 0, max(len(a), len(b)))
	i, j := 0, 0
	put := func(sign byte, text string) {
		lines = append(lines, DiffLine{sign, text, i, j})
		if sign != '+' {
			i++
		}
		if sign != '-' {
			j++
		}
	}
	for _, c := range append(common(a, b), [2]int{len(a), len(b)}) {
		for i < c[0] {
			put('-', a[i])
		}
		for j < c[1] {
			put('+', b[j])
		}
		if i < len(a) && j < len(b) {
			put(' ', a[i])
		}
	}
	return lines
}

func cutLines(b []byte) []string {
	lines := strings.SplitAfter(string(b), "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

func hunk(out *strings.Builder, ops []DiffLine, from, to int) {
	removed, added := 0, 0
	for _, o := range ops[from:to] {
		if o.Sign != '+' {
			removed++
		}
		if o.Sign != '-' {
			added++
		}
	}
	fmt.Fprintf(out, "@@ -%s +%s @@\n", span(ops[from].Old, removed), span(ops[from].New, added))
	for _, o := range ops[from:to] {
		out.WriteByte(o.Sign)
		out.WriteString(o.Text)
		if !strings.HasSuffix(o.Text, "\n") {
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
