package auditpane

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"go.uber.org/goleak"

	"voxmesh/audit"
	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

var (
	_ Records = (*mesh.Host)(nil)
	_ Records = (*mesh.Reader)(nil)
)

func TestDrawing(t *testing.T) {
	rows := play(t, aurelia(t), 80, 24).do(keys.Down).rows()
	for y, want := range map[int]string{
		1:  "╭[Audit]─────────────────────────────────────────────────────────── 6 entries ─╮",
		2:  "│  TIME▾    ACTION   TARGET       CLASS  ACTOR      REASON                 SIG │",
		3:  "│  10:12:14 pause    lex-2        PAIRED cli:mira   fans are loud          ✓   │",
		4:  "│▸ 10:12:02 reprior… h-7c1e       PAIRED ssh:mira   blocks the release     ✓   │",
		5:  "│  09:12:26 kill     j-80c4       LOCAL  cli:mira   wrong input            ✓   │",
		6:  "│  08:12:26 revoke   a-very-…3f9a ?      cli:mira   nobody knows whose it… ✓   │",
		7:  "│  07:12:26 drain    pub-3f9a     PUBLIC cli:mira   the owner wants it ba… ✓   │",
		8:  "│  13 Mar   resume   atlas-nas    PAIRED cli:mira                          ✓   │",
		9:  "│                                                                              │",
		14: "╰─ ✓ as signed  ✗ not  – not checked yet ──────────────────────────────────────╯",
		15: "╭ a-0005  reprioritize h-7c1e PAIRED ──────────────────────────── ✓ as signed ─╮",
		16: "│ blocks the release                                                           │",
		18: "│ 14 Mar 2026 10:12:02.000 UTC by ssh:mira, new priority urgent, original pri… │",
		19: "│ $ voxmesh audit show a-0005                                                  │",
		20: "╰──────────────────────────────────────────────────────────────────────────────╯",
	} {
		if rows[y] != want {
			t.Errorf("row %d is\n%s, want\n%s", y, rows[y], want)
		}
	}
	for _, size := range [][2]int{{120, 40}, {200, 60}} {
		play(t, aurelia(t), size[0], size[1]).has("REASON", "SIG ENTRY         SEQ KEY", "✓   a-0006         10 fe81…4ce6").
			do(keys.End).has("No reason was asked for.", "13 Mar 2026 08:12:26.000 UTC by cli:mira, op 3, paired-peers-only")
	}
	small := play(t, aurelia(t), 60, 16).has("SIG", "✓").lacks("REASON", "$ voxmesh")
	small.do(keys.Down, keys.Down, keys.Down, keys.Next).has("╭[a-0003  revoke a-very-long-name-3f9a ?]", "three times in a row on two days", "$ voxmesh audit show a-0003").lacks("TIME")
}

// Pages are read as far as one scrolls, and no further.
func TestPages(t *testing.T) {
	l := long(t, 1000)
	x := play(t, l, 80, 24).has("1,000 entries", "1–11 of 1,000", "▸ ", "reason 999")
	if n := len(x.p.known.rows); n != pageRows {
		t.Errorf("%d entries were read", n)
	}
	for range 8 {
		x.do(keys.PageDown)
		x.view()
	}
	if n := len(x.p.known.rows); n != 2*pageRows {
		t.Errorf("after 88 rows %d entries were read", n)
	}
	if x.do(keys.End); len(x.p.known.rows) != 1000 || x.s.Entry != "a-0001" {
		t.Errorf("at the end %d were read, on %s", len(x.p.known.rows), x.s.Entry)
	}
	x.has("990–1,000 of 1,000", "reason 0 ")
	if x.do(keys.Home).s.Entry != "a-1000" {
		t.Errorf("the newest is %s", x.s.Entry)
	}
	if l.checks != 1000 {
		t.Errorf("%d signatures were verified", l.checks)
	}
}

// On its newest row the list follows what is done; off it, it holds still and counts.
func TestFollow(t *testing.T) {
	l := aurelia(t)
	x := play(t, l, 80, 24)
	pages := l.pages
	l.other(0)
	x.world()
	if l.pages != pages {
		t.Error("an op that is no act reads the log")
	}
	l.act(0, "kill", "j-1", privacy.PairedPeersOnly, "one")
	x.world().has("7 entries", "▸ 10:12:26 kill     j-1", "one                    ✓")
	if x.s.Entry != "a-0007" {
		t.Errorf("it is on %s", x.s.Entry)
	}
	x.do(keys.Down, keys.Down)
	l.act(0, "kill", "j-2", privacy.PairedPeersOnly, "two").act(0, "kill", "j-3", privacy.PairedPeersOnly, "three")
	x.world().has(" 2 new ", "▸ 10:12:02", "9 entries")
	if x.s.Entry != "a-0005" {
		t.Errorf("it went to %s", x.s.Entry)
	}
	x.do(keys.Home).lacks(" new ")
	for i := range mostNew + 100 {
		l.act(0, "kill", "j-4", privacy.PairedPeersOnly, fmt.Sprint(i))
	}
	x.world().has("1,133 entries", "▸ ", " 1123 ")
	if n := len(x.p.known.rows); n != mostNew {
		t.Errorf("%d were read of what came", n)
	}
	x.do(keys.End)
	if x.s.Entry != "a-0001" {
		t.Errorf("the oldest is %s", x.s.Entry)
	}
}

// In the past stands what was acted on by then; to go there and back reads nothing that is known.
func TestPast(t *testing.T) {
	l := long(t, 1000)
	x := play(t, l, 80, 24).do(keys.Down, keys.Down)
	pages, op := l.pages, l.entries[979].Op
	x.back(op).has("980 entries", "▸ ", "reason 979").lacks("reason 980", " new ")
	x.back(op - 1).has("979 entries").lacks("reason 979")
	x.world().has("1,000 entries").lacks(" new ").do(keys.Home).has("reason 999")
	if l.pages != pages {
		t.Errorf("%d pages were read to look at what is known", l.pages-pages)
	}
	x.back(l.entries[9].Op+1).has("10 entries", "reason 9 ", "reason 0 ").lacks("reason 10")
	x.world().do(keys.Home).has("1,000 entries", "reason 999")
	x.back(l.entries[0].Op - 1).has("Nothing had been acted on at 09:42:26.").lacks("Choose")
	if len(x.p.Keys()) != 0 {
		t.Error("there is nothing to do in an empty past")
	}
}

func TestFilter(t *testing.T) {
	x := play(t, aurelia(t), 80, 24).do(keys.Filter)
	if !x.p.Typing() {
		t.Fatal("the filter is not typed")
	}
	x.typed("class:local").has("1 of 6", "j-80c4").lacks("lex-2  ")
	x.do(keys.Open).has("1 of 6 /class:local")
	if x.s.Entry != "a-0004" {
		t.Errorf("it is on %s", x.s.Entry)
	}
	x.do(keys.Back).has("6 entries", "▸ 09:12:26").lacks(" new ")
	x.do(keys.Filter).send(tea.PasteMsg{Content: "nope\x1b[2J"}).has("No entry matches /nope")
	x.do(keys.Back).has("▸ 09:12:26")
	x.send(pane.Narrow{Filter: "age:<1m"}).has("2 of 6 /age:<1m")
	x.now = now.Add(40 * time.Second)
	x.send(pane.Second{}).has("1 of 6 /age:<1m")
	far := play(t, long(t, 1500), 80, 24)
	far.send(pane.Narrow{Filter: "j-0003"}).has("1 of 1,500 /j-0003", "▸ ", "reason 3 ")
	far.send(pane.Narrow{Filter: "reason"}).has("of 1,500 /reason")
}

// Of a log that is larger than a console keeps, the rest can be looked at from the past.
func TestVeryLong(t *testing.T) {
	l := aurelia(t)
	first := l.entries[5]
	for i := range mostRows + 2*longRows { // made by hand: to sign them takes seconds
		e := first
		e.Op = l.seq + 1 + uint64(i)
		e.AuditID = audit.ID(uint64(7 + i))
		l.entries = append(l.entries, e)
	}
	st := mesh.Projection{}.New()
	st.Seq, st.Acts = l.seq+mostRows+2*longRows, uint64(len(l.entries))
	l.st = st
	x := begin(t, l, 80, 24)
	x.hold = true // signatures are not what this is about
	turn := func() {
		for len(x.cmds) > 0 {
			c := x.cmds[0]
			x.cmds = x.cmds[1:]
			switch m := c().(type) {
			case nil:
			case tea.BatchMsg:
				x.cmds = append(x.cmds, m...)
			default:
				x.send(m)
			}
		}
	}
	l.noKey = true
	x.run(x.p.Init())
	turn()
	x.view()
	x.do(keys.End)
	turn()
	if n := len(x.p.known.rows); n < mostRows || n >= mostRows+longRows {
		t.Fatalf("%d are kept", n)
	}
	x.send(pane.Reveal{Ref: pane.Ref{Kind: pane.Entry, ID: "a-0002"}})
	turn()
	if n, ok := x.last().(pane.Notice); !ok || !strings.Contains(n.Text, "further back than the newest 10,000") {
		t.Errorf("one that is not kept gives %v", x.last())
	}
	x.back(l.entries[3].Op)
	turn()
	x.has("4 entries", "j-80c4", "atlas-nas")
	x.world()
	turn()
	x.do(keys.Home).has("11,030 entries", "lex-2")
}

func TestReveal(t *testing.T) {
	l := long(t, 1000)
	x := play(t, l, 80, 24)
	x.send(pane.Narrow{Filter: "j-0999"}, pane.Reveal{Ref: pane.Ref{Kind: pane.Entry, ID: "a-0990"}}).has("1,000 entries", "╭ a-0990  kill j-0989")
	x.send(pane.Reveal{Ref: pane.Ref{Kind: pane.Entry, ID: "a-0100"}}).has("╭ a-0100  kill j-0099")
	if ref := x.p.Selected(); ref != (pane.Ref{Kind: pane.Entry, ID: "a-0100"}) || x.s.Entry != "a-0100" {
		t.Errorf("selected is %v, of the console %s", ref, x.s.Entry)
	}
	x.send(pane.Reveal{Ref: pane.Ref{Kind: pane.Entry, ID: "a-7777"}})
	if x.last() != (pane.Notice{Text: "there is no audit entry a-7777"}) {
		t.Errorf("one that is not there gives %v", x.last())
	}
	x.back(l.entries[499].Op).send(pane.Reveal{Ref: pane.Ref{Kind: pane.Entry, ID: "a-0600"}})
	if x.last() != (pane.Notice{Text: "a-0600 was not there yet at 09:42:26"}) {
		t.Errorf("one of later gives %v", x.last())
	}
	before := begin(t, long(t, 200), 80, 24) // before anything was read
	before.send(pane.Reveal{Ref: pane.Ref{Kind: pane.Entry, ID: "a-0003"}}).has("╭ a-0003  kill j-0002")
}

// An entry that is not what was signed is marked, wants attention wherever it is, and is the next.
func TestForged(t *testing.T) {
	l := aurelia(t)
	l.forge("a-0003")
	x := play(t, l, 80, 24).has("it… ✗")
	if !x.p.Attention() {
		t.Error("nobody is told")
	}
	x.do(keys.Seek).has("╭ a-0003  revoke", " ✗ not as signed ─╮", "the signature of audit entry a-0003 does not belong to it", "a-very-long-name-3f9a ?")
	x.do(keys.Open).send(pane.Narrow{Filter: "status:not"}).has("1 of 6")
	if good := play(t, aurelia(t), 80, 24); good.p.Attention() {
		t.Error("a good log wants attention")
	} else if _, ok := good.do(keys.Seek).last().(pane.Notice); !ok {
		t.Errorf("n gives %v", good.last())
	}
	l.noKey = true
	if x := play(t, l, 80, 24).has("– can't be checked", "no audit key yet"); x.p.Attention() {
		t.Error("without a key nothing is known to be wrong")
	}
}

func TestVerifyAll(t *testing.T) {
	defer goleak.VerifyNone(t)
	l := long(t, 300)
	x := play(t, l, 80, 24)
	x.s.Now = func() time.Time { x.now = x.now.Add(10 * time.Millisecond); return x.now }
	x.do(keys.Verify)
	if want := fmt.Sprintf("root %x", l.st.Audit.Root())[:21]; !strings.Contains(x.view(), "✓ 300 entries, ") || !strings.Contains(x.view(), " a second, "+want) {
		t.Errorf("it does not say what was verified, and the %s:\n%s", want, x.view())
	}
	l.forge("a-0007")
	x.do(keys.Verify).has("✗ 1 of 300 not as signed: ", "a-0007")
	if !x.p.Attention() {
		t.Error("nobody is told of an entry that was not read")
	}
	l.fail = errDisk
	x.do(keys.Verify).has("✗ not verified: the disk is gone")
}

// While the log is verified it says how far it is; the end of a console ends it.
func TestVerifyProgress(t *testing.T) {
	defer goleak.VerifyNone(t)
	x := play(t, long(t, 300), 80, 24)
	x.hold = true
	x.do(keys.Verify)
	x.p.all.lines.Store(121)
	x.now = now.Add(2 * time.Second)
	x.has("verifying 120 of 300, 60 a second")
	for _, b := range x.p.Keys() {
		if b.ID == keys.Verify && b.Reason() != "it is under way" {
			t.Errorf("V twice: %q", b.Reason())
		}
	}
	x.stop()
	for _, c := range x.cmds {
		if m := c(); m != nil {
			t.Errorf("after the end it answers %T", m)
		}
	}
}

func TestSignedBytes(t *testing.T) {
	l := aurelia(t)
	x := play(t, l, 80, 24).do(keys.Down, keys.Open)
	acts, ok := x.last().(pane.Several)
	if !ok || len(acts) != 2 || acts[1] != (pane.Seek{Seq: 8}) {
		t.Fatalf("enter gives %v", x.last())
	}
	ly := acts[0].(pane.Push).Layer.(*Layer)
	draw := func() string {
		x.b.Clear()
		ly.Draw(x.b, x.f)
		return strings.Join(x.drawn(), "\n")
	}
	first := draw()
	for _, want := range []string{
		"╭[a-0005  reprioritize h-7c1e PAIRED]", " ✓ as signed ─╮", "│ target            h-7c1e PAIRED", "│ actor             ssh:mira", "ssh:SHA256:xxx",
		"│ original priority normal", "14 Mar 2026 10:12:02.000 UTC, op 8", "$ voxmesh audit show a-0005", "↑↓ more",
	} {
		if !strings.Contains(first, want) {
			t.Errorf("it does not say %q:\n%s", want, first)
		}
	}
	ly.Update(pane.Do{ID: keys.End})
	end := draw()
	if end == first || !strings.Contains(end, "Signature, Ed25519") {
		t.Errorf("the end has no signature:\n%s", end)
	}
	x.size(200, 60)
	message, err := audit.SignedBytes(l.entries[4].Stored)
	if err != nil {
		t.Fatal(err)
	}
	var bytes strings.Builder
	for _, s := range ly.rows(96) {
		if s.label == "" {
			bytes.WriteString(s.text)
		}
	}
	domain, record, _ := strings.Cut(string(message), "\n")
	for _, want := range []string{`"` + domain + `"`, record, l.entries[4].Signature} {
		if !strings.Contains(bytes.String(), want) {
			t.Errorf("not whole: %s in\n%s", want, bytes.String())
		}
	}
	for id, want := range map[keys.ID]pane.Action{
		keys.Back: pane.Close{}, keys.Live: pane.GoLive{}, keys.Copy: pane.Clip{Text: "a-0005", Said: "copied a-0005"},
	} {
		if got, _ := ly.Update(pane.Do{ID: id}); got != want {
			t.Errorf("%s gives %v", id, got)
		}
	}
	if ly.Selected() != (pane.Ref{Kind: pane.Entry, ID: "a-0005"}) || ly.Typing() || ly.Bare() {
		t.Error("it is not the layer of its entry")
	}
	ly.Closed()
}

// What is not an entry any more is shown as it lies there.
func TestBytesOfNoEntry(t *testing.T) {
	l := aurelia(t)
	l.entries[5].Stored = []byte("\x1b[2Jgarbage\n\u202e")
	x := play(t, l, 80, 24).has("✗")
	ly := newLayer(x.s, x.p.selected())
	ly.Draw(x.b, x.f)
	if v := strings.Join(x.drawn(), "\n"); !strings.Contains(v, "Stored, which is no entry: ") || !strings.Contains(v, "garbage") {
		t.Errorf("it does not say so:\n%s", v)
	}
	fresh := newLayer(x.s, &entry{raw: mesh.AuditEntry{Op: 9}, id: "a-0001"})
	fresh.Update(checked{verdicts: map[uint64]verdict{9: {broken, "not whole"}}})
	fresh.Draw(x.b, x.f)
	if v := strings.Join(x.drawn(), "\n"); !strings.Contains(v, "✗ not as signed") || !strings.Contains(v, "not whole") {
		t.Errorf("what was found meanwhile is not shown:\n%s", v)
	}
}

func TestReadFails(t *testing.T) {
	l := aurelia(t)
	l.fail = errDisk
	x := play(t, l, 80, 24).has("The log could not be read: the disk is gone", "r retry")
	l.fail = nil
	pages := l.pages
	x.send(pane.Second{})
	if l.pages != pages {
		t.Error("it reads again by itself")
	}
	x.do(keys.Retry).has("lex-2", "6 entries").lacks("retry")
}

// Rows of the right shape are drawn where the reading takes longer than an eye sees, and a late answer is dropped.
func TestLoading(t *testing.T) {
	x := begin(t, aurelia(t), 80, 24)
	x.hold = true
	x.run(x.p.Init())
	x.lacks("────── ──", "lex-2")
	x.send(x.late).has("────── ──")
	if len(x.cmds) != 1 {
		t.Fatalf("%d commands", len(x.cmds))
	}
	x.send(pane.Second{})
	if len(x.cmds) != 1 {
		t.Error("it reads twice at a time")
	}
	x.send(read{generation: 999}).lacks("lex-2")
	x.send(x.cmds[0]()).has("lex-2", "fans are loud          –")
	x.send(x.cmds[1]()).has("fans are loud          ✓")
}

func TestRoles(t *testing.T) {
	x := play(t, aurelia(t), 80, 24)
	reason := func(id keys.ID) string {
		i := slices.IndexFunc(x.p.Keys(), func(b keys.Binding) bool { return b.ID == id })
		if i < 0 || x.p.Keys()[i].Acts {
			t.Fatalf("%s is not there for a viewer", id)
		}
		return x.p.Keys()[i].Reason()
	}
	x.s.Viewer = true
	if reason(keys.Verify) != "" {
		t.Error("who may look may verify")
	}
	x.s.World.Lost = now
	if reason(keys.Verify) != "the host is lost; r tries again" {
		t.Errorf("V: %q", reason(keys.Verify))
	}
	x.send(pane.Changed{}).has("lex-2")
	for _, y := range []int{4, 16} {
		if x.b.At(12, y).Style.Attr&theme.Faint == 0 {
			t.Errorf("row %d of a lost host is not faint", y)
		}
	}
	seen := map[string]keys.ID{}
	for _, b := range x.p.Keys() {
		for _, k := range b.Keys() {
			if seen[k] != "" {
				t.Errorf("%s is %s and %s", k, seen[k], b.ID)
			}
			seen[k] = b.ID
		}
	}
	if c := x.do(keys.Copy).last(); c != (pane.Clip{Text: "a-0006", Said: "copied a-0006"}) {
		t.Errorf("y gives %v", c)
	}
}

func TestMouse(t *testing.T) {
	x := play(t, long(t, 100), 80, 24)
	x.send(pane.Click{X: 10, Y: 6})
	if x.s.Entry != "a-0097" {
		t.Errorf("a click selects %s", x.s.Entry)
	}
	if _, ok := x.send(pane.Click{X: 10, Y: 6, Double: true}).last().(pane.Several); !ok {
		t.Errorf("a double click gives %v", x.last())
	}
	x.send(pane.Wheel{X: 10, Y: 6, Down: true}).has("4–14 of 100")
	if x.s.Entry != "a-0097" {
		t.Error("the wheel moved the cursor")
	}
	x.send(pane.Click{X: 10, Y: 17}).has("╭[a-0097  kill j-0096 PAIRED]")
}

func TestEmpty(t *testing.T) {
	l := newSample(t)
	x := play(t, l, 80, 24).has("Nothing was acted on yet.", "leaves a signed entry here", "[Choose a node]", "See a demo", "no entry yet")
	if l.pages != 0 {
		t.Error("an empty log is read")
	}
	if x.do(keys.Open); x.last() != (pane.Turn{Pane: keys.Pane1}) {
		t.Errorf("enter gives %v", x.last())
	}
	if x.do(keys.Right, keys.Open); x.last() != (pane.Demo{}) {
		t.Errorf("the demo gives %v", x.last())
	}
	l.act(0, "kill", "j-1", privacy.PairedPeersOnly, "one")
	x.world().has("1 entry ", "▸ 10:12:26 kill     j-1")
}

// What was typed as a reason, or lies in a damaged log, never drives the terminal and never moves a column.
func TestHostile(t *testing.T) {
	bad := "\x1b]52;c;AAAA\x07\x1b[2J\u202eevil\n界界界界界界界界界界界"
	l := aurelia(t)
	for i := range l.entries {
		e := &l.entries[i]
		e.AuditID, e.Action, e.Target, e.Actor, e.Reason, e.PrivacyClass, e.KeyID, e.PrevHead, e.Signature = bad, bad, bad, bad, bad, bad, bad, bad, bad
		e.Detail, e.Stored = map[string]string{bad: bad}, []byte(bad)
		e.TsMicros = 1 << 62
	}
	for _, size := range [][2]int{{60, 16}, {80, 24}, {120, 40}, {200, 60}} {
		x := play(t, l, size[0], size[1])
		x.has("✗", "?")
		look := func() {
			t.Helper()
			x.drawn()
			for y := range x.b.H {
				for c := range x.b.W {
					if s := x.b.At(c, y).S; strings.ContainsAny(s, "\x1b\x07\n\u202e") {
						t.Fatalf("%q at %d,%d", s, c, y)
					}
				}
			}
		}
		look()
		newLayer(x.s, x.p.selected()).Draw(x.b, x.f)
		look()
	}
}
