package tui

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
)

// sink is a terminal that only counts and remembers what was written.
type sink struct {
	mu  sync.Mutex
	buf bytes.Buffer
	n   int
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	return s.buf.Write(p)
}

func (s *sink) writes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

func (s *sink) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Len()
}

// A whole program on a fake clock: it starts, follows the host, survives a storm of sizes, sends nothing while nothing
// changes, and leaves when it is told to.
func TestProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		h := newHost(newLog().start(time.Now()).st)
		o := Options{Source: h, Actions: h, Operator: "mira", Context: ctx, Env: []string{"TERM=xterm-256color"}}
		c := newConsole(o)
		out := &sink{}
		opts := append(ProgramOptions(ctx, o), tea.WithInput(nil), tea.WithOutput(out), tea.WithWindowSize(80, 24))
		p := tea.NewProgram(c, opts...)
		done := make(chan error, 1)
		go func() {
			_, err := p.Run()
			done <- err
		}()
		settle := func() {
			time.Sleep(200 * time.Millisecond) // of the bubble's clock: some frames
			synctest.Wait()
		}
		settle()
		if !strings.Contains(out.buf.String(), "Only this machine is here") {
			t.Fatal("the first frame is not there")
		}
		before := out.len()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n := out.len() - before; n != 0 {
			t.Errorf("%d bytes were sent while nothing changed", n)
		}
		h.setState(aureliaAt(time.Now()).st)
		h.watch <- struct{}{}
		settle()
		if !strings.Contains(out.buf.String(), "alice-gpu") {
			t.Error("a node that joined is not on the screen")
		}
		for i := range 200 {
			p.Send(tea.WindowSizeMsg{Width: 20 + i*7%250, Height: 5 + i*3%80})
			p.Send(tea.KeyPressMsg{Code: tea.KeyDown})
		}
		settle()
		p.Send(tea.KeyPressMsg{Code: 'q', Text: "q"})
		if err := <-done; err != nil {
			t.Errorf("it ended with %v", err)
		}
		stop()
	})
}

// A console ends with its context, without an error.
func TestRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(context.Background())
		h := newHost(newLog().start(time.Now()).st)
		done := make(chan error, 1)
		go func() {
			done <- Run(ctx, nil, &sink{}, Options{Source: h, Actions: h, Env: []string{"TERM=xterm"}})
		}()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		stop()
		if err := <-done; err != nil {
			t.Errorf("it ended with %v", err)
		}
	})
}

// aureliaAt is a mesh with one node, as of a moment.
func aureliaAt(at time.Time) *sampleLog {
	return newLog().start(at).node(at, "alice-gpu", 2, []mesh.Slot{{Kind: "gpu", Max: 1}}, nil, "", 0)
}
