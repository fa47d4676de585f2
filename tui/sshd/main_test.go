package sshd

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	gossh "golang.org/x/crypto/ssh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for an event before it says that it did not come.
const patience = 20 * time.Second

// runtimeDir points XDG_RUNTIME_DIR to a folder with a short path of the test's own.
func runtimeDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "vx")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	t.Setenv("XDG_RUNTIME_DIR", dir)
	return dir
}

// serve runs a door until the test ends, which must be clean.
func serve(t *testing.T, s *Server, err error) *Server {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(context.Background()) }()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Serve: %v", err)
			}
		case <-time.After(patience):
			t.Error("Serve does not end")
		}
	})
	return s
}

// local opens the local door on a new data folder and connects to it.
func local(t *testing.T, cfg Config) (*Server, *Client, string) {
	t.Helper()
	runtimeDir(t)
	data := t.TempDir()
	cfg.Log = t.Logf
	l, err := ListenLocal(data, cfg)
	s := serve(t, l, err)
	return s, dial(t, data), data
}

func dial(t *testing.T, data string) *Client {
	t.Helper()
	c, err := Dial(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func newKey(t *testing.T) gossh.Signer {
	t.Helper()
	_, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := gossh.NewSignerFromKey(priv)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// ring is a set of known keys.
type ring struct {
	mu   sync.Mutex
	keys map[string]Identity
	evil string // looking for it panics
}

func (r *ring) breaks(key gossh.PublicKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.evil = string(key.Marshal())
}

func (r *ring) add(key gossh.PublicKey, name string, role Role) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keys == nil {
		r.keys = make(map[string]Identity)
	}
	r.keys[string(key.Marshal())] = Identity{Name: name, Role: role}
}

func (r *ring) remove(key gossh.PublicKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.keys, string(key.Marshal()))
}

func (r *ring) lookup(key gossh.PublicKey) (Identity, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if string(key.Marshal()) == r.evil {
		panic("lookup")
	}
	id, ok := r.keys[string(key.Marshal())]
	return id, ok
}

// tcp opens the TCP door with a known key.
func tcp(t *testing.T, cfg Config) (s *Server, known *ring, own gossh.Signer) {
	t.Helper()
	known, own = &ring{}, newKey(t)
	known.add(own.PublicKey(), "mira", Operator)
	cfg.Lookup = known.lookup
	cfg.HostKey = filepath.Join(t.TempDir(), "host.key")
	cfg.Log = t.Logf
	l, err := ListenTCP("127.0.0.1:0", cfg)
	return serve(t, l, err), known, own
}

// enter logs in over TCP with x/crypto's own client.
func enter(t *testing.T, s *Server, auth ...gossh.AuthMethod) (*gossh.Client, error) {
	t.Helper()
	c, err := gossh.Dial("tcp", s.Addr().String(), &gossh.ClientConfig{
		User: "someone", Auth: auth, Timeout: patience,
		HostKeyCallback: gossh.InsecureIgnoreHostKey(), // the tests are about who the client is
	})
	if err == nil {
		t.Cleanup(func() { _ = c.Close() })
	}
	return c, err
}

// await takes a value that must come.
func await[T any](t *testing.T, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("%s: never came", what)
		panic("unreachable")
	}
}
