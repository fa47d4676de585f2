package mesh

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen; it is never part of what is asserted.
const patience = 20 * time.Second

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Fatalf("error %v, want %s", err, code)
	}
}

const (
	second = int64(1_000_000)
	hour   = 3600 * second
	day    = 24 * hour
)

// noon is when the folds of the tests begin, in unix microseconds.
const noon = 1_800_000_000 * second

// tape folds ops one after another, as the log would.
type tape struct {
	s  *State
	at int64
}

func newTape() *tape { return &tape{s: Projection{}.New(), at: noon} }

// op applies a record at the tape's time and gives the op.
func (tp *tape) op(kind string, r record) oplog.Op {
	op := oplog.Op{Seq: tp.s.Seq + 1, At: tp.at, Kind: kind, Body: marshal(r), Trace: "0123456789abcdef0123456789abcdef"}
	apply(tp.s, op)
	return op
}

// drafts applies what the host decided.
func (tp *tape) drafts(ds []oplog.Draft) {
	for _, d := range ds {
		apply(tp.s, oplog.Op{Seq: tp.s.Seq + 1, At: tp.at, Kind: d.Kind, Body: d.Body, Trace: d.Trace, Actor: d.Actor})
	}
}

func (tp *tape) now() time.Time { return time.UnixMicro(tp.at) }

// start names the mesh and admits nodes that give two cpu slots and are online.
func (tp *tape) start(nodes ...string) *tape {
	tp.op(KindHostStarted, &HostStarted{Mesh: "home", PeerID: "00112233aabbccdd", Operator: "ada", Cores: 2})
	for _, n := range nodes {
		tp.op(KindNodeAdmitted, &NodeAdmitted{Node: n, Key: "U" + n, Class: privacy.PairedPeersOnly})
		tp.op(KindNodeDescribed, &NodeDescribed{Node: n, Slots: []Slot{{"cpu", 2, 50}}, Policy: "p1"})
		tp.op(KindNodeStatus, &NodeStatusChanged{Node: n, Status: Online})
	}
	return tp
}

func (tp *tape) submit(id string) {
	tp.op(KindJobSubmitted, &JobSubmitted{
		Job: id, Run: "r" + id[1:], Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Priority: Normal, Title: "t",
	})
}

func (tp *tape) lease(id, node string, attempt uint32) {
	tp.op(KindJobLeased, &JobLeased{Job: id, Node: node, Attempt: attempt})
}

func (tp *tape) run(id, node string, attempt uint32) {
	tp.lease(id, node, attempt)
	tp.op(KindJobStarted, &JobStarted{Job: id, Attempt: attempt})
}

func (tp *tape) job(t testing.TB, id string) *Job {
	t.Helper()
	j, ok := tp.s.Job(id)
	if !ok {
		t.Fatalf("no job %s", id)
	}
	return j
}

// idleHost is a Host that decides and does nothing else: no log, no bus, a clock of its own.
func idleHost(t testing.TB, now func() time.Time) *Host {
	t.Helper()
	dir := t.TempDir()
	blobs := oplog.OpenBlobs(dir)
	return &Host{
		flows: newFlowCache(blobs), records: records{dir: dir, blobs: blobs, now: now},
		cfg: Config{Now: now, Log: t.Logf, Lease: LeaseFor}, started: now(), prices: DefaultPrices(),
		gauges: newGauges(), leases: newLeases(LeaseFor), inst: newInstances(), busy: newBusyNodes(now), push: newPushes(),
		wakeups: newWakeups(), steps: newInviteSteps(), streams: newStreams(dir),
	}
}

// sound checks what must be true of every state: the indexes name exactly the jobs that they should, the sums are those
// of a recount, nothing is there that should have been evicted.
func sound(s *State) error {
	queue, held, ended := map[string]string{}, map[string]string{}, map[string]string{}
	var spent, tokens, failed int64
	perNode := map[string]Spend{}
	limit := s.At - day
	for _, j := range s.Jobs() {
		switch {
		case j.State == Queued:
			queue[queueKey(j)] = j.Job
		case j.State.Ended() && j.EndedAt <= limit:
			if r, ok := s.Run(j.Run); !ok || r.Flow == nil || r.Flow.Ended != 0 && r.Flow.Ended <= limit {
				return fmt.Errorf("job %q ended at %d and is still there at %d", j.Job, j.EndedAt, s.At)
			}
		case j.State.Ended():
			ended[endKey(j)] = j.Job
			spent += j.Cost
			tokens += j.TokensUsed
			if j.State == Failed || j.State == TimedOut {
				failed++
			}
			n := perNode[j.Node]
			perNode[j.Node] = Spend{n.Micros + j.Cost, n.Tokens + j.TokensUsed}
		default:
			held[heldKey(j.Node, j.Job)] = j.Job
		}
		r, ok := s.Run(j.Run)
		if !ok || !slices.Contains(r.Jobs, j.Job) {
			return fmt.Errorf("job %q is not in its run %q", j.Job, j.Run)
		}
		if len(j.Attempts) > attemptsKept || len(j.Refused) > len(s.Nodes())+len(s.gone.Keys())+1 {
			return fmt.Errorf("job %q remembers %d attempts, %d refusals", j.Job, len(j.Attempts), len(j.Refused))
		}
	}
	for name, pair := range map[string][2]map[string]string{
		"queue": {queue, entriesOf(s.queue.Scan)}, "held": {held, entriesOf(s.held.Scan)}, "ended": {ended, entriesOf(s.ended.Scan)},
	} {
		if fmt.Sprint(pair[0]) != fmt.Sprint(pair[1]) {
			return fmt.Errorf("%s: the jobs say %q, the index says %q", name, pair[0], pair[1])
		}
	}
	if spent != s.Spent || tokens != s.Tokens || failed != s.ErrorCount {
		return fmt.Errorf("spent %d, tokens %d, errors %d; a recount gives %d, %d, %d", s.Spent, s.Tokens, s.ErrorCount, spent, tokens, failed)
	}
	for _, n := range s.Nodes() {
		if w := perNode[n.ID]; n.Spent != w.Micros || n.Tokens != w.Tokens {
			return fmt.Errorf("node %q spent %d and %d tokens; a recount gives %+v", n.ID, n.Spent, n.Tokens, w)
		}
		if got, gone := s.NodeByKey(n.Key); n.Key != "" && (gone || got == nil || got.ID != n.ID) {
			return fmt.Errorf("the key of %q leads to %v (gone: %v)", n.ID, got, gone)
		}
		if len(n.Last) > happeningsKept {
			return fmt.Errorf("node %q has %d happenings", n.ID, len(n.Last))
		}
	}
	flows, flowEnds := []string{}, map[string]string{}
	for _, r := range s.Runs() {
		switch {
		case r.Flow == nil:
		case r.Flow.Ended == 0:
			flows = append(flows, r.ID)
		case r.Flow.Ended > limit:
			flowEnds[flowEndKey(r)] = r.ID
		}
		if len(r.Jobs) == 0 && (r.Flow == nil || r.Flow.Ended != 0 && r.Flow.Ended <= limit) {
			return fmt.Errorf("run %q is empty", r.ID)
		}
		for _, id := range r.Jobs {
			if _, ok := s.Job(id); !ok {
				return fmt.Errorf("run %q names %q, which is gone", r.ID, id)
			}
		}
	}
	if fmt.Sprint(flows) != fmt.Sprint(s.OpenFlows()) || fmt.Sprint(flowEnds) != fmt.Sprint(entriesOf(s.flowEnds.Scan)) {
		return fmt.Errorf("the runs say %q go on and %q ended, the indexes say %q and %q", flows, flowEnds, s.OpenFlows(), entriesOf(s.flowEnds.Scan))
	}
	for _, i := range s.Invites() {
		if i.ExpiresAt <= limit {
			return fmt.Errorf("invite %q ended at %d and is still there at %d", i.PeerID, i.ExpiresAt, s.At)
		}
	}
	return nil
}

func entriesOf(scan func(func(k, v string) bool)) map[string]string {
	m := map[string]string{}
	scan(func(k, v string) bool { m[k] = v; return true })
	return m
}

func mustSound(t interface{ Fatal(...any) }, s *State) {
	if err := sound(s); err != nil {
		t.Fatal(err)
	}
}

// pick draws one of a few.
func draw[T any](t *rapid.T, name string, of ...T) T { return rapid.SampledFrom(of).Draw(t, name) }

func openFiles(t testing.TB) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc/self/fd here")
	}
	return len(fds)
}
