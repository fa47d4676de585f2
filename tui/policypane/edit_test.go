package policypane

import (
	"errors"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// A whole edit: typed, seen, written, taken back.
func TestAnEdit(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		x := play(t, home, size[0], size[1])
		if x.p.Unsaved() || x.p.Attention() {
			t.Fatal("a file as it was read wants attention")
		}
		x.to("slots[1].max_concurrent").do(keys.Open)
		if !x.p.Typing() {
			t.Fatal("enter opens no field")
		}
		x.typed("6").has("cpu            6▏      30     was 8", "1 edit, not saved", "saving changes line 4", "$ voxmesh policy set slots[1].max_concurrent=6")
		x.do(keys.Back).has("cpu            8       30", "$ voxmesh policy set slots[1].max_concurrent=8").lacks("was 8", "not saved")
		x.do(keys.Open).typed("6").do(keys.Open).has("▸•2               cpu            6       30     was 8", "1 edit, not saved")
		if x.book.writes != 0 || x.p.Typing() || !x.p.Unsaved() || !x.p.Attention() {
			t.Fatal("it is written before W, or not marked")
		}
		want := strings.Replace(home, "max_concurrent: 8", "max_concurrent: 6", 1)
		x.do(keys.Write).lacks("not saved", "was 8")
		if got := string(x.book.src); got != want {
			t.Errorf("written was\n%s", got)
		}
		if !strings.HasPrefix(x.said(), "wrote donations.vox   388 bytes   U undo") || x.p.Unsaved() {
			t.Errorf("said %q", x.said())
		}
		x.do(keys.Undo).has("cpu            8       30")
		if string(x.book.src) != home || !strings.HasPrefix(x.said(), "undid the last write") {
			t.Errorf("U does not undo the save: %q, %s", x.said(), x.book.src)
		}
		if x.do(keys.Write); x.book.writes != 2 || x.said() != "W write: there is nothing to write" {
			t.Errorf("said %q", x.said())
		}
	}
}

// U takes one edit back, then what was put back, then the save; Z all of them.
func TestTakingBack(t *testing.T) {
	x := play(t, home, 120, 40)
	x.to("min_priority").do(keys.Open, keys.Up, keys.Open).to("nsfw_allowed").do(keys.Mark).has("2 edits, not saved", "[x] allowed", "was 5")
	both := x.text()
	x.do(keys.Undo).has("[ ] allowed", "1 edit, not saved")
	x.do(keys.Mark).do(keys.PutBack).lacks("not saved", "was 5")
	if x.said() != "put 2 edits back   U brings them again" {
		t.Errorf("said %q", x.said())
	}
	if x.do(keys.Undo); x.text() != both {
		t.Errorf("U does not bring back what Z put back: %s", x.text())
	}
	x.do(keys.Undo, keys.Undo)
	if x.text() != home || x.p.undoes() {
		t.Error("two edits are not taken back by two U")
	}
	for _, b := range x.p.Keys() {
		if b.ID == keys.Undo {
			t.Error("with nothing to undo here the key is not the console's")
		}
	}
	x.to("nsfw_allowed").do(keys.Mark, keys.Mark).has("2 edits, as on disk")
	if x.p.Unsaved() {
		t.Error("the same bytes are unsaved")
	}
}

func TestNumbers(t *testing.T) {
	x := play(t, home, 120, 40).to("slots[1].max_concurrent").do(keys.Open)
	x.typed("700").has("700: expected a whole number from 1 to 64").lacks("not saved")
	x.do(keys.Open)
	if !x.p.Typing() || x.text() != home {
		t.Error("a wrong value is kept")
	}
	x.do(keys.Clear).typed("x").has("expected a whole number").do(keys.Next)
	if !x.p.Typing() {
		t.Error("tab leaves a wrong value")
	}
	x.do(keys.Clear).has("was 8") // nothing: it is taken out
	x.do(keys.Back).do(keys.Open)
	for range 100 {
		x.do(keys.Up)
	}
	x.has("64▏")
	for range 100 {
		x.do(keys.Down)
	}
	x.has(" 1▏").do(keys.Next).has("1       30▏")
	if c := x.p.open.cell.path; c != "slots[1].weight" {
		t.Errorf("tab opens %s", c)
	}
	x.typed("100").do(keys.Next)
	if c := x.p.open.cell.path; c != "slots[2].kind" {
		t.Errorf("tab opens %s", c)
	}
	x.do(keys.Previous)
	if c := x.p.open.cell.path; c != "slots[1].weight" {
		t.Errorf("shift+tab opens %s", c)
	}
	x.do(keys.Back).has("weights 170 of 100", "was 8, …", "note 2:3  the weights sum to 170, not to 100")
	x.to("max_job_duration_secs").do(keys.Open).typed("0").has("was 3600").do(keys.Open, keys.Undo, keys.Open).typed("5400").do(keys.Open).has("5400 s")
	x.do(keys.Undo).has("1 h")
	// An empty field takes it out of the file.
	x.to("min_priority").do(keys.Open, keys.Clear).do(keys.Open)
	if strings.Contains(x.text(), "min_priority: 5") {
		t.Errorf("it stays:\n%s", x.text())
	}
	x.has("▸•       0")
	x.do(keys.Open).typed("007").do(keys.Open)
	if !strings.Contains(x.text(), "min_priority: 7\n") {
		t.Errorf("%s", x.text())
	}
	x.do(keys.Undo)
	x.do(keys.Undo).to("min_priority").do(keys.Remove)
	if strings.Contains(x.text(), "min_priority: 5") || x.p.row().id != "min_priority" {
		t.Error("del does not take it out")
	}
	if x.do(keys.Remove); x.said() != "del remove: the file does not say it" {
		t.Errorf("said %q", x.said())
	}
}

func TestKinds(t *testing.T) {
	x := play(t, home, 80, 24).to("slots[1].kind").do(keys.Open).has("▸cpu", " gpu", " embed")
	x.do(keys.Up).has("gpu▏", "one for each kind, and there is one for gpu").do(keys.Open)
	if !x.p.Typing() {
		t.Error("two slots of a kind are kept")
	}
	x.typed("em").has("embed▏").lacks("▸cpu").do(keys.Open)
	if !strings.Contains(x.text(), "{ kind: embed, max_concurrent: 8, weight: 30 }") || x.p.Typing() {
		t.Errorf("%s", x.text())
	}
	x.has("was cpu").do(keys.Undo, keys.Open).typed("zzz").has("expected gpu, cpu, text or embed").do(keys.Open).do(keys.Back)
	if x.text() != home {
		t.Error("what is no kind is kept")
	}
}

func TestSlots(t *testing.T) {
	x := play(t, home, 120, 40)
	x.to("slots+").do(keys.Open)
	if !strings.Contains(x.text(), "    { kind: text, max_concurrent: 4, weight: 20 },\n    { kind: embed, max_concurrent: 1, weight: 0 },\n  ]\n") {
		t.Errorf("%s", x.text())
	}
	x.has("▸•4               embed          1        0     new", "saving changes")
	x.to("slots+").do(keys.Open)
	if x.said() != "each kind of work has one already" {
		t.Errorf("said %q", x.said())
	}
	x.to("slots[3].kind").do(keys.Remove)
	if x.text() != home {
		t.Errorf("%s", x.text())
	}
	// m picks up, arrows carry, enter drops, esc puts back.
	x.to("slots[2].kind").do(keys.Move, keys.Up).has("↕•2               text", "3 edits, not saved").do(keys.Up, keys.Up).has("↕•1               text")
	if x.p.Typing() {
		t.Error("it types")
	}
	x.do(keys.Back).has("▸ 3               text")
	x.do(keys.Move, keys.Home, keys.Open).has("▸•1               text", "  •2               gpu")
	if !strings.HasPrefix(x.text(), "policy donations {\n  slots: [\n    { kind: text") || x.p.command() != "voxmesh policy set slots[0].kind=text" {
		t.Errorf("%s\n%s", x.text(), x.p.command())
	}
	if x.to("nsfw_allowed").do(keys.Move); x.said() != "m move: only rows of a table move" {
		t.Errorf("said %q", x.said())
	}
}

func TestPeers(t *testing.T) {
	x := play(t, home, 120, 40)
	x.to("per_peer_overrides[0].nsfw_allowed").do(keys.Mark).has("alice@aurelia  no")
	x.do(keys.Mark).has("alice@aurelia  –").do(keys.Mark).has("alice@aurelia  yes")
	x.do(keys.Undo, keys.Undo, keys.Undo)
	x.to("per_peer_overrides+").do(keys.Open).has(" bob@aurelia", " alan@nook")
	x.typed("bo").has(" bob@aurelia").lacks("alan").do(keys.Down).has("bob@aurelia▏").do(keys.Open)
	if !strings.Contains(x.text(), `{ peer: "bob@aurelia" }`) {
		t.Errorf("%s", x.text())
	}
	x.has("▸•2               bob@aurelia")
	if c := x.p.cell(); c.path != "per_peer_overrides[1].nsfw_allowed" {
		t.Errorf("the cursor is on %s", c.path)
	}
	x.to("per_peer_overrides[1].min_priority").do(keys.Open).typed("9").do(keys.Open)
	if !strings.Contains(x.text(), `{ peer: "bob@aurelia", min_priority: 9 }`) {
		t.Errorf("%s", x.text())
	}
	x.to("per_peer_overrides+").do(keys.Open, keys.Open)
	if x.p.Typing() || x.p.recordsOf(peers) != 2 {
		t.Error("a peer without a name is added")
	}
}

func TestNames(t *testing.T) {
	x := play(t, home, 80, 24).to("allowed_users").do(keys.Open).has(" alice@aurelia", " alan@nook")
	x.do(keys.Down, keys.Open).has("alice@aurelia▏").lacks("│  alice@aurelia")
	x.typed(", ala").do(keys.Down, keys.Open).has("alice@aurelia, alan@nook▏").do(keys.Open)
	if !strings.Contains(x.text(), `  allowed_users: ["alice@aurelia", "alan@nook"]`) {
		t.Errorf("%s", x.text())
	}
	x.do(keys.Open).do(keys.Clear).typed("none").do(keys.Open).has("Users           ▸•none")
	if !strings.Contains(x.text(), `allowed_users: []`) {
		t.Errorf("%s", x.text())
	}
	x.do(keys.Open).typed("any").do(keys.Open)
	if x.text() != home {
		t.Errorf("%s", x.text())
	}
	// What is taken out of the middle of a list leaves the rest as it is written, comments and all.
	src := strings.Replace(home, "  min_priority: 5\n", "  min_priority: 5\n  denied_users: [\n    \"eve@nook\", // she knows why\n    bob,\n    \"a,b@nook\",\n  ]\n", 1)
	x = play(t, src, 80, 24).to("denied_users").has(`eve@nook, bob, "a,b@nook"`).do(keys.Open)
	x.do(keys.Clear).typed(`eve@nook, "a,b@nook", mallory`).do(keys.Open)
	want := strings.Replace(src, "    bob,\n    \"a,b@nook\",\n", "    \"a,b@nook\",\n    \"mallory\",\n", 1)
	if x.text() != want {
		t.Errorf("%s", x.text())
	}
}

func TestHoursBusyPrices(t *testing.T) {
	x := play(t, home, 120, 40)
	x.to("active_hours").do(keys.Open).has("Hours             days         from   to     zone", "every day    22:00  07:00  –")
	x.do(keys.Open).typed("23:30").do(keys.Up).has("23:45▏").typed("x").has("a time of day, as in 07:30").do(keys.Erase).do(keys.Open)
	x.to("active_hours[0].days").do(keys.Open).typed("mon, tue, wed").do(keys.Open).has("mon–wed      23:45")
	if !strings.Contains(x.text(), `days: [mon, tue, wed]`) {
		t.Errorf("%s", x.text())
	}
	x.to("pause_when_busy").do(keys.Mark).has("50       50      120         60")
	if !strings.Contains(x.text(), "pause_when_busy: true") {
		t.Errorf("%s", x.text())
	}
	x.to("pause_when_busy.gpu_percent").do(keys.Open).typed("80").do(keys.Open)
	if !strings.Contains(x.text(), "gpu_percent: 80") || strings.Contains(x.text(), "pause_when_busy: true") {
		t.Errorf("%s", x.text())
	}
	x.do(keys.Remove).has("keep going")
	x.to("prices").do(keys.Open).has("$ an hour", "0.40").to("prices[0].usd_per_hour").do(keys.Open).typed("0.25").do(keys.Open)
	if !strings.Contains(x.text(), "usd_per_hour: 0.25") {
		t.Errorf("%s", x.text())
	}
	x.do(keys.Open).typed("0.2500001").has("at most six decimals").do(keys.Back)
	x.do(keys.Write)
	if x.p.errors() != 0 || x.book.writes != 1 {
		t.Errorf("%v", x.p.problems)
	}
}

// Whatever is typed and pasted, nothing of the file is lost, and esc puts back what stood there.
func TestGarbage(t *testing.T) {
	junk := []string{"\x1b[2J", "\u202e}", `"\`, "}}}] //", "/*", strings.Repeat("9", 400), "true", "\x00\n\r\t", "é́́", "{ kind: gpu }"}
	for _, path := range []string{"slots[0].kind", "slots[0].max_concurrent", "min_priority", "allowed_users", "per_peer_overrides[0].peer", "models", "per_peer_overrides+"} {
		for _, s := range junk {
			x := play(t, home, 80, 24).to(path).do(keys.Open).send(tea.PasteMsg{Content: s})
			x.view()
			x.do(keys.Open)
			if e := x.p.base.Err(); e != nil || x.p.of(x.p.top()).Err() != nil {
				t.Errorf("%s: %q makes errors: %v", path, s, x.p.of(x.p.top()).Err())
			}
			if x.p.Typing() {
				if x.text() != home {
					t.Errorf("%s: %q is half kept", path, s)
				}
				x.do(keys.Back)
			}
			for range 3 {
				x.do(keys.Undo)
			}
			if x.text() != home || x.p.Typing() {
				t.Errorf("%s: %q does not go away:\n%s", path, s, x.text())
			}
		}
	}
}

func TestWriteFails(t *testing.T) {
	x := play(t, home, 80, 24).to("nsfw_allowed").do(keys.Mark)
	x.book.failing = errors.New("the disk is full\x1b[2J")
	x.do(keys.Write).has("1 edit, not saved")
	if !strings.HasPrefix(x.said(), "not written: the disk is full") || strings.Contains(x.said(), "\x1b") {
		t.Errorf("said %q", x.said())
	}
	x.book.failing = nil
	x.hold = true
	x.do(keys.Write).has("writing…")
	if x.to("min_priority").do(keys.Open); x.p.Typing() || !strings.Contains(x.said(), "it is being written") {
		t.Errorf("said %q", x.said())
	}
	x.hold = false
	x.run(x.cmds[0])
	if x.book.writes != 1 || x.p.Unsaved() {
		t.Error("it is not written")
	}
}

func TestStage(t *testing.T) {
	x := play(t, home, 120, 40).to("slots[1].max_concurrent").do(keys.Open).typed("6").do(keys.Open, keys.Stage)
	if x.said() != "T stage: there are edits that are not written; W writes them" || x.book.staged != 0 {
		t.Errorf("said %q", x.said())
	}
	x.do(keys.Write, keys.Stage)
	if x.said() != `ran git add donations.vox   then: git commit -m "donations: fewer cpu jobs at once"` || x.book.staged != 1 {
		t.Errorf("said %q", x.said())
	}
	x.size(80, 24).has(`$ git commit -m "donations: fewer cpu jobs at once"`).do(keys.Down).lacks("git commit").size(120, 40)
	x.book.commit = `git commit -m "donations: a policy" -- donations.vox`
	x.do(keys.Stage, keys.Down).has(`donations: a policy`).lacks("fewer cpu jobs")
	x.book.git = "not in a work tree"
	x.reread().has("git: not in a work tree").lacks("git add").do(keys.Stage)
	if x.said() != "not staged: not in a work tree" {
		t.Errorf("said %q", x.said())
	}
	x.book.failing = errors.New("git: exit status 128")
	if x.do(keys.Stage); x.said() != "not staged: git: exit status 128" {
		t.Errorf("said %q", x.said())
	}
}

func TestCopy(t *testing.T) {
	x := play(t, home, 80, 24).to("slots[1].max_concurrent").do(keys.Copy)
	if c, ok := x.acts[len(x.acts)-1].(pane.Clip); !ok || c.Text != "voxmesh policy set slots[1].max_concurrent=8" {
		t.Errorf("%+v", x.acts)
	}
	x.do(keys.Open).typed("9").do(keys.CopyCommand)
	if c, ok := x.acts[len(x.acts)-1].(pane.Clip); !ok || c.Text != "voxmesh policy set slots[1].max_concurrent=9" {
		t.Errorf("%+v", x.acts)
	}
}
