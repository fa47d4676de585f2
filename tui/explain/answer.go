package explain

import (
	"fmt"
	"time"

	"voxmesh/mesh"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
	"voxmesh/tui/verb"
)

// answer is what there is to say, while it is put together.
type answer struct {
	s       *pane.Session
	now     time.Time
	blocks  []block
	command string
}

var (
	plain  = theme.Style{}
	second = theme.In(theme.Second)
	good   = theme.In(theme.OK)
	warn   = theme.In(theme.Waiting)
	bad    = theme.In(theme.Failed)
	strong = theme.In(theme.Text).With(theme.Bold)
)

var (
	yes   = row.Glyph{Sign: "✓", Style: good}
	no    = row.Glyph{Sign: "✗", Style: bad}
	later = row.Glyph{Sign: "·", Style: warn}
)

func (a *answer) add(b block) { a.blocks = append(a.blocks, b) }

func (a *answer) say(text string, st theme.Style) { a.add(paragraph{text, st}) }

// heading begins a part, with a blank row before it where there is one already.
func (a *answer) heading(text string) {
	if len(a.blocks) > 0 {
		a.say("", plain)
	}
	a.say(text, strong)
}

func (a *answer) fact(name, text string, st theme.Style) {
	if text != "" {
		a.add(fact{name, text, st})
	}
}

// clock is a time of day, with the day where that is not the one that is shown.
func (a *answer) clock(micros int64) string {
	if micros == 0 {
		return format.Dash
	}
	text := format.Time(micros, a.now.Location())
	if t := time.UnixMicro(micros).In(a.now.Location()); t.YearDay() != a.now.YearDay() || t.Year() != a.now.Year() {
		text = format.Day(micros, a.now) + " " + text
	}
	return text
}

// ago is how long a moment is past.
func (a *answer) ago(micros int64) string { return format.Long(a.now.Sub(time.UnixMicro(micros))) }

func (a *answer) of(on pane.Ref) {
	st := a.s.World.State
	switch on.Kind {
	case pane.Node:
		if n, ok := st.Node(on.ID); ok {
			a.node(n)
			return
		}
		if g, ok := st.Gone(on.ID); ok {
			a.say(fmt.Sprintf("%s is no longer in the mesh: %s %s. Its id and its key are refused for ever.", g.ID, g.Why, a.clock(g.At)), plain)
			a.command = "voxmesh nodes"
			return
		}
	case pane.Job:
		if j, ok := st.Job(on.ID); ok {
			a.job(j)
			return
		}
	case pane.Run, pane.Span:
		if a.run(on) {
			return
		}
	case pane.Invite:
		if i, ok := st.Invite(on.ID); ok {
			a.invite(i)
			return
		}
	case pane.Model:
		a.model(on.ID)
		return
	case pane.Item:
		if a.item(on) {
			return
		}
	case pane.Mesh:
		a.mesh()
		return
	}
	a.absent(on)
}

// absent says why there is nothing to explain.
func (a *answer) absent(on pane.Ref) {
	switch {
	case on.ID == "":
		a.say("Nothing is selected.", plain)
	case !a.s.World.Past.IsZero():
		a.say(verb.Target(on)+" is not in the mesh as of "+a.clock(a.s.World.Past.UnixMicro())+".", plain)
	case on.Kind == pane.Item:
		a.say(on.ID+" is not among those of the last day. What closed earlier is in the log.", plain)
		a.command = "voxmesh hopper show " + verb.Quote(on.ID)
	case on.Kind == pane.Job || on.Kind == pane.Run || on.Kind == pane.Span:
		a.say(verb.Target(on)+" is not among those of the last day. What ended earlier is in the log.", plain)
		a.command = "voxmesh runs"
	default:
		a.say(verb.Target(on)+" is not here.", plain)
	}
}

// refusal says why a verb can't be used, and what it would do.
func (a *answer) refusal(id keys.ID, on pane.Ref) {
	b, name := keys.Get(id), verb.Name(a.s, id, on)
	why := verb.Refuse(a.s, id, on)
	if why == "" {
		a.say(fmt.Sprintf("%s %s can be used now.", b.Show(), name), good)
	} else {
		a.say(fmt.Sprintf("%s %s can't be used now: %s.", b.Show(), name, why), warn)
	}
	if text := verb.Effect(a.s, id, on); text != "" && verb.Target(on) != "" {
		a.fact("effect", text, second)
	}
	a.say("", plain)
}

// verbs lists what can't be done with the thing now, and why.
func (a *answer) verbs(on pane.Ref) {
	first := true
	for _, id := range verb.Of(on.Kind) {
		why := verb.Refuse(a.s, id, on)
		if why == "" || why == a.s.Refuse() { // what holds for everything is said at the top of the screen
			continue
		}
		if first {
			a.heading("Not now")
			first = false
		}
		name := keys.Get(id).Show() + " " + verb.Name(a.s, id, on)
		if len(name) >= factName { // the key says it
			name = keys.Get(id).Show()
		}
		a.fact(name, why, second)
	}
}

func (a *answer) invite(i *mesh.Invite) {
	a.command = "voxmesh invite ls"
	at := a.now.UnixMicro()
	switch i.State(at) {
	case "used":
		a.say(fmt.Sprintf("%s joined with it %s.", i.UsedBy, a.clock(i.UsedAt)), good)
	case "revoked":
		a.say("It was withdrawn: nobody can use it.", plain)
	case "expired":
		a.say("It expired "+a.clock(i.ExpiresAt)+", and nobody used it.", plain)
	default:
		left := time.UnixMicro(i.ExpiresAt).Sub(a.now)
		a.say("It waits for one machine, "+format.Clock(left)+" more. Its link was shown once, when it was minted, and can't be shown again.", plain)
	}
	a.fact("minted", a.clock(i.MintedAt), second)
	a.fact("good till", a.clock(i.ExpiresAt), second)
}

func (a *answer) mesh() {
	a.command = "voxmesh budget"
	st, used := a.s.World.State, a.s.World.Spend.Mesh.Micros
	limit := st.EffectiveMeshCap()
	a.say(a.budget("The mesh", used, limit), ink(used, limit))
	switch {
	case st.MeshCap != nil:
		a.fact("cap", "the mesh's own: "+format.Cap(st.MeshCap), second)
	case limit != nil:
		a.fact("cap", "the sum of its nodes' caps", second)
	default:
		a.fact("cap", "none of its own, and not every node has one", second)
	}
}

// budget says what was spent of a cap and what that means.
func (a *answer) budget(who string, used int64, limit *int64) string {
	switch {
	case limit == nil:
		return fmt.Sprintf("%s cost %s in 24 hours; there is no cap.", who, format.Money(used))
	case used >= *limit:
		return fmt.Sprintf("%s is over its budget: %s of %s in 24 hours. New work waits until older work leaves the 24 hours; C raises the cap.",
			who, format.Money(used), format.Money(*limit))
	}
	return fmt.Sprintf("%s cost %s of %s in 24 hours; %s are left.", who, format.Money(used), format.Money(*limit), format.Money(*limit-used))
}

func ink(used int64, limit *int64) theme.Style {
	switch format.Mark(used, limit) {
	case "!!":
		return bad
	case "!":
		return warn
	}
	return plain
}
