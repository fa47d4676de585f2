package scrub

import (
	"errors"
	"strings"
	"testing"
	"time"

	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// The host is asked 100 ms after the last key and once, the knob moves at once, and the picture stands until it answers.
func TestSettles(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		for range 60 {
			r.press(keys.Earlier)
			r.pass(30 * time.Millisecond)
		}
		if s, _ := r.b.State(); s != "AS OF 11:59:01 (−1 m)" && s != "AS OF 11:59:00 (−1 m)" {
			t.Errorf("the knob is at %q", s)
		}
		r.shows("300")
		if len(r.log.asks) > 0 {
			t.Fatalf("asked %d times while keys came", len(r.log.asks))
		}
		r.pass(69 * time.Millisecond)
		r.shows("300")
		r.pass(2 * time.Millisecond)
		r.shows("295") // at 11:59:00 op 295 is a minute, all but a moment, old
		if len(r.log.asks) != 1 {
			t.Errorf("asked %d times", len(r.log.asks))
		}
	})
}

// A key leaves the present at once: what is shown then is the present of that moment, and it stands still.
func TestLeavesAtOnce(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		left := time.Now()
		r.press(keys.Earlier)
		if in, past := r.b.Past(); !past || in.Seq != 300 || !r.b.At().Equal(left) {
			t.Errorf("left to op %d, %v, %v", in.Seq, past, r.b.At())
		}
		if r.s.Refuse() == "" {
			t.Error("acts are not refused")
		}
		r.press(keys.Live)
		r.pass(time.Second)
		r.shows("live")
		if len(r.log.asks) > 0 {
			t.Error("asked after it was live again")
		}
	})
}

// An answer that comes after another request was made is dropped.
func TestStale(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.log.behave(time.Second, nil)
		r.run(r.b.SeekOp(100))
		r.pass(300 * time.Millisecond) // asked for
		r.log.behave(100*time.Millisecond, nil)
		r.run(r.b.SeekOp(200))
		r.pass(300 * time.Millisecond)
		r.shows("200")
		r.pass(3 * time.Second)
		r.shows("200")

		r.log.behave(500*time.Millisecond, nil)
		r.run(r.b.SeekOp(110))
		r.pass(300 * time.Millisecond)
		r.log.behave(time.Second, nil)
		r.run(r.b.SeekOp(210))
		r.pass(600 * time.Millisecond) // the first answer is there, the second is not
		r.shows("200")
		r.pass(time.Second)
		r.shows("210")

		r.run(r.b.SeekOp(100))
		r.pass(300 * time.Millisecond)
		r.press(keys.Live)
		r.pass(3 * time.Second)
		r.shows("live")
		if len(r.log.asks) != 5 {
			t.Errorf("%d asks", len(r.log.asks))
		}
	})
}

// Events are stepped by their exact seq, from an op and from between two, and presses add up before an answer.
func TestSteps(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		step := func(id keys.ID, n int, want string) {
			t.Helper()
			for range n {
				r.press(id)
			}
			r.pass(200 * time.Millisecond)
			r.shows(want)
		}
		step(keys.PrevEvent, 1, "300") // the newest is the event before now
		step(keys.PrevEvent, 1, "299")
		step(keys.PrevEvent, 5, "294")
		step(keys.NextEvent, 2, "296")
		r.press(keys.Earlier) // 9 s after op 295
		r.pass(200 * time.Millisecond)
		r.shows("295")
		step(keys.PrevEvent, 1, "295")
		if at := r.b.At(); at.UnixMicro() != r.log.times[294] {
			t.Errorf("at %v", at)
		}
		step(keys.NextEvent, 5, "300")
		step(keys.NextEvent, 1, "live")
		r.run(r.b.SeekOp(2))
		step(keys.PrevEvent, 9, "1")
	})
}

// Ops of one time are stepped through one by one, a step asks for one instant, and a trimmed log ends at its first op.
func TestStepsThroughOneTime(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		at := time.UnixMicro(r.log.times[199])
		for range 3 {
			r.log.add(at) // now ops 200 to 203 are of one time
		}
		_, cmd := r.b.SeekTo(at)
		r.run(cmd)
		r.pass(time.Second)
		r.shows("203")
		for _, want := range []string{"202", "201", "200", "199"} {
			r.log.asks = nil
			r.press(keys.PrevEvent)
			r.pass(time.Second)
			r.shows(want)
			if len(r.log.asks) != 1 {
				t.Errorf("a step to %s asks for %d instants", want, len(r.log.asks))
			}
		}
		for _, want := range []string{"200", "201", "202", "203", "204"} {
			r.press(keys.NextEvent)
			r.pass(time.Second)
			r.shows(want)
		}
		r.log.base = 190
		for range 20 {
			r.press(keys.PrevEvent)
		}
		r.pass(time.Second)
		r.shows("191")
	})
}

// What is not in the past is live, from wherever it is asked for.
func TestReachesLive(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		for name, lead := range map[string]func(){
			"end":     func() { r.press(keys.End) },
			"columns": func() { r.press(keys.PageDown); r.press(keys.PageDown); r.press(keys.PageDown); r.press(keys.PageDown) },
			"a time":  func() { _, cmd := r.b.SeekTo(time.Now().Add(time.Hour)); r.run(cmd) },
			"an op":   func() { r.run(r.b.SeekOp(9999)) },
			"the bar": func() { r.rows(); r.send(pane.Click{X: 66, Y: 1}) },
			"a drag":  func() { r.rows(); r.send(pane.Drag{FromX: 30, FromY: 1, X: 90, Y: 0}) },
		} {
			r.run(r.b.SeekOp(250))
			r.pass(time.Second)
			r.shows("250")
			lead()
			r.pass(time.Second)
			if _, past := r.b.Past(); past {
				t.Errorf("%s: it does not lead to the present", name)
			}
			r.shows("live")
		}
		r.press(keys.Left)
		r.press(keys.Right)
		if _, past := r.b.Past(); past {
			t.Error("a column back and on is not live")
		}
		r.press(keys.Earlier)
		r.pass(time.Millisecond)
		r.press(keys.Later) // 1 ms too early
		r.press(keys.Later)
		if _, past := r.b.Past(); past {
			t.Error("a second on from 1 ms ago is not live")
		}
	})
}

// While the past is shown nothing changes, whatever happens underneath.
func TestStands(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.run(r.b.SeekOp(280))
		r.pass(time.Second)
		rows, reads, seen := strings.Join(r.rows(), "\n"), r.log.reads, len(r.seen)
		for range 200 {
			r.log.add(time.Now())
			r.send(pane.Changed{})
			r.send(pane.Second{})
			r.pass(time.Second)
		}
		if got := strings.Join(r.rows(), "\n"); got != rows || r.log.reads != reads || len(r.seen) != seen {
			t.Errorf("it moved: %d reads, %d shown\n%s\n%s", r.log.reads-reads, len(r.seen)-seen, rows, got)
		}
	})
}

// Play goes on by the time that passes, at most ten asks a second, and ends at the present.
func TestPlay(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		seek := func(ago time.Duration) {
			_, cmd := r.b.SeekTo(time.Now().Add(-ago))
			r.run(cmd)
			r.pass(150 * time.Millisecond)
		}
		for _, speed := range []int{1, 10, 60} {
			seek(20 * time.Minute)
			from := r.b.At()
			for range map[int]int{1: 1, 10: 2, 60: 3}[speed] {
				r.press(keys.Play)
			}
			r.log.asks = nil
			r.pass(10 * time.Second)
			want := from.Add(time.Duration(speed) * 10 * time.Second)
			if got := r.b.At(); got.Sub(want).Abs() > time.Duration(speed)*pulse {
				t.Errorf("%d×: at %v, want %v", speed, got, want)
			}
			if n := len(r.log.asks); n > 100 || n < 90 {
				t.Errorf("%d×: %d asks in 10 s", speed, n)
			}
			if s, _ := r.b.State(); !strings.HasPrefix(s, "▶ "+number(uint64(speed))+"× 11:") {
				t.Errorf("the header says %q", s)
			}
		}
		r.press(keys.Play) // stop
		r.settle()
		at := r.b.At()
		r.log.asks = nil
		r.pass(5 * time.Second)
		if !r.b.At().Equal(at) || len(r.log.asks) > 0 {
			t.Error("it plays on after stop")
		}
		seek(time.Minute)
		r.press(keys.Play)
		r.press(keys.Play) // 10×: 54 s of 60 are left after 6 s
		r.pass(6 * time.Second)
		if _, past := r.b.Past(); !past {
			t.Error("live too early")
		}
		r.pass(time.Second)
		r.shows("live")
		r.log.asks = nil
		r.pass(5 * time.Second)
		if len(r.log.asks) > 0 {
			t.Error("it asks while live")
		}
	})
}

// A host that answers slowly is not asked again before it did, and the knob goes on.
func TestPlaySlow(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		_, cmd := r.b.SeekTo(time.Now().Add(-40 * time.Minute))
		r.run(cmd)
		r.pass(time.Second)
		r.log.behave(time.Second, nil)
		r.log.asks = nil
		r.press(keys.Play)
		r.pass(10 * time.Second)
		if n := len(r.log.asks); n < 8 || n > 10 {
			t.Errorf("%d asks", n)
		}
		if s, _ := r.b.State(); !strings.Contains(s, "11:20:1") {
			t.Errorf("the knob is at %q", s)
		}
		r.press(keys.Earlier) // ends playing
		r.pass(3 * time.Second)
		r.log.asks = nil
		r.pass(3 * time.Second)
		if len(r.log.asks) > 0 {
			t.Error("a key does not end playing")
		}
	})
}

// An error is said in the row of the op, the picture stays and the knob goes back to it; r asks again.
func TestFails(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.run(r.b.SeekOp(280))
		r.pass(time.Second)
		at := r.b.At()
		r.log.behave(0, errors.New("the disk\x1b[2J is gone"))
		r.run(r.b.SeekOp(200))
		r.pass(time.Second)
		r.shows("280")
		if row := r.rows()[0]; !strings.Contains(row, "can't show op 200: the disk") || strings.Contains(row, "\x1b") || !strings.HasSuffix(row, "r retry") {
			t.Errorf("the row is %q", row)
		}
		if !r.b.knob.Equal(at) {
			t.Errorf("the knob is at %v", r.b.knob)
		}
		r.press(keys.Retry)
		r.pass(time.Second)
		r.log.behave(0, nil)
		r.press(keys.Retry)
		r.settle()
		r.shows("200")
		if row := r.rows()[0]; !strings.Contains(row, "op 200") || strings.Contains(row, "retry") {
			t.Errorf("the row is %q", row)
		}
	})
}

// A host that says nonsense is not believed, and breaks nothing.
func TestHostile(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		r.log.hostile = true
		r.b.axis = axis{}
		r.run(r.b.read())
		r.settle()
		if r.b.axis.err == nil || !strings.Contains(r.rows()[1], "r retry") {
			t.Errorf("a density of 3 columns is taken: %q", r.rows()[1])
		}
		r.press(keys.Earlier)
		r.pass(time.Second)
		if row := r.rows()[0]; !strings.Contains(row, "no answer") {
			t.Errorf("an instant without a state: %q", row)
		}
		r.run(r.b.SeekOp(1 << 63))
		r.pass(time.Second)
		if at := r.b.At(); at.After(time.Now()) {
			t.Errorf("shows %v, which is yet to come", at)
		}
		for _, row := range r.rows() {
			if strings.ContainsAny(row, "\x1b\x07") {
				t.Errorf("%q", row)
			}
		}
	})
}
