package policy

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Severity says what a problem means: only an error keeps a policy from being in force.
type Severity uint8

// The severities, from grave to light.
const (
	SeverityError Severity = iota
	SeverityWarning
	SeverityNote
)

// String is "error", "warning" or "note".
func (s Severity) String() string {
	switch s {
	case SeverityError:
		return "error"
	case SeverityWarning:
		return "warning"
	}
	return "note"
}

// MarshalText makes a Severity its name in JSON.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Problem is one thing to say about a file. Line and Col are from 1, Col in runes. SourceLine is the line, or of a very
// long one the part around the place; Caret is how many of its runes stand before the place. Codes are stable:
// vox/policy/ and syntax, unclosed, too-large, too-deep, none, ambiguous, duplicate-policy, unknown-block,
// unknown-field, duplicate-field, missing-field, wrong-type, bad-string, out-of-range, unknown-kind, duplicate-slot,
// duplicate-price, unknown-day, bad-time, unknown-zone, too-many, bad-name, weights, never-accepts, above-urgent,
// bare-user, empty-override, no-effect, unknown-peer, unknown-mesh, unknown-model, more.
type Problem struct {
	Severity   Severity `json:"severity"`
	File       string   `json:"file"`
	Line       int      `json:"line"`
	Col        int      `json:"col"`
	Code       string   `json:"code"`
	Message    string   `json:"message"`
	Expected   string   `json:"expected,omitempty"` // what could stand there
	Nearest    string   `json:"nearest,omitempty"`  // the known name most like what was found
	SourceLine string   `json:"source_line"`
	Caret      int      `json:"caret"`
}

// Error makes a problem usable as an error; it has the place and the message.
func (p Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", safeText(p.File), p.Line, p.Col, p.Message)
}

// ErrorCode is the stable code.
func (p Problem) ErrorCode() string { return p.Code }

// ErrorHint says what could stand there instead.
func (p Problem) ErrorHint() string {
	var hints []string
	if p.Expected != "" {
		hints = append(hints, "expected "+p.Expected)
	}
	if p.Nearest != "" {
		hints = append(hints, "did you mean "+p.Nearest+"?")
	}
	return strings.Join(hints, "; ")
}

// Format writes the problem for people, without a line end behind it: "file:line:col: severity: message", the line of
// the source, and a caret under the place with what was expected. Control characters of the file are made visible.
func (p Problem) Format() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: %s: %s", safeText(p.File), p.Line, p.Col, p.Severity, p.Message)
	line := safeText(p.SourceLine)
	b.WriteString("\n  " + line + "\n  ")
	n := 0
	for _, r := range line {
		if n++; n > p.Caret {
			break
		}
		b.WriteString(pad(r))
	}
	b.WriteByte('^')
	if h := p.ErrorHint(); h != "" {
		b.WriteString(" " + h)
	}
	return b.String()
}

// pad gives blanks as wide as r is on a terminal, so that the caret stands under its place.
func pad(r rune) string {
	switch {
	case r == '\t':
		return "\t"
	case unicode.In(r, unicode.Mn, unicode.Me), r >= 0x1160 && r <= 0x11ff: // marks, and the rest of a Hangul syllable
		return ""
	case wide(r):
		return "  "
	}
	return " "
}

// wide reports whether terminals give a rune two columns (East Asian Width W and F, by whole blocks).
func wide(r rune) bool {
	if r < 0x1100 {
		return false
	}
	for _, block := range [...][2]rune{
		{0x1100, 0x115f},
		{0x231a, 0x231b},
		{0x23e9, 0x23ec},
		{0x2705, 0x2705},
		{0x270a, 0x270b},
		{0x274c, 0x274c},
		{0x2e80, 0x303e},
		{0x3041, 0x4dbf},
		{0x4e00, 0xa4cf},
		{0xa960, 0xa97c},
		{0xac00, 0xd7a3},
		{0xf900, 0xfaff},
		{0xfe10, 0xfe19},
		{0xfe30, 0xfe6f},
		{0xff00, 0xff60},
		{0xffe0, 0xffe6},
		{0x1f300, 0x1f64f},
		{0x1f680, 0x1f6ff},
		{0x1f900, 0x1f9ff},
		{0x1fa70, 0x1faff},
		{0x20000, 0x3fffd},
	} {
		if r >= block[0] && r <= block[1] {
			return true
		}
	}
	return false
}

// safeText replaces what a terminal would obey, or would hide, rune for rune. Tabs stay.
func safeText(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r != utf8.RuneError && unicode.IsPrint(r) {
			return r
		}
		return '\ufffd'
	}, s)
}

// excerptRunes is how much of a long line stands on either side of the place.
const excerptRunes = 100

// excerpt cuts a long line around byte offset at, and gives the runes before the place in what it keeps.
func excerpt(line []byte, at int) (text string, caret int) {
	at = max(0, min(at, len(line)))
	from, to := at, at
	for n := 0; from > 0 && n < excerptRunes; n++ {
		_, size := utf8.DecodeLastRune(line[:from])
		from -= size
	}
	for n := 0; to < len(line) && n < excerptRunes; n++ {
		_, size := utf8.DecodeRune(line[to:])
		to += size
	}
	text = string(line[from:to])
	caret = utf8.RuneCount(line[from:at])
	if from > 0 {
		text, caret = "…"+text, caret+1
	}
	if to < len(line) {
		text += "…"
	}
	return text, caret
}

// nearest gives the one of names that is most like s, or "" if none is.
func nearest(s string, names []string) string {
	const longest = 40 // no name is so long; the cost is quadratic
	if s == "" || len(s) > longest {
		return ""
	}
	best, at := "", 1+max(1, len(s)/3)
	for _, n := range names {
		if d := distance(s, n); d < at {
			best, at = n, d
		}
	}
	return best
}

// distance is the number of insertions, deletions, exchanges and swaps of neighbours that turn a into b.
func distance(a, b string) int {
	prev2, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], prev2[j-2]+1)
			}
		}
		prev2, prev, row = prev, row, prev2
	}
	return prev[len(b)]
}
