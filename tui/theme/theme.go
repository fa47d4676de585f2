// Package theme turns the tokens of the console's look into what a terminal understands.
//
// A Theme is one value for one session: two people who are here over SSH have two, and nothing in this package is
// shared or changed. A Style is an ink (what the text means: ok, waiting, failed, second) and attributes; it is small
// and comparable, so that a screen of cells can carry one each. The escape sequence of every style is made once, when
// the theme is; colours are given in full and the renderer degrades them to what the terminal has. Where it has none,
// bold, faint, underline and reverse remain, and each meaning has a sign of its own besides.
package theme

import "strconv"

// Ink is what a piece of text means.
type Ink uint8

// The inks.
const (
	Text    Ink = iota // 86 % white on dark, near black on light
	Second             // labels, what comes second
	Third              // borders, hints, what can't be used now
	OK                 // emerald: online, done
	Waiting            // amber: degraded, waiting, the past
	Failed             // rose: failed, urgent
	Primary            // white on blue: the one primary action
	Code               // black on white whatever the theme: the modules of a QR code
	numInks = iota
)

// Attr is a set of attributes.
type Attr uint8

// The attributes.
const (
	Bold Attr = 1 << iota
	Faint
	Underline
	Reverse
	Raised   // the background of a selected row
	numAttrs = 1 << iota
)

// Style is an ink with attributes. The zero value is plain text.
type Style struct {
	Ink  Ink
	Attr Attr
}

// In gives the style of an ink without attributes.
func In(i Ink) Style { return Style{Ink: i} }

// With adds attributes.
func (s Style) With(a Attr) Style {
	s.Attr |= a
	return s
}

// Theme holds the escape sequences of all styles, and the signs. Make one with New; it is not changed after that.
type Theme struct {
	Dark  bool
	ASCII bool
	sgr   [numInks][numAttrs]string
}

type rgb [3]uint8

type tokens struct {
	ink    [numInks]rgb
	raised rgb
}

// primary is the blue behind the one primary action, in both themes.
var primary = rgb{0x25, 0x63, 0xeb}

// The tokens of the two themes. The light one is darker in its colours, so that text keeps a contrast of 4.5 to 1.
var (
	darkTokens = tokens{
		ink: [numInks]rgb{
			Text: {0xdb, 0xdb, 0xdb}, Second: {0xa1, 0xa1, 0xaa}, Third: {0x71, 0x71, 0x7a}, OK: {0x34, 0xd3, 0x99},
			Waiting: {0xfb, 0xbf, 0x24}, Failed: {0xf4, 0x3f, 0x5e}, Primary: {0xff, 0xff, 0xff}, Code: {0xff, 0xff, 0xff},
		},
		raised: rgb{0x27, 0x27, 0x2a},
	}
	lightTokens = tokens{
		ink: [numInks]rgb{
			Text: {0x18, 0x18, 0x1b}, Second: {0x52, 0x52, 0x5b}, Third: {0x71, 0x71, 0x7a}, OK: {0x04, 0x78, 0x57},
			Waiting: {0xb4, 0x53, 0x09}, Failed: {0xbe, 0x12, 0x3c}, Primary: {0xff, 0xff, 0xff}, Code: {0xff, 0xff, 0xff},
		},
		raised: rgb{0xe4, 0xe4, 0xe7},
	}
)

// New makes the theme for a dark or a light background, with the signs of a full or of an ASCII terminal.
func New(dark, ascii bool) *Theme {
	t := &Theme{Dark: dark, ASCII: ascii}
	tok := &lightTokens
	if dark {
		tok = &darkTokens
	}
	for i := range t.sgr {
		for a := range t.sgr[i] {
			t.sgr[i][a] = sequence(tok, Ink(i), Attr(a))
		}
	}
	return t
}

// SGR is the whole sequence that sets a style, whatever was set before.
func (t *Theme) SGR(s Style) string {
	if int(s.Ink) >= numInks || int(s.Attr) >= numAttrs {
		return "\x1b[m"
	}
	return t.sgr[s.Ink][s.Attr]
}

func sequence(tok *tokens, ink Ink, a Attr) string {
	b := []byte("\x1b[0")
	for _, p := range [...]struct {
		bit  Attr
		code string
	}{{Bold, ";1"}, {Faint, ";2"}, {Underline, ";4"}, {Reverse, ";7"}} {
		if a&p.bit != 0 {
			b = append(b, p.code...)
		}
	}
	if ink != Text {
		b = colour(b, ";38;2", tok.ink[ink])
	}
	switch {
	case ink == Primary:
		b = colour(b, ";48;2", primary)
	case ink == Code:
		b = colour(b, ";48;2", rgb{})
	case a&Raised != 0:
		b = colour(b, ";48;2", tok.raised)
	}
	return string(append(b, 'm'))
}

func colour(b []byte, lead string, c rgb) []byte {
	b = append(b, lead...)
	for _, v := range c {
		b = append(b, ';')
		b = strconv.AppendUint(b, uint64(v), 10)
	}
	return b
}
