package palette

import (
	"slices"
	"strings"

	"voxmesh/mesh"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
	"voxmesh/tui/verb"
)

// actEntry is an act on a thing, as it is called now: a paused node is resumed.
func actEntry(s *pane.Session, id keys.ID, on pane.Ref, title string) entry {
	what := verb.Name(s, id, on) + " " + on.ID
	switch {
	case on.Kind == pane.Mesh:
		what = "cap the mesh"
	case on.Kind == pane.Invite:
		what = "revoke invite " + on.ID
	case id == keys.Send && on.Kind == pane.Node:
		what = "send FILE to " + on.ID
	case id == keys.Send && on.Kind == pane.Model:
		what = "send a prompt to " + on.ID
	case id == keys.Priority:
		what = "change the priority of " + on.ID
	}
	return titled(entry{does: act, verb: id, on: on}, what, title)
}

func openNode(n *mesh.Node) entry {
	title := n.Label
	if title == n.ID {
		title = ""
	}
	return titled(entry{on: pane.Ref{Kind: pane.Node, ID: n.ID}}, n.ID, title)
}

func openInvite(i *mesh.Invite) entry {
	return titled(entry{on: pane.Ref{Kind: pane.Invite, ID: i.PeerID}}, i.PeerID, i.Label)
}

func openRun(r *mesh.Run) entry {
	return titled(entry{on: pane.Ref{Kind: pane.Run, ID: r.ID}}, r.ID, r.Title)
}

// openJob goes to a job. Its run has its title.
func openJob(j *mesh.Job) entry {
	return plain(open, "", pane.Ref{Kind: pane.Job, ID: j.Job}, j.Job)
}

func openModel(name string) entry {
	return plain(open, "", pane.Ref{Kind: pane.Model, ID: name}, name)
}

func openEntry(id string) entry {
	return plain(open, "", pane.Ref{Kind: pane.Entry, ID: id}, id)
}

// fitting gives what there is to do with a thing, and going to it; nothing where it is not there.
func fitting(s *pane.Session, on pane.Ref) []entry {
	if on.Kind == pane.Span {
		run, _, _ := strings.Cut(on.ID, "/")
		on = pane.Ref{Kind: pane.Run, ID: run}
	}
	there, ok := entryOf(s, on)
	if !ok {
		return nil
	}
	var out []entry
	for _, id := range verb.Of(on.Kind) {
		out = append(out, actEntry(s, id, on, there.title()))
		if id == keys.Send && on.Kind == pane.Node {
			out = append(out, sendFlow(on.ID))
		}
	}
	if on.Kind != pane.Mesh {
		out = append(out, there)
	}
	return out
}

// entryOf gives the entry that goes to a thing.
func entryOf(s *pane.Session, on pane.Ref) (entry, bool) {
	st := s.World.State
	switch on.Kind {
	case pane.Node:
		if n, ok := st.Node(on.ID); ok {
			return openNode(n), true
		}
	case pane.Invite:
		if i, ok := st.Invite(on.ID); ok && i.Open(s.Time().UnixMicro()) {
			return openInvite(i), true
		}
	case pane.Job:
		if j, ok := st.Job(on.ID); ok {
			return openJob(j), true
		}
	case pane.Run:
		if r, ok := st.Run(on.ID); ok {
			return openRun(r), true
		}
	case pane.Model:
		return openModel(on.ID), on.ID != ""
	case pane.Entry:
		return openEntry(on.ID), on.ID != ""
	case pane.Item:
		return itemEntry(st, on.ID)
	case pane.Mesh:
		return entry{on: on}, true
	}
	return entry{}, false
}

// selected gives the things that are selected in the console, those that acts are most often for first.
func selected(s *pane.Session) []pane.Ref {
	out := []pane.Ref{{Kind: pane.Node, ID: s.Node}}
	if peer, ok := strings.CutPrefix(s.Node, pane.InvitePrefix); ok {
		out[0] = pane.Ref{Kind: pane.Invite, ID: peer}
	}
	return append(out, pane.Ref{Kind: pane.Job, ID: s.Job}, pane.Ref{Kind: pane.Run, ID: s.Run},
		pane.Ref{Kind: pane.Item, ID: s.Item}, pane.Ref{Kind: pane.Model, ID: s.Model})
}

// hidden are the keys that move, type or open: there is nothing to choose in them.
var hidden = map[keys.ID]bool{
	keys.Next: true, keys.Previous: true, keys.Up: true, keys.Down: true, keys.Left: true, keys.Right: true,
	keys.PageUp: true, keys.PageDown: true, keys.HalfUp: true, keys.HalfDown: true, keys.Home: true, keys.End: true,
	keys.Open: true, keys.Back: true, keys.Palette: true, keys.WordLeft: true, keys.WordRight: true, keys.Erase: true,
	keys.Delete: true, keys.EraseWord: true, keys.Clear: true, keys.CopyCommand: true, keys.Mark: true,
	// An entry for each thing does these.
	keys.Kill: true, keys.Pause: true, keys.Drain: true, keys.Replay: true, keys.Revoke: true, keys.Cap: true, keys.Priority: true,
}

// words are what some keys do, as one looks for it.
var words = map[keys.ID]string{
	keys.Pane1: "go to Mesh", keys.Pane2: "go to Runs", keys.Pane3: "go to Hopper", keys.Pane4: "go to Models",
	keys.Pane5: "go to Policy", keys.Pane6: "go to Audit", keys.Live: "go back to live", keys.TypeTime: "go to a time",
	keys.Add: "add a node", keys.Join: "join a mesh", keys.Send: "send a prompt", keys.Leave: "leave voxmesh",
	keys.Explain: "explain what is selected", keys.Copy: "copy what is selected",
}

// looksOf makes the entries of what the keys do that can be pressed behind the palette, each once.
func looksOf(bs []keys.Binding, s *pane.Session) []look {
	var out []look
	seen := map[keys.ID]bool{}
	put := func(b keys.Binding) {
		if seen[b.ID] || hidden[b.ID] || b.Long() == "" {
			return
		}
		seen[b.ID] = true
		what := words[b.ID]
		if what == "" {
			what = b.Long()
		}
		e := plain(press, b.ID, pane.Ref{}, what)
		switch b.ID {
		case keys.Add, keys.Join, keys.Send:
			e.does = act // on nothing yet: its box asks
		}
		out = append(out, look{e, b.Reason() != "" || e.does == act && s.Refuse() != ""})
	}
	for _, b := range keys.Pick(keys.Add, keys.Join, keys.Send) {
		put(given(bs, b))
	}
	last := slices.IndexFunc(bs, func(b keys.Binding) bool { return b.ID == keys.Leave })
	for _, part := range [][]keys.Binding{panes(bs), slices.Delete(slices.Clone(bs), max(last, 0), last+1), bs[max(last, 0):]} {
		for _, b := range part {
			put(b)
		}
	}
	return out
}

// panes gives the keys of the six panes.
func panes(bs []keys.Binding) []keys.Binding {
	var out []keys.Binding
	for _, b := range bs {
		if strings.HasPrefix(string(b.ID), "pane.") {
			out = append(out, b)
		}
	}
	return out
}

// given is a binding as it stands behind the palette, else as the table has it.
func given(bs []keys.Binding, b keys.Binding) keys.Binding {
	for _, o := range bs {
		if o.ID == b.ID {
			return o
		}
	}
	return b
}
