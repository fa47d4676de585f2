package worker

import (
	"context"
	"testing"
	"testing/synctest"

	"voxmesh/mesh/fabric"
	"voxmesh/mesh/worker/runner"
)

// A job takes the slot of one that was told to stop and is not done with it yet.
func TestTheSlotOfAStoppedJobIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		end := make(chan struct{})
		start(t, h, fakeWASM(func(ctx context.Context, _ runner.WASMJob, _ runner.Sink) runner.Result {
			<-ctx.Done()
			<-end // it takes its time
			return runner.Result{Status: runner.Killed, Code: runner.CodeKilled, Error: "killed", ExitCode: runner.NoExit}
		}))
		for _, id := range []string{"j-1", "j-2"} {
			h.send(fabric.KindAssign, h.task(id, 1))
			h.phase(id, fabric.PhaseRunning)
		}
		h.send(fabric.KindAssign, h.task("j-3", 1))
		if w := h.phase("j-3", fabric.PhaseRefused); !w.Busy {
			t.Errorf("nothing stops: %+v", w)
		}
		h.send(fabric.KindOrders, fabric.Orders{V: 1, LeaseMS: 30000, Cancel: []fabric.JobRef{{Job: "j-1", Attempt: 1}}})
		h.send(fabric.KindAssign, h.task("j-4", 1))
		synctest.Wait()
		h.set(func() { close(end) })
		h.until("j-4 runs and was never refused", func(r fabric.Report) bool {
			for _, w := range r.Held {
				if w.Job == "j-4" && w.Phase == fabric.PhaseRefused {
					t.Fatalf("%+v", w)
				}
				if w.Job == "j-4" && w.Phase == fabric.PhaseRunning {
					return true
				}
			}
			return false
		})
	})
}
