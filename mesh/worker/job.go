package worker

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/fabric"
	"voxmesh/mesh/privacy"
	"voxmesh/mesh/worker/runner"
	"voxmesh/policy"
)

// Why the context of a job ends. Only a job that its host cancelled is reported as killed.
var (
	errKilled   = errors.New("cancelled by the host")
	errReplaced = errors.New("a newer attempt came")
	errUnwanted = errors.New("no longer wanted")
	errSilent   = errors.New("the host is silent")
	errEnding   = errors.New("the agent ends")
)

// errYield is why a job ends that was stopped for the owner of the machine. It is not the job's fault.
type errYield struct{ why string }

func (e *errYield) Error() string { return e.why + "; it goes back to the queue" }

// job is one attempt in the agent's hands. What stands below mu belongs to the agent's lock.
type job struct {
	as     fabric.Assign
	peer   string // submitter@mesh
	trail  *trail
	order  uint64
	came   time.Time
	ctx    context.Context
	cancel context.CancelCauseFunc
	after  <-chan struct{} // ends when the attempt before it has; nil: none
	done   chan struct{}   // closed when nothing of it runs any more
	spool  string          // path of its output

	phase  string // of the fabric; empty until it is decided
	reason string
	busy   bool
	ended  bool // it ran to its end; its output may still be on the way
	result *fabric.Result
}

// forget removes what a job left on the disk.
func (j *job) forget() { _ = os.Remove(j.spool) } // it may never have been made

// onAssign takes a job, unless it is known: then it is reported again.
func (a *Agent) onAssign(m fabric.Msg) {
	var as fabric.Assign
	if json.Unmarshal(m.Data, &as) != nil || as.V == 0 || !plainID(as.Job) {
		a.cfg.Log("%s: an assignment that cannot be read", a.cfg.Mesh)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ctx == nil || a.closed || a.leaving {
		return
	}
	old := a.jobs[as.Job]
	switch {
	case old != nil && old.as.Attempt >= as.Attempt:
		a.Nudge()
		return
	case old == nil && len(a.jobs) >= maxHeld:
		a.cfg.Log("%s: %s not taken: %d jobs are held", a.cfg.Mesh, as.Job, len(a.jobs))
		return
	}
	a.order++
	j := &job{
		as: as, trail: newTrail(m.Header[fabric.HeaderTraceparent], a.cfg.Now), order: a.order, came: a.cfg.Now(), done: make(chan struct{}),
		spool: filepath.Join(a.spoolDir(), fmt.Sprintf("%s-%d", as.Job, as.Attempt)),
	}
	j.ctx, j.cancel = context.WithCancelCause(a.ctx)
	if old != nil {
		old.cancel(errReplaced)
		old.forget()
		j.after = old.done
	}
	a.jobs[as.Job] = j
	a.wg.Go(func() { a.carry(j) })
}

// carry brings a job from its assignment to its end.
func (a *Agent) carry(j *job) {
	defer close(j.done)
	defer j.cancel(nil)
	if j.after != nil {
		<-j.after // the attempt before gives its slot back first
	}
	p, release := a.admit(j)
	if release == nil {
		return
	}
	defer release()
	res := a.guarded(j, p)
	release() // before the host hears of the end, and may send the next one
	res.Spans = j.trail.spans()
	a.finish(j, res)
}

// admit decides by this machine's policy. A job that may not run is refused, and release is nil.
func (a *Agent) admit(j *job) (p policy.Policy, release func()) {
	admit := j.trail.begin(fabric.PhaseAdmit)
	if why := a.misfit(j); why != "" {
		a.refuse(j, why, false)
		return p, nil
	}
	p, f, _, err := a.cfg.Policy.Current()
	if err != nil {
		a.refuse(j, err.Error(), false)
		return p, nil
	}
	class, _ := privacy.Parse(j.as.Class) // what it does not know is Unknown, which counts as public
	owner := a.ownerBusy()
	decide := func(l policy.Load) policy.Decision {
		l.Owner = owner
		return policy.Decide(p, f, policy.Request{
			Kind: j.as.Kind, Peer: j.peer, Mesh: a.cfg.Mesh, Class: class, NSFW: j.as.NSFW, Priority: j.as.Priority,
			Timeout: millis(j.as.TimeoutMS), Model: j.as.Model, Command: j.as.Command, Scope: j.as.Scope, At: a.cfg.Now(),
		}, l)
	}
	d, release := a.cfg.Slots.take(j.as.Kind, j.peer, decide)
	for release == nil {
		why, busy := refusal(d)
		if !busy || !a.awaitStopping(j) {
			a.refuse(j, why, busy)
			return p, nil
		}
		d, release = a.cfg.Slots.take(j.as.Kind, j.peer, decide)
	}
	if why := a.unable(j); why != "" {
		release()
		a.refuse(j, why, false)
		return p, nil
	}
	admit.end("")
	a.turn(j, fabric.PhaseAccepted)
	return p, release
}

// awaitStopping waits for a job that was told to stop and still has its slot: the host counts that slot as free, and may
// have stopped it for this very job. It reports whether there was one.
func (a *Agent) awaitStopping(j *job) bool {
	a.mu.Lock()
	var stopping *job
	for _, old := range a.jobs {
		if old != j && errors.Is(context.Cause(old.ctx), errKilled) && old.order < j.order && !old.over() {
			stopping = old
		}
	}
	a.mu.Unlock()
	if stopping == nil {
		return false
	}
	select {
	case <-stopping.done:
	case <-j.ctx.Done():
	}
	return j.ctx.Err() == nil
}

// over reports whether nothing of the job runs any more.
func (j *job) over() bool {
	select {
	case <-j.done:
		return true
	default:
		return false
	}
}

// misfit says what is wrong with an assignment whatever the policy says, or is empty. A runner may only be had with a
// slot that was given for it: a cpu slot is no leave to ask the owner's models.
func (a *Agent) misfit(j *job) string {
	s := j.as.Submitter
	if len(s) > 64 || strings.Contains(s, "@") || clean.Line(s).String() != s {
		return "the submitter has no usable name"
	}
	if s != "" {
		a.mu.Lock()
		j.peer = s + "@" + a.cfg.Mesh
		a.mu.Unlock()
	}
	switch j.as.Runner {
	case "wasm":
		if j.as.Kind != "cpu" && j.as.Kind != "gpu" {
			return "a wasm job needs a cpu or gpu slot"
		}
		if !isHash(j.as.Module) {
			return "the job names no module"
		}
	case "text", "embed":
		if j.as.Kind != j.as.Runner && j.as.Kind != "gpu" {
			return "a " + j.as.Runner + " job needs a " + j.as.Runner + " or gpu slot"
		}
		if !isHash(j.as.Prompt) {
			return "the job names no prompt"
		}
	case "command":
		if why := misfitCommand(&j.as); why != "" {
			return why
		}
	default:
		return fmt.Sprintf("there is no runner %q here", clean.Max(j.as.Runner, 20).String())
	}
	if j.as.Stdin != "" && !isHash(j.as.Stdin) {
		return "the job's input has no name that can be asked for"
	}
	return ""
}

// passing are the rules that say "not now": what is in the way goes by itself.
func passing(rule string) bool {
	switch rule {
	case "slots", "peer", ruleHours, ruleOwner:
		return true
	}
	return false
}

// refusal makes a sentence of the rules that refused, with the field and line of each. busy: nothing but what goes by
// itself is in the way.
func refusal(d policy.Decision) (why string, busy bool) {
	busy = true
	var b strings.Builder
	for i, r := range d.Refusals() {
		busy = busy && passing(r.Rule)
		if i > 0 {
			b.WriteString("; ")
		}
		if r.Line > 0 {
			fmt.Fprintf(&b, "%s (line %d of donations.vox): %s", r.Field, r.Line, r.Text)
		} else {
			fmt.Fprintf(&b, "%s (not in donations.vox): %s", r.Field, r.Text)
		}
	}
	return b.String(), busy
}

func (a *Agent) refuse(j *job, why string, busy bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.jobs[j.as.Job] != j {
		return
	}
	j.phase, j.reason, j.busy = fabric.PhaseRefused, clean.Max(why, 300).String(), busy
	a.cfg.Log("%s: %s refused: %s", a.cfg.Mesh, j.as.Job, j.reason)
	a.Nudge()
}

// turn moves a job to another phase and has it said.
func (a *Agent) turn(j *job, phase string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	j.phase = phase
	a.Nudge()
}

// finish makes the result known, if it is still the agent's to tell.
func (a *Agent) finish(j *job, res fabric.Result) {
	a.mu.Lock()
	defer a.mu.Unlock()
	cause := context.Cause(j.ctx)
	var yield *errYield
	if errors.As(cause, &yield) && a.jobs[j.as.Job] == j && res.Status != string(runner.Succeeded) {
		j.phase, j.reason, j.busy = fabric.PhaseRefused, clean.Max(yield.Error(), 300).String(), true
		a.cfg.Log("%s: %s attempt %d yielded: %s", a.cfg.Mesh, j.as.Job, j.as.Attempt, j.reason)
		a.Nudge()
		return
	}
	if a.jobs[j.as.Job] != j || cause != nil && yield == nil && !errors.Is(cause, errKilled) {
		j.forget()
		if a.jobs[j.as.Job] == j {
			delete(a.jobs, j.as.Job)
		}
		return
	}
	j.phase, j.result = fabric.PhaseDone, &res
	a.cfg.Log("%s: %s attempt %d: %s in %d ms", a.cfg.Mesh, j.as.Job, j.as.Attempt, res.Status, res.DurationMS)
	a.Nudge()
}

// plainID reports whether s can be the id of a job, and with it the name of a file.
func plainID(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// isHash reports whether s is a SHA-256 in lower-case hex.
func isHash(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 32 && strings.ToLower(s) == s
}

// millis reads milliseconds from a message; what no duration holds is as long as one can be.
func millis(ms int64) time.Duration {
	const most = int64(1<<63-1) / int64(time.Millisecond)
	return time.Duration(max(0, min(ms, most))) * time.Millisecond
}
