// Package qr draws a QR code with half blocks: two modules a cell, one above the other.
//
// The code has the lowest error correction, because a screen does not smudge and a smaller code is read from further
// away. A light module is the full block and a dark one the blank, which is right on a dark terminal; a caller that
// can set colours writes white on black and is right everywhere. What is too long for any code is an error here: the
// encoder below would not survive it.
package qr

import (
	"strings"

	"github.com/mdp/qrterminal/v3"
	"rsc.io/qr"

	"voxmesh/mesh/fault"
)

// MaxBytes is the most that a QR code holds at the lowest error correction (ISO/IEC 18004, version 40-L).
const MaxBytes = 2953

// Quiet zones in modules: the standard's, and the least that scanners were seen to read on a black screen.
const (
	Quiet     = 4
	QuietLess = 2
)

// Text gives the code of url as rows of equal width, separated by line feeds. quiet is the width of the light border
// in modules, at least 1. Errors: vox/qr/too-long, vox/qr/empty.
func Text(url string, quiet int) (string, error) {
	switch {
	case url == "":
		return "", fault.New("vox/qr/empty", "there is nothing to draw a code of")
	case len(url) > MaxBytes:
		return "", fault.New("vox/qr/too-long", "%d bytes are too many for a QR code: it holds %d", len(url), MaxBytes).
			WithHint("Use the command or the link.")
	}
	if _, err := qr.Encode(url, qr.L); err != nil {
		return "", fault.New("vox/qr/too-long", "this does not fit into a QR code").Wrap(err)
	}
	var b strings.Builder
	qrterminal.GenerateWithConfig(url, qrterminal.Config{
		Level: qrterminal.L, Writer: &b, HalfBlocks: true, QuietZone: max(quiet, 1),
	})
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// Rows gives the code as Text does, a string a row.
func Rows(url string, quiet int) ([]string, error) {
	s, err := Text(url, quiet)
	if err != nil {
		return nil, err
	}
	return strings.Split(s, "\n"), nil
}

// Dark turns light and dark round: for a light terminal without colours.
func Dark(row string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '█':
			return ' '
		case ' ':
			return '█'
		case '▀':
			return '▄'
		case '▄':
			return '▀'
		}
		return r
	}, row)
}
