package workflow

import (
	"fmt"
	"slices"
	"strings"

	"voxmesh/mesh/privacy"
)

// references looks at all ${…} of an activity.
func (c *checker) references(i int) {
	a := &c.w.Activities[i]
	refs := 0
	a.texts(func(field string, k int, s string) {
		if !strings.Contains(s, "${") {
			return
		}
		parts, bad := cut(s)
		for _, b := range bad {
			c.say(severityError, spot{i, field, k, b.off}, "bad-reference", b.message, b.expected, nil)
		}
		for _, p := range parts {
			if p.ref == nil {
				continue
			}
			if refs++; refs == maxRefs+1 {
				c.fail(spot{i, field, k, p.ref.off}, "too-many", "", "%s has more than %d references", c.called(i), maxRefs)
			}
			if refs > maxRefs {
				return
			}
			c.reference(i, a, field, spot{i, field, k, p.ref.off}, p.ref)
		}
	})
	if a.EachOf != "" {
		parts, bad := cut(a.EachOf)
		if len(bad) == 0 && (len(parts) != 1 || parts[0].ref == nil || parts[0].ref.kind != refParts || parts[0].ref.part >= 0) {
			c.fail(spot{act: i, field: fEach}, "wrong-type", `a list, or one reference to a list, as in "${split.parts}"`, "each is %q, which is no list", clip(a.EachOf))
		}
	}
	if a.Each != nil && len(a.Each) == 0 {
		c.say(severityWarning, spot{act: i, field: fEach, i: -1}, "no-effect", fmt.Sprintf("each is empty: nothing of %s runs", c.called(i)), "", nil)
	}
}

func (c *checker) reference(i int, a *Activity, field string, at spot, r *reference) {
	if r.kind == refItem || r.kind == refIndex {
		switch {
		case !a.Fanned():
			c.fail(at, "outside-fan-out", "each: [ … ] in the activity", "${%s} stands for an element of a list, and %s has no each", r, c.called(i))
		case field == fEach || field == fSays:
			c.fail(at, "outside-fan-out", "a reference to another activity", "${%s} has no meaning in %s, which is asked once for all elements", r, field)
		}
		return
	}
	if !c.known(i, at, r.of) {
		return
	}
	of := &c.w.Activities[c.at[r.of]]
	switch {
	case r.at >= 0 && !of.Fanned():
		c.fail(at, "not-fan-out", fmt.Sprintf("${%s.output}, or a part of it: ${%s.parts[%d]}", r.of, r.of, r.at), "%s has no each, so there is no %s[%d]", r.of, r.of, r.at)
	case r.at >= 0 && of.Each != nil && r.at >= len(of.Each):
		c.fail(at, "no-element", elementRange(r.of, len(of.Each)), "the list of %s has %s", r.of, count(len(of.Each), "element"))
	}
	c.leak(at, i, r.of)
	c.nothingSaid(at, a, r)
}

// elementRange says which elements of a fan-out there are.
func elementRange(of string, n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s[0] to %s[%d]", of, of, n-1)
}

// known reports whether a name is that of another activity, and says so if it is not.
func (c *checker) known(i int, at spot, name string) bool {
	j, ok := c.at[name]
	switch {
	case ok && j == i:
		c.fail(at, "self-reference", "another activity", "%s cannot wait for itself", c.called(i))
		return false
	case !ok:
		if !c.vague {
			c.say(severityError, at, "unknown-activity", fmt.Sprintf("there is no activity %q in this workflow", clip(name)), c.others(i), func() string { return nearest(name, c.besides(i)) })
		}
		return false
	}
	return true
}

// besides gives the names of all activities but one.
func (c *checker) besides(i int) []string {
	return slices.DeleteFunc(slices.Clone(c.names), func(n string) bool { return n == c.w.Activities[i].Name })
}

// others names the activities that could be meant, where they are few.
func (c *checker) others(i int) string {
	const few = 5
	if len(c.names) > few+1 {
		return "the name of an activity"
	}
	return orList(c.besides(i))
}

// leak says that what an activity gives would travel further than it may.
func (c *checker) leak(at spot, i int, of string) {
	from, to := c.w.ClassOf(&c.w.Activities[c.at[of]]), c.w.ClassOf(&c.w.Activities[i])
	if to.Wider(from) {
		c.fail(at, "class-leak", fmt.Sprintf("privacy: %s for %s, or a wider class for %s", from, c.called(i), of),
			"the output of %s is %s and may not go into %s, which is %s", of, from.Badge(), c.called(i), to.Badge())
	}
}

// nothingSaid warns of a reference to what is empty whenever it is asked for.
func (c *checker) nothingSaid(at spot, a *Activity, r *reference) {
	if of := c.w.Activities[c.at[r.of]]; of.Fanned() {
		return // some of its elements may have succeeded
	}
	for _, w := range a.When {
		if w.Of == r.of && w.asksFailure() {
			c.say(severityWarning, at, "no-effect", fmt.Sprintf("${%s} is always empty here: %s runs only where %s did not succeed", r, clip(a.Name), r.of), "", nil)
			return
		}
	}
}

func (c *checker) needs(i int) {
	a := &c.w.Activities[i]
	for k, n := range a.Needs {
		at := spot{act: i, field: fNeeds, i: k}
		if c.known(i, at, n) && slices.Contains(a.Needs[:k], n) {
			c.say(severityWarning, at, "no-effect", n+" is there twice", "", nil)
		}
	}
}

func (c *checker) conditions(i int) {
	for k, w := range c.w.Activities[i].When {
		if w.Is != "" && !slices.Contains(outcomes, w.Is) {
			c.say(severityError, spot{act: i, field: fIs, i: k}, "unknown-outcome", fmt.Sprintf("no activity ends as %q", clip(w.Is)), orList(outcomes),
				func() string { return nearest(w.Is, outcomes) })
		}
		if at := (spot{act: i, field: fOf, i: k}); c.known(i, at, w.Of) && w.Is == "" {
			c.leak(spot{act: i, field: fSays, i: k}, i, w.Of)
		}
	}
}

// cycles says of activities that wait for themselves.
func (c *checker) cycles() {
	edges := c.w.edges(c.at)
	stage := stages(edges)
	told := make(map[int]bool)
	for i := range edges {
		if stage[i] >= 0 || told[i] {
			continue
		}
		path := cycle(edges, i)
		if path == nil {
			continue
		}
		names := make([]string, len(path))
		for k, j := range path {
			names[k], told[j] = c.called(j), true
		}
		next := c.w.Activities[path[1%len(path)]].Name
		c.fail(c.waits(i, next), "cycle", "", "%s waits for itself: %s → %s", names[0], cycleNames(names), names[0])
	}
}

// cycleNames writes a cycle; of a very long one the ends.
func cycleNames(names []string) string {
	const most = 20
	if len(names) > most {
		return strings.Join(names[:most/2], " → ") + " → … → " + strings.Join(names[len(names)-most/2:], " → ")
	}
	return strings.Join(names, " → ")
}

// waits finds where an activity says that it waits for another.
func (c *checker) waits(i int, name string) spot {
	a := &c.w.Activities[i]
	if k := slices.Index(a.Needs, name); k >= 0 {
		return spot{act: i, field: fNeeds, i: k}
	}
	found := spot{act: i}
	a.texts(func(field string, k int, s string) {
		for _, r := range refsIn(s) {
			if found.field == "" && r.of == name {
				found = spot{i, field, k, r.off}
			}
		}
	})
	if k := slices.IndexFunc(a.When, func(w Condition) bool { return w.Of == name }); found.field == "" && k >= 0 {
		return spot{act: i, field: fOf, i: k}
	}
	return found
}

// Widest is the widest class of the activities.
func (w *Workflow) Widest() privacy.Class {
	widest := privacy.LocalOnly
	for i := range w.Activities {
		if c := w.ClassOf(&w.Activities[i]); c.Wider(widest) {
			widest = c
		}
	}
	return widest
}

// count writes "1 element", "2 elements".
func count(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case strings.HasSuffix(what, "y"):
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(what, "y"))
	}
	return fmt.Sprintf("%d %ss", n, what)
}
