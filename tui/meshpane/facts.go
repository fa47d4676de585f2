package meshpane

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

func (p *Pane) inviteParts(i *mesh.Invite) []part {
	zone := p.s.Now().Location()
	facts := []line{
		second("an invite, not used yet", ""),
		second("expires in", format.Clock(p.left(i))),
		second("minted", format.Time(i.MintedAt, zone)),
		second("id", i.PeerID),
	}
	return []part{{facts, len(facts)}, {[]line{
		second("Its link is shown once, when it is", ""),
		second("minted, and can't be shown again.", ""),
	}, 0}}
}

// The inner width from which the inspector has its long form.
const longForm = 40

func (p *Pane) nodeParts(n *mesh.Node, w int) []part {
	long := w >= longForm
	facts := p.factLines(n, long)
	parts := []part{{facts, len(facts)}}
	if long {
		s := p.slotLines(n)
		parts = append(parts, part{s, len(s)})
	}
	run := p.jobLines(n, long)
	models := p.modelLines(n, long)
	last := p.lastLines(n, long)
	parts = append(parts, part{run, min(len(run), 3)}, part{models, min(len(models), 3)}, part{last, min(len(last), 2)})
	if long {
		parts = append(parts, part{linkLines(n), 0})
	}
	return parts
}

func (p *Pane) factLines(n *mesh.Node, long bool) []line {
	now := p.s.Time()
	kind, up, beat, rtt := "worker", "", "", "rtt "+format.Dash
	if n.Host {
		kind = "this machine, the host"
		up = "up " + format.Long(now.Sub(time.UnixMicro(n.StatusAt)))
		rtt = ""
	} else if p.s.World.Tel == nil {
		beat = "beat " + format.Dash
	} else {
		beat = "no beat heard yet"
	}
	if b, ok := p.beat(entry{node: n}); ok {
		beat = "beat " + format.Long(b.Age(now)) + " ago"
		if n.Status != mesh.Offline {
			up, rtt = "up "+format.Long(b.Uptime(now)), "rtt "+format.RTT(b.RTT)
		}
	}
	mode := second(n.Mode.String(), beat)
	if n.Mode != mesh.Active {
		mode.ls = theme.In(theme.Waiting)
	}
	if n.Mode == mesh.Draining && n.Deadline > 0 {
		mode.left += ", " + format.Clock(time.UnixMicro(n.Deadline).Sub(now)) + " left"
	}
	out := []line{second(kind, up), mode}
	if n.Locked != "" {
		out = append(out, line{left: "locked: " + n.Locked, ls: theme.In(theme.Failed)})
	}
	if n.Away != "" {
		out = append(out, line{left: n.Away, ls: theme.In(theme.Waiting)})
	}
	if n.PolicyNote != "" {
		out = append(out, line{left: "policy: " + n.PolicyNote, ls: theme.In(theme.Waiting)})
	}
	where := second(rtt, "joined "+format.Day(n.JoinedAt, now))
	if n.Host {
		where = second("since "+format.Day(n.JoinedAt, now), "")
	}
	if long {
		return append(out, where, p.spendLine(n, 12, true), p.tokenLine(n))
	}
	if use := p.slotUse(n); len(use) > 0 {
		out = append(out, line{draw: spread(use)})
	} else {
		out = append(out, second("gives nothing", ""))
	}
	return append(out, p.spendLine(n, 10, false), where)
}

// spread sets words at equal distances, the first at the left end and the last at the right.
func spread(words []string) func(b *cell.Buffer, x, y, w int, l row.Look) {
	return func(b *cell.Buffer, x, y, w int, _ row.Look) {
		st := theme.In(theme.Second)
		for len(words) > 1 && ansi.StringWidth(strings.Join(words, " ")) > w {
			words = words[:len(words)-1]
		}
		total := 0
		for _, s := range words {
			total += ansi.StringWidth(s)
		}
		used := 0
		for i, s := range words {
			at := x + used
			if i > 0 {
				at += (w - total) * i / (len(words) - 1)
			}
			b.Put(at, y, x+w-at, s, st)
			used += ansi.StringWidth(s)
		}
	}
}

func (p *Pane) spendLine(n *mesh.Node, gauge int, long bool) line {
	used := p.s.World.Spend.Node(n.ID).Micros
	mark := format.Mark(used, n.Cap)
	left := "24 h " + format.Gauge(used, n.Cap, gauge)
	if share, ok := format.Share(used, n.Cap); ok && long {
		left += fmt.Sprintf(" %d %%", share)
	}
	l := line{left: left + mark, right: format.Money(used) + " / " + format.Cap(n.Cap), rs: theme.In(theme.Text)}
	l.ls = gaugeInk(mark)
	return l
}

// tokenLine gives the tokens of 24 hours, and what the jobs of the last hour cost.
func (p *Pane) tokenLine(n *mesh.Node) line {
	cost := p.lastHour(n.ID)
	return second(format.Count(p.s.World.Spend.Node(n.ID).Tokens)+" tokens in 24 h", cost+" an hour")
}

func (p *Pane) slotLines(n *mesh.Node) []line {
	if len(n.Slots) == 0 {
		return []line{second("Slots", "gives nothing")}
	}
	use := map[string]int{}
	for _, j := range p.s.World.State.HeldBy(n.ID) {
		use[j.Kind]++
	}
	out := []line{{draw: columns("Slots", "in use", "donated", "weight", theme.In(theme.Third))}}
	for _, s := range n.Slots {
		out = append(out, line{draw: columns(" "+s.Kind, fmt.Sprint(use[s.Kind]), fmt.Sprint(s.Max), fmt.Sprint(s.Weight), theme.In(theme.Second))})
	}
	if n.Host {
		return out
	}
	return append(out, line{draw: rules(n)})
}

func columns(a, b1, c, d string, st theme.Style) func(b *cell.Buffer, x, y, w int, l row.Look) {
	return func(b *cell.Buffer, x, y, w int, _ row.Look) {
		b.Put(x, y, 8, a, st)
		b.Right(x+8, x+14, y, b1, st)
		b.Right(x+14, x+23, y, c, st)
		b.Right(x+24, x+w, y, d, st)
	}
}

// rules is what the donor's policy says beside the slots.
func rules(n *mesh.Node) func(b *cell.Buffer, x, y, w int, l row.Look) {
	nsfw, longest := "NSFW no", "no limit"
	if n.NSFW {
		nsfw = "NSFW yes"
	}
	if n.MaxJobSecs > 0 {
		longest = "longest " + format.Long(time.Duration(n.MaxJobSecs)*time.Second)
	}
	return func(b *cell.Buffer, x, y, w int, _ row.Look) {
		st := theme.In(theme.Second)
		b.Put(x, y, 9, nsfw, st)
		b.Put(x+10, y, 15, longest, st)
		b.Right(x+25, x+w, y, fmt.Sprintf("priority ≥ %d", n.MinPriority), st)
	}
}

func heading(name string, n int, right string) line {
	return line{left: fmt.Sprintf("%s %d", name, n), right: right, ls: theme.In(theme.Text), rs: theme.In(theme.Third)}
}

func (p *Pane) jobLines(n *mesh.Node, long bool) []line {
	held := p.s.World.State.HeldBy(n.ID)
	out := []line{heading("Running", len(held), "")}
	now := p.s.Time()
	for _, j := range held {
		from := j.StartedAt
		if j.State == mesh.Leased || from == 0 {
			from = j.LeasedAt
		}
		fields := []row.Field{{Text: j.Kind, Width: 5, Gap: 2, Style: theme.In(theme.Second)}}
		if long {
			fields = append(fields, row.Field{Text: fmt.Sprintf("attempt %d", j.Attempt), Width: 10, Gap: 1, Style: theme.In(theme.Second)})
		}
		time := format.Clock(now.Sub(time.UnixMicro(from)))
		out = append(out, line{item: item{ref: pane.Ref{Kind: pane.Job, ID: j.Job}}, draw: func(b *cell.Buffer, x, y, w int, l row.Look) {
			row.Job(b, x, y, w, j.Class, j.Job, fields, time, l)
		}})
	}
	return out
}

func (p *Pane) modelLines(n *mesh.Node, long bool) []line {
	out := []line{heading("Models", len(n.Models), "")}
	if len(n.Models) == 0 {
		if n.ModelsNote != "" {
			return append(out, second(" "+n.ModelsNote, ""))
		}
		return out
	}
	name := 12
	if long {
		name = 17
	}
	for _, m := range n.Models {
		fits := "does not fit"
		switch {
		case m.Loaded:
			fits = "loaded"
		case m.Fits:
			fits = "fits"
		}
		left := format.Pad(format.Model(m.Name, name), name) + " " + fmt.Sprintf("%7s", format.Size(m.Size))
		out = append(out, line{left: left, right: fits, rs: theme.In(theme.Second), item: item{ref: pane.Ref{Kind: pane.Model, ID: m.Name}}})
	}
	return out
}

// lastLines is what happened to the node lately, newest first.
func (p *Pane) lastLines(n *mesh.Node, long bool) []line {
	out := []line{{left: "Last", ls: theme.In(theme.Text)}}
	zone := p.s.Now().Location()
	for i := len(n.Last) - 1; i >= 0; i-- {
		h := n.Last[i]
		l := second(format.Time(h.At, zone)+"  "+h.Name, h.Job)
		l.item = item{at: h.At}
		if j, ok := p.s.World.State.Job(h.Job); ok && long && h.Name == j.State.String() && j.State.Ended() {
			l.left, l.right = fmt.Sprintf("%-20s%s", l.left, h.Job), format.Money(j.Cost)
		}
		if h.Name == mesh.Online.String() && i > 0 && away(n.Last[i-1].Name) {
			l.right = "after " + format.Clock(time.Duration(h.At-n.Last[i-1].At)*time.Microsecond)
		}
		out = append(out, l)
	}
	if len(out) == 1 {
		return nil
	}
	return out
}

func away(name string) bool {
	return name == mesh.Offline.String() || name == mesh.Degraded.String()
}

func linkLines(n *mesh.Node) []line {
	if n.Host || n.Addr == "" && n.Key == "" {
		return nil
	}
	key := ""
	if n.Key != "" {
		key = "key " + format.Middle(n.Key, 14)
	}
	return []line{{left: "Link", ls: theme.In(theme.Text)}, second(" "+n.Addr, key)}
}
