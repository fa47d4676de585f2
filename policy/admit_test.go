package policy

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

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
