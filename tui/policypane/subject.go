package policypane

import (
	"fmt"
	"slices"

	"voxmesh/policy"
)

// changes says in a few words what the edits change, for the suggested commit: the first of it, in the order of the form,
// in our own words.
func (p *Pane) changes() string {
	if p.base == nil || unchanged(p.base, p.top()) {
		return "what this machine gives"
	}
	was, ok := p.of(p.base).Policy()
	now, ok2 := p.of(p.top()).Policy()
	if !ok2 {
		return "unfinished"
	}
	if !ok {
		return "mend what this machine gives"
	}
	for _, s := range now.Slots {
		i := slices.IndexFunc(was.Slots, func(o policy.Slot) bool { return o.Kind == s.Kind })
		switch {
		case i < 0:
			return "give " + s.Kind + " slots"
		case s.MaxConcurrent != was.Slots[i].MaxConcurrent:
			return fmt.Sprintf("%s %s jobs at once", more(s.MaxConcurrent > was.Slots[i].MaxConcurrent), s.Kind)
		case s.Weight != was.Slots[i].Weight:
			return "other weights"
		}
	}
	if len(now.Slots) < len(was.Slots) {
		return "give fewer kinds of slots"
	}
	for _, e := range p.entries {
		a, b := said(p.of(p.base).Find(e.field.Name).Value()), said(p.of(p.top()).Find(e.field.Name).Value())
		if a != b {
			return subjects[e.field.Name]
		}
	}
	return "comments and order"
}

func more(yes bool) string {
	if yes {
		return "more"
	}
	return "fewer"
}

var subjects = map[string]string{
	slots: "other slots", "public_mesh_opt_in": "jobs of the public mesh", nsfw: "NSFW jobs", longest: "how long a job may take",
	"min_priority": "the least priority", "allowed_scopes": "which scopes may run here", "allowed_users": "who may use it",
	"denied_users": "who is refused", "allowed_mesh_networks": "which meshes may send", peers: "settings of single peers",
	hours: "when others may use it", busy: "what happens when I am busy", "commands": "which commands may run",
	"models": "which models may be asked", prices: "what work costs",
}
