// Package hopper is the one front door for work: what enters gets a priority, and the priority decides what starts next.
//
// Classify reads an intent: its priority, the kind of slot, the models and nodes it names, and how sure that is. Admission
// makes a Rank of it: what a person said comes before the classifier, and where that is unsure, what people set for the
// same words before. Change is the partial order of who may replace what: a developer beats the orchestrator, the
// orchestrator beats a learning policy. Due is the order of starting, in which nobody is overtaken by what was submitted
// Bound later, or more, but for what a developer moved by hand. Board is the state: every item in one list of three, with
// its trail; nothing but its methods moves an item, and whatever they are called with, they do not fail.
//
// Priorities have names and numbers, and either form is read wherever one is asked for: background 1, normal 5, urgent
// 9, on a scale from 1 to 9. Donors compare the numbers (min_priority in donations.vox). The package is pure: no clock,
// no I/O, and the same calls give the same board and the same answers on every machine.
package hopper

import (
	"fmt"
	"strconv"
)

// Priority says how soon work should start: 1 last, 9 first. The zero value is none given.
type Priority uint8

// The priorities with names.
const (
	Background Priority = 1
	Normal     Priority = 5
	Urgent     Priority = 9
)

// ParsePriority reads a name or a number from 1 to 9; the empty text is Normal.
func ParsePriority(s string) (Priority, error) {
	switch s {
	case "background":
		return Background, nil
	case "normal", "":
		return Normal, nil
	case "urgent":
		return Urgent, nil
	}
	n, err := strconv.ParseUint(s, 10, 8)
	if err != nil || n < 1 || n > 9 {
		return 0, fmt.Errorf("a priority is background, normal, urgent, or a number from 1 to 9, not %q", s)
	}
	return Priority(n), nil
}

// String is the name, or the number of a priority without one.
func (p Priority) String() string {
	switch p {
	case Background:
		return "background"
	case Normal:
		return "normal"
	case Urgent:
		return "urgent"
	}
	return strconv.Itoa(int(p))
}
