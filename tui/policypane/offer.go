package policypane

import (
	"fmt"
	"slices"
	"strings"

	"voxmesh/policy"
)

// offer makes an edit of each kind of slot that a mesh asks for and that is not given: one job at a time, with what the
// others leave of the weight. Nothing is written by it.
func (p *Pane) offer() {
	kinds := p.asked
	p.asked = nil
	gives, ok := p.of(p.base).Policy()
	if !ok || p.s.Refuse() != "" {
		return
	}
	left := policy.MaxWeight
	for _, s := range gives.Slots {
		left -= s.Weight
		kinds = slices.DeleteFunc(slices.Clone(kinds), func(k string) bool { return k == s.Kind })
	}
	kinds = slices.DeleteFunc(slices.Clone(kinds), func(k string) bool { return !slices.Contains(policy.Kinds(), k) })
	field, _ := policy.Lookup(slots)
	for i, k := range kinds {
		weight := max(left, 0) / (len(kinds) - i)
		left -= weight
		if why := p.edit(op{
			what: set, path: slots + "[]", field: field,
			value: fmt.Sprintf("{ kind: %s, max_concurrent: 1, weight: %d }", k, weight),
		}); why != "" {
			p.says = why
			return
		}
	}
	if len(kinds) > 0 {
		p.says = "the mesh asks for " + strings.Join(kinds, ", ") + "   W gives it   Z does not"
	}
}
