// Package sim makes op-logs as large as wanted, of a mesh that lives: for measuring, and for trying voxmesh on years of
// history. The ops are those that a host writes, of every kind that the reducer knows, in the commits and under the index
// names that a host gives them; they go the way of all ops, through oplog with the projection of mesh. The same recipe
// gives the same log: its ops, their times, and with them the hash at its head. What a machine would compute (hashes,
// keys, signatures) is random of the same length, so that it compresses as badly as the real thing.
package sim

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"voxmesh/mesh"
	"voxmesh/oplog"
)

// sim is a mesh that lives: people submit work, some of it workflows, nodes take it, run it and now and then go away, are
// paused, or say that their models changed.
type sim struct {
	rng  *rand.Rand
	now  time.Time
	step float64 // mean microseconds between two ops
	// people is the share of the commits that are what a person did, beside submitting work.
	people float64

	nodes  []string
	joined int        // nodes that are admitted, from the first on
	made   uint64     // nodes that there ever were
	pick   func() int // a node: uniform, or a few of them most of the time
	busy   map[string]int
	locked string // the node that is about to go

	open    []*story
	most    int // stories that are open at once, at most
	number  struct{ item, job, run, batch, act uint64 }
	invite  string   // open, or empty
	entries []string // fingerprints that may enter
	out     []oplog.Draft

	models  []mesh.Model
	texts   []string
	modules []string
}

// simStart is when every log of the generator begins.
var simStart = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

func newSim(r Recipe) *sim {
	s := &sim{
		rng: rand.New(rand.NewPCG(r.Seed, 6)), now: simStart, step: 86_400e6 / r.PerDay, busy: map[string]int{},
		most: max(24, r.Nodes/50), people: 0.01,
	}
	for range r.Nodes {
		s.nodes = append(s.nodes, s.newcomer())
	}
	s.pick = func() int { return s.rng.IntN(r.Nodes) }
	if r.Skewed && r.Nodes > 1 {
		z := rand.NewZipf(s.rng, 1.1, 1, uint64(r.Nodes-1))
		s.pick = func() int { return int(z.Uint64()) }
	}
	for _, m := range []string{"llama3.2:3b", "llama3.1:8b", "qwen2.5:14b", "mistral:7b", "nomic-embed-text", "gemma2:9b"} {
		s.models = append(s.models, mesh.Model{
			Name: m, Tag: "Q4_K_M", Backend: "ollama", Family: m[:4], Digest: s.hex(32), Size: 2e9 + int64(s.rng.Uint32()), Context: 8192, Fits: true,
		})
	}
	for range 40 {
		s.modules = append(s.modules, s.hex(32))
	}
	s.texts = []string{
		"summarise the minutes of the meeting on heating", "transcribe the interview with the baker", "render frames 120 to 240 of the garden",
		"embed the notes of this week", "urgent: the build is red, find out why", "sort the photos of the harvest by face",
	}
	return s
}

// joining is how many nodes join in one commit at the beginning.
const joining = 64

// commit gives the ops of the next commit, one at least, and moves the clock.
func (s *sim) commit() []oplog.Draft {
	s.out = nil
	switch p := s.rng.Float64(); {
	case s.number.act == 0:
		s.started()
		s.audit("create", "home")
	case s.joined < len(s.nodes):
		for n := 0; n < joining && s.joined < len(s.nodes); n++ {
			s.join(s.nodes[s.joined], "")
			s.joined++
		}
	case p < s.people:
		s.act()
	case p < 0.035:
		s.describe(s.nodes[s.pick()])
	case p < 0.24:
		s.flap()
	case s.rng.IntN(s.most) >= len(s.open):
		s.submit()
	default:
		s.advance(s.rng.IntN(len(s.open)))
	}
	wait := -math.Log(1-s.rng.Float64()) * s.step * float64(len(s.out))
	s.now = s.now.Add(time.Duration(wait) * time.Microsecond)
	return s.out
}

func (s *sim) say(kind, actor, trace string, body []byte, index ...string) {
	s.out = append(s.out, oplog.Draft{Kind: kind, Actor: actor, Trace: trace, Body: body, Index: index})
}

// chance is true in one of n cases.
func (s *sim) chance(n int) bool { return s.rng.IntN(n) == 0 }

func (s *sim) random(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(s.rng.Uint32())
	}
	return b
}

func (s *sim) hex(n int) string { return hex.EncodeToString(s.random(n)) }

func (s *sim) b64(n int) string { return base64.StdEncoding.EncodeToString(s.random(n)) }

// key is what an NKey looks like.
func (s *sim) key() string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	b := s.random(56)
	for i := range b {
		b[i] = letters[b[i]&31]
	}
	b[0] = 'U'
	return string(b)
}

// name gives the n-th name with a prefix: eight digits that look random, as ids of voxmesh do.
func name(prefix string, n *uint64) string {
	id := fmt.Sprintf("%s%08x", prefix, uint32(*n*2654435769))
	*n++
	return id
}
