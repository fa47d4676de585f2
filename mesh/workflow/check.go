package workflow

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"voxmesh/mesh/privacy"
)

// checker looks at what a workflow says as a whole, wherever it comes from.
type checker struct {
	w     *Workflow
	src   source
	at    map[string]int
	names []string
	vague bool // some names could not be read
	wrong bool // there is an error
}

// check says all that is wrong with w.
func check(w *Workflow, src source) {
	c := &checker{w: w, src: src, at: w.index(), vague: src.blurred()}
	c.workflow()
	for i := range w.Activities {
		c.name(i)
	}
	for i := range w.Activities {
		c.activity(i)
		c.references(i)
		c.needs(i)
		c.conditions(i)
	}
	c.cycles()
	if !c.wrong {
		c.never()
	}
}

func (c *checker) say(severity string, s spot, code, message, expected string, like func() string) {
	c.wrong = c.wrong || severity == severityError
	c.src.say(s, remark{severity, code, message, expected, like})
}

func (c *checker) fail(s spot, code, expected, format string, args ...any) {
	c.say(severityError, s, code, fmt.Sprintf(format, args...), expected, nil)
}

const nameForm = "a letter and then letters, digits and -, all small, at most 32"

func (c *checker) workflow() {
	self := spot{act: -1}
	if !goodName(c.w.Name) && (c.w.Name != "" || c.src.compiled()) { // of a block without a name that was said
		c.say(severityError, self, "bad-name", fmt.Sprintf("%q is no name of a workflow", clip(c.w.Name)), nameForm, nil)
	}
	if p := c.w.Priority; c.src.has(-1, fPriority) && p != "" && !goodRank(p) {
		c.say(severityError, spot{act: -1, field: fPriority}, "unknown-priority", fmt.Sprintf("%q is no priority", clip(p)),
			orList(ranks)+", or a number from 1 to 9", func() string { return nearest(p, ranks) })
	}
	switch n := len(c.w.Activities); {
	case n == 0 && !c.vague:
		c.fail(self, "empty", "activities: [ { name: …, runner: … } ]", "the workflow %s has no activities", clip(c.w.Name))
	case n > MaxActivities:
		c.fail(self, "too-many", "", "a workflow has at most %d activities", MaxActivities)
	}
}

// goodRank reports whether s is a priority, as the hopper reads it.
func goodRank(s string) bool {
	n, err := strconv.Atoi(s)
	return slices.Contains(ranks, s) || err == nil && n >= 1 && n <= 9
}

func (c *checker) name(i int) {
	a := &c.w.Activities[i]
	self := spot{act: i}
	switch {
	case a.Name == "" && !c.src.has(i, fName):
		c.vague = true
		c.fail(self, "missing-field", "name: NAME", "this activity has no name")
	case a.Name == "": // why was said
		c.vague = true
	case !goodName(a.Name):
		c.fail(self, "bad-name", nameForm, "%q is no name of an activity", clip(a.Name))
	case c.at[a.Name] != i:
		c.fail(self, "duplicate-name", "another name", "there is already an activity %s on line %d", a.Name, c.w.Activities[c.at[a.Name]].Line)
	default:
		c.names = append(c.names, a.Name)
	}
}

// activity looks at the fields of one, each for itself.
func (c *checker) activity(i int) {
	a := &c.w.Activities[i]
	at := func(field string) spot { return spot{act: i, field: field} }
	switch {
	case a.Runner == "" && !c.src.has(i, fRunner):
		c.fail(spot{act: i}, "missing-field", "runner: "+orList(runners), "%s does not say what carries it out", c.called(i))
	case !slices.Contains(runners, a.Runner):
		if a.Runner != "" { // else why was said
			c.say(severityError, at(fRunner), "unknown-runner", fmt.Sprintf("there is no runner %q", clip(a.Runner)), orList(runners), func() string { return nearest(a.Runner, runners) })
		}
	default:
		c.forRunner(i, a)
	}
	c.outside(i, a)
	if a.Retry < 0 || a.Retry > MaxRetry {
		c.fail(at(fRetry), "out-of-range", fmt.Sprintf("a whole number from 0 to %d", MaxRetry), "retry goes from 0 to %d", MaxRetry)
	}
	if t := a.Timeout; t != 0 && (t < time.Second || t > maxTimeoutSecs*time.Second || t%time.Second != 0) {
		c.fail(at(fTimeout), "out-of-range", fmt.Sprintf("a whole number from 1 to %d", maxTimeoutSecs), "timeout_secs goes from 1 to %d", maxTimeoutSecs)
	}
	if a.Runner == "command" && c.w.ClassOf(a) == privacy.LocalOnly {
		c.fail(at(fRunner), "local-command", "a wider class, or another runner", "%s is local-only: it stays on the host, which runs no commands", c.called(i))
	}
	if len(a.Needs) > MaxActivities || len(a.When) > maxConditions || len(a.Args) > maxArgs {
		c.fail(spot{act: i}, "too-many", "", "%s has too many needs, conditions or arguments", c.called(i))
	}
	if len(a.Each) > MaxFanOut {
		c.fail(spot{act: i, field: fEach, i: -1}, "too-many", "", "each has more than %d elements", MaxFanOut)
	}
	size := 0
	for _, s := range a.Args {
		size += len(s)
	}
	if size > maxArgBytes {
		c.fail(spot{act: i, field: fArgs, i: -1}, "too-large", "", "the arguments have %d bytes; at most %d are taken", size, maxArgBytes)
	}
}

// called names an activity in a message.
func (c *checker) called(i int) string {
	if n := c.w.Activities[i].Name; n != "" {
		return clip(n)
	}
	return fmt.Sprintf("activities[%d]", i)
}

// forRunner looks for fields that the runner needs, and for those that it has no use for.
func (c *checker) forRunner(i int, a *Activity) {
	for _, f := range activityFields {
		switch {
		case f.runners == nil:
		case !slices.Contains(f.runners, a.Runner):
			if c.src.has(i, f.name) {
				c.fail(spot{act: i, field: f.name}, "forbidden-field", "runner: "+orList(f.runners), "%s is not for the runner %s", f.name, a.Runner)
			}
		case f.required && !c.src.has(i, f.name):
			c.fail(spot{act: i}, "missing-field", f.name+": …", "%s needs a %s: its runner is %s", c.called(i), f.name, a.Runner)
		}
	}
	if kinds := kindsOf(a.Runner); a.Kind != "" && !slices.Contains(kinds, a.Kind) {
		c.say(severityError, spot{act: i, field: fKind}, "unknown-kind", fmt.Sprintf("a slot %q takes no %s jobs", clip(a.Kind), a.Runner), orList(kinds),
			func() string { return nearest(a.Kind, kinds) })
	}
}

// outside looks at the fields that name things outside the workflow.
func (c *checker) outside(i int, a *Activity) {
	for _, f := range []string{fModule, fCommand, fModel, fOn, fScope} {
		s, at := *a.scalar(f), spot{act: i, field: f}
		switch {
		case s == "":
		case strings.Contains(s, "${"):
			c.fail(at, "bad-reference", "a name that is written out", "%s holds no references: what runs where is known before", f)
		case f == fModule:
			if why := c.badModule(s); why != "" {
				c.fail(at, "bad-path", "a path beside the file, as in tools/split.wasm, or blob:HASH", "the module %q %s", clip(s), why)
			}
		case f == fCommand || f == fScope:
			if !goodWord(s) {
				c.fail(at, "bad-name", "letters, digits and . _ + -, at most 64", "%q cannot stand in %s", clip(s), f)
			}
		case len(s) > maxText || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }):
			c.fail(at, "bad-name", fmt.Sprintf("at most %d characters that can be seen", maxText), "%q cannot stand in %s", clip(s), f)
		}
	}
}

// goodWord reports whether s can name a program or a scope, as hosts and donors take them.
func goodWord(s string) bool {
	return s != "" && len(s) <= maxWord && s[0] != '.' && s[0] != '-' && strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._+-", r)
	}) < 0
}

const blobPrefix = "blob:"

// badModule says why s is no module. A path stays beside the file: a workflow that came from somewhere else must not send
// out what else is on this machine.
func (c *checker) badModule(s string) string {
	hash, blob := strings.CutPrefix(s, blobPrefix)
	switch {
	case c.src.compiled() && !goodHash(s), blob && !goodHash(hash):
		return "is not named by 64 hex digits"
	case c.src.compiled() || blob:
		return ""
	case len(s) > maxPath:
		return "is too long"
	case strings.ContainsAny(s, `\:`) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }):
		return "has characters that a path here cannot have"
	case path.IsAbs(s) || path.Clean(s) != s || s == "." || s == ".." || strings.HasPrefix(s, "../"):
		return "is not a plain path below the folder of the file"
	}
	return ""
}

func goodHash(s string) bool { return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == "" }
