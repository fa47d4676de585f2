package mesh

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
)

// randomOp draws an op: mostly such as a host would write, some that contradict the state, some of unknown kinds, some
// that are garbage. Ids come from small pools, so that they meet.
func randomOp(t *rapid.T, s *State) (kind string, body []byte) {
	job := draw(t, "job", "j-1", "j-2", "j-3", "j-4", "j-5")
	node := draw(t, "node", "a", "b", "ghost")
	attempt := rapid.Uint32Range(0, 3).Draw(t, "attempt")
	if j, ok := s.Job(job); ok && rapid.IntRange(0, 3).Draw(t, "fits") > 0 {
		attempt = j.Attempt
	}
	micros := rapid.Int64Range(0, 1000).Draw(t, "micros")
	var r record
	kinds := []string{
		KindHostStarted, KindInviteMinted, KindInviteRevoked, KindNodeAdmitted, KindNodeDescribed, KindNodeStatus, KindNodeMode,
		KindNodeLocked, KindNodeGone, KindCapSet, KindAccessAdded, KindAccessRemoved, KindAuditEntry, KindResultRefused,
	}
	for range 3 {
		kinds = append(kinds, KindJobSubmitted, KindJobLeased, KindJobStarted, KindJobRequeued, KindJobFinished)
	}
	kinds = append(kinds, KindWorkflowStarted, KindActivityExpanded, KindActivitySkipped, KindActivityReused, KindWorkflowFinished)
	run := draw(t, "run", "r-1", "r-2", "r-3")
	kinds = append(kinds, itemOps...)
	item := draw(t, "item", "", "h-1", "h-2", "h-3")
	switch kind = draw(t, "kind", append(kinds, "of_tomorrow", "garbage")...); kind {
	case KindItemAdmitted, KindItemTriaged, KindItemOverridden, KindItemsBatched, KindItemClosed, KindItemSuggested:
		r = randomItemOp(t, kind, item)
	case KindHostStarted:
		r = &HostStarted{Mesh: "home", Cores: 4}
	case KindInviteMinted:
		r = &InviteMinted{PeerID: draw(t, "peer", "p1", "p2"), SecretHash: []byte("h"), ExpiresAt: s.At + rapid.Int64Range(-day, 600*second).Draw(t, "ttl")}
	case KindInviteRevoked:
		r = &InviteRevoked{PeerID: draw(t, "peer", "p1", "p2", "p3")}
	case KindNodeAdmitted:
		r = &NodeAdmitted{
			Node: draw(t, "new", "a", "b", "c", "d"), Key: draw(t, "key", "Ua", "Ub", "Uc", "Ud", ""), Invite: draw(t, "peer", "p1", "p2"),
			Slots: []Slot{{"cpu", 1, 0}},
		}
	case KindNodeDescribed:
		r = &NodeDescribed{Node: node, OptIn: rapid.Bool().Draw(t, "public"), Policy: draw(t, "policy", "p1", "p2")}
	case KindNodeStatus:
		r = &NodeStatusChanged{Node: node, Status: Status(rapid.IntRange(0, 2).Draw(t, "status"))}
	case KindNodeMode:
		r = &NodeModeChanged{Node: node, Mode: Mode(rapid.IntRange(0, 3).Draw(t, "mode")), AuditID: "a-0001"}
	case KindNodeLocked:
		r = &NodeLocked{Node: node, Reason: "why"}
	case KindNodeGone:
		r = &NodeGone{Node: draw(t, "leaves", "a", "ghost", "c", "ghost", "ghost"), Why: "left"}
	case KindCapSet:
		r = &CapSet{Node: draw(t, "capped", "a", "mesh"), CapMicros: draw(t, "cap", nil, &micros)}
	case KindAccessAdded:
		r = &AccessAdded{Fingerprint: draw(t, "fp", "f1", "f2"), Role: "viewer"}
	case KindAccessRemoved:
		r = &AccessRemoved{Fingerprint: draw(t, "fp", "f1", "f2")}
	case KindAuditEntry:
		r = &AuditRecorded{AuditID: "a-0001", Target: node, Action: "pause", Stored: []byte(job)}
	case KindResultRefused:
		r = &ResultRefused{Job: job, Node: node, Attempt: attempt}
	case KindJobSubmitted:
		r = &JobSubmitted{Job: job, Run: run, Kind: "cpu", Class: privacy.LocalOnly, Priority: uint8(micros), Try: attempt, Item: item}
	case KindJobLeased:
		r = &JobLeased{Job: job, Node: node, Attempt: attempt + 1, Item: item}
	case KindJobStarted:
		r = &JobStarted{Job: job, Attempt: attempt, Item: item}
	case KindJobRequeued:
		r = &JobRequeued{Job: job, Attempt: attempt, Cause: Cause(rapid.IntRange(0, 6).Draw(t, "cause")), Reason: "why", Item: item}
	case KindJobFinished:
		r = &JobFinished{
			Job: job, Attempt: attempt, Status: JobState(rapid.IntRange(0, 6).Draw(t, "status")), CostMicros: micros, Tokens: micros / 2, Item: item,
		}
	case KindWorkflowStarted:
		r = &WorkflowStarted{Run: run, Name: "w", Definition: draw(t, "definition", "d", "d", "d", ""), Activities: 3, Item: item}
	case KindActivityExpanded:
		r = &ActivityExpanded{Run: run, Activity: draw(t, "activity", "a", "b"), Items: "i", Count: attempt}
	case KindActivitySkipped:
		r = &ActivitySkipped{Run: run, Activity: draw(t, "activity", "a", "b")}
	case KindActivityReused:
		r = &ActivityReused{Run: run, Activity: draw(t, "activity", "a", "b"), Index: attempt, Job: job, Size: micros}
	case KindWorkflowFinished:
		r = &WorkflowFinished{Run: run, Status: JobState(rapid.IntRange(0, 6).Draw(t, "status"))}
	case "garbage":
		return draw(t, "as", kinds...), rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "bytes")
	default:
		return kind, []byte("whatever")
	}
	return kind, marshal(r)
}

func TestReplayEqualsMemoAndTail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tp := newTape()
		tp.op(KindNodeAdmitted, &NodeAdmitted{Node: "a", Key: "Ua"})
		tp.op(KindNodeAdmitted, &NodeAdmitted{Node: "b", Key: "Ub"})
		proj := Projection{}
		type memo struct {
			after int
			snap  *State
			bytes []byte
		}
		var memos []memo
		var ops []oplog.Op
		n := rapid.IntRange(1, 60).Draw(t, "n")
		for i := range n {
			if rapid.IntRange(0, 9).Draw(t, "memo") == 0 {
				memos = append(memos, memo{i, proj.Clone(tp.s), proj.Encode(tp.s)})
			}
			tp.at += draw(t, "later", 0, 1, second, hour, hour, 7*hour)
			kind, body := randomOp(t, tp.s)
			op := oplog.Op{Seq: tp.s.Seq + 1, At: tp.at, Kind: kind, Body: body}
			apply(tp.s, op)
			ops = append(ops, op)
			mustSound(t, tp.s)
		}
		want := proj.Encode(tp.s)
		for _, m := range memos {
			if !bytes.Equal(proj.Encode(m.snap), m.bytes) {
				t.Fatalf("the snapshot after %d ops changed", m.after)
			}
			s, err := proj.Decode(m.bytes)
			if err != nil {
				t.Fatal(err)
			}
			mustSound(t, s)
			for _, op := range ops[m.after:] {
				apply(s, op)
			}
			mustSound(t, s)
			if !bytes.Equal(proj.Encode(s), want) {
				t.Fatalf("memo after %d ops and the tail give another state than the whole", m.after)
			}
			for _, key := range []string{"Ua", "Ub", "Uc", "Ud"} {
				n1, g1 := s.NodeByKey(key)
				n2, g2 := tp.s.NodeByKey(key)
				if g1 != g2 || (n1 == nil) != (n2 == nil) || n1 != nil && n1.ID != n2.ID {
					t.Fatalf("key %s leads to %v/%v after a memo and to %v/%v without", key, n1, g1, n2, g2)
				}
			}
		}
	})
}

func TestEvictionIsByOpTime(t *testing.T) {
	tp := newTape().start("bob")
	tp.op(KindInviteMinted, &InviteMinted{PeerID: "p1", ExpiresAt: tp.at + 600*second})
	tp.submit("j-1")
	tp.submit("j-2")
	tp.run("j-1", "bob", 1)
	tp.op(KindJobFinished, &JobFinished{Job: "j-1", Attempt: 1, Status: Failed, CostMicros: 5, Tokens: 7})
	if n, _ := tp.s.Node("bob"); tp.s.Spent != 5 || n.Spent != 5 || n.Tokens != 7 || tp.s.ErrorCount != 1 {
		t.Fatalf("spent %d", tp.s.Spent)
	}
	before := Projection{}.Clone(tp.s)
	tp.at += day - 1
	tp.op("of_tomorrow", &NodeGone{})
	if _, ok := tp.s.Job("j-1"); !ok {
		t.Fatal("gone a microsecond early")
	}
	if w := tp.s.Window(tp.now().Add(1000)); w.Mesh != (Spend{}) || w.Node("bob") != (Spend{}) {
		t.Errorf("a day later the window still holds %+v", w)
	}
	if w := tp.s.Window(tp.now()); w.Mesh != (Spend{5, 7}) || w.Node("bob") != (Spend{5, 7}) {
		t.Errorf("within the day the window holds %+v", w)
	}
	tp.at++
	tp.op("of_tomorrow", &NodeGone{})
	mustSound(t, tp.s)
	_, job := tp.s.Job("j-1")
	_, run := tp.s.Run("r-1")
	_, inv := tp.s.Invite("p1")
	if n, _ := tp.s.Node("bob"); job || run || !inv || tp.s.Spent != 0 || n.Spent != 0 || n.Tokens != 0 || tp.s.ErrorCount != 0 {
		t.Errorf("job %v, run %v, invite %v, spent %d", job, run, inv, tp.s.Spent)
	}
	tp.at += 600 * second
	tp.op("of_tomorrow", &NodeGone{})
	if _, ok := tp.s.Invite("p1"); ok {
		t.Error("an invite that ended a day ago is still there")
	}
	if j, ok := tp.s.Job("j-2"); !ok || j.State != Queued {
		t.Error("a job that waits was evicted")
	}
	if j, ok := before.Job("j-1"); !ok || j.State != Failed || before.Spent != 5 {
		t.Error("an older snapshot changed")
	}
}

func TestWhatAHostMustNotWriteChangesNothing(t *testing.T) {
	fresh := func() *tape {
		tp := newTape().start("bob")
		tp.submit("j-1")
		tp.run("j-1", "bob", 1)
		return tp
	}
	ended := func() *tape {
		tp := fresh()
		tp.op(KindJobFinished, &JobFinished{Job: "j-1", Attempt: 1, Status: Succeeded, CostMicros: 5})
		return tp
	}
	for _, tt := range []struct {
		name string
		from func() *tape
		kind string
		r    record
	}{
		{"a second result", ended, KindJobFinished, &JobFinished{Job: "j-1", Attempt: 1, Status: Failed, CostMicros: 9}},
		{"a result of another attempt", fresh, KindJobFinished, &JobFinished{Job: "j-1", Attempt: 2, Status: Failed}},
		{"a result that is no end", fresh, KindJobFinished, &JobFinished{Job: "j-1", Attempt: 1, Status: Queued, CostMicros: 9}},
		{"a lease of what has ended", ended, KindJobLeased, &JobLeased{Job: "j-1", Node: "bob", Attempt: 2}},
		{"a lease of what is leased", fresh, KindJobLeased, &JobLeased{Job: "j-1", Node: "bob", Attempt: 2}},
		{"a submission twice", fresh, KindJobSubmitted, &JobSubmitted{Job: "j-1", Run: "r-1"}},
		{"a requeue of another attempt", fresh, KindJobRequeued, &JobRequeued{Job: "j-1", Attempt: 7, Cause: CauseLost}},
		{"a requeue of what has ended", ended, KindJobRequeued, &JobRequeued{Job: "j-1", Attempt: 1, Cause: CauseLost}},
		{"a start of what has ended", ended, KindJobStarted, &JobStarted{Job: "j-1", Attempt: 1}},
		{"a node admitted twice", fresh, KindNodeAdmitted, &NodeAdmitted{Node: "bob", Key: "Unew"}},
		{"a key admitted twice", fresh, KindNodeAdmitted, &NodeAdmitted{Node: "eve", Key: "Ubob"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tp := tt.from()
			want := tp.s.clone()
			tp.op(tt.kind, tt.r)
			want.Seq, want.At = tp.s.Seq, tp.s.At
			if !bytes.Equal(Projection{}.Encode(tp.s), Projection{}.Encode(want)) {
				t.Error("the state changed")
			}
			mustSound(t, tp.s)
		})
	}
}
