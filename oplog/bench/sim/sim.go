// Package sim makes op-logs as large as wanted, of a mesh that lives: for measuring, and for trying voxmesh on years of history.
package sim

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
)

// sim is a mesh that lives: people submit work, some of it workflows, nodes take it, run it and now and then go away, are
// paused, or say that their models changed. It gives the ops that a host would write, in commits, from a seed: the same
// seed gives the same log. What a machine would compute (hashes, keys, signatures) is random of the same length, so that
// it compresses as badly as the real thing.
type sim struct {
	rng   *rand.Rand
	nodes []string
	pick  func() int // a node: uniform, or a few of them most of the time
	now   time.Time
	step  float64 // mean microseconds between two ops

	open    []*story
	number  struct{ item, job, run, act uint64 }
	out     []oplog.Draft
	models  []mesh.Model
	texts   []string
	modules []string
}

// story is work on its way: one job, or a workflow of several.
type story struct {
	item, run, trace string
	flow             bool
	left             int // jobs that are still to come
	job, node        string
	at               int // step of the job: 0 submitted, 1 leased, 2 started
}

// simStart is when every log of the generator begins.
var simStart = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

func newSim(seed uint64, nodes int, skewed bool, perDay float64) *sim {
	s := &sim{rng: rand.New(rand.NewPCG(seed, 6)), now: simStart, step: 86_400e6 / perDay}
	places := []string{"attic", "cellar", "desk", "lab", "studio", "kitchen", "shed", "office"}
	for i := range nodes {
		s.nodes = append(s.nodes, fmt.Sprintf("%s-%s-%d", places[i%len(places)], []string{"gpu", "cpu", "mini"}[i%3], i))
	}
	s.pick = func() int { return s.rng.IntN(nodes) }
	if skewed {
		z := rand.NewZipf(s.rng, 1.1, 1, uint64(nodes-1))
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

func (s *sim) hex(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(s.rng.Uint32())
	}
	return hex.EncodeToString(b)
}

// key is what an NKey looks like.
func (s *sim) key() string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	b := make([]byte, 56)
	for i := range b {
		b[i] = letters[s.rng.IntN(len(letters))]
	}
	b[0] = 'U'
	return string(b)
}

func (s *sim) say(kind, actor, trace string, body []byte, index ...string) {
	s.out = append(s.out, oplog.Draft{Kind: kind, Actor: actor, Trace: trace, Body: body, Index: index})
}

// begin is the first commits: the mesh and its nodes.
func (s *sim) begin() []oplog.Draft {
	s.out = nil
	s.say(mesh.KindHostStarted, "host", "", mesh.Encode(&mesh.HostStarted{Mesh: "home", PeerID: s.hex(8), Operator: "ada", Instance: s.hex(8), Version: "1.6.0", Cores: 8}))
	for i, id := range s.nodes {
		s.say(mesh.KindNodeAdmitted, "node:"+id, "", mesh.Encode(&mesh.NodeAdmitted{
			Node: id, Key: s.key(), Invite: s.hex(8), Label: id, Hostname: id + ".local", Class: privacy.PairedPeersOnly,
			Slots: []mesh.Slot{{Kind: "gpu", Max: 1, Weight: 50}}, Addr: fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255),
		}))
		s.describe(id)
		s.say(mesh.KindNodeStatus, "host", "", mesh.Encode(&mesh.NodeStatusChanged{Node: id, Status: mesh.Online}))
	}
	return s.out
}

func (s *sim) describe(id string) {
	n := s.rng.IntN(3)
	rec := &mesh.NodeDescribed{
		Node: id, Slots: []mesh.Slot{{Kind: "cpu", Max: uint32(1 + s.rng.IntN(8)), Weight: 50}, {Kind: "gpu", Max: 1, Weight: 80}},
		MaxJobSecs: 3600, Version: "1.6.0", Policy: s.hex(8),
	}
	for range n {
		rec.Models = append(rec.Models, s.models[s.rng.IntN(len(s.models))])
	}
	s.say(mesh.KindNodeDescribed, "node:"+id, "", mesh.Encode(rec))
}

// commit gives the ops of the next commit, and moves the clock.
func (s *sim) commit() []oplog.Draft {
	s.out = nil
	switch p := s.rng.Float64(); {
	case p < 0.76 && len(s.open) >= 24, p < 0.68 && len(s.open) > 0:
		s.advance(s.rng.IntN(len(s.open)))
	case p < 0.76:
		s.submit()
	case p < 0.965:
		s.flap()
	case p < 0.99:
		s.describe(s.nodes[s.pick()])
	default:
		s.act()
	}
	wait := -math.Log(1-s.rng.Float64()) * s.step * float64(len(s.out))
	s.now = s.now.Add(time.Duration(wait) * time.Microsecond)
	return s.out
}

// audit is a signed entry.
func (s *sim) audit(action, target string, class privacy.Class) string {
	id := fmt.Sprintf("a-%06x", s.number.act*0x9E3779B1&0xffffff)
	s.number.act++
	stored := fmt.Sprintf(`{"action":%q,"actor":"cli:ada","audit_id":%q,"domain":"voxmesh audit entry v1","key_id":%q,"prev_head":%q,"privacy_class":%q,"reason":"","seq":%d,"signature":%q,"target":%q,"ts_micros":%d,"v":1}`,
		action, id, "8f21c7aa", s.b64(32), class.String(), s.number.act, s.b64(64), target, s.now.UnixMicro())
	head := fmt.Sprintf("voxmesh/home\n%d\n%s\n\n— voxmesh/home %s\n", s.number.act, s.b64(32), s.b64(68))
	s.say(mesh.KindAuditEntry, "cli:ada", "", mesh.Encode(&mesh.AuditRecorded{
		AuditID: id, Action: action, Target: target, Class: class, Stored: []byte(stored), Head: []byte(head),
	}), "audit", "audit:"+id, "audit:"+target)
	return id
}

func (s *sim) b64(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(s.rng.Uint32())
	}
	return base64.StdEncoding.EncodeToString(b)
}

// name gives the n-th name with a prefix: eight digits that look random, as ids of voxmesh do.
func name(prefix string, n *uint64) string {
	id := fmt.Sprintf("%s%08x", prefix, uint32(*n*2654435769))
	*n++
	return id
}

func (s *sim) submit() {
	st := &story{
		item: name("h-", &s.number.item), run: name("r-", &s.number.run), trace: s.hex(16), left: 1,
		flow: s.rng.IntN(20) == 0,
	}
	text := s.texts[s.rng.IntN(len(s.texts))]
	s.say(mesh.KindItemAdmitted, "cli:ada", st.trace, mesh.Encode(&mesh.ItemAdmitted{
		Item: st.item, Intent: text, Run: st.run, Class: privacy.PairedPeersOnly, Priority: uint8(hopper.Normal),
		Source: uint8(hopper.Orchestrator), Classified: uint8(hopper.Normal), Confidence: 72, Kind: "cpu",
	}), "item:"+st.item)
	if st.flow {
		st.left = 4
		s.say(mesh.KindWorkflowStarted, "cli:ada", st.trace, mesh.Encode(&mesh.WorkflowStarted{
			Run: st.run, Item: st.item, Name: "nightly-render", Definition: s.hex(32), Class: privacy.PairedPeersOnly, Priority: uint8(hopper.Normal),
			Submitter: "ada", Activities: 4, Names: []string{"split", "render", "caption", "publish"},
		}), "run:"+st.run, "item:"+st.item)
	} else {
		s.job(st, text)
	}
	s.audit("submit", st.item, privacy.PairedPeersOnly)
	s.open = append(s.open, st)
}

// job submits the next job of a story.
func (s *sim) job(st *story, title string) {
	st.job, st.at = name("j-", &s.number.job), 0
	rec := &mesh.JobSubmitted{
		Job: st.job, Run: st.run, Kind: "cpu", Runner: "wasm", Module: s.modules[s.rng.IntN(len(s.modules))], Class: privacy.PairedPeersOnly, Priority: uint8(hopper.Normal),
		TimeoutMS: 600_000, Submitter: "ada", Title: title[:min(len(title), 40)], Item: st.item, Source: uint8(hopper.Orchestrator),
	}
	index := []string{"job:" + st.job, "run:" + st.run}
	if st.flow {
		rec.Activity, rec.Try, rec.Key = []string{"publish", "caption", "render", "split"}[st.left-1], 1, s.hex(32)
	} else {
		index = append(index, "item:"+st.item)
	}
	s.say(mesh.KindJobSubmitted, "cli:ada", st.trace, mesh.Encode(rec), index...)
}

// advance takes one story a step further, and closes it at its end.
func (s *sim) advance(i int) {
	st := s.open[i]
	item := st.item
	if st.flow {
		item = ""
	}
	switch {
	case st.job == "":
		s.job(st, "render")
	case st.at == 0:
		st.node, st.at = s.nodes[s.pick()], 1
		s.say(mesh.KindJobLeased, "host", st.trace, mesh.Encode(&mesh.JobLeased{Job: st.job, Node: st.node, Attempt: 1, Item: item}), "job:"+st.job)
	case st.at == 1:
		st.at = 2
		s.say(mesh.KindJobStarted, "node:"+st.node, st.trace, mesh.Encode(&mesh.JobStarted{Job: st.job, Attempt: 1, Item: item}), "job:"+st.job)
	default:
		s.finish(st, item)
		if st.left--; st.left > 0 {
			st.job = ""
			return
		}
		if st.flow {
			s.say(mesh.KindWorkflowFinished, "host", st.trace, mesh.Encode(&mesh.WorkflowFinished{Run: st.run, Item: st.item, Status: mesh.Succeeded}), "run:"+st.run, "item:"+st.item)
		}
		s.open[i] = s.open[len(s.open)-1]
		s.open = s.open[:len(s.open)-1]
	}
}

func (s *sim) finish(st *story, item string) {
	took := int64(1000 + s.rng.IntN(200_000))
	end := s.now.UnixMicro()
	rec := &mesh.JobFinished{
		Job: st.job, Attempt: 1, Status: mesh.Succeeded, Output: s.hex(32), OutputSize: int64(s.rng.IntN(1 << 20)), Tokens: int64(s.rng.IntN(900)),
		CostMicros: int64(s.rng.IntN(40_000)), DurationMS: took, Item: item, Skew: int64(s.rng.IntN(5000)), SkewKnown: true,
	}
	if s.rng.IntN(25) == 0 {
		rec.Status, rec.ExitCode, rec.Code, rec.Error, rec.Output = mesh.Failed, 1, "vox/run/exit", "the program ended with 1", ""
	}
	parent := s.hex(8)
	for _, phase := range []string{"admit", "fetch", "run"} {
		rec.Phases = append(rec.Phases, mesh.SpanRecord{ID: s.hex(8), Parent: parent, Name: phase, Start: end - took*1000, End: end - int64(s.rng.IntN(900))})
	}
	s.say(mesh.KindJobFinished, "node:"+st.node, st.trace, mesh.Encode(rec), "job:"+st.job)
}

// flap is a node that is not heard for a while.
func (s *sim) flap() {
	id := s.nodes[s.pick()]
	for _, status := range []mesh.Status{mesh.Degraded, mesh.Offline, mesh.Online} {
		if status != mesh.Offline || s.rng.IntN(2) == 0 {
			s.say(mesh.KindNodeStatus, "host", "", mesh.Encode(&mesh.NodeStatusChanged{Node: id, Status: status}))
		}
	}
}

// act is a person who pauses a node, or takes it back.
func (s *sim) act() {
	id := s.nodes[s.pick()]
	mode, action := mesh.Paused, "pause"
	if s.rng.IntN(2) == 0 {
		mode, action = mesh.Active, "resume"
	}
	audit := s.audit(action, id, privacy.PairedPeersOnly)
	s.say(mesh.KindNodeMode, "cli:ada", "", mesh.Encode(&mesh.NodeModeChanged{Node: id, Mode: mode, AuditID: audit}))
}
