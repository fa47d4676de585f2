package verb

import (
	"fmt"
	"strings"
	"time"

	"voxmesh/mesh"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// Effect says what a verb would do to a thing now, in whole sentences: what becomes of jobs that run, what is kept, and
// the way back where there is one.
func Effect(s *pane.Session, id keys.ID, on pane.Ref) string {
	return EffectOf(s, Name(s, id, on), on, Said{})
}

// EffectOf is Effect for an act by its name, with what was said so far: the deadline of a drain, the node of a replay.
func EffectOf(s *pane.Session, name string, on pane.Ref, said Said) string {
	text := effect(s, name, on, said)
	if back := WayBack(name); back != "" {
		text += " " + back + "."
	}
	return text
}

// WayBack says how an act is taken back, in words that can end a sentence or stand alone; empty where there is no way.
func WayBack(name string) string {
	switch name {
	case mesh.ActPause, mesh.ActDrain:
		return "U resumes"
	case string(keys.Cap):
		return "U puts the old cap back"
	}
	return ""
}

func effect(s *pane.Session, name string, on pane.Ref, said Said) string {
	if on.Kind == pane.Item {
		return itemEffect(s, name, on, said)
	}
	jobs := Concerned(s, name, on)
	switch name {
	case mesh.ActKill:
		return killEffect(jobs)
	case mesh.ActPause:
		return "Takes no new work." + goesOn(jobs)
	case mesh.ActDrain:
		return drainEffect(jobs, said.Deadline)
	case mesh.ActResume:
		return "Takes work again, at once. P pauses it."
	case mesh.ActReplay:
		return replayEffect(s, jobs, on, said)
	case mesh.ActRevoke:
		return revokeEffect(jobs, on)
	case string(keys.Cap):
		return capEffect(s, on)
	case string(keys.Send):
		return sendEffect(on)
	}
	return ""
}

// killEffect: jobs that run are stopped, jobs that wait leave the queue, and all of them end.
func killEffect(jobs []*mesh.Job) string {
	held, waiting := 0, 0
	for _, j := range jobs {
		if j.State.Held() {
			held++
		} else {
			waiting++
		}
	}
	text := ""
	switch {
	case len(jobs) == 0:
		return "Stops nothing: nothing runs there."
	case held == 0:
		text = "Takes " + format.Many(waiting, "waiting job") + " out of the queue."
	case waiting == 0:
		text = "Stops " + format.Many(held, "running job") + " and " + its(held) + " processes now. Output so far is kept;"
	default:
		text = "Stops " + format.Many(held, "running job") + " and " + its(held) + " processes now, takes " + fmt.Sprint(waiting) +
			" more out of the queue. Output so far is kept;"
	}
	switch n := len(jobs); {
	case n == 1 && held == 0:
		return text + " It ends as killed and is not run again by itself."
	case n == 1:
		return text + " it ends as killed and is not run again by itself."
	case held == 0:
		return text + " They end as killed and are not run again by themselves."
	case n == 2:
		return text + " both end as killed and are not run again by themselves."
	default:
		return text + fmt.Sprintf(" all %d end as killed and are not run again by themselves.", n)
	}
}

func goesOn(jobs []*mesh.Job) string {
	switch n := len(jobs); n {
	case 0:
		return " Nothing runs there now."
	case 1:
		return " The job that it has goes on to its end."
	default:
		return fmt.Sprintf(" The %d jobs that it has go on to their end.", n)
	}
}

func drainEffect(jobs []*mesh.Job, deadline string) string {
	if len(jobs) == 0 {
		return "Takes no new work. Nothing runs there, so that it is drained at once."
	}
	d, ok := ParseDeadline(deadline)
	if !ok {
		d = mesh.DefaultDrain
	}
	return fmt.Sprintf("Takes no new work. What runs may finish until the deadline, %s; the rest is then requeued.", format.Long(d))
}

// longestDrain keeps a slip of the finger from draining for ever.
const longestDrain = 7 * 24 * time.Hour

// ParseDeadline reads how long a drain may take: 30m, 1h30m, a week at most. Nothing typed is mesh.DefaultDrain.
func ParseDeadline(text string) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return mesh.DefaultDrain, true
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d >= time.Second && d <= longestDrain
}

func replayEffect(s *pane.Session, jobs []*mesh.Job, on pane.Ref, said Said) string {
	const end = ". What ran stays as it is, and its cost comes anew. K stops it."
	what, where, from := "it", said.On, said.From
	if on.Kind == pane.Job && len(jobs) == 1 {
		from = Activity(jobs[0])
	}
	if from != "" {
		text := "Runs the workflow again as a new run, from " + from + " on: what does not need that is taken over and not run again"
		if where != "" {
			text += "; on " + where
		}
		return text + end
	}
	if n := node(s, on); n != nil && n.Run != "" {
		what = "the latest run, " + n.Run + ","
	} else if n != nil {
		what = "the latest run"
	}
	text := "Runs " + what + " again as a new run: the same module, input and arguments"
	if n := node(s, on); n != nil && where == "" {
		where = n.ID
	}
	if where != "" {
		text += ", on " + where
	}
	if len(jobs) > 1 {
		text += fmt.Sprintf(", %d jobs", len(jobs))
	}
	return text + end
}

// Activity is what a job of a workflow is of, as a replay names it: "split", or "render[1]"; empty of another job.
func Activity(j *mesh.Job) string {
	if !j.Fanned {
		return j.Activity
	}
	return fmt.Sprintf("%s[%d]", j.Activity, j.Index)
}

func revokeEffect(jobs []*mesh.Job, on pane.Ref) string {
	if on.Kind == pane.Invite {
		return "Withdraws the invite: nobody can use it from then on. A mints another."
	}
	text := "Expels it for ever: it is cut off now, its key and its id are refused from then on."
	switch n := len(jobs); n {
	case 0:
	case 1:
		text += " The job that it has is requeued."
	default:
		text += fmt.Sprintf(" The %d jobs that it has are requeued.", n)
	}
	return text + " No way back: it can only join anew, by a new invite."
}

func capEffect(s *pane.Session, on pane.Ref) string {
	used, limit, who := s.World.Spend.Mesh.Micros, s.World.State.EffectiveMeshCap(), "the mesh"
	if n := node(s, on); n != nil {
		used, limit, who = s.World.Spend.Node(n.ID).Micros, n.Cap, "it"
	}
	now := format.Money(used) + " of " + format.Money(deref(limit)) + " used"
	if limit == nil {
		now = format.Money(used) + " used, no cap"
	}
	return "Caps what work may cost in 24 hours: now " + now + ". At its cap " + who + " gets no new work; what runs goes on."
}

func deref(v *int64) int64 {
	if v == nil {
		return 0
	}
	return *v
}

func sendEffect(on pane.Ref) string {
	switch on.Kind {
	case pane.Node:
		return "Runs something there, within what its owner's policy takes."
	case pane.Model:
		return "Sends a prompt to a node that has the model."
	}
	return "Puts an intent into the queue; the mesh finds a node for it."
}

func its(n int) string {
	if n == 1 {
		return "its"
	}
	return "their"
}
