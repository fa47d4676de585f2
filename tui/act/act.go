// Package act carries out what needs no confirmation, says what an act did, and remembers what can be taken back.
//
// An unused invite is withdrawn and a node resumed at once, because both can be done again; what was done comes as a
// Did, whoever did it, the confirmation and the box of caps included. An Undo keeps those of one session that have a
// way back, and is true to what happened since: a node that somebody else resumed, or paused anew, and a cap that
// somebody else set are left alone. Nothing here waits: what asks the host is a command with a context.
package act

import (
	"context"
	"fmt"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
	"voxmesh/tui/verb"
)

// Patience is how long the console waits for the host to record an act. It takes milliseconds: after this the host
// hangs or its disk is gone, and the act may or may not be in the log.
const Patience = 15 * time.Second

// Host is what the acts of this package ask for.
type Host interface {
	Resume(ctx context.Context, actor, node, reason string) (mesh.ActResult, error)
	RevokeInvite(ctx context.Context, actor, peerID string) error
	SetCap(ctx context.Context, actor, target string, capMicros *int64) error
}

// Did tells that an act is done, or that it failed. The root hands it to its Undo, and shows the notice.
type Did struct {
	Notice string // for the last row; empty where the layer that did it says it itself
	Err    error  // why it was not done; then the notice says that
	Back   *Back  // how it is taken back; nil where it is not
	Undone *Back  // what this took back, or tried to
}

// Unsealed carries out at once a verb that needs no confirmation: the withdrawal of an invite, or the resuming of a
// node. The answer is a Did. Nil where the verb is sealed, opens a box, or can't be used now.
func Unsealed(ctx context.Context, s *pane.Session, host Host, id keys.ID, on pane.Ref) tea.Cmd {
	if verb.Refuse(s, id, on) != "" {
		return nil
	}
	actor, target := s.Actor, verb.Target(on)
	switch {
	case on.Kind == pane.Invite && id == keys.Revoke:
		return func() tea.Msg {
			ctx, done := context.WithTimeout(ctx, Patience)
			defer done()
			if err := host.RevokeInvite(ctx, actor, target); err != nil {
				return failed("not revoked: ", err)
			}
			return Did{Notice: "revoked the invite"}
		}
	case verb.Name(s, id, on) == mesh.ActResume:
		return func() tea.Msg { return resume(ctx, host, actor, target) }
	}
	return nil
}

func resume(ctx context.Context, host Host, actor, node string) Did {
	ctx, done := context.WithTimeout(ctx, Patience)
	defer done()
	res, err := host.Resume(ctx, actor, node, "")
	if err != nil {
		return failed("not resumed: ", err)
	}
	return Did{Notice: Notice(res, pane.Ref{Kind: pane.Node, ID: node})}
}

func failed(what string, err error) Did { return Did{Notice: what + err.Error(), Err: err} }

// Notice says what an act did, with the id of its signed entry, and U where there is a way back.
func Notice(res mesh.ActResult, on pane.Ref) string {
	text := past(res, on)
	if res.AuditID != "" {
		text += "   " + res.AuditID
	}
	if verb.WayBack(res.Action) != "" {
		text += "   U resume"
	}
	return text
}

func past(res mesh.ActResult, on pane.Ref) string {
	switch res.Action {
	case mesh.ActKill:
		switch {
		case on.Kind == pane.Item:
			return "cancelled " + res.Target
		case on.Kind == pane.Job:
			return "killed " + res.Target
		case res.Affected == 1:
			return "killed 1 job of " + res.Target
		}
		return fmt.Sprintf("killed %d jobs of %s", res.Affected, res.Target)
	case mesh.ActPause:
		return "paused " + res.Target
	case mesh.ActDrain:
		return "draining " + res.Target
	case mesh.ActReplay:
		return "replayed " + res.Target + " as " + res.RunID
	case mesh.ActRevoke:
		return "revoked " + res.Target
	case mesh.ActResume:
		return "resumed " + res.Target
	}
	return res.Action + " " + res.Target
}

// Ranked says what a change of an item's priority, or of its place, did.
func Ranked(v mesh.ItemView, moved bool) string {
	text := v.ItemID + " is " + v.Priority + " now"
	if moved {
		text = "moved " + v.ItemID
	}
	if v.Place > 0 {
		text += ", place " + strconv.Itoa(v.Place)
	}
	if v.AuditID != "" {
		text += "   " + v.AuditID
	}
	return text
}

// BackOf is how an act is taken back that ended with res; nil where it is not.
func BackOf(id keys.ID, res mesh.ActResult, on pane.Ref) *Back {
	if verb.WayBack(res.Action) == "" {
		return nil
	}
	return &Back{Verb: id, On: on, AuditID: res.AuditID}
}

// CapNotice says what a cap is now, and what U would put back.
func CapNotice(on pane.Ref, limit, old *int64) string {
	back := "   U puts " + format.Cap(old) + " back"
	if old == nil {
		back = "   U takes it off again"
	}
	return capSays(on, limit) + back
}

func capSays(on pane.Ref, limit *int64) string {
	who := on.ID
	if on.Kind == pane.Mesh {
		who = "the mesh"
	}
	return "cap of " + who + ": " + capWord(limit)
}

func capWord(limit *int64) string {
	if limit == nil {
		return "none"
	}
	return format.Money(*limit)
}
