// Package privacy holds the privacy class of everything that a mesh shows: nodes, jobs, runs, spans and items.
//
// The class says who may see a thing, from narrow to wide: local-only, paired-peers-only, public-mesh. It is total:
// what cannot be read becomes Unknown, which is shown loudly as "?" and treated as the widest class there is, so that
// a missing value never hides a leak. The names are those that the command line and the wire use.
package privacy

import "fmt"

// Class is who may see a thing. The zero value is Unknown, so that a forgotten class is loud.
type Class uint8

// The classes, from narrow to wide. Their numbers are part of the op and wire formats: append, never reorder.
const (
	Unknown Class = iota
	LocalOnly
	PairedPeersOnly
	PublicMesh
)

var names = [...]string{"unknown", "local-only", "paired-peers-only", "public-mesh"}

var badges = [...]string{"?", "LOCAL", "PAIRED", "PUBLIC"}

var tips = [...]string{
	"Privacy class unknown: treat as public.",
	"Stays on this machine.",
	"Visible to your paired peers only.",
	"Joins the public mesh: anyone in the pool may see it.",
}

// Parse reads a class by its name ("local-only", "paired-peers-only", "public-mesh").
// Any other text is an error and Unknown.
func Parse(s string) (Class, error) {
	for i, n := range names {
		if i > 0 && n == s {
			return Class(i), nil
		}
	}
	return Unknown, fmt.Errorf("privacy class %q is not one of local-only, paired-peers-only, public-mesh", s)
}

// FromNumber reads a class from an op or a message; a number of a later version is Unknown.
func FromNumber(n uint64) Class {
	if n >= uint64(len(names)) {
		return Unknown
	}
	return Class(n)
}

// String is the name used by the command line and in JSON.
func (c Class) String() string { return names[c.index()] }

// Badge is the word that stands right of an id: LOCAL, PAIRED, PUBLIC or "?".
func (c Class) Badge() string { return badges[c.index()] }

// Tip is the one sentence that explains the class.
func (c Class) Tip() string { return tips[c.index()] }

// Effective is the class to decide by: Unknown counts as PublicMesh.
func (c Class) Effective() Class {
	if c.index() == 0 {
		return PublicMesh
	}
	return c
}

// Wider reports whether c lets more people see a thing than d does.
func (c Class) Wider(d Class) bool { return c.Effective() > d.Effective() }

func (c Class) index() int {
	if int(c) >= len(names) {
		return 0
	}
	return int(c)
}

// MarshalText makes a Class its name in JSON.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads the name; an unknown name becomes Unknown without an error, because what another version
// wrote must still be shown, loudly.
func (c *Class) UnmarshalText(b []byte) error {
	*c, _ = Parse(string(b))
	return nil
}
