package policy

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"voxmesh/mesh/privacy"
)

const peersFile = `policy donations {
  slots: [
    { kind: gpu, max_concurrent: 2, weight: 50 },
    { kind: cpu, max_concurrent: 1, weight: 50 },
  ]
  nsfw_allowed: false
  max_job_duration_secs: 60
  min_priority: 5
  allowed_users: ["alice@aurelia", "bo@aurelia", "eve@aurelia"]
  denied_users: [mallory, "eve@aurelia"]
  per_peer_overrides: [
    { peer: "alice@aurelia", nsfw_allowed: true, min_priority: 9 },
    { peer: "alice@aurelia", min_priority: 1, max_concurrent: 1 },
  ]
}
`

func ask(change func(*Request)) Request {
	r := Request{Kind: "gpu", Peer: "bo@aurelia", Mesh: "aurelia", Class: privacy.PairedPeersOnly, Priority: 5}
	if change != nil {
		change(&r)
	}
	return r
}

func TestDecide(t *testing.T) {
	f := Parse("donations.vox", []byte(peersFile))
	p, ok := f.Policy()
	if !ok {
		t.Fatal(f.Problems())
	}
	for _, tc := range []struct {
		name   string
		change func(*Request)
		load   Load
		rule   string // the one that refuses; empty: accepted
		field  string
		line   int
	}{
		{name: "plain"},
		{name: "no slot of the kind", change: func(r *Request) { r.Kind = "text" }, rule: "kind", field: "slots", line: 2},
		{name: "no kind", change: func(r *Request) { r.Kind = "" }, rule: "kind", field: "slots", line: 2},
		{name: "one of two taken", load: Load{ByKind: map[string]int{"gpu": 1}}},
		{name: "all taken", load: Load{ByKind: map[string]int{"gpu": 2}}, rule: "slots", field: "slots[0].max_concurrent", line: 3},
		{name: "another kind is full", load: Load{ByKind: map[string]int{"cpu": 9}}},
		{name: "nsfw", change: func(r *Request) { r.NSFW = true }, rule: "nsfw", field: "nsfw_allowed", line: 6},
		{name: "nsfw of alice", change: func(r *Request) { r.NSFW, r.Peer = true, "alice@aurelia" }},
		{name: "long", change: func(r *Request) { r.Timeout = time.Minute }},
		{name: "too long", change: func(r *Request) { r.Timeout = time.Minute + 1 }, rule: "duration", field: "max_job_duration_secs", line: 7},
		{name: "low", change: func(r *Request) { r.Priority = 4 }, rule: "priority", field: "min_priority", line: 8},
		{name: "low of alice, last write wins", change: func(r *Request) { r.Priority, r.Peer = 1, "alice@aurelia" }},
		{name: "too low of alice", change: func(r *Request) { r.Priority, r.Peer = 0, "alice@aurelia" }, rule: "priority", field: "per_peer_overrides[alice@aurelia].min_priority", line: 13},
		{name: "denied beats allowed", change: func(r *Request) { r.Peer = "eve@aurelia" }, rule: "denied", field: "denied_users[1]", line: 10},
		{name: "denied of every mesh", change: func(r *Request) { r.Peer = "mallory@elsewhere" }, rule: "denied", field: "denied_users[0]", line: 10},
		{name: "claims a mesh in the name", change: func(r *Request) { r.Peer = "alice@aurelia@elsewhere" }, rule: "users", field: "allowed_users", line: 9},
		{name: "a stranger", change: func(r *Request) { r.Peer = "zoe@aurelia" }, rule: "users", field: "allowed_users", line: 9},
		{name: "nobody", change: func(r *Request) { r.Peer = "" }, rule: "users", field: "allowed_users", line: 9},
		{name: "public", change: func(r *Request) { r.Class = privacy.PublicMesh }, rule: "class", field: "public_mesh_opt_in"},
		{name: "unknown is public", change: func(r *Request) { r.Class = privacy.Unknown }, rule: "class", field: "public_mesh_opt_in"},
		{name: "of a later version is public", change: func(r *Request) { r.Class = 77 }, rule: "class", field: "public_mesh_opt_in"},
		{name: "alice has one already", change: func(r *Request) { r.Peer = "alice@aurelia" }, load: Load{ByPeer: map[string]int{"alice@aurelia": 1}}, rule: "peer", field: "per_peer_overrides[alice@aurelia].max_concurrent", line: 13},
		{name: "bo may have more", load: Load{ByPeer: map[string]int{"bo@aurelia": 40}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := Decide(p, f, ask(tc.change), tc.load)
			if d.Accept != (tc.rule == "") {
				t.Fatalf("accept %v: %+v", d.Accept, d.Refusals())
			}
			i := slices.IndexFunc(d.Reasons, func(r Reason) bool { return !r.Allowed })
			if tc.rule == "" {
				if i >= 0 {
					t.Errorf("accepted against %+v", d.Reasons[i])
				}
				return
			}
			if r := d.Reasons[i]; r.Rule != tc.rule || r.Field != tc.field || r.Line != tc.line || r.Text == "" {
				t.Errorf("refused by %+v", r)
			}
			if bare := Decide(p, nil, ask(tc.change), tc.load); bare.Accept != d.Accept || bare.Reasons[i].Line != 0 {
				t.Errorf("without the file: %+v", bare)
			}
		})
	}
}

func TestEmptyListsAllowNobody(t *testing.T) {
	p := Policy{Slots: []Slot{{"gpu", 1, 100}}}
	if d := Decide(p, nil, ask(nil), Load{}); !d.Accept {
		t.Fatalf("absent lists: %+v", d.Refusals())
	}
	for rule, narrow := range map[string]func(*Policy){
		"users":  func(p *Policy) { p.AllowedUsers = []string{} },
		"scopes": func(p *Policy) { p.AllowedScopes = []string{} },
		"meshes": func(p *Policy) { p.AllowedMeshNetworks = []string{} },
	} {
		q := p
		narrow(&q)
		if d := Decide(q, nil, ask(nil), Load{}); d.Accept || d.Refusals()[0].Rule != rule {
			t.Errorf("%s: %+v", rule, d)
		}
	}
}

func TestEffectiveTimeout(t *testing.T) {
	for _, tc := range []struct {
		limit       int64
		asked, want time.Duration
	}{
		{0, 0, 0},
		{0, time.Hour, time.Hour},
		{60, 0, time.Minute},
		{60, -5, time.Minute},
		{60, time.Second, time.Second},
		{60, time.Hour, time.Minute},
		{math.MaxInt64, time.Hour, time.Hour},
		{-1, 0, 0},
	} {
		if got := EffectiveTimeout(Policy{MaxJobSeconds: tc.limit}, tc.asked); got != tc.want {
			t.Errorf("limit %d, asked %v: %v, want %v", tc.limit, tc.asked, got, tc.want)
		}
	}
}

func TestReasonsAreSafeToShow(t *testing.T) {
	evil := "a\x1b[31m\u202e" + strings.Repeat("x", 10_000)
	one := 1
	p := Policy{
		Slots: []Slot{{evil, 1, 1}}, AllowedUsers: []string{evil}, AllowedScopes: []string{evil}, DeniedUsers: []string{evil},
		Overrides: []Override{{Peer: evil, MaxConcurrent: &one}},
	}
	for _, r := range Decide(p, nil, Request{Kind: evil, Peer: evil, Mesh: evil, Scope: evil}, Load{}).Reasons {
		if s := r.Field + r.Text; strings.ContainsAny(s, "\x1b\u202e") || len(s) > 500 {
			t.Errorf("%q", s)
		}
	}
}

// --- properties

var (
	people = []string{"alice@aurelia", "bo@aurelia", "eve@aurelia", "mallory@elsewhere"}
	words  = []string{"aurelia", "elsewhere", "render", ""}
)

func drawList(t *rapid.T, of []string, name string) []string {
	if rapid.Bool().Draw(t, name+" any") {
		return nil
	}
	return append([]string{}, rapid.SliceOfN(rapid.SampledFrom(of), 0, 3).Draw(t, name)...)
}

func drawPolicy(t *rapid.T) Policy {
	p := Policy{
		NSFWAllowed: rapid.Bool().Draw(t, "nsfw"), PublicMeshOptIn: rapid.Bool().Draw(t, "public"),
		MaxJobSeconds: rapid.Int64Range(0, 100).Draw(t, "max job"), MinPriority: rapid.Uint8Range(0, 10).Draw(t, "min priority"),
		AllowedScopes: drawList(t, words, "scopes"), AllowedUsers: drawList(t, people, "users"),
		DeniedUsers:         rapid.SliceOfN(rapid.SampledFrom(append([]string{"mallory", "bo"}, people...)), 0, 2).Draw(t, "denied"),
		AllowedMeshNetworks: drawList(t, words, "meshes"),
	}
	for range rapid.IntRange(0, 3).Draw(t, "slots") {
		p.Slots = append(p.Slots, Slot{rapid.SampledFrom(Kinds()).Draw(t, "kind"), rapid.IntRange(0, 3).Draw(t, "at once"), 10})
	}
	for range rapid.IntRange(0, 3).Draw(t, "overrides") {
		p.Overrides = append(p.Overrides, drawOverride(t))
	}
	return p
}

func drawOverride(t *rapid.T) Override {
	return Override{
		Peer:          rapid.SampledFrom(people).Draw(t, "peer"),
		NSFWAllowed:   rapid.Ptr(rapid.Bool(), true).Draw(t, "o nsfw"),
		MinPriority:   rapid.Ptr(rapid.Uint8Range(0, 10), true).Draw(t, "o priority"),
		MaxConcurrent: rapid.Ptr(rapid.IntRange(1, 3), true).Draw(t, "o at once"),
	}
}

func drawRequest(t *rapid.T) Request {
	return Request{
		Kind: rapid.SampledFrom(Kinds()).Draw(t, "r kind"), Peer: rapid.SampledFrom(people).Draw(t, "r peer"),
		Mesh: rapid.SampledFrom(words).Draw(t, "r mesh"), Class: privacy.Class(rapid.Uint8Range(0, 5).Draw(t, "r class")),
		NSFW: rapid.Bool().Draw(t, "r nsfw"), Priority: rapid.Uint8Range(0, 10).Draw(t, "r priority"),
		Timeout: time.Duration(rapid.Int64Range(-1, 120).Draw(t, "r timeout")) * time.Second, Scope: rapid.SampledFrom(words).Draw(t, "r scope"),
	}
}

func drawLoad(t *rapid.T) Load {
	count := rapid.IntRange(0, 3)
	return Load{
		ByKind: rapid.MapOf(rapid.SampledFrom(Kinds()), count).Draw(t, "by kind"),
		ByPeer: rapid.MapOf(rapid.SampledFrom(people), count).Draw(t, "by peer"),
	}
}

// widen makes a policy that gives more in one respect.
func widen(t *rapid.T, p Policy) Policy {
	p.Slots, p.Overrides = slices.Clone(p.Slots), slices.Clone(p.Overrides)
	if i := rapid.IntRange(0, 15).Draw(t, "widening"); i < 11 {
		widenAll(i, &p, t)
		return p
	}
	if len(p.Overrides) == 0 {
		return p
	}
	o := &p.Overrides[rapid.IntRange(0, len(p.Overrides)-1).Draw(t, "which")]
	yes, none, more := true, uint8(0), 64
	switch rapid.IntRange(0, 3).Draw(t, "in an override") {
	case 0:
		o.NSFWAllowed = &yes
	case 1:
		o.MinPriority = &none
	case 2:
		if o.MaxConcurrent != nil {
			o.MaxConcurrent = &more
		}
	case 3:
		p.Overrides = append(p.Overrides, Override{Peer: o.Peer, NSFWAllowed: &yes, MinPriority: &none, MaxConcurrent: &more})
	}
	return p
}

func widenAll(i int, p *Policy, t *rapid.T) {
	switch i {
	case 0:
		p.Slots = append(p.Slots, Slot{rapid.SampledFrom(Kinds()).Draw(t, "new kind"), 1, 0})
	case 1:
		for i := range p.Slots {
			p.Slots[i].MaxConcurrent++
		}
	case 2:
		p.NSFWAllowed = true
	case 3:
		if p.MaxJobSeconds > 0 {
			p.MaxJobSeconds++
		}
	case 4:
		p.MaxJobSeconds = 0
	case 5:
		p.PublicMeshOptIn = true
	case 6:
		p.MinPriority /= 2
	case 7:
		p.AllowedScopes = nil
	case 8:
		if p.AllowedUsers != nil {
			p.AllowedUsers = append(slices.Clone(p.AllowedUsers), rapid.SampledFrom(people).Draw(t, "new user"))
		}
	case 9:
		if len(p.DeniedUsers) > 0 {
			p.DeniedUsers = p.DeniedUsers[1:]
		}
	case 10:
		p.AllowedMeshNetworks = nil
	}
}

func TestWideningNeverRefuses(t *testing.T) {
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		p, r, l := drawPolicy(t), drawRequest(t), drawLoad(t)
		if rapid.Bool().Draw(t, "fitting") { // else almost nothing is accepted, and the property says little
			p = fit(p, r)
		}
		before := Decide(p, nil, r, l)
		if len(before.Reasons) != 15 {
			t.Fatalf("%d rules answered", len(before.Reasons))
		}
		if !before.Accept {
			return
		}
		accepted++
		if wide := widen(t, p); !Decide(wide, nil, r, l).Accept {
			t.Fatalf("%+v accepts, %+v refuses: %+v", p, wide, Decide(wide, nil, r, l).Refusals())
		}
	})
	if accepted == 0 {
		t.Error("no request was ever accepted: the property was not tried")
	}
}

// fit makes a policy accept a request in most respects.
func fit(p Policy, r Request) Policy {
	p.Slots = append(p.Slots, Slot{r.Kind, 4, 10})
	p.NSFWAllowed, p.PublicMeshOptIn = r.NSFW, r.Class.Effective() == privacy.PublicMesh
	p.MinPriority = min(p.MinPriority, r.Priority)
	p.MaxJobSeconds = max(p.MaxJobSeconds, int64(r.Timeout/time.Second), 1)
	p.DeniedUsers = slices.DeleteFunc(p.DeniedUsers, func(u string) bool { return bareName(u) == bareName(r.Peer) })
	p.AllowedScopes, p.AllowedMeshNetworks = nil, nil
	if p.AllowedUsers != nil {
		p.AllowedUsers = append(p.AllowedUsers, r.Peer)
	}
	return p
}

func TestAnOverrideConcernsItsPeerAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, r, l, o := drawPolicy(t), drawRequest(t), drawLoad(t), drawOverride(t)
		if o.Peer == r.Peer {
			return
		}
		with := p
		with.Overrides = append(slices.Clone(p.Overrides), o)
		a, b := Decide(p, nil, r, l), Decide(with, nil, r, l)
		if a.Accept != b.Accept || !slices.Equal(a.Reasons, b.Reasons) {
			t.Fatalf("an override for %s changes the answer to %s:\n%+v\n%+v", o.Peer, r.Peer, a, b)
		}
	})
}
