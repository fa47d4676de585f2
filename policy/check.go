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
	if sum := weights(p.Slots); len(p.Slots) > 0 && sum != 100 {
		d.say(SeverityNote, n.Field(fSlots), "weights", fmt.Sprintf("the weights sum to %d, not to 100", sum), "", "")
	}
	if p.MinPriority > urgent {
		d.say(SeverityNote, n.Field(fMinPrio).Value(), "above-urgent", fmt.Sprintf("min_priority %d is above urgent, which is %d: jobs with a named priority are all refused", p.MinPriority, urgent), "", "")
	}
	if why := p.forbidsAll(); len(why) > 0 {
		start, _ := n.NameSpan()
		d.f.add(problemAt{SeverityWarning, "never-accepts", start, "this policy accepts nothing: " + strings.Join(why, "; "), "", ""})
	}
}

func weights(slots []Slot) int {
	sum := 0
	for _, s := range slots {
		sum += s.Weight
	}
	return sum
}

// forbidsAll names the settings of which each alone refuses every job.
func (p *Policy) forbidsAll() []string {
	var why []string
	if len(p.Slots) == 0 {
		why = append(why, "slots is empty")
	}
	if p.ActiveHours != nil && len(p.ActiveHours) == 0 {
		why = append(why, "active_hours is empty")
	}
	for _, l := range []struct {
		name string
		list []string
	}{{fScopes, p.AllowedScopes}, {fUsers, p.AllowedUsers}, {fMeshes, p.AllowedMeshNetworks}} {
		if l.list != nil && len(l.list) == 0 {
			why = append(why, l.name+" is empty")
		}
	}
	if len(p.AllowedUsers) > 0 && p.noneIsFree() {
		why = append(why, "denied_users has everyone of allowed_users, or they name no mesh")
	}
	return why
}

// noneIsFree reports whether each of the allowed users can never come or is denied. The lists may be long.
func (p *Policy) noneIsFree() bool {
	denied := make(map[string]bool, len(p.DeniedUsers))
	for _, u := range p.DeniedUsers {
		denied[u] = true
	}
	return !slices.ContainsFunc(p.AllowedUsers, func(u string) bool {
		return strings.Contains(u, "@") && !denied[u] && !denied[bareName(u)]
	})
}

// bareName is the user of a name such as alice@aurelia. The mesh is what follows the last @: it is the part that this
// machine gives, and what comes before it is what a host claims.
func bareName(user string) string {
	if i := strings.LastIndexByte(user, '@'); i >= 0 {
		return user[:i]
	}
	return user
}
