package policy

import (
	"fmt"
	"slices"
)

// hindrance is why a peer can send nothing.
type hindrance uint8

const (
	noMesh hindrance = iota // names no mesh, so that it fits nobody
	denied
	otherMesh
	tooLow       // for the policy's min_priority
	tooLowForOne // for that of its override
	hindrances
)

func (h hindrance) bit() uint8 { return 1 << h }

// hinders gives all hindrances of a peer as bits.
func (c *checker) hinders(peer string, meshes map[string]bool, least map[string]uint8) uint8 {
	var bits uint8
	if meshOf(peer) == "" {
		bits |= noMesh.bit()
	}
	if c.denies(peer) {
		bits |= denied.bit()
	}
	if c.p.AllowedMeshNetworks != nil && !meshes[meshOf(peer)] {
		bits |= otherMesh.bit()
	}
	switch its, own := least[peer]; {
	case own && its > urgent:
		bits |= tooLowForOne.bit()
	case !own && c.p.MinPriority > urgent:
		bits |= tooLow.bit()
	}
	return bits
}

// denies reports whether denied_users refuses a peer.
func (c *checker) denies(peer string) bool { return c.denied[peer] || c.denied[bareName(peer)] }

// peers looks whether anybody at all may come: one of allowed_users, or where that is absent somebody who is named
// nowhere, or one with an override. If nobody may, it says by which settings: by as few as will do.
func (c *checker) peers() []never {
	p := c.p
	if isEmpty(p.AllowedMeshNetworks) || isEmpty(p.AllowedUsers) {
		return nil // said
	}
	meshes := set(p.AllowedMeshNetworks)
	least := make(map[string]uint8)
	for _, o := range p.Overrides {
		if o.MinPriority != nil {
			least[o.Peer] = *o.MinPriority
		}
	}
	all, some := uint8(1<<hindrances-1), uint8(0)
	look := func(bits uint8) {
		all &= bits
		for h := range hindrances {
			if bits&h.bit() != 0 {
				some |= h.bit() // one reason is enough for each
				break
			}
		}
	}
	if p.AllowedUsers == nil {
		if p.MinPriority <= urgent {
			return nil
		}
		look(tooLow.bit())
		for peer := range least {
			if bits := c.hinders(peer, meshes, least); bits == 0 {
				return nil
			} else if meshOf(peer) != "" { // an override for nobody is no reason
				look(bits)
			}
		}
	}
	for _, u := range p.AllowedUsers {
		bits := c.hinders(u, meshes, least)
		if bits == 0 {
			return nil
		}
		look(bits)
	}
	return []never{c.nobody(all, some)}
}

// nobody says why nobody may come: by a hindrance that all have, or by those that some have.
func (c *checker) nobody(all, some uint8) never {
	listed := c.p.AllowedUsers != nil
	switch {
	case all&noMesh.bit() != 0:
		return never{fUsers, c.on(fUsers) + " names no mesh, as in alice@aurelia, which alone forbids everything"}
	case all&tooLow.bit() != 0:
		return never{fMinPrio, fmt.Sprintf("%s is %d, and no job has more than %d, which alone forbids everything", c.on(fMinPrio), c.p.MinPriority, urgent)}
	case all&denied.bit() != 0:
		return never{fUsers, c.on(fUsers, fDenied) + " together forbid everything: all who are allowed are denied"}
	case all&otherMesh.bit() != 0:
		return never{fUsers, c.on(fUsers, fMeshes) + " together forbid everything: nobody who is allowed is of a mesh that is"}
	case all&tooLowForOne.bit() != 0:
		return never{fUsers, fmt.Sprintf("%s together forbid everything: no job has a priority of more than %d", c.on(fUsers, fOverrides), urgent)}
	}
	var fields []string
	if listed {
		fields = append(fields, fUsers)
	}
	for _, h := range []struct {
		h     hindrance
		field string
	}{{tooLow, fMinPrio}, {denied, fDenied}, {otherMesh, fMeshes}, {tooLowForOne, fOverrides}} {
		if some&h.h.bit() != 0 {
			fields = append(fields, h.field)
		}
	}
	first := slices.MinFunc(fields, func(a, b string) int { return c.n.Field(a).Line() - c.n.Field(b).Line() })
	return never{first, c.on(fields...) + " together forbid everything: each lets somebody through, and no one passes all"}
}
