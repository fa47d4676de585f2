package sshd

import (
	"errors"
	"net"
	"time"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"
)

// visitorKey is where a connection's context keeps its visitor.
type visitorKey struct{}

// harden sets what Wish leaves open: its defaults have no handshake deadline and take every algorithm of the library.
func (s *Server) harden(w *ssh.Server) error {
	w.HandshakeTimeout = s.limits.HandshakeTimeout
	w.Handler = s.handle
	w.ServerConfigCallback = s.serverConfig
	w.ChannelHandlers = map[string]ssh.ChannelHandler{"session": s.channel}
	w.RequestHandlers = map[string]ssh.RequestHandler{}     // no remote forwarding, nothing else
	w.SubsystemHandlers = map[string]ssh.SubsystemHandler{} // no sftp
	w.ConnectionFailedCallback = func(c net.Conn, _ error) {
		// Not the error: it holds what the client wrote.
		s.noisy.Do(func() { s.logf("ssh: no login from %v", c.RemoteAddr()) })
	}
	return nil
}

// serverConfig is the SSH configuration of one connection. Only public keys: no other method has a callback.
func (s *Server) serverConfig(ctx ssh.Context) *gossh.ServerConfig {
	c := &gossh.ServerConfig{
		MaxAuthTries: maxAuthTries,
		// No certificates: their critical options would have to be enforced here.
		PublicKeyAuthAlgorithms: []string{
			gossh.KeyAlgoED25519, gossh.KeyAlgoSKED25519, gossh.KeyAlgoSKECDSA256,
			gossh.KeyAlgoECDSA256, gossh.KeyAlgoECDSA384, gossh.KeyAlgoECDSA521,
			gossh.KeyAlgoRSASHA512, gossh.KeyAlgoRSASHA256,
		},
		VerifiedPublicKeyCallback: func(_ gossh.ConnMetadata, key gossh.PublicKey, perms *gossh.Permissions, _ string) (*gossh.Permissions, error) {
			id, ok := s.identify(key)
			v, isVisitor := ctx.Value(visitorKey{}).(*visitor)
			if !ok || !isVisitor {
				return nil, errors.New("the key was taken away")
			}
			s.gate.loggedIn(v, id.Fingerprint)
			return perms, nil
		},
	}
	c.KeyExchanges = []string{gossh.KeyExchangeMLKEM768X25519, gossh.KeyExchangeCurve25519}
	c.Ciphers = []string{
		gossh.CipherChaCha20Poly1305, gossh.CipherAES256GCM, gossh.CipherAES128GCM,
		gossh.CipherAES256CTR, gossh.CipherAES128CTR,
	}
	c.MACs = []string{gossh.HMACSHA512ETM, gossh.HMACSHA256ETM}
	return c
}

// offered tells whether a key is worth proving. It learns nothing about who the client is: a client may offer any key
// it has seen somewhere.
func (s *Server) offered(_ ssh.Context, key ssh.PublicKey) bool {
	_, ok := s.identify(key)
	return ok
}

// proven gives the key that signed this connection's handshake. The library copies it from the permissions of the
// finished handshake, not from the callback that saw keys being offered.
func proven(ctx ssh.Context, conn *gossh.ServerConn) (gossh.PublicKey, bool) {
	if conn.Permissions == nil {
		return nil, false
	}
	key, ok := ctx.Value(ssh.ContextKeyPublicKey).(ssh.PublicKey)
	return key, ok
}

// keepAlive asks the client for a sign of life now and then while a command runs, so that a silent command is not cut
// as idle; a client that does not answer is asked no more and falls to the idle limit. It ends with the session.
func (st *session) keepAlive() {
	if st.srv.limits.IdleTimeout <= 0 {
		return
	}
	t := time.NewTicker(min(keepalive, st.srv.limits.IdleTimeout/4))
	defer t.Stop()
	for {
		select {
		case <-st.ctx.Done():
			return
		case <-st.done:
			return
		case <-t.C:
			if _, err := st.ch.SendRequest(aliveRequest, true, nil); err != nil {
				return
			}
		}
	}
}
