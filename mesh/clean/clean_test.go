package clean

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// hostile are payloads that drove real terminals; each must leave only harmless text.
var hostile = map[string]string{
	"csi":            "\x1b[2J\x1b[H",
	"osc title":      "\x1b]0;pwned\x07",
	"osc 8 link":     "\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\",
	"osc 52":         "\x1b]52;c;cHduZWQ=\x07",
	"dcs":            "\x1bP1;2|x\x1b\\",
	"apc":            "\x1b_x\x1b\\",
	"pm":             "\x1b^x\x1b\\",
	"sos":            "\x1bXx\x1b\\",
	"c1 csi as utf8": "\u009b31m",
	"c1 osc as utf8": "\u009d0;x\u009c",
	"c1 raw":         "\x9b31m",
	"backspace":      "rm\b\bls",
	"carriage":       "safe\rEVIL",
	"delete":         "a\x7fb",
	"shift out":      "\x0e\x0f",
	"bidi override":  "\u202egpj.exe",
	"bidi isolate":   "\u2066x\u2069",
	"zero width":     "al\u200bice",
	"tags":           "a\U000e0041\U000e0042",
	"line separator": "a\u2028b\u2029c",
	"bom":            "\ufeffx",
	"invalid":        "a\xff\xfeb",
	"nul":            "a\x00b",
	"private use":    "\ue0b0",
}

func check(t *testing.T, name string, s string, multi bool) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("%s: %q is not UTF-8", name, s)
	}
	for _, r := range s {
		if multi && (r == '\n' || r == '\t') {
			continue
		}
		if r < 0x20 || r >= 0x7f && r <= 0x9f || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e ||
			r >= 0x2060 && r <= 0x206f || r >= 0xe0000 || r == 0xfeff {
			t.Errorf("%s: %U got through in %q", name, r, s)
		}
	}
}

func TestHostileTextIsHarmless(t *testing.T) {
	for name, p := range hostile {
		check(t, name, Line(p).String(), false)
		check(t, name, Block(p).String(), true)
		check(t, name, Max(p, 4).String(), false)
	}
}

func TestSplitAcrossPiecesIsHarmless(t *testing.T) {
	for name, p := range hostile {
		for cut := 0; cut <= len(p); cut++ {
			var s Stream
			out := s.Write([]byte(p[:cut])).String() + s.Write([]byte(p[cut:])).String() + s.Close().String()
			check(t, name, out, true)
		}
	}
}

func TestPlainTextIsUntouched(t *testing.T) {
	for _, s := range []string{"", "hello", "größer als 100 €", "日本語", "naïve – “quoted” …", "a b"} {
		if got := Line(s).String(); got != s {
			t.Errorf("Line(%q) = %q", s, got)
		}
		var st Stream
		var b strings.Builder
		for i := range len(s) {
			b.WriteString(st.Write([]byte{s[i]}).String())
		}
		b.WriteString(st.Close().String())
		if b.String() != s {
			t.Errorf("Stream byte by byte of %q = %q", s, b.String())
		}
	}
	if got := Block("a\r\nb\tc\n").String(); got != "a\nb\tc\n" {
		t.Errorf("Block = %q", got)
	}
	if got := Max(strings.Repeat("é", 50), 10).String(); got != strings.Repeat("é", 9)+"…" {
		t.Errorf("Max = %q", got)
	}
}

func FuzzClean(f *testing.F) {
	for _, p := range hostile {
		f.Add(p, 1)
	}
	f.Fuzz(func(t *testing.T, s string, cut int) {
		check(t, "line", Line(s).String(), false)
		check(t, "block", Block(s).String(), true)
		if cut < 0 || cut > len(s) {
			return
		}
		var st Stream
		check(t, "stream", st.Write([]byte(s[:cut])).String()+st.Write([]byte(s[cut:])).String()+st.Close().String(), true)
	})
}
