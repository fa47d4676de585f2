package sshd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"
)

// The requests of our own client. A name with "@" cannot clash with the standard ones.
const (
	// partRequest carries a piece of a command line that is too long for one SSH packet; "exec" carries the last piece.
	partRequest = "command-part@voxmesh"
	// aliveRequest asks the other end for a sign of life: whoever does not know it answers "failure". OpenSSH's name.
	aliveRequest = "keepalive@openssh.com"
)

var (
	errGone   = errors.New("the client went away")
	errSignal = errors.New("the client sent a signal")
)

// session is the door's side of one SSH session channel.
type session struct {
	srv    *Server
	ident  Identity
	conn   *gossh.ServerConn
	ch     gossh.Channel
	ctx    context.Context
	cancel context.CancelCauseFunc
	done   chan struct{} // closed when handle has returned

	// What the client asks for before it starts; written by relay, read by handle, which relay starts.
	env     []string
	term    string
	size    Size
	resize  chan Size // holds the newest size only; nil without a terminal
	command []byte
	started bool
}

type sessionKey struct{}

// sessionContext is what Wish sees as the connection's context: it ends with the session.
type sessionContext struct {
	ssh.Context                 // of the connection
	own         context.Context // of the session
}

func (c sessionContext) Done() <-chan struct{} { return c.own.Done() }
func (c sessionContext) Err() error            { return c.own.Err() }
func (c sessionContext) Value(key any) any {
	if v := c.own.Value(key); v != nil {
		return v
	}
	return c.Context.Value(key)
}

// acceptedChannel hands Wish a channel that is open already, with the requests that passed relay.
type acceptedChannel struct {
	gossh.NewChannel
	ch   gossh.Channel
	reqs <-chan *gossh.Request
}

func (a acceptedChannel) Accept() (gossh.Channel, <-chan *gossh.Request, error) {
	return a.ch, a.reqs, nil
}

// channel serves one session channel, until both its handler has returned and the client has closed it.
func (s *Server) channel(w *ssh.Server, conn *gossh.ServerConn, nc gossh.NewChannel, cctx ssh.Context) {
	key, ok := proven(cctx, conn)
	var id Identity
	if ok {
		id, ok = s.identify(key) // again, for each session: access may have been taken away
	}
	v, isVisitor := cctx.Value(visitorKey{}).(*visitor)
	if !ok || !isVisitor {
		_ = nc.Reject(gossh.Prohibited, "no access") // the client is gone if this fails
		return
	}
	if why := s.enter(v, id.Fingerprint); why != "" {
		_ = nc.Reject(gossh.ResourceShortage, why) // the client is gone if this fails
		return
	}
	defer s.exit(v, id.Fingerprint)
	ch, reqs, err := nc.Accept()
	if err != nil {
		return
	}
	st := &session{srv: s, ident: id, conn: conn, ch: ch, done: make(chan struct{})}
	ctx, cancel := context.WithCancelCause(context.WithValue(s.ctx, sessionKey{}, st))
	st.ctx, st.cancel = ctx, cancel
	defer cancel(nil)
	passed := make(chan *gossh.Request)
	go st.relay(reqs, passed)
	ssh.DefaultSessionHandler(w, conn, acceptedChannel{nc, ch, passed}, sessionContext{cctx, ctx})
	if st.started {
		<-st.done
	}
}

// enter counts a session in, or tells why not; exit counts it out.
func (s *Server) enter(v *visitor, fingerprint string) (why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed || s.ctx.Err() != nil:
		return "the host is ending"
	case v.open >= s.limits.SessionsPerConn:
		return fmt.Sprintf("too many sessions on one connection (%d)", v.open)
	case s.perKey[fingerprint] >= s.limits.SessionsPerKey:
		return fmt.Sprintf("too many sessions of one key (%d)", s.perKey[fingerprint])
	}
	v.open++
	s.perKey[fingerprint]++
	s.sessions++
	s.work.Add(1)
	return ""
}

func (s *Server) exit(v *visitor, fingerprint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v.open--
	if s.perKey[fingerprint]--; s.perKey[fingerprint] == 0 {
		delete(s.perKey, fingerprint)
	}
	if s.sessions--; s.sessions == 0 && s.drained != nil {
		close(s.drained)
	}
	s.work.Done()
}

// relay reads the client's requests until the channel is closed. It answers what is ours and refuses what is not
// allowed; only a checked request for a terminal and the one start of a command or console are passed on to Wish. So
// Wish's own handlers for variables without bound, agents, signals and window sizes (which stall a session that does not
// read them) are never reached.
func (st *session) relay(in <-chan *gossh.Request, out chan<- *gossh.Request) {
	defer close(out)
	defer st.cancel(errGone)
	for req := range in {
		ok, pass := st.request(req)
		if pass {
			out <- req // Wish answers
		} else if req.WantReply {
			_ = req.Reply(ok, nil) // if it fails, in will be closed
		}
	}
}

// request takes one request. It tells what to answer, or that the request passes.
func (st *session) request(req *gossh.Request) (ok, pass bool) {
	if st.started {
		return st.later(req), false
	}
	switch req.Type {
	case "env":
		var m struct{ Name, Value string }
		if gossh.Unmarshal(req.Payload, &m) != nil {
			return false, false
		}
		st.env, ok = setEnv(st.env, m.Name, m.Value)
		return ok, false
	case "pty-req":
		return false, st.terminal(req)
	case "window-change":
		return st.window(req.Payload), false
	case partRequest, "exec":
		var m struct{ Command string }
		if gossh.Unmarshal(req.Payload, &m) != nil || len(st.command)+len(m.Command) > maxCommand {
			return false, false
		}
		st.command = append(st.command, m.Command...)
		if req.Type == partRequest {
			return true, false
		}
		st.started = true
		return false, true
	case "shell":
		st.started, st.command = true, nil
		return false, true
	}
	return false, false // subsystem, auth-agent-req@openssh.com, x11-req, break, whatever comes
}

// later takes a request to a session that has started.
func (st *session) later(req *gossh.Request) bool {
	switch req.Type {
	case "window-change":
		return st.window(req.Payload)
	case "signal":
		var m struct{ Name string }
		if gossh.Unmarshal(req.Payload, &m) != nil {
			return false
		}
		switch m.Name {
		case "INT", "TERM", "HUP", "QUIT", "KILL", "PIPE":
			st.cancel(errSignal)
			return true
		}
	case "eow@openssh.com": // nobody reads the output any more, as in `ssh host logs -f | head`
		if st.resize == nil {
			st.cancel(errGone)
		}
		return true
	}
	return false
}

// terminal takes a request for a terminal and rewrites it with what is allowed. The modes are dropped: the client's own
// terminal does what there is to do.
func (st *session) terminal(req *gossh.Request) bool {
	var m struct {
		Term                       string
		Cols, Rows, XPixel, Ypixel uint32
		Modes                      string
	}
	if st.resize != nil || gossh.Unmarshal(req.Payload, &m) != nil {
		return false
	}
	st.term, st.size, st.resize = safeTerm(m.Term), clampSize(m.Cols, m.Rows), make(chan Size, 1)
	m.Term, m.Modes = st.term, ""
	m.Cols, m.Rows, m.XPixel, m.Ypixel = uint32(st.size.Width), uint32(st.size.Height), 0, 0
	req.Payload = gossh.Marshal(&m)
	return true
}

// window notes a new size. An older one that nobody has read yet is replaced: relay, the only writer, never waits.
func (st *session) window(payload []byte) bool {
	var m struct{ Cols, Rows, XPixel, YPixel uint32 }
	if st.resize == nil || gossh.Unmarshal(payload, &m) != nil {
		return false
	}
	size := clampSize(m.Cols, m.Rows)
	if !st.started {
		st.size = size
		return true
	}
	select {
	case <-st.resize:
	default:
	}
	st.resize <- size
	return true
}

// handle runs a session that has started, and ends it with the exit status.
func (s *Server) handle(sess ssh.Session) {
	st, ok := sess.Context().Value(sessionKey{}).(*session)
	if !ok {
		return
	}
	defer close(st.done)
	code := st.run(sess)
	if code < 0 || code > 255 {
		code = 255 // what a shell can see
	}
	_ = sess.Exit(code) // the client is gone if this fails
}

// run gives the exit status of the session. A panic in it is the session's own.
func (st *session) run(sess ssh.Session) (code int) {
	defer func() {
		if r := recover(); r != nil {
			st.srv.logf("ssh: a session of %s panicked: %q\n%s", st.ident.Actor, fmt.Sprint(r), debug.Stack())
			_, _ = io.WriteString(sess.Stderr(), "voxmesh: internal error; the host's log has the details\n")
			code = 1
		}
	}()
	p := &Session{
		Identity: st.ident,
		Env:      append([]string(nil), st.env...),
		PTY:      st.resize != nil, Term: st.term, Width: st.size.Width, Height: st.size.Height,
		Stdin: sess, Stdout: sess, Stderr: sess.Stderr(),
	}
	if st.resize != nil {
		p.Resize, p.Stderr = st.resize, sess
	}
	if st.ident.Local {
		p.OpenFile = st.openFile
	}
	var err error
	if p.Args, err = Split(string(st.command)); err != nil {
		_, _ = fmt.Fprintf(p.Stderr, "voxmesh: %v\n", err) // the client is gone if this fails
		return 2
	}
	console := len(p.Args) == 0 || st.srv.cfg.ConsoleArgs != nil && st.srv.cfg.ConsoleArgs(p.Args)
	switch {
	case console && p.PTY && st.srv.cfg.Console != nil:
		return st.console(sess, p)
	case len(p.Args) == 0 || st.srv.cfg.Exec == nil:
		_, _ = io.WriteString(p.Stderr, "voxmesh: there is no shell here: give a command, or ask for a terminal (ssh -t) to open the console\n")
		return 2
	}
	return st.exec(p)
}
