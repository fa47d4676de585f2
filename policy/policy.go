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
// public_mesh_opt_in false; min_priority 0; an absent list of those allowed is "any", an empty one is "none"; any hours;
// what the owner does stops nothing; no commands; any model; the prices of the mesh.
package policy

import "time"

// DefaultMaxJobSeconds is what an absent max_job_duration_secs means.
const DefaultMaxJobSeconds = 3600

// Bounds of the numbers in a policy.
const (
	MaxConcurrent    = 64       // of a slot or of a peer; the least is 1
	MaxWeight        = 100      // weights are parts of a hundred
	MaxPriority      = 255      // min_priority
	MaxJobSecondsCap = 31536000 // a year; who wants more writes 0
	MaxWindows       = 64       // of active_hours
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
	ActiveHours         []Window   `json:"active_hours"`    // nil is any time, empty is never
	PauseWhenBusy       *Yield     `json:"pause_when_busy"` // nil: what the owner does stops nothing
	Commands            []string   `json:"commands"`        // programs that command jobs may run; nil and empty are none
	Models              []string   `json:"models"`          // nil is any that is installed, empty is none; a final * stands for any rest
	Prices              []Price    `json:"prices"`          // what is not listed costs what the mesh says
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

// Window is a time of the week in which others may use this machine. From and To are HH:MM; To may be 24:00. Where To is
// not after From, the window ends the next day: fri 22:00 to 07:00 reaches into Saturday.
type Window struct {
	Days []string       `json:"days"` // mon to sun, of the beginning; nil is every day
	From string         `json:"from"`
	To   string         `json:"to"`
	Zone string         `json:"zone,omitempty"` // an IANA name; empty is the zone of the request's time
	loc  *time.Location // of Zone, found when the file was read
}

// Yield says when this machine's owner needs it for themselves, and how long what runs may go on then. A threshold of 0
// is not looked at. `pause_when_busy: true` is DefaultYield, false is no Yield.
type Yield struct {
	CPUPercent int `json:"cpu_percent"` // of all cores, used by others than our jobs; 1 to 100
	GPUPercent int `json:"gpu_percent"` // of the busiest card; 1 to 100
	InputSecs  int `json:"input_secs"`  // a key or the mouse was touched within so many seconds; up to 86400
	GraceSecs  int `json:"grace_secs"`  // what runs may finish for so long, then it goes back to the queue; 0 to 3600
}

// DefaultYield is what `pause_when_busy: true` means; fields that a record leaves out are 0, but the grace.
func DefaultYield() Yield {
	return Yield{CPUPercent: 50, GPUPercent: 50, InputSecs: 120, GraceSecs: DefaultGraceSecs}
}

// DefaultGraceSecs is an absent grace_secs.
const DefaultGraceSecs = 60

// Price is what work of one kind costs here, in micro-USD. What is nil is what the mesh says.
type Price struct {
	Kind             string `json:"kind"`
	PerHour          *int64 `json:"usd_per_hour,omitempty"`           // of a gpu or cpu slot in use
	PerMillionTokens *int64 `json:"usd_per_million_tokens,omitempty"` // of text and embed
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

	fHours    = "active_hours"
	fBusy     = "pause_when_busy"
	fCommands = "commands"
	fModels   = "models"
	fPrices   = "prices"
	fDays     = "days"
	fFrom     = "from"
	fTo       = "to"
	fZone     = "zone"
	fCPU      = "cpu_percent"
	fGPU      = "gpu_percent"
	fInput    = "input_secs"
	fGrace    = "grace_secs"
	fPerHour  = "usd_per_hour"
	fPerMTok  = "usd_per_million_tokens"
)
