package verb

import (
	"time"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// Refuse says why a verb can't be used now on a thing, in a few words that name it; empty where it can.
func Refuse(s *pane.Session, id keys.ID, on pane.Ref) string {
	if it := itemOf(s, on); id == keys.Move && it != nil && it.State == hopper.Started && s.Refuse() == "" {
		return it.ID + " runs: it has no place in the inbox"
	}
	return RefuseAct(s, Name(s, id, on), on)
}

// RefuseAct does the same for an act by its name, which stays what it was when a node's mode changes: a pause that was
// begun does not turn into a resume.
func RefuseAct(s *pane.Session, name string, on pane.Ref) string {
	if why := s.Refuse(); why != "" {
		return why
	}
	if on.Kind == pane.Item {
		return refuseItem(s, name, on)
	}
	switch name {
	case mesh.ActKill:
		return refuseKill(s, on)
	case mesh.ActPause, mesh.ActDrain, mesh.ActResume:
		return refuseMode(s, name, on)
	case mesh.ActReplay:
		return refuseReplay(s, on)
	case mesh.ActRevoke:
		return refuseRevoke(s, on)
	case string(keys.Cap):
		return refuseCap(s, on)
	case string(keys.Send):
		if on.Kind == pane.Node && node(s, on) == nil {
			return nothing(s, on)
		}
	}
	return ""
}

// nothing says that a thing is not there, and whether it was.
func nothing(s *pane.Session, on pane.Ref) string {
	if on.ID == "" {
		return "nothing is selected"
	}
	if _, gone := s.World.State.Gone(on.ID); gone && on.Kind == pane.Node {
		return on.ID + " is no longer in the mesh"
	}
	return Target(on) + " is not here"
}

func refuseKill(s *pane.Session, on pane.Ref) string {
	jobs := Jobs(s, on)
	if on.Kind == pane.Node && node(s, on) == nil || on.Kind != pane.Node && len(jobs) == 0 {
		return nothing(s, on)
	}
	for _, j := range jobs {
		if !j.State.Ended() {
			return ""
		}
	}
	if on.Kind == pane.Node {
		return "nothing runs on " + on.ID
	}
	return Target(on) + " has ended already: " + State(jobs[len(jobs)-1].State)
}

// State is a job's state as the console writes it.
func State(j mesh.JobState) string {
	if j == mesh.TimedOut {
		return "timed out"
	}
	return j.String()
}

func refuseMode(s *pane.Session, name string, on pane.Ref) string {
	n := node(s, on)
	switch {
	case n == nil:
		return nothing(s, on)
	case n.Locked != "": // for ever: only its owner can expel it and let it join anew
		return n.ID + " is locked: X revokes it"
	case name == mesh.ActResume && n.Mode == mesh.Active:
		return n.ID + " is active already"
	case name == mesh.ActPause && n.Mode == mesh.Paused:
		return n.ID + " is paused already; P resumes it"
	case name != mesh.ActDrain:
		return ""
	case n.Mode == mesh.Draining || n.Mode == mesh.Drained:
		return n.ID + " is " + n.Mode.String() + " already; P resumes it"
	case n.Status == mesh.Offline:
		return n.ID + " is offline since " + since(s, n.StatusAt)
	}
	return ""
}

// since is a time of day, with the day where that is not the one that is shown.
func since(s *pane.Session, micros int64) string {
	now := s.Time()
	t := format.Time(micros, now.Location())[:5]
	if y, m, d := time.UnixMicro(micros).In(now.Location()).Date(); d != now.Day() || m != now.Month() || y != now.Year() {
		t = format.Day(micros, now) + " " + t
	}
	return t
}

func refuseReplay(s *pane.Session, on pane.Ref) string {
	n := node(s, on)
	switch jobs := Concerned(s, mesh.ActReplay, on); {
	case n != nil && n.Run == "":
		return "nothing ran on " + n.ID + " yet"
	case n != nil && len(jobs) == 0:
		return "what ran on " + n.ID + " last ended more than a day ago"
	case len(jobs) > 0:
		return ""
	}
	if r, ok := s.World.State.Run(runOf(on)); ok && (on.Kind == pane.Run || on.Kind == pane.Span) {
		return r.ID + " ended more than a day ago"
	}
	return nothing(s, on)
}

// NeedsNode says which node a job asked for that is no longer in the mesh: replaying it needs another one. Empty where
// it can run as it was asked.
func NeedsNode(s *pane.Session, on pane.Ref) string {
	if node(s, on) != nil {
		return ""
	}
	for _, j := range Concerned(s, mesh.ActReplay, on) {
		if _, ok := s.World.State.Node(j.On); !ok && j.On != "" {
			return j.On
		}
	}
	return ""
}

func refuseRevoke(s *pane.Session, on pane.Ref) string {
	if on.Kind == pane.Invite {
		return refuseInvite(s, on)
	}
	switch n := node(s, on); {
	case n == nil:
		return nothing(s, on)
	case n.Host:
		return n.ID + " is this machine"
	}
	return ""
}

func refuseInvite(s *pane.Session, on pane.Ref) string {
	i, ok := s.World.State.Invite(on.ID)
	if !ok {
		return nothing(s, on)
	}
	switch i.State(s.Time().UnixMicro()) {
	case "used":
		return "the invite was used by " + i.UsedBy + ": revoke that node"
	case "revoked":
		return "the invite is withdrawn already"
	case "expired":
		return "the invite expired; nobody can use it"
	}
	return ""
}

func refuseCap(s *pane.Session, on pane.Ref) string {
	if on.Kind == pane.Mesh {
		return ""
	}
	switch n := node(s, on); {
	case n == nil:
		return nothing(s, on)
	case n.Host:
		return n.ID + " is this machine: its work costs nothing"
	}
	return ""
}
