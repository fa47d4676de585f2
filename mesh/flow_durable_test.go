package mesh

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"voxmesh/mesh/fabric"
	"voxmesh/oplog"
)

// durable is the workflow of the tests that end hosts: a fan-out over what another activity said, with second tries.
func durableSource(width string) string {
	return flowSource(
		step("split", `args: [`+width+`]`),
		step("render", `each: "${split.parts}", args: ["${item}"], retry: 1`),
		step("flaky", `args: ["fail-once", "${split.parts[0]}"], retry: 2`),
		step("merge", `args: ["${render.output}", "${flaky.output}"]`),
	)
}

// once checks by the ops alone that no instance of the run was started twice for one try, and that each has one accepted
// success, after which it was not started again. It gives how many instances succeeded.
func once(t interface{ Errorf(string, ...any) }, ops []oplog.Op, run string) int {
	type instance struct {
		activity string
		index    uint32
	}
	jobs := map[string]JobSubmitted{}
	tries := map[instance]map[uint32]int{}
	won := map[instance]int{}
	ended := map[string]int{}
	for _, op := range ops {
		var sub JobSubmitted
		var fin JobFinished
		switch {
		case op.Kind == KindJobSubmitted && unmarshal(op.Body, &sub) == nil && sub.Run == run:
			in := instance{sub.Activity, sub.Index}
			if _, twice := jobs[sub.Job]; twice || won[in] > 0 {
				t.Errorf("%s of %s was submitted again at op %d", sub.Job, sub.label(), op.Seq)
			}
			jobs[sub.Job] = sub
			if tries[in] == nil {
				tries[in] = map[uint32]int{}
			}
			if tries[in][sub.Try]++; tries[in][sub.Try] > 1 {
				t.Errorf("%s has two jobs for try %d", sub.label(), sub.Try)
			}
		case op.Kind == KindJobFinished && unmarshal(op.Body, &fin) == nil && jobs[fin.Job].Job != "":
			if ended[fin.Job]++; ended[fin.Job] > 1 {
				t.Errorf("%s has two results", fin.Job)
			}
			if fin.Status == Succeeded {
				won[instance{jobs[fin.Job].Activity, jobs[fin.Job].Index}]++
			}
		}
	}
	return len(won)
}

// A run goes on through as many hosts as there are: each is closed when its log has grown by a few ops, so that over the
// whole test every kind of commit was the last one of a host. The workers outlive them, as machines do.
func TestAWorkflowSurvivesItsHosts(t *testing.T) {
	const width = 40
	dir, d := t.TempDir(), newDial()
	h := openAt(t, dir, d)
	run := echo()
	hands := []*worker{newWorker("home", run)}
	for _, l := range []string{"bob", "eve", "zoe"} {
		hands = append(hands, newWorker(admitted(t, h, l), run))
	}
	parts := make([]string, width)
	for i := range parts {
		parts[i] = fmt.Sprintf("%q", fmt.Sprint("p", i))
	}
	tk := runFlow(t, h, durableSource(strings.Join(parts, ", ")))
	rng := rand.New(rand.NewPCG(1, 2))
	lives := 0
	for ended := false; !ended; lives++ {
		stop := atWork(h, hands)
		till := h.Head().Seq + uint64(rng.IntN(3))
		until(t, h, "the log grows", func(s *State) bool {
			r, _ := s.Run(tk.RunID)
			ended = r.Flow.Ended != 0
			return ended || s.Seq > till
		})
		if !ended {
			closeHost(t, h) // while its workers speak
		}
		stop()
		if !ended {
			h = openAt(t, dir, d)
		}
	}
	s := h.Snapshot()
	r, _ := s.Run(tk.RunID)
	if r.Flow.Status != Succeeded || len(r.Jobs) != 1+width+2+1 || lives < 8 {
		t.Errorf("%s %q with %d jobs after %d hosts: %s", r.Flow.Status, r.Flow.Error, len(r.Jobs), lives, said(s, r))
	}
	ops, err := h.Ops(0, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	if n := once(t, ops, tk.RunID); n != width+3 {
		t.Errorf("%d instances succeeded", n)
	}
	for _, w := range hands {
		for attempt, n := range w.ran {
			if n != 1 {
				t.Errorf("%s ran %s %d times", w.node, attempt, n)
			}
		}
	}
	mustSound(t, s)
	verified(t, h, s.Acts)
	t.Logf("%d hosts, %d ops", lives, len(ops))
}

// A log may end after any op: what comes then is decided from the state that it gives, also by a host that looked at an
// older one when it decided.
func TestALogCutAnywhereGoesOn(t *testing.T) {
	h := idleHost(t, newDial().now)
	mods := toolModule(t, h)
	d := compiled(t, durableSource(`"a", "b", "c"`), mods)
	_, hash, err := h.fixFlow(d)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		start := newTape().start("bob", "eve")
		start.op(KindWorkflowStarted, &WorkflowStarted{Run: "r-1", Name: d.Name, Definition: hash, Activities: uint32(len(d.Activities))})
		sim := &flowSim{h: h, t: t, tp: start, run: "r-1", work: echo()}
		sim.base = Projection{}.Encode(sim.tp.s)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			sim.move()
		}
		for sim.left() { // and so to the end, without mishaps
			sim.plan(sim.tp.s)
			for _, j := range sim.tp.s.Queue(0) {
				sim.apply(draft(KindJobLeased, "host", j.Trace, &JobLeased{Job: j.Job, Node: "bob", Attempt: j.Attempt + 1}))
			}
			for _, j := range sim.tp.s.Held() {
				sim.end(j)
			}
		}
		r, _ := sim.tp.s.Run("r-1")
		if r.Flow.Status != Succeeded && r.Flow.Status != Failed {
			t.Fatalf("%s: %s", r.Flow.Status, said(sim.tp.s, r))
		}
		once(t, sim.ops, "r-1")
		whole, err := Projection{}.Decode(sim.base)
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range sim.ops {
			apply(whole, op)
		}
		if string(Projection{}.Encode(whole)) != string(Projection{}.Encode(sim.tp.s)) {
			t.Fatal("the ops give another state than the one that was worked with")
		}
		mustSound(t, sim.tp.s)
	})
}

// flowSim plays a host and its nodes, with mishaps.
type flowSim struct {
	h     *Host
	t     *rapid.T
	tp    *tape
	run   string
	work  runFunc
	base  []byte // the state before ops
	ops   []oplog.Op
	stale *State // an older state that a plan may be made from
}

func (m *flowSim) left() bool {
	r, _ := m.tp.s.Run(m.run)
	return r.Flow.Ended == 0
}

func (m *flowSim) apply(ds ...oplog.Draft) {
	for _, d := range ds {
		op := oplog.Op{Seq: m.tp.s.Seq + 1, At: m.tp.at, Kind: d.Kind, Body: d.Body, Trace: d.Trace, Actor: d.Actor}
		apply(m.tp.s, op)
		m.ops = append(m.ops, op)
	}
}

func (m *flowSim) plan(from *State) {
	r, ok := from.Run(m.run)
	if !ok || r.Flow.Ended != 0 {
		return
	}
	p, err := m.h.planFlow(from, r)
	if err != nil {
		m.t.Fatal(err)
	}
	m.apply(m.h.flowDrafts(m.tp.s, p)...)
}

func (m *flowSim) end(j *Job) {
	if j.State == Leased {
		m.apply(draft(KindJobStarted, "node:bob", j.Trace, &JobStarted{Job: j.Job, Attempt: j.Attempt}))
	}
	res := m.work(fabric.Assign{Args: j.Args})
	rec := &JobFinished{Job: j.Job, Attempt: j.Attempt, Status: Succeeded}
	if res.Status != "succeeded" {
		rec.Status = Failed
	}
	hash, n, err := m.h.PutBlob(bytes.NewReader(res.Output), MaxBlob)
	if err != nil {
		m.t.Fatal(err)
	}
	rec.Output, rec.OutputSize = hash, n
	m.apply(draft(KindJobFinished, "node:bob", j.Trace, rec))
}

// move does one thing that may happen.
func (m *flowSim) move() {
	held, queue := m.tp.s.Held(), m.tp.s.Queue(0)
	switch draw(m.t, "move", "plan", "plan", "stale", "look", "lease", "lease", "end", "end", "lose", "memo", "cut") {
	case "plan":
		m.plan(m.tp.s)
	case "look":
		m.stale = m.tp.s.clone()
	case "stale":
		if m.stale != nil {
			m.plan(m.stale)
		}
	case "lease":
		if len(queue) > 0 {
			j := queue[rapid.IntRange(0, len(queue)-1).Draw(m.t, "which")]
			m.apply(draft(KindJobLeased, "host", j.Trace, &JobLeased{Job: j.Job, Node: draw(m.t, "node", "bob", "eve"), Attempt: j.Attempt + 1}))
		}
	case "end":
		if len(held) > 0 {
			m.end(held[rapid.IntRange(0, len(held)-1).Draw(m.t, "which")])
		}
	case "lose":
		if len(held) > 0 {
			j := held[0]
			m.apply(draft(KindJobRequeued, "host", j.Trace, &JobRequeued{Job: j.Job, Attempt: j.Attempt, Cause: CauseLost, Reason: "lost"}))
		}
	case "memo": // the host starts anew from a memo
		s, err := Projection{}.Decode(Projection{}.Encode(m.tp.s))
		if err != nil {
			m.t.Fatal(err)
		}
		m.tp.s, m.stale = s, nil
	case "cut": // what was not durable is lost
		s, err := Projection{}.Decode(m.base)
		if err != nil {
			m.t.Fatal(err)
		}
		m.ops = m.ops[:len(m.ops)-rapid.IntRange(0, min(len(m.ops), 5)).Draw(m.t, "lost")]
		for _, op := range m.ops {
			apply(s, op)
		}
		m.tp.s, m.stale = s, nil
	}
}
