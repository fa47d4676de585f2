package mesh

import (
	"fmt"
	"strconv"
	"strings"
)

// widths are the lengths of ids, the shortest first.
var widths = [...]struct {
	digits int
	bits   uint
	mul    uint64 // odd, so that multiplying is a bijection on the width
}{{4, 16, 40503}, {5, 20, 648055}, {6, 24, 10368889}, {8, 32, 2654435769}}

// shortID gives the n-th id (from 0) with a prefix such as "j-". Four hex digits serve the first 65,536, five the next
// million, and so on: ids are never reused, short enough to type, and neighbours in time look different, so that a
// slip of a finger does not name the job next door.
func shortID(prefix string, n uint64) string {
	for _, w := range widths {
		if n < 1<<w.bits {
			return fmt.Sprintf("%s%0*x", prefix, w.digits, (n*w.mul+0x19c4)&(1<<w.bits-1))
		}
	}
	return fmt.Sprintf("%s%x", prefix, n)
}

// shortNumber gives the number of an id from what follows its prefix: shortID the other way round.
func shortNumber(digits string) (uint64, bool) {
	v, err := strconv.ParseUint(digits, 16, 64)
	if err != nil || strings.ToLower(digits) != digits {
		return 0, false
	}
	below := uint64(0) // numbers that are shorter ids
	for _, w := range widths {
		if len(digits) == w.digits {
			n := (v - 0x19c4) * inverse(w.mul) & (1<<w.bits - 1)
			return n, n >= below
		}
		below = 1 << w.bits
	}
	return v, len(digits) > 8 && v >= below
}

// inverse is what undoes multiplying with an odd number, in 64 bits.
func inverse(odd uint64) uint64 {
	x := odd // right in its lowest three bits, and in twice as many after each step
	for range 5 {
		x *= 2 - odd*x
	}
	return x
}

// nextRun gives the id of the next run. A run used to take the number of its first job, so a number below Submitted may be
// taken.
func (s *State) nextRun() string { return s.runAfter(0) }

// runAfter gives the id of the run after the next n, for a commit of several.
func (s *State) runAfter(n uint64) string { return shortID("r-", max(s.NextRun, s.Submitted)+n) }

// longestSlug bounds a node's id, so that it fits the columns of the console.
const longestSlug = 24

// Slug makes a typeable name of any text: lower-case letters, digits and single dashes.
func Slug(text string) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(text) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			dash = false
			b.WriteRune(r)
		default:
			dash = true
		}
		if b.Len() >= longestSlug {
			break
		}
	}
	return strings.TrimRight(b.String(), "-")
}

// reservedPrefixes begin the ids of things that are not nodes.
var reservedPrefixes = []string{"j-", "r-", "h-", "a-", "b-"}

func reserved(id string) bool {
	if id == "" || id == MeshTarget {
		return true
	}
	for _, p := range reservedPrefixes {
		if strings.HasPrefix(id, p) {
			return true
		}
	}
	return false
}

// nodeID chooses the id of a node that joins: the label or the host name as a slug, with four hex digits of its key
// where that would clash with a node, with one that is gone, or with a reserved name.
func (s *State) nodeID(label, hostname, keyHex string) string {
	base := Slug(label)
	if base == "" {
		base = Slug(hostname)
	}
	if base == "" {
		base = "node"
	}
	taken := func(id string) bool {
		_, here := s.nodes.Get(id)
		_, gone := s.gone.Get(id)
		return here || gone || id == s.Mesh || reserved(id)
	}
	if !taken(base) {
		return base
	}
	if reserved(base) {
		base = "node-" + base
	}
	for n := 4; n <= len(keyHex); n += 2 {
		if id := base + "-" + keyHex[:n]; !taken(id) {
			return id
		}
	}
	for i := uint64(2); ; i++ {
		if id := base + "-" + itoa(i); !taken(id) {
			return id
		}
	}
}
