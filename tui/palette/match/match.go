// Package match finds, among very many short texts, those that fit what was typed.
//
// A text fits a word if it has the word's letters in their order, in any case and with anything between; it fits a
// query if it fits every word of it, in whatever order. How well it fits is the sum of the scores that fzf's
// FuzzyMatchV2 gives to the words; a text that begins with the first word gains a little, and one that has a word with
// capitals as it was typed. A text that is marked Last comes after those that fit about as well. Equal ones stay in the
// order of the Set. There is no other rule, and the answer does not depend on what was asked before.
//
// A Set is made once and never changed; any number of Finders may use it. A Finder remembers the texts that fitted its
// last query, so that a query that grows is looked for among those alone. A text is asked three things, each dearer than
// the one before, and the next only after a yes: whether a mask of 64 bits has all letters, whether they stand in their
// order, and, only while it could still be among the best, how well they fit. Find works on two cores where that pays,
// and none of its goroutines outlives the call.
package match

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/junegunn/fzf/src/algo"
)

// Best is how many texts a Result gives at most.
const Best = 50

// fzf keeps its tables of character classes and bonuses in variables of its package, and wants them filled before the
// first use. They are the same for everybody and not changed after this.
func init() { algo.Init("default") }

// Item is a text that can be found.
type Item struct {
	Text string
	Last bool // comes after those that fit about as well
}

// Set is many texts, ready to be searched. Make one with New.
type Set struct {
	texts []string // as they are given
	lower []byte   // all of them in lower case, one after the other
	ends  []uint32 // where each ends in lower
	masks []uint64 // which letters each has
	last  []uint64 // a bit for each: Item.Last
}

// New makes a set. A text is found by its place in items, from 0.
func New(items []Item) *Set {
	s := &Set{
		texts: make([]string, len(items)), ends: make([]uint32, len(items)), masks: make([]uint64, len(items)),
		last: make([]uint64, (len(items)+63)/64),
	}
	total := 0
	for i := range items {
		total += len(items[i].Text)
	}
	s.lower = make([]byte, 0, total)
	for i, it := range items {
		s.texts[i] = it.Text
		from := len(s.lower)
		s.lower = appendLower(s.lower, it.Text)
		s.ends[i] = uint32(len(s.lower))
		s.masks[i] = maskOf(s.lower[from:])
		if it.Last {
			s.last[i/64] |= 1 << (i % 64)
		}
	}
	return s
}

// Len is how many texts there are.
func (s *Set) Len() int { return len(s.texts) }

// text is one text in lower case.
func (s *Set) text(i int) []byte {
	from := uint32(0)
	if i > 0 {
		from = s.ends[i-1]
	}
	return s.lower[from:s.ends[i]]
}

func (s *Set) isLast(i int) bool { return s.last[i/64]&(1<<(i%64)) != 0 }

func appendLower(b []byte, text string) []byte {
	for _, r := range text {
		switch {
		case 'A' <= r && r <= 'Z':
			b = append(b, byte(r)+'a'-'A')
		case r < utf8.RuneSelf:
			b = append(b, byte(r))
		default:
			b = utf8.AppendRune(b, unicode.ToLower(r))
		}
	}
	return b
}

// bits gives each ASCII character its bit of a mask. Lower-case letters, digits and the signs of ids have one of their
// own; the rest share twelve, and what is not ASCII the last eight.
var bits = func() (t [utf8.RuneSelf]uint64) {
	const own = "abcdefghijklmnopqrstuvwxyz0123456789-_./:@# "
	for c := range t {
		at := strings.IndexByte(own, byte(c))
		if at < 0 {
			at = len(own) + c%(56-len(own))
		}
		t[c] = 1 << at
	}
	return t
}()

func bitOf(r rune) uint64 {
	if r < utf8.RuneSelf {
		return bits[r]
	}
	return 1 << (56 + r%8)
}

func maskOf(lower []byte) uint64 {
	var m uint64
	for i := 0; i < len(lower); {
		if c := lower[i]; c < utf8.RuneSelf {
			m |= bits[c]
			i++
			continue
		}
		r, n := utf8.DecodeRune(lower[i:])
		m |= bitOf(r)
		i += n
	}
	return m
}

// What a letter can bring at most in fzf's algorithm, and what is added to its scores.
const (
	perLetter  = 16 // a letter that fits
	perFirst   = 20 // twice the bonus of a letter at the beginning of a word, for the first one
	perOther   = 10 // that bonus, for the others
	forGap     = 3  // is lost where the letters don't stand together
	forPrefix  = 24 // the text begins with the first word
	forCapital = 8  // the text has a word with capitals as it was typed
	forLast    = 6  // is taken from a text that is to come last among equals
)

// word is one word of a query.
type word struct {
	typed string // as it was typed, empty where it has no capitals
	lower []byte
	runes []rune
}

// query is what was typed, taken apart.
type query struct {
	words []word
	mask  uint64
	most  int // no text can score more
}

func parse(text string) query {
	var q query
	for _, f := range strings.Fields(text) {
		w := word{lower: appendLower(nil, f)}
		w.runes = []rune(string(w.lower))
		if string(w.lower) != f {
			w.typed = f
			q.most += forCapital
		}
		q.mask |= maskOf(w.lower)
		q.most += len(w.runes)*perLetter + perFirst + (len(w.runes)-1)*perOther
		q.words = append(q.words, w)
	}
	return q
}

// narrows reports whether every text that fits q fits p too: each word of p began one of q.
func (q query) narrows(p query) bool {
	if len(p.words) == 0 || len(p.words) > len(q.words) {
		return false
	}
	for i, w := range p.words {
		if !bytes.HasPrefix(q.words[i].lower, w.lower) {
			return false
		}
	}
	return true
}

// grows reports whether q is p with letters added to its last word, and gives how many bytes of that word p had.
func (q query) grows(p query) (had int, ok bool) {
	n := len(p.words)
	if n == 0 || n != len(q.words) {
		return 0, false
	}
	for i, w := range p.words[:n-1] {
		if !bytes.Equal(q.words[i].lower, w.lower) {
			return 0, false
		}
	}
	w := p.words[n-1].lower
	return len(w), bytes.HasPrefix(q.words[n-1].lower, w)
}

// fits looks for the letters of each word in a text in lower case, and gives where those of the last one end; below zero:
// it does not fit.
func (q query) fits(text []byte) int {
	end := 0
	for i := range q.words {
		if end = q.words[i].after(text, 0, 0); end < 0 {
			return end
		}
	}
	return end
}

// after looks for the letters of a word, but for its first had bytes, in the text from a place on, each as early as it
// can stand, and gives where the last of them ends; below zero: they are not there. What was found so for the beginning
// of a word holds when the word grows.
func (w *word) after(text []byte, from, had int) int {
	rest := w.lower[had:]
	for len(rest) > 0 {
		n := 1
		if rest[0] >= utf8.RuneSelf {
			_, n = utf8.DecodeRune(rest)
		}
		at := 0
		if n == 1 {
			at = bytes.IndexByte(text[from:], rest[0])
		} else {
			at = bytes.Index(text[from:], rest[:n]) // UTF-8 finds whole characters only
		}
		if at < 0 {
			return at
		}
		from, rest = from+at+n, rest[n:]
	}
	return from
}
