// Package clean turns text that another machine or a model wrote into text that is safe on a terminal.
//
// Text is the type of cleaned text. It can be made only by Line, Block and Stream, so a function that asks for a Text
// cannot be handed raw bytes by mistake. Cleaning happens once, where bytes enter the process; the raw bytes stay in
// blobs and in JSON, escaped. Removed or replaced are: C0 and C1 controls, DEL, ESC and with it every escape sequence,
// invalid UTF-8, bidirectional overrides and isolates, zero-width and tag characters, line and paragraph separators,
// variation selectors and private-use characters. A replaced character becomes U+FFFD where its absence could change
// the meaning of what is around it (controls), and nothing where it is invisible by design.
package clean

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Text is text without anything that can drive a terminal. The zero value is the empty text.
type Text struct{ s string }

// String is the cleaned text.
func (t Text) String() string { return t.s }

// Empty reports whether nothing is left.
func (t Text) Empty() bool { return t.s == "" }

// MarshalJSON writes the cleaned text as a JSON string.
func (t Text) MarshalJSON() ([]byte, error) { return json.Marshal(t.s) }

// UnmarshalJSON cleans what it reads: JSON from elsewhere cannot smuggle raw text into a Text.
func (t *Text) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	*t = Line(s)
	return nil
}

// Line cleans s into one line: line breaks and tabs become single blanks.
func Line(s string) Text {
	return Text{mapRunes(s, func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' {
			return ' '
		}
		return keep(r)
	})}
}

// Max cleans s into one line of at most n runes, the last of them "…" where something was cut. It bounds the work on
// hostile input too: no more than 8·n bytes of s are read.
func Max(s string, n int) Text {
	if len(s) > 8*n {
		s = s[:8*n]
	}
	t := Line(s)
	if utf8.RuneCountInString(t.s) <= n {
		return t
	}
	r := []rune(t.s)
	return Text{string(r[:n-1]) + "…"}
}

// Block cleans s but keeps line feeds and tabs. A carriage return before a line feed is dropped.
func Block(s string) Text {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return Text{mapRunes(s, func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		return keep(r)
	})}
}

// Stream cleans text that arrives in pieces. A character split between two pieces is held back until it is whole.
// The zero value is ready to use.
type Stream struct{ rest []byte }

// Write takes the next piece and gives what can be shown of it, as Block does.
func (s *Stream) Write(p []byte) Text {
	b := append(s.rest, p...)
	cut := len(b)
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-i:]) {
				cut = len(b) - i
			}
			break
		}
	}
	if cut > 0 && b[cut-1] == '\r' {
		cut--
	}
	s.rest = append([]byte(nil), b[cut:]...)
	return Block(string(b[:cut]))
}

// Close gives what was held back.
func (s *Stream) Close() Text {
	t := Block(string(s.rest))
	s.rest = nil
	return t
}

const drop = -1

func mapRunes(s string, f func(rune) rune) string {
	if plain(s) {
		return s
	}
	return strings.Map(f, strings.ToValidUTF8(s, "\uFFFD"))
}

// plain is the fast path: printable ASCII only.
func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// keep gives the rune to show for r, or drop. The ranges are those of Unicode 17: Cc, the Cf characters that change
// direction or hide, the separators Zl and Zp, variation selectors, tags, private use and non-characters.
func keep(r rune) rune {
	switch {
	case r < 0x20, r == 0x7f, r >= 0x80 && r <= 0x9f:
		return '\uFFFD'
	case r == 0xad, r == 0x61c, r == 0x180e,
		r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f,
		r >= 0xfe00 && r <= 0xfe0f, r == 0xfeff, r >= 0xfff9 && r <= 0xfffb,
		r >= 0x1bca0 && r <= 0x1bca3, r >= 0x1d173 && r <= 0x1d17a, r >= 0xe0000 && r <= 0xe0fff,
		r >= 0xe000 && r <= 0xf8ff, r >= 0xf0000:
		return drop
	}
	return r
}

// Safe reports whether r may stand on a terminal as it is: Line and Block leave exactly these alone.
func Safe(r rune) bool { return keep(r) == r }
