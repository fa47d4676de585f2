package e2e

import (
	"encoding/base64"
	"strings"
	"testing"
)

// flipToken changes one byte of an invite's token.
func flipToken(t testing.TB, url string, at int) string {
	t.Helper()
	return rewriteToken(t, url, func(b []byte) { b[at] ^= 0x40 })
}

// changeToken sets four bytes of an invite's token, big endian.
func changeToken(t testing.TB, url string, at int, v byte) string {
	t.Helper()
	return rewriteToken(t, url, func(b []byte) {
		for i := range 4 {
			b[at+i] = v
		}
	})
}

func rewriteToken(t testing.TB, url string, f func([]byte)) string {
	t.Helper()
	head, tail, _ := strings.Cut(url, "?b=")
	b, err := base64.RawURLEncoding.DecodeString(tail)
	if err != nil || len(b) != 45 {
		t.Fatalf("the token of %q: %d bytes, %v", url, len(b), err)
	}
	f(b)
	return head + "?b=" + base64.RawURLEncoding.EncodeToString(b)
}
