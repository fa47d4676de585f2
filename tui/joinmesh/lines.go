package joinmesh

import (
	"fmt"
	"strings"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// preview is what an invite asks for, and the question.
func (l *Layer) preview(w int) []line {
	p, plain := l.pre, theme.Style{}
	who := clean.Max(p.Mesh, 64).String() + ", invited by " + clean.Max(p.Inviter, 64).String()
	if p.Mesh == "" {
		who = "unknown: its host was not reached"
	}
	out := named("Mesh", who, w, plain.With(theme.Bold))
	if p.Note != "" {
		out = append(out, named("Host", sentence(clean.Max(p.Note, 200).String())+" r looks again.", w, theme.In(theme.Waiting))...)
	}
	if p.Member != "" {
		out = append(out, named("Already", "this machine is in it, as "+clean.Max(p.Member, 64).String(), w, theme.In(theme.Waiting))...)
	}
	out = append(out, named("Address", clean.Max(p.Address, 100).String(), w, plain)...)
	out = append(out, named("Host key", clean.Max(p.Fingerprint, 64).String()+", as your friend sees it", w, plain)...)
	out = append(out, l.classLine(p.Class))
	out = append(out, named("Asks for", asked(p.Slots)+"; NSFW no", w, plain)...)
	out = append(out, l.goodLine(), gap())
	out = append(out, give("This machine would give:", p.Gives, w)...)
	out = append(out, gap())
	out = append(out, policyLines(p.Policy, w, false)...)
	says := ""
	if l.step == joining {
		says = "joining…"
	}
	out = append(out, l.errorLines(w, "Join again, or look again with r.")...)
	return append(out, gap(), l.question(says))
}

func (l *Layer) classLine(c privacy.Class) line {
	return line{keep, func(b *cell.Buffer, x, y, w int) {
		b.Put(x, y, indent-1, "Class", theme.In(theme.Second))
		at := row.Badge(b, x+indent, y, c) + 1
		b.Put(at, y, x+w-at, c.Tip(), theme.In(theme.Second))
	}}
}

// goodLine counts down.
func (l *Layer) goodLine() line {
	left := l.left()
	switch {
	case left <= 0:
		return named("Good for", "expired: ask for a new invite", boxWidth, theme.In(theme.Failed).With(theme.Bold))[0]
	case left.Seconds() < hurry:
		return named("Good for", "! "+format.Clock(left)+", once", boxWidth, theme.In(theme.Failed).With(theme.Bold))[0]
	}
	return named("Good for", format.Clock(left)+", once", boxWidth, theme.Style{})[0]
}

func asked(slots []string) string {
	if len(slots) == 0 {
		return "nothing"
	}
	return strings.Join(slots, " ×1, ") + " ×1"
}

// give says what a policy gives, in two rows.
func give(head string, g Gives, w int) []line {
	out := []line{put(keep, head, theme.In(theme.Second))}
	parts := make([]string, 0, len(g.Slots))
	for _, s := range g.Slots {
		parts = append(parts, fmt.Sprintf("%s ×%d", clean.Max(s.Kind, 20), s.AtOnce))
	}
	if len(parts) == 0 {
		return append(out, put(keep, "  nothing", theme.Style{}))
	}
	for _, s := range format.Wrap(strings.Join(parts, ", "), w-2) {
		out = append(out, put(keep, "  "+s, theme.Style{}))
	}
	longest := "jobs of any length"
	if g.Longest > 0 {
		longest = "jobs up to " + format.Long(g.Longest)
	}
	yes := map[bool]string{false: "no", true: "yes"}
	return append(out, put(keep, fmt.Sprintf("  %s, NSFW %s, public mesh %s", longest, yes[g.NSFW], yes[g.Public]), theme.Style{}))
}

// policyLines say what joining does, or did, to donations.vox, with the bytes.
func policyLines(p Policy, w int, past bool) []line {
	path := clean.Max(p.Path, 400).String()
	says, body := "It gives that already, and stays as it is:", ""
	switch {
	case p.Created && past:
		says = "This was written; what you give is up to you, there:"
	case p.Created:
		says, body = "This would be written:", p.Text
	case p.Diff != "":
		says, body = "It stays as it is. To give what is asked, change it so:", p.Diff
	case p.Note != "":
		says = sentence(clean.Max(p.Note, 200).String())
	case past:
		says = "As it stands in:"
	}
	out := wrapped(says, w, theme.In(theme.Second))
	out = append(out, put(keep, "  "+format.Middle(path, w-2), theme.Style{}))
	if body == "" {
		return out
	}
	for _, s := range strings.Split(strings.TrimRight(clean.Block(body).String(), "\n"), "\n") {
		st := theme.Style{}
		switch {
		case p.Diff == "":
		case strings.HasPrefix(s, "+"):
			st = theme.In(theme.OK)
		case strings.HasPrefix(s, "-"):
			st = theme.In(theme.Failed)
		}
		out = append(out, put(text, "  "+format.End(strings.ReplaceAll(s, "\t", "    "), w-2), st))
	}
	return out
}

// result is what came of it.
func (l *Layer) result(w int) []line {
	d := l.done
	mesh := clean.Max(d.Mesh, 64).String()
	out := wrapped(fmt.Sprintf("This machine is %s in %s, invited by %s.", clean.Max(d.Node, 64), mesh, clean.Max(d.Inviter, 64)),
		w, theme.Style{}.With(theme.Bold))
	works := "Working for " + mesh + " from now on."
	if !d.Works {
		works = "Nothing on this machine works for it yet: voxmesh work."
	}
	out = append(out, wrapped(works, w, theme.In(theme.OK))...)
	out = append(out, gap())
	out = append(out, give("This machine gives now:", d.Gives, w)...)
	out = append(out, gap())
	out = append(out, policyLines(d.Policy, w, true)...)
	return append(out, gap(), line{firm, func(b *cell.Buffer, x, y, _ int) {
		l.button(b, x, y, theJoin, "Policy", theme.In(theme.Primary).With(theme.Bold))
	}})
}
