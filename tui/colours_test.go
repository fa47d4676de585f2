package tui

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
)

// NO_COLOR with any text means no colours.
func TestNoColour(t *testing.T) {
	for env, want := range map[string]bool{"NO_COLOR=1": false, "NO_COLOR=please": false, "NO_COLOR=": true, "X=1": true} {
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithCancel(context.Background())
			defer stop()
			h := newHost(aureliaAt(time.Now()).st)
			o := Options{Source: h, Actions: h, Context: ctx, Env: []string{"TERM=xterm-256color", "COLORTERM=truecolor", "TTY_FORCE=1", env}}
			out := &sink{}
			p := tea.NewProgram(newConsole(o), append(ProgramOptions(ctx, o), tea.WithInput(nil), tea.WithOutput(out), tea.WithWindowSize(80, 24))...)
			done := make(chan error, 1)
			go func() {
				_, err := p.Run()
				done <- err
			}()
			time.Sleep(200 * time.Millisecond) // of the bubble's clock: some frames
			synctest.Wait()
			p.Send(tea.KeyPressMsg{Code: 'q', Text: "q"})
			if err := <-done; err != nil {
				t.Error(err)
			}
			sent := out.buf.String()
			if got := strings.Contains(sent, "38;2;"); got != want {
				t.Errorf("%s: colours were sent: %v", env, got)
			}
		})
	}
}
