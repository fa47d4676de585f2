// Package theme turns the tokens of the console's look into what a terminal understands.
//
// A Theme is one value for one session: two people who are here over SSH have two, and nothing in this package is
// shared or changed. A Style is an ink (what the text means: ok, waiting, failed, second) and attributes; it is small
// and comparable, so that a screen of cells can carry one each. Lip Gloss says what each looks like, from the tokens
// of the dark or the light theme; components that draw with Lip Gloss get the same with Theme.Look. The escape
// sequence that begins a style is taken from there once, when the theme is made, and cells cost a look into a table.
// Colours are given in full and the renderer degrades them to what the terminal has. Where it has none, bold, faint,
// underline and reverse remain, and each meaning has a sign of its own besides.
package theme

import (
	"image/color"
	"strings"

	"charm.land/lipgloss/v2"
)

// Ink is what a piece of text means.
type Ink uint8

// The inks.
const (
	Text    Ink = iota // 86 % white on dark, near black on light: the terminal's own
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

// Theme holds the looks of all inks, the escape sequences of all styles, and the signs. Make one with New; it is not
// changed after that.
type Theme struct {
	Dark   bool
	ASCII  bool
	inks   [numInks]lipgloss.Style
	raised color.Color
	sgr    [numInks][numAttrs]string
}

// New makes the theme for a dark or a light background, with the signs of a full or of an ASCII terminal.
func New(dark, ascii bool) *Theme {
	t := &Theme{Dark: dark, ASCII: ascii}
	t.inks, t.raised = tokens(dark)
	for i := range t.sgr {
		for a := range t.sgr[i] {
			t.sgr[i][a] = begin(t.Look(Style{Ink(i), Attr(a)}))
		}
	}
	return t
}

// tokens gives the looks of the inks and the background of a selected row. The light theme is darker in its colours,
// so that text keeps a contrast of 4.5 to 1.
func tokens(dark bool) (inks [numInks]lipgloss.Style, raised color.Color) {
	pick := lipgloss.LightDark(dark)
	of := func(light, dark string) color.Color { return pick(lipgloss.Color(light), lipgloss.Color(dark)) }
	in := func(light, dark string) lipgloss.Style { return lipgloss.NewStyle().Foreground(of(light, dark)) }
	white := lipgloss.NewStyle().Foreground(lipgloss.Color("#ffffff"))
	return [numInks]lipgloss.Style{
		Text:    lipgloss.NewStyle(),
		Second:  in("#52525b", "#a1a1aa"),
		Third:   in("#71717a", "#71717a"),
		OK:      in("#047857", "#34d399"),
		Waiting: in("#b45309", "#fbbf24"),
		Failed:  in("#be123c", "#f43f5e"),
		Primary: white.Background(lipgloss.Color("#2563eb")),
		Code:    white.Background(lipgloss.Color("#000000")),
	}, of("#e4e4e7", "#27272a")
}

// Look gives a style as Lip Gloss has it. What is not a style is plain text.
func (t *Theme) Look(s Style) lipgloss.Style {
	if int(s.Ink) >= numInks || int(s.Attr) >= numAttrs {
		return lipgloss.NewStyle()
	}
	look := t.inks[s.Ink]
	if s.Attr&Bold != 0 {
		look = look.Bold(true)
	}
	if s.Attr&Faint != 0 {
		look = look.Faint(true)
	}
	if s.Attr&Underline != 0 {
		look = look.Underline(true)
	}
	if s.Attr&Reverse != 0 {
		look = look.Reverse(true)
	}
	if s.Attr&Raised != 0 && s.Ink != Primary && s.Ink != Code { // these two have a background that means something
		look = look.Background(t.raised)
	}
	return look
}

// SGR is the whole sequence that sets a style, whatever was set before.
func (t *Theme) SGR(s Style) string {
	if int(s.Ink) >= numInks || int(s.Attr) >= numAttrs {
		return "\x1b[m"
	}
	return t.sgr[s.Ink][s.Attr]
}

// begin is the sequence before a text of a look. It resets first: a cell follows whatever cell stands before it.
func begin(look lipgloss.Style) string {
	const sign = "x"
	before, _, _ := strings.Cut(look.Render(sign), sign)
	if set, ok := strings.CutPrefix(before, "\x1b["); ok {
		return "\x1b[0;" + set
	}
	return "\x1b[0m"
}
