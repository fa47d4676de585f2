package mesh

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"voxmesh/mesh/fabric"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
)

// acted is a host on which bob ran, was paused, and had his work killed.
func acted(t testing.TB) (h *Host, first, again Ticket) {
	t.Helper()
	h, d := openHost(t)
	bob := local(t, h, "bob")
	bob.report()
	first = submitWasm(t, h, func(r *JobRequest) { r.On = "bob" })
	until(t, h, "a lease", func(s *State) bool { return len(s.HeldBy("bob")) == 1 })
	bob.report(fabric.Held{Job: first.JobID, Attempt: 1, Phase: fabric.PhaseRunning})
	d.turn(1e9)
	carryOut(t, h, Action{Name: ActPause, Target: "bob"})
	carryOut(t, h, Action{Name: ActKill, Target: "bob"})
	res := carryOut(t, h, Action{Name: ActReplay, Target: first.RunID})
	if _, err := h.Resume(within(t), ada, "bob", "again"); err != nil {
		t.Fatal(err)
	}
	return h, first, Ticket{res.ItemID, res.JobID, res.RunID, res.TraceID}
}

func idsOf(entries []AuditEntry) string {
	var ids []string
	for _, e := range entries {
		ids = append(ids, e.AuditID+" "+e.Action)
	}
	return strings.Join(ids, ", ")
}

func TestActsOnWhatTheyTouched(t *testing.T) {
	h, first, again := acted(t)
	for target, want := range map[string]string{
		"bob":       "a-0005 resume, a-0003 kill, a-0002 pause",
		first.JobID: "a-0003 kill",
		first.RunID: "a-0004 replay, a-0003 kill",
		again.JobID: "a-0004 replay",
		again.RunID: "a-0004 replay",
		"nobody":    "",
		"two words": "",
		"":          "",
	} {
		got, err := h.ActsOn(target, 10)
		if err != nil || idsOf(got) != want {
			t.Errorf("%q: %s, %v; want %s", target, idsOf(got), err, want)
		}
	}
	if got, err := h.ActsOn("bob", 1); err != nil || idsOf(got) != "a-0005 resume" {
		t.Errorf("%s, %v", idsOf(got), err)
	}
	if got, err := h.ActsOn("bob", 0); err != nil || len(got) != 0 {
		t.Errorf("%s, %v", idsOf(got), err)
	}
}

func TestEntriesVerifyOneByOne(t *testing.T) {
	h, _, _ := acted(t)
	all, err := h.AuditEntries(0)
	if err != nil || len(all) != 5 {
		t.Fatalf("%s, %v", idsOf(all), err)
	}
	for _, e := range all {
		if err := h.VerifyEntry(e); err != nil || e.Op != e.Seq {
			t.Errorf("%s of op %d: %v", e.AuditID, e.Op, err)
		}
		got, err := h.AuditEntry(e.AuditID)
		if err != nil || got.Op != e.Op || got.Reason != e.Reason {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if _, err := h.AuditEntry("a-0099"); !fault.Is(err, "vox/audit/unknown") {
		t.Errorf("%v", err)
	}
	pause := all[len(all)-2]
	for name, edit := range map[string]func(*AuditEntry){
		"another reason shown": func(e *AuditEntry) { e.Reason = "for fun" },
		"another op":           func(e *AuditEntry) { e.Op++ },
		"a letter changed":     func(e *AuditEntry) { e.Stored = []byte(strings.Replace(string(e.Stored), "because", "becausE", 1)) },
		"no bytes":             func(e *AuditEntry) { e.Stored = nil },
		"another's bytes":      func(e *AuditEntry) { e.Stored = all[0].Stored },
	} {
		e := pause
		e.Stored = slices.Clone(e.Stored)
		edit(&e)
		if err := h.VerifyEntry(e); err == nil {
			t.Errorf("%s: it verifies", name)
		}
	}
}

// A list must be able to show the entry that is wrong.
func TestABadEntryIsARowThatDoesNotVerify(t *testing.T) {
	h, _, _ := acted(t)
	if _, err := h.log.Append(within(t), draft(KindAuditEntry, "host\u202e", "", &AuditRecorded{
		AuditID: "a-0006", Action: ActKill, Target: "bob\x1b[2J", Class: privacy.PublicMesh, Stored: []byte("{}"),
	}, IndexAudit, actIndex("a-0006"), actIndex("bob"))); err != nil {
		t.Fatal(err)
	}
	page, err := h.AuditPage(0, 2)
	if err != nil || idsOf(page) != "a-0006 kill, a-0005 resume" {
		t.Fatalf("%s, %v", idsOf(page), err)
	}
	bad := page[0]
	if strings.ContainsAny(bad.Target+bad.Actor, "\x1b\u202e") || bad.PrivacyClass != "public-mesh" || bad.TsMicros == 0 {
		t.Errorf("%+v", bad)
	}
	if err := h.VerifyEntry(bad); !fault.Is(err, "vox/audit/malformed") {
		t.Errorf("%v", err)
	}
	if err := h.VerifyEntry(page[1]); err != nil {
		t.Error(err)
	}
	if got, err := h.AuditEntry("a-0006"); err != nil || got.Op != bad.Op {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestPagesAreTheWholeList(t *testing.T) {
	d := newDial()
	r := bookOf(t, d.now)
	const old, all = 300, 420 // the first were written by a version that named no targets
	for i := 1; i <= all; i++ {
		r.write(t, statusDraft("bob", Online), actDraft("a-"+itoa(uint64(i)), [...]string{"bob", "ann", "eve"}[i%3], i > old))
	}
	entries, err := r.AuditEntries(0)
	if err != nil || len(entries) != all || entries[0].AuditID != "a-420" {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 200).Draw(t, "limit")
		var got []AuditEntry
		for before := uint64(0); ; {
			page, err := r.AuditPage(before, limit)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, page...)
			if len(page) < limit {
				break
			}
			before = page[len(page)-1].Op
		}
		if idsOf(got) != idsOf(entries) {
			t.Fatalf("pages of %d: %s", limit, idsOf(got))
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		target := rapid.SampledFrom([]string{"bob", "ann", "eve", "joe"}).Draw(t, "target")
		limit := rapid.IntRange(1, 200).Draw(t, "limit")
		got, err := r.ActsOn(target, limit)
		if err != nil {
			t.Fatal(err)
		}
		want := slices.DeleteFunc(slices.Clone(entries), func(e AuditEntry) bool { return e.Target != target })
		want = want[:min(limit, len(want))]
		if idsOf(got) != idsOf(want) {
			t.Fatalf("%d on %s: %s, want %s", limit, target, idsOf(got), idsOf(want))
		}
	})
	for _, id := range []string{"a-1", "a-300", "a-301", "a-420"} {
		if e, err := r.AuditEntry(id); err != nil || e.AuditID != id {
			t.Errorf("%s: %+v, %v", id, e, err)
		}
	}
	if _, err := r.AuditEntry("bob"); !fault.Is(err, "vox/audit/unknown") {
		t.Errorf("a target is no id: %v", err)
	}
}

func TestOldActsAreLookedThroughOnlyWhereThereAreSome(t *testing.T) {
	h, _, _ := acted(t)
	asked := 0
	if _, err := h.olderActs(func(*AuditRecorded) bool { asked++; return true }); err != nil || asked != 0 {
		t.Errorf("%d entries of an earlier version, %v", asked, err)
	}
	r := bookOf(t, newDial().now)
	ds := []oplog.Draft{}
	for i := range 3 {
		ds = append(ds, actDraft("a-"+itoa(uint64(i)), "bob", false))
	}
	r.write(t, ds...)
	if ops, err := r.olderActs(func(*AuditRecorded) bool { asked++; return true }); err != nil || asked != 3 || len(ops) != 3 {
		t.Errorf("%d of 3 entries, %v", asked, err)
	}
}
