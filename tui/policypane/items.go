package policypane

import (
	"slices"
	"strings"
	"unicode"

	"voxmesh/policy/syntax"
)

// A list of names is typed on one line, with commas. A name that could be mistaken there stands in quotes, as in the
// file: one with a comma, a quote or blanks at its ends, one that cannot be seen, and the words any and none.

// shown writes a name so that the form can read it again. comma says that it stands between commas.
func shown(name string, comma bool) string {
	odd := name == "" || name != strings.TrimSpace(name) || name[0] == '"' ||
		strings.IndexFunc(name, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) >= 0
	if odd || comma && (strings.Contains(name, ",") || name == wordAny || name == wordNone) {
		return syntax.Quote(name)
	}
	return name
}

// Words that a list line understands.
const (
	wordAny  = "any"
	wordNone = "none"
)

// readName reads a name as shown writes it; false: a string that has no end or a wrong escape.
func readName(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, `"`) {
		return text, true
	}
	s, err := syntax.Unquote([]byte(text))
	return s, err == nil
}

func writeList(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = shown(n, true)
	}
	return strings.Join(out, ", ")
}

// readList reads a line of names; false: one of them cannot be read. Nothing between two commas is no name.
func readList(line string) ([]string, bool) {
	names := []string{}
	for _, part := range cutCommas(line) {
		if strings.TrimSpace(part) == "" {
			continue
		}
		n, ok := readName(part)
		if !ok || n == "" {
			return nil, false
		}
		names = append(names, n)
	}
	return names, true
}

// cutCommas parts a line at the commas that stand in no quotes.
func cutCommas(line string) []string {
	var parts []string
	from, quoted := 0, false
	for i := 0; i < len(line); i++ {
		switch {
		case quoted && line[i] == '\\':
			i++
		case line[i] == '"' && (quoted || strings.TrimSpace(line[from:i]) == ""):
			quoted = !quoted
		case line[i] == ',' && !quoted:
			parts = append(parts, line[from:i])
			from = i + 1
		}
	}
	return append(parts, line[from:])
}

// merged does to a list what was done to another: what was taken from was goes, what came into now comes.
func merged(list, was, now []string) []string {
	if slices.Equal(list, was) {
		return now
	}
	out := slices.Clone(list)
	for _, n := range was {
		if i := slices.Index(out, n); i >= 0 && !slices.Contains(now, n) {
			out = slices.Delete(out, i, i+1)
		}
	}
	for _, n := range now {
		if !slices.Contains(was, n) && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}
