package policypane

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh/privacy"
	"voxmesh/policy"
	"voxmesh/tui/keys"
	"voxmesh/tui/list"
	"voxmesh/tui/pane"
	"voxmesh/tui/verb"
)

// ask is a job that somebody could send, as the layer describes it: what each of its parts can be, and which it is.
type ask struct {
	name    string
	flag    string
	options []string // the first is what the flag says where it is absent
	at      int
}

func (a *ask) value() string { return a.options[a.at] }

// The parts of a job, in the order of the layer.
const (
	askKind = iota
	askPeer
	askClass
	askPriority
	askNSFW
	askTime
	askScope
	askModel
	askCommand
	numAsks
)

const unsaid = "–"

// explainer is the layer that answers whether a job could run here, by the policy as the form shows it, saved or not: each
// rule with the setting that decided and its line. Nothing else runs here, as far as it knows.
type explainer struct {
	p      *Pane
	asks   [numAsks]ask
	at     int
	answer policy.Decision
	broken string // why there is no policy to ask

	top, rows int
}

func (p *Pane) explain() pane.Action {
	l := &explainer{p: p}
	f := p.of(p.now())
	pol, _ := f.Policy()
	named := func(lists ...[]string) []string {
		out := []string{unsaid}
		for _, names := range lists {
			for _, n := range names {
				if !slices.Contains(out, n) {
					out = append(out, n)
				}
			}
		}
		return out
	}
	var overridden []string
	for _, o := range pol.Overrides {
		overridden = append(overridden, o.Peer)
	}
	priorities := []string{"5"}
	for n := range 10 {
		if n != 5 {
			priorities = append(priorities, fmt.Sprint(n))
		}
	}
	slices.Sort(priorities)
	l.asks = [numAsks]ask{
		{name: "kind", flag: "--kind", options: policy.Kinds()},
		{name: "from", flag: "--peer", options: named(overridden, p.known.Peers, pol.AllowedUsers, pol.DeniedUsers)},
		{name: "class", flag: "--privacy", options: []string{privacy.PairedPeersOnly.String(), privacy.PublicMesh.String(), "unknown"}},
		{name: "priority", flag: "--priority", options: priorities, at: 5},
		{name: "NSFW", flag: "--nsfw", options: []string{"no", "yes"}},
		{name: "asks for", flag: "--timeout", options: []string{unsaid, "10m", "1h", "2h", "24h"}},
		{name: "scope", flag: "--scope", options: named(pol.AllowedScopes)},
		{name: "model", flag: "--model", options: named(p.known.Models, pol.Models)},
		{name: "command", flag: "--command", options: named(pol.Commands, []string{"ffmpeg"})},
	}
	if len(l.asks[askPeer].options) > 1 {
		l.asks[askPeer].at = 1
	}
	l.kindOfRow()
	l.look()
	return pane.Push{Layer: l}
}

// kindOfRow asks about the slot or the peer under the cursor.
func (l *explainer) kindOfRow() {
	r := l.p.row()
	if r == nil || r.kind != record || len(r.cells) == 0 {
		return
	}
	for _, part := range []int{askKind, askPeer} {
		if i := slices.Index(l.asks[part].options, r.cells[0].text); i >= 0 {
			l.asks[part].at = i
		}
	}
}

// said is a part, empty where it says nothing.
func (l *explainer) said(part int) string {
	if v := l.asks[part].value(); v != unsaid {
		return v
	}
	return ""
}

func (l *explainer) request() policy.Request {
	class, _ := privacy.Parse(l.said(askClass))
	timeout, _ := time.ParseDuration(l.said(askTime))
	peer := l.said(askPeer)
	return policy.Request{
		Kind: l.said(askKind), Peer: peer, Mesh: peer[strings.LastIndexByte(peer, '@')+1:], Class: class,
		NSFW: l.said(askNSFW) == "yes", Priority: uint8(numberOf(l.said(askPriority))), Timeout: timeout, Scope: l.said(askScope),
		Model: l.said(askModel), Command: l.said(askCommand), At: l.p.s.Now(),
	}
}

// look asks the policy; what refuses comes first.
func (l *explainer) look() {
	f := l.p.of(l.p.now())
	pol, ok := f.Policy()
	if l.broken = ""; !ok {
		l.broken = "The policy has errors, and so gives nothing to anyone."
		l.answer = policy.Decision{}
		return
	}
	l.answer = policy.Decide(pol, f, l.request(), policy.Load{})
	slices.SortStableFunc(l.answer.Reasons, func(a, b policy.Reason) int {
		return map[bool]int{false: 0, true: 1}[a.Allowed] - map[bool]int{false: 0, true: 1}[b.Allowed]
	})
}

// command is what asks the same in a shell, of the file as it is on disk.
func (l *explainer) command() string {
	out := []string{"voxmesh policy explain"}
	for i := range l.asks {
		v := l.said(i)
		switch {
		case v == "" || i == askNSFW && v == "no":
		case i == askNSFW:
			out = append(out, l.asks[i].flag)
		default:
			out = append(out, l.asks[i].flag+" "+verb.Quote(v))
		}
	}
	return strings.Join(out, " ") + l.p.block()
}

func (*explainer) Typing() bool { return false }
func (*explainer) Bare() bool   { return false }
func (*explainer) Closed()      {}

// Update takes a message.
func (l *explainer) Update(msg tea.Msg) (pane.Action, tea.Cmd) {
	switch msg := msg.(type) {
	case pane.Second:
		l.look()
	case pane.Wheel:
		l.scroll(map[bool]int{true: wheelRows, false: -wheelRows}[msg.Down])
	case pane.Click:
		l.click(msg)
	case pane.Do:
		return l.do(msg.ID), nil
	}
	return nil, nil
}

func (l *explainer) do(id keys.ID) pane.Action {
	switch id {
	case keys.Back, keys.Explain:
		return pane.Close{}
	case keys.Copy:
		return pane.Clip{Text: l.command(), Said: "copied the command"}
	case keys.Open:
		return l.visit()
	case keys.Up, keys.Previous:
		l.at = (l.at + numAsks - 1) % numAsks
	case keys.Down, keys.Next:
		l.at = (l.at + 1) % numAsks
	case keys.Left:
		l.change(-1)
	case keys.Right, keys.Mark:
		l.change(1)
	case keys.PageUp:
		l.scroll(-l.rows)
	case keys.PageDown:
		l.scroll(l.rows)
	case keys.HalfUp:
		l.scroll(-(l.rows + 1) / 2)
	case keys.HalfDown:
		l.scroll((l.rows + 1) / 2)
	case keys.Home:
		l.top = 0
	case keys.End:
		l.scroll(len(l.answer.Reasons))
	}
	return nil
}

// change makes the part with the cursor another one.
func (l *explainer) change(by int) {
	a := &l.asks[l.at]
	a.at = (a.at + len(a.options) + by) % len(a.options)
	l.top = 0
	l.look()
}

// visit goes to the setting that decided: the first that refuses.
func (l *explainer) visit() pane.Action {
	if len(l.answer.Reasons) > 0 {
		f := l.p.of(l.p.now())
		if n := f.Find(l.answer.Reasons[0].Field); n.Valid() {
			start, _ := n.Span()
			l.p.toRow(l.p.rowAt(start))
		} else {
			l.p.toRow(l.p.find(l.answer.Reasons[0].Field))
		}
	}
	return pane.Close{}
}

func (l *explainer) scroll(by int) {
	l.top = max(min(l.top+by, len(l.answer.Reasons)-l.rows), 0)
}

// Keys gives the bindings.
func (l *explainer) Keys() []keys.Binding {
	left := keys.Get(keys.Left)
	left.SetHelp("←→", "another kind, sender, class …")
	left.Short = "change"
	return append([]keys.Binding{
		left, keys.Get(keys.Right).As("", "another kind, sender, class …"), keys.Get(keys.Mark).As("", "another one"),
		keys.Get(keys.Next).As("next", "next part of the job"), keys.Get(keys.Previous).As("", "the part before"),
		keys.Get(keys.Open).As("go there", "to the setting that decided"),
		keys.Get(keys.Copy).As("copy", "copy the command"), keys.Get(keys.Back).As("close", "close"),
		keys.Get(keys.Explain).As("", "close"),
	}, list.Movement()...)
}
