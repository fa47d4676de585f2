package audit

import (
	"slices"
	"strconv"
	"unicode/utf8"
)

// maxSafe is the largest integer that every JSON reader keeps exactly (RFC 7493): numbers are doubles in RFC 8785.
const maxSafe = 1<<53 - 1

// appendEntry appends e in canonical JSON (RFC 8785) without its signature, and gives the offset in the result at which
// the signature member belongs. Members stand in the order of their names: action, actor, audit_id, detail (left out
// when empty), key_id, prev_head, privacy_class, reason, seq, signature, target, ts_micros.
func appendEntry(b []byte, e *Entry) (out []byte, at int) {
	b = appendMember(b, `{"action":`, e.Action)
	b = appendMember(b, `,"actor":`, e.Actor)
	b = appendMember(b, `,"audit_id":`, e.AuditID)
	if len(e.Detail) > 0 {
		b = append(b, `,"detail":`...)
		b = appendDetail(b, e.Detail)
	}
	b = appendMember(b, `,"key_id":`, e.KeyID)
	b = appendMember(b, `,"prev_head":`, e.PrevHead)
	b = appendMember(b, `,"privacy_class":`, e.PrivacyClass)
	b = appendMember(b, `,"reason":`, e.Reason)
	b = append(b, `,"seq":`...)
	b = strconv.AppendUint(b, e.Seq, 10)
	at = len(b)
	b = appendMember(b, `,"target":`, e.Target)
	b = append(b, `,"ts_micros":`...)
	b = strconv.AppendInt(b, e.TsMicros, 10)
	return append(b, '}'), at
}

func appendMember(b []byte, name, value string) []byte {
	return appendString(append(b, name...), value)
}

// appendDetail writes the members sorted by name; names are ASCII, so that bytes sort as UTF-16 does.
func appendDetail(b []byte, detail map[string]string) []byte {
	names := make([]string, 0, len(detail))
	for name := range detail {
		names = append(names, name)
	}
	slices.Sort(names)
	b = append(b, '{')
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, name), ':')
		b = appendString(b, detail[name])
	}
	return append(b, '}')
}

// appendString writes s, which is valid UTF-8, as RFC 8785 §3.2.2.2 wants it: the seven short escapes, \u00xx in lower
// case for the other control characters, everything else as it is.
func appendString(b []byte, s string) []byte {
	const hexDigits = "0123456789abcdef"
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		if e := shortEscape(c); e != 0 {
			b = append(b, '\\', e)
		} else {
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(b, s[start:]...), '"')
}

func shortEscape(c byte) byte {
	switch c {
	case '"', '\\':
		return c
	case '\b':
		return 'b'
	case '\t':
		return 't'
	case '\n':
		return 'n'
	case '\f':
		return 'f'
	case '\r':
		return 'r'
	}
	return 0
}

// scanner reads canonical JSON of a fixed shape. The first thing out of place is its err; after that it reads nothing.
type scanner struct {
	b   []byte
	at  int
	err *Error
}

func (s *scanner) fail(what string) {
	if s.err == nil {
		s.err = malformed("at byte %d: %s", s.at, what)
	}
}

// has takes text if it comes next.
func (s *scanner) has(text string) bool {
	if s.err != nil || len(s.b)-s.at < len(text) || string(s.b[s.at:s.at+len(text)]) != text {
		return false
	}
	s.at += len(text)
	return true
}

func (s *scanner) want(text string) {
	if !s.has(text) {
		s.fail("expected " + text)
	}
}

func (s *scanner) member(name string) string {
	s.want(name)
	return s.string()
}

// string reads a JSON string in its one canonical spelling.
func (s *scanner) string() string {
	s.want(`"`)
	start := s.at
	var out []byte // only once an escape was met
	for s.err == nil && s.at < len(s.b) {
		c := s.b[s.at]
		switch {
		case c == '"':
			text := s.b[start:s.at]
			s.at++
			if out = append(out, text...); !utf8.Valid(out) {
				s.fail("a string is not UTF-8")
			}
			return string(out)
		case c < 0x20:
			s.fail("a control character must be escaped")
		case c == '\\':
			out = append(out, s.b[start:s.at]...)
			out = append(out, s.escape())
			start = s.at
		default:
			s.at++
		}
	}
	s.fail("a string does not end")
	return ""
}

// escape reads one escape. Only control characters, quote and backslash have a canonical one: so no surrogate, lone or
// not, gets in here.
func (s *scanner) escape() byte {
	rest := s.b[s.at:]
	for c := range byte(0x60) {
		var buf [8]byte
		esc := appendString(buf[:0], string(rune(c)))
		esc = esc[1 : len(esc)-1]
		if esc[0] == '\\' && len(rest) >= len(esc) && string(rest[:len(esc)]) == string(esc) {
			s.at += len(esc)
			return c
		}
	}
	s.fail("this escape is not canonical")
	return 0
}

// number reads a whole number from 0 to 2^53−1 without leading zeros.
func (s *scanner) number() uint64 {
	start := s.at
	for s.err == nil && s.at < len(s.b) && s.b[s.at] >= '0' && s.b[s.at] <= '9' && s.at-start < 17 {
		s.at++
	}
	text := string(s.b[start:s.at])
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n > maxSafe || (len(text) > 1 && text[0] == '0') {
		s.at = start
		s.fail("expected a whole number under 2^53")
	}
	return n
}

func (s *scanner) detail() map[string]string {
	s.want(`{`)
	detail := make(map[string]string)
	for last := ""; s.err == nil; {
		name := s.string()
		if name <= last {
			s.fail("detail names repeat or are out of order")
		}
		s.want(`:`)
		detail[name], last = s.string(), name
		if len(detail) > maxDetailKeys {
			s.fail("too many details")
		}
		if !s.has(`,`) {
			break
		}
	}
	s.want(`}`)
	return detail
}

// end takes the closing brace and checks that nothing follows.
func (s *scanner) end() {
	s.want(`}`)
	if s.err == nil && s.at != len(s.b) {
		s.fail("something follows the record")
	}
}
