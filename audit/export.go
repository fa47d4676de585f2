package audit

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
)

// An export is JSON Lines in UTF-8, each line ended by one LF:
//
//	{"base":"…","export":"voxmesh audit export v1","head":"…","key":"…"}
//	{"action":"kill", … }
//	…
//
// The first line is canonical JSON: base is the marshalled Tree of what lies before the first entry, in base64, and is
// left out when that is nothing; head is the signed head, key the public key's line. Every other line is one entry's
// stored bytes, unchanged. Stored entries hold no line feed, so lines and entries are the same thing.
const exportFormat = "voxmesh audit export v1"

// maxExportHeader is above a header with the largest base (64 hashes) and head.
const maxExportHeader = 1 << 13

// Export is an export read into memory. Nothing in it is verified.
type Export struct {
	Base    Tree      // of the entries trimmed away before the first one here
	Head    []byte    // the signed head
	Key     PublicKey // the key that the export names; trust comes from elsewhere
	Entries [][]byte  // stored bytes, oldest first
}

// WriteExport writes a whole log: its entries' stored bytes from the first one, the signed head, and the public key.
// It checks the form of each entry, not what it says: a damaged log must be exportable, to be looked at.
func WriteExport(w io.Writer, entries iter.Seq2[[]byte, error], head []byte, pub PublicKey) error {
	return WriteExportFrom(w, Tree{}, entries, head, pub)
}

// WriteExportFrom is WriteExport for a log whose first base.Size() entries were trimmed away.
func WriteExportFrom(w io.Writer, base Tree, entries iter.Seq2[[]byte, error], head []byte, pub PublicKey) error {
	if len(head) > maxHead || !pub.Valid() {
		return malformed("an export needs a signed head and a public key")
	}
	out := bufio.NewWriter(w)
	b := []byte(`{`)
	if base.Size() > 0 {
		b = append(appendMember(b, `"base":`, base64.StdEncoding.EncodeToString(base.Marshal())), ',')
	}
	b = appendMember(b, `"export":`, exportFormat)
	b = appendMember(b, `,"head":`, string(head))
	b = appendMember(b, `,"key":`, pub.String())
	_, _ = out.Write(append(b, "}\n"...)) // bufio keeps the first error for Flush
	for stored, err := range entries {
		if err != nil {
			return fmt.Errorf("export the audit log: %w", err)
		}
		if len(stored) == 0 || len(stored) > MaxStored || slices.Contains(stored, '\n') {
			return malformed("a stored audit entry is not one line")
		}
		_, _ = out.Write(stored)
		_ = out.WriteByte('\n')
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("export the audit log: %w", err)
	}
	return nil
}

// ReadExport reads an export into memory. Error: vox/audit/malformed for what is no export; entries are not looked at.
func ReadExport(r io.Reader) (Export, error) {
	in := newLines(r)
	x, err := readHeader(in)
	if err != nil {
		return Export{}, err
	}
	for {
		line, err := in.next()
		switch {
		case errors.Is(err, io.EOF):
			return x, nil
		case err != nil:
			return Export{}, err
		}
		x.Entries = append(x.Entries, slices.Clone(line))
	}
}

func readHeader(in *lines) (Export, error) {
	line, err := in.next()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return Export{}, malformed("the audit export is empty")
	}
	if err != nil {
		return Export{}, err
	}
	if len(line) > maxExportHeader {
		return Export{}, malformed("not an audit export: its first line is too long")
	}
	s := &scanner{b: line}
	s.want(`{`)
	var x Export
	if s.has(`"base":`) {
		raw, err := base64.StdEncoding.Strict().DecodeString(s.string())
		if err == nil {
			err = x.Base.Unmarshal(raw)
		}
		if err != nil || x.Base.Size() == 0 {
			s.fail("the base is no tree")
		}
		s.want(`,`)
	}
	if s.member(`"export":`) != exportFormat {
		s.fail("the format is not " + exportFormat)
	}
	x.Head = []byte(s.member(`,"head":`))
	key := s.member(`,"key":`)
	s.end()
	if s.err != nil {
		s.err.Text = "not an audit export: " + s.err.Text
		return Export{}, s.err
	}
	x.Key, err = ParsePublicKey(key)
	return x, err
}

// lines reads lines ended by LF, none longer than an entry may be.
type lines struct{ r *bufio.Reader }

func newLines(r io.Reader) *lines { return &lines{bufio.NewReaderSize(r, MaxStored+1)} }

// next gives the next line without its LF, valid until the next call. After the last line it gives io.EOF.
func (l *lines) next() ([]byte, error) {
	line, err := l.r.ReadSlice('\n')
	switch {
	case err == nil:
		return line[:len(line)-1], nil
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, malformed("a line of the audit export is longer than %d bytes", MaxStored)
	case errors.Is(err, io.EOF) && len(line) > 0:
		return nil, malformed("the last line of the audit export is cut off")
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	}
	return nil, fmt.Errorf("read the audit export: %w", err)
}
