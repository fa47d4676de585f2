package mesh

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"voxmesh/mesh/fabric"
	"voxmesh/oplog"
)

func kindsOf(ds []oplog.Draft) string {
	var out []string
	for _, d := range ds {
		out = append(out, d.Kind)
	}
	return strings.Join(out, " ")
}

func TestLeasesEndByTheClockAlone(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	l := newLeases(30 * time.Second)
	a, b := &Job{JobSubmitted: JobSubmitted{Job: "j-1"}, Attempt: 1}, &Job{JobSubmitted: JobSubmitted{Job: "j-2"}, Attempt: 1}
	l.grant("j-1", 1, at)
	ended := func(after time.Duration, held ...*Job) string {
		var out []string
		for _, j := range l.expired(held, at.Add(after)) {
			out = append(out, j.Job)
		}
		return strings.Join(out, " ")
	}
	for _, tt := range []struct {
		after time.Duration
		held  []*Job
		want  string
	}{
		{0, []*Job{a, b}, ""}, // j-2 was never heard of: as after a restart of the host, it gets a fresh term
		{30 * time.Second, []*Job{a, b}, ""},
		{30*time.Second + 1, []*Job{a, b}, "j-1 j-2"},
	} {
		if got := ended(tt.after, tt.held...); got != tt.want {
			t.Errorf("after %s: %q, want %q", tt.after, got, tt.want)
		}
	}
	l.grant("j-1", 1, at.Add(20*time.Second))
	if got := ended(45*time.Second, a, b); got != "j-2" {
		t.Errorf("a renewed lease ended: %q", got)
	}
	again := *b
	again.Attempt = 2
	if got := ended(45*time.Second, a, &again); got != "" {
		t.Errorf("a new attempt inherited the old one's end: %q", got)
	}
	ended(46 * time.Second)
	if len(l.till) != 0 {
		t.Errorf("%d leases of jobs that nobody holds are kept", len(l.till))
	}
}

func TestInstances(t *testing.T) {
	type step struct {
		id   string
		n    uint64
		want string // fresh, restarted, cloned, old
	}
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"one agent", []step{{"A", 1, "restarted"}, {"A", 2, "fresh"}, {"A", 2, "old"}, {"A", 1, "old"}, {"A", 9, "fresh"}}},
		{"a restart", []step{{"A", 5, "restarted"}, {"B", 1, "restarted"}, {"B", 2, "fresh"}, {"C", 1, "restarted"}}},
		{"a clone", []step{{"A", 1, "restarted"}, {"B", 1, "restarted"}, {"A", 2, "cloned"}, {"B", 2, "fresh"}, {"A", 3, "cloned"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := newInstances()
			for i, s := range tt.steps {
				fresh, restarted, cloned := in.heard("bob", s.id, s.n)
				got := "old"
				switch {
				case cloned:
					got = "cloned"
				case restarted:
					got = "restarted"
				case fresh:
					got = "fresh"
				}
				if got != s.want {
					t.Errorf("step %d, %s/%d: %s, want %s", i, s.id, s.n, got, s.want)
				}
			}
			if fresh, _, _ := in.heard("eve", "A", 1); !fresh {
				t.Error("another node's instances count")
			}
		})
	}
	in := newInstances()
	for i := range 10_000 {
		in.heard("bob", fmt.Sprint("i", i), 1)
	}
	if n := len(in.nodes["bob"].older); n > olderKept {
		t.Errorf("%d old instances are remembered", n)
	}
}

func TestStatusByHeartbeat(t *testing.T) {
	at := time.UnixMicro(noon)
	now := at
	h := idleHost(t, func() time.Time { return now })
	bob := &Node{ID: "bob", Status: Online}
	for _, tt := range []struct {
		after time.Duration
		want  Status
	}{{0, Online}, {9999 * time.Millisecond, Online}, {10 * time.Second, Degraded}, {59 * time.Second, Degraded}, {time.Minute, Offline}} {
		if got := h.statusNow(bob, at.Add(tt.after)); got != tt.want {
			t.Errorf("%s after the host's start: %s, want %s", tt.after, got, tt.want)
		}
	}
	if got := h.statusNow(&Node{ID: "eve"}, at); got != Offline {
		t.Errorf("a node never heard of is %s", got)
	}
	h.gauges.beat("bob", "A", 0, 0, 0, at.Add(time.Hour))
	if got := h.statusNow(bob, at.Add(time.Hour+11*time.Second)); got != Degraded {
		t.Errorf("11 s after a beat: %s", got)
	}
	if got := h.statusNow(bob, at); got != Online {
		t.Errorf("a clock that stepped back makes it %s", got)
	}
	if got := h.statusNow(&Node{ID: "home", Host: true}, at.Add(24*time.Hour)); got != Online {
		t.Errorf("the host itself is %s", got)
	}
	tp := newTape().start("bob")
	later := at.Add(time.Hour + 2*time.Minute)
	if !h.statusDue(tp.s, later) {
		t.Fatal("nothing is due")
	}
	tp.drafts(h.statusOps(tp.s, later))
	if n, _ := tp.s.Node("bob"); n.Status != Offline || h.statusDue(tp.s, later) {
		t.Errorf("bob is %s", n.Status)
	}
}

func TestThreeLossesWhileRunningFail(t *testing.T) {
	tp := newTape().start("bob")
	h := idleHost(t, tp.now)
	tp.submit("j-1")
	end := func(attempt uint32, cause Cause, started bool) {
		t.Helper()
		tp.lease("j-1", "bob", attempt)
		if started {
			tp.op(KindJobStarted, &JobStarted{Job: "j-1", Attempt: attempt})
		}
		d := newSteps(tp.s).requeue(tp.job(t, "j-1"), cause, "why", "")
		if cause == CauseLost {
			d = h.lost(newSteps(tp.s), tp.job(t, "j-1"), "why")
		}
		tp.drafts([]oplog.Draft{d})
	}
	attempt := uint32(0)
	for _, cause := range []Cause{CauseRefused, CauseDrain, CauseYield, CauseRestart, CauseRevoked} {
		attempt++
		end(attempt, cause, true)
	}
	for range 5 {
		attempt++
		end(attempt, CauseLost, false) // it had not begun
	}
	if j := tp.job(t, "j-1"); j.State != Queued || j.Losses != 0 {
		t.Fatalf("state %s after no loss while running, %d losses", j.State, j.Losses)
	}
	for i := range uint32(2) {
		end(attempt+1+i, CauseLost, true)
		if j := tp.job(t, "j-1"); j.State != Queued || j.Losses != i+1 {
			t.Fatalf("state %s, %d losses", j.State, j.Losses)
		}
	}
	end(attempt+3, CauseLost, true)
	j := tp.job(t, "j-1")
	if j.State != Failed || j.Code != "vox/run/worker-lost" || !strings.Contains(j.Error, "3 times") {
		t.Errorf("state %s, %s: %s", j.State, j.Code, j.Error)
	}
	mustSound(t, tp.s)
}

func TestDrain(t *testing.T) {
	tp := newTape().start("bob", "eve")
	tp.submit("j-1")
	tp.submit("j-2")
	tp.run("j-1", "bob", 1)
	tp.lease("j-2", "bob", 1)
	tp.op(KindNodeMode, &NodeModeChanged{Node: "bob", Mode: Draining, Deadline: tp.at + hour, AuditID: "a-0007"})
	tp.op(KindNodeMode, &NodeModeChanged{Node: "eve", Mode: Draining, Deadline: tp.at + hour, AuditID: "a-0008"})
	tp.drafts(drainOps(newSteps(tp.s), tp.now()))
	bob, _ := tp.s.Node("bob")
	eve, _ := tp.s.Node("eve")
	if bob.Mode != Draining || eve.Mode != Drained || drainDue(tp.s, tp.now()) {
		t.Fatalf("bob is %s, eve, with nothing in hand, %s", bob.Mode, eve.Mode)
	}
	tp.at += hour - 1
	if drainDue(tp.s, tp.now()) {
		t.Fatal("due before the deadline")
	}
	tp.at++
	ds := drainOps(newSteps(tp.s), tp.now())
	for _, d := range ds {
		var q JobRequeued
		var m NodeModeChanged
		if d.Kind == KindJobRequeued && (unmarshal(d.Body, &q) != nil || q.AuditID != "a-0007" || q.Cause != CauseDrain) ||
			d.Kind == KindNodeMode && (unmarshal(d.Body, &m) != nil || m.AuditID != "a-0007") {
			t.Errorf("%s does not name the act: %+v %+v", d.Kind, q, m)
		}
	}
	tp.drafts(ds)
	bob, _ = tp.s.Node("bob")
	if kindsOf(ds) != "job_requeued job_requeued node_mode" || bob.Mode != Drained || tp.s.QueueLen() != 2 || tp.job(t, "j-1").Losses != 0 {
		t.Errorf("%s; bob is %s, %d wait", kindsOf(ds), bob.Mode, tp.s.QueueLen())
	}
	if len(drainOps(newSteps(tp.s), tp.now())) != 0 {
		t.Error("a drain ends twice")
	}
	mustSound(t, tp.s)
}

func done(job string, attempt uint32, r fabric.Result) fabric.Held {
	return fabric.Held{Job: job, Attempt: attempt, Phase: fabric.PhaseDone, Result: &r}
}

func TestWhatAWorkerHolds(t *testing.T) {
	ok := fabric.Result{Status: "succeeded", DurationMS: 5}
	running := func(job string, attempt uint32) fabric.Held {
		return fabric.Held{Job: job, Attempt: attempt, Phase: fabric.PhaseRunning}
	}
	refused := fabric.Held{Job: "j-1", Attempt: 2, Phase: fabric.PhaseRefused, Reason: "not \x1b[31mred", Busy: false}
	busy := fabric.Held{Job: "j-1", Attempt: 2, Phase: fabric.PhaseRefused, Busy: true}
	// Before each: j-1 was bob's in attempt 1, was lost, and is his again in attempt 2, leased; j-2 runs on eve.
	for _, tt := range []struct {
		name  string
		began bool // attempt 2 of j-1 runs
		held  []fabric.Held
		kinds string
		state JobState
	}{
		{"nothing, not begun: it is sent again", false, nil, "", Leased},
		{"nothing, begun: it is lost", true, nil, KindJobRequeued, Queued},
		{"accepted", false, []fabric.Held{{Job: "j-1", Attempt: 2, Phase: fabric.PhaseAccepted}}, "", Leased},
		{"running", false, []fabric.Held{running("j-1", 2)}, KindJobStarted, Running},
		{"running still", true, []fabric.Held{running("j-1", 2)}, "", Running},
		{"refused", false, []fabric.Held{refused}, KindJobRequeued, Queued},
		{"busy", false, []fabric.Held{busy}, KindJobRequeued, Queued},
		{"done", true, []fabric.Held{done("j-1", 2, ok)}, KindJobFinished, Succeeded},
		{"done before it was said to run", false, []fabric.Held{done("j-1", 2, ok)}, KindJobStarted + " " + KindJobFinished, Succeeded},
		{"done without a verdict", true, []fabric.Held{{Job: "j-1", Attempt: 2, Phase: fabric.PhaseDone}}, "", Running},
		{"done twice in one report", true, []fabric.Held{done("j-1", 2, ok), done("j-1", 2, fabric.Result{Status: "failed"})}, KindJobFinished, Succeeded},
		{"refused and done", false, []fabric.Held{refused, done("j-1", 2, ok)}, KindJobRequeued, Queued},
		{"the stale one first", true, []fabric.Held{done("j-1", 1, ok), running("j-1", 2)}, KindResultRefused, Running},
		{"the stale one last", true, []fabric.Held{running("j-1", 2), done("j-1", 1, ok)}, KindResultRefused, Running},
		{"a stale one, said three times", false, []fabric.Held{done("j-1", 1, ok), done("j-1", 1, ok), done("j-1", 1, ok)}, KindResultRefused, Leased},
		{"an attempt to come", false, []fabric.Held{done("j-1", 3, ok)}, "", Leased},
		{"attempt 0", false, []fabric.Held{done("j-1", 0, ok)}, "", Leased},
		{"another's job", false, []fabric.Held{done("j-2", 1, ok), running("j-2", 1), done("j-2", 7, ok)}, "", Leased},
		{"a job that never was", false, []fabric.Held{done("j-9", 1, ok), done("", 0, ok), done("bob/j-1", 2, ok)}, "", Leased},
		{"a phase that is none", false, []fabric.Held{{Job: "j-1", Attempt: 2, Phase: "victory", Result: &ok}}, "", Leased},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tp := newTape().start("bob", "eve")
			h := idleHost(t, tp.now)
			tp.submit("j-1")
			tp.submit("j-2")
			tp.run("j-1", "bob", 1)
			tp.drafts([]oplog.Draft{h.lost(newSteps(tp.s), tp.job(t, "j-1"), "why")})
			tp.lease("j-1", "bob", 2)
			tp.run("j-2", "eve", 1)
			if tt.began {
				tp.op(KindJobStarted, &JobStarted{Job: "j-1", Attempt: 2})
			}
			bob, _ := tp.s.Node("bob")
			ds := h.heldOps(tp.s, bob, tt.held, tp.now())
			tp.drafts(ds)
			if got := kindsOf(ds); got != tt.kinds {
				t.Errorf("ops %q, want %q", got, tt.kinds)
			}
			if j := tp.job(t, "j-1"); j.State != tt.state {
				t.Errorf("j-1 is %s, want %s", j.State, tt.state)
			}
			if j := tp.job(t, "j-2"); j.State != Running || j.Node != "eve" {
				t.Errorf("eve's job is %s on %s", j.State, j.Node)
			}
			mustSound(t, tp.s)
			// Whatever it said, it is told what to drop, and is told the same when it says it again.
			for _, ref := range h.ordersFor(tp.s, "bob", tt.held).Settled {
				if j, ok := tp.s.Job(ref.Job); ok && j.Node == "bob" && j.Attempt == ref.Attempt && !j.State.Ended() && j.State != Queued {
					t.Errorf("%+v is settled and goes on", ref)
				}
			}
			bob, _ = tp.s.Node("bob")
			if tt.state == Succeeded {
				if again := h.heldOps(tp.s, bob, tt.held, tp.now()); len(again) != 0 {
					t.Errorf("said again, it makes %s", kindsOf(again))
				}
			}
		})
	}
}

func TestRefusalIsFinalUntilThePolicyChanges(t *testing.T) {
	tp := newTape().start("bob")
	h := idleHost(t, tp.now)
	tp.submit("j-1")
	say := func(attempt uint32, busy bool) {
		t.Helper()
		tp.lease("j-1", "bob", attempt)
		bob, _ := tp.s.Node("bob")
		tp.drafts(h.heldOps(tp.s, bob, []fabric.Held{{Job: "j-1", Attempt: attempt, Phase: fabric.PhaseRefused, Reason: "no \x1b[31mways", Busy: busy}}, tp.now()))
	}
	judge := func() string {
		bob, _ := tp.s.Node("bob")
		return newPlacement(tp.s, nil, tp.now(), h.busy.is).judge(bob, tp.job(t, "j-1")).Rule
	}
	say(1, true)
	if got := judge(); got != RuleBusy {
		t.Errorf("busy gives %q", got)
	}
	tp.at += 2 * second
	if got := judge(); got != "" {
		t.Errorf("two seconds later: %q", got)
	}
	say(2, false)
	tp.at += hour
	j := tp.job(t, "j-1")
	if got := judge(); got != RuleRefused || len(j.Refused) != 1 || strings.ContainsRune(j.Refused[0].Reason, 0x1b) {
		t.Errorf("refused gives %q, %+v", got, j.Refused)
	}
	tp.op(KindNodeDescribed, &NodeDescribed{Node: "bob", Slots: []Slot{{"cpu", 2, 50}}, Policy: "p2"})
	if got := judge(); got != "" {
		t.Errorf("after the policy changed: %q", got)
	}
	for i := uint32(3); i < 3+3*attemptsKept; i++ {
		say(i, i%2 == 0)
	}
	mustSound(t, tp.s) // what a job remembers is bounded
	if j := tp.job(t, "j-1"); j.Attempts[len(j.Attempts)-1].N != j.Attempt {
		t.Errorf("the newest attempt is forgotten: %+v", j.Attempts)
	}
}

func TestAWorkersWordIsChecked(t *testing.T) {
	tp := newTape().start("bob")
	h := idleHost(t, tp.now)
	tp.submit("j-1")
	tp.run("j-1", "bob", 1)
	tp.at += 2 * second
	bob, _ := tp.s.Node("bob")
	blob, _, err := h.blobs.Put(strings.NewReader("four"), 10)
	if err != nil {
		t.Fatal(err)
	}
	const most = int64(1<<63 - 1)
	r := h.result(bob, tp.job(t, "j-1"), &fabric.Result{
		Status: "hijacked\x1b[2J", Code: strings.Repeat("\x1b", 1<<20), Error: strings.Repeat("\u202e", 1<<20), Tokens: most, DurationMS: most,
		OutputHash: blob, OutputSize: most,
	})
	if r == nil || r.Status != Failed || strings.ContainsAny(r.Code+r.Error, "\x1b\u202e") || len(r.Code)+len(r.Error) > 2000 {
		t.Fatalf("%.200v", r)
	}
	if r.OutputSize != 4 {
		t.Errorf("the output's size is believed: %d", r.OutputSize)
	}
	if limit := (2*time.Second + LeaseFor).Milliseconds(); r.DurationMS > limit || r.Tokens > maxTokens {
		t.Errorf("%d ms of the 2000 since the lease, %d tokens", r.DurationMS, r.Tokens)
	}
	if r.CostMicros <= 0 || r.CostMicros > 100*1_000_000 {
		t.Errorf("a job of two seconds costs %d micro-USD", r.CostMicros)
	}
	r = h.result(bob, tp.job(t, "j-1"), &fabric.Result{Status: "succeeded", Tokens: -5, DurationMS: -5, OutputSize: -5})
	if r.Tokens != 0 || r.DurationMS != 0 || r.OutputSize != 0 || r.CostMicros != 1 {
		t.Errorf("negative numbers: %+v", r)
	}
	for _, hash := range []string{"..", strings.Repeat("0", 64), strings.ToUpper(blob), "../../etc/passwd"} {
		if r := h.result(bob, tp.job(t, "j-1"), &fabric.Result{Status: "succeeded", OutputHash: hash}); r != nil {
			t.Errorf("an output that is not here is accepted: %q", hash)
		}
	}
}

func TestDescriptionsAreBounded(t *testing.T) {
	d := fabric.Describe{
		ModelsNote: strings.Repeat("\x1b]0;", 1<<18), Version: strings.Repeat("v", 1<<18), Policy: strings.Repeat("p", 1<<18), MaxJobSecs: -1,
	}
	low, high := int64(-1), int64(1<<62)
	d.Away, d.AwayRule, d.PolicyNote = strings.Repeat("\x1b]0;", 1<<18), "\x1b]0;", strings.Repeat("\x1b]0;", 1<<18)
	for range 5000 {
		d.Slots = append(d.Slots, fabric.Slot{Kind: "\x1b[31mcpu", Max: 1<<32 - 1, Weight: 1<<32 - 1})
		d.Commands = append(d.Commands, "\x1b[2J"+strings.Repeat("c", 1000))
		d.Prices = append(d.Prices, fabric.Price{Kind: "\x1b[2Jcpu", PerHour: &low, PerMTok: &high})
		d.Models = append(d.Models, fabric.Model{Name: "\x1b[2J" + strings.Repeat("x", 1000), Size: -1, Context: -1})
	}
	says := describe("bob", d)
	if !(&Node{ID: "bob"}).differs(says) {
		t.Error("a first description is not recorded")
	}
	body := marshal(says)
	var r NodeDescribed
	if err := unmarshal(body, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Slots) > maxSlots || len(r.Models) > maxModels || len(body) > 512<<10 || strings.ContainsRune(fmt.Sprintf("%+v", r), 0x1b) || r.MaxJobSecs != 0 {
		t.Errorf("%d slots, %d models, %d bytes", len(r.Slots), len(r.Models), len(body))
	}
	if s := r.Slots[0]; s.Max > 64 || s.Weight > 100 {
		t.Errorf("slot %+v", s)
	}
	if len(r.Commands) > maxCommands || len(r.Prices) > maxSlots || *r.Prices[0].PerHour != 0 || *r.Prices[0].PerMTok != maxPrice || r.AwayRule != RuleOwner {
		t.Errorf("%d commands, prices %+v, rule %q", len(r.Commands), r.Prices, r.AwayRule)
	}
	n := &Node{
		Away: r.Away, AwayRule: r.AwayRule, PolicyNote: r.PolicyNote, Commands: r.Commands, Prices: r.Prices,
		ID: "bob", Described: true, Slots: r.Slots, Models: r.Models, ModelsNote: r.ModelsNote, Version: r.Version, Policy: r.Policy,
	}
	if n.differs(describe("bob", d)) {
		t.Error("the same description is recorded again")
	}
}

func TestGauges(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	g := newGauges()
	var none *Telemetry
	if _, ok := none.Node("bob"); ok || none.TokensPerSecond(at) != 0 || none.TokenHistory() != nil {
		t.Error("no telemetry knows something")
	}
	for i := range 300 {
		g.addTokens(10, at.Add(time.Duration(i)*time.Second))
	}
	tel := g.snapshot(at.Add(300 * time.Second))
	if got := tel.TokensPerSecond(at); got != 10 || len(tel.TokenHistory()) > rateWindow {
		t.Errorf("%g tokens a second, %d seconds kept", got, len(tel.TokenHistory()))
	}
	if got := g.snapshot(at.Add(305 * time.Second)).TokensPerSecond(at); got != 5 {
		t.Errorf("five seconds later %g", got)
	}
	if got := g.snapshot(at.Add(time.Hour)).TokensPerSecond(at); got != 0 {
		t.Errorf("an hour later %g", got)
	}
	g.addTokens(1, at) // a clock that steps back
	g.snapshot(at.Add(-time.Hour))
	g.beat("bob", "A", time.Minute, 0, 0, at)
	b, _ := g.snapshot(at).Node("bob")
	if b.Age(at.Add(-time.Second)) != 0 || b.Uptime(at.Add(time.Minute)) != 2*time.Minute {
		t.Errorf("beat %+v", b)
	}
}

// CostSince agrees with a count of all jobs, at every border.
func TestCostSince(t *testing.T) {
	s := &State{}
	for i := range 20 {
		j := &Job{JobSubmitted: JobSubmitted{Job: shortID("j-", uint64(i))}, State: Succeeded, EndedAt: int64(i/2) * 1000, Cost: 1 << i, Node: []string{"bob", "eve"}[i%2]}
		s.jobs.Set(j.Job, j)
		s.index(j)
	}
	for at := int64(-500); at <= 10_000; at += 500 {
		for _, node := range []string{"", "bob", "eve", "nobody"} {
			var want int64
			for _, j := range s.Jobs() {
				if j.EndedAt >= at && (node == "" || j.Node == node) {
					want += j.Cost
				}
			}
			if got := s.CostSince(time.UnixMicro(at), node); got != want {
				t.Errorf("since %d on %q: %d, want %d", at, node, got, want)
			}
		}
	}
}
