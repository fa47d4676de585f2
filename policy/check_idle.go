package policy

import (
	"fmt"
	"slices"

	"voxmesh/policy/syntax"
)

// idle notes what has no effect because of another setting.
func (c *checker) idle() {
	c.idleSlots()
	c.idleUsers()
	c.idleOverrides()
	for i, w := range c.p.ActiveHours {
		if isEmpty(w.Days) && len(c.p.ActiveHours) > 1 {
			c.noEffect(nth(c.n.Field(fHours).Value(), i), "active_hours[%d] has no effect: it names no day", i)
		}
	}
	for i, p := range c.p.Prices {
		if p.PerHour == nil && p.PerMillionTokens == nil {
			continue // said
		}
		if len(c.p.Slots) > 0 && !slices.ContainsFunc(c.p.Slots, func(s Slot) bool { return s.Kind == p.Kind }) {
			c.noEffect(nth(c.n.Field(fPrices).Value(), i), "prices[%d] has no effect: there is no slot for %s", i, p.Kind)
		}
	}
}

func (c *checker) noEffect(n syntax.Node, format string, args ...any) {
	if c.f.full() { // writing it costs
		c.f.unsaid++
		return
	}
	c.say(SeverityNote, n, "no-effect", fmt.Sprintf(format, args...), "", "")
}

// nth is an element of a list.
func nth(list syntax.Node, i int) syntax.Node {
	for e := range list.Children() {
		if i--; i < 0 {
			return e
		}
	}
	return syntax.Node{}
}

func (c *checker) idleSlots() {
	if !c.noModels() {
		return
	}
	for i, s := range c.p.Slots {
		if asksModels(s.Kind) {
			c.noEffect(nth(c.n.Field(fSlots).Value(), i), "slots[%d] has no effect: it is for %s, and %s gives no model", i, s.Kind, c.on(fModels))
		}
	}
}

func (c *checker) idleUsers() {
	if len(c.denied) == 0 {
		return
	}
	c.each(c.n.Field(fUsers).Value(), func(e syntax.Node, s string, _ int) {
		if c.denies(s) {
			c.noEffect(e, "%q has no effect here: %s refuses it", clip(s), c.on(fDenied))
		}
	})
}

// idleOverrides notes overrides of those who may not come at all, and settings that a later override gives again.
func (c *checker) idleOverrides() {
	if len(c.p.Overrides) == 0 {
		return
	}
	allowed := set(c.p.AllowedUsers)
	nodes := make([]syntax.Node, 0, len(c.p.Overrides))
	for e := range c.n.Field(fOverrides).Value().Children() {
		nodes = append(nodes, e)
	}
	later := make(map[string]int, len(nodes)) // the first after this one, by peer
	var last [][3]int                         // by that: which override gives each setting last, from 1
	for i := min(len(nodes), len(c.p.Overrides)) - 1; i >= 0; i-- {
		o := &c.p.Overrides[i]
		switch {
		case meshOf(o.Peer) == "": // said
			continue
		case len(c.denied) > 0 && c.denies(o.Peer):
			c.noEffect(nodes[i], "an override for %q has no effect: %s refuses it", clip(o.Peer), c.on(fDenied))
			continue
		case c.p.AllowedUsers != nil && !allowed[o.Peer]:
			c.noEffect(nodes[i], "an override for %q has no effect: it is not in %s", clip(o.Peer), c.on(fUsers))
			continue
		}
		k, ok := later[o.Peer]
		if !ok {
			k, last = len(last), append(last, [3]int{})
			later[o.Peer] = k
		}
		for j, f := range [...]struct {
			name  string
			there bool
		}{{fNSFW, o.NSFWAllowed != nil}, {fMinPrio, o.MinPriority != nil}, {fMaxConc, o.MaxConcurrent != nil}} {
			switch {
			case !f.there:
			case last[k][j] == 0:
				last[k][j] = i + 1
			case c.f.full():
				c.f.unsaid++
			default:
				again := nodes[last[k][j]-1].Field(f.name)
				c.noEffect(nodes[i].Field(f.name), "%s has no effect: for %q it is given again on line %d", f.name, clip(o.Peer), again.Line())
			}
		}
	}
}
