package tui

import (
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/keys"
	"voxmesh/tui/theme"
)

// styled writes the escape sequences of a frame so that a golden file can be read.
func styled(frame string) string { return strings.ReplaceAll(frame, "\x1b", "␛") }

func TestThemes(t *testing.T) { synctest.Test(t, testThemes) }

func testThemes(t *testing.T) {
	for name, set := range map[string]func(s *screen){
		"dark":  func(s *screen) { s.send(tea.BackgroundColorMsg{Color: color.Black}) },
		"light": func(s *screen) { s.send(tea.BackgroundColorMsg{Color: color.White}) },
	} {
		s := play(t, aurelia().st, 80, 24)
		set(s)
		exact(t, s.view(), 80, 24)
		goldenText(t, "styled-"+name, styled(s.view()))
	}
	var out strings.Builder
	w := colorprofile.Writer{Forward: &out, Profile: colorprofile.ASCII}
	if _, err := w.WriteString(play(t, aurelia().st, 80, 24).view()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "38;2") || !strings.Contains(out.String(), ";1m") {
		t.Error("without colours bold must remain, and no colour")
	}
	goldenText(t, "styled-nocolour", styled(out.String()))
}

// Every scene on every terminal is its cells in the looks of that terminal, and nothing else: with the goldens of the
// cells and those of the looks every frame is held in dark, light and without colours.
func TestLooks(t *testing.T) { synctest.Test(t, testLooks) }

func testLooks(t *testing.T) {
	for name, dark := range map[string]bool{"dark": true, "light": false} {
		th := theme.New(dark, false)
		var table, plain strings.Builder
		for ink := theme.Text; ink <= theme.Code; ink++ {
			for _, a := range []theme.Attr{0, theme.Bold, theme.Faint, theme.Underline, theme.Reverse, theme.Raised, theme.Bold | theme.Raised} {
				st := theme.Style{Ink: ink, Attr: a}
				fmt.Fprintf(&table, "%-4s %s\n", styleName(st), styled(th.SGR(st)))
				plain.Reset()
			}
		}
		goldenRaw(t, "looks-"+name, table.String())
		none := colorprofile.Writer{Forward: &plain, Profile: colorprofile.ASCII}
		if _, err := none.WriteString(strings.ReplaceAll(table.String(), "␛", "\x1b")); err != nil {
			t.Fatal(err)
		}
		goldenRaw(t, "looks-"+name+"-nocolour", styled(plain.String()))
	}
	for name, scene := range scenes {
		for _, z := range sizes {
			s := scene(newScene(t, z[0], z[1]))
			for _, background := range []color.Color{color.Black, color.White} {
				s.send(tea.BackgroundColorMsg{Color: background})
				if got, want := s.view(), s.composed(); got != want {
					t.Errorf("%s at %v: what is rendered is not what the cells look like", name, z)
				}
			}
		}
	}
}

// composed is the screen put together cell by cell.
func (s *screen) composed() string {
	var out strings.Builder
	for y := range s.c.buf.H {
		last := theme.Style{}
		for x := range s.c.buf.W {
			c := s.c.buf.At(x, y)
			if c.Style != last {
				out.WriteString(s.c.s.Theme.SGR(c.Style))
				last = c.Style
			}
			out.WriteString(c.S)
		}
		if last != (theme.Style{}) {
			out.WriteString("\x1b[m")
		}
		if y < s.c.buf.H-1 {
			out.WriteByte('\n')
		}
	}
	return out.String()
}

func goldenText(t *testing.T, name, text string) {
	t.Helper()
	rows := strings.Split(text, "\n")
	for i := range rows {
		rows[i] = strings.TrimRight(rows[i], " ")
	}
	goldenRaw(t, name, strings.Join(rows, "\n"))
}

// On a terminal without Unicode every scene keeps its cells, and each sign has a twin of its own: a question mark would
// be one that was forgotten.
func TestASCII(t *testing.T) { synctest.Test(t, testASCII) }

func testASCII(t *testing.T) {
	for name, scene := range scenes {
		s := scene(newScene(t, 80, 24, "VOXMESH_ASCII=1"))
		full := scene(newScene(t, 80, 24)).plain()
		if strings.ContainsFunc(s.plain(), func(r rune) bool { return r > 0x7e }) {
			t.Errorf("%s: something is not ASCII", name)
		}
		if name == "add" { // instead of the code it says that there is none
			golden(t, "ascii-add-80x24", s.plain(), 80, 24)
			continue
		}
		if got, want := strings.Count(s.plain(), "?"), strings.Count(full, "?"); got != want {
			t.Errorf("%s: %d question marks, of which %d are meant:\n%s", name, got, want, s.plain())
		}
	}
	for _, name := range []string{"mesh", "empty", "past"} {
		golden(t, "ascii-"+name+"-80x24", scenes[name](newScene(t, 80, 24, "VOXMESH_ASCII=1")).plain(), 80, 24)
	}
	for env, want := range map[string]bool{"LANG=C": true, "LC_ALL=de_DE.UTF-8": false, "LANG=de_DE.ISO-8859-1": true, "X=1": false, "VOXMESH_ASCII=0": false} {
		if got := (Options{Env: []string{env}}).ascii(); got != want {
			t.Errorf("%s: ascii is %v", env, got)
		}
	}
}

// Small terminals: one sentence, or one region at a time.
func TestSmall(t *testing.T) { synctest.Test(t, testSmall) }

func testSmall(t *testing.T) {
	golden(t, "small-58x15", play(t, aurelia().st, 58, 15).plain(), 58, 15)
	golden(t, "small-64x20", play(t, aurelia().st, 64, 20).plain(), 64, 20)
	golden(t, "small-64x20-tab", play(t, aurelia().st, 64, 20).press("tab").plain(), 64, 20)
	golden(t, "small-80x20-add", play(t, aurelia().st, 80, 20).friend().plain(), 80, 20)
}

// Whatever the size, no row is too long and no frame too high, in every scene.
func TestEverySize(t *testing.T) { synctest.Test(t, testEverySize) }

func testEverySize(t *testing.T) {
	for name, scene := range scenes {
		s := scene(newScene(t, 80, 24))
		for _, w := range []int{1, 2, 7, 40, 59, 60, 64, 79, 80, 81, 111, 112, 120, 159, 160, 200, 300} {
			for _, h := range []int{1, 2, 5, 15, 16, 20, 23, 24, 31, 32, 40, 60, 100} {
				s.send(tea.WindowSizeMsg{Width: w, Height: h})
				if exact(t, s.view(), w, h); t.Failed() {
					t.Fatalf("%s at %d×%d", name, w, h)
				}
			}
		}
	}
}

func TestResizeKeeps(t *testing.T) { synctest.Test(t, testResizeKeeps) }

func testResizeKeeps(t *testing.T) {
	s := play(t, aurelia().st, 120, 40).press("tab", "down", "down", "down", "A").typed("frie")
	before := s.plain()
	for _, z := range [][2]int{{80, 24}, {40, 9}, {300, 100}, {61, 17}, {120, 40}} {
		s.send(tea.WindowSizeMsg{Width: z[0], Height: z[1]}).view()
	}
	if s.plain() != before {
		t.Error("a resize there and back changed the screen")
	}
	s.typed("nd")
	if !strings.Contains(s.plain(), "friend▏") || s.c.s.Node != "bob-cpu" {
		t.Errorf("text or selection is lost, the selection is %s", s.c.s.Node)
	}
}

func TestCursorStaysOnItsNode(t *testing.T) {
	s := play(t, aurelia().st, 80, 24).press("v", "down", "down", "down")
	if s.c.s.Node != "bob-cpu" {
		t.Fatalf("selected %s", s.c.s.Node)
	}
	s.press("o")
	if s.c.s.Node != "bob-cpu" || !strings.Contains(s.plain(), "NODE▾") {
		t.Error("turning the order moved the cursor off its node")
	}
	s.press("o", "s", "s")
	if !strings.Contains(s.plain(), "STATE▴") {
		t.Error("not sorted by state")
	}
	l := aurelia().add(now, mesh.KindNodeGone, mesh.Encode(&mesh.NodeGone{Node: "bob-cpu", Why: "revoked"}))
	s.press("s", "s", "s", "s", "s")
	s.h.st = l.st
	s.send(worldOf(s.c))
	if s.c.s.Node != "lex-2" {
		t.Errorf("the row in its place is lex-2, selected is %s", s.c.s.Node)
	}
}

func TestScrollKeepsMargin(t *testing.T) {
	l := aurelia()
	for i := range 40 {
		l.node(now, fmt.Sprintf("n-%02d", i), privacy.PairedPeersOnly, nil, nil, "", 0)
	}
	s := play(t, l.st, 80, 24)
	for range 30 {
		s.press("down")
		rows := strings.Split(s.plain(), "\n")
		at := slices.IndexFunc(rows, func(r string) bool { return strings.HasPrefix(r, "│▸") })
		if at < 2 || at > 17 { // rows 2 to 19 are the list's, with two of margin but at its beginning
			t.Fatalf("the cursor is on row %d:\n%s", at, s.plain())
		}
	}
	before := s.c.s.Node
	s.send(tea.MouseWheelMsg{X: 5, Y: 5, Button: tea.MouseWheelUp})
	if s.c.s.Node != before {
		t.Error("the wheel moved the cursor")
	}
	if !strings.Contains(s.plain(), " of 46 ") {
		t.Error("no position in the border")
	}
}

func TestMouse(t *testing.T) { synctest.Test(t, testMouse) }

func testMouse(t *testing.T) {
	s := play(t, aurelia().st, 80, 24).press("v")
	click := func(x, y int) {
		s.view()
		s.send(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
	}
	click(8, 5)
	if s.c.s.Node != "aurelia" {
		t.Errorf("a click on the third row selected %s", s.c.s.Node)
	}
	click(8, 5)
	if !strings.Contains(s.plain(), "[aurelia LOCAL]") {
		t.Error("a double click does not open the inspector")
	}
	click(12, 0)
	if !strings.Contains(s.plain(), "[2 Runs]") {
		t.Error("a click on a tab does not go there")
	}
	click(1, 0)
	rows := strings.Split(s.plain(), "\n")
	click(len([]rune(rows[23][:strings.Index(rows[23], "A add")])), 23)
	if !strings.Contains(s.plain(), "[Add a node]") {
		t.Error("a click on a word of the last row does nothing")
	}
}

func TestLeaving(t *testing.T) {
	s := play(t, aurelia().st, 80, 24).press("?", "q")
	if s.quit || strings.Contains(s.plain(), "[Help]") {
		t.Error("q closes the top layer first")
	}
	if !s.press("q").quit {
		t.Error("q leaves where nothing is open and the host lives on")
	}
	s = playAs(t, aurelia().st, 80, 24, Options{HostInProcess: true}).press("ctrl+c")
	if s.quit || !strings.Contains(s.plain(), "3 jobs are in flight") {
		t.Error("it does not ask before it ends a host with work")
	}
	if s.press("esc"); s.quit || strings.Contains(s.plain(), "[Leave]") {
		t.Error("esc stays")
	}
	if !s.press("ctrl+c", "enter").quit {
		t.Error("enter leaves")
	}
	s = playAs(t, newLog().start(now).st, 80, 24, Options{HostInProcess: true})
	if !s.press("esc", "ctrl+c").quit {
		t.Error("an idle host needs no question")
	}
	s = play(t, aurelia().st, 80, 24).press("A").typed("q")
	if !strings.Contains(s.plain(), "q▏") {
		t.Error("while typing q is a letter")
	}
	if s.press("ctrl+c"); s.quit || strings.Contains(s.plain(), "[Add a node]") {
		t.Error("ctrl+c closes the layer while typing")
	}
}

func TestViewer(t *testing.T) {
	s := playAs(t, aurelia().st, 80, 24, Options{Role: RoleViewer, Operator: "mira"})
	golden(t, "viewer-80x24", s.plain(), 80, 24)
	if s.press("A"); !strings.Contains(s.plain(), "A add node: you are here to view only") {
		t.Error("a viewer is not told why")
	}
	if s.press("down"); strings.Contains(s.plain(), "view only.") {
		t.Error("the notice stays after the next key")
	}
}

func TestHostLost(t *testing.T) {
	clock := now
	s := playAs(t, aurelia().st, 80, 24, Options{Operator: "mira", Clock: func() time.Time { return clock }})
	s.send(lostMsg{})
	clock = clock.Add(42 * time.Second)
	s.c.dirty = everything
	golden(t, "lost-later-80x24", s.plain(), 80, 24)
	if s.press("A"); !strings.Contains(s.plain(), "A add node: the host is lost") {
		t.Error("capitals must say why not")
	}
}

func TestRevokeInvite(t *testing.T) {
	s := play(t, aurelia().invited("friend", now.Add(492*time.Second)).st, 80, 24)
	s.press("v", "end", "X")
	if !slices.Equal(s.h.revoked, []string{"9f8e7d6c5b4a3921"}) || !strings.Contains(s.plain(), "revoked the invite") {
		t.Errorf("revoked %v", s.h.revoked)
	}
}

func TestAddANode(t *testing.T) { synctest.Test(t, testAddANode) }

func testAddANode(t *testing.T) {
	clock := now
	s := playAs(t, aurelia().st, 80, 24, Options{Operator: "mira", Clock: func() time.Time { return clock }})
	s.friend()
	want := mesh.InviteRequest{Slots: []string{"gpu", "cpu"}, TTL: 10 * time.Minute, Label: "friend"}
	if len(s.h.asked) != 1 || fmt.Sprint(s.h.asked[0]) != fmt.Sprint(want) {
		t.Fatalf("asked for %v", s.h.asked)
	}
	if s.press("y"); s.copied != "voxmesh join '"+bearer+"' --print" {
		t.Errorf("y copies %q", s.copied)
	}
	if s.press("tab", "tab", "y"); s.copied != bearer {
		t.Errorf("y on the link copies %q", s.copied)
	}
	s.press("z")
	if v := s.c.View(); v.MouseMode != tea.MouseModeNone || !strings.HasPrefix(ansi.Strip(v.Content), bearer[:80]+"\n"+bearer[80:]) {
		t.Errorf("alone: mouse %v\n%s", v.MouseMode, ansi.Strip(v.Content))
	}
	s.press("z")
	second := s.second
	clock = now.Add(9*time.Minute + 30*time.Second)
	second()
	if !strings.Contains(s.plain(), "! expires in 0:12") {
		t.Errorf("no mark under a minute:\n%s", s.plain())
	}
	clock = now.Add(10 * time.Minute)
	second()
	if strings.Contains(s.plain(), "EWkgTd") || !strings.Contains(s.plain(), "enter mint another") {
		t.Errorf("the forms are not wiped:\n%s", s.plain())
	}
	s.h.invite.ExpiresAt = clock.Add(10 * time.Minute).UnixMicro()
	s.press("enter")
	if len(s.h.asked) != 2 || !strings.Contains(s.plain(), "expires in 10:00") {
		t.Error("enter does not mint another")
	}
	s.h.steps.Reached, s.h.steps.Proved, s.h.steps.Admitted, s.h.steps.Node = 1, 2, 3, "lex-2"
	second()
	if !strings.Contains(s.plain(), "✓ admitted · online") {
		t.Errorf("the words do not tick:\n%s", s.plain())
	}
	s.h.steps.Online = 4
	second()
	if !strings.Contains(s.plain(), "[lex-2 PAIRED]") || strings.Contains(s.plain(), "Add a node") {
		t.Errorf("the node's inspector does not take the place:\n%s", s.plain())
	}
}

// An answer for a layer that was closed changes nothing, and neither does one that was asked for earlier.
func TestStaleAnswers(t *testing.T) {
	s := play(t, aurelia().st, 80, 24).press("A")
	_, mint := s.c.Update(key("enter"))
	s.press("q", "A")
	before := s.plain()
	s.do(mint)
	if s.plain() != before || len(s.h.asked) != 1 {
		t.Errorf("the late invite came up in another box:\n%s", s.plain())
	}
}

// L withdraws the invite and comes back to the box with the next address; what is minted then names it.
func TestOtherAddress(t *testing.T) {
	s := play(t, aurelia().st, 80, 24).friend().press("L")
	if got, _ := s.field("Address"); !slices.Equal(s.h.revoked, []string{"9f8e7d6c5b4a3921"}) || !strings.HasPrefix(got, "10.8.0.3:7420") {
		t.Fatalf("revoked %v, the address is %q", s.h.revoked, got)
	}
	if s.press("enter"); len(s.h.asked) != 2 || s.h.asked[1].HostPort != "10.8.0.3:7420" {
		t.Errorf("asked for %v", s.h.asked)
	}
}

func TestMintRefused(t *testing.T) {
	s := play(t, aurelia().st, 80, 24)
	s.h.refuse = errRefused
	if s.friend(); !strings.Contains(s.plain(), "not minted: the log is full") {
		t.Errorf("no reason:\n%s", s.plain())
	}
	s = play(t, aurelia().st, 80, 24).press("A", "tab", "space")
	if s.press("enter"); len(s.h.asked) != 0 || !strings.Contains(s.plain(), "Tick at least one slot.") {
		t.Error("an invite without slots")
	}
}

func TestLoopback(t *testing.T) {
	s := play(t, aurelia().st, 80, 24)
	s.h.info = mesh.HostInfo{Listen: "127.0.0.1:7420", Advertise: "127.0.0.1:7420", LoopbackOnly: true, Addresses: []string{"192.168.1.20:7420"}}
	golden(t, "add-loopback-80x24", s.press("A").plain(), 80, 24)
}

// The code on the screen is the link: decoded back from the cells of the whole screen, at both sizes and in both
// polarities.
func TestCodeOnTheScreen(t *testing.T) { synctest.Test(t, testCodeOnTheScreen) }

func testCodeOnTheScreen(t *testing.T) {
	for _, z := range [][2]int{{80, 24}, {120, 40}, {112, 36}} {
		s := play(t, aurelia().st, z[0], z[1]).friend()
		if got := decode(t, s.plain(), false); got != bearer {
			t.Errorf("%v: the code says %q", z, got)
		}
		s.press("tab", "z")
		if got := decode(t, s.plain(), false); got != bearer {
			t.Errorf("%v alone: the code says %q", z, got)
		}
		s.send(tea.ColorProfileMsg{Profile: colorprofile.ASCII}, tea.BackgroundColorMsg{Color: color.White})
		if got := decode(t, s.plain(), true); got != bearer {
			t.Errorf("%v on a light terminal without colours: the code says %q", z, got)
		}
	}
}

// decode photographs the screen: a cell is two modules, one above the other, eight pixels each.
func decode(t *testing.T, frame string, light bool) string {
	t.Helper()
	const scale = 8
	rows := strings.Split(frame, "\n")
	img := image.NewGray(image.Rect(0, 0, len([]rune(rows[0]))*scale, len(rows)*2*scale))
	for y, row := range rows {
		for x, r := range []rune(row) {
			for half := range 2 {
				lit := r == '█' || r == '▀' && half == 0 || r == '▄' && half == 1
				if lit == light {
					continue
				}
				for i := range scale * scale {
					img.SetGray(x*scale+i%scale, (y*2+half)*scale+i/scale, color.Gray{Y: 255})
				}
			}
		}
	}
	bmp, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	res, err := qrcode.NewQRCodeReader().Decode(bmp, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		t.Errorf("the code can't be read: %v", err)
		return ""
	}
	return res.GetText()
}

// Names that want to drive the terminal arrive as text, wherever they are shown.
func TestHostileNames(t *testing.T) { synctest.Test(t, testHostileNames) }

func testHostileNames(t *testing.T) {
	for _, bad := range []string{
		"\x1b[2J\x1b[31mx", "a\x1b]52;c;ZXZpbA==\x07b", "x\u009b2Jy", "a\rb\nc\td", "\u202egpj.exe", "\u200b\u200d\ufe0f", "日本\u0301", "\x00\x7f",
	} {
		l := newLog().start(now).node(now, "n"+bad, privacy.Unknown, []mesh.Slot{{Kind: bad, Max: 1}}, []mesh.Model{{Name: bad + ":" + bad}}, bad, 0)
		l.invited(bad, now.Add(time.Minute)).run(now, "j"+bad, "n"+bad, bad)
		for _, z := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
			s := play(t, l.st, z[0], z[1]).press("A")
			s.send(tea.PasteMsg{Content: bad})
			s.press("esc", "v", "end")
			for _, keys := range [][]string{
				{},
				{"home"},
				{"enter"},
				{"esc", "e"},
				{"esc", "K"},
				{"esc", "C"},
				{"esc", "S"},
				{"esc", ":"},
				{"esc", "2"},
				{"enter"},
				{"v"},
				{"v", "v"},
				{"esc", "4"},
				{"6"},
				{"1", "/"},
			} {
				frame := s.press(keys...).view()
				exact(t, frame, z[0], z[1])
				for i, row := range strings.Split(frame, "\n") {
					rest := withoutStyles(row)
					if strings.ContainsFunc(rest, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0x202e || r == 0x200b }) {
						t.Errorf("%q reaches row %d: %q", bad, i, rest)
					}
				}
			}
		}
	}
}

// withoutStyles takes off the sequences that the console itself writes, and no others.
func withoutStyles(s string) string {
	var out strings.Builder
	for {
		i := strings.Index(s, "\x1b[")
		if i < 0 {
			return out.String() + s
		}
		j := i + 2
		for j < len(s) && (s[j] >= '0' && s[j] <= '9' || s[j] == ';') {
			j++
		}
		if j == len(s) || s[j] != 'm' {
			return out.String() + s
		}
		out.WriteString(s[:i])
		s = s[j+1:]
	}
}

// In every state no key is bound twice and none that must never be; what is on the last row is bound.
func TestBindings(t *testing.T) { synctest.Test(t, testBindings) }

func testBindings(t *testing.T) {
	walk := map[string]func(s *screen) *screen{}
	for name, scene := range scenes {
		walk[name] = scene
	}
	for name, path := range map[string][]string{
		"alone": {"z"}, "slots": {"A", "tab"}, "minutes": {"A", "tab", "tab"}, "address": {"A", "tab", "tab", "tab"}, "axis": {"shift+tab"},
		"form alone": {"A", "enter", "z"}, "carried": {"m"}, "runs filter": {"2", "/"}, "drawer record": {"2", "enter", "v", "v", "v"},
	} {
		walk[name] = func(s *screen) *screen { return s.press(path...) }
	}
	for name, scene := range walk {
		s := scene(newScene(t, 80, 24))
		seen := map[string]keys.ID{}
		for _, b := range slices.Concat(s.c.focused().Keys(), s.c.everywhere()) {
			for _, k := range b.Keys() {
				if other, twice := seen[k]; twice {
					t.Errorf("%s: %q is %s and %s", name, k, other, b.ID)
				}
				seen[k] = b.ID
				if why, never := keys.Never()[k]; never {
					t.Errorf("%s: %q is bound to %s, but %s", name, k, b.ID, why)
				}
				if g := keys.Get(b.ID); !slices.Contains(g.Keys(), k) {
					t.Errorf("%s: %q is not %s in the table", name, k, b.ID)
				}
			}
		}
	}
}

// A layer that an event opened takes no key at first.
func TestLayerOfAnEventIsDeaf(t *testing.T) {
	clock := now
	s := playAs(t, aurelia().st, 80, 24, Options{Clock: func() time.Time { return clock }})
	s.c.layers.push(&leaving{jobs: 1}, clock)
	if s.press("enter"); s.quit {
		t.Fatal("a key meant for what was there before went through")
	}
	clock = clock.Add(eventGrace)
	if s.press("enter"); !s.quit {
		t.Error("it stays deaf")
	}
}

// Nothing is drawn where nothing changed.
func TestViewIsCached(t *testing.T) {
	s := play(t, aurelia().st, 80, 24)
	want := s.view()
	s.c.cached = "as it was" // what View gives again as long as nothing asks for another
	s.send(tea.MouseMotionMsg{X: 1, Y: 1})
	if got := s.view(); got != "as it was" {
		t.Error("a mouse that moves draws")
	}
	if s.send(tea.WindowSizeMsg{Width: 80, Height: 24}); s.view() != want {
		t.Error("a change does not draw")
	}
}
