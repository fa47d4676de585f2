package worker

import (
	"errors"
	"fmt"
	"slices"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/fabric"
	"voxmesh/mesh/fault"
	"voxmesh/policy"
)

// Bounds on what a report says of a policy; a host reads no more.
const (
	commandsMost = 64
	noteMost     = 160
)

// describeTerms adds what the policy says beside its slots: programs, models, prices.
func (a *Agent) describeTerms(d *fabric.Describe, p policy.Policy) {
	a.describeCommands(d, p)
	if p.Models != nil && len(d.Models) > 0 {
		d.Models = slices.DeleteFunc(slices.Clone(d.Models), func(m fabric.Model) bool { return !p.GivesModel(m.Name) })
		if len(d.Models) == 0 {
			d.ModelsNote = "its policy gives none of its models"
		}
	}
	for _, price := range p.Prices[:min(len(p.Prices), len(policy.Kinds()))] {
		d.Prices = append(d.Prices, fabric.Price{Kind: price.Kind, PerHour: price.PerHour, PerMTok: price.PerMillionTokens})
	}
}

// stated is a policy source that says what is in force and why: FilePolicy.
type stated interface{ State() PolicyState }

// policyNote says why the file is not what is in force, or is empty. The host hears it, so no path of this machine is
// in it and nothing that the file says, only where it is wrong.
func (a *Agent) policyNote() string {
	s, ok := a.cfg.Policy.(stated)
	if !ok {
		return ""
	}
	st := s.State()
	if st.Err == nil {
		return a.blindNote()
	}
	note := "donations.vox cannot be used, so nothing is given"
	switch code, _ := fault.Of(st.Err); {
	case st.File != nil:
		note = "donations.vox cannot be used; the policy from before the last change stays in force"
	case code == codeNoPolicy && errors.Unwrap(st.Err) == nil:
		note = "there is no donations.vox, so nothing is given"
	}
	if p := (policy.Problem{}); errors.As(st.Err, &p) {
		note += fmt.Sprintf(": line %d, column %d", p.Line, p.Col)
	}
	return clean.Max(note, noteMost).String()
}
