package invite

import "strings"

// Slots is a set of slot kinds that an invite asks for. Its bits are part of the token: append, never reorder; there
// is room for four.
type Slots uint8

// The kinds of slots.
const (
	GPU Slots = 1 << iota
	CPU
	Text
	Embed

	allSlots = GPU | CPU | Text | Embed
)

var slotNames = [...]string{"gpu", "cpu", "text", "embed"}

// ParseSlots reads kinds by name: gpu, cpu, text, embed; a name given twice counts once, none gives the empty set.
// Error: vox/invite/unknown-slot.
func ParseSlots(names ...string) (Slots, error) {
	var s Slots
next:
	for _, name := range names {
		for i, known := range slotNames {
			if name == known {
				s |= 1 << i
				continue next
			}
		}
		return 0, &Error{CodeUnknownSlot, "there is no such kind of slot", "use one of " + strings.Join(slotNames[:], ", ")}
	}
	return s, nil
}

// Strings are the names of the kinds in s, in their fixed order; never nil.
func (s Slots) Strings() []string {
	names := make([]string, 0, len(slotNames))
	for i, name := range slotNames {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// Has reports whether every kind of t is in s.
func (s Slots) Has(t Slots) bool { return s&t == t }

// String is the names joined by ", ", or "none".
func (s Slots) String() string {
	if s&allSlots == 0 {
		return "none"
	}
	return strings.Join(s.Strings(), ", ")
}
