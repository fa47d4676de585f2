package hopper

import (
	"strings"
	"unicode"
)

// spoken is an intent as names are looked for in it.
type spoken struct {
	tokens map[string]bool // that are not ruled out
	line   string          // all, with blanks between and around
}

// tokens parts an intent where no name of a model or a node goes on: names hold letters, digits and - _ . : / @, and do
// not end in a mark. A name behind "not", "but", "except", "without" or "avoid", or one word further, is ruled out.
func tokens(intent string) spoken {
	list := strings.FieldsFunc(strings.ToLower(intent), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.:/@", r)
	})
	s := spoken{tokens: make(map[string]bool, len(list))}
	var b strings.Builder
	b.WriteByte(' ')
	barred := 0
	for _, tok := range list {
		if tok = strings.Trim(tok, "-_.:/@"); tok == "" {
			continue
		}
		switch tok {
		case "not", "but", "except", "without", "avoid":
			barred = 3
		}
		if barred--; barred < 0 {
			s.tokens[tok] = true
			b.WriteString(tok)
		} else {
			b.WriteByte('|')
		}
		b.WriteByte(' ')
	}
	s.line = b.String()
	return s
}

// has reports whether a name is there as a whole word, or as words in a row.
func (s spoken) has(name string) bool {
	name = strings.ToLower(name)
	if name == "" || len(name) > maxName {
		return false
	}
	if !strings.ContainsRune(name, ' ') {
		return s.tokens[name]
	}
	return strings.Contains(s.line, " "+strings.Join(strings.Fields(name), " ")+" ")
}

// maxName is the longest name that is looked for, in bytes.
const maxName = 200

// models gives the known models that an intent names, in the order of known. A name without a tag stands for all tags:
// "llama3.2" is llama3.2:3b too; one with a tag is that model alone.
func (s spoken) models(known []string) []string {
	return pick(known, func(name string) bool {
		base, _, _ := strings.Cut(name, ":")
		return s.has(name) || s.has(base)
	})
}

// nodes gives the known nodes that an intent names, in the order of known.
func (s spoken) nodes(known []string) []string { return pick(known, s.has) }

func pick(known []string, named func(string) bool) []string {
	var out []string
	seen := map[string]bool{}
	for _, name := range known {
		if !seen[name] && named(name) {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}
