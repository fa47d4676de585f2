package confirm

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"voxmesh/audit"
	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

func TestKillByHand(t *testing.T) {
	p := begin(t, aurelia(), keys.Kill, node("alice-gpu"))
	p.wantSays("Waiting for the id. The reason is missing.")
	p.typed("alice-gp").wantSays("1 letter more").typed("u").wantSays("The id is right. Waiting for the reason.")
	p.press(keys.Open).typed("runaway render").wantSays("Both are right: enter acts.").wantActs(0)
	p.press(keys.Open).wantActs(1)
	if a := p.h.acts[0]; a != (mesh.Action{Name: "kill", Target: "alice-gpu"}) {
		t.Errorf("%+v", a)
	}
	if g := p.h.grants[0]; g.Actor() != "ssh:mira" || g.Reason() != "runaway render" || g.Valid() {
		t.Errorf("%q %q %v", g.Actor(), g.Reason(), g.Valid())
	}
	if !p.closed || p.notice != "killed 2 jobs of alice-gpu   a-0193" || len(p.did) != 1 || p.did[0].Back != nil {
		t.Errorf("closed %v, %q, %+v", p.closed, p.notice, p.did)
	}
}

func TestPauseHasAWayBack(t *testing.T) {
	p := begin(t, aurelia(), keys.Pause, node("lex-2")).typed("lex-2").press(keys.Open).typed("noise").press(keys.Open).wantActs(1)
	if p.notice != "paused lex-2   a-0193   U resume" {
		t.Errorf("%q", p.notice)
	}
	if b := p.did[0].Back; b == nil || b.Verb != keys.Pause || b.AuditID != "a-0193" || b.Says() != "resume lex-2" {
		t.Errorf("%+v", b)
	}
}

func TestEnterSaysWhatIsMissing(t *testing.T) {
	p := begin(t, aurelia(), keys.Kill, node("alice-gpu"))
	p.typed("alice-cpu").press(keys.Open).wantSays("Not the id: letter 7 is another one.")
	p.typed("why").press(keys.Open).wantActs(0).wantSays("The reason is there.")
	p.press(keys.Previous, keys.Clear).typed("alice-gpux").wantSays("Not the id: 1 letter too many.")
	p.press(keys.Open, keys.Open).wantActs(0)
	p.press(keys.Previous, keys.Erase, keys.Open, keys.Open).wantActs(1)
}

func TestPaste(t *testing.T) {
	p := begin(t, aurelia(), keys.Kill, node("alice-gpu")).paste("  alice-gpu\r\n").press(keys.Open)
	p.paste("two\nlines\x1b[31m and \u202ea trick").press(keys.Open).wantActs(1)
	if got := p.h.grants[0].Reason(); strings.ContainsAny(got, "\n\x1b\u202e") || !strings.HasPrefix(got, "two lines") {
		t.Errorf("the reason is %q", got)
	}
}

func TestReasonIsBounded(t *testing.T) {
	p := begin(t, aurelia(), keys.Kill, node("alice-gpu")).typed("alice-gpu").press(keys.Open).paste(strings.Repeat("ü", 3*audit.MaxReasonRunes))
	p.press(keys.Open).wantActs(1)
	if n := utf8.RuneCountInString(p.h.grants[0].Reason()); n != audit.MaxReasonRunes {
		t.Errorf("a reason of %d letters", n)
	}
}

// Whatever else than the id is typed or pasted, no act is asked for.
func TestAnotherIDNeverActs(t *testing.T) {
	const target = "alice-gpu"
	w := aurelia()
	rapid.Check(t, func(rt *rapid.T) {
		near := rapid.Custom(func(rt *rapid.T) string {
			r := []rune(target)
			i := rapid.IntRange(0, len(r)-1).Draw(rt, "at")
			switch rapid.IntRange(0, 3).Draw(rt, "how") {
			case 0:
				return string(slices.Delete(r, i, i+1))
			case 1:
				return string(slices.Insert(r, i, rapid.Rune().Draw(rt, "more")))
			case 2:
				r[i] = rapid.Rune().Draw(rt, "other")
				return string(r)
			}
			return strings.ToUpper(target) + target
		})
		text := rapid.OneOf(rapid.String(), near, rapid.StringMatching(`alice-?[gc]?pu{0,2}`)).Draw(rt, "typed")
		p := begin(t, w, keys.Kill, node(target))
		same := text == target
		if rapid.Bool().Draw(rt, "pasted") {
			p.paste(text)
			same = strings.TrimSpace(text) == target
		} else {
			p.typed(text)
		}
		p.press(keys.Open).typed("a good reason").press(keys.Open)
		if acted := len(p.h.acts) == 1; acted != same {
			rt.Fatalf("%q, shown as %q: %d acts", text, p.l.value(theID), len(p.h.acts))
		}
	})
}

func TestTwoEntersActOnce(t *testing.T) {
	p := begin(t, aurelia(), keys.Kill, node("alice-gpu")).typed("alice-gpu").press(keys.Open).typed("why")
	_, cmd := p.pressed(keys.Open)
	if cmd == nil {
		t.Fatal("nothing is done")
	}
	if _, again := p.l.Update(pane.Do{ID: keys.Open}); again != nil {
		t.Error("a second enter acts as well")
	}
	p.wantSays("Killing alice-gpu…")
	p.typed("more").press(keys.Clear, keys.Back, keys.Open)
	if p.closed || p.l.value(theReason) != "why" || p.notice != "kill is on its way" {
		t.Errorf("closed %v, %q, %q", p.closed, p.l.value(theReason), p.notice)
	}
	p.message(cmd())
	p.wantActs(1)
	if !p.closed {
		t.Error("it stays open")
	}
}

func TestAnErrorStaysWithItsHint(t *testing.T) {
	p := begin(t, aurelia(), keys.Drain, node("alice-gpu")).typed("alice-gpu").press(keys.Open).typed("why")
	p.h.err = fault.New("vox/oplog/full", "the disk is full").WithHint("make room in the data folder")
	p.press(keys.Open).wantActs(1).wantSays("Not done: the disk is full.").wantSays("make room in the data folder")
	if p.closed || len(p.did) > 0 {
		t.Error("it closed")
	}
	p.h.err = nil
	p.typed("!").wantSays("Both are right").press(keys.Open).wantActs(2)
	if p.h.grants[0] == p.h.grants[1] || p.h.grants[1].Reason() != "why!" {
		t.Error("the second try has the grant of the first")
	}
	if p.notice != "draining alice-gpu   a-0193   U resume" {
		t.Errorf("%q", p.notice)
	}
}

func TestALateAnswerIsDropped(t *testing.T) {
	p := begin(t, aurelia(), keys.Kill, node("alice-gpu")).typed("alice-gpu").press(keys.Open).typed("why")
	_, cmd := p.pressed(keys.Open)
	m := cmd().(acted)
	m.generation += 7
	p.message(m)
	if p.closed || p.l.acting == 0 {
		t.Error("an answer to another request counts")
	}
}

// The target is fixed: what becomes of it meanwhile is said, and nothing is done to anything else.
func TestTheTargetMovesAway(t *testing.T) {
	for name, tt := range map[string]struct {
		id   keys.ID
		on   pane.Ref
		then func(w *world)
		says string
	}{
		"node gone":   {keys.Kill, node("alice-gpu"), func(w *world) { w.gone("alice-gpu") }, "Not now: alice-gpu is no longer in the mesh."},
		"job ended":   {keys.Kill, pane.Ref{Kind: pane.Job, ID: "j-81f2"}, func(w *world) { w.ended("j-81f2") }, "Not now: j-81f2 has ended already: succeeded."},
		"all done":    {keys.Kill, node("alice-gpu"), func(w *world) { w.ended("j-81f2").ended("j-81f7") }, "Not now: nothing runs on alice-gpu."},
		"paused now":  {keys.Pause, node("alice-gpu"), func(w *world) { w.mode("alice-gpu", mesh.Paused) }, "Not now: alice-gpu is paused already; P resumes it."},
		"offline now": {keys.Drain, node("alice-gpu"), func(w *world) { w.status("alice-gpu", mesh.Offline) }, "Not now: alice-gpu is offline since 10:12."},
	} {
		t.Run(name, func(t *testing.T) {
			p := begin(t, aurelia(), tt.id, tt.on)
			p.typed(p.l.target).press(keys.Open).typed("why").wantSays("Both are right")
			p.s.Node, p.s.Job = "bob-cpu", "" // the list's own selection goes elsewhere
			tt.then(p.w)
			p.look().wantSays(tt.says).press(keys.Open).wantActs(0)
			if _, cmd := p.l.Update(pane.Do{ID: keys.Open}); cmd != nil {
				t.Error("it acts all the same")
			}
			if p.l.Selected() != tt.on || p.l.class.Badge() != "PAIRED" {
				t.Errorf("it is about %v, %v now", p.l.Selected(), p.l.class)
			}
		})
	}
}

func TestWhoMayOnlyLook(t *testing.T) {
	for name, tt := range map[string]struct {
		so   func(s *pane.Session)
		says string
	}{
		"viewer": {func(s *pane.Session) { s.Viewer = true }, "Not now: you are here to view only."},
		"past":   {func(s *pane.Session) { s.World.Past = now.Add(-time.Hour) }, "you are looking at the past"},
		"lost":   {func(s *pane.Session) { s.World.Lost = now }, "Not now: the host is lost"},
	} {
		p := begin(t, aurelia(), keys.Kill, node("alice-gpu")).typed("alice-gpu").press(keys.Open).typed("why")
		tt.so(p.s)
		if p.wantSays(tt.says); t.Failed() {
			t.Log(name)
		}
		if _, cmd := p.l.Update(pane.Do{ID: keys.Open}); cmd != nil {
			t.Errorf("%s: it acts", name)
		}
		p.press(keys.Open).wantActs(0)
	}
}

func TestDeadline(t *testing.T) {
	p := begin(t, aurelia(), keys.Drain, node("alice-gpu")).typed("alice-gpu").press(keys.Open).typed("why").press(keys.Next)
	p.press(keys.Up, keys.Up).wantSays("--deadline 40m")
	p.press(keys.Clear).typed("soon").wantSays("The deadline is a time").press(keys.Open).wantActs(0)
	p.press(keys.Clear).typed("-5m").press(keys.Open).wantActs(0)
	p.press(keys.Clear).typed("0s").press(keys.Open).wantActs(0)
	p.press(keys.Clear).typed("1h30m").press(keys.Open).wantActs(1)
	if got := p.h.acts[0].Deadline; got != 90*time.Minute {
		t.Errorf("deadline %v", got)
	}
	p = begin(t, aurelia(), keys.Drain, node("alice-gpu")).typed("alice-gpu").press(keys.Open).typed("why").press(keys.Open).wantActs(1)
	if got := p.h.acts[0].Deadline; got != mesh.DefaultDrain {
		t.Errorf("deadline %v", got)
	}
}

func TestReplayElsewhere(t *testing.T) {
	w := aurelia().node("left").job("j-7001", "left", time.Minute, "left").ended("j-7001").gone("left")
	p := begin(t, w, keys.Replay, pane.Ref{Kind: pane.Job, ID: "j-7001"}).typed("j-7001").press(keys.Open).typed("again")
	p.wantSays("It asked for left").press(keys.Open).wantActs(0)
	p.press(keys.Next).typed("nobody").wantSays("There is no such node").press(keys.Open).wantActs(0)
	p.press(keys.Clear, keys.Down).wantSays("--on alice-gpu").press(keys.Down, keys.Down).wantSays("--on bob-cpu").press(keys.Up)
	p.press(keys.Clear).typed("label-lex-2").press(keys.Open).wantActs(1)
	if a := p.h.acts[0]; a != (mesh.Action{Name: "replay", Target: "j-7001", On: "label-lex-2"}) {
		t.Errorf("%+v", a)
	}
	if p.notice != "replayed j-7001 as r-19d0   a-0193" {
		t.Errorf("%q", p.notice)
	}
}

func TestCopyIsTheWholeCommand(t *testing.T) {
	why := "it's " + strings.Repeat("very ", 40) + "loud"
	p := begin(t, aurelia(), keys.Kill, node("alice-gpu")).press(keys.Next).typed(why).press(keys.CopyCommand)
	if want := `voxmesh kill alice-gpu --confirm alice-gpu --reason '` + strings.ReplaceAll(why, "'", `'\''`) + `'`; p.copied != want {
		t.Errorf("%s", p.copied)
	}
}

func TestEscCancels(t *testing.T) {
	p := begin(t, aurelia(), keys.Kill, node("alice-gpu")).typed("alice-gpu").press(keys.Back).wantActs(0)
	if !p.closed || p.notice != "" {
		t.Errorf("closed %v, %q", p.closed, p.notice)
	}
}

// A click puts the cursor into the field it is on.
func TestClick(t *testing.T) {
	p := begin(t, aurelia(), keys.Drain, node("alice-gpu"))
	rows := p.screen(80, 24)
	for want, word := range map[kind]string{theReason: "Reason", theDeadline: "Deadline", theID: "Type"} {
		for y, r := range rows {
			if strings.Contains(r, "│ "+word) {
				p.run(p.l.Update(pane.Click{X: 20, Y: y + 1}))
			}
		}
		if p.l.at() != want {
			t.Errorf("a click under %s is on %d", word, p.l.at())
		}
		rows = p.screen(80, 24)
	}
}

// One way through: in the whole program audit.Confirm and ConfirmOverride are called here and in the command line.
func TestOnlyOneWayToAGrant(t *testing.T) {
	allowed := []string{"audit", "tui/confirm", "tui/cli"}
	root := filepath.Join("..", "..")
	var callers []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != root {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		dir, _ := filepath.Rel(root, filepath.Dir(path))
		if grants(f) && !slices.Contains(callers, filepath.ToSlash(dir)) {
			callers = append(callers, filepath.ToSlash(dir))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range callers {
		if !slices.Contains(allowed, dir) {
			t.Errorf("%s makes a grant: a person must have typed what it is for", dir)
		}
	}
	for _, dir := range allowed[1:] {
		if !slices.Contains(callers, dir) {
			t.Errorf("%s makes no grant: the test looks at nothing", dir)
		}
	}
}

// grants reports whether a file names one of the functions that make a grant, under whatever name it imports audit.
func grants(f *ast.File) bool {
	name := ""
	for _, imp := range f.Imports {
		if imp.Path.Value == `"voxmesh/audit"` {
			name = "audit"
			if imp.Name != nil {
				name = imp.Name.Name
			}
		}
	}
	found := false
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			found = found || ok && name != "" && x.Name == name && strings.HasPrefix(n.Sel.Name, "Confirm")
		case *ast.Ident:
			found = found || name == "." && strings.HasPrefix(n.Name, "Confirm")
		}
		return !found
	})
	return found
}

func TestAHostThatHangs(t *testing.T) {
	p := begin(t, aurelia(), keys.Kill, node("alice-gpu")).typed("alice-gpu").press(keys.Open).typed("why")
	p.h.err = fmt.Errorf("commit: %w", context.DeadlineExceeded)
	p.press(keys.Open).wantActs(1).wantSays("The host did not answer. Look into Audit")
}

// A replay of a workflow from an activity on says so in the title, the sentence and the command, and does that.
func TestReplayFromAnActivity(t *testing.T) {
	w := newWorld().node("bob-cpu")
	for i, name := range []string{"split", "render", "render"} {
		id := fmt.Sprintf("j-700%d", i)
		w.add(now, mesh.KindJobSubmitted, mesh.Encode(&mesh.JobSubmitted{
			Job: id, Run: "r-7000", Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Activity: name, Index: uint32(max(i-1, 0)), Fanned: i > 0, Try: 1,
		})).ended(id)
	}
	p := beginWith(t, w, keys.Replay, pane.Ref{Kind: pane.Run, ID: "r-7000"}, "render[1]").typed("r-7000").press(keys.Open).typed("again")
	p.wantSays("from render[1] on").wantSays("taken over and not run again").wantSays("--from 'render[1]'").wantSays("j-7002")
	if s := p.shown(); strings.Contains(s, "j-7001") || strings.Contains(s, "jobs") {
		t.Errorf("it names what does not run again:\n%s", s)
	}
	p.press(keys.Open).wantActs(1)
	if a := p.h.acts[0]; a != (mesh.Action{Name: "replay", Target: "r-7000", From: "render[1]"}) {
		t.Errorf("%+v", a)
	}
	begin(t, w, keys.Replay, pane.Ref{Kind: pane.Job, ID: "j-7000"}).wantSays("from split on")
	begin(t, w, keys.Replay, pane.Ref{Kind: pane.Run, ID: "r-7000"}).wantSays("3 jobs")
}
