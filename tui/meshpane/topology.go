package meshpane

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/tui/canvas"
	"voxmesh/tui/graph"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
)

// viewName is under which the places of the machines are kept in the data folder.
const viewName = "topology"

// topology is where the machines stand: placed in the background when one comes or goes, from the places that are known,
// and frozen then.
type topology struct {
	views Views
	ready bool // what is kept was read

	view  canvas.View
	nodes []canvas.Node // of the last scene, to be used again
	edges []canvas.Edge
	seen  seen        // what it was made of
	at    layout.Rect // of the canvas

	asked   graph.Graph // of the request that is on its way, or was answered
	host    int         // its node that is the host, −1: none
	waiting uint64      // its generation; 0: none is on its way
	stop    context.CancelFunc

	known  map[string]graph.Point // where machines of the present stand
	pins   map[string]graph.Point // those that were put there by hand
	pinned int                    // how often pins changed
	dirty  bool                   // known or pins are not kept yet
}

type (
	// loaded is what was kept.
	loaded struct{ kept kept }
	// placed is an answer to a request.
	placed struct {
		generation uint64
		picture    *graph.Picture
		past       bool
	}
	// saved is how keeping it ended; a failure costs the next start a picture of its own, nothing else.
	saved struct{}
)

// kept is what is written to the data folder.
type kept struct {
	V      int                    `json:"v"`
	Points map[string]graph.Point `json:"points"`
	Pins   []string               `json:"pins,omitempty"`
}

func newTopology(v Views) topology {
	return topology{views: v, host: -1, known: map[string]graph.Point{}, pins: map[string]graph.Point{}}
}

// load reads what was kept. A file that can't be read is none.
func (t *topology) load(context.Context) tea.Cmd {
	views := t.views
	return func() tea.Msg {
		var k kept
		if b, err := views.LoadView(viewName); err != nil || json.Unmarshal(b, &k) != nil {
			return loaded{}
		}
		return loaded{k}
	}
}

func (t *topology) update(ctx context.Context, s *pane.Session, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case loaded:
		t.ready = true
		maps.Copy(t.known, msg.kept.Points)
		for _, id := range msg.kept.Pins {
			if p, ok := t.known[id]; ok {
				t.pins[id] = p
				t.pinned++
			}
		}
		return t.follow(ctx, s)
	case placed:
		if msg.generation != t.waiting {
			return nil
		}
		t.waiting = 0
		t.view.SetPicture(msg.picture)
		if !msg.past {
			t.remember(msg.picture)
			return t.save()
		}
	}
	return nil
}

// remember takes the places of the picture as those that are known.
func (t *topology) remember(pic *graph.Picture) {
	for i, n := range pic.Graph.Nodes {
		p := pic.Points[i]
		if at, ok := t.known[n.ID]; !ok || at != p { // a place may well be 0, 0
			t.known[n.ID], t.dirty = p, true
		}
	}
}

// save keeps the places. Of machines that left only those are kept that the mesh could still show in its past.
func (t *topology) save() tea.Cmd {
	if !t.dirty {
		return nil
	}
	t.dirty = false
	k := kept{V: 1, Points: maps.Clone(t.known), Pins: slices.Sorted(maps.Keys(t.pins))}
	views := t.views
	return func() tea.Msg {
		if b, err := json.Marshal(k); err == nil {
			_ = views.SaveView(viewName, b)
		}
		return saved{}
	}
}

// follow asks for a new picture where the graph is another one than that of the last request. In the past every machine
// that is known keeps today's place.
func (t *topology) follow(ctx context.Context, s *pane.Session) tea.Cmd {
	if !t.ready {
		return nil
	}
	if t.is(s.World.State) {
		return nil
	}
	g, host := graphOf(s.World.State)
	if t.stop != nil {
		t.stop()
	}
	ctx, t.stop = context.WithCancel(ctx)
	t.asked, t.host, t.waiting = g, host, s.Generation()
	past := !s.World.Past.IsZero()
	generation, known, pins := t.waiting, maps.Clone(t.known), maps.Clone(t.pins)
	if past {
		pins = known
	}
	return func() tea.Msg {
		p, err := graph.PlaceFrom(ctx, g, known, pins)
		if err != nil {
			return nil // it was asked for something else meanwhile
		}
		return placed{generation, p, past}
	}
}

// graphOf is the mesh as a graph: its machines by id, each joined to the host, which is one of them, or −1.
func graphOf(st *mesh.State) (g graph.Graph, host int) {
	host = -1
	for i, n := range st.Nodes() {
		g.Nodes = append(g.Nodes, graph.Node{ID: n.ID, Group: uint8(n.Class.Effective())})
		if n.Host {
			host = i
		}
	}
	for i := range g.Nodes {
		if host >= 0 && i != host {
			g.Edges = append(g.Edges, graph.Edge{A: host, B: i})
		}
	}
	return g, host
}

// is reports whether the mesh is the graph that was asked for last: then so are its edges, which follow from the nodes.
func (t *topology) is(st *mesh.State) bool {
	nodes, host := st.Nodes(), -1
	if len(nodes) != len(t.asked.Nodes) {
		return false
	}
	for i, n := range nodes {
		if t.asked.Nodes[i] != (graph.Node{ID: n.ID, Group: uint8(n.Class.Effective())}) {
			return false
		}
		if n.Host {
			host = i
		}
	}
	return host == t.host
}
