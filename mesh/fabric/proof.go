package fabric

import (
	"encoding/base64"
	"encoding/hex"
	"errors"

	"github.com/nats-io/nkeys"
)

// proofDomain keeps a signature made here from meaning anything elsewhere.
const proofDomain = "voxmesh connect v1\x00"

// proofText is what a worker signs to connect. The pin is in it, so a host that the worker connects to cannot pass
// another host's nonce on and come in there as the worker.
func proofText(pin [16]byte, nonce []byte) []byte {
	b := make([]byte, 0, len(proofDomain)+len(pin)+len(nonce))
	b = append(b, proofDomain...)
	b = append(b, pin[:]...)
	return append(b, nonce...)
}

// minNonce is what the server sends, 11 random bytes in base64; a shorter one would be a server without nonces.
const minNonce = 15

// proveKey verifies that whoever sent sig (base64url, no padding) holds the private half of the NKey key.
func proveKey(key, sig, nonce string, pin [16]byte) error {
	if len(nonce) < minNonce {
		return errors.New("no nonce")
	}
	if !nkeys.IsValidPublicUserKey(key) {
		return errors.New("not a user key")
	}
	raw, err := nkeys.Decode(nkeys.PrefixByteUser, []byte(key))
	if err != nil || smallOrder(raw) {
		return errors.New("not a usable key")
	}
	b, err := base64.RawURLEncoding.DecodeString(sig)
	if err != nil {
		return errors.New("not a signature")
	}
	pub, err := nkeys.FromPublicKey(key)
	if err != nil {
		return err
	}
	return pub.Verify(proofText(pin, []byte(nonce)), b)
}

// smallOrder reports whether pub is one of the points of order 1, 2, 4 or 8, in canonical form or not. Go's Ed25519
// accepts signatures "by" them that nobody made (RFC 8032 8.4 leaves it to the caller).
func smallOrder(pub []byte) bool {
	if len(pub) != 32 {
		return true
	}
	p := [32]byte(pub)
	p[31] &= 0x7f
	switch hex.EncodeToString(p[:]) {
	case "0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f":
		return true
	}
	return false
}
