package drawer

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

func TestOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text strings.Builder
		for i := range 212 {
			fmt.Fprintf(&text, "line %d\n", i+1)
		}
		rec := &books{out: mesh.Output{Data: []byte(text.String()), Total: int64(text.Len()), Attempt: 1}}
		x := openWith(t, nightly().st, run("r-19c4"), 80, 24, rec, nil).do(keys.View)
		x.has("j-0003  PAIRED", "line 212", "199–212 of 212", "$ voxmesh logs j-0003", "more may come")
		rec.out.Data = append(rec.out.Data, "line 213\n"...)
		x.send(pane.Second{}).has("line 213", "200–213 of 213") // at its end it follows
		x.do(keys.PageUp)
		rec.out.Data = append(rec.out.Data, "line 214\n"...)
		x.send(pane.Second{}).has("186–199 of 214").lacks("line 214") // elsewhere it holds still
		x.do(keys.Home).has("line 1 ", "1–14 of 214")
		x.do(keys.End).has("line 214")
		x.send(pane.Wheel{X: 10, Y: 10}).has("198–211 of 214")
		rec.out.Done = true
		asked := rec.count("tail")
		x.send(pane.Second{}, pane.Second{}, pane.Changed{})
		if n := rec.count("tail") - asked; n != 1 {
			t.Errorf("an output that is whole is read %d times", n)
		}
		// Another job of the tree is another output.
		x.do(keys.Previous, keys.Down, keys.View).has("j-0001  PAIRED")
	})
}

func TestOutputOfAllKinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		show := func(o mesh.Output, err error) *screen {
			return openWith(t, nightly().st, run("r-19c4"), 80, 24, &books{out: o, err: err}, nil).do(keys.View)
		}
		show(mesh.Output{}, nil).has("No output yet.")
		show(mesh.Output{Done: true}, nil).has("It wrote nothing.")
		show(mesh.Output{Data: []byte("ELF\x00\x01\x02"), Total: 6_000_000, Done: true}, nil).has("Binary output, 6 MB", "voxmesh logs j-0003 > FILE")
		show(mesh.Output{Data: bytes.Repeat([]byte{0xff, 0xfe, 'a'}, 90)}, nil).has("Binary output")
		show(mesh.Output{Data: []byte("half a line\nwhole\n"), From: 1000, Total: 1018}, nil).has("whole", "the last 18 B of 1 kB").lacks("half")
		show(mesh.Output{}, errDisk).has("the output could not be read: the disk is gone", "r retry")
		long := show(mesh.Output{Data: []byte(strings.Repeat("0123456789", 20) + "\n")}, nil).has("1–3 of 3")
		if _, _, n := long.l.out.view.Fit(76, 14); n != 3 {
			t.Errorf("a long line takes %d rows", n)
		}
		big := show(mesh.Output{Data: bytes.Repeat([]byte("x\n"), 1<<20)}, nil).has("of 32767")
		big.view()
	})
}

// Of the past there is the output of what had ended, and of a LOCAL run a viewer sees none.
func TestOutputThatIsNotShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := &books{out: mesh.Output{Data: []byte("hello\n")}}
		x := openWith(t, nightly().st, run("r-19c4"), 80, 24, rec, func(s *pane.Session) { s.World.Past = now.Add(-time.Second) })
		x.do(keys.View).has("–  output on its way is not kept by the moment").lacks("hello")
		x.do(keys.Previous, keys.Down, keys.View).has("j-0001", "hello")
		l := newSample().submit("10:00:00", "j-1", "r-1", "secret", privacy.LocalOnly)
		x = openWith(t, l.st, run("r-1"), 80, 24, rec, func(s *pane.Session) { s.Viewer = true })
		x.do(keys.View).has("LOCAL stays on this machine").lacks("hello")
	})
}
