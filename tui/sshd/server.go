package sshd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"charm.land/ssh"
	"charm.land/wish/v2"
	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/time/rate"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
)

// Server is one door. Make it with ListenLocal or ListenTCP, run it with Serve.
type Server struct {
	cfg    Config
	limits Limits
	local  bool
	who    func(gossh.PublicKey) (Identity, bool)
	ln     net.Listener
	wish   *ssh.Server
	gate   *gate

	noisy rate.Sometimes // for log lines that strangers cause

	ctx  context.Context // of all sessions
	stop context.CancelFunc
	work sync.WaitGroup // connections and sessions

	mu       sync.Mutex
	closed   bool
	sessions int
	perKey   map[string]int
	drained  chan struct{} // closed when the last session ends, once somebody waits for it
}

// version is what the door calls itself. OpenSSH's client tells only servers whose name begins with "OpenSSH" that nobody
// reads its output any more (eow@openssh.com); without it `ssh host events | head -1` would never end.
const version = "OpenSSH_voxmesh"

// ListenLocal opens the local socket of the host on dataDir, with mode 0600, in $XDG_RUNTIME_DIR/voxmesh or a folder of
// ours in the temporary folder, and notes its place in dataDir. It makes local.key, the only key that opens the socket,
// and host.pub, by which clients know the host. Errors: vox/host/running when a host answers there already,
// vox/host/socket-blocked, vox/host/socket-place, vox/ssh/key-mode, vox/ssh/key-unreadable.
func ListenLocal(dataDir string, cfg Config) (*Server, error) {
	if cfg.HostKey == "" {
		cfg.HostKey = filepath.Join(dataDir, hostKeyFile)
	}
	host, err := loadOrMakeKey(cfg.HostKey, "voxmesh host")
	if err != nil {
		return nil, err
	}
	local, err := loadOrMakeKey(filepath.Join(dataDir, localKeyFile), "voxmesh local client")
	if err != nil {
		return nil, err
	}
	ln, err := listenSocket(dataDir)
	if err != nil {
		return nil, err
	}
	// After the socket is ours: a host that was refused must not change by which key clients know the one that runs.
	if err := writeFile(filepath.Join(dataDir, hostPubFile), gossh.MarshalAuthorizedKey(host.PublicKey()), 0o600); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	name := localUser()
	who := func(key gossh.PublicKey) (Identity, bool) {
		if !ssh.KeysEqual(key, local.PublicKey()) {
			return Identity{}, false
		}
		return Identity{Name: name, Actor: "cli:" + name, Role: Operator, Local: true}, true
	}
	return newServer(cfg, ln, host, who, true), nil
}

// ListenTCP opens the door for other machines. An addr without a host (":7422") means loopback; port 0 takes any.
// Errors: vox/ssh/listen, vox/ssh/key-mode, vox/ssh/key-unreadable.
func ListenTCP(addr string, cfg Config) (*Server, error) {
	if cfg.Lookup == nil || cfg.HostKey == "" {
		return nil, errors.New("ssh over TCP needs a host key and a lookup of keys")
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fault.New("vox/ssh/listen", "%q is not an address to listen on", addr).Wrap(err).
			WithHint("write it as 127.0.0.1:7422")
	}
	if host == "" {
		host = "127.0.0.1"
	}
	key, err := loadOrMakeKey(cfg.HostKey, "voxmesh host")
	if err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fault.New("vox/ssh/listen", "cannot listen for ssh on %s", addr).Wrap(err).
			WithHint("choose another address with --ssh, port 0 for any")
	}
	lookup := cfg.Lookup
	who := func(key gossh.PublicKey) (Identity, bool) {
		id, ok := lookup(key)
		id.Local, id.Actor = false, "ssh:"+gossh.FingerprintSHA256(key)
		return id, ok
	}
	return newServer(cfg, ln, key, who, false), nil
}

func newServer(cfg Config, ln net.Listener, host gossh.Signer, who func(gossh.PublicKey) (Identity, bool), local bool) *Server {
	s := &Server{
		cfg: cfg, local: local, who: who, ln: ln,
		limits: cfg.Limits.withDefaults(local),
		perKey: make(map[string]int),
		noisy:  rate.Sometimes{Interval: 10 * time.Second},
	}
	s.gate = newGate(s.limits, local)
	s.ctx, s.stop = context.WithCancel(context.Background())
	// The host key is given, so that NewServer makes none of its own in the current folder; no option here can fail.
	s.wish, _ = wish.NewServer(
		func(w *ssh.Server) error { w.AddHostKey(host); return nil },
		wish.WithVersion(version),
		wish.WithIdleTimeout(s.limits.IdleTimeout),
		wish.WithMaxTimeout(s.limits.MaxTimeout),
		wish.WithPublicKeyAuth(s.offered),
		ssh.WrapConn(func(ctx ssh.Context, c net.Conn) net.Conn { ctx.SetValue(visitorKey{}, c); return c }),
		s.harden,
	)
	return s
}

// identify gives who the holder of a proven key is now. A panic on the way is a no.
func (s *Server) identify(key gossh.PublicKey) (id Identity, ok bool) {
	defer func() {
		if r := recover(); r != nil {
			s.logf("ssh: looking up a key panicked: %q", fmt.Sprint(r))
			id, ok = Identity{}, false
		}
	}()
	id, ok = s.who(key)
	if !ok || id.Role != Viewer && id.Role != Operator {
		return Identity{}, false
	}
	id.Name = clean.Max(id.Name, 64).String()
	id.Fingerprint = gossh.FingerprintSHA256(key)
	return id, true
}

// Addr is where the door listens: the socket's path or the TCP address with its port.
func (s *Server) Addr() net.Addr { return s.ln.Addr() }

// Serve lets clients in until ctx ends or Close is called, and gives nil then. When ctx ends, sessions are told, have
// Limits.Grace to end in their own way (a console leaves the terminal as it found it), and are cut after that.
func (s *Server) Serve(ctx context.Context) error {
	ended := make(chan struct{})
	closed := make(chan error, 1)
	go func() {
		select {
		case <-ctx.Done():
			s.drain()
		case <-ended:
		}
		closed <- s.Close()
	}()
	err := s.accept()
	close(ended)
	return errors.Join(err, <-closed)
}

// accept takes connections until the listener is closed.
func (s *Server) accept() error {
	const tired = 50 * time.Millisecond // out of file descriptors or the like: waiting helps, ending does not
	for {
		c, err := s.ln.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			s.logf("ssh: accept: %v", err)
			select {
			case <-time.After(tired):
			case <-s.ctx.Done():
				return nil
			}
			continue
		}
		v, why := s.gate.admit(c)
		if v == nil {
			_ = c.Close() // it never got in
			s.noisy.Do(func() { s.logf("ssh: refusing connections: %s", why) })
			continue
		}
		if !s.begin() {
			s.gate.leave(v)
			return nil
		}
		go func() {
			defer s.work.Done()
			defer s.gate.leave(v)
			s.wish.HandleConn(v)
		}()
	}
}

// begin counts one more piece of work for Close to wait for, unless it no longer waits.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.work.Add(1)
	return true
}

// drain ends all sessions kindly: no new clients, contexts ended, then at most Grace of waiting.
func (s *Server) drain() {
	if err := s.ln.Close(); err != nil {
		s.logf("ssh: close the door: %v", err)
	}
	s.stop()
	s.mu.Lock()
	if s.drained == nil {
		s.drained = make(chan struct{})
		if s.sessions == 0 {
			close(s.drained)
		}
	}
	drained := s.drained
	s.mu.Unlock()
	select {
	case <-drained:
	case <-time.After(s.limits.Grace):
	}
}

// Close cuts all connections and ends all sessions at once. The socket and its note are removed. It waits for the
// sessions' functions to return, 5 s at most, and says so if some have not.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	err := s.ln.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	s.stop()
	s.gate.closeAll()
	done := make(chan struct{})
	go func() { s.work.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(closeWait):
		err = errors.Join(err, fmt.Errorf("ssh: sessions still run %v after their end", closeWait))
	}
	return err
}

// Disconnect cuts the connections of a key, by its fingerprint ("SHA256:…"), and gives how many there were. A host calls
// it when a key's access is taken away.
func (s *Server) Disconnect(fingerprint string) int { return s.gate.closeKey(fingerprint) }

func (s *Server) logf(format string, args ...any) {
	if s.cfg.Log != nil {
		s.cfg.Log(format, args...)
	}
}

// localUser is the name of the user who runs the host: the socket is theirs alone.
func localUser() string {
	name := strconv.Itoa(os.Getuid())
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	return clean.Max(name, 64).String()
}
