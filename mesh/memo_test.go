package mesh

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"voxmesh/hopper"
	"voxmesh/oplog"
)

// Memo = replay, on the real projection: in memory over ops of all kinds with whatever in their fields, and through a real log
// with its memos whole, damaged, missing, and of another version. For a long run: go test ./mesh -run 'TestMemo' -rapid.checks=20000

// wildRecords make a record of each kind with anything in every field.
var wildRecords = map[string]func(*rapid.T) record{
	KindHostStarted: wild[HostStarted], KindInviteMinted: wild[InviteMinted], KindInviteRevoked: wild[InviteRevoked],
	KindNodeAdmitted: wild[NodeAdmitted], KindNodeDescribed: wild[NodeDescribed], KindNodeStatus: wild[NodeStatusChanged],
	KindNodeMode: wild[NodeModeChanged], KindNodeLocked: wild[NodeLocked], KindNodeGone: wild[NodeGone],
	KindJobSubmitted: wild[JobSubmitted], KindJobLeased: wild[JobLeased], KindJobStarted: wild[JobStarted],
	KindJobRequeued: wild[JobRequeued], KindJobFinished: wild[JobFinished], KindResultRefused: wild[ResultRefused],
	KindCapSet: wild[CapSet], KindAccessAdded: wild[AccessAdded], KindAccessRemoved: wild[AccessRemoved], KindAuditEntry: wild[AuditRecorded],
	KindItemAdmitted: wild[ItemAdmitted], KindItemTriaged: wild[ItemTriaged], KindItemOverridden: wild[ItemOverridden],
	KindItemsBatched: wild[ItemsBatched], KindItemClosed: wild[ItemClosed], KindItemSuggested: wild[ItemSuggested],
	KindWorkflowStarted: wild[WorkflowStarted], KindActivityExpanded: wild[ActivityExpanded], KindActivitySkipped: wild[ActivitySkipped],
	KindActivityReused: wild[ActivityReused], KindWorkflowFinished: wild[WorkflowFinished],
}

func wild[T any, P interface {
	*T
	record
}](t *rapid.T,
) record {
	r := rapid.Make[T]().Draw(t, "record")
	return P(&r)
}

// meet gives a record the ids of small pools, so that what it says is about something.
func meet(t *rapid.T, r record) {
	node := func() string { return draw(t, "node", "a", "b", "home", "ghost") }
	job := func() string { return draw(t, "job", "j-1", "j-2", "j-3") }
	run := func() string { return draw(t, "run", "r-1", "r-2") }
	item := func() string { return draw(t, "item", "h-1", "h-2", "") }
	try := rapid.Uint32Range(0, 3)
	ended := func() JobState { return draw(t, "end", Succeeded, Failed, Killed, TimedOut) }
	switch r := r.(type) {
	case *HostStarted:
		r.Mesh = "home"
	case *NodeAdmitted:
		r.Node, r.Key = node(), draw(t, "key", "Ua", "Ub", "")
	case *NodeDescribed:
		r.Node = node()
	case *NodeStatusChanged:
		r.Node = node()
	case *NodeModeChanged:
		r.Node = node()
	case *NodeLocked:
		r.Node = node()
	case *NodeGone:
		r.Node = draw(t, "leaves", "b", "ghost", "ghost")
	case *CapSet:
		r.Node = draw(t, "capped", "a", MeshTarget)
	case *InviteMinted:
		r.PeerID = draw(t, "peer", "p1", "p2")
	case *InviteRevoked:
		r.PeerID = draw(t, "peer", "p1", "p2")
	case *AuditRecorded:
		r.Target = node()
	case *JobSubmitted:
		r.Job, r.Run, r.Item = job(), run(), item()
	case *JobLeased:
		r.Job, r.Node, r.Attempt, r.Item = job(), node(), try.Draw(t, "try"), item()
	case *JobStarted:
		r.Job, r.Attempt, r.Item = job(), try.Draw(t, "try"), item()
	case *JobRequeued:
		r.Job, r.Attempt, r.Item = job(), try.Draw(t, "try"), item()
	case *JobFinished:
		r.Job, r.Attempt, r.Item, r.Status = job(), try.Draw(t, "try"), item(), ended()
	case *ItemAdmitted:
		r.Item, r.Run = item(), draw(t, "itemRun", "", "r-1", "r-2")
	case *ItemTriaged:
		r.Item, r.Run = item(), run()
	case *ItemOverridden:
		r.Item = item()
	case *ItemsBatched:
		r.Items = []string{item(), item()}
	case *ItemClosed:
		r.Item, r.Outcome = item(), uint8(rapid.IntRange(0, 4).Draw(t, "outcome"))
	case *ItemSuggested:
		r.Item = item()
	case *WorkflowStarted:
		r.Run, r.Item = run(), item()
	case *ActivityExpanded:
		r.Run = run()
	case *ActivitySkipped:
		r.Run = run()
	case *ActivityReused:
		r.Run, r.Job = run(), job()
	case *WorkflowFinished:
		r.Run, r.Item, r.Status = run(), item(), ended()
	}
}

var allKinds = slices.Sorted(maps.Keys(wildRecords))

// anyOp draws an op of any kind: one that a host could write, or one with anything in it, whole or cut off.
func anyOp(t *rapid.T, s *State) (kind string, body []byte) {
	switch rapid.IntRange(0, 9).Draw(t, "how") {
	case 0, 1, 2, 3, 4:
		return randomOp(t, s)
	case 5:
		kind = draw(t, "kind", allKinds...)
		body = marshal(wildRecords[kind](t))
		return kind, body[:rapid.IntRange(0, len(body)).Draw(t, "cut")]
	default:
		kind = draw(t, "kind", allKinds...)
		r := wildRecords[kind](t)
		meet(t, r)
		return kind, marshal(r)
	}
}

// telling is all that a state tells, by way of its own readers: what a memo left out would be missing here.
func telling(s *State) string {
	n, gone := []any{}, []any{}
	for _, id := range s.gone.Keys() {
		g, _ := s.Gone(id)
		gone = append(gone, g)
	}
	for _, key := range s.keys.Keys() {
		id, _ := s.keys.Get(key)
		n = append(n, key, id)
	}
	in, as, hist := s.hopper.Counts()
	b, err := json.Marshal([]any{
		s.Seq, s.At, s.Mesh, s.PeerID, s.Operator, s.MeshCap, s.Spent, s.Tokens, s.Submitted, s.Admitted, s.Batches, s.NextRun, s.Acts, s.ErrorCount,
		s.Audit.Size(), s.Audit.Root(), s.Nodes(), gone, n, s.Jobs(), s.Queue(0), s.Held(), s.ended.Keys(), s.Runs(), s.OpenFlows(), s.flowEnds.Keys(),
		s.Invites(), s.expiries.Keys(), s.Access(), in, as, hist, s.hopper.Items(), s.hopper.Inbox(0), s.hopper.Assigned(0), s.hopper.History(0),
		s.hopper.Lessons(), s.hopper.Batch("b-1"), s.hopper.Batch("b-2"),
	})
	if err != nil {
		panic(err)
	}
	return strings.NewReplacer("null", "[]").Replace(string(b)) // an empty list is one of none
}

func TestMemoIsReplayOfAnyOps(t *testing.T) {
	if len(wildRecords) != len(reducers)+1 { // a refused result changes nothing, and is an op
		t.Fatalf("%d kinds are drawn, %d are reduced", len(wildRecords), len(reducers))
	}
	rapid.Check(t, func(t *rapid.T) {
		proj, s := Projection{}, Projection{}.New()
		n := rapid.IntRange(1, 300).Draw(t, "n")
		cuts := map[int]bool{}
		for range rapid.IntRange(1, 4).Draw(t, "cuts") {
			cuts[rapid.IntRange(0, n-1).Draw(t, "at")] = true
		}
		type fork struct {
			at int
			s  *State
		}
		var forks []fork
		at := noon
		for i := range n {
			if cuts[i] {
				memo := proj.Encode(s)
				f, err := proj.Decode(memo)
				if err != nil {
					t.Fatalf("after %d ops: %v", i, err)
				}
				if a, b := telling(f), telling(s); a != b {
					a, b = apart(a, b)
					t.Fatalf("after %d ops a memo tells\n%s\nand the replay\n%s", i, a, b)
				}
				if again := proj.Encode(f); !bytes.Equal(again, memo) {
					t.Fatalf("after %d ops a memo of a memo has %d bytes, the memo %d", i, len(again), len(memo))
				}
				forks = append(forks, fork{i, f})
			}
			at += draw(t, "later", 0, 1, second, hour, 7*hour, 25*hour)
			kind, body := anyOp(t, s)
			op := oplog.Op{Seq: s.Seq + 1, At: at, Kind: kind, Actor: draw(t, "actor", "host", "cli:ada"), Trace: draw(t, "trace", "", strings.Repeat("ab", 16)), Body: body}
			s = proj.Apply(s, op)
			for i := range forks {
				forks[i].s = proj.Apply(forks[i].s, op)
			}
		}
		want, all := proj.Encode(s), telling(s)
		for _, f := range forks {
			if !bytes.Equal(proj.Encode(f.s), want) || telling(f.s) != all {
				a, b := apart(telling(f.s), all)
				t.Fatalf("a memo after %d of %d ops, and the rest, give\n%s\nthe whole gives\n%s", f.at, n, a, b)
			}
		}
	})
}

// Every field of everything in a state is in a memo: one that is added and forgotten there would come back empty.
func TestEveryFieldIsInAMemo(t *testing.T) {
	s := &State{}
	n := 0
	fill := func(v any) { filled(reflect.ValueOf(v).Elem(), &n) }
	var node Node
	var gone Gone
	var job Job
	var run Run
	var invite Invite
	var access Access
	var item hopper.Item
	var lesson hopper.Lesson
	for _, v := range []any{&node, &gone, &job, &run, &invite, &access, &item, &lesson} {
		fill(v)
	}
	run.Jobs, job.Run, node.ID, item.Confidence = []string{job.Job}, run.ID, "node", 80
	s.nodes.Set(node.ID, &node)
	s.keys.Set(node.Key, node.ID)
	s.gone.Set(gone.ID, &gone)
	s.keys.Set(gone.Key, gone.ID)
	s.jobs.Set(job.Job, &job)
	s.index(&job)
	s.setRun(&run)
	s.flowEnds.Set(flowEndKey(&run), run.ID)
	s.setInvite(&invite)
	s.access.Set(access.Fingerprint, &access)
	s.hopper.Put(item)
	s.hopper.PutLesson(lesson)
	for i := range reflect.TypeFor[State]().NumField() {
		if f := reflect.TypeFor[State]().Field(i); f.IsExported() && f.Name != "Audit" {
			fill(reflect.ValueOf(s).Elem().Field(i).Addr().Interface())
		}
	}
	s.Audit.Append([]byte("entry"))
	s.At = run.Flow.Ended // it ended just now
	f, err := Projection{}.Decode(Projection{}.Encode(s))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := telling(f), telling(s); a != b {
		a, b = apart(a, b)
		t.Errorf("a memo tells\n%s\nand was made of\n%s", a, b)
	}
}

// apart cuts two texts to where they begin to differ.
func apart(a, b string) (string, string) {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	cut := func(s string) string { return s[max(i-100, 0):min(i+200, len(s))] }
	return cut(a), cut(b)
}

// filled puts something into every field.
func filled(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprint("s", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint8: // a state, a priority, a class
		v.SetUint(1)
	case reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(*n))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			filled(v.Index(i), n)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() { // the others say who owns it
				filled(v.Field(i), n)
			}
		}
	default:
		panic(v.Kind())
	}
}

// laterProjection is that of a later version, whose memos this one can't read.
type laterProjection struct{ Projection }

func (laterProjection) Version() uint32 { return Projection{}.Version() + 1 }

func (laterProjection) Encode(*State) []byte { return []byte("of a later version") }

func (laterProjection) Decode([]byte) (*State, error) { return nil, errors.New("unknown") }

// memoEvery is the distance of memos in these tests, so that short logs have many.
const memoEvery = 8

func openMemos(t interface{ Fatal(...any) }, dir string, p oplog.Projection[*State], now func() time.Time) *oplog.Log[*State] {
	l, err := oplog.Open(dir, p, oplog.Options{MemoEvery: memoEvery, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestMemoIsReplayThroughTheLog(t *testing.T) {
	folder := t.TempDir()
	tries, most := 0, 25 // each makes logs on the disk; more checks than usual are asked for by -rapid.checks
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() != f.DefValue {
		most = math.MaxInt
	}
	rapid.Check(t, func(t *rapid.T) {
		if tries++; tries > most {
			return
		}
		dir := filepath.Join(folder, fmt.Sprint(tries))
		proj, at := Projection{}, noon
		now := func() time.Time { return time.UnixMicro(at) }
		next := proj.New() // what ops are drawn against
		parts := rapid.IntRange(1, 3).Draw(t, "parts")
		for part := range parts {
			var p oplog.Projection[*State] = proj
			if part < parts-1 && rapid.IntRange(0, 3).Draw(t, "later") == 0 {
				p = laterProjection{}
			}
			l := openMemos(t, dir, p, now)
			for range rapid.IntRange(0, 8).Draw(t, "commits") {
				at += draw(t, "later", 0, 1, second, hour, 7*hour, 25*hour)
				var drafts []oplog.Draft
				for range rapid.IntRange(1, 10).Draw(t, "ops") {
					kind, body := anyOp(t, next)
					d := oplog.Draft{Kind: kind, Actor: "host", Body: body, Trace: draw(t, "trace", "", strings.Repeat("ab", 16))}
					drafts = append(drafts, d)
					next = proj.Apply(next, oplog.Op{Seq: next.Seq + 1, At: at, Kind: kind, Actor: "host", Trace: d.Trace, Body: body})
				}
				if _, err := l.Append(context.Background(), drafts...); err != nil {
					t.Fatal(err)
				}
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			switch rapid.IntRange(0, 3).Draw(t, "harm") {
			case 0:
				harmMemos(t, dir, func(n int) bool { return n%2 == 0 }, func(v []byte) []byte { return flipped(v, n7(t)) })
			case 1:
				harmMemos(t, dir, func(int) bool { return rapid.Bool().Draw(t, "which") }, func([]byte) []byte { return nil })
			case 2:
				harmMemos(t, dir, func(int) bool { return true }, func(v []byte) []byte { return v[:len(v)*n7(t)/8] })
			}
		}
		l := openMemos(t, dir, proj, now)
		defer l.Close()
		ops, err := l.Since(0, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		want := make([][]byte, len(ops)+1)
		s := proj.New()
		want[0] = proj.Encode(s)
		for i, op := range ops {
			s = proj.Apply(s, op)
			want[i+1] = proj.Encode(s)
		}
		if !bytes.Equal(proj.Encode(next), want[len(ops)]) {
			t.Fatal("the log does not hold what was appended")
		}
		for range 12 {
			seq := rapid.Uint64Range(0, uint64(len(ops))).Draw(t, "seq")
			i, err := l.AtSeq(seq)
			if err != nil || i.Seq != seq || !bytes.Equal(proj.Encode(i.State), want[seq]) {
				t.Fatalf("after op %d of %d (memo %d): not what the fold gives, %v", seq, len(ops), i.MemoSeq, err)
			}
			if seq == 0 {
				continue
			}
			i, err = l.At(ops[seq-1].At)
			if err != nil || !bytes.Equal(proj.Encode(i.State), want[i.Seq]) || i.Seq < seq {
				t.Fatalf("at the time of op %d (found %d): not what the fold gives, %v", seq, i.Seq, err)
			}
		}
		healsAll(t, l, len(ops))
	})
}

// flipped changes a bit of what there is.
func flipped(v []byte, eighth int) []byte {
	if len(v) > 0 {
		v[len(v)*eighth/8] ^= 1
	}
	return v
}

func n7(t *rapid.T) int { return rapid.IntRange(0, 7).Draw(t, "where") }

// harmMemos changes the memos of a log that nobody has open; nil takes one away.
func harmMemos(t *rapid.T, dir string, which func(n int) bool, harm func([]byte) []byte) {
	db, err := bolt.Open(filepath.Join(dir, "oplog.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Update(func(tx *bolt.Tx) error {
		b, n := tx.Bucket([]byte("memos")), 0
		all := map[string][]byte{}
		_ = b.ForEach(func(k, v []byte) error {
			if n++; which(n) {
				all[string(k)] = harm(bytes.Clone(v))
			}
			return nil
		})
		for k, v := range all {
			var err error
			if v == nil {
				err = b.Delete([]byte(k))
			} else {
				err = b.Put([]byte(k), v)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// healsAll waits until every memo that was met is good again, and looks that what is in the log verifies with them.
func healsAll(t *rapid.T, l *oplog.Log[*State], ops int) {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	for {
		for seq := uint64(memoEvery); seq <= uint64(ops); seq += memoEvery {
			if _, err := l.AtSeq(seq); err != nil { // meets every memo
				t.Fatal(err)
			}
		}
		if _, err := l.Append(ctx, oplog.Draft{Kind: "after_heal", Actor: "host"}); err != nil { // what was healed goes with a commit
			t.Fatal(err)
		}
		r, err := l.Verify(ctx, nil)
		switch {
		case err != nil:
			t.Fatalf("it does not heal: %v", err)
		case r.FirstBad != 0:
			t.Fatalf("%+v", r)
		case r.BadMemos == 0 && r.OldMemos == 0:
			if r.Problem != "" {
				t.Fatalf("%+v", r)
			}
			return
		}
	}
}
