package explain

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

var now = time.Date(2026, 3, 14, 10, 12, 26, 0, time.UTC)

func at(hms string) time.Time {
	t, err := time.Parse("15:04:05", hms)
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 3, 14, t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

type world struct {
	st  *mesh.State
	seq uint64
}

func (w *world) add(t time.Time, kind string, body []byte) *world {
	w.seq++
	w.st = mesh.Projection{}.Apply(w.st, oplog.Op{Seq: w.seq, At: t.UnixMicro(), Kind: kind, Actor: "host", Body: body})
	return w
}

func (w *world) node(id string, class privacy.Class, kind string, n uint32, limit int64) *world {
	t := at("08:00:00")
	w.add(t, mesh.KindNodeAdmitted, mesh.Encode(&mesh.NodeAdmitted{Node: id, Key: "U" + id, Class: class}))
	w.add(t, mesh.KindNodeDescribed, mesh.Encode(&mesh.NodeDescribed{
		Node: id, Slots: []mesh.Slot{{Kind: kind, Max: n, Weight: 50}}, OptIn: class == privacy.PublicMesh, MinPriority: 5, MaxJobSecs: 3600, Policy: "p1",
		Models: []mesh.Model{{Name: "llama3.2:3b", Size: 2_019_393_189, Fits: true, Loaded: id == "alice-gpu"}},
	}))
	if limit > 0 {
		w.add(t, mesh.KindCapSet, mesh.Encode(&mesh.CapSet{Node: id, CapMicros: &limit}))
	}
	return w.add(t, mesh.KindNodeStatus, mesh.Encode(&mesh.NodeStatusChanged{Node: id, Status: mesh.Online}))
}

func (w *world) submit(t time.Time, id, run, kind string) *world {
	return w.add(t, mesh.KindJobSubmitted, mesh.Encode(&mesh.JobSubmitted{
		Job: id, Run: run, Kind: kind, Runner: "wasm", Class: privacy.PairedPeersOnly, Priority: 5, Title: "a title",
	}))
}

func (w *world) run(t time.Time, id, node string, n uint32) *world {
	w.add(t, mesh.KindJobLeased, mesh.Encode(&mesh.JobLeased{Job: id, Node: node, Attempt: n}))
	return w.add(t, mesh.KindJobStarted, mesh.Encode(&mesh.JobStarted{Job: id, Attempt: n}))
}

func (w *world) finish(t time.Time, id string, n uint32, as mesh.JobState, text string, cost int64) *world {
	return w.add(t, mesh.KindJobFinished, mesh.Encode(&mesh.JobFinished{
		Job: id, Attempt: n, Status: as, ExitCode: 1, Code: "vox/run/failed", Error: text, CostMicros: cost, DurationMS: 20_000,
	}))
}

// aurelia has a node of each kind of trouble, and jobs that wait, run and ended.
func aurelia() *world {
	w := &world{st: mesh.Projection{}.New()}
	w.add(at("08:00:00"), mesh.KindHostStarted, mesh.Encode(&mesh.HostStarted{Mesh: "aurelia", Operator: "mira", Cores: 6}))
	w.node("alice-gpu", privacy.PairedPeersOnly, "gpu", 1, 0).node("atlas-nas", privacy.PairedPeersOnly, "gpu", 2, 0)
	w.node("bob-cpu", privacy.PairedPeersOnly, "cpu", 8, 0).node("lex-2", privacy.PairedPeersOnly, "gpu", 4, 0)
	w.node("pub-3f9a", privacy.PublicMesh, "gpu", 1, 1_000_000).node("dup-1", privacy.PairedPeersOnly, "gpu", 1, 0)
	w.submit(at("09:00:00"), "j-7003", "r-7003", "gpu").run(at("09:00:01"), "j-7003", "pub-3f9a", 1)
	w.finish(at("09:01:00"), "j-7003", 1, mesh.Succeeded, "", 1_200_000)
	w.submit(at("09:10:00"), "j-7004", "r-7004", "cpu").run(at("09:10:01"), "j-7004", "bob-cpu", 1)
	w.add(at("09:10:23"), mesh.KindJobRequeued, mesh.Encode(&mesh.JobRequeued{Job: "j-7004", Attempt: 1, Cause: mesh.CauseLost, Reason: "no heartbeat of bob-cpu for 30s"}))
	w.run(at("09:11:00"), "j-7004", "bob-cpu", 2).finish(at("09:12:00"), "j-7004", 2, mesh.Failed, "exit status 1", 10_000)
	w.add(at("09:40:00"), mesh.KindNodeMode, mesh.Encode(&mesh.NodeModeChanged{Node: "lex-2", Mode: mesh.Paused, AuditID: "a-0192"}))
	w.add(at("09:41:00"), mesh.KindNodeLocked, mesh.Encode(&mesh.NodeLocked{Node: "dup-1", Reason: "two machines speak with its key"}))
	w.add(at("09:58:00"), mesh.KindNodeStatus, mesh.Encode(&mesh.NodeStatusChanged{Node: "atlas-nas", Status: mesh.Offline}))
	w.submit(at("10:11:44"), "j-81f2", "r-81f2", "gpu").run(at("10:11:45"), "j-81f2", "alice-gpu", 1)
	w.submit(at("10:12:00"), "j-8201", "r-8201", "gpu").submit(at("10:12:05"), "j-8202", "r-8201", "cpu")
	w.add(at("10:12:06"), mesh.KindJobLeased, mesh.Encode(&mesh.JobLeased{Job: "j-8202", Node: "bob-cpu", Attempt: 1}))
	w.add(at("10:12:07"), mesh.KindJobRequeued, mesh.Encode(&mesh.JobRequeued{Job: "j-8202", Attempt: 1, Cause: mesh.CauseRefused, Reason: "donations.vox:12: user mira is refused"}))
	return w.add(at("10:12:10"), mesh.KindInviteMinted, mesh.Encode(&mesh.InviteMinted{PeerID: "9f8e", SecretHash: make([]byte, 32), ExpiresAt: now.Add(5 * time.Minute).UnixMicro()}))
}

func session(w *world) *pane.Session {
	beat := func(age time.Duration) mesh.Beat {
		return mesh.Beat{At: now.Add(-age), Began: now.Add(-time.Hour), RTT: 12 * time.Millisecond}
	}
	tel := mesh.NewTelemetry(map[string]mesh.Beat{"alice-gpu": beat(time.Second), "atlas-nas": beat(14 * time.Minute)}, nil)
	return &pane.Session{
		Actor: "ssh:mira", Now: func() time.Time { return now }, Theme: theme.New(true, false),
		World: pane.World{State: w.st, Tel: tel, Spend: w.st.Window(now)},
	}
}

func screen(s *pane.Session, l *Layer, w, h int) []string {
	b := cell.New(w, h)
	l.Draw(b, layout.Screen(w, h, layout.Parts{Scrubber: true, Strip: true}))
	var out []string
	for _, r := range strings.Split(ansi.Strip(b.Render(s.Theme)), "\n") {
		out = append(out, strings.TrimRight(r, " "))
	}
	return out
}

// said is all that a layer says, in one line, so that how it is broken does not matter.
func said(s *pane.Session, l *Layer) string {
	var out []string
	for _, r := range screen(s, l, 130, 80) {
		out = append(out, strings.Fields(strings.Trim(strings.TrimSpace(r), "│"))...)
	}
	return strings.Join(out, " ")
}

func ref(k pane.Kind, id string) pane.Ref { return pane.Ref{Kind: k, ID: id} }

func TestAnswers(t *testing.T) {
	s := session(aurelia())
	span := mesh.SpanID("r-8201", "j-8202")
	for name, tt := range map[string]struct {
		on   pane.Ref
		says []string
	}{
		"queued": {ref(pane.Job, "j-8201"), []string{
			"It waits: no gpu free: ", "since 10:12:00, for 26 s", "kind gpu, priority normal",
			"· alice-gpu PAIRED busy no gpu free: 1 of 1 in use", "✗ atlas-nas PAIRED offline offline since",
			"✗ bob-cpu PAIRED kind it gives no gpu slots", "✗ lex-2 PAIRED mode paused by its owner's orders", "✗ dup-1 PAIRED locked", "$ voxmesh explain j-8201",
		}},
		"running":   {ref(pane.Job, "j-81f2"), []string{"It runs on alice-gpu since 10:11:45, for 41 s.", "alice-gpu gives 1 gpu at weight 50", "✓ alice-gpu PAIRED here", "attempt 1 PAIRED goes on"}},
		"ended":     {ref(pane.Job, "j-7004"), []string{"It failed on bob-cpu at 09:12:00: exit status 1.", "exit code 1", "vox/run/failed", "workers lost under it: 1; at 3 a job fails", "✗ attempt 1 PAIRED worker lost 09:10:01 bob-cpu, 0:22: no heartbeat of bob-cpu", "R replays"}},
		"succeeded": {ref(pane.Run, "r-7003"), []string{"It succeeded on pub-3f9a at 09:01:00.", "0:20, $1.20", "✓ attempt 1"}},
		"refused":   {ref(pane.Span, "r-8201/"+span), []string{"donations.vox:12: user mira is refused", "refused 10:12:07", "$ voxmesh explain j-8202"}},
		"run":       {ref(pane.Run, "r-8201"), []string{"0 of 2 jobs are done", "· j-8201 PAIRED queued", "· j-8202 PAIRED queued", "$ voxmesh runs r-8201"}},
		"offline":   {ref(pane.Node, "atlas-nas"), []string{"atlas-nas gets no work: it is offline.", "offline since 09:58:00, for 14 min; last beat 14 min ago", "It comes back by itself", "Not now", "D drain atlas-nas is offline since 09:58"}},
		"paused":    {ref(pane.Node, "lex-2"), []string{"it is paused", "paused since 09:40:00 by a-0192: takes nothing new", "P resumes it"}},
		"locked":    {ref(pane.Node, "dup-1"), []string{"it is locked", "since 09:41:00: two machines speak with its key", "P pause dup-1 is locked: X revokes it"}},
		"over":      {ref(pane.Node, "pub-3f9a"), []string{"it is over its budget", "It is over its budget: $1.20 of $1.00 in 24 hours", "PUBLIC work too"}},
		"busy":      {ref(pane.Node, "alice-gpu"), []string{"all that it gives is in use", "last beat 1 s ago, round trip 12 ms", "gpu 1 of 1 in use, weight 50", "1 of 1 fit its memory: llama3.2:3b", "jobs of at most 1 h"}},
		"idle":      {ref(pane.Node, "bob-cpu"), []string{"bob-cpu takes work.", "beat"}},
		"host":      {ref(pane.Node, "aurelia"), []string{"aurelia takes work.", "this machine, the host", "X revoke aurelia is this machine"}},
		"invite":    {ref(pane.Invite, "9f8e"), []string{"It waits for one machine, 5:00 more.", "minted 10:12:10"}},
		"model":     {ref(pane.Model, "llama3.2:3b"), []string{"could run a PAIRED prompt", "✗ alice-gpu PAIRED kind it gives no text slots"}},
		"mesh":      {ref(pane.Mesh, ""), []string{"The mesh cost $1.21 in 24 hours; there is no cap."}},
		"old job":   {ref(pane.Job, "j-0001"), []string{"j-0001 is not among those of the last day."}},
		"nothing":   {ref(pane.Node, ""), []string{"Nothing is selected."}},
	} {
		t.Run(name, func(t *testing.T) {
			got := said(s, New(s, tt.on))
			for _, want := range tt.says {
				if !strings.Contains(got, want) {
					t.Errorf("%q is not in\n%s", want, got)
				}
			}
			if strings.Contains(got, "a title") {
				t.Errorf("it shows a title: %s", got)
			}
		})
	}
}

func TestWhyNot(t *testing.T) {
	s := session(aurelia())
	got := said(s, NewVerb(s, keys.Drain, ref(pane.Node, "atlas-nas")))
	for _, want := range []string{"[Why not: drain atlas-nas]", "D drain can't be used now: atlas-nas is offline since 09:58.", "effect Takes no new work.", "offline since 09:58:00"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	s.Viewer = true
	if got := said(s, NewVerb(s, keys.Kill, ref(pane.Node, "alice-gpu"))); !strings.Contains(got, "you are here to view only") {
		t.Errorf("%s", got)
	}
}

// The past is explained by the past: no telemetry, its own clock, and who did not exist is absent.
func TestThePast(t *testing.T) {
	w := aurelia()
	s := session(w)
	before := &world{st: mesh.Projection{}.New()}
	before.add(at("08:00:00"), mesh.KindHostStarted, mesh.Encode(&mesh.HostStarted{Mesh: "aurelia", Operator: "mira", Cores: 6}))
	before.node("alice-gpu", privacy.PairedPeersOnly, "gpu", 1, 0).submit(at("08:30:00"), "j-1", "r-1", "gpu").run(at("08:30:01"), "j-1", "alice-gpu", 1)
	s.World = pane.World{State: before.st, Spend: before.st.Window(at("08:31:00")), Past: at("08:31:00")}
	for on, want := range map[pane.Ref]string{
		ref(pane.Job, "j-1"):          "It runs on alice-gpu since 08:30:01, for 59 s.",
		ref(pane.Node, "alice-gpu"):   "beats are known only of the present",
		ref(pane.Node, "lex-2"):       "lex-2 is not in the mesh as of 08:31:00.",
		ref(pane.Run, "r-81f2"):       "r-81f2 is not in the mesh as of 08:31:00.",
		ref(pane.Model, "absent:70b"): "0 of 2 nodes could run",
	} {
		if got := said(s, New(s, on)); !strings.Contains(got, want) {
			t.Errorf("%v: %q is not in\n%s", on, want, got)
		}
	}
}

func TestItFollowsTheWorld(t *testing.T) {
	w := aurelia()
	s := session(w)
	l := New(s, ref(pane.Node, "lex-2"))
	w.add(now, mesh.KindNodeMode, mesh.Encode(&mesh.NodeModeChanged{Node: "lex-2", Mode: mesh.Active, AuditID: "a-0193"}))
	s.World.State = w.st
	l.Update(pane.Changed{})
	if got := said(s, l); !strings.Contains(got, "lex-2 takes work.") {
		t.Errorf("%s", got)
	}
	w.add(now, mesh.KindNodeGone, mesh.Encode(&mesh.NodeGone{Node: "lex-2", Why: "revoked"}))
	s.World.State = w.st
	l.Update(pane.Second{})
	if got := said(s, l); !strings.Contains(got, "lex-2 is no longer in the mesh: revoked 10:12:26.") || !strings.Contains(got, "PAIRED") {
		t.Errorf("%s", got)
	}
}

func TestScrollCopyClose(t *testing.T) {
	w := aurelia()
	for i := range 60 {
		w.node(fmt.Sprintf("rack-%02d", i), privacy.PairedPeersOnly, "cpu", 1, 0)
	}
	s := session(w)
	l := New(s, ref(pane.Job, "j-8201"))
	do := func(id keys.ID) pane.Action {
		a, _ := l.Update(pane.Do{ID: id})
		return a
	}
	first := screen(s, l, 80, 24)
	if all := strings.Join(first, "\n"); !strings.Contains(all, "1–18 of 7") || !strings.Contains(all, "$ voxmesh explain j-8201") {
		t.Errorf("%s", all)
	}
	for id, want := range map[keys.ID]string{keys.End: "rack-59", keys.PageDown: "19–36 of", keys.Down: "2–19 of", keys.HalfDown: "10–27 of"} {
		do(keys.Home)
		do(id)
		if all := strings.Join(screen(s, l, 80, 24), "\n"); !strings.Contains(all, want) || !strings.Contains(all, "$ voxmesh explain j-8201") {
			t.Errorf("%s:\n%s", id, all)
		}
	}
	l.Update(pane.Wheel{Down: true})
	do(keys.End)
	do(keys.Up)
	do(keys.Home)
	if got := screen(s, l, 80, 24); strings.Join(got, "") != strings.Join(first, "") {
		t.Error("it does not come back to its top")
	}
	if c, ok := do(keys.Copy).(pane.Clip); !ok || c.Text != "voxmesh explain j-8201" {
		t.Errorf("%+v", c)
	}
	for _, id := range []keys.ID{keys.Back, keys.Explain} {
		if _, ok := do(id).(pane.Close); !ok {
			t.Errorf("%s does not close it", id)
		}
	}
	if _, cmd := l.Update(tea.KeyPressMsg{Code: 'x', Text: "x"}); cmd != nil || l.Typing() {
		t.Error("it types")
	}
}

// A sentence that begins above the box has its class in the first of its rows that is in sight.
func TestScrolledIntoASentence(t *testing.T) {
	s := session(aurelia())
	l := New(s, ref(pane.Job, "j-8201"))
	whole := "· alice-gpu    PAIRED busy        no gpu free: 1 of"
	top := func() string { return strings.TrimSpace(strings.Trim(screen(s, l, 60, 16)[2], " │")) }
	for range 20 {
		if top() == whole {
			l.Update(pane.Do{ID: keys.Down})
			if got, want := top(), "· alice-gpu    PAIRED busy        1 in use"; got != want {
				t.Errorf("its second row alone is\n%s, want\n%s", got, want)
			}
			return
		}
		l.Update(pane.Do{ID: keys.Down})
	}
	t.Errorf("%q never comes to the top", whole)
}

// What it looks like. VOXMESH_UPDATE=1 writes the drawings.
func TestDrawings(t *testing.T) {
	s := session(aurelia())
	for name, l := range map[string]*Layer{
		"queued":  New(s, ref(pane.Job, "j-8201")),
		"running": New(s, ref(pane.Job, "j-81f2")),
		"failed":  New(s, ref(pane.Job, "j-7004")),
		"offline": New(s, ref(pane.Node, "atlas-nas")),
		"why-not": NewVerb(s, keys.Replay, ref(pane.Node, "lex-2")),
	} {
		for _, size := range [][2]int{{60, 16}, {80, 24}, {120, 40}} {
			file := fmt.Sprintf("testdata/%s-%dx%d.golden", name, size[0], size[1])
			rows := screen(s, l, size[0], size[1])
			for y, r := range rows {
				if ansi.StringWidth(r) > size[0] {
					t.Errorf("%s: row %d is %d columns wide", file, y, ansi.StringWidth(r))
				}
			}
			got := strings.Join(rows, "\n") + "\n"
			if os.Getenv("VOXMESH_UPDATE") != "" {
				if err := os.MkdirAll("testdata", 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s is\n%s", file, got)
			}
		}
	}
}
