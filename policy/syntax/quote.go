package syntax

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrUnclosed is what Unquote answers for a string without its closing quote; the parser has said so already.
var ErrUnclosed = errors.New("the string has no end")

// Unquote gives the text of a string token, quotes included. Escapes are \" \\ \/ \n \r \t \uXXXX and \u{X…}.
// Errors: ErrUnclosed; an unknown escape; bytes that are not UTF-8.
func Unquote(token []byte) (string, error) {
	if len(token) < 2 || token[0] != '"' || token[len(token)-1] != '"' {
		return "", ErrUnclosed
	}
	body := string(token[1 : len(token)-1])
	if !utf8.ValidString(body) {
		return "", errors.New("the string is not UTF-8")
	}
	if !strings.Contains(body, `\`) {
		return body, nil
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(body, '\\')
		if i < 0 {
			b.WriteString(body)
			return b.String(), nil
		}
		b.WriteString(body[:i])
		r, n, err := escape(body[i+1:])
		if err != nil {
			return "", err
		}
		b.WriteRune(r)
		body = body[i+1+n:]
	}
}

// escape reads what follows a backslash, and how many bytes that takes.
func escape(s string) (rune, int, error) {
	if s == "" {
		return 0, 0, ErrUnclosed // the backslash escapes the closing quote
	}
	switch s[0] {
	case '"', '\\', '/':
		return rune(s[0]), 1, nil
	case 'n':
		return '\n', 1, nil
	case 'r':
		return '\r', 1, nil
	case 't':
		return '\t', 1, nil
	case 'u':
		return escapeRune(s)
	}
	r, _ := utf8.DecodeRuneInString(s)
	if !unicode.IsPrint(r) {
		r = utf8.RuneError
	}
	return 0, 0, fmt.Errorf(`unknown escape \%c; known are \" \\ \/ \n \r \t \u`, r)
}

func escapeRune(s string) (rune, int, error) {
	digits, n := "", 0
	if strings.HasPrefix(s, "u{") {
		end := strings.IndexByte(s, '}')
		if end < 3 || end > 8 {
			return 0, 0, errors.New(`\u{…} takes one to six hex digits`)
		}
		digits, n = s[2:end], end+1
	} else {
		if len(s) < 5 {
			return 0, 0, errors.New(`\u takes four hex digits`)
		}
		digits, n = s[1:5], 5
	}
	var r rune
	for _, c := range digits {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | (c - '0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | (c - 'a' + 10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | (c - 'A' + 10)
		default:
			return 0, 0, errors.New(`\u takes hex digits`)
		}
	}
	if !utf8.ValidRune(r) {
		return 0, 0, fmt.Errorf(`\u{%x} is no character`, r)
	}
	return r, n, nil
}

// Quote writes s as a string token: what is not printable is escaped, so that the file shows what it says.
// Bytes that are not UTF-8 become U+FFFD.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
