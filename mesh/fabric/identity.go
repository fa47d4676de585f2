package fabric

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/durable"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/invite"
)

// Identity is the door's TLS key and the certificate that says whose door it is. Invites pin the key, so it must
// outlive every certificate: a change of name makes a new certificate from the same key.
type Identity struct {
	cert tls.Certificate
	spki []byte
	info HostInfo
}

// HostInfo is what a door says of itself, cleaned. It is worth as much as the pin that it was checked against.
type HostInfo struct {
	Mesh        string // subject CN
	Inviter     string // subject O
	Fingerprint string // as people compare it: 4c1e-9b02-77aa-51f0
}

const (
	keyFile  = "door.key"
	certFile = "door.crt"
	nameLen  = 64 // runes; the upper bound that X.520 sets for both names
)

// LoadOrCreateIdentity reads door.key and door.crt in dir, or makes them: the key (ECDSA P-256, PKCS #8, mode 0600) if
// there is none, the certificate if there is none or it names another mesh or inviter. A key that is there but cannot
// be read is an error, vox/fabric/identity, and never replaced: every pin given out would break.
func LoadOrCreateIdentity(dir, mesh, inviter string) (*Identity, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, identityFault(dir, err)
	}
	key, err := loadKey(filepath.Join(dir, keyFile))
	if errors.Is(err, os.ErrNotExist) {
		key, err = createKey(filepath.Join(dir, keyFile))
	}
	if err != nil {
		return nil, identityFault(filepath.Join(dir, keyFile), err)
	}
	want := HostInfo{Mesh: clean.Max(mesh, nameLen).String(), Inviter: clean.Max(inviter, nameLen).String()}
	path := filepath.Join(dir, certFile)
	if der := loadCert(path); der != nil {
		if id, err := newIdentity(key, der); err == nil && id.info.Mesh == want.Mesh && id.info.Inviter == want.Inviter {
			return id, nil
		}
	}
	der, err := selfSign(key, want)
	if err != nil {
		return nil, identityFault(path, err)
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := durable.WriteFile(path, block, 0o600); err != nil {
		return nil, identityFault(path, err)
	}
	id, err := newIdentity(key, der)
	if err != nil {
		return nil, identityFault(path, err)
	}
	return id, nil
}

// Pin is what invites carry: the first half of SHA-256 of the public key (SPKI).
func (id *Identity) Pin() [16]byte { return invite.PinOf(id.spki) }

// Fingerprint is the first half of the pin, for people to compare.
func (id *Identity) Fingerprint() string { return id.info.Fingerprint }

// Info is what a joiner will see.
func (id *Identity) Info() HostInfo { return id.info }

// serverTLS is the door's side of the handshake. TLS 1.3 alone: both ends are this program.
func (id *Identity) serverTLS() *tls.Config {
	return &tls.Config{
		Certificates:           []tls.Certificate{id.cert},
		MinVersion:             tls.VersionTLS13,
		SessionTicketsDisabled: true, // a resumed session would show no key to compare with the pin
	}
}

func newIdentity(key *ecdsa.PrivateKey, der []byte) (*Identity, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	if !key.PublicKey.Equal(cert.PublicKey) {
		return nil, errors.New("the certificate belongs to another key")
	}
	return &Identity{
		cert: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: cert},
		spki: cert.RawSubjectPublicKeyInfo,
		info: infoOf(cert),
	}, nil
}

func infoOf(cert *x509.Certificate) HostInfo {
	org := ""
	if len(cert.Subject.Organization) > 0 {
		org = cert.Subject.Organization[0]
	}
	return HostInfo{
		Mesh:        clean.Max(cert.Subject.CommonName, nameLen).String(),
		Inviter:     clean.Max(org, nameLen).String(),
		Fingerprint: invite.FingerprintOfKey(cert.RawSubjectPublicKeyInfo),
	}
}

// selfSign makes a certificate that never lapses: nobody checks its dates, the pin is what counts (RFC 5280 4.1.2.5
// gives 9999-12-31 for "no end").
func selfSign(key *ecdsa.PrivateKey, info HostInfo) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1)),
		Subject:      pkix.Name{CommonName: info.Mesh, Organization: []string{info.Inviter}},
		NotBefore:    time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	return x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
}

func loadKey(path string) (*ecdsa.PrivateKey, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if st, err := os.Stat(path); err == nil && runtime.GOOS != "windows" && st.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(path, 0o600); err != nil {
			return nil, fmt.Errorf("others can read it: %w", err)
		}
	}
	block, rest := pem.Decode(b)
	if block == nil || block.Type != "PRIVATE KEY" || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("not a private key in PEM")
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("not a private key in PKCS #8") // the cause could quote the key
	}
	key, ok := k.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("not an ECDSA P-256 key")
	}
	return key, nil
}

func createKey(path string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, durable.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}

func loadCert(path string) []byte {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	if block, _ := pem.Decode(b); block != nil && block.Type == "CERTIFICATE" {
		return block.Bytes
	}
	return nil
}

func identityFault(path string, err error) error {
	return fault.New(codeIdentity, "the door's identity %s cannot be used", path).
		WithHint("restore the file from a backup; removing it makes a new identity, and every invite and joined node must be renewed").
		Wrap(err)
}
