// Package policy reads, explains, decides by and edits donations.vox: what the owner of this machine gives to others.
//
// It is pure: bytes in, values out, no clock and no files; callers read and save. It promises that
//   - a file is never mended: what is wrong is shown with its place, and a policy with errors is no policy (Policy
//     answers false), so that a machine with a broken file gives nothing rather than something else;
//   - what it does not know passes through, byte for byte, with a note;
//   - a decision is total and explained: every rule answers, and an unknown class counts as public-mesh;
//   - a wider policy never refuses what a narrower one accepts, and an override concerns its peer alone;
//   - an edit changes the bytes of what it edits and keeps the style around it (see policy/syntax).
//
// Absent fields have these meanings: no slots; nsfw_allowed false; max_job_duration_secs 3600 (0 is no limit);
// public_mesh_opt_in false; min_priority 0; an absent list of those allowed is "any", an empty one is "none".
package policy

// DefaultMaxJobSeconds is what an absent max_job_duration_secs means.
const DefaultMaxJobSeconds = 3600

// Bounds of the numbers in a policy.
const (
	MaxConcurrent    = 64       // of a slot or of a peer; the least is 1
	MaxWeight        = 100      // weights are parts of a hundred
	MaxPriority      = 255      // min_priority
	MaxJobSecondsCap = 31536000 // a year; who wants more writes 0
)

// Kinds are the kinds of work that a slot can be for, in the order in which they are shown.
func Kinds() []string { return []string{"gpu", "cpu", "text", "embed"} }

// urgent is the highest named priority.
const urgent = 9

// Policy is the typed view of one policy block. As JSON it has the names of the file; lists that are null mean "any".
type Policy struct {
	Name                string     `json:"name"`
	Slots               []Slot     `json:"slots"`
	NSFWAllowed         bool       `json:"nsfw_allowed"`
	MaxJobSeconds       int64      `json:"max_job_duration_secs"` // 0 is no limit
	PublicMeshOptIn     bool       `json:"public_mesh_opt_in"`
	MinPriority         uint8      `json:"min_priority"`
	AllowedScopes       []string   `json:"allowed_scopes"` // nil is any, empty is none; so for the two below
	AllowedUsers        []string   `json:"allowed_users"`
	DeniedUsers         []string   `json:"denied_users"`
	AllowedMeshNetworks []string   `json:"allowed_mesh_networks"`
	Overrides           []Override `json:"per_peer_overrides"`
}

// Slot is a share given to one kind of work.
type Slot struct {
	Kind          string `json:"kind"`           // gpu, cpu, text or embed
	MaxConcurrent int    `json:"max_concurrent"` // 1 to 64 jobs at one time; absent is 1
	Weight        int    `json:"weight"`         // 0 to 100; absent is 0
}

// Override changes settings for one peer. Of several for the same peer, the later one wins, field by field.
type Override struct {
	Peer          string `json:"peer"`                     // as in alice@aurelia
	NSFWAllowed   *bool  `json:"nsfw_allowed,omitempty"`   // instead of the policy's
	MinPriority   *uint8 `json:"min_priority,omitempty"`   // instead of the policy's
	MaxConcurrent *int   `json:"max_concurrent,omitempty"` // 1 to 64 jobs of this peer at one time, of all kinds
}

// Names of the fields.
const (
	fSlots     = "slots"
	fNSFW      = "nsfw_allowed"
	fMaxJob    = "max_job_duration_secs"
	fPublic    = "public_mesh_opt_in"
	fMinPrio   = "min_priority"
	fScopes    = "allowed_scopes"
	fUsers     = "allowed_users"
	fDenied    = "denied_users"
	fMeshes    = "allowed_mesh_networks"
	fOverrides = "per_peer_overrides"
	fKind      = "kind"
	fMaxConc   = "max_concurrent"
	fWeight    = "weight"
	fPeer      = "peer"
)

// canonical is the order in which new fields take their place (seed P4-T3). The last five are not in the plan.
func canonical() []string {
	return []string{
		fSlots, fNSFW, fMaxJob, fPublic, fMinPrio, fScopes, fUsers, fDenied, fMeshes, fOverrides,
		"active_hours", "pause_when_busy", "commands", "models", "prices",
	}
}
