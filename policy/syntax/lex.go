package syntax

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"
)

type class uint8

const (
	cInvalid class = iota
	cBlank
	cLF
	cCR
	cLetter
	cDigit
	cQuote
	cSlash
	cMinus
	cPunct
	cHigh // the first byte of a rune beyond ASCII
)

// classes is a constant table; Go has no constant arrays.
var classes = func() (t [256]class) {
	for c := range t {
		switch {
		case c >= 0x80:
			t[c] = cHigh
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
			t[c] = cLetter
		case c >= '0' && c <= '9':
			t[c] = cDigit
		}
	}
	t[' '], t['\t'], t['\n'], t['\r'] = cBlank, cBlank, cLF, cCR
	t['"'], t['/'], t['-'] = cQuote, cSlash, cMinus
	for _, c := range "{}[]:," {
		t[c] = cPunct
	}
	return t
}()

func punct(c byte) Kind {
	switch c {
	case '{':
		return LBrace
	case '}':
		return RBrace
	case '[':
		return LBracket
	case ']':
		return RBracket
	case ':':
		return Colon
	}
	return Comma
}

type lexer struct {
	t *Tree
	i int
}

// lex cuts the source into tokens without a gap, ends them with EOF, and notes where lines begin.
func (t *Tree) lex() {
	l := lexer{t: t}
	src := t.src
	t.toks = make([]Token, 0, len(src)/4+8)
	t.lines = make([]uint32, 1, len(src)/32+2)
	if bytes.HasPrefix(src, []byte("\ufeff")) {
		l.emit(0, BOM)
		l.i = 3
	}
	for l.i < len(src) {
		l.next()
	}
	l.emit(len(src), EOF)
}

func (l *lexer) emit(off int, k Kind) { l.t.toks = append(l.t.toks, Token{Off: uint32(off), Kind: k}) }

// next reads one token at l.i. It always moves forward.
func (l *lexer) next() {
	src, start := l.t.src, l.i
	i := start + 1
	switch classes[src[start]] {
	case cBlank:
		for i < len(src) && classes[src[i]] == cBlank {
			i++
		}
		l.emit(start, Space)
	case cLF:
		l.emit(start, Newline)
		l.t.lines = append(l.t.lines, uint32(i))
	case cCR:
		if i < len(src) && src[i] == '\n' {
			i++
			l.emit(start, Newline)
			l.t.lines = append(l.t.lines, uint32(i))
		} else {
			l.emit(start, Space)
		}
	case cPunct:
		l.emit(start, punct(src[start]))
	case cLetter:
		i = l.name(i)
		l.emit(start, Ident)
	case cDigit:
		i = l.number(i)
		l.emit(start, Number)
	case cQuote:
		i = l.quoted(i)
		l.emit(start, String)
	case cSlash:
		i = l.comment(start)
	case cMinus:
		if i < len(src) && classes[src[i]] == cDigit {
			i = l.number(i)
			l.emit(start, Number)
		} else {
			i = l.invalid(start)
		}
	case cHigh:
		if r, n := utf8.DecodeRune(src[start:]); unicode.IsLetter(r) {
			i = l.name(start + n)
			l.emit(start, Ident)
		} else {
			i = l.invalid(start)
		}
	default:
		i = l.invalid(start)
	}
	l.i = i
}

// name ends a name: letters, digits, _, and a - that stands between them.
func (l *lexer) name(i int) int {
	src := l.t.src
	for i < len(src) {
		switch classes[src[i]] {
		case cLetter, cDigit:
			i++
		case cMinus:
			if i+1 >= len(src) || classes[src[i+1]] != cLetter && classes[src[i+1]] != cDigit {
				return i
			}
			i += 2
		case cHigh:
			r, n := utf8.DecodeRune(src[i:])
			if !unicode.IsLetter(r) && !unicode.IsMark(r) {
				return i
			}
			i += n
		default:
			return i
		}
	}
	return i
}

// number takes all that hangs on a digit, so that what a later version writes (10m, 2.5, 1_000) is one value.
func (l *lexer) number(i int) int {
	src := l.t.src
	for i < len(src) && (classes[src[i]] == cLetter || classes[src[i]] == cDigit || src[i] == '.') {
		i++
	}
	return i
}

// quoted ends a string; i is after its opening quote. A string ends on its line, so that one missing quote costs one line.
func (l *lexer) quoted(i int) int {
	src, start := l.t.src, i-1
	for i < len(src) {
		switch src[i] {
		case '"':
			return i + 1
		case '\n':
			if src[i-1] == '\r' {
				i--
			}
			l.unclosedString(start, i)
			return i
		case '\\':
			if i+1 < len(src) && src[i+1] != '\n' && src[i+1] != '\r' {
				i++
			}
		}
		i++
	}
	l.unclosedString(start, len(src))
	return len(src)
}

func (l *lexer) unclosedString(start, end int) {
	l.t.fail(Error{Code: CodeUnclosed, Start: start, End: end, Message: "this string has no end", Expected: `a closing " on the same line`})
}

func (l *lexer) comment(start int) int {
	src := l.t.src
	if bytes.HasPrefix(src[start:], []byte("//")) {
		end := len(src)
		if n := bytes.IndexByte(src[start:], '\n'); n >= 0 {
			end = start + n
			if src[end-1] == '\r' {
				end--
			}
		}
		l.emit(start, LineComment)
		return end
	}
	if !bytes.HasPrefix(src[start:], []byte("/*")) {
		return l.invalid(start)
	}
	end := len(src)
	if n := bytes.Index(src[start+2:], []byte("*/")); n >= 0 {
		end = start + 2 + n + 2
	} else {
		l.t.fail(Error{Code: CodeUnclosed, Start: start, End: end, Message: "this comment has no end", Expected: "*/"})
	}
	for i := start; i < end; i++ {
		if src[i] == '\n' {
			l.t.lines = append(l.t.lines, uint32(i+1))
		}
	}
	l.emit(start, BlockComment)
	return end
}

// invalid takes a run of bytes that begin no token, as one token and one error.
func (l *lexer) invalid(start int) int {
	src := l.t.src
	_, n := utf8.DecodeRune(src[start:])
	i := start + n
	for i < len(src) {
		c := classes[src[i]]
		if c == cHigh {
			r, n := utf8.DecodeRune(src[i:])
			if unicode.IsLetter(r) {
				break
			}
			i += n
			continue
		}
		if c != cInvalid {
			break
		}
		i++
	}
	l.emit(start, Invalid)
	l.t.fail(Error{Code: CodeSyntax, Start: start, End: i, Message: invalidMessage(src[start:i])})
	return i
}

func invalidMessage(b []byte) string {
	switch b[0] {
	case '=':
		return "'=' is not used here: a field is written name: value"
	case ';':
		return "';' is not used here: fields need nothing between them"
	case '#':
		return "'#' begins no comment: comments are // and /* */"
	case '\'':
		return "strings stand in double quotes"
	case '@':
		return "'@' must stand in a string, as in \"alice@aurelia\""
	}
	r, _ := utf8.DecodeRune(b)
	if r == utf8.RuneError {
		return "bytes that are not UTF-8"
	}
	if !unicode.IsPrint(r) {
		return fmt.Sprintf("the character %U cannot stand here", r)
	}
	return fmt.Sprintf("%q cannot stand here", r)
}
