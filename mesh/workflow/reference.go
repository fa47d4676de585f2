package workflow

import (
	"fmt"
	"strconv"
	"strings"
)

// A text of a workflow is pieces: what stands as it is, and references, which are put in when the activity starts.

type refKind uint8

const (
	refOutput refKind = iota // ${split.output}
	refParts                 // ${split.parts}, ${split.parts[1]}
	refItem                  // ${item}
	refIndex                 // ${index}
)

// reference is one ${…}.
type reference struct {
	kind refKind
	of   string // the activity; empty for item and index
	at   int    // which element of its fan-out; -1: all of it
	part int    // which of its parts; -1: all
	off  int    // where the $ stands in the text
}

// String is the reference without ${ and }.
func (r *reference) String() string {
	switch r.kind {
	case refItem:
		return "item"
	case refIndex:
		return "index"
	}
	s := r.of
	if r.at >= 0 {
		s += fmt.Sprintf("[%d]", r.at)
	}
	if r.kind == refOutput {
		return s + ".output"
	}
	s += ".parts"
	if r.part >= 0 {
		s += fmt.Sprintf("[%d]", r.part)
	}
	return s
}

// piece is a reference, or text.
type piece struct {
	text string
	ref  *reference
}

// badReference is a ${ that is none.
type badReference struct {
	off               int
	message, expected string
}

const (
	maxPart     = 999_999 // the largest index that can be written in parts[…]
	refExample  = "${split.output}"
	refExamples = "${NAME.output}, ${NAME.parts}, ${item} or ${index}"
)

// cut gives the pieces of a text. What is no reference stays as it was written, and is told.
func cut(s string) (pieces []piece, bad []badReference) {
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			pieces = append(pieces, piece{text: text.String()})
			text.Reset()
		}
	}
	for i := 0; i < len(s); {
		n := strings.IndexByte(s[i:], '$')
		if n < 0 {
			text.WriteString(s[i:])
			break
		}
		text.WriteString(s[i : i+n])
		i += n
		switch {
		case strings.HasPrefix(s[i:], "$$"):
			text.WriteByte('$')
			i += 2
		case strings.HasPrefix(s[i:], "${") && len(bad) < maxProblems: // more are told of nowhere
			ref, size, wrong := readReference(s[i:])
			if wrong != nil {
				wrong.off += i
				bad = append(bad, *wrong)
				text.WriteString(s[i : i+2])
				i += 2
				continue
			}
			flush()
			ref.off = i
			pieces = append(pieces, piece{ref: ref})
			i += size
		default:
			text.WriteByte('$')
			i++
		}
	}
	flush()
	return pieces, bad
}

// pieces is cut for a text that was checked.
func pieces(s string) []piece {
	p, _ := cut(s)
	return p
}

// refsIn gives the references of a text.
func refsIn(s string) []*reference {
	if !strings.Contains(s, "${") {
		return nil
	}
	var refs []*reference
	for _, p := range pieces(s) {
		if p.ref != nil {
			refs = append(refs, p.ref)
		}
	}
	return refs
}

// maxReference bounds how far the end of a reference is looked for, so that a text of many ${ costs no more than its length.
const maxReference = 100

// readReference reads the ${…} that s begins with, and how many bytes it has.
func readReference(s string) (*reference, int, *badReference) {
	end := strings.IndexByte(s[:min(len(s), maxReference)], '}')
	if end < 0 {
		return nil, 0, &badReference{0, "this reference has no end", "'}', as in " + refExample + ", or $$ for a dollar sign"}
	}
	r := &reference{at: -1, part: -1}
	body := s[2:end]
	switch body {
	case "item":
		r.kind = refItem
		return r, end + 1, nil
	case "index":
		r.kind = refIndex
		return r, end + 1, nil
	case "":
		return nil, 0, &badReference{0, "this reference names nothing", refExamples}
	}
	head, tail, dot := strings.Cut(body, ".")
	name, at, ok := cutIndex(head, MaxFanOut-1)
	if !ok || !goodName(name) {
		return nil, 0, &badReference{2, fmt.Sprintf("%q names no activity", clip(head)), refExamples}
	}
	r.of, r.at = name, at
	if !dot {
		return nil, 0, &badReference{2, fmt.Sprintf("${%s} does not say what of it", clip(body)), "${" + name + ".output} or ${" + name + ".parts}"}
	}
	what, part, ok := cutIndex(tail, maxPart)
	switch {
	case ok && what == "output" && part < 0:
		r.kind = refOutput
	case ok && what == "parts":
		r.kind, r.part = refParts, part
	default:
		return nil, 0, &badReference{3 + len(head), fmt.Sprintf("%q is nothing that an activity has", clip(tail)), "output, parts or parts[0]"}
	}
	return r, end + 1, nil
}

// cutIndex takes name[3] apart; -1 is none.
func cutIndex(s string, most int) (name string, index int, ok bool) {
	name, rest, has := strings.Cut(s, "[")
	if !has {
		return s, -1, true
	}
	digits, ok := strings.CutSuffix(rest, "]")
	if !ok || digits == "" || len(digits) > 6 || strings.Trim(digits, "0123456789") != "" || len(digits) > 1 && digits[0] == '0' {
		return name, -1, false
	}
	index, err := strconv.Atoi(digits)
	return name, index, err == nil && index <= most
}

// goodName reports whether s can name a workflow or an activity: [a-z][a-z0-9-]{0,31}.
func goodName(s string) bool {
	if s == "" || len(s) > maxName || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

const maxName = 32

// clip shortens what a file says for a message.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
