package mesh

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"voxmesh/audit"
	"voxmesh/hopper"
	"voxmesh/mesh/fabric"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
)

// mill lets a host decide and folds what it decided, op after op, without a log: the hopper on a clock of its own.
type mill struct {
	*tape
	h   *Host
	ops []oplog.Op
}

// newMill is a mesh of nodes that give two cpu slots each.
func newMill(t testing.TB, nodes ...string) *mill {
	tp := newTape()
	m := &mill{tape: tp, h: idleHost(t, tp.now)}
	m.commit([]oplog.Draft{draft(KindHostStarted, "host", "", &HostStarted{Mesh: "home", Operator: "ada", Cores: 2})})
	for _, n := range nodes {
		m.commit([]oplog.Draft{
			draft(KindNodeAdmitted, "host", "", &NodeAdmitted{Node: n, Key: "U" + n, Class: privacy.PairedPeersOnly}),
			draft(KindNodeDescribed, "host", "", &NodeDescribed{Node: n, Slots: []Slot{{"cpu", 2, 50}}, Policy: "p1"}),
			draft(KindNodeStatus, "host", "", &NodeStatusChanged{Node: n, Status: Online}),
		})
	}
	m.commit([]oplog.Draft{draft(KindNodeMode, "host", "", &NodeModeChanged{Node: "home", Mode: Paused})})
	return m
}

// commit folds drafts. What is built only when the log has its place is a signed entry.
func (m *mill) commit(ds []oplog.Draft) string {
	for _, d := range ds {
		if d.Build != nil {
			d.Body = marshal(&AuditRecorded{AuditID: audit.ID(m.s.Acts + 1), Action: "act", Target: "x", Stored: []byte("{}")})
		}
		op := oplog.Op{Seq: m.s.Seq + 1, At: m.at, Kind: d.Kind, Actor: d.Actor, Trace: d.Trace, Body: d.Body}
		apply(m.s, op)
		m.ops = append(m.ops, op)
	}
	return kindsOf(ds)
}

// job submits a job of a kind of slot and gives its item.
func (m *mill) job(kind string, said hopper.Priority) string {
	rec := &JobSubmitted{Kind: kind, Runner: "wasm", Class: privacy.PairedPeersOnly, Priority: uint8(max(said, 5)), Title: "work"}
	if said != 0 {
		rec.Priority = uint8(said)
	}
	m.at += second
	m.commit(m.h.admitJob(m.s, &act{actor: ada}, newTrace(), payloadItem(rec, said), rec))
	return rec.Item
}

// intent submits an intent and gives its item.
func (m *mill) intent(text string, said hopper.Priority) string {
	m.at += second
	rec := intentItem(text, Intent{Text: text}, hopper.Classify(text, m.s.Known()))
	r := m.s.intentRank(said, text, hopper.Classify(text, m.s.Known()))
	rec.Priority, rec.Source, rec.Prompt = uint8(r.Value), uint8(r.Source), strings.Repeat("ab", 32)
	if job, ok := m.s.intentJob(rec); ok {
		m.commit(m.h.admitJob(m.s, &act{actor: ada}, newTrace(), rec, job))
	} else {
		first, last := m.h.admit(m.s, &act{actor: ada}, "", rec)
		m.commit([]oplog.Draft{first, last})
	}
	return rec.Item
}

func (m *mill) item(id string) *hopper.Item {
	it, _ := m.s.hopper.Item(id)
	return it
}

// jobOf is the newest job of an item, or nil.
func (m *mill) jobOf(id string) *Job {
	if jobs := m.s.itemJobs(m.item(id)); len(jobs) > 0 {
		return jobs[len(jobs)-1]
	}
	return nil
}

// give makes passes of the scheduler until they find no more.
func (m *mill) give() string {
	m.at += second
	var out []string
	for {
		ds := m.h.place(m.s)
		if len(ds) == 0 {
			return strings.Join(out, " ")
		}
		out = append(out, m.commit(ds))
	}
}

// says is what the worker of an item's job says of it.
func (m *mill) says(id, phase string, res *fabric.Result) string {
	j := m.jobOf(id)
	n, _ := m.s.Node(j.Node)
	m.at += second
	return m.commit(m.h.heldOp(newSteps(m.s), n, fabric.Held{Job: j.Job, Attempt: j.Attempt, Phase: phase, Result: res}, m.now()))
}

// override is what a person says of an item.
func (m *mill) override(id string, p hopper.Priority, place int) (string, error) {
	w := &act{name: ActReprioritize, target: id, actor: ada, reason: "because"}
	m.at += second
	if err := m.s.override(w, p, place); err != nil {
		return "", err
	}
	return m.commit(append(w.ops, m.h.entry(m.s, w))), nil
}

func (m *mill) kill(target string) (string, error) {
	w := &act{name: ActKill, target: target, actor: ada, reason: "because"}
	m.at += second
	if err := m.h.prepareKill(m.s, w); err != nil {
		return "", err
	}
	return m.commit(append(w.ops, m.h.entry(m.s, w))), nil
}

// at brings a fresh item to a state: one that waits for a slot that nobody gives, or for a model, or that bob has.
func (m *mill) bring(t testing.TB, to hopper.State) string {
	t.Helper()
	var id string
	switch to {
	case hopper.Inbox:
		id = m.intent("write a poem", 0)
	case hopper.Triaged:
		id = m.job("gpu", 0)
	default:
		id = m.job("cpu", 0)
		m.give()
	}
	if to >= hopper.Started {
		m.says(id, fabric.PhaseRunning, nil)
	}
	if to == hopper.Closed {
		m.says(id, fabric.PhaseDone, &fabric.Result{Status: "succeeded"})
	}
	if it := m.item(id); it == nil || it.State != to {
		t.Fatalf("%s is %+v, want %s", id, it, to)
	}
	return id
}

// queue is the queue by items.
func (m *mill) queue() string {
	var out []string
	for _, j := range m.s.Queue(0) {
		out = append(out, j.Item)
	}
	return strings.Join(out, " ")
}

// trail is an item's trail in a line.
func trail(it *hopper.Item) string {
	var out []string
	for _, s := range it.Trail {
		out = append(out, s.Name)
	}
	return strings.Join(out, ", ")
}

// soundItems checks what must be true of every hopper that a host brought about.
func (m *mill) soundItems() error {
	jobs := map[string]*Job{}
	for _, j := range m.s.Jobs() {
		if j.Item == "" {
			return fmt.Errorf("job %s is of no item", j.Job)
		}
		jobs[j.Item] = j
	}
	for _, it := range m.s.hopper.Items() {
		j := jobs[it.ID]
		if (j == nil) != (it.Run == "") {
			return fmt.Errorf("%s is %s with run %q and job %v", it.ID, it.State, it.Run, j)
		}
		if j == nil {
			if it.State != hopper.Inbox && (it.State != hopper.Closed || it.Outcome != hopper.Cancelled) {
				return fmt.Errorf("%s is %s without a job", it.ID, it.State)
			}
			continue
		}
		want := map[JobState]hopper.State{Queued: hopper.Triaged, Leased: hopper.Assigned, Running: hopper.Started}[j.State]
		if j.State.Ended() {
			want = hopper.Closed
		} else if j.Due != it.Order || j.Nth != it.Nth || uint8(it.Value) != j.Priority || uint8(it.Source) != j.Source {
			return fmt.Errorf("%s stands at %d/%d as %s, its job at %d/%d as %d", it.ID, it.Order, it.Nth, it.Value, j.Due, j.Nth, j.Priority)
		}
		if it.State != want || it.State == hopper.Closed && it.Outcome != j.State.outcome() {
			return fmt.Errorf("%s is %s %s, its job is %s", it.ID, it.State, it.Outcome, j.State)
		}
	}
	var inbox, queue []string
	for _, it := range m.s.hopper.Inbox(0) {
		if it.State == hopper.Triaged {
			inbox = append(inbox, it.ID)
		}
	}
	for _, j := range m.s.Queue(0) {
		queue = append(queue, j.Item)
	}
	if fmt.Sprint(inbox) != fmt.Sprint(queue) {
		return fmt.Errorf("the inbox is in the order %v, the queue in %v", inbox, queue)
	}
	return sound(m.s)
}

// replayed is the state that the ops give when folded anew.
func (m *mill) replayed(from *State, ops []oplog.Op) []byte {
	for _, op := range ops {
		apply(from, op)
	}
	return Projection{}.Encode(from)
}

func same(a, b []byte) bool { return bytes.Equal(a, b) }
