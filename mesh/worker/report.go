package worker

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/fabric"
)

// inlineMost is how many bytes of output and spans one report carries. In base64 that is two thirds of what the bus lets through;
// results that find no room wait for the next report.
const inlineMost = 512 << 10

// report sends one report and follows the orders that come back.
func (a *Agent) report(ctx context.Context) error {
	describe := a.describe()
	a.mu.Lock()
	r := a.compose(describe)
	wait := min(reportWait, a.term/3)
	a.mu.Unlock()
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	sent := a.cfg.Now()
	answer, err := a.cfg.Link.Request(ctx, fabric.KindReport, nil, b)
	if err != nil {
		return err
	}
	a.answered(answer, sent, r.Head)
	return nil
}

// compose makes the next report. The caller holds a.mu.
func (a *Agent) compose(d fabric.Describe) *fabric.Report {
	a.n++
	r := &fabric.Report{
		V: 1, Instance: a.instance, N: a.n, UptimeMS: a.cfg.Now().Sub(a.began).Milliseconds(), RTTMicro: a.rtt.Microseconds(),
		ClockUS: a.cfg.Now().UnixMicro(),
		Held:    []fabric.Held{}, Describe: d, Leaving: a.leaving,
	}
	if a.cfg.Pin != nil {
		r.Head = a.cfg.Pin.Head()
	}
	room := inlineMost
	for _, j := range a.sorted() {
		if j.phase == "" {
			continue // not decided yet: the host may send it again
		}
		h := fabric.Held{Job: j.as.Job, Attempt: j.as.Attempt, Phase: j.phase, Reason: j.reason, Busy: j.busy}
		if j.phase == fabric.PhaseDone {
			if n := len(j.result.Output) + bytesOf(j.result.Spans); room < n {
				h.Phase = fabric.PhaseRunning
			} else {
				room -= n
				h.Result = j.result // never changed once it is set
			}
		}
		r.Held = append(r.Held, h)
	}
	return r
}

// sorted gives the jobs in the order in which they came. The caller holds a.mu.
func (a *Agent) sorted() []*job {
	all := make([]*job, 0, len(a.jobs))
	for _, j := range a.jobs {
		all = append(all, j)
	}
	slices.SortFunc(all, func(x, y *job) int { return cmp.Compare(x.order, y.order) })
	return all
}

// describe is what this machine gives now.
func (a *Agent) describe() fabric.Describe {
	a.mu.Lock()
	m := a.models
	a.mu.Unlock()
	d := fabric.Describe{
		Slots: []fabric.Slot{}, Models: m.list, ModelsNote: clean.Max(m.note, 160).String(), Version: a.cfg.Version,
	}
	if d.Models == nil {
		d.Models = []fabric.Model{}
	}
	p, _, name, err := a.cfg.Policy.Current()
	d.PolicyNote = a.policyNote()
	if err != nil {
		return d
	}
	_, owner := a.cfg.Policy.(ownerPolicy)
	for _, s := range p.Slots {
		if owner && s.Kind != "cpu" && !m.answers {
			continue
		}
		d.Slots = append(d.Slots, fabric.Slot{Kind: s.Kind, Max: uint32(max(s.MaxConcurrent, 0)), Weight: uint32(max(s.Weight, 0))})
	}
	a.describeTerms(&d, p)
	if !owner {
		d.AwayRule, d.Away = awayBy(p, a.cfg.Now(), a.ownerBusy())
	}
	d.NSFW, d.MinPriority = p.MostFor(a.cfg.Mesh)
	d.OptIn, d.MaxJobSecs, d.Policy = p.PublicMeshOptIn, p.MaxJobSeconds, name
	return d
}

// answered follows the orders that answer the report which was sent at that time with that audit head.
func (a *Agent) answered(data []byte, sent time.Time, told fabric.Head) {
	var o fabric.Orders
	if json.Unmarshal(data, &o) != nil || o.V == 0 {
		a.cfg.Log("%s: the host's orders cannot be read", a.cfg.Mesh)
		return
	}
	a.mu.Lock()
	a.rtt = max(a.cfg.Now().Sub(sent), time.Microsecond)
	a.mu.Unlock()
	a.watchHead(o.Head, told)
	a.follow(o, sent)
}
