package mesh

import (
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"strings"
)

// strtab is the texts of a section of a memo, each once, in the order in which the rows name them first. In a column 0 is the
// empty text, 1 the next one that was not named yet, n+2 the n-th (from 0). What is hex or an NKey in text is stored as
// the bytes that it stands for: nothing else makes ids and hashes smaller.
type strtab struct {
	index map[string]uint64 // encoding: text → place
	sizes []byte            // uvarint for each: bytes ‖ form, two bits
	data  []byte
	texts []string // decoding
	named int      // decoding: how many of them
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

// add gives what stands for s in a column.
func (t *strtab) add(s string) uint64 {
	if s == "" {
		return 0
	}
	if n, ok := t.index[s]; ok {
		return n + 2
	}
	if t.index == nil {
		t.index = map[string]uint64{}
	}
	t.index[s] = uint64(len(t.index))
	at := len(t.data)
	form := t.pack(s)
	t.sizes = binary.AppendUvarint(t.sizes, uint64(len(t.data)-at)<<2|uint64(form))
	return 1
}

// text gives what v stands for.
func (t *strtab) text(v uint64) (string, bool) {
	switch {
	case v == 0:
		return "", true
	case v > 1 && v-2 < uint64(t.named):
		return t.texts[v-2], true
	case v == 1 && t.named < len(t.texts):
		t.named++
		return t.texts[t.named-1], true
	}
	return "", false
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
