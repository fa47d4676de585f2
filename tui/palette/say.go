package palette

import (
	"fmt"
	"strings"
	"time"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/verb"
)

// What rows and the lines under them say is asked of the world that is shown now, for the few entries in sight: an
// entry that was made of an older world says what became of its thing.

// why says why an entry can't be chosen now; empty where it can.
func (l *Layer) why(e entry) string {
	b := given(l.keys, keys.Get(e.verb))
	switch {
	case e.does == open:
		if _, ok := entryOf(l.s, e.on); !ok {
			return e.on.ID + " is not here any more"
		}
		return ""
	case e.does == press:
		return b.Reason()
	case e.on.Kind == pane.None:
		if why := l.s.Refuse(); why != "" || e.verb == keys.Send { // a pane's own S is about what is selected there
			return why
		}
		return b.Reason()
	}
	return verb.Refuse(l.s, e.verb, e.on)
}

// offer is the row of an entry, and the class of its thing.
func (l *Layer) offer(e entry) (privacy.Class, row.Offer) {
	o := row.Offer{What: e.what(), Title: e.title(), Key: l.keyOf(e)}
	class, thing := verb.Class(l.s, e.on)
	switch e.on.Kind {
	case pane.Node, pane.Invite, pane.Job, pane.Run, pane.Item:
		thing = true // its class is not known once it is gone, which is said aloud
	}
	o.Thing = thing
	if why := l.why(e); why != "" {
		why = strings.TrimPrefix(strings.TrimPrefix(why, e.on.ID+" "), "is ")
		o.Off, o.Note = true, "not now: "+why
		return class, o
	}
	o.Note = l.note(e)
	return class, o
}

// keyOf is the key that does the same; on a thing it works where that is selected.
func (l *Layer) keyOf(e entry) string {
	if e.does == open {
		return ""
	}
	return given(l.keys, keys.Get(e.verb)).Show()
}

// note says what matters of an entry now.
func (l *Layer) note(e entry) string {
	st := l.s.World.State
	if e.does == act {
		return l.actNote(e)
	}
	if e.does == press {
		return ""
	}
	switch e.on.Kind {
	case pane.Node:
		if n, ok := st.Node(e.on.ID); ok {
			return l.nodeNote(n)
		}
	case pane.Invite:
		return l.inviteNote(e.on.ID)
	case pane.Run:
		return l.runNote(e.on.ID)
	case pane.Job:
		if j, ok := st.Job(e.on.ID); ok {
			return l.jobNote(j)
		}
	case pane.Model:
		return l.modelNote(e.on.ID)
	case pane.Entry:
		return "a signed entry"
	case pane.Item:
		return l.itemNote(e.on.ID)
	}
	return ""
}

func (l *Layer) actNote(e entry) string {
	st := l.s.World.State
	switch e.on.Kind {
	case pane.Node:
		if n, ok := st.Node(e.on.ID); ok {
			return l.onNode(e.verb, n)
		}
	case pane.Invite:
		return l.inviteNote(e.on.ID)
	case pane.Run:
		return l.runNote(e.on.ID)
	case pane.Job:
		if j, ok := st.Job(e.on.ID); ok {
			return l.jobNote(j)
		}
	case pane.Model:
		return l.modelNote(e.on.ID)
	case pane.Item:
		return l.itemNote(e.on.ID)
	case pane.Mesh:
		return format.Money(l.s.World.Spend.Mesh.Micros) + " / " + format.Cap(st.EffectiveMeshCap())
	}
	return ""
}

// onNode says what of a node matters to an act.
func (l *Layer) onNode(id keys.ID, n *mesh.Node) string {
	running := len(l.s.World.State.HeldBy(n.ID))
	switch {
	case id == keys.Cap:
		return format.Money(l.s.World.Spend.Node(n.ID).Micros) + " / " + format.Cap(n.Cap)
	case id == keys.Replay:
		return "its latest run, " + n.Run
	case id == keys.Pause && n.Mode != mesh.Active:
		return n.Mode.String()
	case id == keys.Drain && running > 0:
		return fmt.Sprintf("%d running may finish", running)
	case id == keys.Kill:
		return fmt.Sprintf("%d running stop now", running)
	case id == keys.Pause && running > 0:
		return fmt.Sprintf("%d running go on", running)
	}
	return l.nodeNote(n)
}

func (l *Layer) nodeNote(n *mesh.Node) string {
	if n.Host {
		return "this machine"
	}
	text := n.Status.String()
	switch {
	case n.Locked != "":
		text = "locked"
	case n.Status == mesh.Offline:
		return text + " since " + l.clock(n.StatusAt)
	case n.Mode != mesh.Active:
		text = n.Mode.String()
	}
	if k := len(l.s.World.State.HeldBy(n.ID)); k > 0 {
		text += fmt.Sprintf(", %d running", k)
	}
	return text
}

func (l *Layer) inviteNote(peer string) string {
	i, ok := l.s.World.State.Invite(peer)
	if !ok {
		return ""
	}
	return "expires in " + format.Clock(time.UnixMicro(i.ExpiresAt).Sub(l.s.Time()))
}

// runNote is the state of the job that tells most of a run: one that goes on, else one that did not succeed.
func (l *Layer) runNote(id string) string {
	var told *mesh.Job
	for _, j := range verb.Jobs(l.s, pane.Ref{Kind: pane.Run, ID: id}) {
		if told == nil || tells(j.State) > tells(told.State) {
			told = j
		}
	}
	if told == nil {
		return ""
	}
	return l.jobNote(told)
}

// tells is how much a job's state tells of its run: what goes on before what ended, what went wrong before what did not.
func tells(s mesh.JobState) int {
	switch {
	case s.Held():
		return 3
	case s == mesh.Queued:
		return 2
	case s != mesh.Succeeded:
		return 1
	}
	return 0
}

func (l *Layer) jobNote(j *mesh.Job) string {
	text := strings.ReplaceAll(j.State.String(), "_", " ")
	switch {
	case j.State.Ended():
		return text + " " + l.clock(j.EndedAt)
	case j.State.Held():
		return text + " on " + j.Node + " " + format.Clock(l.s.Time().Sub(time.UnixMicro(j.LeasedAt)))
	}
	return text + " " + format.Clock(l.s.Time().Sub(time.UnixMicro(j.SubmittedAt)))
}

func (l *Layer) modelNote(name string) string {
	holds, loaded := 0, 0
	for _, n := range l.s.World.State.Nodes() {
		for _, m := range n.Models {
			if m.Name == name {
				holds++
				if m.Loaded {
					loaded++
				}
			}
		}
	}
	text := fmt.Sprintf("on %d nodes", holds)
	if holds == 1 {
		text = "on 1 node"
	}
	if loaded > 0 {
		text += fmt.Sprintf(", loaded on %d", loaded)
	}
	return text
}

// clock is the time of day to the minute, or the date of another day.
func (l *Layer) clock(micros int64) string {
	now, t := l.s.Time(), time.UnixMicro(micros).In(l.s.Time().Location())
	if now.YearDay() == t.YearDay() && now.Year() == t.Year() {
		return t.Format("15:04")
	}
	return format.Day(micros, now)
}
