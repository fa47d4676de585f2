package act

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
	"voxmesh/tui/verb"
)

// Back is how one act of this session is taken back: a pause or a drain by resuming, a cap by the one before.
type Back struct {
	Verb     keys.ID // keys.Pause, keys.Drain or keys.Cap
	On       pane.Ref
	AuditID  string // of the pause or drain
	Old, New *int64 // of the cap, micro-USD; nil is none
	at       time.Time
}

// Says what taking it back does: "resume lex-2".
func (b Back) Says() string {
	if b.Verb != keys.Cap {
		return "resume " + b.On.ID
	}
	return capSays(b.On, b.Old)
}

// settled is how long an act counts as done whatever the world shows: the world that is drawn may be some frames older
// than the answer to the act, and in that time U must not reach for the act before it.
const settled = time.Second

// stands reports whether the act still has its effect: nobody took it back, or did it anew.
func (b Back) stands(s *pane.Session) bool {
	st := s.World.State
	if s.Now().Sub(b.at) < settled {
		return true
	}
	if b.On.Kind == pane.Mesh {
		return same(st.MeshCap, b.New)
	}
	n, ok := st.Node(b.On.ID)
	switch {
	case !ok:
		return false
	case b.Verb == keys.Cap:
		return same(n.Cap, b.New)
	}
	return n.Mode != mesh.Active && n.ModeAct == b.AuditID
}

func same(a, b *int64) bool { return a == b || a != nil && b != nil && *a == *b }

// kept is how many acts are remembered: more than anybody takes back.
const kept = 64

// Undo remembers what this session did that can be taken back. The zero value remembers nothing yet.
type Undo struct {
	backs []Back // newest last
	going bool   // one is being taken back
}

// Keep takes what was done: the way back of an act is remembered, and what was taken back is forgotten; also where the
// host says that there is nothing to take back.
func (u *Undo) Keep(s *pane.Session, d Did) {
	if d.Undone != nil {
		u.going = false
		if d.Err == nil || fault.Is(d.Err, "vox/act/nothing-to-do") || fault.Is(d.Err, "vox/node/unknown") {
			u.forget(*d.Undone)
		}
	}
	if d.Back == nil || d.Err != nil {
		return
	}
	b := *d.Back
	b.at = s.Now()
	u.backs = append(u.backs, b)
	if len(u.backs) > kept {
		u.backs = append([]Back(nil), u.backs[1:]...)
	}
}

func (u *Undo) forget(b Back) {
	for i := len(u.backs) - 1; i >= 0; i-- {
		if u.backs[i] == b {
			u.backs = append(u.backs[:i:i], u.backs[i+1:]...)
			return
		}
	}
}

// Next is what U takes back now: the latest act that still has its effect. False where there is none.
func (u *Undo) Next(s *pane.Session) (Back, bool) {
	for i := len(u.backs) - 1; i >= 0; i-- {
		if u.backs[i].stands(s) {
			return u.backs[i], true
		}
	}
	return Back{}, false
}

// Says what U does now: "undo: resume lex-2"; empty where there is nothing to undo.
func (u *Undo) Says(s *pane.Session) string {
	if b, ok := u.Next(s); ok {
		return "undo: " + b.Says()
	}
	return ""
}

// Refuse says why U can't be used now; empty where it can.
func (u *Undo) Refuse(s *pane.Session) string {
	if why := s.Refuse(); why != "" {
		return why
	}
	if u.going {
		return "the last one is on its way"
	}
	if _, ok := u.Next(s); !ok {
		return "you did nothing here that can be taken back"
	}
	return ""
}

// Do takes the latest act back. The answer is a Did, for Keep. Nil where Refuse says why not.
func (u *Undo) Do(ctx context.Context, s *pane.Session, host Host) tea.Cmd {
	b, ok := u.Next(s)
	if !ok || u.Refuse(s) != "" {
		return nil
	}
	u.going = true
	actor := s.Actor
	return func() tea.Msg {
		d := b.take(ctx, host, actor)
		d.Undone = &b
		return d
	}
}

func (b Back) take(ctx context.Context, host Host, actor string) Did {
	if b.Verb != keys.Cap {
		return resume(ctx, host, actor, b.On.ID)
	}
	ctx, done := context.WithTimeout(ctx, Patience)
	defer done()
	if err := host.SetCap(ctx, actor, verb.Target(b.On), b.Old); err != nil {
		return failed("cap not put back: ", err)
	}
	return Did{Notice: capSays(b.On, b.Old)}
}
