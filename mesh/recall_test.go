package mesh

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"voxmesh/hopper"
	"voxmesh/mesh/fabric"
	"voxmesh/oplog"
)

// weeks is how far the clock of these tests goes on, day by day, with an op each day.
func weeks(t testing.TB, h *Host, d *dial, n int) {
	t.Helper()
	for range 7 * n {
		d.turn(24*time.Hour + time.Second)
		if err := h.SetCap(within(t), ada, MeshTarget, nil); err != nil {
			t.Fatal(err)
		}
	}
	if s := h.Snapshot(); len(s.Jobs()) > 0 || len(s.Runs()) > 0 {
		t.Fatalf("%d jobs and %d runs are in the state", len(s.Jobs()), len(s.Runs()))
	}
}

// remembered is all that one can be told of a run.
type remembered struct {
	run   RunView
	item  ItemView
	job   *Job
	out   Output
	why   string
	acts  int
	trace string
}

func remember(t testing.TB, h *Host, run, job string) remembered {
	t.Helper()
	var r remembered
	var err error
	check := func(what string) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s of %s: %v", what, run, err)
		}
	}
	r.run, err = h.Run(run)
	check("run")
	r.item, err = h.Item(r.run.ItemID)
	check("item")
	r.job, err = h.Job(job)
	check("job")
	r.out, err = h.Tail(within(t), job, 100)
	check("output")
	e, err := h.Explain(job)
	check("explanation")
	r.why = e.Why
	acts, err := h.ActsOn(run, 10)
	check("acts")
	r.acts = len(acts)
	r.trace, err = h.RunOfTrace(r.run.TraceID)
	check("trace")
	if short, err := h.RunOfTrace(strings.ToUpper(r.run.TraceID[:8])); short != run || r.trace != run {
		t.Errorf("the trace of %s leads to %q and %q, %v", run, r.trace, short, err)
	}
	return r
}

// differs says in which fields two things of one type are not the same.
func differs(t testing.TB, what string, is, was reflect.Value) {
	t.Helper()
	switch {
	case is.Type() == reflect.TypeFor[owner]():
	case is.Kind() == reflect.Pointer && !is.IsNil() && !was.IsNil():
		differs(t, what, is.Elem(), was.Elem())
	case is.Kind() == reflect.Struct:
		for i := range is.NumField() {
			differs(t, what+"."+is.Type().Field(i).Name, is.Field(i), was.Field(i))
		}
	case is.Kind() == reflect.Slice && is.Len() == was.Len():
		for i := range is.Len() {
			differs(t, fmt.Sprintf("%s[%d]", what, i), is.Index(i), was.Index(i))
		}
	default:
		if a, b := fmt.Sprintf("%#v", is), fmt.Sprintf("%#v", was); a != b {
			t.Errorf("%s is %.300s and was %.300s", what, a, b)
		}
	}
}

func TestWhatEndedWeeksAgoIsToldAsItWas(t *testing.T) {
	h, d := openHost(t)
	stop := atWork(h, []*worker{newWorker("home", echo()), newWorker(admitted(t, h, "bob"), echo())})
	src := flowSource(
		step("split", `args: ["a", "b", "c"]`),
		step("render", `each: "${split.parts}", args: ["${item}"]`),
		step("beside", `args: ["fail"]`),
		step("never", `when: [{ of: beside, is: succeeded }], args: ["x"]`),
	)
	flow := runFlow(t, h, src)
	flowEnd(t, h, flow.RunID)
	again := carryOut(t, h, Action{Name: ActReplay, Target: flow.RunID, From: "render[1]"})
	flowEnd(t, h, again.RunID)
	plain := submitWasm(t, h, func(r *JobRequest) { r.Args = []string{"plain"} })
	until(t, h, "the job ends", func(s *State) bool { j, _ := s.Job(plain.JobID); return j.State.Ended() })
	stop()
	jobs := flowJobs(h.Snapshot(), flow.RunID)
	of := map[string]string{
		flow.RunID: jobs["render[2]"].Job, again.RunID: flowJobs(h.Snapshot(), again.RunID)["render[1]"].Job, plain.RunID: plain.JobID,
	}
	was := map[string]remembered{}
	for run, job := range of {
		was[run] = remember(t, h, run, job)
	}
	carryOut(t, h, Action{Name: ActRevoke, Target: "bob"})
	weeks(t, h, d, 3)
	for run, job := range of {
		differs(t, run, reflect.ValueOf(remember(t, h, run, job)), reflect.ValueOf(was[run]))
	}
	reused := 0
	for _, a := range was[again.RunID].run.Root.Children {
		if a.Status == ActivityReusedFrom {
			reused++
		}
	}
	if reused != 3 || was[flow.RunID].run.Done != was[flow.RunID].run.Activities || len(was[flow.RunID].run.Root.Children) != 6 {
		t.Errorf("the tape is not what the test is about: %d reused, %+v", reused, was[flow.RunID].run)
	}
	dir := h.dir
	closeHost(t, h)
	r, err := OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for run := range of {
		v, err := r.Run(run)
		if err != nil || !reflect.DeepEqual(v, was[run].run) {
			t.Errorf("without a host %s is %+v, %v", run, v, err)
		}
	}
}

// What was said on the way to the inbox stays so: an old item's trail is that of its time.
func TestAnOldItemKeepsItsPlaceInTheTrail(t *testing.T) {
	h, d := openHost(t)
	var items []string
	for i := range 3 {
		d.turn(time.Second)
		v, err := h.SubmitIntent(within(t), ada, Intent{Text: fmt.Sprintf("intent %d", i)})
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, v.ItemID)
	}
	b, err := h.Batch(within(t), ada, items[1:])
	if err != nil {
		t.Fatal(err)
	}
	carryOut(t, h, Action{Name: ActKill, Target: b.BatchID})
	was, err := h.BatchItems(b.BatchID)
	if err != nil || len(was) != 2 || was[1].Outcome != hopper.Cancelled.String() || !strings.Contains(was[1].Trail[1].Detail, "place 3") {
		t.Fatalf("%+v, %v", was, err)
	}
	weeks(t, h, d, 2)
	if is, err := h.BatchItems(b.BatchID); err != nil || !reflect.DeepEqual(is, was) {
		t.Errorf("%+v\nwas %+v, %v", is, was, err)
	}
	_, err = h.BatchItems("b-0000")
	wantCode(t, err, "vox/hopper/unknown")
	_, err = h.Act(within(t), confirm(t, ActReplay, items[1]), Action{Name: ActReplay, Target: items[1]})
	wantCode(t, err, "vox/act/nothing-to-do") // it never ran
}

// What ended long ago runs again like what ended just now, a workflow from where it is asked.
func TestReplayOfWhatEndedWeeksAgo(t *testing.T) {
	h, d := openHost(t)
	all := []*worker{newWorker("home", echo()), newWorker(admitted(t, h, "bob"), echo())}
	stop := atWork(h, all)
	flow := runFlow(t, h, flowSource(
		step("split", `args: ["a", "b", "c"]`), step("render", `each: "${split.parts}", args: ["${item}"]`), step("merge", `args: ["${render.output}"]`),
	))
	flowEnd(t, h, flow.RunID)
	label := flowJobs(h.Snapshot(), flow.RunID)["render[1]"].Job
	plain := submitWasm(t, h, func(r *JobRequest) { r.Args = []string{"plain"}; r.On = "bob" })
	until(t, h, "the job ends", func(s *State) bool { j, _ := s.Job(plain.JobID); return j.State.Ended() })
	stop()
	weeks(t, h, d, 2)
	t.Cleanup(atWork(h, all))
	for _, c := range []struct {
		a    Action
		want string
	}{
		{Action{Target: flow.RunID}, "split:succeeded render[0]:succeeded render[1]:succeeded render[2]:succeeded merge:succeeded"},
		{Action{Target: flow.ItemID, From: "merge"}, "split:reused render[0]:reused render[1]:reused render[2]:reused merge:succeeded"},
		{Action{Target: label}, "split:reused render[0]:reused render[1]:succeeded render[2]:reused merge:succeeded"},
		{Action{Target: flow.RunID, From: "render[0]"}, "split:reused render[0]:succeeded render[1]:reused render[2]:reused merge:succeeded"},
	} {
		c.a.Name = ActReplay
		res := carryOut(t, h, c.a)
		r := flowEnd(t, h, res.RunID)
		if got := said(h.Snapshot(), r); !sameWords(got, c.want) || r.Flow.ReplayOf != flow.RunID {
			t.Errorf("%+v: %s of %s, want %s", c.a, got, r.Flow.ReplayOf, c.want)
		}
	}
	for _, target := range []string{plain.JobID, plain.RunID, plain.ItemID} {
		res := carryOut(t, h, Action{Name: ActReplay, Target: target})
		until(t, h, "it ran again", func(s *State) bool { j, _ := s.Job(res.JobID); return j.State.Ended() })
		if j := jobOf(t, h, res.JobID); j.ReplayOf != plain.JobID || j.State != Succeeded || !slices.Equal(j.Args, []string{"plain"}) || j.Node != "bob" {
			t.Errorf("%s: %+v", target, j)
		}
	}
	mustSound(t, h.Snapshot())
	for target, code := range map[string]string{
		"r-ffff": "vox/run/unknown", "j-ffff": "vox/job/unknown", "h-ffff": "vox/hopper/unknown", "nobody": "vox/node/unknown",
	} {
		_, err := h.Act(within(t), confirm(t, ActReplay, target), Action{Name: ActReplay, Target: target})
		wantCode(t, err, code)
	}
}

func TestReplayWantsWhatTheJobWasSentWith(t *testing.T) {
	h, d := openHost(t)
	tk := submitWasm(t, h, nil)
	carryOut(t, h, Action{Name: ActKill, Target: tk.JobID})
	weeks(t, h, d, 1)
	module, _, err := h.blobs.Open(jobOf(t, h, tk.JobID).Module)
	if err != nil {
		t.Fatal(err)
	}
	_ = module.Close()
	if err := os.Remove(module.Name()); err != nil {
		t.Fatal(err)
	}
	before := h.Head().Seq
	_, err = h.Act(within(t), confirm(t, ActReplay, tk.RunID), Action{Name: ActReplay, Target: tk.RunID})
	wantCode(t, err, "vox/blob/missing")
	if h.Head().Seq != before {
		t.Error("something was written")
	}
}

// A result that comes weeks late, for a job that the state no longer knows, is answered and changes nothing.
func TestALateResultForAnEvictedJobIsSettled(t *testing.T) {
	h, d := openHost(t)
	bob := local(t, h, "bob")
	bob.report()
	tk := submitWasm(t, h, func(r *JobRequest) { r.On = "bob" })
	recv(t, bob.assigns)
	carryOut(t, h, Action{Name: ActKill, Target: tk.JobID})
	weeks(t, h, d, 2)
	bob.report() // it is online again
	before := h.Head().Seq
	o := bob.report(done(tk.JobID, 1, fabric.Result{Status: "succeeded", Output: []byte("too late")}))
	if len(o.Settled) != 1 || o.Settled[0].Job != tk.JobID || o.Settled[0].Why != "settled" || len(o.Cancel) != 0 {
		t.Errorf("%+v", o)
	}
	if ops := opsSince(t, h, before); len(ops) != 0 || jobOf(t, h, tk.JobID).State != Killed {
		t.Errorf("%s", names(ops))
	}
}

// Pages of what ended cover all of it, each once, newest first, however the pages are cut.
func TestPagesOfWhatEnded(t *testing.T) {
	h, d := openHost(t)
	var jobs []string
	for i := range 40 {
		d.turn(time.Duration(i%7) * 3 * time.Hour) // several in a moment, and days without one
		if i%9 == 0 {
			d.turn(100 * time.Hour)
		}
		tk := submitWasm(t, h, nil)
		carryOut(t, h, Action{Name: ActKill, Target: tk.JobID})
		jobs = append(jobs, tk.JobID)
	}
	slices.Reverse(jobs)
	open := submitWasm(t, h, nil)
	now := d.now().Add(time.Second)
	for _, limit := range []int{1, 3, 7, 1000} {
		var got, runs, items []string
		for at := now; !at.IsZero(); {
			p, err := h.JobsBefore(at, limit)
			if err != nil {
				t.Fatal(err)
			}
			for _, j := range p.Rows {
				got = append(got, j.JobID)
			}
			at = p.Next
		}
		for at := now; !at.IsZero(); {
			p, err := h.RunsBefore(at, limit)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range p.Rows {
				runs = append(runs, r.Jobs[0])
				if whole, err := h.Run(r.RunID); err != nil || !reflect.DeepEqual(whole, r) {
					t.Errorf("in a list %+v, alone %+v, %v", r, whole, err)
				}
			}
			at = p.Next
		}
		for at := now; !at.IsZero(); {
			p, err := h.ItemsBefore(at, limit)
			if err != nil {
				t.Fatal(err)
			}
			for _, it := range p.Rows {
				items = append(items, it.JobID)
			}
			at = p.Next
		}
		for what, ids := range map[string][]string{"jobs": got, "runs": runs, "items": items} {
			want := slices.Clone(jobs)
			slices.Sort(want)
			slices.Sort(ids)
			if !slices.Equal(ids, want) || slices.Contains(ids, open.JobID) {
				t.Errorf("%s, %d on a page: %q, want %q", what, limit, ids, want)
			}
		}
	}
	p, err := h.JobsBefore(now, 5)
	if err != nil || !slices.IsSortedFunc(p.Rows, func(a, b JobView) int { return int(b.EndedAt - a.EndedAt) }) || len(p.Rows) < 5 {
		t.Errorf("%+v, %v", p, err)
	}
	p, err = h.JobsBefore(time.UnixMicro(0), 5)
	if err != nil || len(p.Rows) != 0 || !p.Next.IsZero() {
		t.Errorf("%+v, %v", p, err)
	}
}

// A run of an earlier version is not found by its trace when it has left the state: the error says so.
func TestTraces(t *testing.T) {
	h, d := openHost(t)
	tk := submitWasm(t, h, nil)
	old := "abababab" + strings.Repeat("0", 24)
	same := tk.TraceID[:8] + strings.Repeat("1", 24)
	err := h.commit(within(t), func(next *State) ([]oplog.Draft, error) {
		job := shortID("j-", next.Submitted)
		rec := &JobSubmitted{Job: job, Run: next.nextRun(), Kind: "cpu", Runner: "wasm", On: "nobody"}
		twin := &JobSubmitted{Job: shortID("j-", next.Submitted+1), Run: next.runAfter(1), Kind: "cpu", Runner: "wasm", On: "nobody"}
		return []oplog.Draft{
			draft(KindJobSubmitted, "host", old, rec, submitIndex(rec, "")...),
			draft(KindJobFinished, "host", old, &JobFinished{Job: job, Status: Killed}, jobIndex(job)),
			draft(KindJobSubmitted, "host", same, twin, submitIndex(twin, same)...),
			draft(KindJobFinished, "host", same, &JobFinished{Job: twin.Job, Status: Killed}, jobIndex(twin.Job)),
		}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	carryOut(t, h, Action{Name: ActKill, Target: tk.JobID})
	if id, err := h.RunOfTrace(old); err != nil || id == "" {
		t.Errorf("%q, %v", id, err)
	}
	weeks(t, h, d, 1)
	_, err = h.RunOfTrace(old)
	wantCode(t, err, "vox/run/unknown")
	_, err = h.RunOfTrace(tk.TraceID[:8])
	wantCode(t, err, "vox/run/ambiguous")
	for _, full := range []string{tk.TraceID, same} {
		if id, err := h.RunOfTrace(full); err != nil || id == "" {
			t.Errorf("%q, %v", id, err)
		}
	}
	for _, bad := range []string{"", "abc", "xyzxyzxyz", strings.Repeat("a", 33), "vox://trace/"} {
		_, err = h.RunOfTrace(bad)
		wantCode(t, err, "vox/run/unknown")
	}
}

func TestNumbersOfIDs(t *testing.T) {
	for _, n := range []uint64{0, 1, 65535, 65536, 65537, 1<<20 - 1, 1 << 20, 1<<24 - 1, 1 << 24, 1<<32 - 1, 1 << 32, 1 << 40} {
		id := shortID("j-", n)
		if got, ok := shortNumber(id[2:]); !ok || got != n {
			t.Errorf("%s is %d (%v), want %d", id, got, ok, n)
		}
	}
	for _, bad := range []string{"", "x", "1", "00000", "ABCD", "1234567", strings.Repeat("f", 17), "000000001"} {
		if n, ok := shortNumber(bad); ok && shortID("", n) != bad {
			t.Errorf("%q is taken for %d", bad, n)
		}
	}
}

// A run that is older than a day and goes on is told by the newest state; one of which a part has left it is whole all the same.
func TestARunOlderThanADayThatGoesOn(t *testing.T) {
	h, d := openHost(t)
	queued := submitWasm(t, h, nil)
	var jobs [2]JobSubmitted
	err := h.commit(within(t), func(next *State) ([]oplog.Draft, error) {
		run := next.nextRun()
		var out []oplog.Draft
		for i := range jobs {
			jobs[i] = JobSubmitted{Job: shortID("j-", next.Submitted+uint64(i)), Run: run, Kind: "cpu", Runner: "wasm", On: "nobody"}
			out = append(out, draft(KindJobSubmitted, "host", "", &jobs[i], submitIndex(&jobs[i], "")...))
		}
		return append(out, draft(KindJobFinished, "host", "", &JobFinished{Job: jobs[0].Job, Status: Killed}, jobIndex(jobs[0].Job))), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	d.turn(72 * time.Hour)
	filler(t, h, 1)
	if _, ok := h.Snapshot().Job(jobs[0].Job); ok {
		t.Fatal("the job of three days ago is in the state")
	}
	for id, n := range map[string]int{queued.RunID: 1, jobs[0].Run: 2} {
		v, err := h.Run(id)
		if err != nil || len(v.Root.Children) != n || len(v.Jobs) != n || v.Status != "queued" || v.EndedAt != 0 {
			t.Errorf("%+v, %v", v, err)
		}
	}
	s, err := h.recall(jobs[0].Run)
	if err != nil {
		t.Fatal(err)
	}
	if all, _, err := s.targetJobs(jobs[0].Run); err != nil || len(all) != 2 {
		t.Errorf("%d jobs would run again, %v", len(all), err)
	}
}
