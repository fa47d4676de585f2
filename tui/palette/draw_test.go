package palette

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

func TestDrawing(t *testing.T) {
	s := show(t, aurelia().st, 80, 24, pane.Ref{}, nil).typed("drain al")
	want := strings.TrimSpace(`
╭[Command]─────────────────────────────────────────────────────── 6 of 68 ─╮
│ > drain al▏                                                              │
├──────────────────────────────────────────────────────────────────────────┤
│▸ drain alice-gpu             PAIRED  2 running may finish              D │
│  drain aurelia               LOCAL   this machine                      D │
│  drain atlas-nas             PAIRED  not now: offline since 09:58      D │
│  r-18ff  drain alert queue   PAIRED  succeeded 09:31                     │
│  replay r-18ff  drain alert… PAIRED  succeeded 09:31                   R │
│  kill r-18ff  drain alert q… PAIRED  not now: has ended already: succ… K │
│                                                                          │
│                                                                          │
├──────────────────────────────────────────────────────────────────────────┤
│ Takes no new work. What runs may finish until the deadline, 30 min; the  │
│ rest is then requeued. Asks for the id and a reason; U resumes.          │
│ $ voxmesh drain alice-gpu --confirm alice-gpu --reason TEXT              │
╰─ > actions  @ nodes  # runs  submit: intent  urgent: item  defer: item ──╯`)
	if got := s.drawn(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	b := s.buffer()
	if b.At(2, 2).S != "╭" || b.At(77, 17).S != "╯" {
		t.Errorf("it lies elsewhere:\n%s", ansi.Strip(b.Render(s.s.Theme)))
	}
}

func TestWideDrawing(t *testing.T) {
	s := show(t, aurelia().st, 120, 40, pane.Ref{}, nil).typed("18ff")
	want := strings.TrimSpace(`
╭[Command]───────────────────────────────────────────────────────────────────── 6 of 68 ─╮
│ > 18ff▏                                                                                │
├────────────────────────────────────────────────────────────────────────────────────────┤
│▸ r-18ff  drain alert queue          PAIRED  succeeded 09:31                            │
│  j-18ff                             PAIRED  succeeded 09:31                            │
│  replay r-18ff  drain alert queue   PAIRED  succeeded 09:31                          R │
│  replay j-18ff                      PAIRED  succeeded 09:31                          R │
│  kill r-18ff  drain alert queue     PAIRED  not now: has ended already: succeeded    K │
│  kill j-18ff                        PAIRED  not now: has ended already: succeeded    K │
│                                                                                        │
│                                                                                        │
├────────────────────────────────────────────────────────────────────────────────────────┤
│ Opens it over the pane: what happened when and where, its output, its cost.            │
│                                                                                        │
│ $ voxmesh runs r-18ff                                                                  │
╰─ > actions  @ nodes  # runs  submit: intent  urgent: item  defer: item ────────────────╯`)
	if got := s.drawn(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// At every size the box is whole and on the screen, and of the same height whatever is found.
func TestSizes(t *testing.T) {
	for _, size := range [][2]int{{60, 16}, {64, 20}, {79, 23}, {80, 24}, {93, 24}, {94, 30}, {120, 40}, {200, 60}, {300, 100}} {
		s := show(t, aurelia().st, size[0], size[1], pane.Ref{}, nil)
		heights := map[int]bool{}
		for _, q := range []string{"", "drain al", "zzz", "@", "submit:", strings.Repeat("long ", 60)} {
			s.do(keys.Clear).typed(q)
			rows := strings.Split(s.drawn(), "\n")
			heights[len(rows)] = true
			w := ansi.StringWidth(rows[0])
			for _, r := range rows {
				if ansi.StringWidth(r) != w || w > size[0]-4 {
					t.Errorf("%v %q: a row is %d wide, the first %d: %s", size, q, ansi.StringWidth(r), w, r)
				}
			}
			if !strings.HasPrefix(rows[0], "╭") || !strings.HasPrefix(rows[len(rows)-1], "╰") {
				t.Errorf("%v %q: the box is not whole:\n%s", size, q, strings.Join(rows, "\n"))
			}
		}
		if len(heights) != 1 {
			t.Errorf("%v: it jumps: %v rows", size, heights)
		}
		if h := size[1]; h >= 19 && !heights[height] {
			t.Errorf("%v: it is not %d rows: %v", size, height, heights)
		}
	}
}

// The cursor, refusals and the prefix that narrows have their looks besides their signs.
func TestLooks(t *testing.T) {
	s := show(t, aurelia().st, 80, 24, pane.Ref{}, nil).typed("drain al")
	b := s.buffer()
	if c := b.At(5, 5); c.S != "d" || c.Style.Attr&(theme.Bold|theme.Raised) != theme.Bold|theme.Raised {
		t.Errorf("the row under the cursor is %+v", c)
	}
	if c := b.At(5, 7); c.S != "d" || c.Style.Attr&theme.Faint == 0 {
		t.Errorf("what can't be done is %+v", c)
	}
	if c := b.At(33, 7); c.S != "P" || c.Style.Attr&theme.Faint != 0 {
		t.Errorf("its class is %+v", c)
	}
	s.do(keys.Clear).typed("@a")
	if c := s.buffer().At(16, 17); c.S != "@" || c.Style.Attr&theme.Bold == 0 {
		t.Errorf("the prefix is %+v", c)
	}
}

// What others wrote can't drive the terminal, stays behind the id, and can't pass for a row of ours.
func TestHostileTitles(t *testing.T) {
	l := empty()
	l.run(at("09:30"), "0001", "\x1b[2J\x1b]52;c;ZXZpbA==\x07kill\x9b31m alice", "aurelia")
	l.run(at("09:31"), "0002", "\u202edrain aurelia\u2066 \U000e0041 "+strings.Repeat("日", 300), "aurelia")
	s := show(t, l.st, 80, 24, pane.Ref{}, nil).typed("#")
	for y, r := range strings.Split(s.buffer().Render(s.s.Theme), "\n") {
		plain := ansi.Strip(r)
		if strings.ContainsFunc(plain, func(r rune) bool {
			return r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x206f || r >= 0xe0000
		}) {
			t.Errorf("row %d: %q", y, plain)
		}
		if ansi.StringWidth(plain) > 80 {
			t.Errorf("row %d is %d wide", y, ansi.StringWidth(plain))
		}
	}
	for _, e := range s.l.rows {
		if e.on.Kind == pane.Run && !strings.HasPrefix(e.text, e.on.ID+" ") {
			t.Errorf("%q does not begin with its id", e.text)
		}
		if len([]rune(e.text)) > len(e.on.ID)+1+maxTitle {
			t.Errorf("a title of %d letters", len([]rune(e.text)))
		}
	}
	s.do(keys.Clear).typed("drain aurelia")
	if e, _ := s.l.current(); e.does != act || e.on != (pane.Ref{Kind: pane.Node, ID: "aurelia"}) {
		t.Errorf("a title stands before the act: %+v", e)
	}
}

// A class that nobody knows is loud here too.
func TestUnknownClass(t *testing.T) {
	l := empty().add(now, mesh.KindJobSubmitted, mesh.Encode(&mesh.JobSubmitted{Job: "j-1", Run: "r-1", Class: privacy.Class(77), Title: "odd"}))
	s := show(t, l.st, 80, 24, pane.Ref{}, nil).typed("#odd")
	if c := s.buffer().At(33, 5); c.S != "?" || c.Style.Attr&theme.Reverse == 0 {
		t.Errorf("it is %+v in\n%s", c, s.drawn())
	}
}

func TestEmpty(t *testing.T) {
	for _, tc := range []struct{ typed, want string }{
		{"zzz", "Nothing has these letters in this order."},
		{"#", "Nothing ran yet."},
		{"# abc", "Nothing has these letters in this order."},
		{"submit:", "Type what you want done."},
		{"urgent: x", "No item waits in the hopper."},
		{"defer:", "No item waits in the hopper."},
		{"file:", "Type the file, then a part of the node's name."},
	} {
		s := show(t, empty().st, 80, 24, pane.Ref{}, nil).typed(tc.typed)
		if !strings.Contains(s.drawn(), tc.want) {
			t.Errorf("%q shows\n%s", tc.typed, s.drawn())
		}
		s.do(keys.Open, keys.Next, keys.CopyCommand)
		if len(s.did) > 0 {
			t.Errorf("%q: something was done: %v", tc.typed, s.did)
		}
	}
	s := show(t, &mesh.State{}, 80, 24, pane.Ref{}, nil)
	if !strings.Contains(s.drawn(), "add a node") {
		t.Errorf("without a mesh it shows\n%s", s.drawn())
	}
}

// What is asked for in a command is drawn as rows of the right shape once it takes long.
func TestLoading(t *testing.T) {
	s := show(t, aurelia().st, 80, 24, pane.Ref{}, nil)
	s.s.World.State = crowd(2, 300).st
	l, cmd := New(t.Context(), s.s, nil, nil, pane.Ref{}, nil)
	s.l = l
	if strings.Contains(s.drawn(), "·") {
		t.Errorf("at once:\n%s", s.drawn())
	}
	s.s.Now = func() time.Time { return now.Add(time.Second) }
	if !strings.Contains(s.drawn(), "····") {
		t.Errorf("after a second:\n%s", s.drawn())
	}
	s.give(cmd)
	if got := s.drawn(); strings.Contains(got, "····") || !strings.Contains(got, "add a node") {
		t.Errorf("with the answer:\n%s", got)
	}
}

// On an ASCII terminal every sign has one that stands for it.
func TestASCII(t *testing.T) {
	s := show(t, aurelia().st, 80, 24, pane.Ref{}, nil).typed("drain al")
	out := ansi.Strip(s.buffer().Render(theme.New(true, true)))
	if strings.Contains(out, "?") || strings.ContainsFunc(out, func(r rune) bool { return r > 0x7e }) {
		t.Errorf("it shows\n%s", out)
	}
}
