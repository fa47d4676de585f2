package palette

import (
	"cmp"
	"slices"
	"strings"

	"voxmesh/audit"
	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/tui/keys"
	"voxmesh/tui/palette/match"
	"voxmesh/tui/pane"
	"voxmesh/tui/verb"
)

// does is what choosing an entry does.
type does uint8

const (
	open  does = iota // goes to where the thing is shown
	act               // begins an act
	press             // does what a key would do
)

// entry is one thing that can be chosen. It holds no state: what its row says is asked of the world that is shown.
type entry struct {
	does does
	verb keys.ID  // of an act or a press
	on   pane.Ref // the thing, if there is one
	text string   // what it is found by
	head int      // how much of the text is in our own words and ids; a title follows after a blank
	with string   // what was typed for the act
}

// key names an entry, so that it is known again among others.
func (e *entry) key() string {
	return string([]byte{'0' + byte(e.does), '0' + byte(e.on.Kind)}) + string(e.verb) + "\x00" + e.on.ID + "\x00" + e.with
}

func (e *entry) what() string { return e.text[:e.head] }

func (e *entry) title() string { return strings.TrimPrefix(e.text[e.head:], " ") }

// maxTitle is how much of a title can be found and shown, in characters.
const maxTitle = 80

// titled makes an entry with the title of a thing behind our own words.
func titled(e entry, what, title string) entry {
	e.text, e.head = what, len(what)
	if title != "" {
		e.text += " " + clean.Max(title, maxTitle).String()
	}
	return e
}

func plain(d does, id keys.ID, on pane.Ref, what string) entry {
	return titled(entry{does: d, verb: id, on: on}, what, "")
}

// look is a binding as it stood when the entries were made: panes answer for theirs on the event loop only.
type look struct {
	entry entry
	off   bool
}

// index is everything that can be chosen, of one state, and the parts of it that a prefix narrows it to. A thing stands
// before the acts on it: among equals what changes nothing comes first.
type index struct {
	state   *mesh.State
	entries []entry
	set     *match.Set
	nodes   int // [0, nodes): nodes and invites to go to
	runs    int // [nodes, runs): runs and jobs
	open    int // [runs, open): items of the hopper that are not over
	items   int // [open, items): the others, and batches
	things  int // [items, things): models and audit entries
	looks   int // [things, looks): what keys do here; the rest are acts on things
}

// build makes the index. It is pure but for the session's clock, and takes a copy of the session: it may run beside
// the event loop.
func build(s *pane.Session, looks []look) *index {
	b := &builder{s: s, st: s.World.State}
	nodes, invites, runs, jobs := b.st.Nodes(), b.openInvites(), newest(b.st.Runs()), b.st.Jobs()
	x := &index{state: b.st}
	for _, n := range nodes {
		b.put(openNode(n), false)
	}
	for _, i := range invites {
		b.put(openInvite(i), false)
	}
	x.nodes = len(b.entries)
	for _, r := range runs {
		b.put(openRun(r), false)
	}
	for i := len(jobs) - 1; i >= 0; i-- {
		b.put(openJob(jobs[i]), false)
	}
	x.runs = len(b.entries)
	open := b.items(x)
	x.items = len(b.entries)
	for _, m := range models(nodes) {
		b.put(openModel(m), false)
	}
	b.audited()
	x.things = len(b.entries)
	for _, l := range looks {
		b.put(l.entry, l.off)
	}
	x.looks = len(b.entries)
	b.acting(nodes, invites, runs, jobs)
	for _, it := range open {
		for _, id := range verb.Of(pane.Item) {
			b.act(id, pane.Ref{Kind: pane.Item, ID: it.ID}, it.Intent)
		}
	}
	for _, id := range b.batches {
		b.act(keys.Kill, pane.Ref{Kind: pane.Item, ID: id}, "the batch, as one")
	}
	x.entries, x.set = b.entries, match.New(b.found)
	return x
}

type builder struct {
	s       *pane.Session
	st      *mesh.State
	entries []entry
	found   []match.Item
	batches []string
}

func (b *builder) put(e entry, off bool) {
	b.entries = append(b.entries, e)
	b.found = append(b.found, match.Item{Text: e.text, Last: off})
}

func (b *builder) act(id keys.ID, on pane.Ref, title string) {
	e := actEntry(b.s, id, on, title)
	b.put(e, verb.Refuse(b.s, id, on) != "")
}

func (b *builder) acting(nodes []*mesh.Node, invites []*mesh.Invite, runs []*mesh.Run, jobs []*mesh.Job) {
	b.act(keys.Cap, pane.Ref{Kind: pane.Mesh}, "")
	for _, n := range nodes {
		for _, id := range verb.Of(pane.Node) {
			b.act(id, pane.Ref{Kind: pane.Node, ID: n.ID}, "")
		}
		b.put(sendFlow(n.ID), b.s.Refuse() != "")
	}
	for _, i := range invites {
		b.act(keys.Revoke, pane.Ref{Kind: pane.Invite, ID: i.PeerID}, i.Label)
	}
	for _, m := range models(nodes) {
		b.act(keys.Send, pane.Ref{Kind: pane.Model, ID: m}, "")
	}
	for _, r := range runs {
		for _, id := range verb.Of(pane.Run) {
			b.act(id, pane.Ref{Kind: pane.Run, ID: r.ID}, r.Title)
		}
	}
	for i := len(jobs) - 1; i >= 0; i-- {
		for _, id := range verb.Of(pane.Job) {
			b.act(id, pane.Ref{Kind: pane.Job, ID: jobs[i].Job}, "")
		}
	}
}

func (b *builder) openInvites() []*mesh.Invite {
	var out []*mesh.Invite
	now := b.s.Time().UnixMicro()
	for _, i := range b.st.Invites() {
		if i.Open(now) {
			out = append(out, i)
		}
	}
	return out
}

// audits is how many of the newest audit entries can be gone to.
const audits = 200

func (b *builder) audited() {
	for n := b.st.Acts; n > 0 && n+audits > b.st.Acts; n-- {
		b.put(openEntry(audit.ID(n)), false)
	}
}

// newest puts runs in the order of their beginning, the last first.
func newest(runs []*mesh.Run) []*mesh.Run {
	slices.SortFunc(runs, func(a, b *mesh.Run) int { return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(b.ID, a.ID)) })
	return runs
}

// models gives the names of all models of all nodes, each once.
func models(nodes []*mesh.Node) []string {
	seen := map[string]bool{}
	var out []string
	for _, n := range nodes {
		for _, m := range n.Models {
			if !seen[m.Name] {
				seen[m.Name] = true
				out = append(out, m.Name)
			}
		}
	}
	return out
}
