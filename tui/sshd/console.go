package sshd

import (
	"context"
	"errors"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/ssh"
	bm "charm.land/wish/v2/bubbletea"
)

// killAfter is how long a console that was told to quit may take, for instance because its filter asks first. After
// that it is ended as it stands: its client is gone or the host is ending.
const killAfter = time.Second

// exitClosing is the exit status of a console that ended because its host did, in order: nobody left it. It is
// EX_TEMPFAIL of sysexits.h: try again.
const exitClosing = 75

// consoleSession is what Bubble Tea's options for Wish read: Wish's session, with the variables and the input of ours.
type consoleSession struct {
	ssh.Session
	in  io.Reader
	env []string
}

func (c consoleSession) Read(p []byte) (int, error) { return c.in.Read(p) }
func (c consoleSession) Environ() []string          { return append([]string(nil), c.env...) }

// Pty gives the terminal as it was when the session started, and no changes: runProgram has those.
func (c consoleSession) Pty() (ssh.Pty, <-chan ssh.Window, bool) {
	pty, _, ok := c.Session.Pty()
	return pty, nil, ok
}

// hangup reads the client's keys and ends the session where there will be no more: a console without a keyboard could
// never be left.
type hangup struct {
	in     io.Reader
	cancel context.CancelCauseFunc
}

func (h hangup) Read(p []byte) (int, error) {
	n, err := h.in.Read(p)
	if err != nil {
		h.cancel(errGone)
	}
	return n, err
}

// console shows the console in the session's terminal. Wish's options come first and the model's own after them, so
// that a filter of its own stays. The program is run here rather than by Wish's middleware, which writes to the host's
// standard error, that is over the screen of the host's own console, and spins on the sizes of a closed session.
func (st *session) console(sess ssh.Session, p *Session) int {
	p.Stdin = hangup{sess, st.cancel}
	model, own := st.srv.cfg.Console(p)
	if model == nil {
		_, _ = io.WriteString(p.Stderr, "voxmesh: no console\n") // the client is gone if this fails
		return 1
	}
	opts := append(bm.MakeOptions(consoleSession{sess, p.Stdin, p.Env}), Filter(nil), tea.WithWindowSize(p.Width, p.Height))
	opts = append(opts, own...)
	// Signals to the host are the host's; the session's context is handled by runProgram, which quits before it kills.
	opts = append(opts, tea.WithoutSignalHandler())
	switch err := st.runProgram(tea.NewProgram(model, opts...)); {
	case st.srv.ctx.Err() != nil:
		return exitClosing
	case err == nil:
		return 0
	case st.ctx.Err() != nil:
		return 0 // it ended because it was told to
	case errors.Is(err, tea.ErrInterrupted):
		return 130
	default:
		st.srv.logf("ssh: the console of %s ended: %v", st.ident.Actor, err)
		return 1
	}
}

// runProgram runs a program until it ends, or until the session does: then it quits, and is killed if it will not.
func (st *session) runProgram(program *tea.Program) error {
	ended := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for {
			select {
			case <-ended:
				return
			case size := <-st.resize:
				program.Send(tea.WindowSizeMsg{Width: size.Width, Height: size.Height})
			case <-st.ctx.Done():
				st.quit(program, ended)
				return
			}
		}
	}()
	_, err := program.Run()
	close(ended)
	<-watched
	return err
}

func (st *session) quit(program *tea.Program, ended <-chan struct{}) {
	asked := make(chan struct{})
	go func() { defer close(asked); program.Quit() }() // blocks while the model is busy
	select {
	case <-ended:
	case <-time.After(killAfter):
		program.Kill()
	}
	<-asked
}
