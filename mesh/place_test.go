package mesh

import (
	"math"
	"strings"
	"testing"
	"time"

	"voxmesh/mesh/privacy"
)

// spread is a mesh of a host and one node for the placement rules; edits change it or the job.
func TestEveryRuleHasItsName(t *testing.T) {
	cents := func(n int64) *int64 { n *= 10_000; return &n }
	type world struct {
		tp   *tape
		bob  NodeDescribed
		job  JobSubmitted
		busy bool
	}
	base := func() *world {
		return &world{
			tp:  newTape().start("bob"),
			bob: NodeDescribed{Node: "bob", Slots: []Slot{{"cpu", 2, 50}, {"text", 1, 0}}, Models: []Model{{Name: "llama", Fits: true}, {Name: "huge"}}, MaxJobSecs: 3600},
			job: JobSubmitted{Job: "j-1", Run: "r-1", Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Priority: Normal},
		}
	}
	mode := func(m Mode) func(*world) {
		return func(w *world) { w.tp.op(KindNodeMode, &NodeModeChanged{Node: "bob", Mode: m}) }
	}
	status := func(s Status) func(*world) {
		return func(w *world) { w.tp.op(KindNodeStatus, &NodeStatusChanged{Node: "bob", Status: s}) }
	}
	spend := func(w *world) {
		w.tp.submit("j-8")
		w.tp.run("j-8", "bob", 1)
		w.tp.op(KindJobFinished, &JobFinished{Job: "j-8", Attempt: 1, Status: Succeeded, CostMicros: 10_000})
	}
	hold := func(w *world) {
		w.tp.submit("j-8")
		w.tp.submit("j-9")
		w.tp.lease("j-8", "bob", 1)
		w.tp.run("j-9", "bob", 1)
	}
	text := func(model string) func(*world) {
		return func(w *world) { w.job.Kind, w.job.Runner, w.job.Model = "text", "text", model }
	}
	for _, tt := range []struct {
		name string
		edit func(*world)
		rule string // for bob; empty is allowed
		says string
	}{
		{"as it is", func(*world) {}, "", ""},
		{"asked for by name", func(w *world) { w.job.On = "bob" }, "", ""},
		{"another is asked for", func(w *world) { w.job.On = "home" }, RuleNode, "home"},
		{"locked", func(w *world) { w.tp.op(KindNodeLocked, &NodeLocked{Node: "bob", Reason: "two machines"}) }, RuleLocked, "two machines"},
		{"degraded", status(Degraded), RuleOffline, "degraded"},
		{"offline", status(Offline), RuleOffline, "offline"},
		{"paused", mode(Paused), RuleMode, "paused"},
		{"off hours", func(w *world) { w.bob.Away, w.bob.AwayRule = "off hours until 22:00", RuleHours }, RuleHours, "until 22:00"},
		{"its owner is busy", func(w *world) { w.bob.Away, w.bob.AwayRule = "its owner is busy: x", RuleOwner }, RuleOwner, "busy: x"},
		{"away for a reason of tomorrow", func(w *world) { w.bob.Away, w.bob.AwayRule = "asleep", "moon" }, RuleOwner, "asleep"},
		{"draining", mode(Draining), RuleMode, "draining"},
		{"drained", mode(Drained), RuleMode, "drained"},
		{"local", func(w *world) { w.job.Class = privacy.LocalOnly }, RuleClass, "LOCAL"},
		{"public, not opted in", func(w *world) { w.job.Class = privacy.PublicMesh }, RuleClass, "opted in"},
		{"public, opted in", func(w *world) { w.job.Class, w.bob.OptIn = privacy.PublicMesh, true }, "", ""},
		{"of unknown class, which counts as public", func(w *world) { w.job.Class = privacy.Unknown }, RuleClass, "opted in"},
		{"no such slot", func(w *world) { w.job.Kind = "gpu" }, RuleKind, "gpu"},
		{"a slot of none", func(w *world) { w.bob.Slots = []Slot{{"cpu", 0, 50}} }, RuleKind, "cpu"},
		{"a model that it has", text("llama"), "", ""},
		{"a model that it has not", text("qwen"), RuleModel, "qwen"},
		{"a model that does not fit", text("huge"), RuleModel, "fit"},
		{"no models at all", func(w *world) { text("llama")(w); w.bob.Models, w.bob.ModelsNote = nil, "ollama is not there" }, RuleModel, "ollama is not there"},
		{"nsfw", func(w *world) { w.job.NSFW = true }, RuleNSFW, "NSFW"},
		{"nsfw, taken", func(w *world) { w.job.NSFW, w.bob.NSFW = true, true }, "", ""},
		{"under its least priority", func(w *world) { w.bob.MinPriority = 6 }, RulePriority, "6"},
		{"at its least priority", func(w *world) { w.bob.MinPriority = 5 }, "", ""},
		{"longer than it gives", func(w *world) { w.job.TimeoutMS = 3601_000 }, RuleDuration, "3601"},
		{"as long as it gives", func(w *world) { w.job.TimeoutMS = 3600_999 }, "", ""},
		{"longer, where there is no limit", func(w *world) { w.job.TimeoutMS, w.bob.MaxJobSecs = 1<<50, 0 }, "", ""},
		{"a cap of nothing", func(w *world) { w.tp.op(KindCapSet, &CapSet{Node: "bob", CapMicros: cents(0)}) }, RuleBudget, "$0.00"},
		{"the mesh's cap of nothing", func(w *world) { w.tp.op(KindCapSet, &CapSet{Node: "mesh", CapMicros: cents(0)}) }, RuleBudget, "mesh"},
		{"under its cap", func(w *world) { spend(w); w.tp.op(KindCapSet, &CapSet{Node: "bob", CapMicros: cents(2)}) }, "", ""},
		{"at its cap", func(w *world) { spend(w); w.tp.op(KindCapSet, &CapSet{Node: "bob", CapMicros: cents(1)}) }, RuleBudget, "$0.01 of $0.01"},
		{"at its cap a day ago", func(w *world) {
			spend(w)
			w.tp.op(KindCapSet, &CapSet{Node: "bob", CapMicros: cents(1)})
			w.tp.at += day
		}, "", ""},
		{"a cap taken away", func(w *world) {
			w.tp.op(KindCapSet, &CapSet{Node: "bob", CapMicros: cents(0)})
			w.tp.op(KindCapSet, &CapSet{Node: "bob"})
		}, "", ""},
		{"slots in use", hold, RuleBusy, "2 of 2"},
		{"it said so", func(w *world) { w.busy = true }, RuleBusy, "a moment ago"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := base()
			tt.edit(w)
			w.tp.op(KindNodeDescribed, &w.bob)
			w.tp.op(KindJobSubmitted, &w.job)
			j := w.tp.job(t, "j-1")
			p := newPlacement(w.tp.s, nil, w.tp.now(), func(n, k string) bool { return w.busy && n == "bob" && k == "cpu" })
			bob, _ := w.tp.s.Node("bob")
			v := p.judge(bob, j)
			if v.Rule != tt.rule || v.Allowed != (tt.rule == "") || !strings.Contains(v.Reason, tt.says) || v.PrivacyClass != bob.Class {
				t.Errorf("%+v, want rule %q", v, tt.rule)
			}
			if w.busy {
				return
			}
			e := explain(w.tp.s, nil, w.tp.now(), j)
			if len(e.Nodes) != 2 || e.Nodes[0].NodeID != "bob" || e.Nodes[0] != v || e.Why == "" {
				t.Errorf("explain: %+v", e)
			}
		})
	}
}

func TestTheHostServesLastAndIsFree(t *testing.T) {
	tp := newTape().start("bob")
	zero := int64(0)
	best := func(j JobSubmitted) string {
		n, ok := newPlacement(tp.s, nil, tp.now(), nil).best(&Job{JobSubmitted: j})
		if !ok {
			return ""
		}
		return n.ID
	}
	job := JobSubmitted{Job: "j-1", Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Priority: Normal}
	if got := best(job); got != "bob" {
		t.Errorf("paired: %q", got)
	}
	local := job
	local.Class = privacy.LocalOnly
	if got := best(local); got != "home" {
		t.Errorf("local: %q", got)
	}
	public := job
	public.Class = privacy.PublicMesh
	if got := best(public); got != "home" {
		t.Errorf("public, nobody opted in: %q", got)
	}
	tp.op(KindCapSet, &CapSet{Node: "mesh", CapMicros: &zero})
	if got := best(job); got != "home" {
		t.Errorf("no paid work: %q", got)
	}
	job.On = "bob"
	if got := best(job); got != "" {
		t.Errorf("no paid work, and no other node will do: %q", got)
	}
	e := explain(tp.s, nil, tp.now(), &Job{JobSubmitted: job})
	if !strings.Contains(e.Why, "bob: waiting for budget") {
		t.Errorf("%q", e.Why)
	}
	job.On = "eve"
	if e := explain(tp.s, nil, tp.now(), &Job{JobSubmitted: job}); !strings.Contains(e.Why, "no longer in the mesh") {
		t.Errorf("%q", e.Why)
	}
}

func TestWeightThenLoadThenRoundTrip(t *testing.T) {
	tp := newTape().start("ann", "bob", "eve")
	h := idleHost(t, tp.now)
	give := func(n string, slots, weight uint32) {
		tp.op(KindNodeDescribed, &NodeDescribed{Node: n, Slots: []Slot{{"cpu", slots, weight}}})
	}
	best := func() string {
		job := &Job{JobSubmitted: JobSubmitted{Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly}}
		n, ok := newPlacement(tp.s, h.gauges.snapshot(tp.now()), tp.now(), nil).best(job)
		if !ok {
			t.Fatal("nowhere")
		}
		return n.ID
	}
	if got := best(); got != "ann" {
		t.Errorf("equals go by id: %s", got)
	}
	rtt := func(n string, d time.Duration) { h.gauges.beat(n, "A", 0, d, 0, tp.now()) }
	rtt("ann", 30*time.Millisecond)
	rtt("bob", 10*time.Millisecond)
	rtt("eve", 20*time.Millisecond)
	if got := best(); got != "bob" {
		t.Errorf("the nearest: %s", got)
	}
	give("eve", 4, 80)
	if got := best(); got != "eve" {
		t.Errorf("the heaviest: %s", got)
	}
	tp.submit("j-1")
	tp.submit("j-2")
	tp.lease("j-1", "eve", 1)
	tp.lease("j-2", "eve", 1)
	if got := best(); got != "bob" {
		t.Errorf("half of eve is in use: %s", got)
	}
	give("ann", 1, 0)
	give("bob", 0, 100)
	tp.submit("j-3")
	tp.submit("j-4")
	tp.lease("j-3", "eve", 1)
	tp.lease("j-4", "eve", 1)
	if got := best(); got != "ann" {
		t.Errorf("a donated slot of weight 0 goes before the host: %s", got)
	}
}

func TestPlacingPasses(t *testing.T) {
	tp := newTape().start("bob")
	h := idleHost(t, tp.now)
	tp.op(KindNodeDescribed, &NodeDescribed{Node: "bob", Slots: []Slot{{"cpu", 3, 50}}})
	sub := func(id string, prio uint8, edit func(*JobSubmitted)) {
		r := &JobSubmitted{Job: id, Run: "r", Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Priority: prio, On: "bob"}
		if edit != nil {
			edit(r)
		}
		tp.op(KindJobSubmitted, r)
	}
	sub("j-a", Background, nil)
	sub("j-b", Normal, nil)
	sub("j-gpu", Urgent, func(r *JobSubmitted) { r.Kind = "gpu" })
	sub("j-c", Urgent, nil)
	sub("j-d", Normal, nil)
	var order []string
	ds := h.place(tp.s)
	for _, d := range ds {
		var r JobLeased
		if err := unmarshal(d.Body, &r); err != nil {
			t.Fatal(err)
		}
		order = append(order, r.Job)
	}
	if got := strings.Join(order, " "); got != "j-c j-b j-d" {
		t.Errorf("given out: %s", got)
	}
	tp.drafts(ds)
	if left := h.place(tp.s); len(left) != 0 {
		t.Errorf("more than its slots: %s", kindsOf(left))
	}
	mustSound(t, tp.s)
}

// A job that was refused under an older policy is not held up by one like it that was refused under the present one.
func TestARefusalHoldsUpItsOwnJobAlone(t *testing.T) {
	tp := newTape().start("bob")
	h := idleHost(t, tp.now)
	refuse := func(id string) {
		tp.lease(id, "bob", 1)
		tp.op(KindJobRequeued, &JobRequeued{Job: id, Attempt: 1, Cause: CauseRefused, Reason: "no"})
	}
	for _, id := range []string{"j-1", "j-2"} {
		tp.op(KindJobSubmitted, &JobSubmitted{Job: id, Run: "r", Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly, On: "bob"})
	}
	refuse("j-2")
	tp.op(KindNodeDescribed, &NodeDescribed{Node: "bob", Slots: []Slot{{"cpu", 2, 50}}, Policy: "p2"})
	refuse("j-1")
	if ds := h.place(tp.s); kindsOf(ds) != KindJobLeased {
		t.Errorf("given out: %q", kindsOf(ds))
	}
}

func TestMeshCap(t *testing.T) {
	tp := newTape().start("ann", "bob")
	set := func(n string, micros int64) { tp.op(KindCapSet, &CapSet{Node: n, CapMicros: &micros}) }
	if tp.s.EffectiveMeshCap() != nil {
		t.Error("a cap out of nothing")
	}
	set("ann", 3)
	if tp.s.EffectiveMeshCap() != nil {
		t.Error("bob has none, so there is none")
	}
	set("bob", 4)
	if c := tp.s.EffectiveMeshCap(); c == nil || *c != 7 {
		t.Errorf("the sum is %v", c)
	}
	set("mesh", 0)
	if c := tp.s.EffectiveMeshCap(); c == nil || *c != 0 {
		t.Errorf("its own is %v", c)
	}
	for _, v := range []float64{-1, math.NaN(), math.Inf(1), math.Inf(-1), 1e7} {
		if _, ok := Micros(v); ok {
			t.Errorf("%g dollars are accepted", v)
		}
	}
	if m, ok := Micros(0.1); !ok || m != 100_000 {
		t.Errorf("ten cents are %d", m)
	}
}

func TestIDs(t *testing.T) {
	seen := map[string]bool{}
	for n := range uint64(1<<16 + 5000) {
		id := shortID("j-", n)
		if seen[id] {
			t.Fatalf("%s again, at %d", id, n)
		}
		seen[id] = true
	}
	for _, n := range []uint64{1<<20 - 1, 1 << 20, 1<<24 - 1, 1 << 24, 1<<32 - 1, 1 << 32, 1<<64 - 1} {
		if id := shortID("j-", n); seen[id] {
			t.Errorf("%s again, at %d", id, n)
		} else {
			seen[id] = true
		}
	}
	s := newTape().start("bob").s
	for _, tt := range []struct{ label, host, want string }{
		{"", "Ann's Laptop", "ann-s-laptop"},
		{"Bob", "", "bob-abcd"},
		{"home", "", "home-abcd"},
		{"mesh", "", "node-mesh-abcd"},
		{"j-19c4", "", "node-j-19c4-abcd"},
		{"", "", "node"},
		{"日本", "", "node"},
		{"日本", "box", "box"},
		{"-.-", "\x1b[31m", "31m"},
		{strings.Repeat("x", 1000), "", strings.Repeat("x", longestSlug)},
	} {
		if got := s.nodeID(tt.label, tt.host, "abcd0123"); got != tt.want || reserved(got) {
			t.Errorf("%q on %q becomes %q, want %q", tt.label, tt.host, got, tt.want)
		}
	}
}
