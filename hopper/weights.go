package hopper

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed weights.tsv
var weightsFile string

// weights is the data file, read when it is first asked for, and never changed. A test reads it too, so that the program
// has one without an error.
var weights = sync.OnceValue(func() *table {
	t, _ := parseWeights(weightsFile)
	return t
})

// table is the data file as it is used.
type table struct {
	priority, kind *node
	stop           map[string]bool
	not            map[string]bool
	number         map[string]bool
	decide         int // how far urgent and background must be apart
	kindAt         int // the least score of a kind
	first          int // added to the kind that is spoken of first
	learnBelow     int // a lesson decides below this confidence
	confidence     map[Priority][]int
	silent         int // confidence of normal where no word spoke of priority
}

// node is one word of the phrases that begin alike.
type node struct {
	next map[string]*node // by the next word
	stem map[string]*node // by the beginning of the next word
	what *feature         // of the phrase that ends here
}

// feature is a line of the data file.
type feature struct {
	phrase string
	class  string
	weight int
}

// The bounds of a stem: one is looked up for each length.
const minStem, maxStem = 3, 14

// longest is the phrase of most words that begins the list, with how many words it has; nil: none does. Of two as long
// the one with the words themselves comes before one with a stem or a number.
func (n *node) longest(words []word, numbers map[string]bool) (found *feature, length int) {
	found = n.what
	if len(words) == 0 {
		return found, 0
	}
	rest := words[1:]
	if len(rest) > 0 && rest[0].clause != words[0].clause {
		rest = nil
	}
	try := func(next *node) {
		if next == nil {
			return
		}
		if f, k := next.longest(rest, numbers); f != nil && k+1 > length {
			found, length = f, k+1
		}
	}
	text := words[0].text
	try(n.next[text])
	if n.stem != nil {
		for k := min(len(text), maxStem); k >= minStem; k-- {
			try(n.stem[text[:k]])
		}
	}
	if numbers[text] || text[0] >= '0' && text[0] <= '9' {
		try(n.next["#"])
	}
	return found, length
}

func (n *node) add(f *feature) error {
	words := strings.Fields(f.phrase)
	if len(words) == 0 {
		return fmt.Errorf("no phrase")
	}
	for _, w := range words {
		in := &n.next
		if stem, ok := strings.CutSuffix(w, "*"); ok {
			if w = stem; len(w) < minStem || len(w) > maxStem {
				return fmt.Errorf("a stem has %d to %d bytes", minStem, maxStem)
			}
			in = &n.stem
		}
		if s := split(w); w != "!!" && w != "#" && (len(s) != 1 || s[0].text != w) {
			return fmt.Errorf("%q is not one word in small letters", w)
		}
		if *in == nil {
			*in = map[string]*node{}
		}
		if (*in)[w] == nil {
			(*in)[w] = &node{}
		}
		n = (*in)[w]
	}
	if n.what != nil {
		return fmt.Errorf("%q is there twice", f.phrase)
	}
	n.what = f
	return nil
}

// parseWeights reads the data file; its head says what the lines mean.
func parseWeights(file string) (*table, error) {
	t := &table{
		priority: &node{}, kind: &node{}, stop: map[string]bool{}, not: map[string]bool{},
		number: map[string]bool{}, confidence: map[Priority][]int{},
	}
	for i, line := range strings.Split(file, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if err := t.line(strings.Split(line, "\t")); err != nil {
			return t, fmt.Errorf("weights.tsv:%d: %w", i+1, err)
		}
	}
	return t, nil
}

func (t *table) line(f []string) error {
	if len(f) != 3 {
		return fmt.Errorf("a line has three columns")
	}
	switch f[0] {
	case "stop":
		return addWords(t.stop, f[2])
	case "not":
		return addWords(t.not, f[2])
	case "number":
		return addWords(t.number, f[2])
	case "confidence":
		return t.margins(f[1], f[2])
	}
	n, err := strconv.Atoi(f[1])
	if err != nil || n < 0 || n > 100 {
		return fmt.Errorf("%q is not a number from 0 to 100", f[1])
	}
	switch f[0] {
	case "set":
		return t.setting(f[2], n)
	case "urgent", "background", "normal":
		return addPhrases(t.priority, f[0], n, f[2])
	case "text", "embed", "cpu", "gpu", "any":
		return addPhrases(t.kind, f[0], n, f[2])
	}
	return fmt.Errorf("%q is no class", f[0])
}

func (t *table) setting(name string, n int) error {
	at, ok := map[string]*int{
		"decide": &t.decide, "kind-at": &t.kindAt, "first": &t.first, "learn-below": &t.learnBelow, "silent": &t.silent,
	}[name]
	if !ok {
		return fmt.Errorf("%q is no setting", name)
	}
	*at = n
	return nil
}

func (t *table) margins(class, list string) error {
	p, err := ParsePriority(class)
	if err != nil {
		return err
	}
	for _, s := range strings.Fields(list) {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || n > 100 {
			return fmt.Errorf("%q is not a number from 0 to 100", s)
		}
		t.confidence[p] = append(t.confidence[p], n)
	}
	return nil
}

func addPhrases(n *node, class string, weight int, list string) error {
	for _, phrase := range strings.Split(list, ",") {
		phrase = strings.Join(spread(strings.Fields(phrase)), " ")
		if err := n.add(&feature{phrase, class, weight}); err != nil {
			return err
		}
	}
	return nil
}

// spread parts phrases of writing without blanks into their letters, as split does.
func spread(words []string) []string {
	var out []string
	for _, w := range words {
		if r, _ := utf8.DecodeRuneInString(w); r < 0x3000 {
			out = append(out, w)
			continue
		}
		for _, s := range split(w) {
			out = append(out, s.text)
		}
	}
	return out
}

func addWords(set map[string]bool, list string) error {
	for _, w := range strings.Fields(list) {
		if s := split(w); len(s) != 1 || s[0].text != w {
			return fmt.Errorf("%q is not one word in small letters", w)
		}
		set[w] = true
	}
	return nil
}
