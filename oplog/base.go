package oplog

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"sync"
	"time"

	"github.com/klauspost/compress/s2"
	bolt "go.etcd.io/bbolt"
)

// BaseDecoder is a Projection that can read the state that an older reducer wrote. The state at the base of a trimmed log
// outlives reducers, for the ops that it was made of are in an archive. A Projection without it reads them with Decode.
type BaseDecoder[S any] interface {
	// DecodeBase reads what Encode of the given version gave.
	DecodeBase(version uint32, b []byte) (S, error)
}

// base is where a trimmed log begins: the place in the chain, the state there, and what went into archives. It is stored
// twice, under "base" in the buckets base and base2, each on pages of its own:
//
//	byte     version, 1
//	4 bytes  version of the reducer that wrote the state
//	8 bytes  Seq, a multiple of 1024
//	8 bytes  At of op Seq
//	32 bytes H(Seq)
//	8 bytes  encoded bytes of all ops so far
//	8 bytes  when the log was trimmed, microseconds
//	2 bytes  number of archives, the oldest first; of each: 8 bytes its first seq, 8 bytes its last, 8 bytes At of the
//	         last, 32 bytes SHA-256 of the file, a byte length of its name, the name
//	4 bytes  length of the state; the projection's encoding, as one S2 block
//	32 bytes SHA-256("voxmesh oplog v1 base\n" ‖ all of the above)
//	zeros    up to 4096 bytes, so that it never shares a page with anything
//
// Numbers are big endian.
type base struct {
	pos
	reducer  uint32
	trimmed  int64
	archives []archived
	state    []byte // S2

	bad  string     // which copy is damaged, or empty
	mu   sync.Mutex // held while held is cloned
	held any        // reached[S], decoded
}

// archived is a file that holds what was cut off.
type archived struct {
	first, last uint64
	at          int64
	sum         [sha256.Size]byte
	name        string
}

const (
	baseVersion = 1
	baseDomain  = "voxmesh oplog v1 base\n"
	baseLeast   = 4096
	baseHead    = 1 + 4 + 8 + 8 + 32 + 8 + 8 + 2
	archiveHead = 8 + 8 + 8 + sha256.Size + 1
	archiveMax  = math.MaxUint16
	archiveName = math.MaxUint8
)

var errBase = errors.New("a base that does not match its own hash")

func (b *base) encode() []byte {
	out := make([]byte, 0, max(baseLeast, baseHead+len(b.archives)*(archiveHead+64)+len(b.state)+4+sha256.Size))
	out = append(out, baseVersion)
	out = binary.BigEndian.AppendUint32(out, b.reducer)
	out = binary.BigEndian.AppendUint64(out, b.Seq)
	out = binary.BigEndian.AppendUint64(out, uint64(b.At))
	out = append(out, b.Hash[:]...)
	out = binary.BigEndian.AppendUint64(out, b.bytes)
	out = binary.BigEndian.AppendUint64(out, uint64(b.trimmed))
	out = binary.BigEndian.AppendUint16(out, uint16(len(b.archives)))
	for _, a := range b.archives {
		out = binary.BigEndian.AppendUint64(out, a.first)
		out = binary.BigEndian.AppendUint64(out, a.last)
		out = binary.BigEndian.AppendUint64(out, uint64(a.at))
		out = append(out, a.sum[:]...)
		out = append(append(out, byte(len(a.name))), a.name...)
	}
	out = binary.BigEndian.AppendUint32(out, uint32(len(b.state)))
	out = append(out, b.state...)
	out = append(out, baseSum(out)...)
	for len(out) < baseLeast {
		out = append(out, 0)
	}
	return out
}

func baseSum(b []byte) []byte {
	h := sha256.New()
	h.Write([]byte(baseDomain))
	h.Write(b)
	return h.Sum(nil)
}

// parseBase reads what encode wrote, and checks its hash.
func parseBase(b []byte) (*base, error) {
	if len(b) < baseLeast || b[0] != baseVersion {
		return nil, errBase
	}
	out := &base{reducer: binary.BigEndian.Uint32(b[1:]), trimmed: int64(binary.BigEndian.Uint64(b[61:]))}
	out.Seq, out.At = binary.BigEndian.Uint64(b[5:]), int64(binary.BigEndian.Uint64(b[13:]))
	copy(out.Hash[:], b[21:])
	out.bytes = binary.BigEndian.Uint64(b[53:])
	rest := b[baseHead:]
	for range binary.BigEndian.Uint16(b[69:]) {
		if len(rest) < archiveHead || len(rest) < archiveHead+int(rest[archiveHead-1]) {
			return nil, errBase
		}
		a := archived{first: binary.BigEndian.Uint64(rest), last: binary.BigEndian.Uint64(rest[8:]), at: int64(binary.BigEndian.Uint64(rest[16:]))}
		copy(a.sum[:], rest[24:])
		a.name = string(rest[archiveHead : archiveHead+int(rest[archiveHead-1])])
		out.archives, rest = append(out.archives, a), rest[archiveHead+len(a.name):]
	}
	if len(rest) < 4 || uint64(len(rest)-4) < uint64(binary.BigEndian.Uint32(rest))+sha256.Size {
		return nil, errBase
	}
	n := int(binary.BigEndian.Uint32(rest))
	out.state, rest = bytes.Clone(rest[4:4+n]), rest[4+n:]
	end := len(b) - len(rest)
	if !bytes.Equal(baseSum(b[:end]), rest[:sha256.Size]) || out.Seq == 0 || out.Seq%block != 0 || out.At < 0 {
		return nil, errBase
	}
	if len(b) != max(baseLeast, end+sha256.Size) || bytes.Count(rest[sha256.Size:], []byte{0}) != len(rest)-sha256.Size {
		return nil, errBase
	}
	return out, nil
}

// readBase sets where the log begins, by the first copy of the base that is good.
func (s *store) readBase(tx *bolt.Tx) error {
	s.base, s.origin = nil, start()
	if s.format < 2 {
		return nil
	}
	one, two := treeOf(tx, bucketBase).Get(keyBase), treeOf(tx, bucketBase2).Get(keyBase)
	if one == nil && two == nil {
		return nil
	}
	a, err1 := parseBase(one)
	b, err2 := parseBase(two)
	switch {
	case err1 == nil && err2 == nil && bytes.Equal(one, two):
		s.base = a
	case err1 == nil && err2 == nil:
		return lostBase("its two copies differ")
	case err1 == nil:
		s.base, a.bad = a, "the second copy of the base is damaged"
	case err2 == nil:
		s.base, b.bad = b, "the first copy of the base is damaged"
	default:
		return lostBase("both copies of it are damaged")
	}
	s.origin = s.base.pos
	return nil
}

func lostBase(why string) *Error {
	e := damaged(0, "the base, where this trimmed log begins, is lost: %s", why)
	e.Hint = "put a backup in its place, or the newest archive (oplog-archive-*.db in the data folder): stop voxmesh, move oplog.db aside, copy the archive to oplog.db, start voxmesh; ops since the trim are then missing"
	return e
}

// begin is where the log begins; that of no file is where every log does.
func (s *store) begin() pos {
	if s == nil {
		return start()
	}
	return s.origin
}

// loadBase decodes the state at the base, once. Until then beginning must not be called.
func loadBase[S any](p Projection[S], s *store) (err error) {
	if s == nil || s.base == nil {
		return nil
	}
	b := s.base
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held != nil {
		return nil
	}
	raw, err := memo{state: b.state}.raw()
	if err != nil {
		return lostBase(err.Error())
	}
	defer func() {
		if r := recover(); r != nil {
			err = lostBase(fmt.Sprintf("decoding its state: %.200v", r))
		}
	}()
	var state S
	if d, ok := p.(BaseDecoder[S]); ok {
		state, err = d.DecodeBase(b.reducer, raw)
	} else {
		state, err = p.Decode(raw)
	}
	if err != nil {
		return lostBase(fmt.Sprintf("its state cannot be read: %v", err))
	}
	b.held = reached[S]{state: state, pos: b.pos, memoSeq: b.Seq, memoAt: b.At}
	return nil
}

// beginning is the state that the log begins with, at the store's origin.
func beginning[S any](p Projection[S], s *store) reached[S] {
	if s == nil || s.base == nil {
		return reached[S]{state: p.New(), pos: s.begin()}
	}
	s.base.mu.Lock()
	defer s.base.mu.Unlock()
	r := s.base.held.(reached[S])
	r.state = p.Clone(r.state)
	return r
}

// makeBase is the base at p, with the state there; older is the one before it, if there is one.
func makeBase(p pos, reducer uint32, state []byte, now time.Time, older *base, a archived) *base {
	b := &base{pos: p, reducer: reducer, trimmed: now.UnixMicro(), state: s2.Encode(nil, state)}
	b.crc = 0
	if older != nil {
		b.archives = append(b.archives, older.archives...)
	}
	b.archives = append(b.archives, a)
	if n := len(b.archives); n > archiveMax {
		b.archives = b.archives[n-archiveMax:]
	}
	return b
}

// notBefore gives an error of code vox/oplog/trimmed where op seq lies before the base: its state cannot be reached.
func (s *store) notBefore(seq uint64) error {
	if s == nil || s.base == nil || seq >= s.origin.Seq {
		return nil
	}
	for _, a := range s.base.archives {
		if seq <= a.last {
			return s.gone(a, "op %d", seq)
		}
	}
	return s.gone(archived{}, "op %d", seq)
}

// notBeforeTime is notBefore for a time.
func (s *store) notBeforeTime(t int64) error {
	if s == nil || s.base == nil || t >= s.origin.At {
		return nil
	}
	when := time.UnixMicro(t).UTC().Format(time.RFC3339)
	for _, a := range s.base.archives {
		if t < a.at {
			return s.gone(a, "%s", when)
		}
	}
	return s.gone(archived{}, "%s", when)
}

func (s *store) gone(a archived, format string, args ...any) *Error {
	name := plain([]byte(a.name))
	if name == "" {
		name = "an archive"
	}
	return &Error{
		Code: CodeTrimmed,
		Text: fmt.Sprintf(format, args...) + fmt.Sprintf(" is before op %d, where the op-log begins since it was trimmed: it is in the archive %s", s.origin.Seq, name),
		Hint: fmt.Sprintf("copy %s into an empty folder as oplog.db: `voxmesh --data FOLDER oplog at TIME`", name),
	}
}

// nameOf is the name by which a base knows an archive.
func nameOf(path string) string {
	n := filepath.Base(path)
	return n[:min(len(n), archiveName)]
}
