package changes

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"voxmesh/mesh/clean"
)

const before = `policy donations {
  slots: [
    { kind: gpu, max_concurrent: 2, weight: 50 },
    { kind: cpu, max_concurrent: 8, weight: 30 },
    { kind: text, max_concurrent: 4, weight: 20 },
  ]
  nsfw_allowed: false // hard-disabled at home
  max_job_duration_secs: 3600
  public_mesh_opt_in: true
  min_priority: 5
  per_peer_overrides: [
    { peer: "alice@aurelia", nsfw_allowed: true },
  ]
}
`

var after = strings.NewReplacer("max_concurrent: 8", "max_concurrent: 6",
	"nsfw_allowed: true }", "nsfw_allowed: true, min_priority: 3, max_concurrent: 1 }").Replace(before)

// plain writes rows as they look, with what is marked in angle brackets.
func plain(rows []Row) string {
	var b strings.Builder
	for _, r := range rows {
		number := fmt.Sprint(r.Number)
		if r.More {
			number = "↳"
		}
		text, at := "", 0
		for _, m := range r.Marks {
			text += ansi.Cut(r.Text, at, m[0]) + "<" + ansi.Cut(r.Text, m[0], m[1]) + ">"
			at = m[1]
		}
		fmt.Fprintf(&b, "%4s %c %s|\n", number, r.Sign, text+ansi.Cut(r.Text, at, 1<<20))
	}
	return b.String()
}

func TestRowsAsDrawn(t *testing.T) {
	const want = `   1   policy donations {|
   2     slots: [|
   3       { kind: gpu, max_concurrent: 2, weight: 50 },|
   4 -     { kind: cpu, max_concurrent: <8>, weight: 30 },|
   4 +     { kind: cpu, max_concurrent: <6>, weight: 30 },|
   5       { kind: text, max_concurrent: 4, weight: 20 },|
   6     ]|
   7     nsfw_allowed: false // hard-disabled at home|
   8     max_job_duration_secs: 3600|
   9     public_mesh_opt_in: true|
  10     min_priority: 5|
  11     per_peer_overrides: [|
  12 -     { peer: "alice@aurelia", nsfw_allowed: true },|
  12 +     { peer: "alice@aurelia", nsfw_allowed: true<, >|
   ↳ + <min_priority: 3, max_concurrent: 1> },|
  13     ]|
  14   }|
`
	if got := plain(Rows([]byte(before), []byte(after), 50)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := Summary(Lines([]byte(before), []byte(after))); got != "lines 4, 12" {
		t.Errorf("saving changes %s", got)
	}
}

func TestRows(t *testing.T) {
	for name, tc := range map[string]struct {
		old, new string
		width    int
		want     string
	}{
		"nothing": {"", "", 9, ""},
		"same":    {"a\n\nb", "a\n\nb", 9, "   1   a|\n   2   |\n   3   b|\n"},
		"all new": {"", "policy p {\n}\n", 20, "   1 + policy p {|\n   2 + }|\n"},
		"all old": {"a\n}\n", "", 20, "   1 - a|\n   2 - }|\n"},
		"an added line": {
			"a\nb\nc\n", "a\nnew\nb\nc: 1\n", 20,
			"   1   a|\n   2 + new|\n   2   b|\n   3 - c|\n   4 + c<: 1>|\n",
		},
		"nothing alike":   {"abc\n", "xyz\n", 20, "   1 - abc|\n   1 + xyz|\n"},
		"a line went too": {"one: 1\ngone\ntwo: 2\n", "one: 7\ntwo: 3\n", 20, "   1 - one: <1>|\n   1 + one: <7>|\n   2 - gone|\n   3 - two: <2>|\n   2 + two: <3>|\n"},
		"a line came too": {"one: 1\ntwo: 2\n", "one: 7\nnew\ntwo: 3\n", 20, "   1 - one: <1>|\n   1 + one: <7>|\n   2 + new|\n   2 - two: <2>|\n   3 + two: <3>|\n"},
		"two in a line":   {"{ a: 1, b: 2 }", "{ a: 3, b: 4 }", 20, "   1 - { a: <1>, b: <2> }|\n   1 + { a: <3>, b: <4> }|\n"},
		"no word between": {`from: "22:00"`, `from: "21:30"`, 20, "   1 - from: \"<22:00>\"|\n   1 + from: \"<21:30>\"|\n"},
		"CRLF":            {"a: 1\r\nb\r\n", "a: 2\r\nb\r\n", 20, "   1 - a: <1>|\n   1 + a: <2>|\n   2   b|\n"},
		"ends alone":      {"a: 1\r\nb\r\n", "a: 1\nb\r\n", 20, "   1 - a: 1<␍>␊|\n   1 + a: 1␊|\n   2   b|\n"},
		"no end":          {"a\n}", "a\n}\n", 20, "   1   a|\n   2 - }|\n   2 + }<␊>|\n"},
		"no end and more": {"a: 1", "a: 2", 20, "   1 - a: <1>|\n   1 + a: <2>|\n"},
		"CR within":       {"a\rb\n", "a\rb\n", 20, "   1   a␍b|\n"},
		"tabs":            {"\ta:\t1\n", "\ta:\t12\n", 20, "   1 -     a:  <1>|\n   1 +     a:  <12>|\n"},
		"tabs to blanks":  {"\ta: 1\n", "    a: 1\n", 20, "   1 - <    >a: 1|\n   1 + <    >a: 1|\n"},
		"mark of bytes":   {"\ufeffa: 1\n", "\ufeffa: 2\n", 20, "   1 - a: <1>|\n   1 + a: <2>|\n"},
		"mark goes":       {"\ufeffa: 1\n", "a: 1\n", 20, "   1 - <\uFFFD>a: 1|\n   1 + a: 1|\n"},
		"wide": {
			"n: \"日本語\"\n", "n: \"日本人\"\n", 6,
			"   1 - n: |\n   ↳ - \"<日本>|\n   ↳ - <語>\"|\n   1 + n: |\n   ↳ + \"<日本>|\n   ↳ + <人>\"|\n",
		},
		"wide at the edge": {"日本語", "日本語", 5, "   1   日本|\n   ↳   語|\n"},
		"words":            {"    one two three", "    one two three", 9, "   1       one |\n   ↳   two three|\n"},
		"no word fits":     {"  abcdefghijkl", "  abcdefghijkl", 6, "   1     abcd|\n   ↳   efghij|\n   ↳   kl|\n"},
		"no width":         {"abc日", "abc日", -1, "   1   ab|\n   ↳   c|\n   ↳   日|\n"},
		"accents":          {"e\u0301te\u0301", "e\u0301te\u0301", 2, "   1   e\u0301t|\n   ↳   e\u0301|\n"},
		"escape":           {"a: \"\x1b[2J\"\n", "a: \"\x1b]0;x\x07\"\n", 30, "   1 - a: \"␛<[2J>\"|\n   1 + a: \"␛<]0;x␇>\"|\n"},
		"turned":           {"u: \"al\u202eice\"", "u: \"alice\"", 30, "   1 - u: \"<al\uFFFDice>\"|\n   1 + u: \"<alice>\"|\n"},
		"hidden":           {"al\u200bi\u00adce\u00a0\u3164\xff\u009b\x7f", "", 30, "   1 - al\uFFFDi\uFFFDce␣\uFFFD\uFFFD\uFFFD␡|\n"},
		"half a rune":      {"\xf0\x9f\tb\na\xe6\x97\t\n", "", 30, "   1 - \uFFFD\uFFFD  b|\n   2 - a\uFFFD\uFFFD |\n"},
		"nothing below":    {"\u0301a", "", 30, "   1 - \uFFFDa|\n"},
		"emoji":            {"// ❤\ufe0f x\n", "// ❤ x\n", 30, "   1 - // <❤> x|\n   1 + // ❤ x|\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := plain(Rows([]byte(tc.old), []byte(tc.new), tc.width)); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

func TestLines(t *testing.T) {
	for _, tc := range []struct {
		old, new, want string
	}{
		{"a\nb\n", "a\nb\n", ""},
		{"", "a\nb\n", "line 1"},
		{"a\nb\nc\n", "x\na\nb\nc\ny\nz\n", "lines 1, 3"},
		{"a\nb\nc\nd\n", "a\nB\nC\nmore\nd\n", "lines 2–3"},
		{"a\nb\nc\nd\n", "a\nd\n", "lines 2–3"},
		{"1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n3\n5\n7\n9\n", "lines 2, 4 and 2 more"},
		{"1\n2\n3\n4\n5\n6\n", "1\n3\n5\n", "lines 2, 4, 6"},
		{"a", "a\n", "line 1"},
	} {
		if got := Summary(Lines([]byte(tc.old), []byte(tc.new))); got != tc.want {
			t.Errorf("%q to %q: %q, want %q", tc.old, tc.new, got, tc.want)
		}
	}
	if got := Summary([]int{4, 5, 6, 7, 8, 9, 12, 14, 16, 18}); got != "lines 4–9, 12 and 3 more" {
		t.Error(got)
	}
}

func TestLocate(t *testing.T) {
	rows := Rows([]byte(before), []byte(after+"// more\n"), 20)
	for _, line := range []int{1, 4, 12, 14} {
		r := rows[Locate(rows, line)]
		if r.Number != line || r.Sign == '-' || r.More {
			t.Errorf("line %d is at %+v", line, r)
		}
	}
	if r := rows[Locate(rows, 15)]; !strings.HasPrefix(r.Text, "// more") {
		t.Errorf("line 15 is at %+v", r)
	}
	if r := rows[Locate(rows, 16)]; r.Number != 15 {
		t.Errorf("a line after the last one is at %+v", r)
	}
	if at := Locate(nil, 3); at != 0 {
		t.Errorf("nothing is at %d", at)
	}
}

// text is files as they come, and as they had better not.
var text = rapid.Custom(func(t *rapid.T) string {
	line := rapid.OneOf(
		rapid.SampledFrom([]string{"slots: [", "]", "}", "min_priority: 3", "{ kind: gpu, weight: 50 },", ""}),
		rapid.StringOf(rapid.RuneFrom([]rune("ab :,\t\r\x1b\u202e\u200d\u0301\ufe0f日❤👩🏽é\u0600\u00a0\ufeff🇩🇪"))),
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 9), func(b []byte) string { return string(b) }),
	)
	return strings.Join(rapid.SliceOfN(line, 0, 12).Draw(t, "lines"), rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end"))
})

// The rows that are not added are the old file, those that do not go the new one; none is too wide, none can do harm,
// and none is marked where it has no columns.
func TestRowsAreBothFiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old, new := text.Draw(t, "old"), text.Draw(t, "new")
		if rapid.Bool().Draw(t, "near") && old != "" { // mostly the same
			at := rapid.IntRange(0, len(old)-1).Draw(t, "at")
			new = old[:at] + new + old[min(at+rapid.IntRange(0, 9).Draw(t, "cut"), len(old)):]
		}
		width := rapid.IntRange(2, 40).Draw(t, "width")
		rows := Rows([]byte(old), []byte(new), width)
		if got, want := without(rows, '+'), shown(old, hasMark([]byte(new))); !slices.Equal(got, want) {
			t.Fatalf("old %q is\n%q, want\n%q", old, got, want)
		}
		if got, want := without(rows, '-'), shown(new, hasMark([]byte(old))); !slices.Equal(got, want) {
			t.Fatalf("new %q is\n%q, want\n%q", new, got, want)
		}
		for _, r := range rows {
			for _, c := range r.Text {
				if !unicode.IsPrint(c) || !clean.Safe(c) {
					t.Fatalf("%U is in %q", c, r.Text)
				}
			}
			w := ansi.StringWidth(r.Text)
			if w > width {
				t.Fatalf("%q is %d wide, want %d", r.Text, w, width)
			}
			at := 0
			for _, m := range r.Marks {
				if m[0] < at || m[0] >= m[1] || m[1] > w {
					t.Fatalf("%q is marked at %v", r.Text, r.Marks)
				}
				at = m[1] + 1
			}
			if r.More != (r.Number == 0) || r.Sign == ' ' && r.Marks != nil {
				t.Fatalf("%+v", r)
			}
		}
	})
}

// without gives the lines of rows but those of a sign, without the ends that are shown.
func without(rows []Row, sign byte) []string {
	var out []string
	for _, r := range rows {
		switch {
		case r.Sign == sign:
		case r.More:
			out[len(out)-1] += r.Text
		default:
			out = append(out, r.Text)
		}
	}
	for i, l := range out {
		out[i] = strings.TrimRight(l, "␍␊")
	}
	return out
}

// shown gives the lines of a file as they are shown.
func shown(s string, otherHasMark bool) []string {
	if hasMark([]byte(s)) && otherHasMark {
		s = strings.TrimPrefix(s, byteOrderMark)
		if s == "" {
			return []string{""}
		}
	}
	var out []string
	for _, l := range strings.SplitAfter(s, "\n") {
		if l != "" {
			l, _ = show(strings.TrimSuffix(strings.TrimSuffix(l, "\n"), "\r"), nil)
			out = append(out, strings.TrimRight(l, "␍␊"))
		}
	}
	return out
}

// As much as a file may hold is shown, in one line, and what is a quarter of it however it is cut into lines.
func TestLargeFiles(t *testing.T) {
	const most = 1 << 20
	for name, unit := range map[string]string{"one line": "{ kind: gpu }, ", "one word": "x", "lines": "a: 1\n", "wide": "日", "ESC": "\x1b", "ends": "\n", "tabs": "a\t"} {
		size := most
		if name != "one line" {
			size /= 4
		}
		old := strings.Repeat(unit, size/len(unit))
		new := old[:size/2] + "changed" + old[size/2:]
		rows := Rows([]byte(old), []byte(new), 50)
		t.Logf("%s: %d rows", name, len(rows))
		marked := 0
		for _, r := range rows {
			if ansi.StringWidth(r.Text) > 50 {
				t.Fatalf("%s: %q is too wide", name, r.Text)
			}
			marked += len(r.Marks)
		}
		if len(Lines([]byte(old), []byte(new))) == 0 || marked == 0 && unit != "\n" {
			t.Errorf("%s: nothing changes in %d rows", name, len(rows))
		}
	}
	all := strings.Repeat("a: 1\nb: 2\n", most/40)
	rows := Rows([]byte(all), []byte(strings.ReplaceAll(all, ":", " :")), 50)
	if len(rows) != 2*strings.Count(all, "\n") {
		t.Errorf("%d rows", len(rows))
	}
}
