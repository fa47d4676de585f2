package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"voxmesh/policy/syntax"
)

// valueFor reads a value that someone wrote for a field: as in the file, but names may lack their quotes and lists their
// brackets. Errors are EditErrors of the code vox/policy/bad-value.
func valueFor(f Field, path, text string) (val, error) {
	text = strings.TrimSpace(text)
	if !utf8.ValidString(text) {
		return val{}, badValue(path, f, "what is not UTF-8", "")
	}
	switch f.Type {
	case Texts, Records, Record:
		r := reader{s: text}
		var raw val
		var ok bool
		switch {
		case f.Type == Record:
			raw, ok = r.value(0)
		case strings.HasPrefix(text, "["):
			raw, ok = r.value(0)
		case text != "":
			raw, ok = r.elements(0, 0)
		}
		if r.blank(); !ok || r.i < len(r.s) {
			return val{}, badValue(path, f, inQuotes(text), "")
		}
		return fitted(f, path, raw)
	}
	if token := stringToken(text); strings.HasPrefix(text, `"`) {
		s, err := syntax.Unquote([]byte(token))
		if err != nil || len(token) < len(text) {
			return val{}, badValue(path, f, "no whole string", "")
		}
		return fitted(f, path, val{shape: isText, text: s, junk: `"`})
	}
	return fitted(f, path, textVal(text))
}

// reader cuts a value into words, strings, lists and records, without asking what they mean. The junk of a text is the
// quote that it was written with, if it was.
type reader struct {
	s string
	i int
}

// readerDepth bounds the nesting of what is read; fields nest three deep.
const readerDepth = 8

func (r *reader) blank() {
	for r.i < len(r.s) && strings.IndexByte(" \t\r\n", r.s[r.i]) >= 0 {
		r.i++
	}
}

func (r *reader) next() byte {
	if r.blank(); r.i < len(r.s) {
		return r.s[r.i]
	}
	return 0
}

func (r *reader) value(depth int) (val, bool) {
	if depth > readerDepth {
		return val{}, false
	}
	switch r.next() {
	case '[':
		r.i++
		return r.elements(depth, ']')
	case '{':
		r.i++
		return r.members(depth)
	}
	return r.word("")
}

// word reads a string, or all up to what ends a word: a blank, a comma, a bracket, or what is in more.
func (r *reader) word(more string) (val, bool) {
	r.blank()
	if token := stringToken(r.s[r.i:]); token != "" {
		r.i += len(token)
		s, err := syntax.Unquote([]byte(token))
		return val{shape: isText, text: s, junk: `"`}, err == nil
	}
	end := strings.IndexAny(r.s[r.i:], " \t\r\n,[]{}\""+more)
	if end < 0 {
		end = len(r.s) - r.i
	}
	text := r.s[r.i : r.i+end]
	r.i += end
	return textVal(text), text != "" && !strings.HasPrefix(text, "//") && !strings.HasPrefix(text, "/*")
}

// elements reads values up to the closing bracket, or to the end where end is 0. Between two may be a comma, behind the
// last one too.
func (r *reader) elements(depth int, end byte) (val, bool) {
	out := listVal()
	for {
		if r.next() == end {
			if end != 0 {
				r.i++
			}
			return out, true
		}
		v, ok := r.value(depth + 1)
		if !ok {
			return val{}, false
		}
		out.items = append(out.items, v)
		if r.next() == ',' {
			r.i++
		}
	}
}

// members reads fields up to the closing brace.
func (r *reader) members(depth int) (val, bool) {
	out := val{shape: isRecord}
	for {
		if r.next() == '}' {
			r.i++
			return out, true
		}
		name, ok := r.word(":")
		if !ok || r.next() != ':' {
			return val{}, false
		}
		r.i++
		v, ok := r.value(depth + 1)
		if !ok {
			return val{}, false
		}
		out.fields = append(out.fields, member{name.text, v})
		if r.next() == ',' {
			r.i++
		}
	}
}

// fitted turns what reader gave into a value of the field, or says why it is none.
func fitted(f Field, path string, raw val) (val, error) {
	bare := raw.shape == isText && raw.junk == ""
	wrong := func(like []string) (val, error) {
		return val{}, badValue(path, f, describe(raw), near(raw.text, like))
	}
	switch f.Type {
	case Bool:
		if bare && (raw.text == "true" || raw.text == "false") {
			return boolVal(raw.text == "true"), nil
		}
		return wrong([]string{"true", "false"})
	case Int:
		i, err := strconv.ParseInt(raw.text, 10, 64)
		if !bare || err != nil || i < f.Min || i > f.Max {
			return wrong(nil)
		}
		return intVal(i), nil
	case Decimal:
		i, err := parseMicro(raw.text)
		if !bare || err != nil || i < f.Min || i > f.Max {
			return wrong(nil)
		}
		return val{shape: isNumber, text: raw.text}, nil
	case Choice:
		if raw.shape != isText || !slices.Contains(f.Choices, raw.text) {
			return wrong(f.Choices)
		}
		return textVal(raw.text), nil
	case Text:
		if raw.shape != isText || raw.text == "" {
			return wrong(nil)
		}
		return textVal(raw.text), nil
	case Clock:
		if raw.shape != isText || !clockFits(f, raw.text) {
			return wrong(nil)
		}
		return textVal(raw.text), nil
	case Texts, Records:
		return fitList(f, path, raw)
	}
	if f.Name == fBusy && bare && (raw.text == "true" || raw.text == "false") {
		return boolVal(raw.text == "true"), nil
	}
	return fitRecord(f, path, raw)
}

func fitList(f Field, path string, raw val) (val, error) {
	if raw.shape != isList {
		return val{}, badValue(path, f, describe(raw), "")
	}
	out := listVal()
	for i, e := range raw.items {
		v, err := fitted(elementOf(f), fmt.Sprintf("%s[%d]", path, i), e)
		if err != nil {
			return val{}, err
		}
		out.items = append(out.items, v)
	}
	return out, nil
}

// fitRecord reads a record; whether it has all that it needs is for complete to say.
func fitRecord(f Field, path string, raw val) (val, error) {
	if raw.shape != isRecord {
		return val{}, badValue(path, f, describe(raw), "")
	}
	out := val{shape: isRecord}
	for _, m := range raw.fields {
		i := indexField(f.Fields, m.name)
		if i < 0 {
			return val{}, &EditError{
				Code: "vox/policy/bad-value", Message: fmt.Sprintf("%q is no field of %s", clip(m.name), clip(path)),
				Hint: hints(strings.Join(fieldNames(f.Fields), ", "), nearest(m.name, fieldNames(f.Fields))),
			}
		}
		if out.has(m.name) {
			return val{}, badValue(path, f, "a record that gives "+m.name+" twice", "")
		}
		v, err := fitted(f.Fields[i], path+"."+m.name, m.val)
		if err != nil {
			return val{}, err
		}
		out.fields = append(out.fields, member{m.name, v})
	}
	return out, nil
}

// complete says what a new record lacks.
func complete(f Field, path string, v val) error {
	switch v.shape {
	case isList:
		for i, e := range v.items {
			if err := complete(elementOf(f), fmt.Sprintf("%s[%d]", path, i), e); err != nil {
				return err
			}
		}
	case isRecord:
		for _, need := range f.Fields {
			if need.Required && !v.has(need.Name) {
				return badValue(path, f, "a record without "+need.Name, "")
			}
		}
	}
	return nil
}

// clockFits reports whether s is HH:MM; only what ends may be 24:00.
func clockFits(f Field, s string) bool {
	m, ok := clock(s)
	return ok && (m < dayMinutes || m == dayMinutes && f.Name == fTo)
}

func describe(v val) string {
	switch v.shape {
	case isList:
		return "a list"
	case isRecord:
		return "a record"
	}
	if v.junk != "" {
		return "the string " + inQuotes(v.text)
	}
	return inQuotes(v.text)
}

func inQuotes(s string) string {
	if s == "" {
		return "nothing"
	}
	return strconv.Quote(clip(s))
}

func badValue(path string, f Field, what, near string) error {
	return &EditError{Code: "vox/policy/bad-value", Message: fmt.Sprintf("%s cannot be %s", clip(path), what), Hint: hints(expectedOf(f), near)}
}

func hints(expected, near string) string {
	return Problem{Expected: expected, Nearest: near}.ErrorHint()
}

// expectedOf says what may stand in a field.
func expectedOf(f Field) string {
	switch f.Type {
	case Bool:
		return "true or false"
	case Int:
		return fmt.Sprintf("a whole number from %d to %d", f.Min, f.Max)
	case Decimal:
		return fmt.Sprintf("a number from %s to %s with at most six decimals", micro(f.Min), micro(f.Max))
	case Choice:
		return orList(f.Choices)
	case Clock:
		if f.Name == fTo {
			return "a time from 00:00 to 24:00, as in 07:00"
		}
		return "a time from 00:00 to 23:59, as in 22:00"
	case Texts:
		if len(f.Choices) > 0 {
			return "a list of " + strings.Join(f.Choices, ", ") + "; [] for none"
		}
		return "a list, as in [" + example(f.Name) + "]; [] for none"
	case Records:
		return "a list of records, as in [" + exampleRecord(f) + "]"
	case Record:
		if f.Name == fBusy {
			return "true, false, or a record, as in " + exampleRecord(f)
		}
		return "a record, as in " + exampleRecord(f)
	}
	return "a name or a string"
}

// exampleRecord is a record of the field's kind that could stand there.
func exampleRecord(f Field) string {
	switch f.Name {
	case fSlots:
		return "{ kind: gpu, max_concurrent: 1, weight: 100 }"
	case fOverrides:
		return `{ peer: "alice@aurelia", nsfw_allowed: true }`
	case fHours:
		return `{ days: [mon, fri], from: "22:00", to: "07:00" }`
	case fBusy:
		return "{ cpu_percent: 50, grace_secs: 60 }"
	case fPrices:
		return "{ kind: gpu, usd_per_hour: 0.25 }"
	}
	return "{ … }"
}
