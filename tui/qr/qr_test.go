package qr

import (
	"strings"
	"testing"
	"unicode/utf8"

	"voxmesh/mesh/fault"
)

func TestSize(t *testing.T) {
	url := "vox+invite://" + strings.Repeat("x", 106-13)
	for quiet, want := range map[int][2]int{QuietLess: {41, 21}, Quiet: {45, 23}, 1: {39, 20}} {
		rows, err := Rows(url, quiet)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != want[1] {
			t.Errorf("quiet %d: %d rows, want %d", quiet, len(rows), want[1])
		}
		for _, r := range rows {
			if n := utf8.RuneCountInString(r); n != want[0] {
				t.Errorf("quiet %d: a row of %d, want %d", quiet, n, want[0])
			}
		}
	}
}

func TestRefused(t *testing.T) {
	for text, code := range map[string]string{"": "vox/qr/empty", strings.Repeat("x", MaxBytes+1): "vox/qr/too-long"} {
		if _, err := Text(text, Quiet); !fault.Is(err, code) {
			t.Errorf("%d bytes: %v, want %s", len(text), err, code)
		}
	}
	if _, err := Text(strings.Repeat("x", MaxBytes), Quiet); err != nil {
		t.Errorf("the longest text: %v", err)
	}
}

func TestDark(t *testing.T) {
	if got := Dark("█ ▀▄"); got != " █▄▀" {
		t.Errorf("got %q", got)
	}
}
