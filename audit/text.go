package audit

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Caps on what one entry may hold, so that a hostile export costs little memory.
const (
	MaxReasonRunes = 500     // about four lines: a reason, not a report
	maxField       = 512     // bytes of an id, actor or target; the longest honest one is a content hash with a prefix
	maxDetailKeys  = 16      // beyond this a record belongs into the op, not into its audit entry
	maxDetailValue = 1024    // bytes
	MaxStored      = 1 << 16 // bytes of one stored entry
)

// plain reports whether s is UTF-8 that can't change how a line is shown: no control characters, no bidi controls.
func plain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
	})
}

// plainField reports whether s can stand as an actor or a target.
func plainField(s string) bool {
	return strings.TrimSpace(s) != "" && len(s) <= maxField && plain(s)
}

// isName reports whether s is words of lower-case letters and digits joined by single dashes or underscores, beginning
// with a letter: kebab or snake case.
func isName(s string) bool {
	if s == "" || len(s) > 64 || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	sep := false
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			sep = false
		case c == '-' || c == '_':
			if sep {
				return false
			}
			sep = true
		default:
			return false
		}
	}
	return !sep
}

func isHex(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// shellWord makes s one word of a POSIX shell.
func shellWord(s string) string {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/@", r)
	}) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}
