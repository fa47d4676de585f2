package mesh

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"unsafe"

	"voxmesh/audit"
	"voxmesh/hopper"
	"voxmesh/mesh/privacy"
)

var (
	flagYears = flag.Float64("mesh.years", 0.6, "how long the mesh of TestTheStateIsBounded runs")
	flagDaily = flag.Int("mesh.daily", 30, "how many jobs it has a day")
)

// years is a mesh that runs for years: machines come and go, work comes every day in every form there is.
type years struct {
	*tape
	rnd     *rand.Rand
	ops     int
	serial  int
	nodes   []string
	waiting []string // jobs that nobody can take, oldest first
	open    []openFlow
}

type openFlow struct {
	run, item string
	until     int64
}

func newYears() *years {
	y := &years{tape: newTape().start("bob"), rnd: rand.New(rand.NewPCG(1, 2)), nodes: []string{"bob"}}
	return y
}

func (y *years) id(prefix string) string {
	y.serial++
	return shortID(prefix, uint64(y.serial))
}

func (y *years) do(kind string, r record) {
	y.ops++
	y.op(kind, r)
}

// entry is a signed entry that touches something.
func (y *years) entry(action, target string) {
	y.do(KindAuditEntry, &AuditRecorded{AuditID: audit.ID(y.s.Acts + 1), Action: action, Target: target, Stored: fmt.Appendf(nil, "{%d}", y.ops)})
}

// machines lets one join and another go, and the rest say something new.
func (y *years) machines() {
	invite := y.id("")
	y.do(KindInviteMinted, &InviteMinted{PeerID: invite, SecretHash: make([]byte, 32), Slots: 1, Label: "friend", ExpiresAt: y.at + 600*second})
	stray := y.id("")
	y.do(KindInviteMinted, &InviteMinted{PeerID: stray, SecretHash: make([]byte, 32), ExpiresAt: y.at + 600*second})
	if y.rnd.IntN(2) == 0 {
		y.do(KindInviteRevoked, &InviteRevoked{PeerID: stray})
	}
	node := y.id("box-")
	y.do(KindNodeAdmitted, &NodeAdmitted{Node: node, Key: fmt.Sprintf("U%055d", y.serial), Invite: invite, Hostname: "box", Class: privacy.PairedPeersOnly})
	y.nodes = append(y.nodes, node)
	for _, n := range y.nodes {
		y.do(KindNodeDescribed, &NodeDescribed{
			Node: n, Slots: []Slot{{"cpu", 2, 50}, {"text", 1, 10}}, Policy: fmt.Sprintf("%032x", y.rnd.Uint64()),
			Models: []Model{{Name: "llama3.2:3b", Size: 2 << 30, Fits: true}}, Away: []string{"", "off hours until 22:00"}[y.rnd.IntN(2)],
		})
		y.do(KindNodeStatus, &NodeStatusChanged{Node: n, Status: Status(y.rnd.IntN(3))})
		y.do(KindNodeMode, &NodeModeChanged{Node: n, Mode: Mode(y.rnd.IntN(4)), Deadline: y.at, AuditID: "a-0001"})
		y.entry(ActPause, n)
	}
	if len(y.nodes) > 8 {
		y.do(KindNodeLocked, &NodeLocked{Node: y.nodes[1], Reason: "two machines speak with its key"})
		y.do(KindNodeGone, &NodeGone{Node: y.nodes[1], Why: "revoked", AuditID: "a-0001"})
		y.nodes = slices.Delete(y.nodes, 1, 2)
	}
	key := fmt.Sprintf("SHA256:%d", y.serial)
	y.do(KindAccessAdded, &AccessAdded{Fingerprint: key, Key: "ssh-ed25519 AAAA", Role: "viewer"})
	y.do(KindAccessRemoved, &AccessRemoved{Fingerprint: key})
	micros := y.rnd.Int64N(1 << 30)
	y.do(KindCapSet, &CapSet{Node: y.nodes[0], CapMicros: &micros})
	y.do(KindHostStarted, &HostStarted{Mesh: "home", Cores: 2})
	y.do("of_tomorrow", &NodeGone{Node: "home"})
}

// item admits an item, with a lesson about it, and gives its id.
func (y *years) item(run string) string {
	it := y.id("h-")
	y.do(KindItemAdmitted, &ItemAdmitted{Item: it, Run: run, Intent: fmt.Sprintf("do the thing number %d of %d", y.serial, y.ops), Class: privacy.PairedPeersOnly, Priority: 5, Confidence: 80})
	y.entry(ActSubmit, it)
	if y.rnd.IntN(3) == 0 {
		y.do(KindItemOverridden, &ItemOverridden{Item: it, From: 5, To: uint8(1 + y.rnd.IntN(9)), Reason: "because"})
		y.entry(ActReprioritize, it)
	}
	return it
}

// try gives a job to a node and lets it end, hand it back, or lose it.
func (y *years) try(job, item string) {
	j, ok := y.s.Job(job)
	for ok && !j.State.Ended() {
		node, n := y.nodes[y.rnd.IntN(len(y.nodes))], j.Attempt+1
		y.at += y.rnd.Int64N(20 * second)
		y.do(KindJobLeased, &JobLeased{Job: job, Node: node, Attempt: n, Item: item})
		if y.rnd.IntN(5) == 0 {
			y.do(KindJobRequeued, &JobRequeued{Job: job, Attempt: n, Cause: []Cause{CauseRefused, CauseLost, CauseYield}[y.rnd.IntN(3)], Reason: "not now", Item: item})
		} else {
			y.do(KindJobStarted, &JobStarted{Job: job, Attempt: n, Item: item})
			y.do(KindResultRefused, &ResultRefused{Job: job, Node: node, Attempt: n + 7, Why: "stale"})
			y.at += y.rnd.Int64N(60 * second)
			y.do(KindJobFinished, &JobFinished{
				Job: job, Attempt: n, Status: []JobState{Succeeded, Succeeded, Failed, Killed, TimedOut}[y.rnd.IntN(5)], Item: item,
				Output: fmt.Sprintf("%064x", y.serial), OutputSize: 12, Tokens: 100, CostMicros: 1000, DurationMS: 500, Error: "exit code 3",
				Phases: []SpanRecord{{ID: SpanID(job), Parent: AttemptSpanID("r", job, n), Name: "admit", Start: y.at, End: y.at + 5}}, SkewKnown: true,
			})
		}
		j, ok = y.s.Job(job)
	}
}

func (y *years) plain(run, item, activity string) string {
	job := y.id("j-")
	y.do(KindJobSubmitted, &JobSubmitted{
		Job: job, Run: run, Kind: "cpu", Runner: "wasm", Module: fmt.Sprintf("%064x", y.serial), Class: privacy.PairedPeersOnly, Priority: 5,
		Title: "work.wasm", Submitter: "ada", Item: item, Activity: activity, Args: []string{"--all"},
	})
	return job
}

// flow starts a workflow, and goes on with those that are open: some take days.
func (y *years) flow() {
	run := y.id("r-")
	it := y.item(run)
	y.do(KindWorkflowStarted, &WorkflowStarted{Run: run, Item: it, Name: "nightly", Definition: fmt.Sprintf("%064x", y.serial), Activities: 3, Names: []string{"a", "b", "c"}})
	y.do(KindActivityExpanded, &ActivityExpanded{Run: run, Activity: "a", Items: "i", Count: 3})
	y.do(KindActivityReused, &ActivityReused{Run: run, Activity: "a", Index: 2, Fanned: true, Job: "j-old", Output: fmt.Sprintf("%064x", 3)})
	y.open = append(y.open, openFlow{run, it, y.at + y.rnd.Int64N(4*day)})
	var left []openFlow
	for _, f := range y.open {
		y.try(y.plain(f.run, f.item, "b"), f.item)
		if y.at < f.until {
			left = append(left, f)
			continue
		}
		late := y.plain(f.run, f.item, "c")
		y.do(KindActivitySkipped, &ActivitySkipped{Run: f.run, Activity: "c", Why: "b failed"})
		y.do(KindWorkflowFinished, &WorkflowFinished{Run: f.run, Item: f.item, Status: Failed, Error: "b failed"})
		if y.rnd.IntN(2) == 0 {
			y.at += 30 * second
		}
		y.try(late, f.item)
	}
	y.open = left
}

// aDay is one day of the mesh.
func (y *years) aDay() {
	end := y.at + day
	y.machines()
	for range *flagDaily {
		run := y.id("r-")
		it := y.item(run)
		y.try(y.plain(run, it, ""), it)
		y.at += y.rnd.Int64N(2 * day / int64(*flagDaily+1) / 3)
	}
	run := y.id("r-") // of several jobs, which end one by one
	jobs := []string{y.plain(run, "", ""), y.plain(run, "", ""), y.plain(run, "", "")}
	for _, j := range jobs {
		y.try(j, "")
	}
	y.waiting = append(y.waiting, y.plain(y.id("r-"), "", ""))
	if len(y.waiting) > 9 { // it waited for more than a week
		y.do(KindJobFinished, &JobFinished{Job: y.waiting[0], Status: Killed})
		y.waiting = y.waiting[1:]
	}
	y.flow()
	var inbox []string
	for range 3 {
		inbox = append(inbox, y.item(""))
	}
	y.do(KindItemsBatched, &ItemsBatched{Batch: shortID("b-", y.s.Batches), Items: inbox})
	y.do(KindItemSuggested, &ItemSuggested{Item: inbox[0], Priority: 9, Model: "m", Job: "j-1"})
	y.do(KindItemClosed, &ItemClosed{Item: inbox[0], Outcome: uint8(hopper.Cancelled), Why: "killed"})
	for _, it := range inbox[1:] {
		run := y.id("r-")
		y.do(KindItemTriaged, &ItemTriaged{Item: it, Run: run})
		y.try(y.plain(run, it, ""), it)
	}
	y.at = max(y.at, end)
}

// sizes counts what is in every map of a state, those of the hopper's board too.
func sizes(s *State) map[string]int {
	out := map[string]int{}
	var walk func(prefix string, v reflect.Value)
	walk = func(prefix string, v reflect.Value) {
		for i := range v.NumField() {
			f, name := v.Field(i), prefix+v.Type().Field(i).Name
			if f.Kind() != reflect.Struct {
				continue
			}
			p := reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr()))
			if l := p.MethodByName("Len"); l.IsValid() {
				out[name] = int(l.Call(nil)[0].Int())
			} else if f.Type() == reflect.TypeFor[hopper.Board]() {
				walk("hopper.", f)
			}
		}
	}
	walk("", reflect.ValueOf(s).Elem())
	out["bytes"] = len(Projection{}.Encode(s))
	return out
}

// Whatever a mesh went through, its state is that of its last day. What grows for ever is only what must never be used again:
// the ids and the keys of machines that are gone.
func TestTheStateIsBounded(t *testing.T) {
	y := newYears()
	days := int(*flagYears * 365)
	const warm = 90 // days, until there are as many lessons as are kept
	most, later := map[string]int{}, map[string]int{}
	for d := range days {
		y.aDay()
		into := most
		if d >= warm && d > days/2 {
			into = later
		}
		now := sizes(y.s)
		perGone := 0
		if n := now["gone"]; n > 0 {
			perGone = goneBytes(y.s) / n
		}
		now["bytes"] -= now["gone"] * perGone
		now["keys"] -= now["gone"]
		now["bytes for each that is gone"] = perGone
		delete(now, "gone")
		for k, n := range now {
			into[k] = max(into[k], n)
		}
		if d%97 == 0 {
			mustSound(t, y.s)
		}
	}
	if n, _ := y.s.Gone("bob"); n != nil || len(y.s.gone.Keys()) < days/2 || len(later) < 20 || len(y.s.hopper.Lessons()) != hopper.LessonsKept {
		t.Fatalf("the mesh is not what the test is about: %d gone, %d lessons, %v", len(y.s.gone.Keys()), len(y.s.hopper.Lessons()), later)
	}
	for _, k := range slices.Sorted(maps.Keys(later)) {
		if slack := most[k]/4 + 8; later[k] > most[k]+slack {
			t.Errorf("%s: at most %d in the first half, %d in the second", k, most[k], later[k])
		}
	}
	// What a day brings, with what is open beside it, is an upper bound that does not know how long the mesh has run.
	perDay := *flagDaily + 3 + 1 + 6 + 2 + 1
	for k, bound := range map[string]int{
		"nodes": 11, "keys": 11, "jobs": 2*perDay + 60, "runs": 2*perDay + 40, "ended": 2*perDay + 20, "queue": 12, "held": 0,
		"invites": 6, "expiries": 6, "access": 0, "flows": 8, "flowEnds": 8, "hopper.lessons": hopper.LessonsKept, "hopper.items": 2*perDay + 40,
		"bytes for each that is gone": 120,
	} {
		if later[k] > bound {
			t.Errorf("%d %s, at most %d", later[k], k, bound)
		}
	}
	t.Logf("%d days, %d ops, %d gone: %v", days, y.ops, len(y.s.gone.Keys()), later)
	s, err := Projection{}.Decode(Projection{}.Encode(y.s))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := sizes(s), sizes(y.s); !maps.Equal(a, b) {
		t.Errorf("a memo has %v, the replay %v", a, b)
	}
}

// goneBytes is what the machines that are gone cost in a memo.
func goneBytes(s *State) int {
	c := s.clone()
	for _, id := range s.gone.Keys() {
		c.gone.Delete(id)
	}
	return len(Projection{}.Encode(s)) - len(Projection{}.Encode(c))
}

// What one op costs does not depend on how much ended in the day before it: what is evicted is found, not looked for.
func BenchmarkApply(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(fmt.Sprintf("%d jobs of the last day", n), func(b *testing.B) {
			tp := newTape().start("ann")
			one := func(i int) {
				id := fmt.Sprintf("j-%d", i)
				tp.at += day / int64(n)
				tp.op(KindJobSubmitted, &JobSubmitted{Job: id, Run: "r" + id[1:], Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly})
				tp.run(id, "ann", 1)
				tp.op(KindJobFinished, &JobFinished{Job: id, Attempt: 1, Status: Succeeded})
			}
			i := 0
			for ; i < n+n/10; i++ {
				one(i)
			}
			b.ResetTimer()
			for b.Loop() {
				one(i)
				i++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(4*b.N), "ns/fold")
		})
	}
}
