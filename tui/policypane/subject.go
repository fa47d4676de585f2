package policypane

import "voxmesh/policy"

// changes says in a few words what the edits change, as the subject of a commit.
func (p *Pane) changes() string {
	if p.base == nil || unchanged(p.base, p.now()) {
		return "donations: what this machine gives"
	}
	was := p.of(p.base)
	if !p.doc.Exists {
		was = nil
	}
	return policy.DescribeFiles(was, p.of(p.now()))
}
