package changes

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/tui/cell"
	"voxmesh/tui/layout"
	"voxmesh/tui/theme"
)

func screen(b *cell.Buffer) string {
	lines := strings.Split(ansi.Strip(b.Render(theme.New(true, false))), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}

func TestDraw(t *testing.T) {
	r := layout.Rect{X: 1, Y: 1, W: 58, H: 5}
	rows := Rows([]byte(before), []byte(after), Width(r))
	b := cell.New(60, 7)
	b.Box(0, 0, 60, 7, theme.In(theme.Third))
	Draw(b, r, rows, Locate(rows, 11), Look{})
	const want = `╭──────────────────────────────────────────────────────────╮
│  11     per_peer_overrides: [                            │
│  12 -     { peer: "alice@aurelia", nsfw_allowed: true }, │
│  12 +     { peer: "alice@aurelia", nsfw_allowed: true,   │
│   ↳ + min_priority: 3, max_concurrent: 1 },              │
│  13     ]                                                │
╰──────────────────────────────────────────────────────────╯`
	if got := screen(b); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, tc := range []struct {
		what string
		x, y int
		want theme.Style
	}{
		{"a number", 3, 1, theme.In(theme.Third)},
		{"what stays", 10, 1, theme.In(theme.Second)},
		{"what goes", 6, 2, theme.In(theme.Failed)},
		{"what comes", 6, 3, theme.In(theme.OK)},
		{"what is the same in it", 12, 4 - 1, theme.In(theme.Text)},
		{"what differs", 8, 4, theme.In(theme.Text).With(theme.Underline)},
	} {
		if got := b.At(tc.x, tc.y).Style; got != tc.want {
			t.Errorf("%s is %+v, want %+v", tc.what, got, tc.want)
		}
	}
}

func TestDrawSignFirst(t *testing.T) {
	r := layout.Rect{X: 1, Y: 0, W: 78, H: 4}
	rows := Rows([]byte(before), []byte(after), Width(r))
	b := cell.New(80, 5)
	r.H = 2
	Draw(b, r, rows, Locate(rows, 3)+1, Look{SignFirst: true, Faint: true})
	Draw(b, layout.Rect{X: 1, Y: 2, W: 78, H: 3}, []Row{{Number: 123, Sign: '+', Text: "-"}, {Number: 1234, Sign: '+', Text: "a"}, {Number: 98765, Sign: '-', Text: "b"}}, 0, Look{SignFirst: true})
	const want = `  -  4      { kind: cpu, max_concurrent: 8, weight: 30 },
  +  4      { kind: cpu, max_concurrent: 6, weight: 30 },
  + 123 -
  +1234 a
  -…765 b`
	if got := screen(b); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := b.At(2, 0).Style; got != theme.In(theme.Failed).With(theme.Faint) {
		t.Errorf("a row of the past is %+v", got)
	}
}

// What is outside is not drawn, above, below and at the right.
func TestDrawStaysInside(t *testing.T) {
	rows := Rows([]byte(before), []byte(after), 50)
	b := cell.New(20, 5)
	Draw(b, layout.Rect{X: 3, Y: 1, W: 14, H: 3}, rows, len(rows)-2, Look{})
	Draw(b, layout.Rect{X: 3, Y: 1, W: 14, H: 1}, rows, -1, Look{})
	Draw(b, layout.Rect{X: 3, Y: 1, W: 0, H: 1}, rows, 0, Look{})
	Draw(b, layout.Rect{X: 3, Y: 4, W: 14, H: 1}, rows, 3, Look{})
	const want = "\n     13     ]\n     14   }\n\n      4 -     { k"
	if got := screen(b); got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}
