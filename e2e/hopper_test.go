package e2e

import (
	"slices"
	"strings"
	"testing"
)

type itemData struct {
	ItemID     string `json:"item_id"`
	Intent     string
	Session    string
	State      string
	Outcome    string
	Priority   string
	Source     string `json:"priority_source"`
	Classified string `json:"classified_priority"`
	Affinity   *struct {
		Kind   string
		Models []string
		Nodes  []string
	} `json:"classified_affinity"`
	Confidence float64
	Class      string `json:"privacy_class"`
	Place      int
	WaitsFor   string `json:"waits_for"`
	RunID      string `json:"run_id"`
	JobID      string `json:"job_id"`
	NodeID     string `json:"node_id"`
	Batch      string `json:"batch_id"`
	Overrides  []struct {
		Original   string `json:"original_priority"`
		Priority   string `json:"developer_priority"`
		Actor      string
		Reason     string
		AuditID    string `json:"audit_id"`
		Capability string
	}
	Trail []struct {
		Step, Actor, Detail string
		AuditID             string `json:"audit_id"`
	}
	AuditID   string `json:"audit_id"`
	Signature string
}

func (v itemData) steps() []string {
	var out []string
	for _, s := range v.Trail {
		out = append(out, s.Step)
	}
	return out
}

// item gives one item.
func (m *machine) item(id string) itemData {
	m.t.Helper()
	var v itemData
	m.ok(&v, "hopper", "show", id)
	return v
}

// list gives a list of the hopper.
func (m *machine) list(name string) []itemData {
	m.t.Helper()
	var v []itemData
	m.ok(&v, "hopper", name)
	return v
}

func idsOf(items []itemData) string {
	var out []string
	for _, v := range items {
		out = append(out, v.ItemID)
	}
	return strings.Join(out, " ")
}

// acts gives the entries of the audit log with an action.
func (m *machine) acts(action string) []entryData {
	m.t.Helper()
	var all []entryData
	m.ok(&all, "audit")
	return slices.DeleteFunc(all, func(e entryData) bool { return e.Action != action })
}

// What somebody wants goes in, waits, is moved by a person who shows the right to do so and by nobody else, becomes a run
// when there is a model, and leaves its trail.
func TestIntentFromSubmitToHistory(t *testing.T) {
	t.Parallel()
	o := newOracle(t)
	host := newMachine(t, "aurelia").serve()

	var first, second itemData
	host.ok(&first, "hopper", "submit", "--session", "editor", "summarise", "the", "build", "log")
	if first.ItemID == "" || first.State != "inbox" || first.Class != "paired-peers-only" || first.Source != "orchestrator" ||
		first.Priority != first.Classified || first.Affinity == nil || first.Confidence <= 0 || first.Overrides == nil ||
		first.Intent != "summarise the build log" || first.Session != "editor" || first.RunID != "" {
		t.Fatalf("submit gave %+v", first)
	}
	a := host.feed("explain the slow seek\n", "hopper", "submit", "-", "--priority", "background")
	if a.failed {
		t.Fatalf("an intent through standard input: %s %s", a.code, a.text)
	}
	a.read(t, &second)
	if second.Priority != "background" || second.Source != "developer" || second.Intent != "explain the slow seek" {
		t.Errorf("submit with a priority gave %+v", second)
	}
	if inbox := host.list("inbox"); idsOf(inbox) != first.ItemID+" "+second.ItemID || inbox[0].Place != 1 || inbox[1].Place != 2 || inbox[0].WaitsFor == "" {
		t.Fatalf("the inbox is %+v", inbox)
	}
	if text := host.raw("", "hopper", "inbox").out; !strings.Contains(text, "PAIRED") || !strings.Contains(text, first.ItemID) || !strings.Contains(text, "WAITS FOR") {
		t.Errorf("the inbox for people:\n%s", text)
	}

	// Without the right nothing is changed, and nothing is logged as changed.
	host.refused("vox/hopper/capability-required", 3, "hopper", "reprioritize", second.ItemID, "urgent")
	host.refused("vox/hopper/capability-required", 3, "hopper", "reprioritize", second.ItemID, "urgent", "--confirm", first.ItemID, "--reason", "x")
	host.refused("vox/hopper/capability-required", 3, "hopper", "reprioritize", second.ItemID, "urgent", "--confirm", second.ItemID)
	host.refused("vox/hopper/capability-required", 3, "hopper", "reprioritize", second.ItemID, "urgent", "--confirm", second.ItemID, "--reason", " ")
	host.refused("vox/cli/usage", 2, "hopper", "reprioritize", second.ItemID, "at-once", "--confirm", second.ItemID, "--reason", "x")
	host.refused("vox/hopper/unknown", 4, "hopper", "reprioritize", "h-ffff", "urgent", "--confirm", "h-ffff", "--reason", "x")
	if n := len(host.acts("reprioritize")); n != 0 {
		t.Errorf("refused overrides left %d entries", n)
	}
	if n := len(host.ops("item_overridden")); n != 0 {
		t.Errorf("refused overrides left %d ops", n)
	}
	if v := host.item(second.ItemID); v.Priority != "background" || len(v.Overrides) != 0 || v.Place != 2 {
		t.Errorf("after refused overrides: %+v", v)
	}

	// With it the item moves: an op and a signed entry.
	var moved itemData
	host.ok(&moved, "hopper", "reprioritize", second.ItemID, "urgent", "--confirm", second.ItemID, "--reason", "blocks the release")
	if moved.Priority != "urgent" || moved.Source != "developer" || moved.Place != 1 || moved.AuditID == "" || len(moved.Signature) < 64 {
		t.Fatalf("reprioritize gave %+v", moved)
	}
	if inbox := host.list("inbox"); idsOf(inbox) != second.ItemID+" "+first.ItemID {
		t.Errorf("the inbox is %s", idsOf(inbox))
	}
	entries := host.acts("reprioritize")
	if len(entries) != 1 || entries[0].AuditID != moved.AuditID || entries[0].Target != second.ItemID || entries[0].Reason != "blocks the release" ||
		!strings.Contains(entries[0].Stored, "DeveloperOverride") {
		t.Fatalf("entries %+v", entries)
	}
	if len(host.acts("submit")) != 2 {
		t.Errorf("%d entries of two submissions", len(host.acts("submit")))
	}
	e := host.await("HopperItemOverridden", map[string]any{"item_id": second.ItemID})
	if e.Topic != "hopper" || e.Data["original_priority"] != "background" || e.Data["developer_priority"] != "urgent" {
		t.Errorf("the event is %+v", e)
	}
	host.await("TaskReprioritized", map[string]any{"item_id": second.ItemID, "signed_audit_id": moved.AuditID})
	host.await("HopperItemAdmitted", map[string]any{"item_id": first.ItemID})

	// A model comes: what waited becomes runs, and ends.
	o.hold("explain ")
	host.modelFriend("alice", o)
	host.await("HopperItemStarted", map[string]any{"item_id": second.ItemID})
	o.release(1)
	for _, id := range []string{first.ItemID, second.ItemID} {
		host.awaitAny(0, func(e event) bool {
			return e.Topic == "hopper" && e.Data["item_id"] == id && e.Data["outcome"] == "done"
		})
	}
	history := host.list("history")
	if len(history) != 2 || len(host.list("inbox")) != 0 || len(host.list("assigned")) != 0 {
		t.Fatalf("history %+v", history)
	}
	v := host.item(second.ItemID)
	if v.State != "closed" || v.Outcome != "done" || v.NodeID != "alice" || len(v.Overrides) != 1 || v.Overrides[0].Capability != "DeveloperOverride" ||
		v.Overrides[0].Original != "background" || v.Overrides[0].AuditID != moved.AuditID {
		t.Errorf("in the end %+v", v)
	}
	for _, step := range []string{"submitted", "reprioritized", "triaged", "assigned", "started", "done"} {
		if !slices.Contains(v.steps(), step) {
			t.Errorf("the trail has no %s: %v", step, v.steps())
		}
	}
	if out := host.raw("", "logs", v.JobID).out; out != "answer to explain the slow seek\n" && out != "answer to explain the slow seek" {
		t.Errorf("the answer is %q", out)
	}
	o.onceEach(t, "summarise the build log", "explain the slow seek")
	host.refused("vox/hopper/closed", 3, "hopper", "reprioritize", v.ItemID, "normal", "--confirm", v.ItemID, "--reason", "too late")
	if n := len(host.acts("reprioritize")); n != 1 {
		t.Errorf("%d entries of one override", n)
	}

	// Without a host the log tells the same.
	var verify verifyData
	host.ok(&verify, "audit", "verify")
	if verify.Failed != 0 || verify.Verified != verify.Entries || verify.Entries < 3 {
		t.Errorf("verify %+v", verify)
	}
	host.stop()
	if past := host.list("history"); len(past) != 2 || past[0].ItemID != history[0].ItemID {
		t.Errorf("without a host the history is %+v", past)
	}
	if past := host.item(second.ItemID); len(past.Trail) != len(v.Trail) || past.Outcome != "done" {
		t.Errorf("without a host the item is %+v", past)
	}
	host.refused("vox/host/none", 5, "hopper", "submit", "anything")
}

// A job that is sent is an item too; several of the inbox start as one and are cancelled as one.
func TestJobsAreItemsAndBatches(t *testing.T) {
	t.Parallel()
	host := newMachine(t, "aurelia").serve()
	host.friend("alice")
	host.ok(nil, "pause", "alice", "--confirm", "alice", "--reason", "not yet")
	var items []string
	for range 4 {
		var v struct {
			JobID  string `json:"job_id"`
			ItemID string `json:"item_id"`
		}
		host.ok(&v, "run", "wasm", wasmFile(t, "hello.wasm"), "--on", "alice", "--detach")
		if v.ItemID == "" || v.JobID == "" {
			t.Fatalf("run gave %+v", v)
		}
		items = append(items, v.ItemID)
	}
	if got := idsOf(host.list("inbox")); got != strings.Join(items, " ") {
		t.Fatalf("the inbox is %s, want %v", got, items)
	}
	// By place: the priority follows the neighbours.
	var moved itemData
	host.ok(&moved, "hopper", "reprioritize", items[3], "--place", "1", "--confirm", items[3], "--reason", "first, please")
	if moved.Place != 1 || moved.Priority != "normal" {
		t.Errorf("the moved one is %+v", moved)
	}
	order := []string{items[3], items[0], items[1], items[2]}
	if got := idsOf(host.list("inbox")); got != strings.Join(order, " ") {
		t.Fatalf("the inbox is %s, want %v", got, order)
	}

	var b struct {
		BatchID   string `json:"batch_id"`
		AuditID   string `json:"audit_id"`
		Signature string
		Items     []itemData
	}
	host.ok(&b, "hopper", "batch", items[0], items[2])
	if !strings.HasPrefix(b.BatchID, "b-") || b.AuditID == "" || len(b.Items) != 2 || b.Items[0].Batch != b.BatchID {
		t.Fatalf("batch gave %+v", b)
	}
	host.refused("vox/hopper/unknown", 4, "hopper", "batch", items[1], "h-ffff")
	var act actData
	host.ok(&act, "kill", b.BatchID, "--confirm", b.BatchID, "--reason", "not these")
	if act.Target != b.BatchID {
		t.Errorf("kill gave %+v", act)
	}
	host.ok(nil, "kill", items[1], "--confirm", items[1], "--reason", "nor this")
	for _, id := range []string{items[0], items[1], items[2]} {
		if v := host.item(id); v.State != "closed" || v.Outcome != "cancelled" {
			t.Errorf("a killed one is %+v", v)
		}
	}
	if got := idsOf(host.list("inbox")); got != items[3] {
		t.Errorf("the inbox is %s", got)
	}
	host.ok(nil, "resume", "alice")
	host.awaitAny(0, func(e event) bool {
		return e.Topic == "hopper" && e.Data["item_id"] == items[3] && e.Data["outcome"] == "done"
	})
	host.ok(nil, "audit", "verify")
	host.ok(nil, "oplog", "verify")
}
