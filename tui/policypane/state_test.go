package policypane

import (
	"errors"
	"strings"
	"testing"
	"time"

	"voxmesh/policy"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

func second(x *screen) *screen { return x.send(pane.Second{}) }

// A clean form follows the file; one with edits says that it changed.
func TestChangedOnDisk(t *testing.T) {
	x := play(t, home, 80, 24)
	other := strings.Replace(home, "min_priority: 5", "min_priority: 7", 1)
	x.book.src = []byte(other)
	second(x).has("Least priority           7").lacks("changed on disk")
	x.to("slots[1].max_concurrent").do(keys.Open).typed("6").do(keys.Open)
	third := strings.Replace(other, "weight: 20", "weight: 19", 1)
	x.book.src = []byte(third)
	second(x).has("1 edit, changed on disk", "Problems 1", "6       30     was 8")
	x.do(keys.View, keys.View).has("[Problems 1]", "warning 1:1  changed on disk by somebody else: W shows how, Z takes it")
	x.do(keys.Back).do(keys.Write).has("[Changed on disk]", "-    { kind: text, max_concurrent: 4, weight: 20 },", "+    { kind: text, max_concurrent: 4, weight: 19 },", "the form holds 1 edit of")
	if x.book.writes != 0 {
		t.Fatal("it is written over")
	}
	x.do(keys.Back).has("1 edit, changed on disk")
	// Mine on top: the edit is made again on the other file.
	x.do(keys.Write, keys.Open).has("1 edit, not saved", "6       30     was 8")
	if x.over != nil || x.said() != "1 edit on top of the file as it is now   W writes" {
		t.Errorf("said %q", x.said())
	}
	x.do(keys.Write)
	if want := strings.Replace(third, "max_concurrent: 8", "max_concurrent: 6", 1); string(x.book.src) != want {
		t.Errorf("written was\n%s", x.book.src)
	}
	// The file's: Z, there or in the form.
	for _, in := range []bool{true, false} {
		x.to("nsfw_allowed").do(keys.Mark)
		x.book.src = append(x.book.src, "// more\n"...)
		second(x)
		if in {
			x.do(keys.Write)
		}
		x.do(keys.PutBack).has("[ ] allowed").lacks("edit")
		if x.over != nil || x.text() != string(x.book.src) {
			t.Error("it is not the file's")
		}
		if x.do(keys.Undo).has("[x] allowed", "1 edit, not saved").do(keys.Undo); x.text() != string(x.book.src) {
			t.Error("what was let go does not come again on top of it")
		}
	}
}

// A save that comes too late for the stamp meets the same box; rows that moved meanwhile are found by their names.
func TestConflict(t *testing.T) {
	x := play(t, home, 120, 40).to("slots[1].max_concurrent").do(keys.Open).typed("6").do(keys.Open)
	x.to("slots[2].weight").do(keys.Open).typed("25").do(keys.Open)
	x.book.src = []byte(strings.Replace(strings.Replace(home, "    { kind: gpu, max_concurrent: 2, weight: 50 },\n", "", 1), "    { kind: text, max_concurrent: 4, weight: 20 },\n", "", 1))
	x.do(keys.Write).has("[Changed on disk]").do(keys.Open)
	if x.said() != "1 of 2 edits on top of the file; slots[2].weight was not set again: slots[2] is not in the file: the list has 1 elements, counted from 0" &&
		!strings.HasPrefix(x.said(), "1 of 2 edits on top of the file; slots[2].weight was not set again") {
		t.Errorf("said %q", x.said())
	}
	x.has("1               cpu            6", "warning 1:1  slots[2].weight was not set again")
	// It is gone altogether: the form keeps it all.
	x = play(t, home, 80, 24).to("nsfw_allowed").do(keys.Mark)
	x.book.src, x.book.exists = nil, false
	second(x).do(keys.Write, keys.Open, keys.Write)
	if string(x.book.src) != strings.Replace(home, "nsfw_allowed: false", "nsfw_allowed: true", 1) {
		t.Errorf("written was\n%s", x.book.src)
	}
}

// A save is not undone over what somebody else wrote after it.
func TestUndoTooLate(t *testing.T) {
	x := play(t, home, 80, 24).to("nsfw_allowed").do(keys.Mark, keys.Write)
	x.book.src = append(x.book.src, "// mine\n"...)
	x.do(keys.Undo)
	if !strings.HasPrefix(x.said(), "not undone: the file was changed by somebody else") || x.book.writes != 1 || x.text() != string(x.book.src) {
		t.Errorf("said %q", x.said())
	}
}

func TestTypedWhileItChanges(t *testing.T) {
	x := play(t, home, 80, 24).to("min_priority").do(keys.Open).typed("9")
	x.book.src = []byte(strings.Replace(home, "weight: 20", "weight: 19", 1))
	second(x).has("changed on disk", "9▏")
	if x.do(keys.Back); x.text() != string(x.book.src) {
		t.Error("it does not follow once nothing is typed")
	}
}

const broken = `policy donations {
  slots: [
    { kind: gpu, max_concurrent: 2, weight: 50 },
    { kind: cpuu, max_concurrent: 800, weight: 30 },
  ]
  nsfw_allowed: maybe
  min_priority: 5
  allowed_users: [ 1, 2 ]
}
`

// Over a file with errors, the form shows them and edits what is sound.
func TestBroken(t *testing.T) {
	x := play(t, broken, 120, 40)
	x.book.note = "the policy of 09:31 stays in force"
	x.reread().has("not in force", "Problems ", "!  2               cpuu         800", "!NSFW              maybe", "!Users             [ 1, 2 ]", "errors; the policy of 09:31 stays in force")
	if !x.p.Attention() {
		t.Error("it wants no attention")
	}
	x.to("min_priority").do(keys.Open).typed("7").do(keys.Open).has("Least priority  ▸•       7", "1 edit, not saved")
	x.to("slots[1].max_concurrent").has("800: expected a whole number from 1 to 64").do(keys.Open).typed("8").do(keys.Open)
	x.to("slots[1].kind").has("cpuu: expected gpu, cpu, text or embed").do(keys.Open).typed("cpu").do(keys.Open)
	x.to("nsfw_allowed").do(keys.Mark).has("[x] allowed")
	x.to("allowed_users").do(keys.Open)
	if x.p.Typing() || !strings.Contains(x.said(), "del takes it out") {
		t.Errorf("said %q", x.said())
	}
	x.do(keys.Remove)
	want := "policy donations {\n  slots: [\n    { kind: gpu, max_concurrent: 2, weight: 50 },\n    { kind: cpu, max_concurrent: 8, weight: 30 },\n  ]\n  nsfw_allowed: true\n  min_priority: 7\n}\n"
	if x.text() != want {
		t.Errorf("%s", x.text())
	}
	if n := x.p.errors(); n != 0 {
		t.Errorf("%d errors stay: %v", n, x.p.problems)
	}
	x.do(keys.Seek).has("note 2:3  the weights sum to 80")
}

func TestProblems(t *testing.T) {
	x := play(t, broken, 80, 24).do(keys.View, keys.View).has("[Problems 5]", "▸ error 4:13", "did you mean cpu?")
	x.do(keys.Down, keys.Down, keys.Open)
	if x.p.view != fields || x.p.row().id != "nsfw_allowed" {
		t.Errorf("it goes to %s", x.p.row().id)
	}
	x.do(keys.Home, keys.Seek)
	if x.p.row().id != "slots[1]" || !strings.HasPrefix(x.said(), "error 4:13") {
		t.Errorf("n goes to %s and says %q", x.p.row().id, x.said())
	}
	if x = play(t, home, 80, 24).do(keys.Seek); x.said() != "nothing is wrong with the file" {
		t.Errorf("said %q", x.said())
	}
}

// A file that does not parse shows where; the fields around the place are still edited, or nothing is.
func TestUnclosed(t *testing.T) {
	for _, src := range []string{"policy donations {\n  slots: [\n  min_priority: 5\n", "policy donations {", "garbage { [", "// only words\n", "\xff\xfe\x00", strings.Repeat("{", 200)} {
		for _, size := range [][2]int{{80, 24}, {120, 40}, {60, 16}} {
			x := play(t, src, size[0], size[1])
			x.view()
			for _, id := range []keys.ID{keys.Seek, keys.View, keys.View, keys.View, keys.Open, keys.Explain} {
				x.do(id).view()
				x.over = nil
			}
			if x.p.Typing() {
				x.typed("7").do(keys.Open).do(keys.Back)
			}
			for range 5 {
				x.do(keys.Undo)
			}
			if x.text() != src {
				t.Errorf("%q became %q", src, x.text())
			}
		}
	}
	play(t, "garbage { [", 80, 24).has("There is no policy in the file", "error 1:").lacks("enter writes")
	play(t, "// only words\n", 80, 24).has("enter writes a policy behind what is there").do(keys.Open).has("Slots           ▸ none: nothing is given", "1 edit, not saved")
}

func TestNoFile(t *testing.T) {
	x := bare(t, &shelf{git: "not in a work tree"}, 80, 24)
	x.run(x.p.Init())
	x.has("This machine gives nothing.", "[Write a policy]", " See a demo ", "$ voxmesh policy set 'slots=[]'").lacks("Problems")
	if x.p.Attention() || x.p.Unsaved() {
		t.Error("that there is none wants attention")
	}
	x.do(keys.Right).has("[See a demo]").do(keys.Open)
	if _, ok := x.acts[len(x.acts)-1].(pane.Demo); !ok {
		t.Errorf("%v", x.acts)
	}
	x.do(keys.Left, keys.Open).has("Slots           ▸", "1 edit, not saved", "Longest job")
	if x.book.writes != 0 || !x.p.Unsaved() {
		t.Fatal("it is written before W")
	}
	x.do(keys.Undo).has("[Write a policy]").do(keys.Open, keys.Open, keys.Write)
	f := policy.Parse("donations.vox", x.book.src)
	if p, ok := f.Policy(); !ok || len(p.Slots) != 1 || p.Slots[0].Weight != 100 {
		t.Errorf("written was\n%s", x.book.src)
	}
	// From the mouse.
	x = bare(t, &shelf{}, 80, 24)
	x.run(x.p.Init())
	for y, r := range x.rows() {
		if i := strings.Index(r, "[Write a policy]"); i >= 0 {
			x.send(pane.Click{X: len([]rune(r[:i])) + 3, Y: y})
		}
	}
	x.has("1 edit, not saved")
}

func TestUnread(t *testing.T) {
	book := &shelf{src: []byte(home), exists: true, fail: errors.New("permission denied\x1b[31m")}
	x := bare(t, book, 80, 24)
	x.hold = true
	x.run(x.p.Init())
	x.lacks("───  ", "Slots")
	x.send(late{x.p.reading}).has("─────")
	x.hold = false
	x.run(x.cmds[0])
	x.has("The file could not be read: permission denied", "r retry")
	if !x.p.Attention() {
		t.Error("it wants no attention")
	}
	book.fail = nil
	x.do(keys.Retry).has("Slots", "[x] its jobs").lacks("could not")
	// Later, the form stays as it is.
	book.fail = errors.New("gone away")
	x.reread().has("could not be read: r retry", "Slots")
	book.fail = nil
	x.do(keys.Retry).lacks("could not")
	// A late answer is dropped.
	x.send(reading{generation: 1, file: policy.Parse("x", nil)}).has("Slots")
}

func TestElsewhere(t *testing.T) {
	x := play(t, home, 80, 24)
	x.p = New(t.Context(), x.s, nil)
	x.run(x.p.Init())
	second(x).has("$ voxmesh policy show").do(keys.Copy)
	if c, ok := x.acts[len(x.acts)-1].(pane.Clip); !ok || c.Text != "voxmesh policy show" || x.p.Attention() || x.p.Unsaved() {
		t.Errorf("%v", x.acts)
	}
}

// Who may not change anything looks, and reads why.
func TestLooking(t *testing.T) {
	for why, with := range map[string]func(*pane.Session){
		"you are here to view only":                     func(s *pane.Session) { s.Viewer = true },
		"you are looking at the past: press . for live": func(s *pane.Session) { s.World.Past = now.Add(-time.Hour) },
		"the host is lost; r tries again":               func(s *pane.Session) { s.World.Lost = now },
	} {
		x := play(t, home, 80, 24)
		with(x.s)
		x.has("[x] its jobs may run here").to("slots[1].kind")
		for _, id := range []keys.ID{keys.Open, keys.Mark, keys.Move, keys.Remove, keys.Write, keys.Stage} {
			x.acts = nil
			if x.do(id); !strings.Contains(x.said(), why) && id != keys.PutBack {
				t.Errorf("%s says %q, want %q", id, x.said(), why)
			}
		}
		if x.p.Typing() || x.text() != home {
			t.Errorf("%s: it is changed", why)
		}
		x.do(keys.Down, keys.View).has("[File]", "policy donations {")
	}
}

func TestViews(t *testing.T) {
	x := play(t, home, 80, 24).do(keys.View).has(" Donations ──[File]", "   1   policy donations {", "1–12 of 14")
	x.do(keys.End).has("3–14 of 14").do(keys.Home).has("1–12 of 14")
	x.send(pane.Wheel{X: 5, Y: 5, Down: true}).has("3–14 of 14")
	x.do(keys.View).has("[Donations]──").do(keys.Next).has("[donations.vox:3]").do(keys.Alone)
	x.has("[donations.vox:3]").lacks("Donations]").do(keys.Back, keys.Back).has("[Donations]──")
	play(t, home, 120, 40).do(keys.Next).has("[donations.vox]", " Donations ").do(keys.Alone).lacks("Public mesh").do(keys.Alone).has("Public mesh")
	// A file that is longer than its region scrolls to the field under the cursor.
	long := strings.Replace(home, "  nsfw", strings.Repeat("  // a comment\n", 80)+"  nsfw", 1)
	x = play(t, long, 120, 40).to("nsfw_allowed").has("87     nsfw_allowed: false").to("slots[0].kind").has("  3       { kind: gpu")
	x.send(pane.Wheel{X: 90, Y: 5, Down: true}).has(" 5       { kind: text", "4–29 of 94")
}

func TestSeveralPolicies(t *testing.T) {
	src := home + "\npolicy night {\n  slots: [{ kind: embed, max_concurrent: 3 }]\n}\n"
	x := play(t, src, 80, 24).has("[donations] night ── File")
	x.do(keys.View).has(" donations [night]── File", "embed          3").to("slots[0].max_concurrent").do(keys.Open).typed("4").do(keys.Open)
	if x.text() != strings.Replace(src, "max_concurrent: 3", "max_concurrent: 4", 1) {
		t.Errorf("%s", x.text())
	}
	x.has("was 3", "$ voxmesh policy set slots[0].max_concurrent=4 --policy night")
	for x.p.view != fields || x.p.policy != "donations" {
		x.do(keys.View)
	}
	x.has("[donations] night", "gpu            2", "1 edit, not saved").to("slots[0].max_concurrent").do(keys.Open).typed("5").do(keys.Open, keys.Write)
	if string(x.book.src) != strings.Replace(strings.Replace(src, "max_concurrent: 3", "max_concurrent: 4", 1), "gpu, max_concurrent: 2", "gpu, max_concurrent: 5", 1) {
		t.Errorf("%s", x.book.src)
	}
}

func TestMouse(t *testing.T) {
	at := func(x *screen, text string) pane.Click {
		t.Helper()
		for y, r := range x.rows() {
			if i := strings.Index(r, text); i >= 0 {
				return pane.Click{X: len([]rune(r[:i])), Y: y}
			}
		}
		t.Fatalf("%q is not there:\n%s", text, x.view())
		return pane.Click{}
	}
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		x := play(t, home, size[0], size[1])
		x.send(at(x, "[ ] allowed")).has("[x] allowed").do(keys.Undo)
		c := at(x, "30 ")
		x.send(c)
		if x.p.cell().path != "slots[1].weight" || x.p.Typing() {
			t.Errorf("it selects %s", x.p.cell().path)
		}
		c.Double = true
		x.send(c).has("30▏").typed("29").send(at(x, "NSFW "))
		if x.p.Typing() || !strings.Contains(x.text(), "weight: 29") {
			t.Error("a click elsewhere does not keep")
		}
		x.send(c).typed("x").send(at(x, "NSFW ")).has("expected a whole number")
		x.do(keys.Back, keys.Undo)
		x.to("slots[1].kind").do(keys.Open).send(at(x, " embed")).has("was cpu").do(keys.Undo)
		add := at(x, "+ add a slot")
		add.Double = true
		x.send(add).has("embed").do(keys.Undo)
		from, to := at(x, "gpu  "), at(x, "text  ")
		x.send(pane.Drag{FromX: from.X, FromY: from.Y, X: to.X, Y: to.Y}).has("↕•3               gpu")
		x.send(pane.Drag{FromX: from.X, FromY: from.Y, X: to.X, Y: to.Y, Done: true}).has("▸•3               gpu", "1 edit")
		x.do(keys.Undo)
		if x.text() != home {
			t.Errorf("%s", x.text())
		}
		x.send(pane.Wheel{X: 5, Y: 5, Down: true}, pane.Wheel{X: size[0] - 5, Y: 5}).view()
	}
	x := play(t, home, 80, 24)
	x.send(at(x, " File ")).has("[File]").send(at(x, "Donations")).has("[Donations]")
	x.send(at(x, "donations.vox:")).has("[donations.vox:")
}

// A field that is there twice has its mark at the row that shows the one that counts.
func TestAFieldTwice(t *testing.T) {
	play(t, "policy donations {\n  slots: [{ kind: gpu }]\n  min_priority: 5\n  min_priority: 6\n}\n", 120, 40).has("!Least priority           5", "min_priority was already given on line 3")
}
