package mesh

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"voxmesh/mesh/fabric"
)

// A job that a busy owner stopped waits again and is no loss, however often that happens; it does not go back to that
// node while its owner is busy, and a follower is told that its output begins again.
func TestAYieldedJobWaitsForItsNode(t *testing.T) {
	h, d := openHost(t)
	bob := local(t, h, "bob")
	bob.report()
	tk := submitWasm(t, h, func(r *JobRequest) { r.On = "bob" })
	ctx, cancel := context.WithCancel(within(t))
	defer cancel()
	chunks, followed := make(chan Chunk, 64), make(chan error, 1)
	go func() {
		followed <- h.Follow(ctx, tk.JobID, func(c Chunk) error {
			c.Data = append([]byte(nil), c.Data...)
			chunks <- c
			return nil
		})
	}()
	for attempt := uint32(1); attempt <= MaxLosses+2; attempt++ {
		as := recv(t, bob.assigns)
		for as.Attempt != attempt {
			as = recv(t, bob.assigns) // a repeat of the one before
		}
		bob.report(fabric.Held{Job: tk.JobID, Attempt: attempt, Phase: fabric.PhaseRunning})
		until(t, h, "running", func(s *State) bool { j, _ := s.Job(tk.JobID); return j.State == Running })
		if err := bob.link.Publish(fabric.KindOut, map[string]string{
			fabric.HeaderJob: tk.JobID, fabric.HeaderAttempt: strconv.FormatUint(uint64(attempt), 10), fabric.HeaderOffset: "0",
		}, []byte("half")); err != nil {
			t.Fatal(err)
		}
		if c := recv(t, chunks); string(c.Data) != "half" || c.Attempt != attempt || c.Restart != (attempt > 1) {
			t.Fatalf("attempt %d: %+v", attempt, c)
		}
		bob.rep.Describe.Away, bob.rep.Describe.AwayRule = "its owner is busy: x", fabric.AwayOwner
		o := bob.report(fabric.Held{
			Job: tk.JobID, Attempt: attempt, Phase: fabric.PhaseRefused, Busy: true, Reason: "its owner is busy: x; it goes back to the queue",
		})
		if len(o.Settled) != 1 {
			t.Fatalf("orders %+v", o)
		}
		d.turn(busyFor + time.Second) // what it said of its slots is forgotten; that it is away is not
		bob.report()
		if h.schedule() {
			t.Error("more to do")
		}
		j := jobOf(t, h, tk.JobID)
		if last := j.Attempts[len(j.Attempts)-1]; j.State != Queued || j.Losses != 0 || len(j.Refused) != 0 || last.End != CauseYield.String() || !strings.HasPrefix(last.Reason, "its owner") {
			t.Fatalf("attempt %d: %v, %d losses, %+v", attempt, j.State, j.Losses, last)
		}
		if w := h.Snapshot().WaitsFor(nil, d.now(), j); w != "node paused" {
			t.Errorf("it waits for %q", w)
		}
		d.turn(resendAfter)
		bob.rep.Describe.Away, bob.rep.Describe.AwayRule = "", ""
		bob.report()
	}
	cancel()
	if err := <-followed; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A node that comes and goes with every report is written down every other one, at most.
func TestAwayDoesNotFloodTheLog(t *testing.T) {
	h, d := openHost(t)
	bob := local(t, h, "bob")
	bob.report()
	before := h.Head().Seq
	for i := range 100 {
		bob.rep.Describe.Away = strings.Repeat("x", i%2)
		bob.report()
		d.turn(BeatEvery / 10)
	}
	if n := h.Head().Seq - before; n > 14 || n < 3 {
		t.Errorf("%d ops in twenty seconds", n)
	}
	d.turn(resendAfter)
	bob.rep.Describe.Away = "at last"
	bob.report()
	if n, _ := h.Snapshot().Node("bob"); n.Away != "at last" || n.AwayRule != RuleOwner {
		t.Errorf("%q by %q", n.Away, n.AwayRule)
	}
}

func TestANodeIsShownWithItsTerms(t *testing.T) {
	h, _ := openHost(t)
	bob := local(t, h, "bob")
	cent := int64(10_000)
	bob.rep.Describe.Away, bob.rep.Describe.AwayRule, bob.rep.Describe.PolicyNote = "off hours until 22:00\x1b[2J", fabric.AwayHours, "line 3\x1b]0;"
	bob.rep.Describe.Commands, bob.rep.Describe.Prices = []string{"wc\x1b"}, []fabric.Price{{Kind: "cpu", PerHour: &cent}}
	bob.report()
	s := h.Snapshot()
	n, _ := s.Node("bob")
	v := s.NodeView(n, nil, h.Now())
	if !strings.HasPrefix(v.Away, "off hours until 22:00") || strings.Contains(v.Away+v.PolicyNote+v.Commands[0], "\x1b") || v.PolicyNote == "" {
		t.Errorf("%+v", v)
	}
	if len(v.Prices) != 1 || *v.Prices[0].PerHour != 0.01 || v.Prices[0].PerMTok != nil {
		t.Errorf("%+v", v.Prices)
	}
	if sum := s.Summary(nil, h.Now()); sum.Active != 0 || sum.Blocked != 1 {
		t.Errorf("%+v", sum)
	}
}
