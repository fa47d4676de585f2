package cli

import (
	"context"
	"errors"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/worker"
	"voxmesh/tui"
	"voxmesh/tui/sshd"
)

// redialEvery is how often a lost host is looked for. A dial that nobody answers costs microseconds.
const redialEvery = time.Second

// hostBack tells a console without a host that there is one again.
type hostBack struct{}

// withoutHost shows the last state of a host that is gone, from its log. It gives the connection to a host that answers
// again, nil where whoever is here left before.
func (a *app) withoutHost(ctx context.Context, in, out *os.File, dir string) (*sshd.Client, error) {
	run, stop := context.WithCancel(ctx)
	defer stop()
	h := newLostHost(dir)
	h.remember()
	now := make(chan struct{}, 1)
	retry := func() {
		select {
		case now <- struct{}{}:
		default: // asked already
		}
	}
	o := tui.Options{
		Source: h, Actions: h, Actor: a.actor, Operator: a.operator, Role: string(a.role), Env: a.environ, Context: run,
		Lost: time.Now(), Retry: retry,
	}
	if b, err := a.donorBook(dir, worker.NewRecordedPolicy(dir, nil), nil); err == nil {
		o.Policy = readOnly{b} // without a host nobody acts, and the form says so
	}
	back := false
	opts := append(tui.ProgramOptions(ctx, o), tea.WithInput(in), tea.WithOutput(out),
		tea.WithFilter(func(_ tea.Model, msg tea.Msg) tea.Msg {
			if _, ok := msg.(hostBack); ok {
				back = true
				return tea.QuitMsg{}
			}
			return msg
		}))
	program := tea.NewProgram(tui.New(o), opts...)
	found := make(chan *sshd.Client, 1)
	go func() {
		c := redial(run, dir, h, now)
		found <- c
		if c != nil {
			program.Send(hostBack{})
		}
	}()
	_, err := program.Run()
	stop()
	c := <-found
	if back {
		return c, nil
	}
	if c != nil {
		_ = c.Close() // it came as they left
	}
	if err != nil && (ctx.Err() != nil || errors.Is(err, context.Canceled)) {
		err = nil // told to end
	}
	return nil, err
}

// redial looks for a host once a second, and when now says so, until one answers or ctx ends.
func redial(ctx context.Context, dir string, h *lostHost, now <-chan struct{}) *sshd.Client {
	t := time.NewTicker(redialEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		case <-now:
		}
		if c, err := sshd.Dial(ctx, dir); err == nil {
			return c
		}
		h.remember()
	}
}

// ask answers one question from the log of a data folder. It is open no longer than that: whoever reads it keeps a host
// from starting.
func ask[T any](h *lostHost, question func(*mesh.Reader) (T, error)) (T, error) {
	r, err := mesh.OpenReader(h.dir)
	if err != nil {
		var none T
		return none, err
	}
	v, err := question(r)
	_ = r.Close() // nothing was written
	return v, err
}
