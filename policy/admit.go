package policy

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"voxmesh/mesh/privacy"
)

// Request is a job of somebody else that asks to run here.
type Request struct {
	Kind     string        // of slot: gpu, cpu, text or embed
	Peer     string        // the submitter at this machine's name of the mesh: alice@aurelia
	Mesh     string        // this machine's name of the mesh
	Class    privacy.Class // Unknown counts as PublicMesh
	NSFW     bool
	Priority uint8
	Timeout  time.Duration // what the job asks for; 0 or less: nothing
	Scope    string
	Model    string    // of a text or embed job
	Command  string    // of a command job: the name of the program; empty: it is no command job
	At       time.Time // when it asks, in this machine's zone; zero is not known, which is outside all hours
}

// Load is what this machine does now.
type Load struct {
	ByKind map[string]int // jobs of others, by kind of slot
	ByPeer map[string]int // and by peer
	Owner  string         // what the owner is busy with, as Yield.Busy says; empty: nothing
}

// Decision says whether a job may run and what each rule answered, in a fixed order. Accept is true if all allow.
type Decision struct {
	Accept  bool     `json:"accept"`
	Reasons []Reason `json:"reasons"`
}

// Reason is the answer of one rule. Rule is a stable word: kind, slots, nsfw, duration, priority, denied, users,
// scopes, meshes, class, peer, hours, owner, commands, models. Field is the path of the setting that decided and Line where it stands, 0 if it is not
// in the file; Text is one sentence, safe to show.
type Reason struct {
	Rule    string `json:"rule"`
	Allowed bool   `json:"allowed"`
	Field   string `json:"field"`
	Line    int    `json:"line,omitempty"`
	Text    string `json:"text"`
}

// Refusals gives the reasons that refuse.
func (d Decision) Refusals() []Reason {
	return slices.DeleteFunc(slices.Clone(d.Reasons), func(r Reason) bool { return r.Allowed })
}

// EffectiveTimeout is how long a job may run: what it asks for, at most the policy's maximum. 0 is no limit.
func EffectiveTimeout(p Policy, asked time.Duration) time.Duration {
	limit := p.maxJob()
	switch {
	case asked <= 0:
		return limit
	case limit == 0:
		return asked
	}
	return min(asked, limit)
}

// maxJob is the longest time that a job may take, 0 for no limit.
func (p *Policy) maxJob() time.Duration {
	if p.MaxJobSeconds <= 0 {
		return 0
	}
	if p.MaxJobSeconds > math.MaxInt64/int64(time.Second) {
		return math.MaxInt64
	}
	return time.Duration(p.MaxJobSeconds) * time.Second
}

// Decide answers whether a job may run here now. It is pure and total: every rule answers, for any request. f is where
// p came from, for the lines; it may be nil.
func Decide(p Policy, f *File, r Request, l Load) Decision {
	a := admission{f: f, p: &p, r: &r, l: &l}
	a.override()
	a.kind()
	a.nsfw()
	a.duration()
	a.priority()
	a.denied()
	a.listed("users", fUsers, p.AllowedUsers, r.Peer, "the submitter")
	a.listed("scopes", fScopes, p.AllowedScopes, r.Scope, "the scope")
	a.listed("meshes", fMeshes, p.AllowedMeshNetworks, r.Mesh, "the mesh")
	a.class()
	a.peer()
	a.hours()
	a.owner()
	a.commands()
	a.models()
	a.d.Accept = !slices.ContainsFunc(a.d.Reasons, func(r Reason) bool { return !r.Allowed })
	return a.d
}

// setting is a value with the place that it comes from: index is that of the override, or -1.
type setting struct {
	index int
	field string
}

type admission struct {
	f *File
	p *Policy
	r *Request
	l *Load
	d Decision

	nsfwAllowed bool
	nsfwFrom    setting
	minPriority uint8
	minFrom     setting
	maxForPeer  *int
	maxFrom     setting
}

// override settles what holds for the peer: the policy's settings, then each of its overrides over the one before.
func (a *admission) override() {
	a.nsfwAllowed, a.nsfwFrom = a.p.NSFWAllowed, setting{-1, fNSFW}
	a.minPriority, a.minFrom = a.p.MinPriority, setting{-1, fMinPrio}
	for i, o := range a.p.Overrides {
		if o.Peer == "" || o.Peer != a.r.Peer {
			continue
		}
		if o.NSFWAllowed != nil {
			a.nsfwAllowed, a.nsfwFrom = *o.NSFWAllowed, setting{i, fNSFW}
		}
		if o.MinPriority != nil {
			a.minPriority, a.minFrom = *o.MinPriority, setting{i, fMinPrio}
		}
		if o.MaxConcurrent != nil {
			a.maxForPeer, a.maxFrom = o.MaxConcurrent, setting{i, fMaxConc}
		}
	}
}

// say adds the answer of a rule. line is the path for the line, where it differs from the field that is shown.
func (a *admission) say(rule string, allowed bool, field, line, format string, args ...any) {
	if line == "" {
		line = field
	}
	a.d.Reasons = append(a.d.Reasons, Reason{rule, allowed, field, a.f.LineOf(line), fmt.Sprintf(format, args...)})
}

func (a *admission) sayFrom(rule string, allowed bool, s setting, format string, args ...any) {
	if s.index < 0 {
		a.say(rule, allowed, s.field, "", format, args...)
		return
	}
	field := fmt.Sprintf("per_peer_overrides[%s].%s", safeText(clip(a.p.Overrides[s.index].Peer)), s.field)
	a.say(rule, allowed, field, fmt.Sprintf("per_peer_overrides[%d].%s", s.index, s.field), format, args...)
}

func (a *admission) kind() {
	capacity, at := 0, -1
	for i, s := range a.p.Slots {
		if s.Kind == a.r.Kind && s.Kind != "" {
			capacity += max(0, s.MaxConcurrent)
			if at < 0 {
				at = i
			}
		}
	}
	if at < 0 {
		a.say("kind", false, fSlots, "", "no slot is given for %q", clip(a.r.Kind))
		a.say("slots", false, fSlots, "", "without a slot for %q none is free", clip(a.r.Kind))
		return
	}
	field := fmt.Sprintf("slots[%d]", at)
	a.say("kind", true, field, "", "slots for %s are given", safeText(clip(a.r.Kind)))
	used := max(0, a.l.ByKind[a.r.Kind])
	a.say("slots", used < capacity, field+"."+fMaxConc, field, "%d of %d %s slots are taken", used, capacity, safeText(clip(a.r.Kind)))
}

func (a *admission) nsfw() {
	switch {
	case !a.r.NSFW:
		a.sayFrom("nsfw", true, a.nsfwFrom, "the job is not marked NSFW")
	case a.nsfwAllowed:
		a.sayFrom("nsfw", true, a.nsfwFrom, "NSFW jobs are allowed")
	default:
		a.sayFrom("nsfw", false, a.nsfwFrom, "the job is marked NSFW, which is not allowed")
	}
}

func (a *admission) duration() {
	limit := a.p.maxJob()
	switch {
	case limit == 0:
		a.say("duration", true, fMaxJob, "", "jobs may take as long as they need")
	case a.r.Timeout <= 0:
		a.say("duration", true, fMaxJob, "", "the job asks for no time; it is stopped after %v", limit)
	default:
		a.say("duration", a.r.Timeout <= limit, fMaxJob, "", "the job asks for %v; a job may take %v", a.r.Timeout, limit)
	}
}

func (a *admission) priority() {
	a.sayFrom("priority", a.r.Priority >= a.minPriority, a.minFrom, "priority %d, the least is %d", a.r.Priority, a.minPriority)
}

// denied is asked before the lists of those allowed, and wins. A name without a mesh denies that user of every mesh.
func (a *admission) denied() {
	for i, u := range a.p.DeniedUsers {
		if u == a.r.Peer || !strings.Contains(u, "@") && u == bareName(a.r.Peer) {
			a.say("denied", false, fmt.Sprintf("%s[%d]", fDenied, i), "", "%q is refused by name", clip(a.r.Peer))
			return
		}
	}
	a.say("denied", true, fDenied, "", "%q is not among those refused", clip(a.r.Peer))
}

func (a *admission) listed(rule, field string, list []string, value, what string) {
	if list == nil {
		a.say(rule, true, field, "", "%s may be any", what)
		return
	}
	i := slices.Index(list, value)
	switch {
	case value == "":
		a.say(rule, false, field, "", "%s has no name, and only those listed are allowed", what)
	case i >= 0:
		a.say(rule, true, fmt.Sprintf("%s[%d]", field, i), "", "%s %q is listed", what, clip(value))
	default:
		a.say(rule, false, field, "", "%s %q is not among those listed", what, clip(value))
	}
}

func (a *admission) class() {
	name := a.r.Class.String()
	switch {
	case a.r.Class.Effective() != privacy.PublicMesh:
		a.say("class", true, fPublic, "", "a %s job does not come from the public mesh", name)
	case a.p.PublicMeshOptIn:
		a.say("class", true, fPublic, "", "jobs of the public mesh may run here")
	case a.r.Class == privacy.PublicMesh:
		a.say("class", false, fPublic, "", "jobs of the public mesh may not run here")
	default:
		a.say("class", false, fPublic, "", "the privacy class is %s, which counts as public, and such jobs may not run here", name)
	}
}

func (a *admission) peer() {
	if a.maxForPeer == nil {
		a.say("peer", true, fOverrides, "", "no limit of its own holds for %q", clip(a.r.Peer))
		return
	}
	used := max(0, a.l.ByPeer[a.r.Peer])
	a.sayFrom("peer", used < *a.maxForPeer, a.maxFrom, "%d jobs of %q run here, of at most %d", used, clip(a.r.Peer), *a.maxForPeer)
}
