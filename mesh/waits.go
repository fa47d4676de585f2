package mesh

import (
	"fmt"
	"slices"
	"time"

	"voxmesh/mesh/privacy"
)

// Waits says what the queued jobs of one state wait for. It looks at each kind of job once, so that a list of thousands
// costs little more than a list of one. It is for one goroutine, and for as long as the state is shown.
type Waits struct {
	p      *placement
	kinds  map[like]*waitKind
	order  []*waitKind        // in the order of the queue
	placed map[string]*placed // of the queue, by job id; nil until asked for
	items  map[string]*placed // the first of each item of the hopper
}

// placed is where a job stands in the queue.
type placed struct {
	j      *Job
	k      *waitKind
	behind int // so many contenders are ahead of it
}

// waitKind is what jobs of one likeness have in common.
type waitKind struct {
	decision
	kind   string
	rivals []*waitKind // that could take the same node's slot, itself included
	ahead  int         // so many in the part of the queue that was walked
}

// decision is what stands between a job and a node: that of the node which is nearest to taking it.
type decision struct {
	word   string
	node   string // that it speaks of; empty where there is none
	reason string
	takers []string // nodes that could take it but for a free slot
	free   bool     // one of them has one
}

// Waits prepares the answers for the queue of s. tel may be nil.
func (s *State) Waits(tel *Telemetry, now time.Time) *Waits {
	return &Waits{p: newPlacement(s, tel, now, nil), kinds: map[like]*waitKind{}}
}

// WaitsFor is Waits.For for one job alone.
func (s *State) WaitsFor(tel *Telemetry, now time.Time, j *Job) string {
	return s.Waits(tel, now).For(j)
}

// For is what a queued job waits for, one of: no gpu free, no cpu free, no text free, no embed free, needs model, node
// paused, over budget, off hours, policy, class, class unknown, behind N. It speaks of the node that is nearest to taking the job.
// Empty: nothing, it is about to start, or it is not queued.
func (w *Waits) For(j *Job) string {
	if j.State != Queued {
		return ""
	}
	k := w.kindOf(j)
	if len(k.takers) == 0 {
		return k.word
	}
	w.walk()
	if at := w.placed[j.Job]; at != nil {
		return at.word()
	}
	return (&placed{j: j, k: k}).word()
}

// word is what the job waits for, or empty.
func (p *placed) word() string {
	switch {
	case len(p.k.takers) == 0:
	case p.behind > 0:
		return "behind " + itoa(uint64(p.behind))
	case p.k.free:
		return ""
	}
	return p.k.word
}

// Reason is For in a sentence, with the node and its numbers: "bob: waiting for budget: $5.00 of $5.00 used in 24 h". Empty
// where For is.
func (w *Waits) Reason(j *Job) string {
	if w.For(j) == "" {
		return ""
	}
	return w.kindOf(j).sentence()
}

func (k *waitKind) sentence() string {
	if k.node == "" {
		return k.word
	}
	if k.reason == "" { // it keeps nothing from the node but what is ahead of it
		return k.node + ": its free " + k.kind + " slots are for what is ahead"
	}
	return k.node + ": " + k.reason
}

func (w *Waits) decide(j *Job) decision { return w.kindOf(j).decision }

// walk counts, once, for every job of the queue those ahead of it that want the same slots.
func (w *Waits) walk() {
	if w.placed != nil {
		return
	}
	queue := w.p.s.Queue(0)
	all := make([]placed, len(queue))
	w.placed, w.items = make(map[string]*placed, len(queue)), make(map[string]*placed, len(queue))
	for i, j := range queue {
		at := &all[i]
		at.j, at.k = j, w.kindOf(j)
		w.placed[j.Job] = at
		if w.items[j.Item] == nil && j.Item != "" {
			w.items[j.Item] = at
		}
		if len(at.k.takers) == 0 {
			continue
		}
		for _, r := range at.k.rivals {
			at.behind += r.ahead
		}
		at.k.ahead++
	}
}

func (w *Waits) kindOf(j *Job) *waitKind {
	alike := likeness(j)
	if k := w.kinds[alike]; k != nil {
		return k
	}
	k := &waitKind{decision: w.p.decide(j), kind: j.Kind}
	for _, o := range w.order {
		if o.kind == k.kind && slices.ContainsFunc(k.takers, func(n string) bool { return slices.Contains(o.takers, n) }) {
			k.rivals, o.rivals = append(k.rivals, o), append(o.rivals, k)
		}
	}
	k.rivals = append(k.rivals, k)
	w.kinds[alike], w.order = k, append(w.order, k)
	return k
}

// nearness of the rules: how near a node is to taking a job that only this rule keeps from it. Those up to passing go by
// themselves, or by an act on the node; the others need another job, or another node.
var nearness = map[string]int{
	RuleBusy: 1, RuleOwner: 2, RuleHours: 3, RuleBudget: 4, RuleMode: 5, RuleOffline: 6, RuleLocked: 7,
	RuleRefused: 11, RuleDuration: 12, RulePriority: 13, RuleNSFW: 14, RuleCommand: 15, RuleModel: 16, RuleClass: 17, RuleKind: 18,
	RuleNode: 19,
}

const passing = 10

// decide asks every node for every rule, and lets the node speak that is nearest to taking the job: the one with the
// fewest obstacles that do not pass, then with the nearest.
func (p *placement) decide(j *Job) decision {
	d := decision{word: "no " + j.Kind + " free"}
	best := []int{1 << 30}
	for _, n := range p.s.Nodes() {
		if j.On != "" && j.On != n.ID {
			continue
		}
		worst, lasting, rule, reason := 0, 0, "", ""
		p.ask(n, j, func(r, format string, args ...any) bool {
			if nearness[r] > passing {
				lasting++
			}
			if nearness[r] > worst {
				worst, rule, reason = nearness[r], r, fmt.Sprintf(format, args...)
			}
			return true
		})
		if worst <= nearness[RuleBusy] {
			d.takers = append(d.takers, n.ID)
			d.free = d.free || worst == 0
		}
		own := 0 // of two that are as near, the joined node speaks: the host cannot be told to give more
		if n.Host {
			own = 1
		}
		if at := []int{lasting, worst, own}; slices.Compare(at, best) < 0 {
			best, d.node, d.reason = at, n.ID, reason
			d.word = waitWord(rule, j)
		}
	}
	return d
}

func waitWord(rule string, j *Job) string {
	switch rule {
	case RuleBudget:
		return "over budget"
	case RuleHours:
		return "off hours"
	case RuleMode, RuleLocked, RuleOwner:
		return "node paused"
	case RuleModel:
		return "needs model"
	case RuleClass:
		if j.Class == privacy.Unknown {
			return "class unknown"
		}
		return "class"
	case RuleRefused, RuleDuration, RulePriority, RuleNSFW, RuleCommand:
		return "policy"
	}
	return "no " + j.Kind + " free"
}
