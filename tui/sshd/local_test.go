package sshd

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"voxmesh/mesh/fault"
)

func TestArgumentsArriveExactly(t *testing.T) {
	got := make(chan *Session, 1)
	_, c, _ := local(t, Config{Exec: func(_ context.Context, s *Session) int { got <- s; return 0 }})
	all := make([]byte, 0, 255)
	for b := 1; b < 256; b++ {
		all = append(all, byte(b))
	}
	for name, args := range map[string][]string{
		"plain":   {"nodes", "--json"},
		"empty":   {"a", "", "", "b"},
		"quotes":  {`'`, `"`, `\`, `'\''`, "`", "$HOME", "a b", "*", "~"},
		"newline": {"a\nb", "\n", "\r\n", "\t"},
		"bytes":   {string(all), "größer", "\xff\xfe"},
		"long":    {strings.Repeat("it's ", 200_000), "tail"},
	} {
		exit, err := c.Run(t.Context(), RunOptions{Args: args, Env: []string{"COLORTERM=truecolor", "PATH=/x", "LANG=C"}})
		if err != nil || exit != 0 {
			t.Fatalf("%s: %d, %v", name, exit, err)
		}
		s := await(t, name, got)
		if !slices.Equal(s.Args, args) {
			t.Errorf("%s: arguments changed on the way", name)
		}
		if want := []string{"COLORTERM=truecolor", "LANG=C"}; !slices.Equal(s.Env, want) {
			t.Errorf("%s: env %q", name, s.Env)
		}
		if !s.Local || s.Role != Operator || s.Actor != "cli:"+s.Name || s.Name == "" || !strings.HasPrefix(s.Fingerprint, "SHA256:") || s.PTY {
			t.Errorf("%s: %+v", name, s.Identity)
		}
	}
	if exit, err := c.Run(t.Context(), RunOptions{Args: []string{"a\x00b"}}); exit != 2 || !fault.Is(err, "vox/cli/usage") {
		t.Errorf("NUL: %d, %v", exit, err)
	}
}

func TestExitStatusAndBothOutputsAreExact(t *testing.T) {
	_, c, _ := local(t, Config{Exec: func(_ context.Context, s *Session) int {
		code, _ := strconv.Atoi(s.Args[0])
		fmt.Fprintf(s.Stdout, "out %d\n", code)
		fmt.Fprintf(s.Stderr, "err %d\n", code)
		return code
	}})
	for _, code := range []int{0, 1, 2, 3, 4, 5, 127, 130, 255} {
		var out, errs bytes.Buffer
		exit, err := c.Run(t.Context(), RunOptions{Args: []string{strconv.Itoa(code)}, Stdout: &out, Stderr: &errs})
		if exit != code || err != nil || out.String() != fmt.Sprintf("out %d\n", code) || errs.String() != fmt.Sprintf("err %d\n", code) {
			t.Errorf("exit %d: %d, %v, %q, %q", code, exit, err, &out, &errs)
		}
	}
}

// random gives n bytes that are the same for the same seed.
func random(n int64) io.Reader {
	return io.LimitReader(rand.NewChaCha8([32]byte{7}), n)
}

func TestStandardInputStreams(t *testing.T) {
	const size = 32 << 20
	_, c, _ := local(t, Config{Exec: func(_ context.Context, s *Session) int {
		h := sha256.New()
		n, err := io.Copy(io.MultiWriter(h, s.Stdout), s.Stdin)
		fmt.Fprintf(s.Stderr, "%d %x %v", n, h.Sum(nil), err)
		return 0
	}})
	want, back := sha256.New(), sha256.New()
	_, _ = io.Copy(want, random(size))
	var errs bytes.Buffer
	exit, err := c.Run(t.Context(), RunOptions{Args: []string{"cat"}, Stdin: random(size), Stdout: back, Stderr: &errs})
	if exit != 0 || err != nil {
		t.Fatal(exit, err)
	}
	if got := errs.String(); got != fmt.Sprintf("%d %x %v", size, want.Sum(nil), error(nil)) {
		t.Errorf("the host read %s", got)
	}
	if !bytes.Equal(back.Sum(nil), want.Sum(nil)) {
		t.Error("the output is not the input")
	}
}

func TestInterruptEndsTheContext(t *testing.T) {
	running := make(chan struct{})
	_, c, _ := local(t, Config{Exec: func(ctx context.Context, _ *Session) int {
		close(running)
		<-ctx.Done()
		return 42
	}})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-running; cancel() }()
	if exit, err := c.Run(ctx, RunOptions{Args: []string{"wait"}}); exit != 42 || err != nil {
		t.Errorf("got %d, %v", exit, err)
	}
}

func TestCommandThatDoesNotStopIsLeft(t *testing.T) {
	running, release := make(chan struct{}), make(chan struct{})
	_, c, _ := local(t, Config{Exec: func(context.Context, *Session) int { close(running); <-release; return 0 }})
	defer close(release)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	go func() { <-running; cancel(why) }()
	exit, err := c.Run(ctx, RunOptions{Args: []string{"deaf"}})
	if exit != 130 || !errors.Is(err, why) || !fault.Is(err, "vox/host/interrupted") {
		t.Errorf("got %d, %v", exit, err)
	}
}

func TestContextEndsWhenTheClientGoes(t *testing.T) {
	running, ended := make(chan struct{}), make(chan error, 1)
	_, c, _ := local(t, Config{Exec: func(ctx context.Context, s *Session) int {
		close(running)
		<-ctx.Done()
		_, err := io.ReadAll(s.Stdin)
		ended <- err
		return 0
	}})
	r, w := io.Pipe()
	defer w.Close()
	go func() { <-running; _ = c.Close() }()
	exit, err := c.Run(t.Context(), RunOptions{Args: []string{"x"}, Stdin: r})
	if exit != 1 || !fault.Is(err, "vox/host/gone") {
		t.Errorf("got %d, %v", exit, err)
	}
	if err := await(t, "the end of the session", ended); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("half an input ended with %v", err)
	}
}

func TestHalfAnUploadIsNotAWholeOne(t *testing.T) {
	boom := errors.New("disk on fire")
	ended := make(chan error, 1)
	_, c, _ := local(t, Config{Exec: func(ctx context.Context, s *Session) int {
		first := make([]byte, 4)
		_, err := io.ReadFull(s.Stdin, first)
		if err == nil {
			<-ctx.Done() // the client tells that its input failed
			err = ctx.Err()
		}
		ended <- err
		return 7
	}})
	in := io.MultiReader(strings.NewReader("half"), iotestErr{boom})
	exit, err := c.Run(t.Context(), RunOptions{Args: []string{"put"}, Stdin: in})
	if exit != 7 || !errors.Is(err, boom) {
		t.Errorf("got %d, %v", exit, err)
	}
	if err := await(t, "end", ended); !errors.Is(err, context.Canceled) {
		t.Errorf("the command saw %v", err)
	}
}

type iotestErr struct{ err error }

func (e iotestErr) Read([]byte) (int, error)  { return 0, e.err }
func (e iotestErr) Write([]byte) (int, error) { return 0, e.err }

func TestOutputThatNobodyTakesEndsTheCommand(t *testing.T) {
	_, c, _ := local(t, Config{Exec: func(ctx context.Context, s *Session) int {
		for ctx.Err() == nil {
			if _, err := s.Stdout.Write(make([]byte, 64<<10)); err != nil {
				return 9
			}
		}
		return 8
	}})
	boom := errors.New("broken pipe")
	if exit, err := c.Run(t.Context(), RunOptions{Args: []string{"yes"}, Stdout: iotestErr{boom}}); exit != 8 || !errors.Is(err, boom) {
		t.Errorf("got %d, %v", exit, err)
	}
}

func TestTwoSessionsAtOnce(t *testing.T) {
	var both sync.WaitGroup
	both.Add(2)
	_, c, _ := local(t, Config{Exec: func(_ context.Context, s *Session) int {
		both.Done()
		both.Wait() // returns only if both run at a time
		fmt.Fprint(s.Stdout, s.Args[0])
		return 0
	}})
	var runs sync.WaitGroup
	for _, name := range []string{"one", "two"} {
		runs.Go(func() {
			var out bytes.Buffer
			if exit, err := c.Run(t.Context(), RunOptions{Args: []string{name}, Stdout: &out}); exit != 0 || err != nil || out.String() != name {
				t.Errorf("%s: %d, %v, %q", name, exit, err, &out)
			}
		})
	}
	runs.Wait()
}

func TestPanicEndsItsSessionOnly(t *testing.T) {
	_, c, _ := local(t, Config{Exec: func(_ context.Context, s *Session) int {
		if s.Args[0] == "panic" {
			panic("secret \x1b[2J of the host")
		}
		return 0
	}})
	var errs bytes.Buffer
	exit, err := c.Run(t.Context(), RunOptions{Args: []string{"panic"}, Stderr: &errs})
	if exit != 1 || err != nil || !strings.Contains(errs.String(), "internal error") || strings.Contains(errs.String(), "secret") {
		t.Errorf("got %d, %v, %q", exit, err, &errs)
	}
	if exit, err := c.Run(t.Context(), RunOptions{Args: []string{"fine"}}); exit != 0 || err != nil {
		t.Errorf("after the panic: %d, %v", exit, err)
	}
}

func TestSessionsAreCapped(t *testing.T) {
	running, release := make(chan struct{}), make(chan struct{})
	_, c, data := local(t, Config{
		Limits: Limits{SessionsPerConn: 1, SessionsPerKey: 2},
		Exec:   func(context.Context, *Session) int { running <- struct{}{}; <-release; return 0 },
	})
	c2, c3 := dial(t, data), dial(t, data)
	var runs sync.WaitGroup
	for _, c := range []*Client{c, c2} {
		runs.Go(func() {
			if exit, err := c.Run(t.Context(), RunOptions{Args: []string{"x"}}); exit != 0 || err != nil {
				t.Errorf("got %d, %v", exit, err)
			}
		})
		await(t, "start", running)
	}
	for name, c := range map[string]*Client{"second on a connection": c, "third of a key": c3} {
		if _, err := c.Run(t.Context(), RunOptions{Args: []string{"x"}}); !fault.Is(err, "vox/host/busy") {
			t.Errorf("%s: %v", name, err)
		}
	}
	close(release)
	runs.Wait()
}

func TestHostEndsKindly(t *testing.T) {
	runtimeDir(t)
	data := t.TempDir()
	running := make(chan struct{})
	s, err := ListenLocal(data, Config{Exec: func(ctx context.Context, s *Session) int {
		close(running)
		<-ctx.Done()
		fmt.Fprint(s.Stdout, "bye")
		return 3
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx) }()
	c := dial(t, data)
	go func() { <-running; cancel() }()
	var out bytes.Buffer
	if exit, err := c.Run(t.Context(), RunOptions{Args: []string{"x"}, Stdout: &out}); exit != 3 || err != nil || out.String() != "bye" {
		t.Errorf("got %d, %v, %q", exit, err, &out)
	}
	if err := await(t, "Serve", served); err != nil {
		t.Error(err)
	}
	if _, err := Dial(t.Context(), data); !fault.Is(err, "vox/host/none") {
		t.Errorf("after the end: %v", err)
	}
}

func TestNoCommandAndNoTerminalIsNoShell(t *testing.T) {
	_, c, _ := local(t, Config{Exec: func(context.Context, *Session) int { t.Error("ran"); return 0 }})
	var errs bytes.Buffer
	exit, err := c.Run(t.Context(), RunOptions{Stdin: strings.NewReader("id\n"), Stderr: &errs})
	if exit != 2 || err != nil || !strings.Contains(errs.String(), "no shell") {
		t.Errorf("got %d, %v, %q", exit, err, &errs)
	}
}

func TestKeysOfACommandWithATerminal(t *testing.T) {
	typed := make(chan string, 1)
	_, c, _ := local(t, Config{Exec: func(ctx context.Context, s *Session) int {
		b, _ := io.ReadAll(s.Stdin)
		typed <- string(b)
		if s.Args[0] == "deaf" {
			<-ctx.Done()
		}
		fmt.Fprintf(s.Stdout, "%v %s %dx%d\n", s.PTY, s.Term, s.Width, s.Height)
		fmt.Fprint(s.Stderr, "end\n")
		return 5
	}})
	for _, in := range []string{"yes\rmore\r\x04ignored", "yes\rmore\r\x03"} {
		var out bytes.Buffer
		args := []string{map[bool]string{true: "deaf", false: "x"}[strings.HasSuffix(in, "\x03")]}
		// The input stays open, so that only the keys in it end the command.
		r, w := io.Pipe()
		go func() { _, _ = io.WriteString(w, in) }()
		exit, err := c.Run(t.Context(), RunOptions{
			Args: args, PTY: true, Term: "vt220", Stdin: r, Stdout: &out, Size: func() (int, int) { return 100, 30 },
		})
		_ = w.Close()
		if exit != 5 || err != nil || out.String() != "true vt220 100x30\r\nend\r\n" {
			t.Errorf("%q: %d, %v, %q", in, exit, err, &out)
		}
		if got := await(t, "keys", typed); got != "yes\nmore\n" {
			t.Errorf("%q read as %q", in, got)
		}
	}
}
