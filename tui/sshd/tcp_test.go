package sshd

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

func marshalPub(key gossh.PublicKey) []byte { return gossh.MarshalAuthorizedKey(key) }

// whoami is a command tree that says who the session is.
func whoami(_ context.Context, s *Session) int {
	fmt.Fprintf(s.Stdout, "%s %s %s %v", s.Name, s.Role, s.Actor, s.Local)
	return 0
}

func output1(t *testing.T, c *gossh.Client, cmd string) (string, error) {
	t.Helper()
	sess, err := c.NewSession()
	if err != nil {
		return "", err
	}
	defer sess.Close()
	out, err := sess.Output(cmd)
	return string(out), err
}

func TestKnownKeyEntersAsItself(t *testing.T) {
	s, known, own := tcp(t, Config{Exec: whoami})
	known.add(own.PublicKey(), "mi\x1b[2Jra\u202e", Viewer)
	c, err := enter(t, s, gossh.PublicKeys(own))
	if err != nil {
		t.Fatal(err)
	}
	want := "mi\uFFFD[2Jra viewer ssh:" + gossh.FingerprintSHA256(own.PublicKey()) + " false"
	if out, err := output1(t, c, "whoami"); err != nil || out != want {
		t.Errorf("%q, %v; want %q", out, err, want)
	}
}

// shiftingKey shows one key when it is offered and another when it signs.
type shiftingKey struct {
	gossh.PublicKey
	offered gossh.PublicKey
	asked   int
}

func (k *shiftingKey) Marshal() []byte {
	if k.asked++; k.asked <= 2 { // once for the offer, once for the server's answer
		return k.offered.Marshal()
	}
	return k.PublicKey.Marshal()
}

type shiftingSigner struct {
	gossh.Signer
	pub *shiftingKey
}

func (s shiftingSigner) PublicKey() gossh.PublicKey { return s.pub }

// Offering somebody's key and signing with one's own was an account takeover elsewhere (CVE-2024-45337,
// CVE-2026-24058).
func TestOfferedKeyIsNotIdentity(t *testing.T) {
	s, known, own := tcp(t, Config{Exec: whoami})
	known.add(own.PublicKey(), "mallory", Viewer)
	victim := newKey(t)
	known.add(victim.PublicKey(), "victim", Operator)
	key := &shiftingKey{PublicKey: own.PublicKey(), offered: victim.PublicKey()}
	c, err := enter(t, s, gossh.PublicKeys(shiftingSigner{own, key}))
	if err != nil {
		t.Fatal(err)
	}
	if key.asked < 3 {
		t.Fatalf("the victim's key was not offered first (%d)", key.asked)
	}
	if out, err := output1(t, c, "whoami"); err != nil || !strings.HasPrefix(out, "mallory viewer ") {
		t.Errorf("entered as %q, %v", out, err)
	}
	// Knowing the victim's key without holding it does not open.
	forged := &shiftingKey{PublicKey: victim.PublicKey(), offered: victim.PublicKey()}
	if _, err := enter(t, s, gossh.PublicKeys(shiftingSigner{own, forged})); err == nil {
		t.Error("a key was accepted that was not proven")
	}
}

func TestNothingButAKnownKeyEnters(t *testing.T) {
	s, known, own := tcp(t, Config{Exec: whoami})
	nobody := newKey(t)
	known.add(nobody.PublicKey(), "nobody", "root")
	cert := &gossh.Certificate{
		Key: own.PublicKey(), CertType: gossh.UserCert, ValidBefore: gossh.CertTimeInfinity, ValidPrincipals: []string{"someone"},
	}
	if err := cert.SignCert(rand.Reader, own); err != nil {
		t.Fatal(err)
	}
	certified, err := gossh.NewCertSigner(cert, own)
	if err != nil {
		t.Fatal(err)
	}
	answers := func(string, string, []string, []bool) ([]string, error) { return nil, nil }
	for name, auth := range map[string][]gossh.AuthMethod{
		"none":                 nil,
		"password":             {gossh.Password("")},
		"keyboard-interactive": {gossh.KeyboardInteractive(answers)},
		"unknown key":          {gossh.PublicKeys(newKey(t))},
		"unknown role":         {gossh.PublicKeys(nobody)},
		"certificate":          {gossh.PublicKeys(certified)},
		"all but the right":    {gossh.PublicKeys(newKey(t), newKey(t)), gossh.Password("x"), gossh.KeyboardInteractive(answers)},
	} {
		if _, err := enter(t, s, auth...); err == nil || !strings.Contains(err.Error(), "authenticate") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c, err := enter(t, s, gossh.PublicKeys(own)); err != nil {
		t.Errorf("the known key: %v", err)
	} else if _, err := output1(t, c, "x"); err != nil {
		t.Error(err)
	}
}

func TestGuessesAreCounted(t *testing.T) {
	s, _, own := tcp(t, Config{Exec: whoami})
	if _, err := enter(t, s, gossh.PublicKeys(newKey(t), newKey(t), newKey(t), own)); err == nil {
		t.Error("the right key was taken after three wrong ones")
	}
}

func TestNoForwardingNoAgentNoSubsystemNoX11(t *testing.T) {
	ran := make(chan struct{}, 1)
	s, _, own := tcp(t, Config{Exec: func(context.Context, *Session) int { ran <- struct{}{}; return 0 }})
	c, err := enter(t, s, gossh.PublicKeys(own))
	if err != nil {
		t.Fatal(err)
	}
	if conn, err := c.Dial("tcp", s.Addr().String()); err == nil {
		_ = conn.Close()
		t.Error("a local port was forwarded")
	}
	if l, err := c.Listen("tcp", "127.0.0.1:0"); err == nil {
		_ = l.Close()
		t.Error("a remote port was forwarded")
	}
	for _, kind := range []string{"direct-tcpip", "direct-streamlocal@openssh.com", "tun@openssh.com", "x11", "whatever"} {
		if _, _, err := c.OpenChannel(kind, nil); err == nil {
			t.Errorf("a channel %s was opened", kind)
		}
	}
	for _, kind := range []string{"tcpip-forward", "streamlocal-forward@openssh.com", "no-more-sessions@openssh.com"} {
		if ok, _, err := c.SendRequest(kind, true, nil); ok || err != nil {
			t.Errorf("global request %s: %v, %v", kind, ok, err)
		}
	}
	sess, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer sess.Close()
	str := func(v string) []byte { return gossh.Marshal(&struct{ V string }{v}) }
	for kind, payload := range map[string][]byte{
		"auth-agent-req@openssh.com": nil, "auth-agent-req": nil, "x11-req": nil, "break": {0, 0, 0, 1},
		"subsystem": str("sftp"), "pty-req": {1}, "env": {0, 0}, "exec": {1, 2}, "window-change": {0},
	} {
		if ok, err := sess.SendRequest(kind, true, payload); ok || err != nil {
			t.Errorf("request %s: %v, %v", kind, ok, err)
		}
	}
	if err := sess.Setenv("LD_PRELOAD", "/tmp/x.so"); err == nil {
		t.Error("LD_PRELOAD was taken")
	}
	select {
	case <-ran:
		t.Error("a command ran")
	default:
	}
	if err := sess.Run("nodes"); err != nil {
		t.Errorf("the session is of no use after the refusals: %v", err)
	}
	await(t, "the command", ran)
}

func TestOneCommandASession(t *testing.T) {
	release := make(chan struct{})
	s, _, own := tcp(t, Config{Exec: func(context.Context, *Session) int { <-release; return 0 }})
	c, err := enter(t, s, gossh.PublicKeys(own))
	if err != nil {
		t.Fatal(err)
	}
	sess, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := sess.Start("one"); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"exec", "shell", "subsystem", "env", "pty-req", partRequest} {
		if ok, err := sess.SendRequest(kind, true, gossh.Marshal(&struct{ V string }{"two"})); ok || err != nil {
			t.Errorf("%s after the start: %v, %v", kind, ok, err)
		}
	}
	close(release)
	if err := sess.Wait(); err != nil {
		t.Error(err)
	}
}

func TestCommandLineIsBounded(t *testing.T) {
	s, _, own := tcp(t, Config{Exec: whoami})
	c, err := enter(t, s, gossh.PublicKeys(own))
	if err != nil {
		t.Fatal(err)
	}
	sess, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer sess.Close()
	piece := gossh.Marshal(&struct{ V string }{strings.Repeat("x", maxRequest)})
	for i := range 2 * maxCommand / maxRequest {
		ok, err := sess.SendRequest(partRequest, true, piece)
		if err != nil {
			t.Fatal(err)
		}
		if want := i < maxCommand/maxRequest; ok != want {
			t.Fatalf("piece %d: %v", i, ok)
		}
	}
}

func TestAccessTakenAway(t *testing.T) {
	s, known, own := tcp(t, Config{Exec: whoami})
	c, err := enter(t, s, gossh.PublicKeys(own))
	if err != nil {
		t.Fatal(err)
	}
	known.remove(own.PublicKey())
	var refused *gossh.OpenChannelError
	if _, err := c.NewSession(); !errors.As(err, &refused) || refused.Reason != gossh.Prohibited {
		t.Errorf("a session without access: %v", err)
	}
	if n := s.Disconnect("SHA256:another"); n != 0 {
		t.Errorf("%d connections of another key", n)
	}
	gone := make(chan struct{})
	go func() { _ = c.Wait(); close(gone) }()
	if n := s.Disconnect(gossh.FingerprintSHA256(own.PublicKey())); n != 1 {
		t.Errorf("%d connections cut", n)
	}
	await(t, "the end of the connection", gone)
	if _, err := enter(t, s, gossh.PublicKeys(own)); err == nil {
		t.Error("entered without access")
	}
}

func TestPanicInLookupHarmsNobody(t *testing.T) {
	s, known, own := tcp(t, Config{Exec: whoami})
	evil := newKey(t)
	known.breaks(evil.PublicKey())
	if _, err := enter(t, s, gossh.PublicKeys(evil)); err == nil {
		t.Error("entered by a panic")
	}
	if _, err := enter(t, s, gossh.PublicKeys(own)); err != nil {
		t.Errorf("after the panic: %v", err)
	}
}

// closedByServer waits until the server has closed a connection.
func closedByServer(c net.Conn) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, c)
		done <- err
	}()
	return done
}

func TestSilentConnectionsAreClosed(t *testing.T) {
	const n = 40
	s, _, own := tcp(t, Config{Exec: whoami, Limits: Limits{HandshakeTimeout: 300 * time.Millisecond, ConnBurst: 100}})
	var done []<-chan error
	for range n {
		c, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		done = append(done, closedByServer(c))
	}
	// More are silent than may be pending (32), and still somebody enters.
	if _, err := enter(t, s, gossh.PublicKeys(own)); err != nil {
		t.Errorf("a login meanwhile: %v", err)
	}
	for i, d := range done {
		await(t, fmt.Sprintf("the end of silent connection %d", i), d)
	}
}

func TestDripFedHandshakeEndsToo(t *testing.T) {
	s, _, _ := tcp(t, Config{Exec: whoami, Limits: Limits{HandshakeTimeout: 300 * time.Millisecond}})
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	done := closedByServer(c)
	if _, err := io.WriteString(c, "SSH-2.0-slow\r\n"); err != nil {
		t.Fatal(err)
	}
	await(t, "the end", done)
}

func TestSourceHasATokenBucket(t *testing.T) {
	s, _, own := tcp(t, Config{Exec: whoami, Limits: Limits{ConnRate: 1e-9, ConnBurst: 2}})
	for i := range 2 {
		if _, err := enter(t, s, gossh.PublicKeys(own)); err != nil {
			t.Fatalf("login %d: %v", i, err)
		}
	}
	if _, err := enter(t, s, gossh.PublicKeys(own)); err == nil {
		t.Error("a third connection came in")
	}
}

func TestEmptyHostMeansLoopback(t *testing.T) {
	l, err := ListenTCP(":0", Config{Lookup: (&ring{}).lookup, HostKey: t.TempDir() + "/k"})
	s := serve(t, l, err)
	if ip := s.Addr().(*net.TCPAddr).IP; !ip.IsLoopback() {
		t.Errorf("listens on %v", ip)
	}
}

func TestIdleConnectionIsCutAndSilentCommandIsNot(t *testing.T) {
	running, release := make(chan struct{}), make(chan struct{})
	s, _, own := tcp(t, Config{
		Limits: Limits{IdleTimeout: 400 * time.Millisecond},
		Exec:   func(context.Context, *Session) int { close(running); <-release; return 7 },
	})
	c, err := enter(t, s, gossh.PublicKeys(own))
	if err != nil {
		t.Fatal(err)
	}
	ch, reqs, err := c.OpenChannel("session", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ch.Close()
	if ok, err := ch.SendRequest("exec", true, gossh.Marshal(&struct{ V string }{"wait"})); !ok || err != nil {
		t.Fatal(ok, err)
	}
	await(t, "the start", running)
	for i := range 12 { // three times as long as an idle connection may live
		req := await(t, fmt.Sprintf("sign of life %d", i), reqs)
		if req == nil || req.Type != aliveRequest {
			t.Fatalf("request %d: %+v", i, req)
		}
		if err := req.Reply(false, nil); err != nil {
			t.Fatal(err)
		}
	}
	close(release)
	for req := range reqs {
		if req.Type == "exit-status" {
			if !bytes.Equal(req.Payload, []byte{0, 0, 0, 7}) {
				t.Errorf("exit status %v", req.Payload)
			}
			break
		}
		_ = req.Reply(false, nil)
	}
	gone := make(chan struct{})
	go func() { _ = c.Wait(); close(gone) }()
	await(t, "the end of the idle connection", gone)
}
