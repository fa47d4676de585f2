package oplog

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"unicode/utf8"
)

// Limits of one op. They belong to the format: larger ones are refused when written and when read.
const (
	MaxKind  = 64       // bytes
	MaxActor = 255      // bytes
	MaxNames = 32       // index names of one op
	MaxName  = 128      // bytes of an index name
	MaxBody  = 16 << 20 // bytes; anything larger is a blob
)

const (
	opVersion = 1
	flagTrace = 1 << 0
	flagIndex = 1 << 1

	// maxStored bounds a stored value, so that a damaged length never makes a large allocation.
	maxStored = prefixLen + 2 + 2*binary.MaxVarintLen64 + 2 + MaxKind + 2 + MaxActor + 16 + 1 + MaxNames*(2+MaxName) + MaxBody
)

// Op is one thing that happened.
//
// Its encoding (version 1, final) is canonical: one op has one encoding, and everything else is refused.
//
//	byte     version, 1
//	byte     flags: bit 0 a trace follows, bit 1 index names follow, all others 0
//	uvarint  Seq, from 1
//	uvarint  At, microseconds since 1970
//	uvarint  length of Kind, 1 to 64; then Kind: snake_case, [a-z][a-z0-9]*(_[a-z0-9]+)*
//	uvarint  length of Actor, 0 to 255; then Actor: UTF-8 without control characters
//	16 bytes Trace, not all zero            (with flag bit 0)
//	uvarint  number of names, 1 to 32; then each: uvarint length, 1 to 128, printable ASCII without space, strictly
//	         ascending                      (with flag bit 1)
//	bytes    Body, to the end
//
// A uvarint is that of encoding/binary, minimal. H(n) = SHA-256(H(n−1) ‖ encoding of op n), so the chain covers Seq, time
// and index names too. Stored under Seq (8 bytes, big endian) is: the first 8 bytes of H(Seq) ‖ encoding.
type Op struct {
	Seq   uint64 // from 1, without gaps
	At    int64  // microseconds since 1970, never decreasing
	Kind  string // snake_case
	Actor string // who, as in "ssh:SHA256:…", "node:<id>", "host", "cli:<user>"
	Trace string // 32 lowercase hex digits, or empty
	Body  []byte // a typed record, of which the log knows nothing

	Index []string // the names under which Indexed finds this op: sorted, unique
}

// EncodeOp gives the canonical encoding of o, or an error of code vox/oplog/invalid.
func EncodeOp(o Op) ([]byte, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	return appendOp(make([]byte, 0, opSize(&o)), &o), nil
}

// DecodeOp reads what EncodeOp wrote. It accepts nothing else: where it gives no error, EncodeOp gives b again.
func DecodeOp(b []byte) (Op, error) {
	return decodeOp(slices.Clone(b), newInterner())
}

func opSize(o *Op) int {
	n := 2 + 2*binary.MaxVarintLen64 + 2 + len(o.Kind) + 2 + len(o.Actor) + 16 + 1 + len(o.Body)
	for _, s := range o.Index {
		n += 2 + len(s)
	}
	return n
}

// appendOp appends the encoding of o, which check accepts.
func appendOp(b []byte, o *Op) []byte {
	var flags byte
	if o.Trace != "" {
		flags |= flagTrace
	}
	if len(o.Index) > 0 {
		flags |= flagIndex
	}
	b = append(b, opVersion, flags)
	b = binary.AppendUvarint(b, o.Seq)
	b = binary.AppendUvarint(b, uint64(o.At))
	b = binary.AppendUvarint(b, uint64(len(o.Kind)))
	b = append(b, o.Kind...)
	b = binary.AppendUvarint(b, uint64(len(o.Actor)))
	b = append(b, o.Actor...)
	if o.Trace != "" {
		b, _ = hex.AppendDecode(b, []byte(o.Trace))
	}
	if len(o.Index) > 0 {
		b = binary.AppendUvarint(b, uint64(len(o.Index)))
		for _, s := range o.Index {
			b = binary.AppendUvarint(b, uint64(len(s)))
			b = append(b, s...)
		}
	}
	return append(b, o.Body...)
}

func (o *Op) check() error {
	switch {
	case o.Seq == 0:
		return invalid("seq 0")
	case o.At < 0:
		return invalid("a time before 1970")
	case !validKind(o.Kind):
		return invalid("kind %.80q is not snake_case of 1 to %d bytes", o.Kind, MaxKind)
	case !validActor(o.Actor):
		return invalid("actor %.300q is not up to %d bytes of plain text", o.Actor, MaxActor)
	case o.Trace != "" && !validTrace(o.Trace):
		return invalid("trace %.80q is not 32 lowercase hex digits, not all zero", o.Trace)
	case len(o.Index) > MaxNames:
		return invalid("%d index names, %d are allowed", len(o.Index), MaxNames)
	case len(o.Body) > MaxBody:
		return invalid("a body of %d bytes, %d are allowed", len(o.Body), MaxBody)
	}
	for i, s := range o.Index {
		if !validName(s) {
			return invalid("index name %.200q is not 1 to %d bytes of printable ASCII", s, MaxName)
		}
		if i > 0 && o.Index[i-1] >= s {
			return invalid("index names are not in order")
		}
	}
	return nil
}

func validKind[T string | []byte](s T) bool {
	if len(s) == 0 || len(s) > MaxKind || s[0] < 'a' || s[0] > 'z' || s[len(s)-1] == '_' {
		return false
	}
	for i := 1; i < len(s); i++ {
		c := s[i]
		lower, digit := c >= 'a' && c <= 'z', c >= '0' && c <= '9'
		if !lower && !digit && (c != '_' || s[i-1] == '_') {
			return false
		}
	}
	return true
}

func validActor(s string) bool {
	if len(s) > MaxActor || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			return false
		}
	}
	return true
}

func validTrace(s string) bool {
	zero := true
	for i := 0; i < len(s); i++ {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
		zero = zero && c == '0'
	}
	return len(s) == 32 && !zero
}

func validName(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return len(s) > 0 && len(s) <= MaxName
}

var (
	errShort    = errors.New("cut short")
	errVarint   = errors.New("a number that is not minimal or too large")
	errVersion  = errors.New("an encoding of another version")
	errFlags    = errors.New("unknown flags")
	errContents = errors.New("a field that no op may have")
)

// take reads one minimal uvarint of at most limit.
func take(b []byte, limit uint64) (uint64, []byte, error) {
	v, n := binary.Uvarint(b)
	if n == 0 {
		return 0, nil, errShort
	}
	if n < 0 || n > 1 && b[n-1] == 0 || v > limit {
		return 0, nil, errVarint
	}
	return v, b[n:], nil
}

// takeBytes reads a length of at most limit and so many bytes.
func takeBytes(b []byte, limit uint64) (s, rest []byte, err error) {
	n, b, err := take(b, limit)
	if err != nil {
		return nil, nil, err
	}
	if uint64(len(b)) < n {
		return nil, nil, errShort
	}
	return b[:n], b[n:], nil
}

// decodeHead reads what comes before the kind: all that a search by time needs.
func decodeHead(b []byte) (flags byte, seq uint64, at int64, rest []byte, err error) {
	if len(b) < 2 {
		return 0, 0, 0, nil, errShort
	}
	if b[0] != opVersion {
		return 0, 0, 0, nil, errVersion
	}
	flags = b[1]
	if flags&^(flagTrace|flagIndex) != 0 {
		return 0, 0, 0, nil, errFlags
	}
	seq, rest, err = take(b[2:], math.MaxUint64)
	if err != nil {
		return 0, 0, 0, nil, err
	}
	if seq == 0 {
		return 0, 0, 0, nil, errContents
	}
	t, rest, err := take(rest, math.MaxInt64)
	return flags, seq, int64(t), rest, err
}

// decodeOp reads an encoding. The body of the result is a part of b.
func decodeOp(b []byte, in *interner) (Op, error) {
	var o Op
	flags, seq, at, b, err := decodeHead(b)
	if err != nil {
		return o, err
	}
	kind, b, err := takeBytes(b, MaxKind)
	if err != nil {
		return o, err
	}
	actor, b, err := takeBytes(b, MaxActor)
	if err != nil {
		return o, err
	}
	o.Seq, o.At = seq, at
	var ok1, ok2 bool
	o.Kind, ok1 = in.kind(kind)
	o.Actor, ok2 = in.actor(actor)
	if !ok1 || !ok2 {
		return Op{}, errContents
	}
	if flags&flagTrace != 0 {
		if len(b) < 16 {
			return Op{}, errShort
		}
		if o.Trace = in.trace([16]byte(b)); o.Trace == "" {
			return Op{}, errContents
		}
		b = b[16:]
	}
	if flags&flagIndex != 0 {
		if o.Index, b, err = decodeNames(b); err != nil {
			return Op{}, err
		}
	}
	if len(b) > MaxBody {
		return Op{}, errContents
	}
	if len(b) > 0 {
		o.Body = b[:len(b):len(b)]
	}
	return o, nil
}

func decodeNames(b []byte) (names []string, rest []byte, err error) {
	n, b, err := take(b, MaxNames)
	if err != nil {
		return nil, nil, err
	}
	if n == 0 {
		return nil, nil, errContents
	}
	names = make([]string, 0, n)
	for range n {
		var s []byte
		if s, b, err = takeBytes(b, MaxName); err != nil {
			return nil, nil, err
		}
		name := string(s)
		if !validName(name) || len(names) > 0 && names[len(names)-1] >= name {
			return nil, nil, errContents
		}
		names = append(names, name)
	}
	return names, b, nil
}

// interner keeps the few strings that most ops share, checked once, so that a replay allocates none of them. It is used
// by one goroutine at a time.
type interner struct {
	kinds, actors map[string]string
	traces        map[[16]byte]string
}

// internMax bounds each table: there may be any number of traces.
const internMax = 4096

func newInterner() *interner {
	return &interner{kinds: map[string]string{}, actors: map[string]string{}, traces: map[[16]byte]string{}}
}

func (in *interner) kind(b []byte) (string, bool) {
	if s, ok := in.kinds[string(b)]; ok {
		return s, true
	}
	if !validKind(b) {
		return "", false
	}
	return keep(in.kinds, string(b), string(b)), true
}

func (in *interner) actor(b []byte) (string, bool) {
	if s, ok := in.actors[string(b)]; ok {
		return s, true
	}
	s := string(b)
	if !validActor(s) {
		return "", false
	}
	return keep(in.actors, s, s), true
}

// trace gives the hex digits, or "" if all bytes are zero.
func (in *interner) trace(b [16]byte) string {
	if s, ok := in.traces[b]; ok {
		return s
	}
	if b == ([16]byte{}) {
		return ""
	}
	return keep(in.traces, b, hex.EncodeToString(b[:]))
}

func keep[K comparable](m map[K]string, k K, v string) string {
	if len(m) >= internMax {
		clear(m)
	}
	m[k] = v
	return v
}
