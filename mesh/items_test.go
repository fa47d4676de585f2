package mesh

import (
	"strings"
	"testing"

	"voxmesh/hopper"
	"voxmesh/mesh/fabric"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
)

// What an act means at each state that an item can be in: the ops of its one commit, and where the item is then.
func TestEveryActAtEveryState(t *testing.T) {
	const (
		raise = "raise"
		lower = "lower"
		equal = "equal"
		place = "place"
		kill  = "kill"
		group = "group"
	)
	do := func(m *mill, id, act string) (string, error) {
		switch act {
		case raise:
			return m.override(id, hopper.Urgent, 0)
		case lower:
			return m.override(id, hopper.Background, 0)
		case equal:
			return m.override(id, hopper.Normal, 0)
		case place:
			return m.override(id, 0, 1)
		case kill:
			return m.kill(id)
		}
		return "", m.s.hopper.CanGroup([]string{id, "h-b7fb"})
	}
	for _, tt := range []struct {
		state   hopper.State
		act     string
		ops     string // of the commit; or the code of the refusal
		then    hopper.State
		steps   string // new in the trail
		yielded bool
	}{
		{hopper.Inbox, raise, "item_overridden audit_entry", hopper.Inbox, "reprioritized", false},
		{hopper.Inbox, lower, "item_overridden audit_entry", hopper.Inbox, "reprioritized", false},
		{hopper.Inbox, equal, "item_overridden audit_entry", hopper.Inbox, "reprioritized", false},
		{hopper.Inbox, place, "item_overridden audit_entry", hopper.Inbox, "moved", false},
		{hopper.Inbox, kill, "item_closed audit_entry", hopper.Closed, "cancelled", false},
		{hopper.Inbox, group, "", hopper.Inbox, "", false},

		{hopper.Triaged, raise, "item_overridden audit_entry", hopper.Triaged, "reprioritized", false},
		{hopper.Triaged, lower, "item_overridden audit_entry", hopper.Triaged, "reprioritized", false},
		{hopper.Triaged, equal, "item_overridden audit_entry", hopper.Triaged, "reprioritized", false},
		{hopper.Triaged, place, "item_overridden audit_entry", hopper.Triaged, "moved", false},
		{hopper.Triaged, kill, "job_finished audit_entry", hopper.Closed, "cancelled", false},
		{hopper.Triaged, group, "", hopper.Triaged, "", false},

		{hopper.Assigned, raise, "item_overridden job_requeued audit_entry", hopper.Triaged, "reprioritized, returned", false},
		{hopper.Assigned, lower, "item_overridden job_requeued audit_entry", hopper.Triaged, "reprioritized, returned", false},
		{hopper.Assigned, equal, "item_overridden job_requeued audit_entry", hopper.Triaged, "reprioritized, returned", false},
		{hopper.Assigned, place, "item_overridden job_requeued audit_entry", hopper.Triaged, "moved, returned", false},
		{hopper.Assigned, kill, "job_finished audit_entry", hopper.Closed, "cancelled", false},
		{hopper.Assigned, group, "vox/hopper/batch", hopper.Assigned, "", false},

		{hopper.Started, raise, "item_overridden audit_entry", hopper.Started, "reprioritized", false},
		{hopper.Started, lower, "item_overridden audit_entry", hopper.Started, "reprioritized, asked to yield", true},
		{hopper.Started, equal, "item_overridden audit_entry", hopper.Started, "reprioritized", false},
		{hopper.Started, place, "vox/act/impossible", hopper.Started, "", false},
		{hopper.Started, kill, "job_finished audit_entry", hopper.Closed, "cancelled", false},
		{hopper.Started, group, "vox/hopper/batch", hopper.Started, "", false},

		{hopper.Closed, raise, "vox/hopper/closed", hopper.Closed, "", false},
		{hopper.Closed, lower, "vox/hopper/closed", hopper.Closed, "", false},
		{hopper.Closed, equal, "vox/hopper/closed", hopper.Closed, "", false},
		{hopper.Closed, place, "vox/hopper/closed", hopper.Closed, "", false},
		{hopper.Closed, kill, "vox/act/nothing-to-do", hopper.Closed, "", false},
		{hopper.Closed, group, "vox/hopper/closed", hopper.Closed, "", false},
	} {
		t.Run(tt.state.String()+" "+tt.act, func(t *testing.T) {
			m := newMill(t, "bob")
			m.job("gpu", 0) // two that stand before
			m.job("gpu", hopper.Urgent)
			id := m.bring(t, tt.state)
			before, was := Projection{}.Encode(m.s), m.item(id)
			got, err := do(m, id, tt.act)
			if strings.HasPrefix(tt.ops, "vox/") {
				wantCode(t, err, tt.ops)
				if !same(before, Projection{}.Encode(m.s)) {
					t.Error("a refusal changed something")
				}
			} else if err != nil || got != tt.ops {
				t.Fatalf("%q, %v; want %q", got, err, tt.ops)
			}
			it := m.item(id)
			if it.State != tt.then || it.Yield != tt.yielded {
				t.Errorf("it is %s, asked to yield %v", it.State, it.Yield)
			}
			if steps := strings.TrimPrefix(strings.TrimPrefix(trail(it), trail(was)), ", "); steps != tt.steps {
				t.Errorf("the trail has %q, want %q", steps, tt.steps)
			}
			if err := m.soundItems(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTheQueueIsInTheOrderOfTheHopper(t *testing.T) {
	m := newMill(t, "bob")
	normal, background := m.job("gpu", 0), m.job("gpu", hopper.Background)
	mine, urgent := m.job("gpu", hopper.Normal), m.job("gpu", hopper.Urgent)
	want := func(what string, ids ...string) {
		t.Helper()
		if got := m.queue(); got != strings.Join(ids, " ") {
			t.Errorf("%s: the queue is %s, want %s", what, got, strings.Join(ids, " "))
		}
		if err := m.soundItems(); err != nil {
			t.Error(what, err)
		}
	}
	want("as submitted", urgent, mine, normal, background)
	if _, err := m.override(background, hopper.Urgent, 0); err != nil {
		t.Fatal(err)
	}
	want("raised", background, urgent, mine, normal)
	if _, err := m.override(normal, 0, 2); err != nil {
		t.Fatal(err)
	}
	want("moved", background, normal, urgent, mine)
	if it := m.item(normal); it.Value != hopper.Urgent || it.Overrides[0].Place != 2 || it.Overrides[0].From != hopper.Normal {
		t.Errorf("moved between two urgent ones it is %+v", it)
	}
	if _, err := m.override(urgent, 0, 99); err != nil {
		t.Fatal(err)
	}
	want("moved to the end", background, normal, mine, urgent)
	if it := m.item(urgent); it.Value != hopper.Normal {
		t.Errorf("at the end it is %s", it.Value)
	}
	_, err := m.override(urgent, 0, 4)
	wantCode(t, err, "vox/act/nothing-to-do")
	_, err = m.override(mine, hopper.Normal, 0)
	wantCode(t, err, "vox/act/nothing-to-do")
	_, err = m.override("h-ffff", hopper.Normal, 0)
	wantCode(t, err, "vox/hopper/unknown")
	_, err = m.override(mine, 0, 0)
	wantCode(t, err, "vox/act/impossible")
}

// Whatever is submitted later, background work starts: what comes more than its bound after it cannot overtake it.
func TestBackgroundWorkDoesNotStarve(t *testing.T) {
	m := newMill(t, "bob")
	low := m.job("cpu", 0)
	if _, err := m.override(low, hopper.Background, 0); err != nil {
		t.Fatal(err)
	}
	began := m.at
	var running []string
	for m.item(low).State == hopper.Triaged {
		if m.at-began > 2*hopper.Bound(hopper.Background).Microseconds() {
			t.Fatal("it starves")
		}
		m.job("cpu", hopper.Urgent) // every minute three, each of which takes a slot for a minute: more than bob has
		m.job("cpu", hopper.Urgent)
		m.job("cpu", hopper.Urgent)
		for _, id := range running {
			m.says(id, fabric.PhaseDone, &fabric.Result{Status: "succeeded"})
		}
		running = nil
		m.give()
		for _, it := range m.s.hopper.Assigned(0) {
			running = append(running, it.ID)
		}
		m.at += 60*second - m.at%second
	}
	waited := m.at - began
	if bound := hopper.Bound(hopper.Background).Microseconds(); waited < bound/2 {
		t.Errorf("it waited %d s only: the test proves nothing", waited/second)
	}
	overtook := 0
	for _, it := range m.s.hopper.Items() {
		if it.ID != low && it.State >= hopper.Assigned && it.At-m.item(low).At > hopper.Bound(hopper.Background).Microseconds() {
			overtook++
		}
	}
	if overtook > 0 {
		t.Errorf("%d that came after its bound started before it", overtook)
	}
}

// What runs and was put lower makes room when work that comes before it finds no slot, and not before.
func TestAskedToYield(t *testing.T) {
	m := newMill(t, "bob")
	a, b := m.bring(t, hopper.Started), m.bring(t, hopper.Started)
	if _, err := m.override(a, hopper.Background, 0); err != nil {
		t.Fatal(err)
	}
	if got := m.give(); got != "" || m.item(a).State != hopper.Started {
		t.Fatalf("nobody wants its slot, and %s", got)
	}
	later := m.job("cpu", hopper.Background) // comes after it
	if got := m.give(); got != "" {
		t.Fatalf("for what comes after it: %s", got)
	}
	sooner, other := m.job("cpu", hopper.Normal), m.job("cpu", hopper.Normal)
	if got := m.give(); got != "job_requeued job_leased" {
		t.Fatalf("for what comes before it: %s", got)
	}
	if m.item(a).State != hopper.Triaged || m.item(b).State != hopper.Started || m.item(sooner).State != hopper.Assigned || m.item(other).State != hopper.Triaged {
		t.Errorf("%s is %s, %s is %s, %s is %s", a, m.item(a).State, sooner, m.item(sooner).State, other, m.item(other).State)
	}
	j := m.jobOf(a)
	if last := j.Attempts[0]; last.End != CauseYield.String() || last.Reason != "made room for "+m.jobOf(sooner).Job || j.Losses != 0 {
		t.Errorf("%+v", last)
	}
	if m.queue() != other+" "+a+" "+later || m.item(a).Yield {
		t.Errorf("the queue is %s", m.queue())
	}
	// Raised again, it is not asked any more.
	if _, err := m.override(b, hopper.Background, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := m.override(b, hopper.Urgent, 0); err != nil || m.item(b).Yield {
		t.Fatalf("raised: %v", err)
	}
	if got := m.give(); got != "" {
		t.Errorf("%s", got)
	}
	if err := m.soundItems(); err != nil {
		t.Error(err)
	}
}

func TestABatchStartsAndEndsAsOne(t *testing.T) {
	m := newMill(t, "bob", "eve")
	first, a, between, b, c := m.job("cpu", 0), m.job("cpu", hopper.Urgent), m.job("cpu", 0), m.job("cpu", 0), m.intent("write a poem", hopper.Background)
	d := m.job("gpu", 0)
	m.at += second
	m.commit([]oplog.Draft{draft(KindItemsBatched, ada, "", &ItemsBatched{Batch: shortID("b-", m.s.Batches), Items: []string{c, a, b, d}, AuditID: "a-1"})})
	if got := m.queue(); got != strings.Join([]string{first, between, a, b, d}, " ") {
		t.Errorf("the queue is %s", got)
	}
	if it := m.item(a); it.Value != hopper.Urgent || it.Batch != "b-19c4" {
		t.Errorf("%+v", it)
	}
	ds := m.h.place(m.s)
	if got := m.commit(ds); got != "job_leased job_leased job_leased job_leased" {
		t.Errorf("given out: %s", got)
	}
	got, err := m.kill("b-19c4")
	if err != nil || got != "item_closed job_finished job_finished job_finished audit_entry" {
		t.Fatalf("%s, %v", got, err)
	}
	for _, id := range []string{a, b, c, d} {
		if it := m.item(id); it.Outcome != hopper.Cancelled || it.Trail[len(it.Trail)-1].AuditID == "" {
			t.Errorf("%s ended as %s: %+v", id, it.Outcome, it.Trail)
		}
	}
	_, err = m.kill("b-19c4")
	wantCode(t, err, "vox/act/nothing-to-do")
	_, err = m.kill("b-ffff")
	wantCode(t, err, "vox/hopper/unknown")
	_, err = m.kill("h-ffff")
	wantCode(t, err, "vox/hopper/unknown")
	if m.item(first).State != hopper.Assigned || m.item(between).State != hopper.Assigned {
		t.Error("it ended others too")
	}
	if err := m.soundItems(); err != nil {
		t.Error(err)
	}
}

// A batch is not torn by the bound of a pass.
func TestABatchIsGivenOutInOneCommit(t *testing.T) {
	m := newMill(t)
	for i := range 20 {
		n := "n" + itoa(uint64(i))
		m.commit([]oplog.Draft{
			draft(KindNodeAdmitted, "host", "", &NodeAdmitted{Node: n, Key: "U" + n}),
			draft(KindNodeDescribed, "host", "", &NodeDescribed{Node: n, Slots: []Slot{{"cpu", 8, 50}}}),
			draft(KindNodeStatus, "host", "", &NodeStatusChanged{Node: n, Status: Online}),
		})
	}
	var ids []string
	for range leasesPerPass + 20 {
		ids = append(ids, m.job("cpu", 0))
	}
	members := ids[leasesPerPass-3 : leasesPerPass+7]
	m.commit([]oplog.Draft{draft(KindItemsBatched, ada, "", &ItemsBatched{Batch: "b-1", Items: members})})
	m.commit(m.h.place(m.s))
	for _, id := range members {
		if m.item(id).State != hopper.Assigned {
			t.Fatalf("%s of the batch was left", id)
		}
	}
	if m.item(ids[leasesPerPass+10]).State != hopper.Triaged {
		t.Error("the pass has no end")
	}
}

// The steps of a workflow's item are not those of its jobs.
func TestAWorkflowsItemGoesWithItsRun(t *testing.T) {
	m := newMill(t, "bob")
	run := m.s.nextRun()
	it := &ItemAdmitted{Intent: "build", Run: run, Class: privacy.PairedPeersOnly, Priority: 5, Source: uint8(hopper.Orchestrator)}
	first, last := m.h.admit(m.s, &act{actor: ada}, "", it)
	def := strings.Repeat("ab", 32)
	m.commit([]oplog.Draft{first, draft(KindWorkflowStarted, ada, "", &WorkflowStarted{Run: run, Item: it.Item, Name: "build", Definition: def, Priority: 5}), last})
	jobs := make([]*JobSubmitted, 3)
	for i := range jobs {
		jobs[i] = &JobSubmitted{
			Job: shortID("j-", m.s.Submitted), Run: run, Item: it.Item, Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly,
			Priority: 5, Activity: "a", Index: uint32(i), Fanned: true, Try: 1, Title: "a",
		}
		m.at += hour / 6 // later activities stand where their item stands
		m.commit([]oplog.Draft{draft(KindJobSubmitted, "host", "", jobs[i], submitIndex(jobs[i], "")...)})
	}
	other := m.job("cpu", 0)
	steps := func(ops []oplog.Op) string {
		var out []string
		for _, op := range ops {
			for _, e := range EventsOf(op) {
				if e.Topic == TopicHopper {
					out = append(out, e.Event)
				}
			}
		}
		return strings.Join(out, " ")
	}
	is := func(what string, state hopper.State, from int, events string) {
		t.Helper()
		if got := steps(m.ops[from:]); m.item(it.Item).State != state || got != events {
			t.Errorf("%s: %s, %q; want %s, %q", what, m.item(it.Item).State, got, state, events)
		}
	}
	from := len(m.ops)
	m.give()
	if got := m.queue(); got != it.Item+" "+other {
		t.Errorf("the queue is %s", got)
	}
	is("two leases in one commit", hopper.Assigned, from, "HopperItemAssigned")
	bob, _ := m.s.Node("bob")
	from = len(m.ops)
	m.commit([]oplog.Draft{newSteps(m.s).requeue(m.tape.s.HeldBy("bob")[0], CauseLost, "gone", "")})
	is("one comes back", hopper.Assigned, from, "")
	from = len(m.ops)
	m.commit([]oplog.Draft{newSteps(m.s).requeue(m.s.HeldBy("bob")[0], CauseLost, "gone", "")})
	is("the other too", hopper.Triaged, from, "HopperItemReturned")
	m.give()
	from = len(m.ops)
	var held []fabric.Held
	for _, j := range m.s.HeldBy("bob") {
		held = append(held, fabric.Held{Job: j.Job, Attempt: j.Attempt, Phase: fabric.PhaseRunning})
	}
	m.commit(m.h.heldOps(m.s, bob, held, m.now()))
	is("two starts in one commit", hopper.Started, from, "HopperItemStarted")
	// Put lower, all of it that waits goes to the end, and what runs is asked to make room.
	if _, err := m.override(it.Item, hopper.Background, 0); err != nil {
		t.Fatal(err)
	}
	if m.queue() != other+" "+it.Item {
		t.Errorf("the queue is %s", m.queue())
	}
	from = len(m.ops)
	if got := m.give(); got != "job_requeued job_leased" {
		t.Errorf("for the other: %s", got)
	}
	is("one made room", hopper.Started, from, "HopperItemAssigned") // the other's
	from = len(m.ops)
	m.commit([]oplog.Draft{draft(KindWorkflowFinished, "host", "", &WorkflowFinished{Run: run, Item: it.Item, Status: Failed, Error: "why"})})
	is("the end", hopper.Closed, from, "HopperItemClosed")
	if got := m.item(it.Item); got.Outcome != hopper.Failed || got.Why != "why" {
		t.Errorf("%+v", got)
	}
}
