// Package verb says of every act what it does, to what, why not now, and which command does the same.
//
// It is the one place that knows: the last row, the palette, the help, explain and the confirmation all ask here, so
// that they say the same sentence. It looks at the world of the session and changes nothing. What it says here spares a
// person a refusal; it grants nothing: the host decides again, and a sealed act needs the grant that only the
// confirmation can make. Refuse is never laxer than the host is, and stricter only where an act would be accepted and
// yet do nothing. What Effect and Command say holds no text that another machine wrote: only ids, kinds and numbers.
package verb

import (
	"strings"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// acts are the names by which the host and the command line know the verbs that are sealed.
var acts = map[keys.ID]string{
	keys.Kill: mesh.ActKill, keys.Pause: mesh.ActPause, keys.Drain: mesh.ActDrain, keys.Replay: mesh.ActReplay,
	keys.Revoke: mesh.ActRevoke, keys.Priority: mesh.ActReprioritize,
}

// Sealed reports whether an act needs the typed confirmation. Moving an item of the hopper changes its rank as another
// priority does. Pausing a node that does not work resumes it, and an
// unused invite can be withdrawn at once: both can be done again.
func Sealed(s *pane.Session, id keys.ID, on pane.Ref) bool {
	return (acts[id] != "" || Name(s, id, on) == mesh.ActReprioritize) && on.Kind != pane.Invite && Name(s, id, on) != mesh.ActResume
}

// Name is the verb as the command line has it: kill, pause, resume, cap, send.
func Name(s *pane.Session, id keys.ID, on pane.Ref) string {
	if n := node(s, on); id == keys.Pause && n != nil && n.Mode != mesh.Active {
		return mesh.ActResume
	}
	if id == keys.Move && on.Kind == pane.Item {
		return mesh.ActReprioritize
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
	case pane.Item:
		return []keys.ID{keys.Priority, keys.Kill, keys.Replay}
	}
	return nil
}

// Target is the id that the host and the command line know a thing by: of a span its run's, of the mesh its name for
// caps.
func Target(on pane.Ref) string {
	switch on.Kind {
	case pane.Span:
		return runOf(on)
	case pane.Mesh:
		return mesh.MeshTarget
	}
	return on.ID
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
	case pane.Item:
		return itemsClass(s, on)
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
		return ofRun(st, runOf(on))
	case pane.Item:
		return itemJobs(s, on)
	}
	return nil
}

func ofRun(st *mesh.State, run string) []*mesh.Job {
	r, ok := st.Run(run)
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

// Concerned gives the jobs that the act called name touches: to kill those that have not ended, to replay those that
// run again, else those that the node holds.
func Concerned(s *pane.Session, name string, on pane.Ref) []*mesh.Job {
	switch name {
	case mesh.ActReplay:
		if n := node(s, on); n != nil {
			return ofRun(s.World.State, n.Run)
		}
		return Jobs(s, on)
	case mesh.ActKill:
		var out []*mesh.Job
		for _, j := range Jobs(s, on) {
			if !j.State.Ended() {
				out = append(out, j)
			}
		}
		return out
	}
	return Jobs(s, on)
}
