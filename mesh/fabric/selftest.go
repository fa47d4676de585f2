package fabric

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"voxmesh/mesh/fault"
)

const selfTestTimeout = 5 * time.Second

// selfTest comes to the door as strangers do, over the network, and fails with vox/fabric/open-door when one is let in:
// with nothing, with a name and password, with a key that nobody knows, and without TLS.
func (h *Host) selfTest(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, selfTestTimeout)
	defer cancel()
	addr := dialable(h.Addr())
	kp, err := nkeys.CreateUser()
	if err != nil {
		return openDoor("a key for the test could not be made", err)
	}
	defer kp.Wipe()
	prove, err := proving(kp, h.cfg.Identity.Pin())
	if err != nil {
		return openDoor("a key for the test could not be made", err)
	}
	for _, stranger := range []struct {
		who  string
		opts []nats.Option
	}{
		{"a stranger with nothing", nil},
		{"a stranger with a password", []nats.Option{nats.UserInfo("admin", "admin")}},
		{"a stranger with a token", []nats.Option{nats.Token("token")}},
		{"a stranger with a key", []nats.Option{prove}},
	} {
		conn, err := dialPinned(ctx, addr, h.cfg.Identity.Pin())
		if err != nil {
			return openDoor("the door could not be tried", err)
		}
		nc, err := connect(ctx, conn, stranger.opts...)
		if err == nil {
			nc.Close()
			return openDoor(stranger.who+" was let in", nil)
		}
		if !isRefusal(err) {
			return openDoor(stranger.who+" was neither let in nor refused", err)
		}
	}
	return h.plainTest(ctx, addr)
}

// plainTest sends a CONNECT without TLS and must not see the server speak NATS.
func (h *Host) plainTest(ctx context.Context, addr string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return openDoor("the door could not be tried", err)
	}
	defer func() { _ = conn.Close() }() // nothing was written that could be lost
	if d, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(d) // without it the server's own timeout ends the test
	}
	if _, err := io.WriteString(conn, "CONNECT {\"verbose\":true}\r\nPING\r\n"); err != nil {
		return nil // hung up: as it should
	}
	b, _ := io.ReadAll(io.LimitReader(conn, 4096)) // ended by the server's close, cleanly or not
	if s := string(b); strings.Contains(s, "INFO") || strings.Contains(s, "PONG") || strings.Contains(s, "OK") {
		return openDoor("a stranger without TLS was answered", nil)
	}
	return nil
}

// dialable is where a listener on every address can be reached from here.
func dialable(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.To4() == nil {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, port)
}

func openDoor(what string, err error) *fault.Error {
	f := fault.New(codeOpenDoor, "the door does not hold: %s", what).
		WithHint("do not run this build; please report it")
	if err != nil {
		return f.Wrap(err)
	}
	return f
}

// connect speaks NATS over a connection whose pin was checked. It never reconnects. Cancelling ctx ends it while it
// is being made, and not after.
func connect(ctx context.Context, conn *tls.Conn, opts ...nats.Option) (*nats.Conn, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	timeout := authTimeout + time.Second
	if d, ok := ctx.Deadline(); ok {
		timeout = max(time.Millisecond, min(timeout, time.Until(d)))
	}
	all := append([]nats.Option{
		nats.SetCustomDialer(&readyDialer{conn}), nats.SkipHostLookup(), nats.Timeout(timeout),
		nats.NoReconnect(), nats.IgnoreDiscoveredServers(), nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(maxPingsOut),
	}, opts...)
	nc, err := nats.Connect("nats://door:1", all...)
	if err != nil {
		_ = conn.Close() // the connect's error is the news
		if ctx.Err() != nil {
			return nil, problem(codeTimeout).Wrap(ctx.Err())
		}
		return nil, err
	}
	return nc, nil
}

// readyDialer hands NATS the connection that was made and checked before, once.
type readyDialer struct{ conn net.Conn }

func (d *readyDialer) Dial(string, string) (net.Conn, error) {
	if d.conn == nil {
		return nil, errors.New("fabric: a checked connection serves once")
	}
	c := d.conn
	d.conn = nil
	return c, nil
}

// SkipTLSHandshake tells the client that TLS is there already.
func (d *readyDialer) SkipTLSHandshake() bool { return true }

// isRefusal reports whether the server said no, as opposed to nothing.
func isRefusal(err error) bool {
	return errors.Is(err, nats.ErrAuthorization) || strings.Contains(strings.ToLower(err.Error()), "authorization violation")
}

// proving makes a CONNECT carry the key and a signature that binds it to this server's nonce and this host's pin.
func proving(kp nkeys.KeyPair, pin [16]byte) (nats.Option, error) {
	pub, err := kp.PublicKey()
	if err != nil {
		return nil, err
	}
	return nats.Nkey(pub, func(nonce []byte) ([]byte, error) { return kp.Sign(proofText(pin, nonce)) }), nil
}
