package confirm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"voxmesh/audit"
	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/tui/field"
	"voxmesh/tui/theme"
	"voxmesh/tui/verb"
)

// kind is what a field is for.
type kind int

const (
	theID kind = iota
	theReason
	theDeadline // of a drain
	theNode     // of a replay
	thePriority // of an item, which is chosen
	theScope    // whether an item is cancelled, or its batch
)

// longestID is far longer than any id: what is cut there can't become one.
const longestID = 256

// input is one field of the form.
type input struct {
	kind kind
	text field.Text
}

func inputs(name string) []input {
	out := []input{{theID, field.New("", longestID, nil)}, {theReason, field.New("", audit.MaxReasonRunes, nil)}}
	switch name {
	case mesh.ActDrain:
		out = append(out, input{theDeadline, field.New(short(mesh.DefaultDrain), 16, nil)})
	case mesh.ActReplay:
		out = append(out, input{theNode, field.New("", longestID, nil)})
	}
	return out
}

// short writes a duration as it is typed: 30m, 1h30m.
func short(d time.Duration) string {
	s := d.Truncate(time.Second).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func (f *input) step(down bool) {
	d, _ := verb.ParseDeadline(f.text.Value())
	if down {
		f.text.Set(short(max(d-deadlineStep, deadlineStep)))
	} else {
		f.text.Set(short(d + deadlineStep))
	}
}

// next puts the next of some choices into the field.
func (f *input) next(all []string, down bool) {
	if len(all) == 0 {
		return
	}
	i := slices.Index(all, f.text.Value())
	switch {
	case down:
		i++
	case i < 0:
		i = len(all) - 1
	default:
		i += len(all) - 1
	}
	f.text.Set(all[i%len(all)])
}

func trim(s string) string { return strings.TrimSpace(s) }

func (l *Layer) at() kind { return l.fields[l.focus].kind }

func (l *Layer) has(k kind) bool {
	return slices.ContainsFunc(l.fields, func(f input) bool { return f.kind == k })
}

func (l *Layer) value(k kind) string {
	for i := range l.fields {
		if l.fields[i].kind == k {
			return l.fields[i].text.Value()
		}
	}
	return ""
}

// right reports whether all that is asked for is there. Whether it is good enough audit.Confirm decides.
func (l *Layer) right() bool {
	return l.value(theID) == l.target && trim(l.value(theReason)) != "" && l.wrongDetail() == ""
}

// matched is how many letters of the id are typed right, and how many are typed in all.
func (l *Layer) matched() (right, typed int) {
	want, got := []rune(l.target), []rune(l.value(theID))
	for right < len(got) && right < len(want) && got[right] == want[right] {
		right++
	}
	return right, len(got)
}

// says is the line that tells what is missing, or why the act can't be done, and what to do about it.
func (l *Layer) says() ([]string, theme.Style) {
	switch why := l.refuse(); {
	case l.acting != 0:
		return []string{progress[l.name] + " " + l.target + "…"}, theme.In(theme.Waiting)
	case l.err != nil:
		return l.failure(), theme.In(theme.Failed)
	case why != "":
		return []string{"Not now: " + why + "."}, theme.In(theme.Failed)
	}
	st := theme.In(theme.Second)
	if l.asked && !l.right() {
		st = theme.In(theme.Waiting).With(theme.Bold)
	}
	if why := l.wrongDetail(); why != "" && l.value(theID) == l.target && trim(l.value(theReason)) != "" {
		return []string{why}, theme.In(theme.Waiting)
	}
	return []string{l.missing()}, st
}

var progress = map[string]string{
	mesh.ActKill: "Killing", mesh.ActPause: "Pausing", mesh.ActDrain: "Draining", mesh.ActReplay: "Replaying", mesh.ActRevoke: "Revoking",
	mesh.ActReprioritize: "Changing",
}

// failure is the error of the last try and its hint. The command in a hint is the one under it.
func (l *Layer) failure() []string {
	if errors.Is(l.err, context.DeadlineExceeded) {
		return []string{"The host did not answer. Look into Audit whether it was done, before you try again."}
	}
	out := []string{"Not done: " + l.err.Error() + "."}
	if _, hint := fault.Of(l.err); hint != "" {
		out = append(out, hint)
	}
	return out
}

func (l *Layer) missing() string {
	right, typed := l.matched()
	whole := utf8.RuneCountInString(l.target)
	id := ""
	switch {
	case typed == 0:
		id = "Waiting for the id."
	case right < typed && right < whole:
		id = fmt.Sprintf("Not the id: letter %d is another one.", right+1)
	case right < typed:
		id = "Not the id: " + letters(typed-whole) + " too many."
	case right < whole:
		id = "Waiting for the id: " + letters(whole-right) + " more."
	}
	switch reason := trim(l.value(theReason)); {
	case id != "" && reason != "":
		return id + " The reason is there."
	case id != "":
		return id + " The reason is missing."
	case reason == "":
		return "The id is right. Waiting for the reason."
	case l.at() == theID:
		return "Both are right. enter goes to the reason, and there it acts."
	}
	return "Both are right: enter acts."
}

func letters(n int) string {
	if n == 1 {
		return "1 letter"
	}
	return fmt.Sprintf("%d letters", n)
}

// wrongDetail says what is wrong with the third field.
func (l *Layer) wrongDetail() string {
	if why := l.unchanged(); why != "" {
		return why
	}
	if l.has(theDeadline) {
		if _, ok := verb.ParseDeadline(l.value(theDeadline)); !ok {
			return "The deadline is a time like 30m or 1h30m, at most 168h."
		}
	}
	if !l.has(theNode) {
		return ""
	}
	name := trim(l.value(theNode))
	if name == "" {
		if left := verb.NeedsNode(l.s, l.on); left != "" {
			return "It asked for " + left + ", which is no longer in the mesh: name another node."
		}
		return ""
	}
	labelled := 0
	for _, n := range l.s.World.State.Nodes() {
		if n.ID == name {
			return ""
		}
		if n.Label == name {
			labelled++
		}
	}
	if labelled == 1 {
		return ""
	}
	return "There is no such node: ↑ ↓ choose one."
}
