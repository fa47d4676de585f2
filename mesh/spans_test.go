package mesh

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"pgregory.net/rapid"

	"voxmesh/mesh/fabric"
	"voxmesh/mesh/privacy"
	"voxmesh/mesh/workflow"
)

// nested checks what must be true of every tree: a span lies within its parent and names it, no id is there twice, and a
// span that ended lasts as long as it says.
func nested(v *RunView, now int64) []string {
	var wrong []string
	say := func(s *SpanView, what string) { wrong = append(wrong, s.SpanName+" ("+s.SpanID+"): "+what) }
	seen := map[string]bool{}
	flat := v.Flat()
	for _, f := range flat {
		s := f.SpanView
		end := orNow(s.End, max(now, s.Start))
		switch {
		case seen[s.SpanID] || len(s.SpanID) != 16:
			say(s, "its id is there twice, or none")
		case s.Start > end:
			say(s, "it ends before it began")
		case s.End != 0 && f.Parent >= 0 && s.DurationMS != (s.End-s.Start)/1000:
			say(s, "its duration is another")
		case s.Children == nil && f.Parent > 0:
			say(s, "its children are null")
		}
		seen[s.SpanID] = true
		if f.Parent < 0 {
			continue
		}
		p := flat[f.Parent].SpanView
		switch {
		case s.ParentID != p.SpanID || f.Depth != flat[f.Parent].Depth+1:
			say(s, "its parent is another")
		case s.Start < p.Start || end > orNow(p.End, max(now, p.Start)):
			say(s, "it lies outside "+p.SpanName)
		}
	}
	return wrong
}

// told is a job with one attempt that ran from second 2 to second 10 after noon and said what it did on a clock that is
// ahead by skew microseconds.
func told(skew int64, spans ...SpanRecord) *tape {
	tp := newTape().start("ann")
	tp.op(KindJobSubmitted, &JobSubmitted{Job: "j-1", Run: "r-1", Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Title: "t"})
	tp.lease("j-1", "ann", 1)
	tp.at = noon + 2*second
	tp.op(KindJobStarted, &JobStarted{Job: "j-1", Attempt: 1})
	tp.at = noon + 10*second
	for i := range spans {
		spans[i].Start += noon + skew
		spans[i].End += noon + skew
		if spans[i].Parent == "" {
			spans[i].Parent = AttemptSpanID("r-1", "j-1", 1)
		}
	}
	tp.op(KindJobFinished, &JobFinished{Job: "j-1", Attempt: 1, Status: Succeeded, Phases: spans, Skew: skew, SkewKnown: true})
	return tp
}

func TestWhatAWorkerSaysStandsInTheTree(t *testing.T) {
	const ahead = 3_600_000_000 // an hour
	tp := told(
		ahead,
		SpanRecord{ID: "000000000000000b", Name: fabric.PhaseFetchModule, Start: 100_000, End: 900_000},
		SpanRecord{ID: "000000000000000a", Name: fabric.PhaseAdmit, Start: 50_000, End: 100_000},
		SpanRecord{ID: "000000000000000d", Name: fabric.PhaseCompile, Parent: "000000000000000c", Start: 1_100_000, End: 2_000_000, Error: "no room"},
		SpanRecord{ID: "000000000000000c", Name: fabric.PhaseExecute, Start: 1_000_000, End: 9_000_000},
		SpanRecord{ID: "000000000000000e", Name: fabric.PhaseUpload, Start: 9_000_000, End: 11_000_000}, // the host has its end before
	)
	v, _ := tp.s.RunView("r-1", tp.at)
	if wrong := nested(&v, tp.at); wrong != nil {
		t.Error(wrong)
	}
	var got []string
	for _, f := range v.Flat() {
		got = append(got, strings.Repeat(" ", f.Depth)+f.SpanName+" "+itoa(uint64(f.Start-noon)/1000)+"-"+itoa(uint64(f.End-noon)/1000)+" "+string(f.SpanKind)+" "+f.Status)
	}
	want := []string{
		"t 0-10000 run succeeded",
		" wasm t 0-10000 activity succeeded",
		"  attempt 1 0-10000 attempt succeeded",
		"   lease 0-50 lease succeeded",
		"   dispatch 50-1000 dispatch succeeded",
		"    admit 50-100 phase succeeded",
		"    fetch module 100-900 phase succeeded",
		"   run 1000-10000 phase succeeded",
		"    execute 1000-9000 phase succeeded",
		"     compile 1100-2000 phase failed",
		"    upload 9000-10000 phase succeeded",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if !reflect.DeepEqual(v.Skews, []ClockSkew{{"ann", ahead}}) {
		t.Errorf("skews %v", v.Skews)
	}
	exec := v.Root.Children[0].Children[0].Children[2].Children[0]
	at := map[string]string{
		AttrTrace: v.TraceID, AttrRun: "r-1", AttrJob: "j-1", AttrLease: "j-1-1", AttrKind: "cpu", AttrClass: "paired-peers-only",
	}
	if exec.SkewMicros != ahead || exec.NodeID != "ann" || exec.Attempt != 1 || !reflect.DeepEqual(exec.Attributes, at) {
		t.Errorf("%+v", exec)
	}
}

// The ids of a run's spans can be worked out from what they name, by its workers too.
func TestAWorkersSpanTakesNobodysPlace(t *testing.T) {
	tp := newTape().start("ann", "bob")
	for i, job := range []string{"j-1", "j-2"} {
		tp.op(KindJobSubmitted, &JobSubmitted{Job: job, Run: "r-1", Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Title: "t"})
		tp.lease(job, []string{"ann", "bob"}[i], 1)
		tp.op(KindJobStarted, &JobStarted{Job: job, Attempt: 1})
		tp.at += second
	}
	for _, job := range []string{"j-1", "j-2"} {
		j, _ := tp.s.Job(job)
		var says []fabric.Span
		for _, id := range []string{SpanID("r-1", "j-1"), AttemptSpanID("r-1", "j-1", 1), SpanID("r-1", "j-2", "1", "run"), "000000000000000a"} {
			says = append(says, fabric.Span{ID: id, Parent: AttemptSpanID("r-1", job, 1), Name: fabric.PhaseExecute, Start: tp.at - second, End: tp.at})
		}
		phases := phasesOf(j, says, 0, true, time.UnixMicro(tp.at))
		if len(phases) < 2 {
			t.Fatalf("%+v", phases)
		}
		tp.op(KindJobFinished, &JobFinished{Job: job, Attempt: 1, Status: Succeeded, Phases: phases, SkewKnown: true})
	}
	v, _ := tp.s.RunView("r-1", tp.at)
	if wrong := nested(&v, tp.at); wrong != nil {
		t.Error(wrong)
	}
}

func TestAQueuedJobSaysWhatItWaitsFor(t *testing.T) {
	tp := newTape().start("ann")
	tp.op(KindJobSubmitted, &JobSubmitted{Job: "j-1", Run: "r-1", Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly, On: "ann"})
	waits := func() string {
		v, _ := tp.s.RunView("r-1", tp.at)
		return v.Root.Children[0].Waits
	}
	if got := waits(); got != "" {
		t.Errorf("%q although a slot is free", got)
	}
	tp.op(KindNodeMode, &NodeModeChanged{Node: "ann", Mode: Paused})
	tp.op(KindNodeStatus, &NodeStatusChanged{Node: "ann", Status: Offline})
	if got := waits(); got == "" {
		t.Error("nothing, although nobody could take it")
	}
}

func TestASmallSkewIsNotSaid(t *testing.T) {
	tp := told(SkewSaid, SpanRecord{ID: "000000000000000c", Name: fabric.PhaseExecute, Start: 1_000_000, End: 9_000_000})
	if v, _ := tp.s.RunView("r-1", tp.at); v.Skews != nil {
		t.Errorf("%v", v.Skews)
	}
}

// Whatever a worker says, and whatever its clock shows, spans lie within their parents and the tree is a tree.
func TestSpansLieWithinTheirParents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tp := flowRun()
		id := rapid.SampledFrom([]string{
			"000000000000000a", "000000000000000b", "000000000000000c", "000000000000000d", AttemptSpanID("r-1", "j-2", 1), "x", "",
		})
		micros := rapid.OneOf(rapid.Int64(), rapid.Int64Range(noon-second, noon+40*second))
		rec := rapid.Custom(func(t *rapid.T) SpanRecord {
			return SpanRecord{
				ID: id.Draw(t, "id"), Parent: id.Draw(t, "parent"), Start: micros.Draw(t, "start"), End: micros.Draw(t, "end"),
				Name: rapid.SampledFrom([]string{"admit", "fetch module", "execute", "compile", "upload", "?"}).Draw(t, "name"),
			}
		})
		tp.op(KindJobFinished, &JobFinished{
			Job: "j-2", Attempt: 1, Status: Failed, Phases: rapid.SliceOfN(rec, 0, fabric.MaxSpans).Draw(t, "phases"),
			Skew: rapid.Int64().Draw(t, "skew"), SkewKnown: rapid.Bool().Draw(t, "known"),
		})
		j := tp.s
		v, _ := j.RunView("r-1", tp.at)
		for _, w := range nested(&v, tp.at) {
			if !strings.Contains(w, "twice") { // ids are the taking-in's to check: see phasesOf
				t.Error(w)
			}
		}
	})
}

// flowTape is a workflow of four activities: split ended, render has three elements (one failed and runs again, one taken
// over from an earlier run, one not begun), lint was skipped, join waits.
func flowTape() (*tape, *workflow.Definition) {
	tp := newTape().start("ann", "bob")
	r := &Run{ID: "r-1", Trace: "0123456789abcdef0123456789abcdef", Title: "nightly", Class: privacy.PairedPeersOnly, At: noon, Item: "h-1", Flow: &Flow{
		Name: "nightly", Definition: "d", Activities: 4, Steps: []FlowStep{
			{Activity: "lint", At: noon + second, Skipped: "split succeeded"},
			{Activity: "render", At: noon + 4*second, Items: "i", Count: 3},
			{Activity: "render", At: noon + 4*second, Reused: "j-9", Index: 1, Fanned: true, Node: "bob", Class: privacy.LocalOnly},
		},
	}}
	tp.s.runs.Set(r.ID, r)
	sub := func(id, activity string, index, try uint32, fanned bool) {
		tp.op(KindJobSubmitted, &JobSubmitted{
			Job: id, Run: "r-1", Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Activity: activity, Index: index, Try: try, Fanned: fanned,
		})
	}
	sub("j-1", "split", 0, 1, false)
	tp.run("j-1", "ann", 1)
	tp.at += 3 * second
	tp.op(KindJobFinished, &JobFinished{Job: "j-1", Attempt: 1, Status: Succeeded, CostMicros: 1000})
	sub("j-2", "render", 0, 1, true)
	tp.run("j-2", "ann", 1)
	tp.op(KindJobRequeued, &JobRequeued{Job: "j-2", Attempt: 1, Cause: CauseLost})
	tp.run("j-2", "bob", 2)
	tp.at += 2 * second
	tp.op(KindJobFinished, &JobFinished{Job: "j-2", Attempt: 2, Status: Failed, Error: "no", CostMicros: 1000})
	sub("j-3", "render", 0, 2, true)
	tp.run("j-3", "bob", 1)
	tp.at += second
	return tp, &workflow.Definition{Workflow: workflow.Workflow{Name: "nightly", Activities: []workflow.Activity{
		{Name: "split"},
		{Name: "render", EachOf: "${split.parts}", Needs: []string{"split"}},
		{Name: "lint"},
		{Name: "join", Needs: []string{"render"}, Class: privacy.LocalOnly},
	}}}
}

func TestTheTreeOfAWorkflow(t *testing.T) {
	tp, d := flowTape()
	for name, c := range map[string]struct {
		d    *workflow.Definition
		want []string
	}{
		"recorded": {nil, []string{"split succeeded", "lint skipped", "render[0] running", "render[1] reused", "render[2] waiting"}},
		"defined":  {d, []string{"split succeeded", "render[0] running", "render[1] reused", "render[2] waiting", "lint skipped", "join waiting"}},
	} {
		v, ok := tp.s.RunViewOf("r-1", c.d, tp.at)
		if wrong := nested(&v, tp.at); !ok || wrong != nil {
			t.Errorf("%s: %v", name, wrong)
		}
		var got []string
		for _, s := range v.Root.Children {
			got = append(got, s.SpanName+" "+s.Status)
			if s.SpanKind != SpanActivity || s.Attributes[AttrActivity] != s.SpanName {
				t.Errorf("%s: %+v", name, s)
			}
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if v.Workflow != "nightly" || v.ItemID != "h-1" || v.Activities != max(4, len(c.want)) || v.Root.End != 0 {
			t.Errorf("%s: %+v", name, v)
		}
	}
	v, _ := tp.s.RunViewOf("r-1", d, tp.at)
	render := v.Root.Children[1]
	var tries []string
	for _, a := range render.Children {
		tries = append(tries, a.SpanName+" "+a.JobID+" "+a.Status)
	}
	if want := []string{"attempt 1 j-2 worker lost", "attempt 2 j-2 failed", "attempt 3 j-3 running"}; !reflect.DeepEqual(tries, want) {
		t.Errorf("%q, want %q", tries, want)
	}
	if render.CostUSD != 0.001 || render.JobID != "j-3" || render.Children[2].SpanID != AttemptSpanID("r-1", "j-3", 1) {
		t.Errorf("%+v", render)
	}
	if reused := v.Root.Children[2]; reused.JobID != "j-9" || reused.NodeID != "bob" || reused.PrivacyClass != privacy.LocalOnly {
		t.Errorf("%+v", reused)
	}
	if join := v.Root.Children[5]; join.PrivacyClass != privacy.LocalOnly || join.Waits != "render[0]" {
		t.Errorf("%+v", join)
	}
	if lint := v.Root.Children[4]; lint.Waits != "split succeeded" || lint.End == 0 {
		t.Errorf("%+v", lint)
	}
}

// What travels in the header is read by OpenTelemetry's own propagation, and names the attempt.
func TestTheTraceparentIsReadByOthers(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef"
	carrier := propagation.MapCarrier{"traceparent": Traceparent(id, AttemptSpanID("r-1", "j-1", 2))}
	sc := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(t.Context(), carrier))
	if sc.TraceID().String() != id || sc.SpanID().String() != AttemptSpanID("r-1", "j-1", 2) || !sc.IsSampled() || !sc.IsRemote() {
		t.Errorf("%+v", sc)
	}
}

// What a queued job waits for costs little more in a long queue.
func BenchmarkRunViewOfAQueuedJob(b *testing.B) {
	tp := newTape().start("ann")
	for i := range 10_000 {
		tp.submit(shortID("j-", uint64(i)))
	}
	for b.Loop() {
		if v, _ := tp.s.RunView("r"+shortID("j-", 9999)[1:], tp.at); v.Root.Children[0].Status != "queued" {
			b.Fatal(v)
		}
	}
}

// bigRun is a run of n jobs that have ended.
func bigRun(n int, phases bool) *tape {
	tp := newTape().start("ann")
	for i := range n {
		id := shortID("j-", uint64(i))
		tp.at += second / 100
		tp.op(KindJobSubmitted, &JobSubmitted{Job: id, Run: "r-1", Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Title: "t"})
		tp.run(id, "ann", 1)
		f := &JobFinished{Job: id, Attempt: 1, Status: Succeeded}
		if phases {
			at := AttemptSpanID("r-1", id, 1)
			f.Phases = []SpanRecord{
				{ID: SpanID(id, "a"), Parent: at, Name: "admit", Start: tp.at, End: tp.at + 10},
				{ID: SpanID(id, "b"), Parent: at, Name: "execute", Start: tp.at + 20, End: tp.at + 30},
			}
			f.SkewKnown = true
		}
		tp.op(KindJobFinished, f)
	}
	return tp
}

func BenchmarkRunView(b *testing.B) {
	for name, phases := range map[string]bool{"5,000 jobs": false, "5,000 jobs that say what they did": true} {
		tp := bigRun(5000, phases)
		b.Run(name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				v, _ := tp.s.RunView("r-1", tp.at)
				n = len(v.Flat())
			}
			b.ReportMetric(float64(n), "spans")
		})
		v, _ := tp.s.RunView("r-1", tp.at)
		b.Run(name+", flat", func(b *testing.B) {
			for b.Loop() {
				v.Flat()
			}
		})
	}
}
