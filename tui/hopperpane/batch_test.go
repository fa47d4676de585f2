package hopperpane

import (
	"context"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
)

// batcher notes what it is asked for.
type batcher struct {
	asked [][]string
	err   error
}

func (b *batcher) Batch(_ context.Context, _ string, items []string) (mesh.Batched, error) {
	b.asked = append(b.asked, items)
	return mesh.Batched{BatchID: "b-19c4", AuditID: "a-0200"}, b.err
}

type boxed struct {
	*screen
	l *Batch
	h *batcher
}

func box(t *testing.T, s *sample, ids string) *boxed {
	x := &boxed{screen: play(t, s, 80, 24), h: &batcher{}}
	x.l = NewBatch(context.Background(), x.s, x.h, ids)
	t.Cleanup(x.l.Closed)
	return x
}

func (x *boxed) rows(w, h int) string {
	b := cell.New(w, h)
	x.l.Draw(b, layout.Screen(w, h, layout.Parts{Scrubber: true}))
	return ansi.Strip(b.Render(x.s.Theme))
}

func (x *boxed) press(id keys.ID) (pane.Action, tea.Cmd) { return x.l.Update(pane.Do{ID: id}) }

func TestBatchBox(t *testing.T) {
	x := box(t, busy(), "h-7bf4 h-7be9")
	got := x.rows(80, 24)
	for _, want := range []string{
		"╭[Batch: 2 items]─────────────────────────────────────── PUBLIC ─╮",
		"│ They start as one as far as there is room", "nobody is overtaken",
		"│▸h-7bf4  PAIRED  normal by orc       place 3", "│ h-7be9  PUBLIC  normal by lrn       place 4", "│ $ voxmesh hopper batch h-7bf4 h-7be9",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("it lacks %q:\n%s", want, got)
		}
	}
	_, cmd := x.press(keys.Open)
	if _, again := x.press(keys.Open); again != nil {
		t.Error("a second enter asks again")
	}
	if act, _ := x.press(keys.Back); act != nil {
		t.Error("it closes while the request is on its way")
	}
	act, _ := x.l.Update(cmd())
	if len(x.h.asked) != 1 || strings.Join(x.h.asked[0], " ") != "h-7bf4 h-7be9" {
		t.Errorf("asked was %v", x.h.asked)
	}
	if all, ok := act.(pane.Several); !ok || all[0] != (pane.Close{}) || all[1] != (pane.Notice{Text: "batched 2 items as b-19c4   a-0200"}) {
		t.Errorf("it ends with %v", act)
	}
}

// What becomes of one of them is said, and nothing is asked for; an error stays.
func TestBatchRefused(t *testing.T) {
	s := busy()
	x := box(t, s, "h-7bf4 h-7be9")
	x.h.err = fault.New("vox/oplog/full", "the disk is full").WithHint("make room")
	_, cmd := x.press(keys.Open)
	x.l.Update(cmd())
	if got := x.rows(80, 24); !strings.Contains(got, "Not done: the disk is full. make room") {
		t.Errorf("it says\n%s", got)
	}
	x.s.World.State = s.later().change("h-7be9", func(it *hopper.Item) { it.State, it.Node = hopper.Assigned, "bob-cpu" }).st
	x.l.err = nil
	if got := x.rows(80, 24); !strings.Contains(got, "Not now: h-7be9 is assigned") {
		t.Errorf("it says\n%s", got)
	}
	if _, cmd := x.press(keys.Open); cmd != nil {
		t.Error("it asks all the same")
	}
	x.s.Viewer = true
	if why := x.l.off(); why != "you are here to view only" {
		t.Errorf("a viewer hears %q", why)
	}
	if act, _ := x.press(keys.Back); act != (pane.Close{}) {
		t.Errorf("esc gives %v", act)
	}
}

func TestBatchAtEverySize(t *testing.T) {
	s := crowd(40)
	var ids []string
	for _, it := range s.st.Hopper().Inbox(30) {
		ids = append(ids, it.ID)
	}
	x := box(t, s, strings.Join(ids, " ")+" h-gone")
	for w := 60; w <= 130; w += 10 {
		for h := 16; h <= 44; h += 4 {
			got := x.rows(w, h)
			for _, want := range []string{"[Batch: 31 items]", "h-0000", "of 31", "$ voxmesh hopper batch", "╯"} {
				if !strings.Contains(got, want) {
					t.Fatalf("%d×%d lacks %q:\n%s", w, h, want, got)
				}
			}
		}
	}
	if x.press(keys.End); !strings.Contains(x.rows(80, 24), "h-gone") || !strings.Contains(x.rows(80, 24), "is not here any more") {
		t.Errorf("the last is\n%s", x.rows(80, 24))
	}
	box(t, s, "").rows(80, 24)
}
