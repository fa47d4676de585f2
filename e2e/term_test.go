//go:build unix

package e2e

import (
	"fmt"
	"image/color"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"golang.org/x/term"
)

// terminal is a real one with a program in it: a pseudo-terminal, and behind it Charm's emulator, which keeps the screen
// that a person would see and answers what the program asks of a terminal. Tests read that screen and never the bytes: a
// renderer sends only the cells that changed. What is between the marks of a synchronized update is one picture, so no
// half of a frame is ever read.
type terminal struct {
	t    testing.TB
	name string
	cmd  *exec.Cmd
	pty  *os.File // the end of whoever looks and types
	tty  *os.File // the program's, kept to see how it was left

	mu      sync.Mutex
	em      *vt.Emulator
	modes   map[ansi.Mode]bool // as the program set them
	kitty   int                // how often it asked for Kitty's keyboard and did not take it back
	other   bool               // and xterm's
	answers bool               // says that it knows Kitty's keyboard
	within  bool               // a synchronized update
	seen    picture
	sent    []byte // all that the program wrote
	changed chan struct{}

	before *term.State
	after  *term.State
	ended  chan struct{}
}

// picture is what is on the screen at one moment.
type picture struct {
	w, h  int
	cells []glyph
}

// glyph is one cell.
type glyph struct {
	text   string
	fg, bg color.Color
	attrs  uint8
}

// The attributes of a glyph, as the emulator numbers them.
const (
	bold = 1 << iota
	faint
)

// look says what sort of terminal it is. The zero value: 80×24, dark, xterm with 256 colours.
type look struct {
	cols, rows int
	env        []string // besides the machine's
	light      bool     // white background
	kitty      bool     // knows Kitty's keyboard
	rgb        bool     // says when asked that it knows all colours
}

// console opens a terminal with voxmesh in it.
func (m *machine) console(l look, args ...string) *terminal {
	m.t.Helper()
	c := exec.Command(voxmesh(m.t), args...)
	c.Env, c.Dir = append(plain(m.env), l.env...), m.t.TempDir()
	return openTerminal(m.t, m.name, c, l)
}

// plain is an environment without what the terminal of whoever runs the tests says of itself.
func plain(env []string) []string {
	out := slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains([]string{
			"NO_COLOR", "COLORTERM", "CLICOLOR", "CLICOLOR_FORCE", "TERM_PROGRAM", "TMUX", "WT_SESSION", "SSH_TTY", "VOXMESH_ASCII", "VOXMESH_MOUSE", "LANG",
		}, name) || strings.HasPrefix(name, "LC_")
	})
	return append(out, "TERM=xterm-256color", "LANG=C.UTF-8")
}

func openTerminal(t testing.TB, name string, c *exec.Cmd, l look) *terminal {
	t.Helper()
	if l.cols == 0 {
		l.cols, l.rows = 80, 24
	}
	master, tty, err := pty.Open()
	if err != nil {
		t.Skipf("SKIPPED: this machine gives no pseudo-terminal: %v", err)
	}
	s := &terminal{
		t: t, name: name, cmd: c, pty: master, tty: tty, em: vt.NewEmulator(l.cols, l.rows), modes: map[ansi.Mode]bool{ansi.ModeTextCursorEnable: true},
		answers: l.kitty, changed: make(chan struct{}), ended: make(chan struct{}),
	}
	s.equip(l)
	s.size(l.cols, l.rows)
	if s.before, err = term.GetState(int(tty.Fd())); err != nil {
		t.Fatal(err)
	}
	c.Stdin, c.Stdout, c.Stderr = tty, tty, tty
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	read, answered := make(chan struct{}), make(chan struct{})
	go func() { defer close(read); s.read() }()
	go func() { defer close(answered); s.answer() }()
	go func() {
		defer close(s.ended)
		_ = c.Wait()
		s.after, _ = term.GetState(int(tty.Fd()))
		_ = tty.Close() // the last end: what is on the way is read, then there is no more
		<-read
	}()
	t.Cleanup(func() {
		_ = c.Process.Kill()
		<-s.ended
		if w, ok := s.em.InputPipe().(io.Closer); ok {
			_ = w.Close() // its own Close is not for two goroutines
		}
		<-answered
		_ = master.Close()
		if text := s.screen(); t.Failed() && strings.TrimSpace(text) != "" {
			t.Logf("the terminal of %s at the end:\n%s", s.name, text)
		}
	})
	return s
}

// equip makes the emulator the terminal that it is to be.
func (s *terminal) equip(l look) {
	if l.light {
		s.em.SetDefaultBackgroundColor(color.White)
		s.em.SetDefaultForegroundColor(color.Black)
	}
	s.em.SetCallbacks(vt.Callbacks{
		EnableMode: func(m ansi.Mode) {
			s.modes[m] = true
			s.within = s.within || m == ansi.ModeSynchronizedOutput
		},
		DisableMode: func(m ansi.Mode) {
			s.modes[m] = false
			if m == ansi.ModeSynchronizedOutput {
				s.within = false
				s.keep()
			}
		},
	})
	say := func(text string) bool { s.em.SendText(text); return true }
	s.em.RegisterCsiHandler(ansi.Command('?', '$', 'p'), func(p ansi.Params) bool { // is a mode known?
		n, _, _ := p.Param(0, 0)
		return ansi.DECMode(n) == ansi.ModeSynchronizedOutput && say(ansi.ReportMode(ansi.ModeSynchronizedOutput, ansi.ModeReset))
	})
	s.em.RegisterCsiHandler(ansi.Command('>', 0, 'u'), func(ansi.Params) bool { s.kitty++; return true })
	s.em.RegisterCsiHandler(ansi.Command('<', 0, 'u'), func(ansi.Params) bool { s.kitty--; return true })
	s.em.RegisterCsiHandler(ansi.Command('?', 0, 'u'), func(ansi.Params) bool {
		return s.answers && say("\x1b[?1u")
	})
	s.em.RegisterCsiHandler(ansi.Command('>', 0, 'm'), func(p ansi.Params) bool {
		_, _, s.other = p.Param(1, 0)
		return true
	})
	s.em.RegisterDcsHandler(ansi.Command(0, '+', 'q'), func(_ ansi.Params, data []byte) bool {
		return l.rgb && string(data) == "524742" && say("\x1bP1+r524742\x1b\\") // "RGB" in hexadecimal
	})
}

// read feeds the emulator with what the program writes, until it has ended.
func (s *terminal) read() {
	buf := make([]byte, 64<<10)
	for {
		n, err := s.pty.Read(buf)
		s.mu.Lock()
		_, _ = s.em.Write(buf[:n])
		s.sent = append(s.sent, buf[:n]...)
		if !s.within {
			s.keep()
		}
		close(s.changed)
		s.changed = make(chan struct{})
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// answer sends the program what the emulator answers.
func (s *terminal) answer() {
	buf := make([]byte, 4096)
	for {
		n, err := s.em.Read(buf)
		if err != nil {
			return
		}
		_, _ = s.pty.Write(buf[:n])
	}
}

// keep makes the screen as it stands the picture that tests see.
func (s *terminal) keep() {
	p := picture{w: s.em.Width(), h: s.em.Height()}
	p.cells = make([]glyph, 0, p.w*p.h)
	for y := range p.h {
		for x := range p.w {
			g := glyph{text: " "}
			if c := s.em.CellAt(x, y); c != nil {
				g = glyph{c.Content, c.Style.Fg, c.Style.Bg, c.Style.Attrs}
			}
			if g.text == "" {
				g.text = " "
			}
			p.cells = append(p.cells, g)
		}
	}
	s.seen = p
}

func (p picture) at(x, y int) glyph {
	if x < 0 || y < 0 || x >= p.w || y >= p.h {
		return glyph{}
	}
	return p.cells[y*p.w+x]
}

// row is one row as text, its blanks at the end included.
func (p picture) row(y int) string {
	var b strings.Builder
	for x := range p.w {
		b.WriteString(p.at(x, y).text)
	}
	return b.String()
}

func (p picture) rows() []string {
	out := make([]string, p.h)
	for y := range out {
		out[y] = p.row(y)
	}
	return out
}

func (p picture) String() string { return strings.Join(p.rows(), "\n") }

// find gives the cell where a text begins.
func (p picture) find(text string) (x, y int, ok bool) {
	for y, row := range p.rows() {
		if before, _, ok := strings.Cut(row, text); ok {
			return len([]rune(before)), y, true
		}
	}
	return 0, 0, false
}

// picture gives what is on the screen now.
func (s *terminal) picture() picture {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// screen is the whole screen as text.
func (s *terminal) screen() string { return s.picture().String() }

// row is one row of the screen, the last with −1.
func (s *terminal) row(y int) string {
	p := s.picture()
	if y < 0 {
		y += p.h
	}
	return p.row(y)
}

// until waits for the screen to change until it is as it should be.
func (s *terminal) until(what string, right func(picture) bool) picture {
	s.t.Helper()
	deadline := time.After(patience)
	for {
		s.mu.Lock()
		p, changed := s.seen, s.changed
		s.mu.Unlock()
		if right(p) {
			return p
		}
		select {
		case <-changed:
		case <-s.ended:
			if p = s.picture(); right(p) {
				return p
			}
			s.t.Fatalf("%s: the program ended before the screen showed %s:\n%s", s.name, what, p)
		case <-deadline:
			s.t.Fatalf("%s: the screen never showed %s:\n%s", s.name, what, p)
		}
	}
}

// await waits until all of these texts are on the screen.
func (s *terminal) await(texts ...string) picture {
	s.t.Helper()
	return s.until(fmt.Sprintf("%q", texts), func(p picture) bool {
		all := p.String()
		return !slices.ContainsFunc(texts, func(t string) bool { return !strings.Contains(all, t) })
	})
}

// gone waits until none of these texts is on the screen.
func (s *terminal) gone(texts ...string) picture {
	s.t.Helper()
	return s.until(fmt.Sprintf("no more of %q", texts), func(p picture) bool {
		all := p.String()
		return !slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(all, t) })
	})
}

// quiet waits a while for the program to write anything and gives what it wrote. It must not: the wait is meant to end
// with nothing.
func (s *terminal) quiet(d time.Duration) string {
	s.t.Helper()
	s.mu.Lock()
	from, changed := len(s.sent), s.changed
	s.mu.Unlock()
	select {
	case <-changed:
	case <-time.After(d):
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.sent[from:])
}

// wrote is all that the program sent so far.
func (s *terminal) wrote() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.sent)
}

func (s *terminal) send(text string) {
	s.t.Helper()
	if _, err := s.pty.WriteString(text); err != nil {
		s.t.Fatalf("%s: type: %v", s.name, err)
	}
}

// keyNames are the keys that have a name, as a terminal without Kitty's keyboard sends them.
var keyNames = map[string]string{
	"enter": "\r", "esc": "\x1b", "tab": "\t", "shift+tab": "\x1b[Z", "space": " ", "backspace": "\x7f",
	"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
	"shift+left": "\x1b[1;2D", "shift+right": "\x1b[1;2C", "f1": "\x1bOP",
	"ctrl+c": "\x03", "ctrl+k": "\x0b", "ctrl+u": "\x15", "super+k": "\x1b[107;9u",
}

// key presses keys, by name or as they are. After esc the screen has to be waited for before another key: a terminal
// cannot tell the two from one.
func (s *terminal) key(keys ...string) {
	s.t.Helper()
	for _, k := range keys {
		if name, ok := keyNames[k]; ok {
			k = name
		} else if len([]rune(k)) != 1 {
			s.t.Fatalf("there is no key %q", k)
		}
		s.send(k)
	}
}

// typed types a text.
func (s *terminal) typed(text string) {
	s.t.Helper()
	s.send(text)
}

// mode reports whether the program set a mode.
func (s *terminal) mode(m ansi.Mode) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.modes[m]
}

// paste pastes a text, in brackets as the program asked for.
func (s *terminal) paste(text string) {
	s.t.Helper()
	if !s.mode(ansi.ModeBracketedPaste) {
		s.t.Fatalf("%s: the program did not ask for pastes in brackets", s.name)
	}
	s.send(ansi.BracketedPasteStart + text + ansi.BracketedPasteEnd)
}

// mouse sends what the mouse did with a button over a cell, as the program asked for: in SGR's form.
func (s *terminal) mouse(button, x, y int, up bool) {
	s.t.Helper()
	if !s.mode(ansi.ModeMouseButtonEvent) || !s.mode(ansi.ModeMouseExtSgr) {
		s.t.Fatalf("%s: the program did not ask for the mouse", s.name)
	}
	end := "M"
	if up {
		end = "m"
	}
	s.send(fmt.Sprintf("\x1b[<%d;%d;%d%s", button, x+1, y+1, end))
}

const (
	leftButton  = 0
	moving      = 32 // added while a button is down
	rightButton = 2
)

// click clicks a cell.
func (s *terminal) click(x, y int) {
	s.t.Helper()
	s.mouse(leftButton, x, y, false)
	s.mouse(leftButton, x, y, true)
}

// clickOn clicks the first letter of a text that is on the screen.
func (s *terminal) clickOn(text string) {
	s.t.Helper()
	x, y, ok := s.await(text).find(text)
	if !ok {
		s.t.Fatalf("%s: %q is not in one row", s.name, text)
	}
	s.click(x, y)
}

// drag drags from a cell to another one in the same row.
func (s *terminal) drag(fromX, toX, y int) {
	s.t.Helper()
	s.mouse(leftButton, fromX, y, false)
	step := 1
	if toX < fromX {
		step = -1
	}
	for x := fromX; x != toX; x += step {
		s.mouse(leftButton+moving, x+step, y, false)
	}
	s.mouse(leftButton, toX, y, true)
}

func (s *terminal) size(cols, rows int) {
	s.t.Helper()
	if err := pty.Setsize(s.pty, &pty.Winsize{Cols: uint16(cols), Rows: uint16(rows)}); err != nil {
		s.t.Fatal(err)
	}
}

// resize makes the window another size.
func (s *terminal) resize(cols, rows int) {
	s.t.Helper()
	s.mu.Lock()
	s.em.Resize(cols, rows)
	s.mu.Unlock()
	s.size(cols, rows)
}

// left waits until the program has ended, and looks how it left the terminal: as it was before.
func (s *terminal) left() {
	s.t.Helper()
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.t.Fatalf("%s: the console does not end:\n%s", s.name, s.screen())
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		s.t.Errorf("%s: the console ended with %d:\n%s", s.name, code, s.screen())
	}
	s.restored()
}

// restored looks how the program left the terminal.
func (s *terminal) restored() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.em.IsAltScreen() {
		s.t.Errorf("%s: the other screen is still shown", s.name)
	}
	for mode, want := range map[ansi.Mode]bool{
		ansi.ModeTextCursorEnable: true, ansi.ModeMouseNormal: false, ansi.ModeMouseButtonEvent: false, ansi.ModeMouseAnyEvent: false,
		ansi.ModeMouseExtSgr: false, ansi.ModeFocusEvent: false, ansi.ModeBracketedPaste: false,
		ansi.ModeSynchronizedOutput: false, ansi.ModeUnicodeCore: false,
	} {
		if s.modes[mode] != want {
			s.t.Errorf("%s: mode %d was left %v", s.name, mode.Mode(), s.modes[mode])
		}
	}
	if s.kitty != 0 || s.other {
		s.t.Errorf("%s: the keyboard was left in another state: %d, %v", s.name, s.kitty, s.other)
	}
	if s.after == nil || *s.after != *s.before {
		s.t.Errorf("%s: the terminal's own settings are not as before", s.name)
	}
}
