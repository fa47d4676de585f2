package scrub

import (
	"context"
	"sort"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

var (
	_ Log = (*mesh.Host)(nil)
	_ Log = (*mesh.Reader)(nil)
)

// tape is a log of ops at some times. The state after op n is of a mesh with the name n.
type tape struct {
	mu    sync.Mutex
	times []int64 // ascending
	marks []mesh.Mark
	delay time.Duration
	err   error
	asks  []time.Time // when an instant was asked for
	reads int         // of the axis
	base  uint64      // ops up to it were trimmed

	hostile bool
}

func (l *tape) add(at time.Time) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.times = append(l.times, at.UnixMicro())
	sort.Slice(l.times, func(i, k int) bool { return l.times[i] < l.times[k] })
	return uint64(len(l.times))
}

func (l *tape) act(at time.Time, id string) {
	seq := l.add(at)
	l.marks = append(l.marks, mesh.Mark{Seq: seq, At: at.UnixMicro(), AuditID: id, Action: "kill", Target: "j-1", Class: privacy.LocalOnly})
}

// behave sets how long an answer takes from now on, and whether it is an error.
func (l *tape) behave(delay time.Duration, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.delay, l.err = delay, err
}

func (l *tape) upTo(t int64) int {
	return sort.Search(len(l.times), func(i int) bool { return l.times[i] > t })
}

func (l *tape) state(seq int) *mesh.State {
	s := &mesh.State{Seq: uint64(seq), Mesh: number(uint64(seq))}
	if seq > 0 {
		s.At = l.times[seq-1]
	}
	return s
}

func (l *tape) wait() error {
	l.mu.Lock()
	d, err := l.delay, l.err
	l.asks = append(l.asks, time.Now())
	l.mu.Unlock()
	if d > 0 {
		<-time.After(d)
	}
	return err
}

func (l *tape) At(t time.Time) (mesh.Instant, error) {
	if err := l.wait(); err != nil {
		return mesh.Instant{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.hostile {
		return mesh.Instant{Seq: 1 << 63, At: -5}, nil
	}
	s := l.state(l.upTo(t.UnixMicro()))
	return mesh.Instant{State: s, Seq: s.Seq, At: s.At}, nil
}

func (l *tape) AtSeq(seq uint64) (mesh.Instant, error) {
	if err := l.wait(); err != nil {
		return mesh.Instant{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.hostile {
		return mesh.Instant{State: &mesh.State{}, Seq: seq, At: 1 << 62}, nil
	}
	if seq < l.base {
		return mesh.Instant{}, fault.New("vox/oplog/trimmed", "op %d is in an archive", seq)
	}
	if seq > uint64(len(l.times)) {
		return mesh.Instant{}, fault.New("vox/oplog/ahead", "there is no op %d", seq)
	}
	s := l.state(int(seq))
	return mesh.Instant{State: s, Seq: s.Seq, At: s.At}, nil
}

func (l *tape) Moment(seq uint64) (mesh.Moment, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.hostile {
		return mesh.Moment{Seq: seq, Event: "\x1b[2J\x07" + strings.Repeat("x", 500), Nth: -1, Of: 1 << 40}, nil
	}
	return mesh.Moment{Seq: seq, Event: "job_leased", Job: "j-80cb", Node: "bob-cpu", Class: privacy.PairedPeersOnly, HasClass: true, Nth: 2, Of: 9}, nil
}

func (l *tape) EventAt(t time.Time) (mesh.Stop, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.hostile {
		return mesh.Stop{Seq: 1 << 63, At: -5}, true, nil
	}
	return l.stop(l.upTo(t.UnixMicro()))
}

func (l *tape) NextEvent(seq uint64) (mesh.Stop, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.hostile {
		return mesh.Stop{Seq: seq, At: 1 << 62}, true, nil
	}
	return l.stop(int(min(max(seq, l.base), 1<<40)) + 1)
}

func (l *tape) stop(seq int) (mesh.Stop, bool, error) {
	if l.err != nil || seq <= int(l.base) || seq > len(l.times) {
		return mesh.Stop{}, false, l.err
	}
	return mesh.Stop{Seq: uint64(seq), At: l.times[seq-1]}, true, nil
}

func (l *tape) Began() (time.Time, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil || len(l.times) == 0 {
		return time.Time{}, l.err
	}
	if l.hostile {
		return time.Now().Add(99 * time.Hour), nil
	}
	return time.UnixMicro(l.times[0]), nil
}

func (l *tape) Density(from, to time.Time, n int) ([]mesh.Tick, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads++
	if l.err != nil {
		return nil, l.err
	}
	if l.hostile {
		return make([]mesh.Tick, 3), nil
	}
	col := (to.UnixMicro() - from.UnixMicro()) / int64(n)
	out := make([]mesh.Tick, n)
	for i := range out {
		out[i].At = from.UnixMicro() + int64(i)*col
		out[i].N = uint64(l.upTo(out[i].At+col-1) - l.upTo(out[i].At-1))
	}
	return out, nil
}

func (l *tape) Marks(from, to time.Time) ([]mesh.Mark, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return nil, l.err
	}
	return append([]mesh.Mark{{At: to.UnixMicro() + 1, AuditID: "a-other"}}, l.marks...), nil
}

// rig is a bar with a root that does what the console's does.
type rig struct {
	t    *testing.T
	b    *Bar
	s    *pane.Session
	log  *tape
	msgs chan tea.Msg
	acts []pane.Action
	seen []string // the worlds that were shown: live, or the mesh's name
	w, h int
}

// play runs a test in a bubble of time that begins at noon, on a log whose newest op is n seconds old, the one before
// it n+1 seconds, and so on.
func play(t *testing.T, test func(t *testing.T, r *rig)) {
	synctest.Test(t, func(t *testing.T) {
		<-time.After(12 * time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		l := &tape{}
		for i := 300; i > 0; i-- {
			l.add(time.Now().Add(-time.Duration(i) * 10 * time.Second))
		}
		test(t, newRig(ctx, t, l, 80, 24))
		cancel()
		<-time.After(time.Minute) // for a slow log
	})
}

func newRig(ctx context.Context, t *testing.T, l *tape, w, h int) *rig {
	s := &pane.Session{Theme: theme.New(true, false), Now: time.Now, Colour: true}
	s.World.State = l.state(len(l.times))
	r := &rig{t: t, s: s, log: l, b: New(ctx, s, l), msgs: make(chan tea.Msg, 10_000), w: w, h: h}
	r.send(tea.WindowSizeMsg{Width: w, Height: h})
	r.settle()
	return r
}

// run runs a command as Bubble Tea does.
func (r *rig) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() {
		switch msg := cmd().(type) {
		case nil:
		case tea.BatchMsg:
			for _, c := range msg {
				r.run(c)
			}
		default:
			r.msgs <- msg
		}
	}()
}

func (r *rig) send(msg tea.Msg) {
	if _, ok := msg.(Shown); ok {
		r.show()
		return
	}
	act, cmd := r.b.Update(msg)
	if act != nil {
		r.acts = append(r.acts, act)
	}
	r.run(cmd)
}

// show does what the root does when another instant is shown.
func (r *rig) show() {
	in, past := r.b.Past()
	name := "live"
	r.s.World.Past = r.b.At()
	if past {
		r.s.World.State = in.State
		name = in.State.Mesh
	} else {
		r.s.World.State = r.log.state(len(r.log.times))
	}
	if len(r.seen) == 0 || r.seen[len(r.seen)-1] != name {
		r.seen = append(r.seen, name)
	}
}

// settle delivers what there is now; no time passes.
func (r *rig) settle() {
	for {
		synctest.Wait()
		select {
		case m := <-r.msgs:
			r.send(m)
		default:
			return
		}
	}
}

// pass lets time pass.
func (r *rig) pass(d time.Duration) {
	end := time.After(d)
	for {
		select {
		case m := <-r.msgs:
			r.send(m)
		case <-end:
			r.settle()
			return
		}
	}
}

// press presses the key of a binding, which must be there and not be off.
func (r *rig) press(id keys.ID) {
	r.t.Helper()
	for _, k := range append(r.b.Keys(), r.b.TimeKeys()...) {
		if k.ID == id {
			if why := k.Reason(); why != "" {
				r.t.Fatalf("%s is off: %s", id, why)
			}
			r.send(pane.Do{ID: id})
			r.settle()
			return
		}
	}
	r.t.Fatalf("%s is not bound", id)
}

func (r *rig) typed(s string) {
	for _, c := range s {
		r.send(tea.KeyPressMsg{Text: string(c), Code: c})
	}
	r.settle()
}

func (r *rig) shows(want string) {
	r.t.Helper()
	if got := r.seen[len(r.seen)-1]; got != want {
		r.t.Fatalf("shown is %q, want %q (all: %q)", got, want, r.seen)
	}
}

// rows draws the row of the op and those of the bar.
func (r *rig) rows() []string {
	f := layout.Frame{Width: r.w, Height: r.h, Scrubber: layout.Rect{Y: 1, W: r.w, H: 2}, Status: layout.Rect{Y: 3, W: r.w, H: 1}}
	if r.h < 32 {
		f.Scrubber.H = 1
	}
	buf := cell.New(r.w, 4)
	r.b.Draw(buf, f)
	r.b.DrawMoment(buf, layout.Rect{W: r.w, H: 1})
	out := strings.Split(ansi.Strip(buf.Render(r.s.Theme)), "\n")
	for i := range out {
		out[i] = strings.TrimRight(out[i], " ")
	}
	return out
}
