package verb

import (
	"context"
	"strings"
	"testing"
	"time"

	"voxmesh/audit"
	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

var today = time.Date(2026, 3, 14, 10, 12, 26, 0, time.UTC)

// world is a log that a test writes; ops gives what it wrote.
type world struct {
	st  *mesh.State
	ops []oplog.Draft
	seq uint64
}

func newWorld() *world {
	w := &world{st: mesh.Projection{}.New()}
	return w.add(mesh.KindHostStarted, mesh.Encode(&mesh.HostStarted{Mesh: "aurelia", PeerID: "00112233445566aa", Operator: "mira", Cores: 6}))
}

func (w *world) add(kind string, body []byte) *world {
	w.seq++
	w.st = mesh.Projection{}.Apply(w.st, oplog.Op{Seq: w.seq, At: today.UnixMicro(), Kind: kind, Actor: "host", Body: body})
	w.ops = append(w.ops, oplog.Draft{Kind: kind, Actor: "host", Body: body})
	return w
}

func (w *world) node(id string, status mesh.Status) *world {
	slots := []mesh.Slot{{Kind: "gpu", Max: 2, Weight: 50}}
	w.add(mesh.KindNodeAdmitted, mesh.Encode(&mesh.NodeAdmitted{Node: id, Key: "U" + strings.ToUpper(id), Label: id, Class: privacy.PairedPeersOnly}))
	w.add(mesh.KindNodeDescribed, mesh.Encode(&mesh.NodeDescribed{Node: id, Slots: slots, MinPriority: 255}))
	return w.add(mesh.KindNodeStatus, mesh.Encode(&mesh.NodeStatusChanged{Node: id, Status: status}))
}

func (w *world) mode(id string, m mesh.Mode) *world {
	until := int64(0)
	if m == mesh.Draining {
		until = today.Add(time.Hour).UnixMicro()
	}
	return w.add(mesh.KindNodeMode, mesh.Encode(&mesh.NodeModeChanged{Node: id, Mode: m, Deadline: until, AuditID: "a-0001"}))
}

// submit adds a job of a kind that no node takes, so that a host leaves it in the queue.
func (w *world) submit(job, run, on string) *world {
	return w.add(mesh.KindJobSubmitted, mesh.Encode(&mesh.JobSubmitted{
		Job: job, Run: run, Kind: "gpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Title: "secret title", On: on,
	}))
}

func (w *world) hold(job, node string) *world {
	w.add(mesh.KindJobLeased, mesh.Encode(&mesh.JobLeased{Job: job, Node: node, Attempt: 1}))
	return w.add(mesh.KindJobStarted, mesh.Encode(&mesh.JobStarted{Job: job, Attempt: 1}))
}

func (w *world) finish(job string, as mesh.JobState) *world {
	return w.add(mesh.KindJobFinished, mesh.Encode(&mesh.JobFinished{Job: job, Attempt: 1, Status: as, CostMicros: 1_500_000}))
}

// every is a world in which each verb finds something that it can act on and something that it can't.
func every() *world {
	w := newWorld()
	for id, st := range map[string]mesh.Status{"idle": mesh.Online, "busy": mesh.Online, "off": mesh.Offline, "slow": mesh.Degraded} {
		w.node(id, st)
	}
	for id, m := range map[string]mesh.Mode{"paused": mesh.Paused, "draining": mesh.Draining, "drained": mesh.Drained} {
		w.node(id, mesh.Online).mode(id, m)
	}
	w.node("locked", mesh.Online).add(mesh.KindNodeLocked, mesh.Encode(&mesh.NodeLocked{Node: "locked", Reason: "two machines speak with one key"}))
	w.node("left", mesh.Online)
	w.submit("j-wait", "r-wait", "")
	w.submit("j-run", "r-run", "").hold("j-run", "busy").submit("j-run2", "r-run", "").hold("j-run2", "busy")
	w.submit("j-drain", "r-drain", "").hold("j-drain", "draining")
	w.submit("j-done", "r-done", "").hold("j-done", "slow").finish("j-done", mesh.Succeeded)
	w.submit("j-late", "r-late", "").hold("j-late", "off").finish("j-late", mesh.TimedOut)
	w.submit("j-there", "r-there", "left").hold("j-there", "left").finish("j-there", mesh.Failed)
	w.add(mesh.KindNodeGone, mesh.Encode(&mesh.NodeGone{Node: "left", Why: "revoked"}))
	for peer, until := range map[string]time.Duration{"open": time.Hour, "stale": -time.Minute, "withdrawn": time.Hour, "taken": time.Hour} {
		w.add(mesh.KindInviteMinted, mesh.Encode(&mesh.InviteMinted{PeerID: peer, SecretHash: make([]byte, 32), ExpiresAt: today.Add(until).UnixMicro()}))
	}
	w.add(mesh.KindInviteRevoked, mesh.Encode(&mesh.InviteRevoked{PeerID: "withdrawn"}))
	return w.add(mesh.KindNodeAdmitted, mesh.Encode(&mesh.NodeAdmitted{Node: "guest", Key: "UGUEST", Invite: "taken", Class: privacy.PairedPeersOnly}))
}

func sessionOf(st *mesh.State) *pane.Session {
	return &pane.Session{
		Actor: "cli:mira", Now: func() time.Time { return today },
		World: pane.World{State: st, Spend: st.Window(today)},
	}
}

// hostOf becomes the host of a log that a test wrote, on a clock that stands still.
func hostOf(t *testing.T, w *world) *mesh.Host {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	clock := func() time.Time { return today }
	dir := t.TempDir()
	log, err := oplog.Open(dir, mesh.Projection{}, oplog.Options{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.Append(ctx, w.ops...); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	h, err := mesh.Open(ctx, mesh.Config{Dir: dir, Mesh: "aurelia", Operator: "mira", Listen: "127.0.0.1:0", Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return h
}

// stricter names what the host would accept and a verb refuses all the same, because it would do nothing.
func stricter(st *mesh.State, name string, on pane.Ref) bool {
	n, _ := st.Node(on.ID)
	i, _ := st.Invite(on.ID)
	switch {
	case on.Kind == pane.Invite:
		return i != nil && (i.Revoked || i.State(today.UnixMicro()) == "expired")
	case n == nil:
		return false
	case name == mesh.ActPause || name == mesh.ActResume || name == mesh.ActDrain:
		return n.Locked != "" || name == mesh.ActDrain && n.Status == mesh.Offline
	case name == string(keys.Cap):
		return n.Host
	}
	return false
}

// What a verb refuses the host refuses, and what the host refuses a verb does: asked of the real host, step by step,
// while its state moves under the acts.
func TestRefuseIsWhatTheHostRefuses(t *testing.T) {
	h := hostOf(t, every())
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var refs []pane.Ref
	for _, id := range []string{"idle", "busy", "off", "slow", "paused", "draining", "drained", "locked", "guest", "left", "aurelia", "nobody"} {
		refs = append(refs, pane.Ref{Kind: pane.Node, ID: id})
	}
	for _, id := range []string{"wait", "run", "drain", "done", "late", "there", "none"} {
		refs = append(refs, pane.Ref{Kind: pane.Job, ID: "j-" + id}, pane.Ref{Kind: pane.Run, ID: "r-" + id}, pane.Ref{Kind: pane.Span, ID: "r-" + id + "/j-" + id})
	}
	for _, id := range []string{"open", "stale", "withdrawn", "taken", "none"} {
		refs = append(refs, pane.Ref{Kind: pane.Invite, ID: id})
	}
	refs = append(refs, pane.Ref{Kind: pane.Mesh})
	took, refused := map[string]int{}, map[string]int{}
	for range 3 { // the second time things are as the first left them
		for _, id := range []keys.ID{keys.Drain, keys.Pause, keys.Pause, keys.Replay, keys.Cap, keys.Kill, keys.Drain, keys.Revoke} {
			for _, on := range refs {
				if id == keys.Revoke && (on.ID == "idle" || on.ID == "busy" || on.ID == "off") {
					continue // they stay for the next rounds
				}
				if !offers(on.Kind, id) {
					continue
				}
				st := h.Snapshot()
				s := sessionOf(st)
				name, why := Name(s, id, on), Refuse(s, id, on)
				err := carryOut(ctx, h, s, name, on)
				switch {
				case err == nil && why == "":
					took[name]++
				case err != nil && why != "":
					refused[name]++
				case err == nil && !stricter(st, name, on):
					t.Errorf("%s %v is refused: %q; the host takes it", name, on, why)
				case err != nil:
					t.Errorf("%s %v is not refused; the host says: %v", name, on, err)
				}
			}
		}
	}
	for _, name := range []string{mesh.ActKill, mesh.ActPause, mesh.ActDrain, mesh.ActReplay, mesh.ActRevoke, string(keys.Cap)} {
		if took[name] == 0 || refused[name] == 0 {
			t.Errorf("%s: %d taken, %d refused: the table tests nothing", name, took[name], refused[name])
		}
	}
	if took[mesh.ActResume] == 0 {
		t.Error("nothing was resumed")
	}
}

func offers(k pane.Kind, id keys.ID) bool {
	for _, have := range Of(k) {
		if have == id {
			return true
		}
	}
	return false
}

// carryOut does an act as the console would; where a job asks for a node that left, with another one.
func carryOut(ctx context.Context, h *mesh.Host, s *pane.Session, name string, on pane.Ref) error {
	target := Target(on)
	switch {
	case on.Kind == pane.Invite:
		return h.RevokeInvite(ctx, s.Actor, target)
	case name == mesh.ActResume:
		_, err := h.Resume(ctx, s.Actor, target, "")
		return err
	case name == string(keys.Cap):
		five := int64(5_000_000)
		return h.SetCap(ctx, s.Actor, target, &five)
	}
	g, err := audit.Confirm(s.Actor, name, target, target, "a test")
	if err != nil {
		return err
	}
	a := mesh.Action{Name: name, Target: target}
	if NeedsNode(s, on) != "" {
		a.On = "idle"
	}
	_, err = h.Act(ctx, g, a)
	return err
}
