package modelspane

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/format"
	"voxmesh/tui/list"
	"voxmesh/tui/theme"
)

// jobClass is the class of the job for which places are judged: that of work which someone sends without saying another.
const jobClass = privacy.PairedPeersOnly

// query is what the list is made of. It is a value: a command may keep it as long as it likes.
type query struct {
	state  *mesh.State
	tel    *mesh.Telemetry
	past   time.Time
	view   view
	kept   named
	sortBy column
	down   bool
	filter string
}

// facts are what the columns show, of a row of either kind.
type facts struct {
	size, context          int64
	quant, backend, family string
	digest                 string
	word                   string // of COULD RUN
	ink                    theme.Ink
	rank                   int // of word: what can run comes first
	age                    string
	old                    time.Duration // below zero: not known
	wide                   int           // of the class
}

// spot is a model on a node.
type spot struct {
	facts
	model  string
	node   string
	class  privacy.Class // of the node, and so of the model there
	reason string        // why it could not run a job, in a sentence
	rule   string
	has    bool // the model is there
	could  bool // now, or when a slot is free
	loaded bool
	room   string // the model that shows that this one, which is not there, would fit
}

// header is the row over some spots, without a class of its own where it is a model's.
type header struct {
	facts
	name     string
	could    int
	of       int
	loaded   int
	bytes    int64
	note     string // of a node without models
	attend   bool   // not all of its spots could run
	narrowed bool   // some of its spots are not shown
}

// branch is a header's spots, with the class of the node where it is a node's.
type branch struct {
	id    string
	class privacy.Class
	spots []*spot
}

// note is a node that says why it has no models.
type note struct {
	node  string
	class privacy.Class
	text  string
	age   string
}

// answer is a list that was made. Nothing in it points into a state.
type answer struct {
	query    query
	headers  map[string]header
	branches []branch
	spots    map[string]*spot   // by the ids of their rows
	byModel  map[string][]*spot // all of a model, in the order of nodes, whatever is shown of them
	notes    []note
	known    int // models of the mesh, or nodes, before anything was narrowed
	shown    int
	models   int
}

// spotID is the id of a spot's row: the same in both views, so that the cursor stays with it.
func spotID(model, node string) string { return model + "\x00" + node }

// The ids of the rows over them. No name holds a control character.
func modelID(model string) string { return "\x01" + model }
func nodeID(node string) string   { return "\x00" + node }

// ask makes the list: pure, and of values alone.
func ask(q query, now time.Time) answer {
	a := answer{query: q, headers: map[string]header{}, spots: map[string]*spot{}, byModel: map[string][]*spot{}}
	a.query.state, a.query.tel = nil, nil // not to be held longer than it is shown
	if q.state == nil {
		return a
	}
	all := a.judge(q, now)
	var f list.Filter
	f.Set(q.filter)
	groups := map[string]*branch{}
	for _, sp := range all {
		a.byModel[sp.model] = append(a.byModel[sp.model], sp)
		id := modelID(sp.model)
		if q.view == byNode {
			id = nodeID(sp.node)
		}
		g := groups[id]
		if g == nil {
			g = &branch{id: id}
			groups[id] = g
			a.headers[id] = header{name: sp.model}
		}
		if q.view == byNode {
			g.class = sp.class
		}
		h := a.headers[id]
		if sp.has {
			h.count(sp)
		}
		if q.kept.has(sp) && f.Matches(fieldsOf(sp)) {
			g.spots = append(g.spots, sp)
			a.spots[spotID(sp.model, sp.node)] = sp
		} else if sp.has {
			h.narrowed = true
		}
		a.headers[id] = h
	}
	a.finish(q, now, groups)
	return a
}

// judge asks for every model where a job could run it: first the nodes that have it, then those where it would fit.
func (a *answer) judge(q query, now time.Time) []*spot {
	sizes := map[string]int64{}
	runners := map[string]string{}
	for _, n := range q.state.Nodes() {
		for _, m := range n.Models {
			if m.Name == "" {
				continue
			}
			sizes[m.Name] = max(sizes[m.Name], m.Size)
			runners[m.Name] = runner(m)
		}
	}
	a.models = len(sizes)
	var out []*spot
	free := map[string]*spot{} // the largest model of a node that fits there beside what is loaded, and could run
	for _, model := range slices.Sorted(maps.Keys(sizes)) {
		req := mesh.JobRequest{Runner: runners[model], Model: model, Class: jobClass}
		for _, fit := range q.state.NodesFor(q.tel, now, req) {
			n, ok := q.state.Node(fit.NodeID)
			if !ok || !fit.Has && fit.Rule != mesh.RuleModel {
				continue
			}
			sp := spotOf(n, model, fit)
			sp.age, sp.old = heard(n, q.tel, now)
			out = append(out, sp)
			if o := free[n.ID]; fit.Has && sp.could && !sp.loaded && fit.Model.FitsInVRAM && (o == nil || o.size < sp.size) {
				free[n.ID] = sp
			}
		}
	}
	return slices.DeleteFunc(out, func(sp *spot) bool {
		if sp.has {
			return false
		}
		o := free[sp.node]
		if o == nil || o.size < sizes[sp.model] {
			return true
		}
		sp.size, sp.room = sizes[sp.model], o.model
		sp.word, sp.ink, sp.rank = "absent, would fit", theme.Second, 3
		return false
	})
}

// runner is what runs a model: one that only embeds cannot answer a prompt.
func runner(m mesh.Model) string {
	if strings.Contains(m.Family, "bert") || strings.Contains(m.Name, "embed") {
		return "embed"
	}
	return "text"
}

func spotOf(n *mesh.Node, model string, fit mesh.Fit) *spot {
	sp := &spot{
		model: clean.Line(model).String(), node: n.ID, class: n.Class, reason: clean.Line(fit.Reason).String(), rule: fit.Rule, has: fit.Has,
		could: fit.Allowed || fit.Has && fit.Rule == mesh.RuleBusy, loaded: fit.Model.Loaded,
	}
	sp.wide = int(n.Class.Effective())
	sp.word, sp.ink, sp.rank = fit.Word, theme.Third, 4
	switch {
	case fit.Word == "loaded":
		sp.ink, sp.rank = theme.OK, 0
	case fit.Allowed:
		sp.ink, sp.rank = theme.Text, 1
	case sp.could:
		sp.ink, sp.rank = theme.Waiting, 2
	}
	for _, m := range n.Models {
		if m.Name == model {
			sp.size, sp.context = m.Size, m.Context
			sp.quant, sp.backend = clean.Line(m.Tag).String(), clean.Line(m.Backend).String()
			sp.family, sp.digest = clean.Line(m.Family).String(), digest(m.Digest)
		}
	}
	return sp
}

// digest is the beginning of a digest, without the name of the hash.
func digest(s string) string {
	if _, hex, ok := strings.Cut(s, ":"); ok {
		s = hex
	}
	s = clean.Line(s).String()
	if r := []rune(s); len(r) > 8 {
		s = string(r[:8])
	}
	return s
}

// fresh is the age up to which a fact needs none.
const fresh = 10 * time.Second

// heard is how old what a node said is: a dash where nobody can know, as in the past, and blank where it is fresh.
func heard(n *mesh.Node, tel *mesh.Telemetry, now time.Time) (string, time.Duration) {
	if n.Host {
		return "", 0
	}
	age := time.Duration(-1)
	if b, ok := tel.Node(n.ID); ok {
		age = b.Age(now)
	} else if tel != nil && n.Status != mesh.Online {
		age = now.Sub(time.UnixMicro(n.StatusAt))
	}
	switch {
	case age < 0:
		return format.Dash, age
	case age < fresh:
		return "", age
	}
	return format.Age(age), age
}

func fieldsOf(sp *spot) list.Fields {
	return list.Fields{
		Text: strings.Join([]string{sp.quant, sp.backend, sp.family, sp.digest, sp.word, sp.reason}, "\n"),
		Node: sp.node, Status: sp.word, Class: sp.class.Badge(), Model: sp.model, Age: sp.old,
	}
}

// count takes a spot into what the row over it says.
func (h *header) count(sp *spot) {
	h.of++
	if sp.could {
		h.could++
	}
	if sp.loaded {
		h.loaded++
	}
	h.bytes += sp.size
	h.attend = h.attend || !sp.could
	h.wide = max(h.wide, sp.wide)
	h.old = max(h.old, sp.old)
	if h.of == 1 {
		h.size, h.context, h.quant, h.family, h.digest = sp.size, sp.context, sp.quant, sp.family, sp.digest
		h.backend = sp.backend
	}
	if h.quant != sp.quant {
		h.quant = "" // they are not the same everywhere: each says its own
	}
	if h.size != sp.size {
		h.size = 0
	}
	if h.digest != sp.digest {
		h.digest = ""
	}
}

// finish completes the rows over the spots and brings all in order.
func (a *answer) finish(q query, now time.Time, groups map[string]*branch) {
	for _, n := range q.state.Nodes() {
		if len(n.Models) > 0 {
			continue
		}
		text := clean.Line(n.ModelsNote).String()
		age, _ := heard(n, q.tel, now)
		if text != "" {
			a.notes = append(a.notes, note{n.ID, n.Class, text, age})
		}
		if q.view != byNode {
			continue
		}
		if text == "" {
			text = "no models"
		}
		id := nodeID(n.ID)
		g := groups[id]
		if g == nil {
			g = &branch{id: id, class: n.Class}
			groups[id] = g
		}
		h := a.headers[id]
		h.note = text
		a.headers[id] = h
	}
	for id, g := range groups {
		h := a.headers[id]
		if q.view == byNode {
			h.name = id[1:]
			h.facts = facts{wide: h.wide, size: h.bytes, old: h.old}
			if n, ok := q.state.Node(h.name); ok {
				h.wide = int(n.Class.Effective())
				h.age, h.old = heard(n, q.tel, now)
			}
		} else {
			h.backend, h.age = "", ""
		}
		h.word, h.ink, h.rank = could(h.could, h.of), theme.Second, -h.could
		if h.note != "" && h.of == 0 {
			h.word, h.ink = h.note, theme.Third
		}
		a.headers[id] = h
		if q.view == byNode || h.of > 0 {
			a.known++
		}
		if len(g.spots) > 0 || h.note != "" && q.kept == every && noteMatches(q.filter, h) {
			a.shown++
			a.branches = append(a.branches, *g)
		}
	}
	a.arrange()
}

func could(n, of int) string { return format.Count(int64(n)) + " of " + format.Count(int64(of)) }

func noteMatches(filter string, h header) bool {
	var f list.Filter
	f.Set(filter)
	return f.Matches(list.Fields{Text: h.note, Node: h.name, Age: h.old})
}

// arrange sorts the branches, and the spots of each; among equals the name decides.
func (a *answer) arrange() {
	turn := 1
	if a.query.down {
		turn = -1
	}
	by := a.query.sortBy
	slices.SortFunc(a.branches, func(x, y branch) int {
		h, k := a.headers[x.id], a.headers[y.id]
		if by == byName {
			return turn * cmp.Compare(h.name, k.name)
		}
		return cmp.Or(turn*heads[by].compare(&h.facts, &k.facts), cmp.Compare(h.name, k.name))
	})
	name := func(s *spot) string { return s.node }
	if a.query.view == byNode {
		name = func(s *spot) string { return s.model }
	}
	for _, g := range a.branches {
		slices.SortFunc(g.spots, func(x, y *spot) int {
			c := 0
			if by != byName {
				c = heads[by].compare(&x.facts, &y.facts)
			}
			return cmp.Or(turn*c, cmp.Compare(name(x), name(y)))
		})
	}
}
