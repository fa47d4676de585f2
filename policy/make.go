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
	add := shares(missing, max(0, MaxWeight-weights(p.Slots)))
	out, err := syntax.Apply(f.Source(), planSlots(f, add)...)
	if err != nil {
		return f.Source(), false
	}
	// An edit that does not say what it was meant to say is not offered.
	if now, ok := Parse(f.name, out).Policy(); !ok || !slices.Equal(now.Slots, append(slices.Clone(p.Slots), add...)) {
		return f.Source(), false
	}
	return out, true
}

func planSlots(f *File, add []Slot) []syntax.Edit {
	texts := make([]string, len(add))
	field := f.block.Field(fSlots)
	list := field.Value()
	for i, s := range add {
		texts[i] = slotLike(list, s)
	}
	if list.Valid() {
		return list.Append(texts...)
	}
	return f.block.InsertField(placeFor(f.block, fSlots), fSlots+": ["+strings.Join(texts, ", ")+"]")
}

// slotLike writes a slot the way the last one of the list is written, if that has the same fields and no comments.
func slotLike(list syntax.Node, s Slot) string {
	plain := slotText(s)
	var last syntax.Node
	for e := range list.Children() {
		last = e
	}
	if last.Kind() != syntax.RecordNode {
		return plain
	}
	text := string(last.Text())
	if strings.Contains(text, "//") || strings.Contains(text, "/*") {
		return plain
	}
	start, _ := last.Span()
	var edits []syntax.Edit
	for field := range last.Children() {
		e := field.Value().Replace("")
		switch string(field.Name()) {
		case fKind:
			e.Text = s.Kind
			if field.Value().Kind() == syntax.StringNode {
				e.Text = syntax.Quote(s.Kind)
			}
		case fMaxConc:
			e.Text = fmt.Sprint(s.MaxConcurrent)
		case fWeight:
			e.Text = fmt.Sprint(s.Weight)
		default:
			return plain
		}
		e.Start, e.End = e.Start-start, e.End-start
		edits = append(edits, e)
	}
	if len(edits) != 3 {
		return plain
	}
	out, err := syntax.Apply([]byte(text), edits...)
	if err != nil {
		return plain
	}
	return string(out)
}
