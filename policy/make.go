package policy

import (
	"fmt"
	"slices"
	"strings"

	"voxmesh/policy/syntax"
)

// Default gives the file of a machine that has none: valid, and it gives nothing (seed P4-T3).
func Default() []byte { return compose("", nil) }

// ForSlots gives the file that join writes where there is none: each of the kinds that the invite asks for, one job at
// a time, nothing else opened. Kinds that are unknown or repeated are left out; without any it is the default.
func ForSlots(kinds []string) []byte {
	kinds = knownKinds(kinds)
	if len(kinds) == 0 {
		return Default()
	}
	const comment = "// What this machine gives to the meshes it joined. `voxmesh policy check` looks for mistakes.\n"
	return compose(comment, shares(kinds, MaxWeight))
}

func compose(comment string, slots []Slot) []byte {
	var b strings.Builder
	b.WriteString(comment + "policy donations {\n  slots: [")
	for _, s := range slots {
		b.WriteString("\n    " + slotText(s) + ",")
	}
	if len(slots) > 0 {
		b.WriteString("\n  ")
	}
	fmt.Fprintf(&b, "]\n  nsfw_allowed: false\n  max_job_duration_secs: %d\n  public_mesh_opt_in: false\n  min_priority: 0\n}\n", DefaultMaxJobSeconds)
	return []byte(b.String())
}

func slotText(s Slot) string {
	return fmt.Sprintf("{ kind: %s, max_concurrent: %d, weight: %d }", s.Kind, s.MaxConcurrent, s.Weight)
}

func knownKinds(kinds []string) []string {
	var known []string
	for _, k := range kinds {
		if slices.Contains(Kinds(), k) && !slices.Contains(known, k) {
			known = append(known, k)
		}
	}
	return known
}

// shares makes a slot of each kind and parts weight among them; the first ones take what does not divide.
func shares(kinds []string, weight int) []Slot {
	slots := make([]Slot, len(kinds))
	for i, k := range kinds {
		slots[i] = Slot{Kind: k, MaxConcurrent: 1, Weight: weight / len(kinds)}
		if i < weight%len(kinds) {
			slots[i].Weight++
		}
	}
	return slots
}

// AddSlots gives the source with a slot for each of the kinds that the policy has none for: one job at a time, and of
// the weight what the slots there leave of 100 (so that the owner's shares stay as they are; that may be 0). Only the
// new slots are added, in the style of those around them. False, and the source as it is, if nothing is missing or if
// the file has no policy in force.
func AddSlots(f *File, kinds []string) ([]byte, bool) {
	p, ok := f.Policy()
	if !ok {
		return f.Source(), false
	}
	missing := slices.DeleteFunc(knownKinds(kinds), func(k string) bool {
		return slices.ContainsFunc(p.Slots, func(s Slot) bool { return s.Kind == k })
	})
	if len(missing) == 0 {
		return f.Source(), false
	}
	d, err := f.draft()
	if err != nil {
		return f.Source(), false
	}
	at := []spot{{name: fSlots}}
	add := listVal()
	for _, s := range shares(missing, max(0, MaxWeight-weights(p.Slots))) {
		add.items = append(add.items, slotVal(s))
	}
	want := listVal()
	slots := table[indexField(table, fSlots)]
	if field := d.node(at); field.Valid() {
		want = readAt(field)
		err = d.insert(field.Value(), len(want.items), slots, add.items)
	} else {
		_, err = d.put(nil, Field{Fields: table}, fSlots, add)
	}
	if err != nil {
		return f.Source(), false
	}
	want.items = append(want.items, add.items...)
	g, err := f.accept(d, at, cutBoth, func(now syntax.Node) bool { return same(slots, readAt(now), want) })
	if err != nil {
		return f.Source(), false
	}
	return g.Source(), true
}

func slotVal(s Slot) val {
	return val{shape: isRecord, fields: []member{
		{fKind, textVal(s.Kind)}, {fMaxConc, intVal(int64(s.MaxConcurrent))}, {fWeight, intVal(int64(s.Weight))},
	}}
}
