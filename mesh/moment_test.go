package mesh

import (
	"slices"
	"strings"
	"testing"
	"time"

	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
)

// entry is an op of a log of every kind, and what its moment must say.
type entry struct {
	d    oplog.Draft
	want Moment // without Seq, At, Event, Actor, Nth, Of
}

// everyKind is a short history with every kind of op.
func everyKind() []entry {
	paired, public := privacy.PairedPeersOnly, privacy.PublicMesh
	five := int64(5_000_000)
	node := func(status, detail string, c privacy.Class) Moment {
		return Moment{Node: "bob", Status: status, Detail: detail, Class: c, HasClass: true}
	}
	job := func(node, status, detail string) Moment {
		return Moment{Node: node, Job: "j-1", Run: "r-1", Status: status, Detail: detail, Class: public, HasClass: true}
	}
	act := func(m Moment, id string) Moment { m.AuditID = id; return m }
	op := func(kind string, r record, m Moment) entry { return entry{draft(kind, "host", "", r), m} }
	return []entry{
		op(KindHostStarted, &HostStarted{Mesh: "home", Operator: "ada", Version: "v1", Cores: 2}, Moment{Node: "home", Status: "started", Detail: "v1", Class: privacy.LocalOnly, HasClass: true}),
		op(KindInviteMinted, &InviteMinted{PeerID: "00ff", ExpiresAt: 1 << 60}, Moment{Status: "open", Detail: "invite 00ff"}),
		op(KindInviteRevoked, &InviteRevoked{PeerID: "00ff"}, Moment{Status: "revoked", Detail: "invite 00ff"}),
		op(KindNodeAdmitted, &NodeAdmitted{Node: "bob", Key: "U1", Label: "Bob", Class: paired}, node("joined", "Bob", paired)),
		op(KindNodeDescribed, &NodeDescribed{Node: "bob", Slots: []Slot{{"cpu", 2, 1}}, OptIn: true}, node("", "1 slots, 0 models", public)),
		op(KindNodeStatus, &NodeStatusChanged{Node: "bob", Status: Online}, node("online", "", public)),
		op(KindNodeMode, &NodeModeChanged{Node: "bob", Mode: Paused, AuditID: "a-1"}, act(node("paused", "", public), "a-1")),
		op(KindJobSubmitted, &JobSubmitted{Job: "j-1", Run: "r-1", Kind: "cpu", Runner: "wasm", Class: public, Title: "hello"}, job("", "queued", "hello")),
		op(KindJobLeased, &JobLeased{Job: "j-1", Node: "bob", Attempt: 1}, job("bob", "leased", "attempt 1")),
		op(KindJobStarted, &JobStarted{Job: "j-1", Attempt: 1}, job("bob", "running", "attempt 1")),
		op(KindJobRequeued, &JobRequeued{Job: "j-1", Attempt: 1, Cause: CauseLost, Reason: "no beat"}, job("bob", "queued", "worker lost: no beat")),
		op(KindResultRefused, &ResultRefused{Job: "j-1", Node: "bob", Attempt: 1, Why: "stale"}, job("bob", "result refused", "attempt 1: stale")),
		op(KindJobFinished, &JobFinished{Job: "j-1", Attempt: 1, Status: Killed, Error: "enough", AuditID: "a-2"}, act(job("bob", "killed", "attempt 1: enough"), "a-2")),
		op(KindCapSet, &CapSet{Node: "bob", CapMicros: &five}, node("$5.00", "", public)),
		op(KindCapSet, &CapSet{Node: "mesh"}, Moment{Status: "no cap", Detail: "the mesh"}),
		op(KindNodeLocked, &NodeLocked{Node: "bob", Reason: "two of them"}, node("locked", "two of them", public)),
		op(KindAuditEntry, &AuditRecorded{AuditID: "a-1", Action: "pause", Target: "bob", Class: paired}, act(node("pause", "bob", paired), "a-1")),
		op(KindAuditEntry, &AuditRecorded{AuditID: "a-2", Action: "kill", Target: "j-1", Class: paired}, act(job("bob", "kill", "j-1"), "a-2")),
		op(KindAuditEntry, &AuditRecorded{AuditID: "a-3", Action: "replay", Target: "r-1", Class: paired}, Moment{Run: "r-1", Status: "replay", Detail: "r-1", AuditID: "a-3", Class: paired, HasClass: true}),
		op(KindNodeGone, &NodeGone{Node: "bob", Why: "revoked", AuditID: "a-4"}, act(node("revoked", "", public), "a-4")),
		op(KindAccessAdded, &AccessAdded{Fingerprint: "SHA256:x", Name: "ann", Role: "viewer"}, Moment{Status: "viewer", Detail: "ann: SHA256:x"}),
		op(KindAccessRemoved, &AccessRemoved{Fingerprint: "SHA256:x"}, Moment{Status: "removed", Detail: "SHA256:x"}),
		{oplog.Draft{Kind: "of_a_later_version", Actor: "host", Body: []byte{0xff}}, Moment{}},
	}
}

func TestEveryKindHasItsMoment(t *testing.T) {
	r := bookOf(t, newDial().now)
	kinds := map[string]bool{}
	for _, e := range slices.Concat(everyKind(), itemKinds(), flowKinds()) {
		kinds[e.d.Kind] = true
		op := r.write(t, e.d)[0]
		got, err := r.Moment(op.Seq)
		if err != nil {
			t.Fatal(err)
		}
		want := e.want
		want.Seq, want.At, want.Event, want.Actor = op.Seq, op.At, op.Kind, "host"
		want.Nth, want.Of = int(op.Seq), int(op.Seq)
		if got != want {
			t.Errorf("%s:\n got %+v\nwant %+v", op.Kind, got, want)
		}
	}
	for kind := range reducers {
		if !kinds[kind] {
			t.Errorf("no moment of %s was looked at", kind)
		}
	}
	if m, err := r.Moment(0); err != nil || m != (Moment{}) {
		t.Errorf("the beginning: %+v, %v", m, err)
	}
	if _, err := r.Moment(1000); !fault.Is(err, "vox/oplog/ahead") {
		t.Errorf("the future: %v", err)
	}
}

// The class is that of then, not that of now; and a job's is known long after it left the state.
func TestAMomentSpeaksOfThen(t *testing.T) {
	d := newDial()
	r := bookOf(t, d.now)
	for _, e := range everyKind()[:5] {
		r.write(t, e.d)
	}
	for seq, want := range map[uint64]privacy.Class{4: privacy.PairedPeersOnly, 5: privacy.PublicMesh} {
		if m, err := r.Moment(seq); err != nil || m.Class != want || !m.HasClass {
			t.Errorf("op %d: %+v, %v", seq, m, err)
		}
	}
	sub := &JobSubmitted{Job: "j-9", Run: "r-9", Class: privacy.LocalOnly}
	r.write(t, draft(KindJobSubmitted, "host", "", sub, jobIndex("j-9")))
	r.write(t, draft(KindJobFinished, "host", "", &JobFinished{Job: "j-9", Status: Killed}, jobIndex("j-9")))
	d.turn(2 * KeepEnded)
	late := r.write(t, statusDraft("bob", Online), draft(KindResultRefused, "host", "", &ResultRefused{Job: "j-9", Node: "bob", Why: "late"}, jobIndex("j-9")))[1]
	if m, err := r.Moment(late.Seq); err != nil || !m.HasClass || m.Class != privacy.LocalOnly || m.Run != "r-9" {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestMomentsCountTheirSecond(t *testing.T) {
	r, ops := uneven(t, 400)
	inSecond := map[int64][]uint64{}
	for _, op := range ops {
		inSecond[op.At/second] = append(inSecond[op.At/second], op.Seq)
	}
	many := false
	for _, op := range ops {
		all := inSecond[op.At/second]
		m, err := r.Moment(op.Seq)
		if err != nil || m.Of != len(all) || uint64(m.Nth) != op.Seq-all[0]+1 {
			t.Fatalf("op %d is %d of %d, want %d of %d: %v", op.Seq, m.Nth, m.Of, op.Seq-all[0]+1, len(all), err)
		}
		many = many || m.Nth == 2 && m.Of > 2
	}
	if !many {
		t.Error("no second with many ops: the test looks at nothing")
	}
}

func TestASecondBeginsAtItsBorder(t *testing.T) {
	d := newDial()
	r := bookOf(t, d.now)
	for _, step := range []time.Duration{0, time.Second - time.Microsecond, time.Microsecond, time.Second} {
		d.turn(step)
		r.write(t, statusDraft("bob", Online))
	}
	for seq, want := range map[uint64][2]int{1: {1, 2}, 2: {2, 2}, 3: {1, 1}, 4: {1, 1}} {
		if m, err := r.Moment(seq); err != nil || m.Nth != want[0] || m.Of != want[1] {
			t.Errorf("op %d is %d of %d, want %v: %v", seq, m.Nth, m.Of, want, err)
		}
	}
}

func TestMomentsAreSafeToDraw(t *testing.T) {
	r := bookOf(t, newDial().now)
	evil := "\x1b[31m\u202e\r\n" + strings.Repeat("x", 500)
	for _, d := range []oplog.Draft{
		draft(KindNodeAdmitted, "host", "", &NodeAdmitted{Node: evil, Label: evil}),
		draft(KindJobSubmitted, "host", "", &JobSubmitted{Job: evil, Run: evil, Title: evil, AuditID: evil}),
		draft(KindJobLeased, "host", "", &JobLeased{Job: evil, Node: evil, Attempt: 1}),
		draft(KindJobStarted, "host", "", &JobStarted{Job: evil, Attempt: 1}),
		draft(KindAuditEntry, "host", "", &AuditRecorded{AuditID: evil, Action: evil, Target: evil}),
	} {
		op := r.write(t, d)[0]
		m, err := r.Moment(op.Seq)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{m.Node, m.Job, m.Run, m.Status, m.Detail, m.AuditID, m.Actor, m.Event} {
			if strings.ContainsAny(s, "\x1b\u202e\r\n") || len(s) > 210 {
				t.Errorf("%s: %q", op.Kind, s)
			}
		}
	}
}

// BenchmarkPast is what the scrubber does over a log of 100,000 ops: jump anywhere, step by a second, read the row.
func BenchmarkPast(b *testing.B) {
	d := newDial()
	r := bookOf(b, d.now)
	busyDay(b, r, d, 100_000)
	began, err := r.Began()
	if err != nil {
		b.Fatal(err)
	}
	head := r.Head()
	span := head.At - began.UnixMicro()
	x := uint64(1)
	anywhere := func() int64 {
		x = x*6364136223846793005 + 1442695040888963407
		return began.UnixMicro() + int64(x>>1)%span
	}
	b.Run("at anywhere", func(b *testing.B) {
		for b.Loop() {
			if _, err := r.At(time.UnixMicro(anywhere())); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("a second back", func(b *testing.B) {
		at := head.At
		for b.Loop() {
			if at -= second; at < began.UnixMicro() {
				at = head.At - 1
			}
			if _, err := r.At(time.UnixMicro(at)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("moment anywhere", func(b *testing.B) {
		for b.Loop() {
			if _, err := r.Moment(uint64(anywhere())%head.Seq + 1); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("density of all", func(b *testing.B) {
		for b.Loop() {
			if _, err := r.Density(began, time.UnixMicro(head.At), 200); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// busyDay writes n ops of twenty nodes that work through jobs, about two ops a second.
func busyDay(b *testing.B, r *records, d *dial, n int) {
	r.write(b, draft(KindHostStarted, "host", "", &HostStarted{Mesh: "home", Operator: "ada", Cores: 4}))
	nodes := make([]string, 20)
	for i := range nodes {
		nodes[i] = "node-" + itoa(uint64(i))
		r.write(b, draft(KindNodeAdmitted, "host", "", &NodeAdmitted{Node: nodes[i], Key: "U" + nodes[i], Class: privacy.PairedPeersOnly}),
			draft(KindNodeDescribed, "host", "", &NodeDescribed{Node: nodes[i], Slots: []Slot{{"cpu", 4, 50}}}),
			statusDraft(nodes[i], Online))
	}
	trace := strings.Repeat("ab", 16)
	for i := 0; i < n; i += 4 * 25 {
		var ds []oplog.Draft
		for k := range 25 {
			job, run := shortID("j-", uint64(i/4+k)), shortID("r-", uint64(i/4+k))
			ds = append(ds,
				draft(KindJobSubmitted, "cli:ada", trace, &JobSubmitted{Job: job, Run: run, Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Priority: Normal, Title: "a job of some name"}, jobIndex(job), runIndex(run)),
				draft(KindJobLeased, "host", trace, &JobLeased{Job: job, Node: nodes[k%20], Attempt: 1}, jobIndex(job)),
				draft(KindJobStarted, "host", trace, &JobStarted{Job: job, Attempt: 1}, jobIndex(job)),
				draft(KindJobFinished, "host", trace, &JobFinished{Job: job, Attempt: 1, Status: Succeeded, CostMicros: 10, Tokens: 5, DurationMS: 900}, jobIndex(job)),
			)
		}
		d.turn(50 * time.Second)
		if _, err := r.log.Append(within(b), ds...); err != nil {
			b.Fatal(err)
		}
	}
}
