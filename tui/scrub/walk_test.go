package scrub

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// Whatever is pressed, dragged and typed while the host works, answers late and fails: no moment that is yet to come is
// shown, the knob is in the window, the header and what is shown agree on whether it is the past, and no row is too long.
func TestWalk(t *testing.T) {
	ids := []keys.ID{
		keys.Earlier, keys.Later, keys.PrevEvent, keys.NextEvent, keys.Play, keys.Live, keys.Left, keys.Right, keys.PageUp,
		keys.PageDown, keys.Home, keys.End, keys.ZoomIn, keys.ZoomOut, keys.Fit, keys.Seek, keys.Open, keys.TypeTime, keys.Back, keys.Retry,
	}
	texts := []string{"-5m", "11:30", "+1s", "op 7", "yesterday", "x", "2026"}
	for seed := range uint64(20) {
		play(t, func(t *testing.T, r *rig) {
			dice := rand.New(rand.NewPCG(seed, 1))
			r.log.act(time.Now().Add(-time.Second), "a-1")
			for range 300 {
				switch dice.IntN(8) {
				case 0:
					r.log.add(time.Now())
					if _, past := r.b.Past(); !past {
						r.s.World.State = r.log.state(len(r.log.times))
					}
					r.send(pane.Second{})
				case 1:
					r.send(pane.Drag{FromX: 20, FromY: 1, X: dice.IntN(90) - 5, Y: 1})
				case 2:
					r.send(pane.Click{X: dice.IntN(80), Y: 1, Double: dice.IntN(4) == 0})
				case 3:
					r.typed(texts[dice.IntN(len(texts))])
				case 4:
					r.log.behave(time.Duration(dice.IntN(3))*150*time.Millisecond, nil)
				case 5:
					if dice.IntN(6) == 0 {
						r.log.behave(0, errNothing)
					}
				default:
					r.send(pane.Do{ID: ids[dice.IntN(len(ids))]})
				}
				r.settle()
				r.pass(time.Duration(dice.IntN(250)) * time.Millisecond)
				checkBar(t, r, seed)
			}
		})
	}
}

func checkBar(t *testing.T, r *rig, seed uint64) {
	t.Helper()
	now := time.Now()
	in, past := r.b.Past()
	said, _ := r.b.State()
	if past != (said != "") || past == r.b.At().IsZero() || past != !r.s.World.Past.IsZero() || past && in.State == nil {
		t.Fatalf("seed %d: past %v, at %v, the header says %q", seed, past, r.b.At(), said)
	}
	if r.b.At().After(now) || past && r.b.knob.After(now) || past && in.At > r.b.At().UnixMicro() {
		t.Fatalf("seed %d: shown %v (op at %d), the knob at %v, now %v", seed, r.b.At(), in.At, r.b.knob, now)
	}
	w := r.b.win
	if w.last(w.n-1)-w.col >= now.UnixMicro() {
		t.Fatalf("seed %d: %+v holds what is yet to come", seed, w)
	}
	if c := w.column(r.b.knob.UnixMicro()); past && (c < 0 || c >= w.n) {
		t.Fatalf("seed %d: the knob is in column %d of %+v", seed, c, w)
	}
	for _, row := range r.rows() {
		if ansi.StringWidth(row) > 80 {
			t.Fatalf("seed %d: %q", seed, row)
		}
	}
}

// In every state one key means one thing.
func TestKeysAreUnique(t *testing.T) {
	play(t, func(t *testing.T, r *rig) {
		check := func() {
			t.Helper()
			seen := map[string]keys.ID{}
			for _, k := range r.b.Keys() {
				for _, on := range k.Keys() {
					if was, ok := seen[on]; ok && was != k.ID {
						t.Errorf("%q is %s and %s", on, was, k.ID)
					}
					seen[on] = k.ID
				}
			}
		}
		check()
		r.log.behave(0, errNothing)
		r.press(keys.Earlier)
		r.pass(time.Second)
		check()
		if k := r.b.RowKeys()[0]; k.Show() != "[ ]" || k.Short != "1 s" || keys.Get(keys.Earlier).Show() != "[" {
			t.Errorf("the last row begins with %q %q", k.Show(), k.Short)
		}
		r.press(keys.TypeTime)
		check()
	})
}

// A log that nothing is in yet has a past too, and no events.
func TestEmptyLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t.Context(), t, &tape{}, 80, 24)
		r.send(tea.WindowSizeMsg{Width: 80})
		r.settle()
		r.press(keys.Earlier)
		r.pass(time.Second)
		r.shows("0")
		if got := r.rows()[0]; got != " before the log begins" {
			t.Errorf("%q", got)
		}
		r.press(keys.PrevEvent)
		r.pass(time.Second)
		r.shows("live")
	})
}
