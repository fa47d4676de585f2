package tui

import (
	"reflect"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// pace lets a program look for something to draw soon after something changed, and hardly ever else.
//
// Bubble Tea looks at the screen so many times a second as it was told to, whether or not anything changed: at thirty
// that is most of what an idle console costs, and it is what a key waits for. A pace turns the program's own ticker: a
// change is drawn within a few milliseconds, changes that follow each other become one frame, and when nothing came for
// a while the ticker rests. The ticker is a field of the program that has no name outside, and so is the model by which
// a program finds its pace; they are read, never written. Where a later Bubble Tea has no such fields the program goes
// on as it was told to: a test fails then, no console.
type pace struct {
	program *tea.Program

	mu     sync.Mutex
	ticker *time.Ticker
	timer  *time.Timer
	last   time.Time // when a frame was drawn
	next   time.Time // when the one is that was asked for; zero: none was
	again  bool      // that is a look again, for one that a busy machine may have missed
	calm   bool      // the last frame is drawn, a few more looks follow
}

const (
	together = 3 * time.Millisecond  // changes so near each other are one frame
	handGap  = 16 * time.Millisecond // between two frames that a hand asked for
	worldGap = time.Second / FPS     // and between two of a mesh that changes by itself

	// afterward a frame that was asked for is drawn on a machine that has time, and after linger on one that has none.
	afterward = 8 * time.Millisecond
	linger    = 40 * time.Millisecond

	// rest is between two looks when nothing is to be expected. A terminal too slow for its frames can make the program
	// miss a look; then this is the longest that it waits.
	rest = time.Second / 4
)

// paced is an option that makes a program with a console draw when something changed, rather than so many times a
// second. A program with another model is left as it is.
func paced(p *tea.Program) {
	model := reflect.ValueOf(p).Elem().FieldByName("initialModel")
	if model.IsValid() && model.Kind() == reflect.Interface && model.Elem().IsValid() && model.Elem().Type() == reflect.TypeFor[*console]() {
		(*console)(model.Elem().UnsafePointer()).pace = &pace{program: p}
	}
}

// soon lets what changed be drawn, but not sooner after the last frame than gap. Only the program's own goroutine may
// call it: the one that makes the ticker.
func (p *pace) soon(gap time.Duration) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ticker == nil {
		if p.ticker = tickerOf(p.program); p.ticker == nil {
			return
		}
		p.timer = time.AfterFunc(time.Hour, p.slow)
	}
	now := time.Now()
	at, again := now.Add(together), false
	if !p.next.IsZero() && !p.next.After(now) { // it is due: who can tell whether it is drawn already
		again = !p.again && now.Sub(p.next) < afterward
		p.last, p.next = p.next, time.Time{}
	}
	if earliest := p.last.Add(gap); earliest.After(at) && !again {
		at = earliest
	}
	if !p.next.IsZero() && !p.next.After(at) {
		return // it will be part of that frame
	}
	p.next, p.again, p.calm = at, again, false
	p.ticker.Reset(at.Sub(now))
	p.timer.Reset(at.Sub(now) + afterward)
}

// slow lets the ticker rest, in two steps: on a machine that is busy the frame may not be drawn yet.
func (p *pace) slow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next.After(time.Now()) {
		return // it was asked for another meanwhile, and the timer set for that
	}
	if p.calm {
		p.ticker.Reset(rest)
		return
	}
	p.calm = true
	p.ticker.Reset(worldGap)
	p.timer.Reset(linger)
}

// tickerOf gives the ticker by which a program that runs draws; nil where it is not to be found.
func tickerOf(p *tea.Program) *time.Ticker {
	if p == nil {
		return nil
	}
	f := reflect.ValueOf(p).Elem().FieldByName("ticker")
	if !f.IsValid() || f.Type() != reflect.TypeFor[*time.Ticker]() {
		return nil
	}
	return (*time.Ticker)(f.UnsafePointer())
}
