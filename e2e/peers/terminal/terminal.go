// Package terminal measures the console in a terminal, beside its peers: what reaches the terminal, what it costs while
// nothing happens, and how soon a key is seen.
//
// The programs that are measured are programs of their own, each in a folder here and each on a pseudo-terminal of its
// own: console is voxmesh's, of a host that is made up; tea1 and tea2 are the same gauge, drawn by Bubble Tea 1 with Lip
// Gloss and by Bubble Tea 2 as they come. A Screen is that terminal: an xterm-256color which answers what programs ask,
// counts what they send, and, where it is asked to look, keeps the cells. Peers are measured in the same run, in turns,
// so that the ratios hold on a machine that others use too; the bare figures hold on that machine alone.
//
// It is a module of its own: whoever uses voxmesh carries none of it.
package terminal

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// Screen is a terminal with a program in it. It is safe for concurrent use. Make one with Open.
type Screen struct {
	pty *os.File
	cmd *exec.Cmd

	mu     sync.Mutex
	bytes  int64
	writes int64 // reads that brought something: with a program that writes a frame at once, frames
	rest   []byte
	emu    *vt.Emulator // nil: the cells are not kept
	raw    *bytes.Buffer
	moved  chan struct{} // a token after something came
	ended  chan struct{}
}

// Open starts a program in a terminal of w×h cells. look says whether the cells are kept, which costs time beside the
// program.
func Open(w, h int, look bool, name string, args ...string) (*Screen, error) {
	s := &Screen{cmd: exec.Command(name, args...), moved: make(chan struct{}, 1), ended: make(chan struct{})}
	s.cmd.Env = []string{
		"TERM=xterm-256color", "LANG=C.UTF-8", "HOME=" + os.TempDir(), "PATH=" + os.Getenv("PATH"),
		"GOMAXPROCS=" + os.Getenv("GOMAXPROCS"), "TMPDIR=" + os.TempDir(),
	}
	if look {
		s.emu = vt.NewEmulator(w, h)
		go func() { _, _ = io.Copy(io.Discard, s.emu) }() // its own answers: ours are given already
	}
	var err error
	s.pty, err = pty.StartWithSize(s.cmd, &pty.Winsize{Cols: uint16(w), Rows: uint16(h)})
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go s.read()
	return s, nil
}

func (s *Screen) read() {
	defer close(s.ended)
	buf := make([]byte, 1<<16)
	for {
		n, err := s.pty.Read(buf)
		if n > 0 {
			s.take(buf[:n])
		}
		if err != nil {
			return // the program ended
		}
	}
}

func (s *Screen) take(p []byte) {
	s.mu.Lock()
	s.bytes += int64(len(p))
	s.writes++
	if s.emu != nil {
		_, _ = s.emu.Write(p) // an emulator takes everything
	}
	if s.raw != nil {
		s.raw.Write(p)
	}
	s.rest = append(s.rest, p...)
	var answers []string
	for _, q := range questions {
		for range bytes.Count(s.rest, []byte(q.asked)) {
			answers = append(answers, q.answer)
		}
		s.rest = bytes.ReplaceAll(s.rest, []byte(q.asked), nil)
	}
	s.rest = append(s.rest[:0], s.rest[max(len(s.rest)-longest, 0):]...)
	s.mu.Unlock()
	for _, a := range answers {
		_, _ = io.WriteString(s.pty, a) // a program that is gone needs no answer
	}
	select {
	case s.moved <- struct{}{}:
	default:
	}
}

// questions are what programs ask a terminal when they start, and what an xterm answers.
var questions = []struct{ asked, answer string }{
	{"\x1b[6n", "\x1b[1;1R"},
	{"\x1b[c", "\x1b[?64;1;2;6;9;15;18;21;22c"},
	{"\x1b]10;?\x07", "\x1b]10;rgb:e4e4/e4e4/e7e7\x07"},
	{"\x1b]10;?\x1b\\", "\x1b]10;rgb:e4e4/e4e4/e7e7\x1b\\"},
	{"\x1b]11;?\x07", "\x1b]11;rgb:0000/0000/0000\x07"},
	{"\x1b]11;?\x1b\\", "\x1b]11;rgb:0000/0000/0000\x1b\\"},
	{"\x1b[?2026$p", "\x1b[?2026;0$y"},
	{"\x1b[?2027$p", "\x1b[?2027;0$y"},
}

// longest is how many bytes of a question may wait for its end.
const longest = 16

// Sent gives how many bytes the program sent, and in how many writes as the terminal saw them.
func (s *Screen) Sent() (bytes, writes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes, s.writes
}

// Record keeps what the program sends from now on; Recorded gives it.
func (s *Screen) Record() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.raw = &bytes.Buffer{}
}

// Recorded gives what came since Record.
func (s *Screen) Recorded() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.raw == nil {
		return ""
	}
	return s.raw.String()
}

// Type sends keys.
func (s *Screen) Type(keys string) error {
	_, err := io.WriteString(s.pty, keys)
	return err
}

// Moved gives a token after something came.
func (s *Screen) Moved() <-chan struct{} { return s.moved }

// Ended is closed when the program ended.
func (s *Screen) Ended() <-chan struct{} { return s.ended }

// Text gives the cells, a row a line; empty where they are not kept.
func (s *Screen) Text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.emu == nil {
		return ""
	}
	var out strings.Builder
	for y := range s.emu.Height() {
		for x := range s.emu.Width() {
			out.WriteString(s.at(x, y))
		}
		out.WriteByte('\n')
	}
	return out.String()
}

func (s *Screen) at(x, y int) string {
	if c := s.emu.CellAt(x, y); c != nil && c.Content != "" {
		return c.Content
	}
	return " "
}

// Column gives the row, from a row on, in which a sign stands in a column; −1 where there is none.
func (s *Screen) Column(x, from int, sign string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for y := from; y < s.emu.Height(); y++ {
		if s.at(x, y) == sign {
			return y
		}
	}
	return -1
}

// Wait waits until something is on the screen.
func (s *Screen) Wait(limit time.Duration, there func() bool) error {
	end := time.NewTimer(limit)
	defer end.Stop()
	for !there() {
		select {
		case <-s.moved:
		case <-s.ended:
			return fmt.Errorf("the program ended; the screen was:\n%s", s.Text())
		case <-end.C:
			return fmt.Errorf("it did not come within %v; the screen is:\n%s", limit, s.Text())
		}
	}
	return nil
}

// CPU gives the time that the program's threads have run (proc_schedstat(5)): Linux only.
func (s *Screen) CPU() (time.Duration, error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", s.cmd.Process.Pid))
	if err != nil || len(tasks) == 0 {
		return 0, fmt.Errorf("no schedstat of process %d", s.cmd.Process.Pid)
	}
	var sum int64
	for _, t := range tasks {
		b, err := os.ReadFile(t)
		if err != nil {
			continue // the thread ended
		}
		first, _, _ := strings.Cut(string(b), " ")
		n, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read %s: %w", t, err)
		}
		sum += n
	}
	return time.Duration(sum), nil
}

// Resident gives the memory that the program has in RAM, in bytes.
func (s *Screen) Resident() int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(b))
	if len(fields) < 2 {
		return 0
	}
	n, _ := strconv.ParseInt(fields[1], 10, 64)
	return n * int64(os.Getpagesize())
}

// Close ends the program.
func (s *Screen) Close() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-s.ended:
	case <-time.After(2 * time.Second):
		_ = s.cmd.Process.Kill()
	}
	_ = s.cmd.Wait() // how it ended is no matter
	_ = s.pty.Close()
	if s.emu != nil {
		_ = s.emu.Close()
	}
}
