package tui

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
)

// atPace runs a program with a console on a fake clock, of a host with one node, and lets f look at it.
func atPace(t *testing.T, f func(p *tea.Program, h *host, out *sink, wait func(time.Duration))) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		h := newHost(aureliaAt(time.Now()).st)
		o := Options{Source: h, Actions: h, Operator: "mira", Context: ctx, Env: []string{"TERM=xterm-256color"}}
		m := New(o)
		out := &sink{}
		opts := append(ProgramOptions(ctx, o), tea.WithInput(nil), tea.WithOutput(out), tea.WithWindowSize(80, 24))
		p := tea.NewProgram(m, opts...)
		done := make(chan error, 1)
		go func() {
			_, err := p.Run()
			done <- err
		}()
		wait := func(d time.Duration) {
			time.Sleep(d) // of the bubble's clock
			synctest.Wait()
		}
		wait(2500 * time.Millisecond)
		f(p, h, out, wait)
		p.Quit()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// other is a model that is no console.
type other struct{}

func (other) Init() tea.Cmd                         { return nil }
func (o other) Update(tea.Msg) (tea.Model, tea.Cmd) { return o, nil }
func (other) View() tea.View                        { return tea.NewView("") }

// What a hand does is drawn at once, though the program rests; what follows at once is drawn soon.
func TestPaceOfAHand(t *testing.T) {
	atPace(t, func(p *tea.Program, _ *host, out *sink, wait func(time.Duration)) {
		for _, c := range []struct {
			key   string
			after time.Duration
		}{{"?", together}, {"esc", handGap}, {"2", handGap}, {"1", handGap}} {
			before := out.len()
			p.Send(key(c.key))
			wait(c.after)
			if out.len() == before {
				t.Errorf("%v after %s nothing was drawn", c.after, c.key)
			}
		}
		wait(3 * time.Second)
		before := out.len()
		p.Send(key("?"))
		wait(together)
		if out.len() == before {
			t.Error("after a rest nothing was drawn")
		}
	})
}

// A mesh that changes all the time is drawn no more often than FPS says.
func TestPaceOfTheWorld(t *testing.T) {
	atPace(t, func(_ *tea.Program, h *host, out *sink, wait func(time.Duration)) {
		l := aureliaAt(time.Now())
		before := out.writes()
		for i := range 1000 {
			h.setState(l.submit(time.Now(), "j-"+string(rune('a'+i%26))+time.Now().Format("05.000"), "gpu").st)
			select {
			case h.watch <- struct{}{}:
			default:
			}
			wait(time.Millisecond)
		}
		n := out.writes() - before
		if n > FPS+2 || n < FPS/2 {
			t.Errorf("%d frames in a second", n)
		}
	})
}

// The program that Bubble Tea makes has the ticker that a pace turns; without it a console would go on, at more cost.
func TestPaceFindsTheTicker(t *testing.T) {
	atPace(t, func(p *tea.Program, _ *host, _ *sink, _ func(time.Duration)) {
		if tickerOf(p) == nil {
			t.Error("this Bubble Tea has no ticker where a pace looks for it")
		}
	})
	if tickerOf(nil) != nil || tickerOf(&tea.Program{}) != nil {
		t.Error("a program that does not run has a ticker")
	}
	c := newConsole(Options{Source: newHost(newLog().st)})
	defer c.stop()
	tea.NewProgram(c, SessionOptions(Options{})...)
	if c.pace == nil {
		t.Error("a program of a session has no pace")
	}
	tea.NewProgram(nil, SessionOptions(Options{})...) // another model, or none, is left as it is
	tea.NewProgram(other{}, SessionOptions(Options{})...)
	var none *pace
	none.soon(0)
}
