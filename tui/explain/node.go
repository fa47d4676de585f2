package explain

import (
	"fmt"
	"strings"
	"time"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/format"
	"voxmesh/tui/theme"
)

// node gathers what speaks for and against giving a node work.
func (a *answer) node(n *mesh.Node) {
	a.command = "voxmesh nodes " + n.ID
	text, st := a.verdictOn(n)
	a.say(text, st)
	a.say("", plain)
	if n.Locked != "" {
		a.fact("locked", trimmed(a.since(n, "locked")+": "+n.Locked+". Nothing is accepted from it; X revokes it, then it can join anew."), bad)
	}
	a.status(n)
	a.mode(n)
	a.slots(n)
	if n.Host {
		a.fact("budget", "its work costs nothing", second)
		return
	}
	used := a.s.World.Spend.Node(n.ID).Micros
	a.fact("budget", a.budget("It", used, n.Cap), ink(used, n.Cap))
	if used, limit := a.s.World.Spend.Mesh.Micros, a.s.World.State.EffectiveMeshCap(); limit != nil && used >= *limit {
		a.fact("mesh", a.budget("The mesh", used, limit), bad)
	}
	a.models(n)
	a.policy(n)
}

// verdictOn is the answer in one sentence: the first of the reasons why it gets no work.
func (a *answer) verdictOn(n *mesh.Node) (string, theme.Style) {
	used := a.s.World.Spend
	limit := a.s.World.State.EffectiveMeshCap()
	switch {
	case n.Locked != "":
		return n.ID + " gets no work: it is locked.", bad
	case n.Status == mesh.Offline:
		return n.ID + " gets no work: it is offline.", bad
	case n.Status == mesh.Degraded:
		return n.ID + " gets no new work: it was not heard lately.", warn
	case n.Mode != mesh.Active:
		return n.ID + " gets no new work: it is " + n.Mode.String() + ".", warn
	case !n.Host && n.Cap != nil && used.Node(n.ID).Micros >= *n.Cap:
		return n.ID + " gets no new work: it is over its budget.", bad
	case !n.Host && limit != nil && used.Mesh.Micros >= *limit:
		return n.ID + " gets no new work: the mesh is over its budget.", bad
	case gives(n) == 0:
		return n.ID + " gets no work: it gives no slots.", warn
	case a.free(n) == 0:
		return n.ID + " gets no new work: all that it gives is in use.", warn
	}
	return n.ID + " takes work.", good
}

func gives(n *mesh.Node) (sum int) {
	for _, s := range n.Slots {
		sum += int(s.Max)
	}
	return sum
}

func (a *answer) free(n *mesh.Node) int {
	return max(gives(n)-len(a.s.World.State.HeldBy(n.ID)), 0)
}

// since is when a node last became what a word says, as far as its recent history knows.
func (a *answer) since(n *mesh.Node, word string) string {
	for i := len(n.Last) - 1; i >= 0; i-- {
		if n.Last[i].Name == word {
			return "since " + a.clock(n.Last[i].At)
		}
	}
	return ""
}

// trimmed is a text without the colon that stands before it where nothing else does.
func trimmed(s string) string { return strings.TrimPrefix(s, ": ") }

func (a *answer) status(n *mesh.Node) {
	if n.Host {
		a.fact("status", "this machine, the host, since "+a.clock(n.StatusAt), second)
		return
	}
	heard := "no beat heard yet"
	b, known := a.s.World.Tel.Node(n.ID)
	if known {
		heard = "last beat " + format.Long(b.Age(a.now)) + " ago"
	} else if a.s.World.Tel == nil {
		heard = "beats are known only of the present"
	}
	text := fmt.Sprintf("%s since %s, for %s; %s", n.Status, a.clock(n.StatusAt), a.ago(n.StatusAt), heard)
	switch n.Status {
	case mesh.Online:
		if known && b.RTT > 0 {
			text += ", round trip " + format.RTT(b.RTT)
		}
		a.fact("status", text+".", second)
	case mesh.Degraded:
		a.fact("status", text+fmt.Sprintf(". A node is degraded from %s without a beat, offline from %s.",
			format.Long(mesh.OnlineUnder), format.Long(mesh.DegradedUnder)), warn)
	default:
		a.fact("status", text+". It comes back by itself when its worker runs and reaches this host; what it held is given to others.", bad)
	}
}

func (a *answer) mode(n *mesh.Node) {
	by := ""
	if n.ModeAct != "" {
		by = " by " + n.ModeAct
	}
	head := n.Mode.String()
	if when := a.since(n, head); when != "" {
		head += " " + when
	}
	head += by
	switch n.Mode {
	case mesh.Active:
		a.fact("mode", "active", second)
	case mesh.Paused:
		a.fact("mode", head+": takes nothing new, what runs goes on. P resumes it.", warn)
	case mesh.Draining:
		left := ""
		if n.Deadline > 0 {
			left = " until " + a.clock(n.Deadline) + ", " + format.Clock(time.UnixMicro(n.Deadline).Sub(a.now)) + " more"
		}
		a.fact("mode", head+": what runs may finish"+left+"; the rest is then requeued. P resumes it.", warn)
	case mesh.Drained:
		a.fact("mode", head+": has nothing left and takes nothing new. P resumes it.", warn)
	}
}

func (a *answer) slots(n *mesh.Node) {
	if len(n.Slots) == 0 {
		text := "it gives none: its policy says so"
		if !n.Described {
			text = "it has not said yet what it gives"
		}
		a.fact("slots", text, warn)
		return
	}
	use := map[string]int{}
	for _, j := range a.s.World.State.HeldBy(n.ID) {
		use[j.Kind]++
	}
	var out []string
	st := second
	for _, s := range n.Slots {
		out = append(out, fmt.Sprintf("%s %d of %d in use, weight %d", s.Kind, use[s.Kind], s.Max, s.Weight))
		if use[s.Kind] >= int(s.Max) {
			st = warn
		}
	}
	a.fact("slots", strings.Join(out, "; "), st)
}

func (a *answer) models(n *mesh.Node) {
	if len(n.Models) == 0 {
		if n.ModelsNote != "" {
			a.fact("models", "none: "+n.ModelsNote, warn)
		}
		return
	}
	var fit []string
	for _, m := range n.Models {
		if m.Fits {
			fit = append(fit, m.Name)
		}
	}
	text := fmt.Sprintf("%d of %d fit its memory", len(fit), len(n.Models))
	if len(fit) > 0 {
		text += ": " + strings.Join(fit, ", ")
	}
	a.fact("models", text, second)
}

// policy is what the donor's policy takes, beside the slots.
func (a *answer) policy(n *mesh.Node) {
	out := []string{fmt.Sprintf("priority %d and more", n.MinPriority)}
	if n.MinPriority > uint8(hopper.Background) {
		out[0] += ", of 9"
	} else {
		out[0] = "any priority"
	}
	if n.MaxJobSecs > 0 {
		out = append(out, "jobs of at most "+format.Long(time.Duration(n.MaxJobSecs)*time.Second))
	}
	if n.NSFW {
		out = append(out, "NSFW too")
	} else {
		out = append(out, "nothing NSFW")
	}
	switch {
	case n.OptIn:
		out = append(out, "PUBLIC work too")
	case n.Class != privacy.LocalOnly:
		out = append(out, "no PUBLIC work")
	}
	a.fact("takes", strings.Join(out, "; "), second)
}
