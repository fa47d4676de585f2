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
	ops := script(cutLines(old), cutLines(new))
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
	ops := script(cutLines(old), cutLines(new))
	lines := make([]DiffLine, len(ops))
	for i, o := range ops {
		lines[i] = DiffLine{o.kind, o.text, o.a, o.b}
	}
	return lines
}

type lineOp struct {
	kind byte // ' ', '-' or '+'
	text string
	a, b int // lines of old and new before this one
}

// script gives the lines of both, each as kept, removed or added.
func script(a, b []string) []lineOp {
	ops := make([]lineOp, 0, max(len(a), len(b)))
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
	for _, c := range append(longestCommon(a, b), [2]int{len(a), len(b)}) {
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
	return ops
}

func cutLines(b []byte) []string {
	lines := strings.SplitAfter(string(b), "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
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
