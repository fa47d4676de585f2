package worker

import (
	"context"
	"time"

	"voxmesh/mesh/fabric"
	"voxmesh/policy"
)

// awayEvery is how often an agent looks whether its machine may be used by others now.
const awayEvery = time.Second

// The rules of policy.Decide by which a machine takes nothing for now.
const (
	ruleHours = fabric.AwayHours
	ruleOwner = fabric.AwayOwner
)

// away is what an agent saw at its last look.
type away struct {
	busy  string    // what the owner is busy with; empty: nothing, or nobody asks
	blind string    // what of it cannot be seen here
	since time.Time // when others could use the machine last; zero: they can
	said  said      // of what a report says, to see whether another is due
}

// said is what a report says of who may use the machine, and by which policy.
type said struct{ rule, text, name, blind, note, err string }

// tellOwner writes into the log what the owner would else only hear from the host. What the owner is busy with changes
// all the time: that they are is enough.
func (a *Agent) tellOwner(was, now said) {
	switch {
	case now.note != was.note && now.note != "":
		a.cfg.Log("%s: %s", a.cfg.Mesh, now.note)
	case now.err != was.err && now.err != "":
		a.cfg.Log("%s: %s", a.cfg.Mesh, now.err)
	case now.name != was.name && was.name+was.err != "", now.note != was.note:
		a.cfg.Log("%s: donations.vox is in force as it is now", a.cfg.Mesh)
	}
	switch {
	case now.rule == was.rule:
	case now.rule == "":
		a.cfg.Log("%s: others may use this machine again", a.cfg.Mesh)
	default:
		a.cfg.Log("%s: takes nothing: %s", a.cfg.Mesh, now.text)
	}
}

// watchOwner looks again and again.
func (a *Agent) watchOwner(ctx context.Context) {
	for rest(ctx, awayEvery) {
		a.lookAtOwner()
	}
}

// lookAtOwner sees whether others may use this machine now, and has the host told when that changed, or the policy did.
// While they may not, what runs may finish within the grace; then it is stopped and goes back to the queue. If they may
// again before that, nothing happens. Without a policy nothing is stopped: what was admitted was admitted.
func (a *Agent) lookAtOwner() {
	p, _, name, err := a.cfg.Policy.Current()
	var now away
	pressing := false
	if err == nil && p.PauseWhenBusy != nil {
		now.busy, now.blind, pressing = a.askOwner(*p.PauseWhenBusy)
	}
	at := a.cfg.Now()
	rule, text := "", ""
	if err == nil {
		rule, text = awayBy(p, at, now.busy)
	}
	note := ""
	if s, ok := a.cfg.Policy.(stated); ok {
		note = errText(s.State().Err)
	}
	now.said = said{rule: rule, text: text, name: name, blind: now.blind, note: note, err: errText(err)}
	a.mu.Lock()
	defer a.mu.Unlock()
	if now.since = a.away.since; rule == "" {
		now.since = time.Time{}
	} else if now.since.IsZero() {
		now.since = at
	}
	if now.said != a.away.said {
		a.Nudge()
		a.tellOwner(a.away.said, now.said)
	}
	a.away = now
	// An owner who is calm at this moment is not in anyone's way: the next time that they need the machine is soon enough.
	if rule == "" || rule == ruleOwner && !pressing || at.Sub(now.since) < grace(p) {
		return
	}
	for _, j := range a.jobs {
		if !j.ended && (j.phase == fabric.PhaseAccepted || j.phase == fabric.PhaseRunning) {
			j.cancel(&errYield{text})
		}
	}
}

func (a *Agent) askOwner(y policy.Yield) (busy, blind string, now bool) {
	if a.cfg.Owner == nil {
		return "", "pause_when_busy cannot see anything here", false
	}
	busy, now = a.cfg.Owner.Look(y)
	return busy, a.cfg.Owner.Note(y), now
}

// grace is how long what runs may go on when others may not use the machine any more.
func grace(p policy.Policy) time.Duration {
	if p.PauseWhenBusy == nil {
		return policy.DefaultGraceSecs * time.Second
	}
	return time.Duration(p.PauseWhenBusy.GraceSecs) * time.Second
}

// awayBy says by which rule a policy lets nobody use the machine at a moment, and until when or why; empty: by none. It
// answers as the rules of policy.Decide do.
func awayBy(p policy.Policy, at time.Time, busy string) (rule, text string) {
	if open, until := p.HoursEnd(at); !open {
		return ruleHours, offHours(until, at)
	}
	if p.PauseWhenBusy != nil && busy != "" {
		return ruleOwner, "its owner is busy: " + busy
	}
	return "", ""
}

// offHours says until when, on this machine's clock; a zero time is never.
func offHours(until, at time.Time) string {
	switch wait := until.Sub(at); {
	case until.IsZero():
		return "off hours"
	case wait < 24*time.Hour:
		return "off hours until " + until.Format("15:04")
	case wait < 6*24*time.Hour:
		return "off hours until " + until.Format("Mon 15:04")
	}
	return "off hours until " + until.Format("2 Jan 15:04")
}

// ownerBusy is what the owner was busy with at the last look.
func (a *Agent) ownerBusy() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.away.busy
}

// blindNote is what the policy asks for and this machine cannot see.
func (a *Agent) blindNote() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.away.blind
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
