package runspane

import (
	"cmp"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/tui/list"
	"voxmesh/tui/pane"
)

// A list of fewRuns is made at once; one of more in a command. Making one of 10,000 takes some 20 ms, a few hundred less
// than one.
const fewRuns = 500

// reorder is the least time between two looks at a world that changes all the time, so that rows can be read.
const reorder = time.Second

// query is what the list is made of. It is a value: a command may keep it as long as it likes.
type query struct {
	state  *mesh.State
	tel    *mesh.Telemetry
	past   time.Time
	view   view
	sortBy column
	down   bool
	filter string
}

// run is what a row shows.
type run struct {
	mesh.RunRow
	waits  string // for what, in a few words, where it is queued
	reason string // the same in a sentence, once it was asked for
	job    string // the first that waits
}

func (r *run) failed() bool { return r.Status == "failed" || r.Status == "timed_out" }

func (r *run) ended() bool {
	return r.Status != "queued" && r.Status != "leased" && r.Status != "running"
}

// took is how long it took, or goes on at a moment: the row may have been made a while before.
func (r *run) took(now time.Time) time.Duration {
	if !r.ended() {
		return now.Sub(time.UnixMicro(r.Start))
	}
	return time.Duration(r.DurationMS) * time.Millisecond
}

// answer is a list that was made. Nothing that is drawn points into a state.
type answer struct {
	query  query
	runs   map[string]*run
	ids    []string // those that are shown, in order
	known  int      // of the view, before the filter
	failed []string
	seq    uint64      // of the state
	waits  *mesh.Waits // for the sentences, which are asked for one by one
}

func (p *Pane) query() query {
	return query{p.s.World.State, p.s.World.Tel, p.s.World.Past, p.view, p.order.By, p.order.Down, p.filter.Text()}
}

// ask makes the list: pure, and of values alone.
func ask(q query, now time.Time) answer {
	a := answer{query: q, runs: map[string]*run{}}
	a.query.state, a.query.tel = nil, nil // not to be held longer than it is shown
	if q.state == nil {
		return a
	}
	a.seq = q.state.Seq
	rows := q.state.RunRows(now.UnixMicro())
	runs := make([]run, len(rows))
	var f list.Filter
	f.Set(q.filter)
	kept := make([]*run, 0, len(rows))
	for i := range rows {
		r := &runs[i]
		r.RunRow = rows[i]
		r.Title, r.Error = clean.Line(r.Title).String(), clean.Line(r.Error).String()
		a.runs[r.RunID] = r
		if r.failed() {
			a.failed = append(a.failed, r.RunID)
		}
		if r.Status == mesh.Queued.String() {
			if a.waits == nil {
				a.waits = q.state.Waits(q.tel, now)
			}
			r.wait(q.state, a.waits)
		}
		if !q.view.has(r) {
			continue
		}
		a.known++
		if q.filter == "" || f.Matches(fieldsOf(r, now)) {
			kept = append(kept, r)
		}
	}
	if q.sortBy != byStart || !q.down { // rows come newest first
		arrangeBy(kept, q.sortBy, q.down)
	}
	a.ids = make([]string, len(kept))
	for i, r := range kept {
		a.ids[i] = r.RunID
	}
	return a
}

func (v view) has(r *run) bool {
	switch v {
	case running:
		return !r.ended()
	case failed:
		return r.failed()
	}
	return true
}

// wait finds what the first queued job of a run waits for.
func (r *run) wait(st *mesh.State, w *mesh.Waits) {
	of, ok := st.Run(r.RunID)
	if !ok {
		return
	}
	for _, id := range of.Jobs {
		if j, ok := st.Job(id); ok && j.State == mesh.Queued {
			r.job, r.waits = id, clean.Line(w.For(j)).String()
			return
		}
	}
}

func fieldsOf(r *run, now time.Time) list.Fields {
	return list.Fields{
		Text: r.RunID + "\n" + r.Title + "\n" + r.TraceID + "\n" + r.waits + "\n" + r.Error, Node: r.NodeID,
		Status: strings.ReplaceAll(r.Status, "_", " "), Class: r.PrivacyClass.Badge(), Model: r.Model,
		Age: now.Sub(time.UnixMicro(r.Start)),
	}
}

// arrangeBy sorts by a column; among equals the newest is first, whichever the order.
func arrangeBy(rs []*run, by column, down bool) {
	less := heads[by].compare
	slices.SortStableFunc(rs, func(a, b *run) int {
		if down {
			return less(b, a)
		}
		return less(a, b)
	})
}

func byText(of func(*run) string) func(a, b *run) int {
	return func(a, b *run) int { return strings.Compare(of(a), of(b)) }
}

func byNumber[T cmp.Ordered](of func(*run) T) func(a, b *run) int {
	return func(a, b *run) int { return cmp.Compare(of(a), of(b)) }
}

// still reports whether the list would come out as it is: nothing happened, and what moves with time alone is drawn by the
// clock.
func (p *Pane) still() bool {
	q := &p.shown.query
	return p.ready && !p.question.Open() && p.s.World.State.Seq == p.shown.seq && p.query().same(*q) && q.sortBy != byTime &&
		!strings.Contains(q.filter, "age:")
}

// refresh takes in the world: at once where it is another instant, else at most once a second.
func (p *Pane) refresh(second bool) tea.Cmd {
	if p.s.World.State == nil {
		return nil
	}
	if p.still() {
		return nil
	}
	moved := !p.s.World.Past.Equal(p.shown.query.past)
	live := p.newestFirst() && p.shown.query.filter == "" && len(p.shown.runs) <= fewRuns
	if !second && !moved && !live && p.s.Now().Sub(p.made) < reorder {
		return nil
	}
	return p.update(false)
}

// rearrange makes the list anew because something else is wanted of it.
func (p *Pane) rearrange() tea.Cmd { return p.update(true) }

// update makes the list, in a command where there are many runs.
func (p *Pane) update(wanted bool) tea.Cmd {
	q, now := p.query(), p.s.Time()
	if q.state == nil {
		return nil
	}
	p.made = p.s.Now()
	if len(q.state.Runs()) <= fewRuns {
		p.question.Drop()
		p.adopt(ask(q, now), wanted)
		return nil
	}
	return p.question.Ask(p.ctx, p.s, wanted, func() answer { return ask(q, now) })
}

func (p *Pane) answer(m pane.Answered[answer]) tea.Cmd {
	current, again := p.question.Take(m)
	if !current {
		return nil
	}
	p.adopt(m.Answer, !m.Answer.query.same(p.shown.query))
	if again {
		return p.update(false)
	}
	return nil
}

// same reports whether two questions want the same list of the world.
func (q query) same(o query) bool {
	return q.view == o.view && q.sortBy == o.sortBy && q.down == o.down && q.filter == o.filter && q.past.Equal(o.past)
}

func (p *Pane) newestFirst() bool { return p.order.By == byStart && p.order.Down }

// adopt shows a list. One that was wanted otherwise is a new one: nothing in it "came".
func (p *Pane) adopt(a answer, wanted bool) {
	if p.s.Run != p.list.Selected() { // chosen elsewhere
		p.list.Select(p.s.Run)
	}
	p.ready = true
	fresh := wanted || !a.query.past.Equal(p.shown.query.past)
	p.shown = a
	if fresh || !p.newestFirst() {
		p.relist(a.ids, fresh)
	} else {
		p.list.Set(a.ids)
	}
	if p.wanted != "" && p.list.Select(p.wanted) {
		p.wanted = ""
	}
	p.choseRow()
	p.notice()
}

// relist begins a list of its own: the cursor stays with its run, or with its place where the run is gone.
func (p *Pane) relist(ids []string, wanted bool) {
	at := p.list.At()
	if wanted && p.s.Run == "" {
		at = 0
	}
	if slices.Equal(ids, p.list.IDs()) {
		return
	}
	p.list = list.List{}
	p.list.Keep(p.held)
	p.list.Set(ids)
	if !p.list.Select(p.s.Run) && len(ids) > 0 {
		p.list.Select(ids[min(at, len(ids)-1)])
	}
}

// choseRow makes the run under the cursor the selected one of the console.
func (p *Pane) choseRow() {
	if id := p.list.Selected(); id != "" {
		p.s.Run = id
	}
}

// notice finds out whether a run failed that nobody saw. Of the past nobody wants to know.
func (p *Pane) notice() {
	if !p.shown.query.past.IsZero() {
		return
	}
	p.unseen = false
	seen := make(map[string]bool, len(p.shown.failed))
	for _, id := range p.shown.failed {
		if p.seen[id] {
			seen[id] = true
		} else {
			p.unseen = true
		}
	}
	p.seen = seen
}

// saw notes the failed runs among those that are on the screen.
func (p *Pane) saw(ids []string) {
	if !p.unseen || !p.s.World.Past.IsZero() {
		return
	}
	for _, id := range ids {
		if r := p.shown.runs[id]; r != nil && r.failed() {
			p.seen[id] = true
		}
	}
	p.notice()
}
