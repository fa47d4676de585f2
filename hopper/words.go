package hopper

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// readLimit is how many bytes of an intent are read: an intent is a sentence or a page, and what somebody pastes behind it
// costs nothing.
const readLimit = 16 << 10

// word is one word of an intent, in small letters. Clause grows at each mark that ends a clause.
type word struct {
	text   string
	clause int
}

// clip is the part of an intent that is read, cut between letters.
func clip(s string) string {
	if len(s) <= readLimit {
		return s
	}
	n := readLimit
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// split makes words of text: runs of letters and digits, small. Apostrophes are left out ("don't" is dont), other marks
// part words. Of writing without blanks (Chinese, Japanese) each letter is a word, and two exclamation marks or more are
// the word "!!".
func split(s string) []word {
	out := make([]word, 0, len(s)/5+1)
	clause, bangs := 0, 0
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			out = append(out, word{b.String(), clause})
			b.Reset()
		}
	}
	for _, r := range s {
		if r != '!' {
			bangs = 0
		}
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
			flush()
			out = append(out, word{string(r), clause})
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			if b.Len() < maxWord {
				b.WriteRune(unicode.ToLower(r))
			}
		case r == '\'' || r == '’':
		default:
			flush()
			if bangs++; r == '!' && bangs == 2 {
				out = append(out, word{"!!", clause})
			} else if r != '!' {
				bangs = 0
			}
			if strings.ContainsRune(".,;:!?()\n–—。、，；：！？", r) {
				clause++
			}
		}
	}
	flush()
	return out
}

// maxWord is how many bytes of a word are kept: no word of the weights is longer.
const maxWord = 48

var quotes = map[rune]rune{'"': '"', '“': '”', '„': '“', '«': '»', '`': '`', '「': '」'}

// unquote leaves out what stands in quotation marks: an intent that speaks of a text does not say what the text says.
// A mark without its partner is no quotation. Where nothing else is left, the quoted text is the intent.
func unquote(s string) string {
	if !strings.ContainsAny(s, "\"“„«`「") {
		return s
	}
	var b strings.Builder
	lone := map[rune]bool{} // marks whose partner does not come any more
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		end, opens := quotes[r]
		if opens && !lone[end] {
			if k := strings.IndexRune(s[i+n:], end); k >= 0 {
				b.WriteByte(' ')
				i += n + k + utf8.RuneLen(end)
				continue
			}
			lone[end] = true
		}
		b.WriteString(s[i : i+n])
		i += n
	}
	if rest := b.String(); len(split(rest)) > 0 {
		return rest
	}
	return s
}
