//go:build unix

package sshd

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/creack/pty"
	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/term"

	"voxmesh/mesh/fault"
)

// glass is a terminal that a test looks at.
type glass struct {
	master, tty *os.File
	mu          sync.Mutex
	changed     *sync.Cond
	text        string
	read        chan struct{}
}

func newGlass(t *testing.T, w, h uint16) *glass {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Skipf("SKIPPED: no pseudo terminal here: %v", err)
	}
	g := &glass{master: master, tty: tty, read: make(chan struct{})}
	g.changed = sync.NewCond(&g.mu)
	g.resize(t, w, h)
	go func() {
		defer close(g.read)
		b := make([]byte, 4096)
		for {
			n, err := master.Read(b)
			g.mu.Lock()
			g.text += string(b[:n])
			g.changed.Broadcast()
			g.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = tty.Close()
		<-g.read // the last end of the terminal is closed
		_ = master.Close()
	})
	return g
}

func (g *glass) resize(t *testing.T, w, h uint16) {
	t.Helper()
	if err := pty.Setsize(g.tty, &pty.Winsize{Cols: w, Rows: h}); err != nil {
		t.Fatal(err)
	}
}

func (g *glass) press(t *testing.T, keys string) {
	t.Helper()
	if _, err := io.WriteString(g.master, keys); err != nil {
		t.Fatal(err)
	}
}

// see waits until the terminal was sent the text.
func (g *glass) see(t *testing.T, want string) {
	t.Helper()
	found := make(chan struct{})
	go func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		for !strings.Contains(g.text, want) {
			g.changed.Wait()
		}
		close(found)
	}()
	await(t, fmt.Sprintf("%q on the screen", want), found)
}

// tiny is a console: it shows its size and what was typed, and q leaves it.
type tiny struct {
	size  tea.WindowSizeMsg
	typed string
	name  string
}

func (m tiny) Init() tea.Cmd { return nil }

func (m tiny) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.size = msg
	case tea.ResumeMsg:
		m.typed = "resumed"
	case tea.KeyPressMsg:
		switch msg.String() {
		case "q":
			return m, tea.Quit
		case "z":
			return m, tea.Suspend
		case "!":
			panic("console")
		}
		m.typed += msg.String()
	}
	return m, nil
}

func (m tiny) View() tea.View {
	v := tea.NewView(fmt.Sprintf("<%dx%d> [%s] (%s)", m.size.Width, m.size.Height, m.typed, m.name))
	v.AltScreen = true
	return v
}

// attach shows the console of a host on a terminal.
func attach(t *testing.T, c *Client, g *glass, args ...string) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- c.Console(t.Context(), g.tty, g.tty, args...) }()
	return done
}

func consoleHost(t *testing.T, opts ...tea.ProgramOption) (*Server, *Client) {
	t.Setenv("TERM", "xterm-256color")
	t.Setenv("COLORTERM", "truecolor")
	s, c, _ := local(t, Config{
		Console: func(s *Session) (tea.Model, []tea.ProgramOption) {
			return tiny{name: s.Term + "," + s.Getenv("COLORTERM") + "," + strings.Join(s.Args, " ")}, opts
		},
		ConsoleArgs: func(args []string) bool { return args[0] == "open" },
	})
	return s, c
}

func TestConsoleInATerminal(t *testing.T) {
	_, c := consoleHost(t)
	g := newGlass(t, 90, 30)
	before, err := term.GetState(int(g.tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	done := attach(t, c, g)
	g.see(t, "<90x30>")
	g.see(t, "(xterm-256color,truecolor,)")
	g.see(t, "\x1b[?1049h")
	g.press(t, "Y")
	g.see(t, "Y")
	g.resize(t, 110, 40)
	if err := syscall.Kill(os.Getpid(), syscall.SIGWINCH); err != nil {
		t.Fatal(err)
	}
	g.see(t, "110x40")
	g.press(t, "q")
	if err := await(t, "the end of the console", done); err != nil {
		t.Error(err)
	}
	g.see(t, "\x1b[?1049l")
	after, err := term.GetState(int(g.tty.Fd()))
	if err != nil || *after != *before {
		t.Errorf("the terminal was not restored: %v", err)
	}
	// What is typed from now on is not the console's: nothing reads the terminal any more.
	g.press(t, "next\n")
	b := make([]byte, 16)
	if n, err := g.tty.Read(b); err != nil || string(b[:n]) != "next\n" {
		t.Errorf("the next reader got %q, %v", b[:n], err)
	}
}

func TestConsoleAtAPlace(t *testing.T) {
	_, c := consoleHost(t)
	g := newGlass(t, 80, 24)
	done := attach(t, c, g, "open", "vox://trace/ID")
	g.see(t, "open vox://trace/ID)")
	g.press(t, "q")
	if err := await(t, "the end of the console", done); err != nil {
		t.Error(err)
	}
}

func TestHostThatGoesLeavesTheTerminalClean(t *testing.T) {
	s, c := consoleHost(t)
	g := newGlass(t, 80, 24)
	before, err := term.GetState(int(g.tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	done := attach(t, c, g)
	g.see(t, "<80x24>")
	s.gate.closeAll() // as when the host is killed: no goodbye
	if err := await(t, "the end of the console", done); !fault.Is(err, "vox/host/gone") {
		t.Errorf("got %v", err)
	}
	g.see(t, "\x1b[?1049l\x1b[?25h")
	if after, err := term.GetState(int(g.tty.Fd())); err != nil || *after != *before {
		t.Errorf("the terminal was not restored: %v", err)
	}
}

func TestConsoleThatWillNotQuitIsEndedWithItsHost(t *testing.T) {
	runtimeDir(t)
	data := t.TempDir()
	t.Setenv("TERM", "xterm")
	s, err := ListenLocal(data, Config{Console: func(*Session) (tea.Model, []tea.ProgramOption) {
		return tiny{}, []tea.ProgramOption{Filter(func(_ tea.Model, msg tea.Msg) tea.Msg {
			if _, ok := msg.(tea.QuitMsg); ok {
				return nil
			}
			return msg
		})}
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx) }()
	g := newGlass(t, 80, 24)
	done := attach(t, dial(t, data), g)
	g.see(t, "<80x24>")
	g.press(t, "qY")
	g.see(t, "Y") // q did not leave
	cancel()
	if err := await(t, "the end of the console", done); !fault.Is(err, "vox/host/gone") {
		t.Errorf("got %v", err)
	}
	if err := await(t, "Serve", served); err != nil {
		t.Error(err)
	}
}

// A console whose host ends in order is told apart from one that was left, and its screen is left in order too.
func TestConsoleOfAHostThatEnds(t *testing.T) {
	runtimeDir(t)
	data := t.TempDir()
	t.Setenv("TERM", "xterm")
	s, err := ListenLocal(data, Config{Console: func(*Session) (tea.Model, []tea.ProgramOption) { return tiny{}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx) }()
	g := newGlass(t, 80, 24)
	done := attach(t, dial(t, data), g)
	g.see(t, "<80x24>")
	cancel()
	if err := await(t, "the end of the console", done); !fault.Is(err, "vox/host/gone") {
		t.Errorf("got %v", err)
	}
	g.see(t, "\x1b[?1049l")
	if err := await(t, "Serve", served); err != nil {
		t.Error(err)
	}
}

func TestSessionNeverSuspendsTheHost(t *testing.T) {
	for name, opts := range map[string][]tea.ProgramOption{"default": nil, "own filter": {Filter(nil)}} {
		t.Run(name, func(t *testing.T) {
			_, c := consoleHost(t, opts...)
			g := newGlass(t, 80, 24)
			done := attach(t, c, g)
			g.see(t, "<80x24>")
			g.press(t, "z")
			g.see(t, "resumed")
			g.press(t, "q")
			if err := await(t, "the end of the console", done); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPanicInAConsoleEndsItAlone(t *testing.T) {
	_, c := consoleHost(t)
	g, g2 := newGlass(t, 80, 24), newGlass(t, 81, 25)
	done, done2 := attach(t, c, g), attach(t, c, g2)
	g.see(t, "<80x24>")
	g2.see(t, "<81x25>")
	g.press(t, "!")
	if err := await(t, "the end of the console", done); !fault.Is(err, "vox/console/failed") {
		t.Errorf("got %v", err)
	}
	g.see(t, "\x1b[?1049l")
	g2.press(t, "Y")
	g2.see(t, "Y")
	g2.press(t, "q")
	if err := await(t, "the end of the other", done2); err != nil {
		t.Error(err)
	}
}

func TestConsoleNeedsATerminal(t *testing.T) {
	_, c := consoleHost(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if err := c.Console(t.Context(), r, w); !fault.Is(err, "vox/console/no-terminal") {
		t.Errorf("got %v", err)
	}
}

// A client that closes its channel but not its connection must not leave a console behind, and one that claims a huge
// screen must not get one.
func TestConsoleEndsWithItsChannel(t *testing.T) {
	ended := make(chan Size, 1)
	sizes := make(chan tea.WindowSizeMsg, 8)
	s, _, own := tcp(t, Config{Console: func(s *Session) (tea.Model, []tea.ProgramOption) {
		return tiny{}, []tea.ProgramOption{Filter(func(_ tea.Model, msg tea.Msg) tea.Msg {
			switch msg := msg.(type) {
			case tea.WindowSizeMsg:
				sizes <- msg
			case tea.QuitMsg:
				ended <- Size{s.Width, s.Height}
			}
			return msg
		})}
	}})
	c, err := enter(t, s, gossh.PublicKeys(own))
	if err != nil {
		t.Fatal(err)
	}
	sess, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := sess.RequestPty("../../etc/passwd", 1<<30, 1<<30, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := sess.StdinPipe(); err != nil { // stays open: only the channel's end can end the console
		t.Fatal(err)
	}
	if err := sess.Shell(); err != nil {
		t.Fatal(err)
	}
	if got := await(t, "the size", sizes); got.Width != maxWidth || got.Height != maxHeight {
		t.Errorf("size %v", got)
	}
	if err := sess.WindowChange(33, 99); err != nil {
		t.Fatal(err)
	}
	if got := await(t, "the new size", sizes); got.Width != 99 || got.Height != 33 {
		t.Errorf("size %v", got)
	}
	if err := sess.Close(); err != nil {
		t.Fatal(err)
	}
	await(t, "the end of the console", ended)
	if out, err := output1(t, c, ""); err == nil {
		t.Errorf("an empty command: %q", out)
	}
}

func TestConsoleWithoutAKeyboardEnds(t *testing.T) {
	s, _, own := tcp(t, Config{Console: func(*Session) (tea.Model, []tea.ProgramOption) { return tiny{}, nil }})
	c, err := enter(t, s, gossh.PublicKeys(own))
	if err != nil {
		t.Fatal(err)
	}
	sess, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := sess.RequestPty("xterm", 24, 80, nil); err != nil {
		t.Fatal(err)
	}
	if err := sess.Shell(); err != nil { // with no input: its end is told at once
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- sess.Wait() }()
	if err := await(t, "the end of the console", ended); err != nil {
		t.Error(err)
	}
}

func TestResizesAreNeverInTheWay(t *testing.T) {
	stop := make(chan struct{})
	last := make(chan Size, 1)
	s, _, own := tcp(t, Config{Exec: func(_ context.Context, s *Session) int {
		<-stop
		last <- <-s.Resize
		return 0
	}})
	c, err := enter(t, s, gossh.PublicKeys(own))
	if err != nil {
		t.Fatal(err)
	}
	sess, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := sess.RequestPty("xterm", 24, 80, nil); err != nil {
		t.Fatal(err)
	}
	if err := sess.Start("nobody reads the sizes"); err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		if err := sess.WindowChange(50, 100+i); err != nil {
			t.Fatal(err)
		}
	}
	// An answered request says that all before it were taken.
	if ok, err := sess.SendRequest("later", true, nil); ok || err != nil {
		t.Fatal(ok, err)
	}
	close(stop)
	if got := await(t, "the size", last); got != (Size{299, 50}) {
		t.Errorf("got %v", got)
	}
	if err := sess.Wait(); err != nil {
		t.Error(err)
	}
}
