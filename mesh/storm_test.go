package mesh

import (
	"fmt"
	"sync"
	"testing"

	"voxmesh/mesh/fabric"
)

// Workers, submitters, acts, readers and the clock at once: every job ends with one result, and the sums are right.
func TestAllAtOnce(t *testing.T) {
	h, d := openHost(t)
	const workers, jobs = 4, 60
	stop := make(chan struct{})
	var crew, rest sync.WaitGroup
	for i := range workers + 1 {
		var p *puppet
		if i < workers {
			p = local(t, h, fmt.Sprintf("w%d", i))
		} else {
			p = attach(t, h, "home") // the host's own machine works too
		}
		crew.Go(func() {
			held := map[string]fabric.Held{}
			for {
				var list []fabric.Held
				for _, w := range held {
					list = append(list, w)
				}
				o := p.report(list...)
				for _, refs := range [][]fabric.JobRef{o.Settled, o.Cancel} {
					for _, ref := range refs {
						if held[ref.Job].Attempt == ref.Attempt {
							delete(held, ref.Job)
						}
					}
				}
				for k, w := range held { // each goes on by a step
					switch {
					case w.Phase == fabric.PhaseAccepted:
						w.Phase = fabric.PhaseRunning
					case w.Phase == fabric.PhaseRunning:
						w = done(w.Job, w.Attempt, fabric.Result{Status: "succeeded", Output: []byte(w.Job), DurationMS: 1})
					}
					held[k] = w
				}
				if len(held) > 0 {
					continue
				}
				select {
				case a := <-p.assigns:
					held[a.Job] = fabric.Held{Job: a.Job, Attempt: a.Attempt, Phase: fabric.PhaseAccepted}
				case <-stop:
					return
				}
			}
		})
	}
	tickets := make(chan Ticket, jobs)
	for range 3 {
		rest.Go(func() {
			for range jobs / 3 {
				tickets <- submitWasm(t, h, func(r *JobRequest) { r.Priority = Urgent })
			}
		})
	}
	rest.Go(func() { // the owner
		for i := range 10 {
			target := fmt.Sprintf("w%d", i%workers)
			_, _ = h.Act(within(t), confirm(t, ActPause, target), Action{Name: ActPause, Target: target})
			_, _ = h.Resume(within(t), ada, target, "")
			h.tick()
		}
	})
	rest.Go(func() { // readers
		for range 200 {
			s := h.Snapshot()
			_ = s.Summary(h.Telemetry(), d.now())
			_ = s.NodeViews(h.Telemetry(), d.now(), true)
			_ = s.Budget(d.now())
			if err := sound(s); err != nil {
				t.Error(err)
				return
			}
		}
	})
	var mu sync.Mutex
	ended := map[string]bool{}
	for range jobs {
		tk := recv(t, tickets)
		rest.Go(func() {
			j, err := h.WaitJob(within(t), tk.JobID)
			if err != nil {
				t.Errorf("%s: %v", tk.JobID, err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			ended[j.Job] = j.State.Ended()
		})
	}
	rest.Wait()
	close(stop)
	crew.Wait()
	results := map[string]int{}
	ops, err := h.Ops(0, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range ops {
		var r JobFinished
		if op.Kind == KindJobFinished && unmarshal(op.Body, &r) == nil {
			results[r.Job]++
		}
	}
	for job, n := range results {
		if n != 1 || !ended[job] {
			t.Errorf("%s has %d results; ended: %v", job, n, ended[job])
		}
	}
	if len(results) != jobs {
		t.Errorf("%d of %d jobs have a result", len(results), jobs)
	}
	mustSound(t, h.Snapshot())
	verified(t, h, h.Snapshot().Acts)
}
