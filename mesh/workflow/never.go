package workflow

import (
	"fmt"
	"slices"
)

// ends is a set of the ways in which an activity can end.
type ends uint8

const (
	endSucceeded ends = 1 << iota
	endFailed         // failed, timed out, killed, or could not run
	endSkipped
	endAny = endSucceeded | endFailed | endSkipped
)

// allows gives the ends of its activity with which a condition can hold.
func (c *Condition) allows() ends {
	if c.Is == "" {
		return endSucceeded
	}
	set := map[string]ends{isSucceeded: endSucceeded, isFailed: endFailed, isSkipped: endSkipped, isEnded: endAny}[c.Is]
	if c.Not {
		set = endAny &^ set
	}
	return set
}

// asksFailure reports whether the condition holds for an activity that failed, and not for one that succeeded: whoever
// asks so takes care of the failure.
func (c *Condition) asksFailure() bool { return c.allows()&(endSucceeded|endFailed) == endFailed }

// wanted gives the ends of one that is waited for with which a could run, by all that its conditions say of it.
func (a *Activity) wanted(name string) ends {
	set, spoken := endAny, false
	for _, w := range a.When {
		if w.Of == name {
			set &= w.allows()
			spoken = true
		}
	}
	if !spoken {
		return endSucceeded
	}
	return set
}

// never warns of activities that cannot run, whatever happens.
func (c *checker) never() {
	edges := c.w.edges(c.at)
	can := make([]ends, len(edges)) // how each can end
	for _, i := range order(edges) {
		a := &c.w.Activities[i]
		runs := true
		for _, j := range edges[i] {
			name := c.w.Activities[j].Name
			want := a.wanted(name)
			if want&can[j] == 0 {
				runs = false
				c.neverRuns(i, j)
			}
			if can[j]&^want != 0 || c.asksText(a, name) {
				can[i] |= endSkipped
			}
		}
		if k := contradiction(a.When); runs && k >= 0 {
			runs = false
			c.say(severityWarning, spot{act: i, field: fWhen, i: k}, "never-runs", fmt.Sprintf("%s can never run: what its conditions want of %s cannot be", c.called(i), a.When[k].Of), "", nil)
		}
		if runs {
			can[i] |= endSucceeded | endFailed
		} else {
			can[i] = endSkipped
		}
	}
}

// neverRuns says why i cannot run: what it wants of j does not happen.
func (c *checker) neverRuns(i, j int) {
	of := c.w.Activities[j].Name
	why, at := of+" cannot either", c.waits(i, of)
	if k := slices.IndexFunc(c.w.Activities[i].When, func(w Condition) bool { return w.Of == of }); k >= 0 {
		why, at = "what its conditions want of "+of+" cannot be", spot{act: i, field: fWhen, i: k}
	}
	c.say(severityWarning, at, "never-runs", fmt.Sprintf("%s can never run: %s", c.called(i), why), "", nil)
}

// asksText reports whether a condition asks for what an activity says.
func (c *checker) asksText(a *Activity, name string) bool {
	return slices.ContainsFunc(a.When, func(w Condition) bool { return w.Of == name && w.Is == "" })
}

// contradiction finds a condition that asks for another text of an activity than one before it; -1 is none.
func contradiction(when []Condition) int {
	for k, w := range when {
		if w.Is != "" || len(refsIn(w.Says)) > 0 {
			continue
		}
		for _, v := range when[:k] {
			if v.Of != w.Of || v.Is != "" || len(refsIn(v.Says)) > 0 {
				continue
			}
			if same := trimmed(v.Says) == trimmed(w.Says); !v.Not && !w.Not && !same || v.Not != w.Not && same {
				return k
			}
		}
	}
	return -1
}
