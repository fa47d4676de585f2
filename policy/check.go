package policy

import (
	"fmt"
	"slices"
	"strings"

	"voxmesh/policy/syntax"
)

// check says what is strange about a policy as a whole.
func (d *decoder) check(n syntax.Node, p *Policy) {
	if d.errors > 0 || d.f.broken {
		return // first things first
	}
	if sum := weights(p.Slots); len(p.Slots) > 0 && sum != MaxWeight {
		d.say(SeverityNote, n.Field(fSlots), "weights", fmt.Sprintf("the weights sum to %d, not to %d", sum, MaxWeight), "", "")
	}
	c := checker{decoder: d, n: n, p: p, denied: set(p.DeniedUsers)}
	why := slices.Concat(c.work(), c.lists(), c.peers())
	for _, w := range why {
		at, _ := n.NameSpan()
		if f := n.Field(w.field); f.Valid() {
			at, _ = f.Span()
		}
		d.f.add(problemAt{SeverityWarning, "never-accepts", at, "this policy accepts nothing: " + w.why, "", ""})
	}
	c.urgency(why)
	c.idle()
}

func weights(slots []Slot) int {
	sum := 0
	for _, s := range slots {
		sum += s.Weight
	}
	return sum
}

// checker looks at the settings of a sound policy together.
type checker struct {
	*decoder
	n      syntax.Node
	p      *Policy
	denied map[string]bool
}

// never is why nothing can be accepted; the field is where to show it.
type never struct{ field, why string }

// on names settings with their lines: "allowed_users on line 8 and denied_users on line 9".
func (c *checker) on(fields ...string) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = f
		if line := c.n.Field(f).Line(); line > 0 {
			parts[i] = fmt.Sprintf("%s on line %d", f, line)
		}
	}
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

// work looks at what is given: slots, the models without which some are no use, the hours.
func (c *checker) work() []never {
	var all []never
	p := c.p
	switch {
	case len(p.Slots) == 0 && c.n.Field(fSlots).Valid():
		all = append(all, never{fSlots, c.on(fSlots) + " is empty, which alone forbids everything"})
	case len(p.Slots) == 0:
		all = append(all, never{fSlots, "there is no field slots, which alone forbids everything"})
	case c.noModels() && !slices.ContainsFunc(p.Slots, func(s Slot) bool { return !asksModels(s.Kind) }):
		all = append(all, never{fSlots, c.on(fSlots, fModels) + " together forbid everything: all slots are for models, and none is given"})
	}
	switch {
	case p.ActiveHours == nil:
	case len(p.ActiveHours) == 0:
		all = append(all, never{fHours, c.on(fHours) + " is empty, which alone forbids everything"})
	case !slices.ContainsFunc(p.ActiveHours, func(w Window) bool { return !isEmpty(w.Days) }):
		all = append(all, never{fHours, c.on(fHours) + " names no day, which alone forbids everything"})
	}
	return all
}

func (c *checker) noModels() bool { return isEmpty(c.p.Models) }

// isEmpty reports whether a list is there and has nothing: it allows none, where no list allows any.
func isEmpty(list []string) bool { return list != nil && len(list) == 0 }

// asksModels reports whether the jobs of a kind ask models.
func asksModels(kind string) bool { return kind == "text" || kind == "embed" }

// lists looks for lists that allow nobody.
func (c *checker) lists() []never {
	var all []never
	for _, l := range []struct {
		name string
		list []string
	}{{fScopes, c.p.AllowedScopes}, {fUsers, c.p.AllowedUsers}, {fMeshes, c.p.AllowedMeshNetworks}} {
		if isEmpty(l.list) {
			all = append(all, never{l.name, c.on(l.name) + " is empty, which alone forbids everything"})
		}
	}
	return all
}

// urgency notes a least priority that no job has, where it does not forbid everything: that was said.
func (c *checker) urgency(said []never) {
	if c.p.MinPriority > urgent && !slices.ContainsFunc(said, func(w never) bool { return strings.Contains(w.why, fMinPrio) }) {
		c.say(SeverityNote, c.n.Field(fMinPrio).Value(), "above-urgent",
			fmt.Sprintf("min_priority %d is above %d, the highest of a job: only peers with an override that lowers it can send any", c.p.MinPriority, urgent), "", "")
	}
	i := 0
	for e := range c.n.Field(fOverrides).Value().Children() {
		if i >= len(c.p.Overrides) {
			break
		}
		if o := c.p.Overrides[i]; o.MinPriority != nil && *o.MinPriority > urgent {
			c.say(SeverityNote, e.Field(fMinPrio).Value(), "above-urgent",
				fmt.Sprintf("min_priority %d is above %d, the highest of a job: all jobs of %q are refused", *o.MinPriority, urgent, clip(o.Peer)), "", "")
		}
		i++
	}
}

// bareName is the user of a name such as alice@aurelia. The mesh is what follows the last @: it is the part that this
// machine gives, and what comes before it is what a host claims.
func bareName(user string) string {
	if i := strings.LastIndexByte(user, '@'); i >= 0 {
		return user[:i]
	}
	return user
}

// meshOf is the mesh of a name such as alice@aurelia, or empty.
func meshOf(user string) string { return strings.TrimPrefix(user[len(bareName(user)):], "@") }
