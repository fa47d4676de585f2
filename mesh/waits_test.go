package mesh

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"voxmesh/hopper"
	"voxmesh/mesh/privacy"
)

// pressed is a mesh in which bob has one cpu slot, one text slot and llama, and the host a cpu slot.
func pressed() *tape {
	tp := newTape().start("bob")
	tp.op(KindNodeDescribed, &NodeDescribed{Node: "bob", Slots: []Slot{{"cpu", 1, 50}, {"text", 1, 0}}, Models: []Model{{Name: "llama", Fits: true, Size: 7}, {Name: "huge"}}, MaxJobSecs: 60, MinPriority: 2, Policy: "p1"})
	return tp
}

func TestWhatJobsWaitFor(t *testing.T) {
	zero := int64(0)
	text := func(r *JobSubmitted) { r.Kind, r.Runner, r.Model = "text", "text", "llama" }
	onBob := func(r *JobSubmitted) { r.On = "bob" }
	for _, tt := range []struct {
		name   string
		world  func(*tape)
		job    func(*JobSubmitted)
		want   string
		reason string
	}{
		{"nothing", nil, text, "", ""},
		{"a free slot of its kind", func(tp *tape) { tp.submit("j-8"); tp.run("j-8", "bob", 1) }, onBob, "no cpu free", "1 of 1 in use"},
		{"a kind that nobody gives", nil, func(r *JobSubmitted) { r.Kind = "gpu" }, "no gpu free", "gives no gpu slots"},
		{"a node that is offline", func(tp *tape) { tp.op(KindNodeStatus, &NodeStatusChanged{Node: "bob"}) }, text, "no text free", "offline since"},
		{"a model", nil, func(r *JobSubmitted) { text(r); r.Model = "qwen" }, "needs model", "does not have qwen"},
		{"a model that fits", nil, func(r *JobSubmitted) { text(r); r.Model = "huge" }, "needs model", "does not fit"},
		{"a paused node", func(tp *tape) { tp.op(KindNodeMode, &NodeModeChanged{Node: "bob", Mode: Paused}) }, text, "node paused", "paused"},
		{"a paused node that is in use too", func(tp *tape) {
			tp.submit("j-8")
			tp.run("j-8", "bob", 1)
			tp.op(KindNodeMode, &NodeModeChanged{Node: "bob", Mode: Draining})
		}, onBob, "node paused", "draining"},
		{"hours", func(tp *tape) {
			tp.op(KindNodeDescribed, &NodeDescribed{Node: "bob", Slots: []Slot{{"text", 1, 0}}, Models: []Model{{Name: "llama", Fits: true}}, Away: "off hours until 22:00", AwayRule: RuleHours})
		}, text, "off hours", "bob: off hours until 22:00"},
		{"an owner", func(tp *tape) {
			tp.op(KindNodeDescribed, &NodeDescribed{Node: "bob", Slots: []Slot{{"text", 1, 0}}, Models: []Model{{Name: "llama", Fits: true}}, Away: "its owner is busy: x", AwayRule: RuleOwner})
		}, text, "node paused", "bob: its owner is busy: x"},
		{"a locked node", func(tp *tape) { tp.op(KindNodeLocked, &NodeLocked{Node: "bob", Reason: "twins"}) }, text, "node paused", "twins"},
		{"money", func(tp *tape) { tp.op(KindCapSet, &CapSet{Node: "bob", CapMicros: &zero}) }, text, "over budget", "bob: waiting for budget: $0.00 of $0.00"},
		{"money of the mesh", func(tp *tape) { tp.op(KindCapSet, &CapSet{Node: "mesh", CapMicros: &zero}) }, text, "over budget", "waiting for budget: the mesh"},
		{"another policy: nsfw", nil, func(r *JobSubmitted) { text(r); r.NSFW = true }, "policy", "NSFW"},
		{"another policy: priority", nil, func(r *JobSubmitted) { text(r); r.Priority = 1 }, "policy", "priority 1"},
		{"another policy: duration", nil, func(r *JobSubmitted) { text(r); r.TimeoutMS = 61_000 }, "policy", "61 s"},
		{"another class", nil, func(r *JobSubmitted) { text(r); r.Class = privacy.LocalOnly }, "class", "LOCAL"},
		{"a class at all", nil, func(r *JobSubmitted) { text(r); r.Class = privacy.Unknown }, "class unknown", "opted in"},
		{"a node that is gone", func(tp *tape) { tp.op(KindNodeGone, &NodeGone{Node: "bob"}) }, onBob, "no cpu free", "no cpu free"},
		{"the nearest of two: a pause rather than a model", func(tp *tape) {
			tp.start("ann")
			tp.op(KindNodeDescribed, &NodeDescribed{Node: "ann", Slots: []Slot{{"text", 1, 0}}, Policy: "p1"})
			tp.op(KindNodeMode, &NodeModeChanged{Node: "bob", Mode: Paused})
		}, text, "node paused", "bob"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tp := pressed()
			if tt.world != nil {
				tt.world(tp)
			}
			r := &JobSubmitted{Job: "j-1", Run: "r-1", Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Priority: Normal}
			tt.job(r)
			tp.op(KindJobSubmitted, r)
			j := tp.job(t, "j-1")
			w := tp.s.Waits(nil, tp.now())
			if got := w.For(j); got != tt.want || tp.s.WaitsFor(nil, tp.now(), j) != got {
				t.Errorf("%q, want %q", got, tt.want)
			}
			if got := w.Reason(j); !strings.Contains(got, tt.reason) || (got == "") != (tt.want == "") {
				t.Errorf("%q, want %q", got, tt.reason)
			}
			e, ok := tp.s.Explain(nil, tp.now(), "j-1")
			if !ok || e.WaitsFor != tt.want || e.Why == "" {
				t.Errorf("%+v", e)
			}
			if tt.want == "over budget" && !strings.Contains(e.Why, "waiting for budget") {
				t.Errorf("%q", e.Why)
			}
		})
	}
}

func TestWhatDoesNotWait(t *testing.T) {
	tp := pressed()
	tp.submit("j-1")
	tp.run("j-1", "bob", 1)
	tp.submit("j-2")
	tp.op(KindJobFinished, &JobFinished{Job: "j-2", Status: Killed})
	for _, id := range []string{"j-1", "j-2"} {
		if w := tp.s.Waits(nil, tp.now()); w.For(tp.job(t, id)) != "" || w.Reason(tp.job(t, id)) != "" {
			t.Errorf("%s waits for %q", id, w.For(tp.job(t, id)))
		}
	}
	if _, ok := tp.s.Explain(nil, tp.now(), "j-9"); ok {
		t.Error("a job out of nothing is explained")
	}
}

func TestWhoIsBehindWhom(t *testing.T) {
	tp := pressed()
	tp.submit("j-0")
	tp.run("j-0", "bob", 1)
	for _, q := range []struct {
		id, on string
		prio   uint8
		kind   string
	}{{"j-late", "bob", 3, "cpu"}, {"j-a", "bob", 5, "cpu"}, {"j-gpu", "", 9, "gpu"}, {"j-b", "bob", 5, "cpu"}, {"j-host", "home", 5, "cpu"}, {"j-first", "bob", 9, "cpu"}, {"j-any", "", 5, "cpu"}} {
		tp.op(KindJobSubmitted, &JobSubmitted{Job: q.id, Run: "r-1", Kind: q.kind, Runner: "wasm", Class: privacy.PairedPeersOnly, Priority: q.prio, On: q.on})
	}
	w := tp.s.Waits(nil, tp.now())
	for id, want := range map[string]string{
		"j-first": "no cpu free", "j-a": "behind 1", "j-b": "behind 2", "j-host": "", "j-any": "behind 4", "j-late": "behind 4", "j-gpu": "no gpu free",
	} {
		if got := w.For(tp.job(t, id)); got != want {
			t.Errorf("%s waits for %q, want %q", id, got, want)
		}
	}
	free := pressed()
	for _, id := range []string{"j-next", "j-then"} {
		free.op(KindJobSubmitted, &JobSubmitted{Job: id, Run: "r-1", Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Priority: 5, On: "bob"})
	}
	w = free.s.Waits(nil, free.now())
	if got, why := w.For(free.job(t, "j-then")), w.Reason(free.job(t, "j-then")); got != "behind 1" || why != "bob: its free cpu slots are for what is ahead" {
		t.Errorf("a second one for a free slot waits for %q: %q", got, why)
	}
}

// waitWords is the closed list, without behind N.
var waitWords = []string{"no gpu free", "no cpu free", "no text free", "needs model", "node paused", "over budget", "off hours", "policy", "class", "class unknown"}

// drawMesh draws a mesh under pressure, with a queue.
func drawMesh(t *rapid.T) *tape {
	tp := newTape().start("ann", "bob")
	bit := func(name string) bool { return rapid.IntRange(0, 3).Draw(t, name) == 0 }
	zero := int64(0)
	for _, n := range []string{"ann", "bob"} {
		away := ""
		if bit("away") {
			away = "away"
		}
		tp.op(KindNodeDescribed, &NodeDescribed{
			Away: away, AwayRule: draw(t, "rule", RuleHours, RuleOwner), Node: n, Slots: []Slot{{"cpu", uint32(rapid.IntRange(0, 2).Draw(t, "cpus")), 1}, {draw(t, "second slot", "gpu", "text"), 1, 1}},
			Models: []Model{{Name: "llama", Fits: rapid.Bool().Draw(t, "fits")}}, OptIn: bit("opted in"), MinPriority: draw(t, "least", uint8(0), 5), Policy: "p1",
		})
		if bit("not online") {
			tp.op(KindNodeStatus, &NodeStatusChanged{Node: n, Status: draw(t, "status", Offline, Degraded)})
		}
		if bit("not active") {
			tp.op(KindNodeMode, &NodeModeChanged{Node: n, Mode: draw(t, "mode", Paused, Draining)})
		}
		if bit("no money") {
			tp.op(KindCapSet, &CapSet{Node: n, CapMicros: &zero})
		}
	}
	for i := range rapid.IntRange(1, 12).Draw(t, "jobs") {
		id := "j-" + itoa(uint64(i))
		tp.op(KindJobSubmitted, &JobSubmitted{
			Job: id, Run: "r-1", Kind: draw(t, "kind", "cpu", "gpu", "text"), Runner: draw(t, "runner", "wasm", "text"),
			Model: draw(t, "model", "llama", "qwen"), On: draw(t, "on", "", "", "bob", "gone"), Priority: draw(t, "priority", uint8(1), 5, 9),
			Class: draw(t, "class", privacy.Unknown, privacy.LocalOnly, privacy.PairedPeersOnly, privacy.PublicMesh),
		})
		if j, ok := tp.s.Job(id); ok && rapid.Bool().Draw(t, "leased") {
			if n, ok := newPlacement(tp.s, nil, tp.now(), nil).best(j); ok {
				tp.lease(id, n.ID, 1)
			}
		}
	}
	return tp
}

// For every queue: what a job waits for is what the rules say, and who is behind whom is a count.
func TestWaitsAgreeWithTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tp := drawMesh(t)
		p := newPlacement(tp.s, nil, tp.now(), nil)
		takers := func(j *Job) (ids []string, free bool) {
			for _, n := range tp.s.Nodes() {
				if v := p.judge(n, j); v.Allowed || v.Rule == RuleBusy {
					ids, free = append(ids, n.ID), free || v.Allowed
				}
			}
			return ids, free
		}
		w := tp.s.Waits(nil, tp.now())
		queue := tp.s.Queue(0)
		for i, j := range queue {
			mine, free := takers(j)
			ahead := 0
			for _, o := range queue[:i] {
				theirs, _ := takers(o)
				if o.Kind == j.Kind && slices.ContainsFunc(theirs, func(n string) bool { return slices.Contains(mine, n) }) {
					ahead++
				}
			}
			got := w.For(j)
			switch {
			case len(mine) > 0 && ahead > 0:
				if got != "behind "+itoa(uint64(ahead)) {
					t.Fatalf("%s waits for %q, %d are ahead", j.Job, got, ahead)
				}
			case free:
				if got != "" {
					t.Fatalf("%s waits for %q and could start", j.Job, got)
				}
			case len(mine) > 0:
				if got != "no "+j.Kind+" free" {
					t.Fatalf("%s waits for %q, all slots are taken", j.Job, got)
				}
			default:
				if !slices.Contains(waitWords, got) || len(got) > 13 {
					t.Fatalf("%s waits for %q", j.Job, got)
				}
			}
			if alone := tp.s.WaitsFor(nil, tp.now(), j); alone != got {
				t.Fatalf("%s waits for %q in a list and for %q alone", j.Job, got, alone)
			}
		}
	})
}

func TestWhoCouldRunIt(t *testing.T) {
	tp := pressed()
	tp.op(KindNodeAdmitted, &NodeAdmitted{Node: "ann", Key: "Uann", Class: privacy.PairedPeersOnly})
	tp.op(KindNodeStatus, &NodeStatusChanged{Node: "ann", Status: Degraded})
	ask := func(req JobRequest) (out []string) {
		for _, f := range tp.s.NodesFor(nil, tp.now(), req) {
			out = append(out, f.NodeID+" "+f.Word)
			if f.Allowed != (f.Reason == "") || f.Allowed != !strings.HasPrefix(f.Word, "no") && f.Word != "busy" && f.Rule == "" {
				t.Errorf("%+v", f)
			}
		}
		return out
	}
	for _, tt := range []struct {
		name string
		edit func()
		req  JobRequest
		want string
	}{
		{"a model that fits", nil, JobRequest{Runner: "text", Model: "llama"}, "ann no: degraded, bob fits, home no: no text slot"},
		{"the default model", nil, JobRequest{Runner: "text"}, "ann no: degraded, bob fits, home no: no text slot"},
		{"one too large", nil, JobRequest{Runner: "text", Model: "huge"}, "ann no: degraded, bob no: too large, home no: no text slot"},
		{"one that is not there", nil, JobRequest{Runner: "text", Model: "qwen"}, "ann no: degraded, bob no: absent, home no: no text slot"},
		{"no model", nil, JobRequest{Runner: "wasm"}, "ann no: degraded, bob yes, home yes"},
		{"a class", nil, JobRequest{Runner: "wasm", Class: privacy.LocalOnly}, "ann no: degraded, bob no: class, home yes"},
		{"a policy", nil, JobRequest{Runner: "wasm", Priority: hopper.Priority(1)}, "ann no: degraded, bob no: policy, home yes"},
		{"a node", nil, JobRequest{Runner: "wasm", On: "home"}, "ann no: not asked, bob no: not asked, home yes"},
		{"a loaded model", func() {
			tp.op(KindNodeDescribed, &NodeDescribed{Node: "bob", Slots: []Slot{{"text", 1, 0}}, Models: []Model{{Name: "llama", Fits: true, Loaded: true, Size: 7}}})
		}, JobRequest{Runner: "text"}, "ann no: degraded, bob loaded, home no: no text slot"},
		{"a slot in use", func() {
			tp.op(KindJobSubmitted, &JobSubmitted{Job: "j-1", Run: "r-1", Kind: "text", Runner: "text", Model: "llama", Class: privacy.PairedPeersOnly})
			tp.lease("j-1", "bob", 1)
		}, JobRequest{Runner: "text", Timeout: time.Second}, "ann no: degraded, bob busy, home no: no text slot"},
		{"a node whose owner is busy", func() {
			tp.op(KindNodeDescribed, &NodeDescribed{Node: "ann", Slots: []Slot{{"text", 1, 0}}, Models: []Model{{Name: "llama", Fits: true}}, Away: "x", AwayRule: RuleOwner})
			tp.op(KindNodeStatus, &NodeStatusChanged{Node: "ann", Status: Online})
		}, JobRequest{Runner: "text"}, "ann no: owner busy, bob busy, home no: no text slot"},
		{"and off hours", func() {
			tp.op(KindNodeDescribed, &NodeDescribed{Node: "ann", Slots: []Slot{{"text", 1, 0}}, Models: []Model{{Name: "llama", Fits: true}}, Away: "x", AwayRule: RuleHours})
		}, JobRequest{Runner: "text"}, "ann no: off hours, bob busy, home no: no text slot"},
		{"back again", func() {
			tp.op(KindNodeDescribed, &NodeDescribed{Node: "ann"})
			tp.op(KindNodeStatus, &NodeStatusChanged{Node: "ann", Status: Degraded})
		}, JobRequest{Runner: "text"}, "ann no: degraded, bob busy, home no: no text slot"},
		{"a paused node", func() { tp.op(KindNodeMode, &NodeModeChanged{Node: "bob", Mode: Paused}) }, JobRequest{Runner: "text"}, "ann no: degraded, bob no: paused, home no: no text slot"},
	} {
		if tt.edit != nil {
			tt.edit()
		}
		if got := strings.Join(ask(tt.req), ", "); got != tt.want {
			t.Errorf("%s: %s\nwant %s", tt.name, got, tt.want)
		}
	}
	f := tp.s.NodesFor(nil, tp.now(), JobRequest{Runner: "text"})[1]
	if !f.Has || f.Model.SizeBytes != 7 || f.InUse != 1 || f.Slots != 1 || f.PrivacyClass != privacy.PairedPeersOnly {
		t.Errorf("%+v", f)
	}
}

func BenchmarkWaits(b *testing.B) {
	tp := newTape().start()
	for i := range 50 {
		n := "node-" + itoa(uint64(i))
		tp.op(KindNodeAdmitted, &NodeAdmitted{Node: n, Key: "U" + n, Class: privacy.PairedPeersOnly})
		tp.op(KindNodeDescribed, &NodeDescribed{Node: n, Slots: []Slot{{"cpu", 1, 50}}})
		tp.op(KindNodeStatus, &NodeStatusChanged{Node: n, Status: Online})
	}
	for i := range 1000 {
		tp.op(KindJobSubmitted, &JobSubmitted{
			Job: shortID("j-", uint64(i)), Run: "r-1", Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Priority: uint8(i % 10), TimeoutMS: int64(i%20) * 1000,
		})
	}
	queue := tp.s.Queue(0)
	for b.Loop() {
		w := tp.s.Waits(nil, tp.now())
		for _, j := range queue {
			w.For(j)
		}
	}
}
