package hopperpane

import (
	"cmp"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/tui/list"
	"voxmesh/tui/pane"
)

// Lists of few items, of which fewer wait, are made at once; those of more in a command, and at most once a second, so
// that rows can be read.
const (
	fewItems = 2000
	fewWait  = 500
	reorder  = time.Second
	resting  = 10 * time.Second // between two looks at many items of which none changed
)

// query is what the lists are made of. It is a value: a command may keep it as long as it likes.
type query struct {
	state  *mesh.State
	tel    *mesh.Telemetry
	past   time.Time
	filter string
	orders [numViews]order
}

// order is by which column a list is sorted.
type order struct {
	by   column
	down bool
}

// answer is the lists that were made. Of items it holds the ids alone: rows are drawn of the world that is shown.
type answer struct {
	query  query
	ids    [numViews][]string
	places []int         // in the inbox, of the rows that a filter left of it; nil: all are there
	known  [numViews]int // before the filter
	seq    uint64        // of the state
	waits  *mesh.Waiting
}

func (p *Pane) query() query {
	q := query{state: p.s.World.State, tel: p.s.World.Tel, past: p.s.World.Past, filter: p.filter.Text()}
	for v := range p.orders {
		q.orders[v] = order{p.orders[v].By, p.orders[v].Down}
	}
	return q
}

// same reports whether two questions want the same lists of the world.
func (q query) same(o query) bool {
	return q.orders == o.orders && q.filter == o.filter && q.past.Equal(o.past)
}

// ask makes the lists: pure, and of values alone.
func ask(q query, now time.Time) answer {
	a := answer{query: q}
	a.query.state, a.query.tel = nil, nil // not to be held longer than it is shown
	if q.state == nil {
		return a
	}
	a.seq = q.state.Seq
	a.waits = q.state.Waiting(q.tel, now)
	board := q.state.Hopper()
	f := newFilter()
	f.Set(q.filter)
	for v, items := range [numViews][]*hopper.Item{board.Inbox(0), board.Assigned(0), board.History(0)} {
		a.known[v] = len(items)
		if q.filter != "" {
			items = a.kept(view(v), items, &f, now)
		}
		items = arranged(items, q.orders[v])
		a.ids[v] = make([]string, len(items))
		for i, it := range items {
			a.ids[v][i] = it.ID
		}
		if v == int(inbox) && len(items) > 0 {
			a.waits.For(items[0]) // the walk through the queue is done here and not while somebody waits for a key
		}
	}
	return a
}

func (a *answer) kept(v view, items []*hopper.Item, f *list.Filter, now time.Time) []*hopper.Item {
	var out []*hopper.Item
	for i, it := range items {
		waits := ""
		if v == inbox {
			waits = a.waits.For(it)
		}
		if !f.Matches(fieldsOf(it, waits, now)) {
			continue
		}
		out = append(out, it)
		if v == inbox {
			a.places = append(a.places, i+1)
		}
	}
	return out
}

// newFilter makes a filter that also knows who set a priority, and the priority.
func newFilter() list.Filter {
	var f list.Filter
	f.Know("by", "priority")
	return f
}

func fieldsOf(it *hopper.Item, waits string, now time.Time) list.Fields {
	return list.Fields{
		Text:   strings.Join([]string{it.ID, it.Intent, it.Session, it.Actor, it.Run, it.Batch, it.Why, it.Kind, waits, it.Value.String()}, "\n"),
		Node:   it.Node,
		Status: it.State.String() + " " + it.Outcome.String() + " " + waits,
		Class:  it.Class.Badge(),
		Model:  strings.Join(it.Models, " "),
		Age:    now.Sub(time.UnixMicro(it.At)),
		Also: func(name string) string {
			if name == "by" {
				return it.Source.Short() + " " + it.Source.String()
			}
			return it.Value.String()
		},
	}
}

// arranged sorts a list otherwise than the board has it; among equals that order stays.
func arranged(items []*hopper.Item, o order) []*hopper.Item {
	compare := heads[max(o.by, 0)].compare
	if o.by < 0 || compare == nil || o.by == atAge && !o.down {
		return items
	}
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b *hopper.Item) int {
		if o.down {
			return compare(b, a)
		}
		return compare(a, b)
	})
	return items
}

func byText(of func(*hopper.Item) string) func(a, b *hopper.Item) int {
	return func(a, b *hopper.Item) int { return strings.Compare(of(a), of(b)) }
}

func byNumber[T cmp.Ordered](of func(*hopper.Item) T) func(a, b *hopper.Item) int {
	return func(a, b *hopper.Item) int { return cmp.Compare(of(a), of(b)) }
}

// few reports whether a state has so little to look at that the lists are made while a key waits: in about a millisecond.
func few(st *mesh.State) bool {
	in, assigned, history := st.Hopper().Counts()
	return in+st.QueueLen() <= fewWait && in+assigned+history <= fewItems
}

// still reports whether the lists would come out as they are: nothing happened. What moves with time alone is drawn by
// the clock.
func (p *Pane) still() bool {
	return p.ready && !p.question.Open() && p.s.World.State.Seq == p.shown.seq && p.query().same(p.shown.query) &&
		!strings.Contains(p.shown.query.filter, "age:")
}

// refresh takes in the world: at once where it is another instant or there are few items, else at most once a second.
func (p *Pane) refresh(second bool) tea.Cmd {
	st := p.s.World.State
	if st == nil {
		return nil
	}
	still, few := p.still(), few(st)
	since := p.s.Now().Sub(p.made)
	switch moved := !p.s.World.Past.Equal(p.shown.query.past); {
	case still && !second, still && !few && since < resting:
		return nil
	case !second && !moved && !few && since < reorder:
		return nil
	}
	return p.update(false)
}

// rearrange makes the lists anew because something else is wanted of them.
func (p *Pane) rearrange() tea.Cmd { return p.update(true) }

// update makes the lists, in a command where there are many items.
func (p *Pane) update(wanted bool) tea.Cmd {
	q, now := p.query(), p.s.Time()
	if q.state == nil {
		return nil
	}
	p.made = p.s.Now()
	if few(q.state) {
		p.question.Drop()
		p.adopt(ask(q, now), wanted)
		return nil
	}
	return p.question.Ask(p.ctx, p.s, wanted, func() answer { return ask(q, now) })
}

func (p *Pane) answered(m pane.Answered[answer]) tea.Cmd {
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

// newest reports whether the newest row of a list is the first, so that rows can come there.
func (p *Pane) newest(v view) bool {
	return v != inbox && p.orders[v].By == atAge && !p.orders[v].Down
}

// adopt shows the lists. Those that were wanted otherwise are new ones: nothing in them "came".
func (p *Pane) adopt(a answer, wanted bool) {
	l := &p.lists[p.view]
	if p.s.Item != "" && p.s.Item != l.Selected() { // chosen elsewhere
		l.Select(p.s.Item)
	}
	fresh := wanted || !p.ready || !a.query.past.Equal(p.shown.query.past)
	p.ready, p.shown = true, a
	for v := range numViews {
		p.relist(v, fresh)
	}
	p.carried()
	p.forgetMarks()
	if p.wanted != "" {
		p.find(p.wanted)
	}
	p.choseRow()
}

// relist gives a list its rows: the cursor stays with its item, or with its place where the item is gone.
func (p *Pane) relist(v view, fresh bool) {
	l, ids := &p.lists[v], p.shown.ids[v]
	if !fresh {
		l.Keep(p.held || !p.newest(v))
		l.Set(ids)
		return
	}
	if slices.Equal(ids, l.IDs()) {
		return
	}
	was, at := l.Selected(), l.At()
	*l = list.List{}
	l.Keep(p.held || !p.newest(v))
	l.Set(ids)
	if !l.Select(was) && len(ids) > 0 {
		l.Select(ids[min(at, len(ids)-1)])
	}
}

// choseRow makes the item under the cursor the selected one of the console.
func (p *Pane) choseRow() {
	if id := p.lists[p.view].Selected(); id != "" {
		p.s.Item = id
	}
}

// item gives an item of the world that is shown.
func (p *Pane) item(id string) *hopper.Item {
	if id == "" || p.s.World.State == nil {
		return nil
	}
	if it, ok := p.s.World.State.Hopper().Item(id); ok {
		return it
	}
	return nil
}

// waitsFor is what an item waits for, in a few words.
func (p *Pane) waitsFor(it *hopper.Item) string {
	if p.shown.waits == nil || it.State > hopper.Triaged {
		return ""
	}
	return clean.Line(p.shown.waits.For(it)).String()
}

// viewOf is the list in which an item stands.
func viewOf(it *hopper.Item) view {
	switch it.State {
	case hopper.Assigned, hopper.Started:
		return assigned
	case hopper.Closed:
		return history
	}
	return inbox
}
