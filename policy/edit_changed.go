package policy

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"voxmesh/policy/syntax"
)

// Changed gives the spans in which now differs from f, as the edits that make its bytes of those of f: of edits that were
// made one after the other too. They are in order, apart from each other, and begin and end where words do; changes that
// only a sign or two part are one. The cost is bounded: of what is too different, a span is all of it.
func (f *File) Changed(now *File) []syntax.Edit {
	a, b := f.Source(), now.Source()
	if bytes.Equal(a, b) {
		return nil
	}
	var out []syntax.Edit
	at := 0
	var old, new strings.Builder
	flush := func() {
		out = append(out, changedWords(at, old.String(), new.String())...)
		at += old.Len()
		old.Reset()
		new.Reset()
	}
	for _, op := range script(cutLines(a), cutLines(b)) {
		switch op.kind {
		case '-':
			old.WriteString(op.text)
		case '+':
			new.WriteString(op.text)
		default:
			flush()
			at += len(op.text)
		}
	}
	flush()
	return out
}

// changedWords gives the edits that turn lines of the source, which begin at byte at, into others.
func changedWords(at int, old, new string) []syntax.Edit {
	const (
		most  = 1 << 18 // cells of the table that finds the fewest changes
		spans = 16      // more than so many in one place help nobody
	)
	if old == new {
		return nil
	}
	if old == "" || new == "" {
		return []syntax.Edit{{Start: at, End: at + len(old), Text: new}}
	}
	a, b := pieces(old), pieces(new)
	head, tail := 0, 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var pairs [][2]int
	if x, y := a[head:len(a)-tail], b[head:len(b)-tail]; len(x)*len(y) <= most {
		pairs = longestCommon(x, y)
	}
	edits := wordEdits(at, a, b, head, tail, pairs)
	if len(edits) > spans {
		edits = wordEdits(at, a, b, head, tail, nil)
	}
	return edits
}

// wordEdits gives what changes between words that stay: the first head, the last tail, and pairs in what is between.
func wordEdits(at int, a, b []string, head, tail int, pairs [][2]int) []syntax.Edit {
	offA, offB := offsets(a), offsets(b)
	textB := strings.Join(b, "")
	var out []syntax.Edit
	var endB int // of the last edit
	i, j := head, head
	for k := 0; k <= len(pairs); k++ {
		x, y := len(a)-tail, len(b)-tail
		if k < len(pairs) {
			x, y = pairs[k][0]+head, pairs[k][1]+head
		}
		if x > i || y > j {
			start, end := at+offA[i], at+offA[x]
			if n := len(out); n > 0 && trifle(textB[endB:offB[j]]) {
				last := &out[n-1]
				last.Text += textB[endB:offB[y]]
				last.End = end
			} else {
				out = append(out, syntax.Edit{Start: start, End: end, Text: textB[offB[j]:offB[y]]})
			}
			endB = offB[y]
		}
		i, j = x+1, y+1
	}
	return out
}

// trifle reports whether what stands between two changes is too little to part them.
func trifle(s string) bool {
	return utf8.RuneCountInString(s) < 3 && !strings.Contains(s, "\n") &&
		strings.IndexFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) < 0
}

func offsets(words []string) []int {
	out := make([]int, len(words)+1)
	for i, w := range words {
		out[i+1] = out[i] + len(w)
	}
	return out
}

// pieces cuts a text into runs of letters and digits, runs of blanks, and single signs.
func pieces(s string) []string {
	class := func(r rune) int {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r), r == '_', r == '-', r == '.', r == '@':
			return 1
		case r == ' ', r == '\t':
			return 2
		}
		return 0
	}
	var out []string
	for s != "" {
		r, n := utf8.DecodeRuneInString(s)
		if c := class(r); c != 0 {
			for n < len(s) {
				r, size := utf8.DecodeRuneInString(s[n:])
				if class(r) != c {
					break
				}
				n += size
			}
		}
		out, s = append(out, s[:n]), s[n:]
	}
	return out
}
