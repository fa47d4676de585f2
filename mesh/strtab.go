package mesh

import (
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"strings"
)

// strtab is the texts of a section of a memo, each once; rows name them by their number, 0 is the empty one. What is hex
// or an NKey in text is stored as the bytes that it stands for: nothing else makes ids and hashes smaller.
type strtab struct {
	index map[string]uint64 // encoding: text → number
	sizes []byte            // uvarint for each: bytes ‖ form, two bits
	data  []byte
	texts []string // decoding: from number 1 on
}

// The forms of a stored text.
const (
	formText = iota
	formHex  // lower-case hex digits, an even number of them
	formKey  // an NKey: 56 letters of base32
	formID   // a letter and a dash, then as formHex
)

const nkeyLen = 56

var keyCoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// add gives the number of s.
func (t *strtab) add(s string) uint64 {
	if s == "" {
		return 0
	}
	if n, ok := t.index[s]; ok {
		return n
	}
	if t.index == nil {
		t.index = map[string]uint64{}
	}
	n := uint64(len(t.index) + 1)
	t.index[s] = n
	at := len(t.data)
	form := t.pack(s)
	t.sizes = binary.AppendUvarint(t.sizes, uint64(len(t.data)-at)<<2|uint64(form))
	return n
}

func (t *strtab) pack(s string) (form int) {
	switch {
	case len(s) >= 8 && isHex(s):
		t.data, _ = hex.AppendDecode(t.data, []byte(s))
		return formHex
	case len(s) >= 6 && s[1] == '-' && isHex(s[2:]):
		t.data = append(t.data, s[0])
		t.data, _ = hex.AppendDecode(t.data, []byte(s[2:]))
		return formID
	case len(s) == nkeyLen:
		if b, err := keyCoding.DecodeString(s); err == nil && keyCoding.EncodeToString(b) == s {
			t.data = append(t.data, b...)
			return formKey
		}
	}
	t.data = append(t.data, s...)
	return formText
}

func isHex(s string) bool {
	if len(s)%2 != 0 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// appendTo writes the table: uvarint number of texts, uvarint bytes of sizes, uvarint bytes of data, sizes, data.
func (t *strtab) appendTo(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(t.index)))
	b = binary.AppendUvarint(b, uint64(len(t.sizes)))
	b = binary.AppendUvarint(b, uint64(len(t.data)))
	return append(append(b, t.sizes...), t.data...)
}

// strtab reads what appendTo wrote. All texts share one block of memory.
func (r *reader) strtab() *strtab {
	n := r.uvarint(uint64(len(r.b)))
	sizes, data := r.uvarint(uint64(len(r.b))), r.uvarint(uint64(len(r.b)))
	heads, body := reader{b: r.bytes(sizes)}, reader{b: r.bytes(data)}
	if r.err != nil || n > sizes {
		r.err = errTruncated
		return &strtab{}
	}
	var text strings.Builder
	text.Grow(2*int(data) + int(n))
	ends := make([]int, n)
	scratch := make([]byte, 0, 256)
	for i := range ends {
		h := heads.uvarint(data<<2 | 3)
		p := body.bytes(h >> 2)
		switch h & 3 {
		case formHex:
			scratch = hex.AppendEncode(scratch[:0], p)
			text.Write(scratch)
		case formKey:
			scratch = keyCoding.AppendEncode(scratch[:0], p)
			text.Write(scratch)
		case formID:
			if len(p) == 0 {
				body.err = errTruncated
				break
			}
			text.WriteByte(p[0])
			text.WriteByte('-')
			scratch = hex.AppendEncode(scratch[:0], p[1:])
			text.Write(scratch)
		default:
			text.Write(p)
		}
		ends[i] = text.Len()
	}
	if heads.err != nil || body.err != nil {
		r.err = errTruncated
		return &strtab{}
	}
	return &strtab{texts: cut(text.String(), ends)}
}

func cut(text string, ends []int) []string {
	out := make([]string, len(ends))
	from := 0
	for i, to := range ends {
		out[i], from = text[from:to], to
	}
	return out
}
