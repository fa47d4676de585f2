package sshd

import (
	"errors"
	"io"
	"sync"

	gossh "golang.org/x/crypto/ssh"
)

var errInterrupt = errors.New("interrupted from the keyboard")

// exec runs the session's command.
func (st *session) exec(p *Session) int {
	go st.keepAlive()
	if p.PTY {
		keys := newKeyboard(st)
		go keys.pump(p.Stdin)
		p.Stdin = keys
	} else {
		p.Stdin = &upload{ch: st.ch, st: st}
	}
	return st.srv.cfg.Exec(st.ctx, p)
}

// upload is the standard input of a command without a terminal. The library ends a channel's input in the same way
// whether the client said that this was all or was cut off; so at the end upload asks the client for a sign of life. It
// comes after the end of a channel that is still open, and never from one that is not.
type upload struct {
	ch  gossh.Channel
	st  *session
	end error
}

func (u *upload) Read(p []byte) (int, error) {
	if u.end != nil {
		return 0, u.end
	}
	n, err := u.ch.Read(p)
	if err == nil {
		return n, nil
	}
	u.end = err
	if errors.Is(err, io.EOF) {
		if _, err := u.ch.SendRequest(aliveRequest, true, nil); err != nil {
			u.end = io.ErrUnexpectedEOF
		}
	}
	if n > 0 {
		return n, nil
	}
	return 0, u.end
}

// maxTyped is how much typing is kept for a command that does not read.
const maxTyped = 64 << 10

// keyboard is the standard input of a command with a terminal: the client's terminal is raw, so ctrl+c and ctrl+d come
// as bytes. It reads on when the command does not, so that ctrl+c is always heard; typing beyond maxTyped is lost.
type keyboard struct {
	st   *session
	mu   sync.Mutex
	more *sync.Cond
	buf  []byte
	end  bool
}

func newKeyboard(st *session) *keyboard {
	k := &keyboard{st: st}
	k.more = sync.NewCond(&k.mu)
	return k
}

// pump takes the client's keys until the channel ends.
func (k *keyboard) pump(in io.Reader) {
	var b [4096]byte
	for {
		n, err := in.Read(b[:])
		k.mu.Lock()
		for _, c := range b[:n] {
			k.key(c)
		}
		k.end = k.end || err != nil
		k.more.Broadcast()
		k.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (k *keyboard) key(c byte) {
	const ctrlC, ctrlD = 3, 4
	switch {
	case c == ctrlC:
		k.end = true
		k.st.cancel(errInterrupt)
	case c == ctrlD:
		k.end = true
	case k.end || len(k.buf) >= maxTyped:
	case c == '\r':
		k.buf = append(k.buf, '\n')
	default:
		k.buf = append(k.buf, c)
	}
}

func (k *keyboard) Read(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for len(k.buf) == 0 && !k.end {
		k.more.Wait()
	}
	if len(k.buf) == 0 {
		return 0, io.EOF
	}
	n := copy(p, k.buf)
	k.buf = k.buf[n:]
	return n, nil
}
