package workflow

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"
)

// Summary says in one line what an activity is: "wasm render.wasm, each of split.parts, 2 retries". It is safe on a
// terminal.
func (a *Activity) Summary() string {
	does := a.Runner
	switch what := cmp.Or(a.Module, a.Command, a.Model); {
	case goodHash(strings.TrimPrefix(what, blobPrefix)):
		does += " " + strings.TrimPrefix(what, blobPrefix)[:8]
	case what != "":
		does += " " + what
	}
	says := []string{does}
	add := func(is bool, format string, args ...any) {
		if is {
			says = append(says, fmt.Sprintf(format, args...))
		}
	}
	add(a.Each != nil, "each of %d", len(a.Each))
	add(a.EachOf != "", "each of %s", strings.TrimSuffix(strings.TrimPrefix(a.EachOf, "${"), "}"))
	for _, c := range a.When {
		add(true, "when %s", c)
	}
	add(a.Retry == 1, "1 retry")
	add(a.Retry > 1, "%d retries", a.Retry)
	add(a.Timeout > 0, "at most %s", short(a.Timeout))
	add(a.On != "", "on %s", a.On)
	add(a.NSFW, "NSFW")
	return safeText(strings.Join(says, ", "))
}

// String says what a condition asks: "lint failed", "ask says \"yes\"".
func (c Condition) String() string {
	not := ""
	if c.Not {
		not = "not "
	}
	if c.Is == "" {
		return fmt.Sprintf("%s %ssays %q", c.Of, not, clip(c.Says))
	}
	return fmt.Sprintf("%s %s%s", c.Of, not, c.Is)
}

// short writes a duration without the units that are zero.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// WriteProblems writes all that is to be said of the file for people, as Problem.Format does, each with its line end.
func (f *File) WriteProblems(w io.Writer) error {
	for _, p := range f.Problems {
		if _, err := fmt.Fprintln(w, p.Format()); err != nil {
			return fmt.Errorf("write the problems of %s: %w", safeText(f.Name), err)
		}
	}
	return nil
}
