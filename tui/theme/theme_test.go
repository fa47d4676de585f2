package theme

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// Every style's sequence is one SGR that resets first, and sets what its attributes and its look say.
func TestSGR(t *testing.T) {
	for _, dark := range []bool{true, false} {
		th := New(dark, false)
		for i := range Ink(numInks) {
			for a := range Attr(numAttrs) {
				s := Style{i, a}
				seq := th.SGR(s)
				if !strings.HasPrefix(seq, "\x1b[0") || strings.Count(seq, "\x1b") != 1 || ansi.Strip(seq) != "" {
					t.Fatalf("%v is %q", s, seq)
				}
				set := ";" + strings.TrimSuffix(strings.TrimPrefix(seq, "\x1b["), "m") + ";"
				for bit, code := range map[Attr]string{Bold: ";1;", Faint: ";2;", Underline: ";4;", Reverse: ";7;"} {
					colours := strings.Index(set, "8;2;") // beyond it numbers are parts of colours
					attrs := set
					if colours > 0 {
						attrs = set[:colours-1] + ";"
					}
					if strings.Contains(attrs, code) != (a&bit != 0) {
						t.Errorf("%v is %q", s, seq)
					}
				}
				background := a&Raised != 0 || i == Primary || i == Code
				if strings.Contains(set, ";48;2;") != background || strings.Contains(set, ";38;2;") != (i != Text) {
					t.Errorf("%v has the wrong colours: %q", s, seq)
				}
			}
		}
		for _, bad := range []Style{{numInks, 0}, {0, numAttrs}, {255, 255}} {
			if th.SGR(bad) != "\x1b[m" || th.Look(bad).Render("x") != "x" {
				t.Errorf("%v is a style", bad)
			}
		}
	}
	if New(true, false).SGR(In(OK)) == New(false, false).SGR(In(OK)) {
		t.Error("light and dark have one green")
	}
}
