package sshd

import (
	"errors"
	"strings"
)

// Quote writes arguments as one command line that Split, and any POSIX shell, reads back exactly. Arguments may hold
// any bytes but NUL. No arguments give the empty line.
func Quote(args []string) string {
	var b strings.Builder
	for i, a := range args {
		if i > 0 {
			b.WriteByte(' ')
		}
		if a != "" && strings.IndexFunc(a, special) < 0 {
			b.WriteString(a)
			continue
		}
		b.WriteByte('\'')
		for {
			before, after, found := strings.Cut(a, "'")
			b.WriteString(before)
			if !found {
				break
			}
			b.WriteString(`'\''`)
			a = after
		}
		b.WriteByte('\'')
	}
	return b.String()
}

func special(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return false
	}
	return !strings.ContainsRune("-_./:@%+,=", r) || r == '\uFFFD'
}

var (
	errNUL       = errors.New("a NUL byte in the command line")
	errQuote     = errors.New("a quote that is not closed")
	errBackslash = errors.New("a backslash with nothing after it")
)

// Split reads a command line into its arguments, by the quoting rules of the POSIX shell (2.2) and nothing else of it:
// no expansion, no operators, no comments; "$", ";", "|", "*", "~" and "#" are characters like any other.
func Split(line string) ([]string, error) {
	if strings.IndexByte(line, 0) >= 0 {
		return nil, errNUL
	}
	var (
		args []string
		word []byte
		open bool // a word has begun, perhaps an empty one
	)
	for i := 0; i < len(line); i++ {
		switch c := line[i]; c {
		case ' ', '\t', '\n':
			if open {
				args, word, open = append(args, string(word)), word[:0], false
			}
		case '\'':
			n := strings.IndexByte(line[i+1:], '\'')
			if n < 0 {
				return nil, errQuote
			}
			word, open = append(word, line[i+1:i+1+n]...), true
			i += n + 1
		case '"':
			n, err := doubleQuoted(&word, line[i+1:])
			if err != nil {
				return nil, err
			}
			open = true
			i += n
		case '\\':
			if i++; i == len(line) {
				return nil, errBackslash
			}
			if line[i] != '\n' { // an escaped line feed joins two lines
				word, open = append(word, line[i]), true
			}
		default:
			word, open = append(word, c), true
		}
	}
	if open {
		args = append(args, string(word))
	}
	return args, nil
}

// doubleQuoted appends to word what stands in s before the closing quote, and gives how many bytes that took with it.
func doubleQuoted(word *[]byte, s string) (int, error) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"':
			return i + 1, nil
		case '\\':
			if i+1 == len(s) {
				return 0, errQuote
			}
			i++
			switch s[i] {
			case '$', '`', '"', '\\':
				*word = append(*word, s[i])
			case '\n':
			default:
				*word = append(*word, '\\', s[i])
			}
		default:
			*word = append(*word, c)
		}
	}
	return 0, errQuote
}
