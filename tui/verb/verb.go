// Package verb says of every act what it does, to what, why not now, and which command does the same.
//
// It is the one place that knows: the last row, the palette, the help, explain and the confirmation all ask here, so
// that they say the same sentence. It looks at the world of the session and changes nothing. What it says here spares a
// person a refusal; it grants nothing: the host decides again, and a sealed act needs the grant that only the
// confirmation can make.
package verb

import (
	"fmt"
	"strings"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// acts are the names by which the host and the command line know the verbs that are sealed.
var acts = map[keys.ID]string{
	keys.Kill: mesh.ActKill, keys.Pause: mesh.ActPause, keys.Drain: mesh.ActDrain, keys.Replay: mesh.ActReplay,
	keys.Revoke: mesh.ActRevoke,
}

// Sealed reports whether an act needs the typed confirmation. Pausing a node that does not work resumes it, and an
// unused invite can be withdrawn at once: both can be done again.
func Sealed(s *pane.Session, id keys.ID, on pane.Ref) bool {
	return acts[id] != "" && on.Kind != pane.Invite && Name(s, id, on) != mesh.ActResume
}

// Name is the verb as the command line has it: kill, pause, resume, cap, send.
func Name(s *pane.Session, id keys.ID, on pane.Ref) string {
	if n := node(s, on); id == keys.Pause && n != nil && n.Mode != mesh.Active {
		return mesh.ActResume
	}
	if name := acts[id]; name != "" {
		return name
	}
	return string(id)
}

// Of gives the verbs that there are for a kind of thing, most used first.
func Of(k pane.Kind) []keys.ID {
	switch k {
	case pane.Node:
		return []keys.ID{keys.Pause, keys.Drain, keys.Kill, keys.Replay, keys.Revoke, keys.Cap, keys.Send}
	case pane.Invite:
		return []keys.ID{keys.Revoke}
	case pane.Job, pane.Run:
		return []keys.ID{keys.Kill, keys.Replay}
	case pane.Span:
		return []keys.ID{keys.Replay, keys.Kill}
	case pane.Model:
		return []keys.ID{keys.Send}
	case pane.Mesh:
		return []keys.ID{keys.Cap}
	}
	return nil
}

// Class is the class of what a verb would act on; ok is false where it has none or is not there.
func Class(s *pane.Session, on pane.Ref) (c privacy.Class, ok bool) {
	switch st := s.World.State; on.Kind {
	case pane.Node:
		if n, ok := st.Node(on.ID); ok {
			return n.Class, true
		}
	case pane.Invite:
		if _, ok := st.Invite(on.ID); ok {
			return privacy.PairedPeersOnly, true
		}
	case pane.Job:
		if j, ok := st.Job(on.ID); ok {
			return j.Class, true
		}
	case pane.Run, pane.Span:
		if r, ok := st.Run(runOf(on)); ok {
			return r.Class, true
		}
	}
	return privacy.Unknown, false
}

func runOf(on pane.Ref) string {
	run, _, _ := strings.Cut(on.ID, "/")
	return run
}

func node(s *pane.Session, on pane.Ref) *mesh.Node {
	if on.Kind != pane.Node {
		return nil
	}
	n, _ := s.World.State.Node(on.ID)
	return n
}

// Jobs gives what a verb would stop or run again: what a node holds, a job, the jobs of a run.
func Jobs(s *pane.Session, on pane.Ref) []*mesh.Job {
	st := s.World.State
	switch on.Kind {
	case pane.Node:
		return st.HeldBy(on.ID)
	case pane.Job:
		if j, ok := st.Job(on.ID); ok {
			return []*mesh.Job{j}
		}
	case pane.Run, pane.Span:
		r, ok := st.Run(runOf(on))
		if !ok {
			return nil
		}
		var out []*mesh.Job
		for _, id := range r.Jobs {
			if j, ok := st.Job(id); ok {
				out = append(out, j)
			}
		}
		return out
	}
	return nil
}

// Refuse says why a verb can't be used now on a thing, in a few words that name it; empty where it can.
func Refuse(s *pane.Session, id keys.ID, on pane.Ref) string {
	if why := s.Refuse(); why != "" {
		return why
	}
	switch id {
	case keys.Kill:
		return refuseKill(s, on)
	case keys.Pause, keys.Drain:
		return refuseMode(s, id, on)
	case keys.Replay:
		return refuseReplay(s, on)
	case keys.Revoke:
		return refuseRevoke(s, on)
	case keys.Cap:
		if on.Kind != pane.Mesh && node(s, on) == nil {
			return nothing(on)
		}
	}
	return ""
}

func nothing(on pane.Ref) string {
	if on.ID == "" {
		return "nothing is selected"
	}
	return on.ID + " is not here"
}

func refuseKill(s *pane.Session, on pane.Ref) string {
	jobs := Jobs(s, on)
	if len(jobs) == 0 && node(s, on) == nil {
		return nothing(on)
	}
	for _, j := range jobs {
		if !j.State.Ended() {
			return ""
		}
	}
	if on.Kind == pane.Node {
		return "nothing runs on " + on.ID
	}
	return on.ID + " has ended already: " + jobs[len(jobs)-1].State.String()
}

func refuseMode(s *pane.Session, id keys.ID, on pane.Ref) string {
	n := node(s, on)
	switch {
	case n == nil:
		return nothing(on)
	case n.Locked != "":
		return n.ID + " is locked: " + n.Locked
	case id == keys.Pause:
		return ""
	case n.Status == mesh.Offline:
		return n.ID + " is offline since " + format.Time(n.StatusAt, s.Now().Location())[:5]
	case n.Mode == mesh.Draining || n.Mode == mesh.Drained:
		return n.ID + " is " + n.Mode.String() + " already; P resumes it"
	}
	return ""
}

func refuseReplay(s *pane.Session, on pane.Ref) string {
	if n := node(s, on); n != nil {
		if n.Run == "" {
			return "nothing ran on " + n.ID + " yet"
		}
		return ""
	}
	if len(Jobs(s, on)) == 0 {
		return nothing(on)
	}
	return ""
}

func refuseRevoke(s *pane.Session, on pane.Ref) string {
	switch n := node(s, on); {
	case on.Kind == pane.Invite:
		return ""
	case n == nil:
		return nothing(on)
	case n.Host:
		return n.ID + " is this machine"
	}
	return ""
}

// Command is the command that does the same. What is still to be said stands in capitals.
func Command(s *pane.Session, id keys.ID, on pane.Ref) string {
	target := on.ID
	if on.Kind == pane.Span {
		target = runOf(on)
	}
	name := Name(s, id, on)
	switch {
	case on.Kind == pane.Invite:
		return "voxmesh invite revoke " + target
	case name == mesh.ActResume:
		return "voxmesh resume " + target
	case id == keys.Cap:
		if on.Kind == pane.Mesh {
			target = mesh.MeshTarget
		}
		return "voxmesh budget set " + target + " --cap USD"
	case id == keys.Send && on.Kind == pane.Node:
		return "voxmesh run wasm FILE --on " + target
	case id == keys.Send && on.Kind == pane.Model:
		return "voxmesh run text --model " + target + " PROMPT"
	case id == keys.Send:
		return "voxmesh run text PROMPT"
	}
	return fmt.Sprintf("voxmesh %s %s --confirm %s --reason TEXT", name, target, target)
}
