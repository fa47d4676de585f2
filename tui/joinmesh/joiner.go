package joinmesh

import (
	"context"
	"time"

	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
)

// Joiner joins meshes for this machine. link is what was pasted, the link or the whole install command: a secret, which
// it neither keeps nor says. label is a name that this machine would like; it may be empty.
type Joiner interface {
	// Preview shows what an invite asks for. It looks at the host's key, sends nothing of the invite, and changes nothing.
	// A host that does not answer is no error: Note says why. Codes: those of an invite.
	Preview(ctx context.Context, link, label string) (Preview, error)
	// Join brings the invite to its host and stores the membership; the policy is made where there is none. Codes: those
	// of an invite and of the fabric.
	Join(ctx context.Context, link, label string) (Joined, error)
}

// Preview is what an invite says before anyone acts on it. What comes from elsewhere is cleaned when it is drawn.
type Preview struct {
	Mesh        string // empty: the host was not reached
	Inviter     string
	Address     string // host:port of the host's door
	Note        string // why it was not reached
	Member      string // the local name, if this machine is in that mesh already
	Fingerprint string // of the host's key
	Class       privacy.Class
	Slots       []string // the kinds that are asked for, one at a time each
	Expiry      time.Time

	Gives  Gives  // what this machine would give after joining
	Policy Policy // what joining does to donations.vox
}

// Joined is what came of it.
type Joined struct {
	Mesh    string
	Node    string // this machine's id there
	Inviter string
	Works   bool   // somebody on this data folder works for it from now on
	Gives   Gives  // what this machine gives now
	Policy  Policy // Created and Diff tell what was written, and what was not
}

// Gives is what a policy gives to others. Nothing in it is nothing given.
type Gives struct {
	Slots   []Slot
	Longest time.Duration // of a job; 0: no limit
	NSFW    bool
	Public  bool // the public mesh may use it
}

// Slot is how many jobs of a kind may run at one time.
type Slot struct {
	Kind   string
	AtOnce int
}

// Policy is what joining means for donations.vox.
type Policy struct {
	Path    string
	Created bool   // it is written with the join, as in Text
	Text    string // what is written; empty where nothing is
	Diff    string // what would add what is asked to the policy that is there; joining changes nothing in it
	Note    string // why there is neither
}

// Refusing is a Joiner that joins nothing: the text says why.
type Refusing string

// Elsewhere is for consoles whose machine is not the one that would join.
const Elsewhere = Refusing("joining is for the machine itself: voxmesh join there")

// Preview refuses. Code vox/cli/refused.
func (r Refusing) Preview(context.Context, string, string) (Preview, error) {
	return Preview{}, r.fault()
}

// Join refuses. Code vox/cli/refused.
func (r Refusing) Join(context.Context, string, string) (Joined, error) { return Joined{}, r.fault() }

func (r Refusing) fault() error {
	return fault.New("vox/cli/refused", "%s", string(r)).WithHint("in a shell of that machine: voxmesh join - --print")
}

// Refuse says why nothing can be joined with j; empty where something can. No joiner at all is Elsewhere.
func Refuse(j Joiner) string {
	if j == nil {
		return string(Elsewhere)
	}
	if r, ok := j.(Refusing); ok {
		return string(r)
	}
	return ""
}
