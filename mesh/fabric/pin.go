package fabric

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"time"

	"voxmesh/mesh/fault"
	"voxmesh/mesh/invite"
)

// dialTimeout bounds TCP and TLS together; a host across the world answers in a tenth of it.
const dialTimeout = 8 * time.Second

// pinError is a handshake with somebody else.
type pinError struct{ shown string } // the fingerprint of the key that was shown

func (*pinError) Error() string { return "the key shown is not the pinned one" }

// clientTLS checks the pin and nothing else: names, dates and issuers of a self-signed certificate prove nothing.
// VerifyConnection runs before the client's last handshake message, so before any byte of ours could be read.
func clientTLS(pin [16]byte) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		ServerName:         "voxmesh", // the same for every host: an observer learns no mesh from it
		InsecureSkipVerify: true,      //nolint:gosec // the pin is stronger than any chain
		VerifyConnection: func(cs tls.ConnectionState) error {
			leaf := leafOf(cs)
			if leaf == nil {
				return &pinError{}
			}
			if !invite.PinMatches(pin, leaf.RawSubjectPublicKeyInfo) {
				return &pinError{shown: invite.FingerprintOfKey(leaf.RawSubjectPublicKeyInfo)}
			}
			return nil
		},
	}
}

func leafOf(cs tls.ConnectionState) *x509.Certificate {
	if len(cs.PeerCertificates) == 0 {
		return nil
	}
	return cs.PeerCertificates[0]
}

// dialPinned gives a connection to whoever holds the pinned key. Codes: vox/fabric/unreachable, vox/invite/wrong-host.
func dialPinned(ctx context.Context, addr string, pin [16]byte) (*tls.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, unreachable(addr, err)
	}
	conn := tls.Client(raw, clientTLS(pin))
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = raw.Close() // the handshake's error is the news
		if other, ok := errors.AsType[*pinError](err); ok {
			return nil, invite.WrongHost(invite.Fingerprint(pin), other.shown)
		}
		return nil, unreachable(addr, err)
	}
	return conn, nil
}

func unreachable(addr string, err error) *fault.Error {
	return fault.New(codeUnreachable, "the host at %s does not answer as one", addr).
		WithHint("check that the host runs and that this machine can reach the address").Wrap(err)
}

// Probe makes the TLS handshake with the door at addr and sends nothing else. It gives what the pinned certificate
// says. Codes: vox/invite/wrong-host when another key answers, vox/fabric/unreachable when none does.
func Probe(ctx context.Context, addr string, pin [16]byte) (HostInfo, error) {
	conn, err := dialPinned(ctx, addr, pin)
	if err != nil {
		return HostInfo{}, err
	}
	info := infoOf(leafOf(conn.ConnectionState()))
	_ = conn.Close() // nothing was written that could be lost
	return info, nil
}
