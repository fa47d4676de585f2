package sshd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/term"

	"voxmesh/mesh/fault"
)

// leaveScreen undoes what a console does to a terminal, for when the host could not: end of synchronized output; mouse,
// focus and paste reports and the other modes of Bubble Tea off; keyboard protocols popped; styles and colours as they
// were; normal screen, cursor shown.
const leaveScreen = "\x1b[?2026l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?2027l\x1b[?2031l" +
	"\x1b[=0;1u\x1b[<u\x1b[>4;0m\x1b[0m\x1b]110\x07\x1b]111\x07\x1b]112\x07\x1b[?1049l\x1b[?25h\r"

// Console shows the host's console in the terminal of in and out until it is left; with args, the console at a place
// (Config.ConsoleArgs). The terminal is raw meanwhile and always as before when Console returns: also where ctx ends,
// the host dies, something panics, or a signal (INT, TERM, HUP) ends us. Errors: vox/console/no-terminal,
// vox/console/failed, vox/host/gone also where the host ends in order, and those of Run.
func (c *Client) Console(ctx context.Context, in, out *os.File, args ...string) (err error) {
	if !term.IsTerminal(int(in.Fd())) || !term.IsTerminal(int(out.Fd())) {
		return fault.New("vox/console/no-terminal", "the console needs a terminal").
			WithHint("run it in one, or give a command: voxmesh help")
	}
	ctx, stop := signal.NotifyContext(ctx, endSignals()...)
	defer stop()
	raw, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return fmt.Errorf("console: %w", err)
	}
	left := false // the host said how it ended, so it has left the screen
	defer func() {
		if !left {
			_, _ = out.WriteString(leaveScreen) // best effort on a terminal that may be gone
		}
		err = errors.Join(err, term.Restore(int(in.Fd()), raw))
	}()
	keys, err := newKeys(in)
	if err != nil {
		return fmt.Errorf("console: %w", err)
	}
	defer keys.Close()
	resized, unwatch := watchResize()
	defer unwatch()
	exit, err := c.Run(ctx, RunOptions{
		Args: args, Env: os.Environ(), Stdin: keys, Stdout: out,
		PTY: true, Term: os.Getenv("TERM"), Resized: resized,
		Size: func() (int, int) {
			w, h, err := term.GetSize(int(out.Fd()))
			if err != nil {
				return 0, 0
			}
			return w, h
		},
	})
	left = err == nil
	if err == nil && exit == exitClosing {
		return hostGone(errors.New("it was told to end"))
	}
	if err == nil && exit != 0 {
		err = fault.New("vox/console/failed", "the console ended with exit status %d", exit).WithHint("the host's log has the details")
	}
	return err
}
