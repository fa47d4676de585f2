package scrub

import (
	"errors"
	"math"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/tui/pane"
)

// settle is how long after the last key the host is asked.
const settle = 100 * time.Millisecond

// place is where to go: to a moment or, with op, to an op, and from there so many ops on.
type place struct {
	at   time.Time // of an op: when it was, where that is known
	op   bool
	seq  uint64
	step int64
}

// spot is what is shown in the past.
type spot struct {
	at      time.Time
	op      bool // exactly the moment of the instant's last op
	instant mesh.Instant
	moment  mesh.Moment
	missing error // why the moment is not known
}

type (
	// wake: nothing was pressed for a while.
	wake struct{ gen uint64 }
	// answer is what the host said.
	answer struct {
		gen  uint64
		spot spot
		err  error
	}
)

// SeekTo goes to a moment; what is not in the past is live.
func (b *Bar) SeekTo(at time.Time) (pane.Action, tea.Cmd) { return b.seek(at) }

// SeekOp goes to the instant right after an op.
func (b *Bar) SeekOp(seq uint64) tea.Cmd { return b.head(place{op: true, seq: seq}) }

// Live goes back to the present at once.
func (b *Bar) Live() tea.Cmd {
	was := b.past
	b.past, b.pending, b.failed, b.speed = false, false, nil, 0
	b.shown, b.want, b.knob = spot{}, place{}, time.Time{}
	b.gen, b.playGen = b.s.Generation(), b.s.Generation()
	if !was {
		return nil
	}
	b.place()
	return tea.Batch(b.tell(), b.read())
}

// seek goes to a moment, no earlier than the log's beginning.
func (b *Bar) seek(at time.Time) (pane.Action, tea.Cmd) {
	if !at.Before(b.s.Now()) {
		return nil, b.Live()
	}
	var said pane.Action
	if began := b.axis.began; !began.IsZero() && at.Before(began) {
		at = began
		said = pane.Notice{Text: "the log begins " + stamp(began, b.s.Now())}
	}
	if at.Before(time.Unix(0, 0)) {
		at = time.Unix(0, 0)
	}
	return said, b.head(place{at: at})
}

// step goes some ops on or back. Presses before an answer add up.
func (b *Bar) step(n int64) tea.Cmd {
	p := place{at: b.moment()}
	switch {
	case b.pending:
		p = b.want
	case b.past && b.shown.op:
		p.op, p.seq = true, b.shown.instant.Seq
	}
	p.step += n
	return b.head(p)
}

// head makes a place the one to go to: the knob moves, and the host is asked when no other one follows for a while. It
// leaves the present, and ends playing.
func (b *Bar) head(p place) tea.Cmd {
	b.stop()
	told := b.leave()
	b.aim(p)
	return tea.Batch(told, b.watch(), b.after(settle, wake{b.gen}))
}

// aim sets what is asked for next. Whatever was asked before does not count any more.
func (b *Bar) aim(p place) {
	b.want, b.pending, b.failed = p, true, nil
	b.gen = b.s.Generation()
	if p.step == 0 && !p.at.IsZero() {
		b.knob = p.at
	}
}

// leave leaves the present: the picture stands still as it is at this moment, until the host answers.
func (b *Bar) leave() tea.Cmd {
	if b.past {
		return nil
	}
	b.past = true
	w := b.s.World
	b.shown = spot{at: b.s.Now()}
	if !w.Lost.IsZero() {
		b.shown.at = w.Lost
	}
	if !w.Past.IsZero() { // the root did not yet hear that it is live
		b.shown.at = w.Past
	}
	if w.State != nil {
		b.shown.instant = mesh.Instant{State: w.State, Seq: w.State.Seq, At: w.State.At}
	}
	b.knob = b.shown.at
	return b.tell()
}

// tell says what is shown now.
func (b *Bar) tell() tea.Cmd {
	msg := Shown{}
	if b.past {
		in := b.shown.instant
		msg = Shown{Instant: &in, At: b.shown.at}
	}
	return func() tea.Msg { return msg }
}

// retry asks for what failed once more.
func (b *Bar) retry() tea.Cmd {
	b.aim(b.want)
	return b.ask()
}

// ask asks the host for the place that is wanted.
func (b *Bar) ask() tea.Cmd {
	p, gen, log, ctx := b.want, b.gen, b.log, b.ctx
	return func() tea.Msg {
		if ctx.Err() != nil {
			return nil
		}
		s, err := p.find(log)
		return answer{gen, s, err}
	}
}

var errNothing = errors.New("the log gave no answer")

// find reads the instant at a place, and what happened there.
func (p place) find(log Log) (s spot, err error) {
	if !p.op && p.step == 0 {
		s.at = p.at
		if s.instant, err = log.At(p.at); err != nil {
			return first(log, err)
		}
	} else {
		seq, err := p.seqIn(log)
		if err != nil {
			return first(log, err)
		}
		s.op = true
		if s.instant, err = log.AtSeq(seq); err != nil {
			return first(log, err)
		}
		s.at = time.UnixMicro(s.instant.At)
	}
	if s.instant.State == nil {
		return s, errNothing
	}
	if s.instant.Seq > 0 {
		s.moment, s.missing = log.Moment(s.instant.Seq)
	}
	return s, nil
}

// first is the place at the beginning of a log that was trimmed, for whoever wants to go further back; else the error.
func first(log Log, err error) (spot, error) {
	if !fault.Is(err, "vox/oplog/trimmed") {
		return spot{}, err
	}
	at, err := log.Began()
	if err != nil {
		return spot{}, err
	}
	s := spot{at: at}
	if s.instant, err = log.At(at); err == nil && s.instant.State == nil {
		err = errNothing
	}
	if err == nil {
		s.moment, s.missing = log.Moment(s.instant.Seq)
	}
	return s, err
}

// seqIn is the op to go to. Ops of one time are gone through one by one; between two ops the first step back leads to the
// one that was.
func (p place) seqIn(log Log) (uint64, error) {
	if p.step == 0 {
		return max(p.seq, 1), nil
	}
	seq, step := p.seq, p.step
	if !p.op {
		was, _, err := log.EventAt(p.at)
		if err != nil {
			return 0, err
		}
		if seq = was.Seq; step < 0 && was.At < p.at.UnixMicro() {
			step++
		}
	}
	to := uint64(max(int64(min(seq, math.MaxInt64/2))+step, 1))
	next, ok, err := log.NextEvent(to - 1) // a log that was trimmed begins later
	if err != nil || !ok {
		return to, err
	}
	return next.Seq, nil
}

func (b *Bar) takeAnswer(a answer) (pane.Action, tea.Cmd) {
	if a.gen != b.gen || !b.pending {
		return nil, nil
	}
	b.pending = false
	now := b.s.Now()
	switch {
	case fault.Is(a.err, "vox/oplog/ahead"):
		var said pane.Action
		if b.want.step == 0 {
			said = pane.Notice{Text: "the log ends before op " + number(b.want.seq)}
		}
		return said, b.Live()
	case a.err != nil:
		b.failed = a.err
		b.stop()
		b.knob = b.shown.at
		return nil, b.watch()
	}
	if at := a.spot.at; at.After(now) { // a clock that was put back: no moment is later than the present
		a.spot.at = now
	} else if at.Before(time.Unix(0, 0)) {
		a.spot.at = time.Unix(0, 0)
	}
	b.shown = a.spot
	if b.speed == 0 {
		b.knob = a.spot.at
	}
	return nil, tea.Batch(b.tell(), b.watch())
}
