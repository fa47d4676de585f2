package cli

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"voxmesh/audit"
	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/tui/joinmesh"
	"voxmesh/tui/pane"
	"voxmesh/tui/sshd"
)

// aHost is a host on a data folder of its own, in this process.
func aHost(t *testing.T, name string) (*mesh.Host, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	h, err := mesh.Open(t.Context(), mesh.Config{Dir: dir, Mesh: name, Operator: "mira", Listen: "127.0.0.1:0", Holder: "a test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeHost(t, h) })
	return h, dir
}

func closeHost(t *testing.T, h *mesh.Host) {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), closeFor)
	defer stop()
	if err := h.Close(ctx); err != nil {
		t.Errorf("close the host: %v", err)
	}
}

// aRun gives the host a run that waits, because nobody can take it, and ends it with a signed entry.
func aRun(t *testing.T, h *mesh.Host) mesh.Ticket {
	t.Helper()
	hash, _, err := h.PutBlob(strings.NewReader("say hello"), 1000)
	if err != nil {
		t.Fatal(err)
	}
	ticket, err := h.Submit(t.Context(), "cli:mira", mesh.JobRequest{Runner: "text", Model: "llama3.2:3b", Prompt: hash, Title: "hello"})
	if err != nil {
		t.Fatal(err)
	}
	g, err := audit.Confirm("cli:mira", mesh.ActKill, ticket.JobID, ticket.JobID, "it waits for ever")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Act(t.Context(), g, mesh.Action{Name: mesh.ActKill, Target: ticket.JobID}); err != nil {
		t.Fatal(err)
	}
	return ticket
}

// What is gone still answers what is in its log, the same as it did, and holds nothing: a host can start between two
// questions.
func TestLostHostAnswersFromTheLog(t *testing.T) {
	h, dir := aHost(t, "aurelia")
	ticket := aRun(t, h)
	now := time.Now()
	wantRun, err := h.Run(ticket.RunID)
	if err != nil {
		t.Fatal(err)
	}
	wantPage, err := h.AuditPage(0, 10)
	if err != nil || len(wantPage) != 2 { // the submission, and the act
		t.Fatal(wantPage, err)
	}
	closeHost(t, h)

	l := newLostHost(dir)
	if l.Snapshot().Mesh != "" {
		t.Error("it knows a state before it looked")
	}
	l.remember()
	if l.Snapshot().Mesh != "aurelia" || l.Info().Mesh != "aurelia" || l.Telemetry() != nil {
		t.Errorf("the last state is that of %q", l.Snapshot().Mesh)
	}
	run, err := l.Run(ticket.RunID)
	if err != nil || run.TraceID != wantRun.TraceID || run.Status != "killed" || len(run.Root.Children) != len(wantRun.Root.Children) {
		t.Errorf("the run is %+v, %v", run, err)
	}
	page, err := l.AuditPage(0, 10)
	if err != nil || !reflect.DeepEqual(page, wantPage) {
		t.Errorf("the audit log has %+v, %v", page, err)
	}
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	must("one entry", l.VerifyEntry(page[0]))
	_, err = l.AuditEntry(page[0].AuditID)
	must("an entry by its id", err)
	rep, err := l.VerifyAudit(t.Context())
	if err != nil || rep.Verified != 2 {
		t.Errorf("all entries: %+v, %v", rep, err)
	}
	began, err := l.Began()
	if err != nil || began.After(now) {
		t.Errorf("the log begins at %v, %v", began, err)
	}
	ticks, err := l.Density(began.Add(-time.Second), now.Add(time.Second), 10)
	sum := uint64(0)
	for _, k := range ticks {
		sum += k.N
	}
	if err != nil || sum == 0 {
		t.Errorf("the axis has %d ops, %v", sum, err)
	}
	marks, err := l.Marks(began, now.Add(time.Second))
	marks = slices.DeleteFunc(marks, func(m mesh.Mark) bool { return m.Action != mesh.ActKill })
	if err != nil || len(marks) != 1 || marks[0].Target != ticket.JobID {
		t.Errorf("marks %+v, %v", marks, err)
	}
	m, err := l.Moment(marks[0].Seq)
	if err != nil || m.AuditID != page[0].AuditID {
		t.Errorf("the moment of the act is %+v, %v", m, err)
	}
	was, err := l.AtSeq(1)
	if err != nil || was.Seq != 1 {
		t.Errorf("after the first op: %+v, %v", was, err)
	}
	is, err := l.At(time.Now())
	if err != nil || is.State.Mesh != "aurelia" {
		t.Errorf("as of now: %+v, %v", is, err)
	}
	acts, err := l.ActsOn(ticket.JobID, 5)
	if err != nil || len(acts) != 1 {
		t.Errorf("acts on the job: %+v, %v", acts, err)
	}
	_, err = l.Tail(t.Context(), ticket.JobID, 100)
	must("the output", err)
	_, err = l.Job(ticket.JobID)
	must("the job", err)
	_, err = l.LoadView("canvas")
	must("what the console kept", err)

	// While another host has the log a question fails, and nothing else happens; and that host could start.
	again, err := mesh.Open(t.Context(), mesh.Config{Dir: dir, Operator: "mira", Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatalf("a host cannot start after the questions: %v", err)
	}
	if _, err := l.Run(ticket.RunID); !fault.Is(err, "vox/oplog/locked") {
		t.Errorf("a question to a log that a host has: %v", err)
	}
	closeHost(t, again)
	_, err = l.Run(ticket.RunID)
	must("after that host", err)
}

// What is gone does nothing.
func TestLostHostRefusesActs(t *testing.T) {
	l := newLostHost(t.TempDir())
	_, minted := l.MintInvite(t.Context(), "cli:mira", mesh.InviteRequest{})
	_, steps := l.InviteProgress("x")
	_, acted := l.Act(t.Context(), nil, mesh.Action{})
	_, resumed := l.Resume(t.Context(), "", "", "")
	_, _, put := l.PutBlob(strings.NewReader("x"), 1)
	_, sent := l.Submit(t.Context(), "", mesh.JobRequest{})
	for name, err := range map[string]error{
		"mint": minted, "progress": steps, "act": acted, "resume": resumed, "put": put, "submit": sent,
		"revoke": l.RevokeInvite(t.Context(), "", ""), "cap": l.SetCap(t.Context(), "", "", nil), "keep": l.SaveView("x", nil),
	} {
		if !fault.Is(err, "vox/host/gone") {
			t.Errorf("%s: %v", name, err)
		}
	}
	select {
	case <-l.Done():
		t.Error("it goes a second time")
	case <-l.Watch(t.Context()):
		t.Error("it says that it changed")
	default:
	}
}

// A link, the id of a run and a span of it lead there; what leads nowhere is said.
func TestPlaces(t *testing.T) {
	h, _ := aHost(t, "aurelia")
	ticket := aRun(t, h)
	v, err := h.Run(ticket.RunID)
	if err != nil {
		t.Fatal(err)
	}
	span := v.Root.Children[0].SpanID
	run := pane.Ref{Kind: pane.Run, ID: ticket.RunID}
	for ref, want := range map[string]pane.Ref{
		traceLink + ticket.TraceID:              run,
		ticket.RunID:                            run,
		traceLink + ticket.TraceID + "/" + span: {Kind: pane.Span, ID: ticket.RunID + "/" + span},
	} {
		if at, got, err := placeOf(h, ref); err != nil || at != want || got.RunID != ticket.RunID {
			t.Errorf("%s leads to %v (%s), %v; want %v", ref, at, got.RunID, err, want)
		}
		if !opens(h, []string{"open", ref}) {
			t.Errorf("open %s opens no console", ref)
		}
	}
	for _, ref := range []string{
		"", "r-0000", traceLink, traceLink + strings.Repeat("0", 32), traceLink + ticket.TraceID + "/feedfacefeedface", "/", "\x1b[31m",
	} {
		_, _, err := placeOf(h, ref)
		if _, hint := fault.Of(err); !fault.Is(err, "vox/run/unknown") || hint == "" {
			t.Errorf("%q: %v", ref, err)
		}
		if opens(h, []string{"open", ref}) {
			t.Errorf("open %q opens a console", ref)
		}
	}
	for _, args := range [][]string{nil, {"open"}, {"runs", ticket.RunID}, {"open", "--json", ticket.RunID}, {"open", "--json"}} {
		if opens(h, args) {
			t.Errorf("%v opens a console", args)
		}
	}
}

// Without a terminal a link prints the run, as its id does.
func TestOpenPrintsTheRun(t *testing.T) {
	h, dir := aHost(t, "aurelia")
	ticket := aRun(t, h)
	closeHost(t, h)
	var same string
	for _, line := range [][]string{{"runs", ticket.RunID}, {"open", ticket.RunID}, {"open", traceLink + ticket.TraceID}} {
		a, out, errs := local(t)
		if exit := a.execute(t.Context(), append([]string{"--data", dir}, line...)); exit != 0 {
			t.Fatalf("%v: exit %d\n%s", line, exit, errs)
		}
		if same == "" {
			same = out.String()
		}
		if out.String() != same || !strings.Contains(same, traceLink+ticket.TraceID) {
			t.Errorf("%v prints\n%s", line, out)
		}
	}
	a, out, _ := local(t)
	a.execute(t.Context(), []string{"--data", dir, "--json", "open", ticket.RunID})
	var env struct{ Data mesh.RunView }
	if err := json.Unmarshal(out.Bytes(), &env); err != nil || env.Data.RunID != ticket.RunID {
		t.Errorf("--json prints %s (%v)", out, err)
	}
}

// The console's way to join is the command's: what is shown before is what comes of it, and nothing is changed by looking.
func TestJoiner(t *testing.T) {
	h, _ := aHost(t, "aurelia")
	inv, err := h.MintInvite(t.Context(), "cli:mira", mesh.InviteRequest{Slots: []string{"cpu"}, Label: "lex-2"})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "lex")
	j := joiner{dir: dir, workspace: dir, works: true}
	pre, err := j.Preview(t.Context(), inv.InstallPrint, "")
	if err != nil {
		t.Fatal(err)
	}
	gives := joinmesh.Gives{Slots: []joinmesh.Slot{{Kind: "cpu", AtOnce: 1}}, Longest: time.Hour}
	if pre.Mesh != "aurelia" || pre.Inviter != "mira" || pre.Address != h.Info().Listen || pre.Fingerprint != inv.Fingerprint ||
		pre.Note != "" || pre.Member != "" || !reflect.DeepEqual(pre.Slots, []string{"cpu"}) || !reflect.DeepEqual(pre.Gives, gives) ||
		!pre.Policy.Created || !strings.Contains(pre.Policy.Text, "kind: cpu") || pre.Expiry.Before(time.Now()) {
		t.Errorf("the preview is %+v", pre)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("looking made the data folder")
	}
	res, err := j.Join(t.Context(), inv.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	if res.Mesh != "aurelia" || res.Node != "lex-2" || res.Inviter != "mira" || !res.Works || !res.Policy.Created ||
		res.Policy.Path != filepath.Join(dir, policyFile) || !reflect.DeepEqual(res.Gives, gives) {
		t.Errorf("joined %+v", res)
	}
	b, err := os.ReadFile(res.Policy.Path)
	if err != nil || string(b) != pre.Policy.Text {
		t.Errorf("another policy was written than was shown: %q, %v", b, err)
	}
	if pre, err = j.Preview(t.Context(), inv.URL, ""); err != nil || pre.Member == "" || pre.Policy.Created || !reflect.DeepEqual(pre.Gives, gives) {
		t.Errorf("looked at again it is %+v, %v", pre, err)
	}
	for paste, code := range map[string]string{"nonsense": "vox/invite/malformed", "": "vox/invite/malformed"} {
		if _, err := j.Preview(t.Context(), paste, ""); !fault.Is(err, code) {
			t.Errorf("%q: %v", paste, err)
		}
		if _, err := j.Join(t.Context(), paste, ""); !fault.Is(err, code) {
			t.Errorf("%q: %v", paste, err)
		}
	}
}

// Only whoever sits at the machine joins with it.
func TestWhoJoins(t *testing.T) {
	r := &hosted{joiner: joiner{dir: "/nowhere"}}
	for want, ids := range map[string][]sshd.Identity{
		"": {{Local: true, Role: sshd.Operator}},
		string(joinmesh.Elsewhere): {
			{Role: sshd.Operator}, {Role: sshd.Viewer}, {Local: true, Role: sshd.Viewer}, {},
		},
	} {
		for _, id := range ids {
			if got := joinmesh.Refuse(r.joinerFor(&sshd.Session{Identity: id})); got != want {
				t.Errorf("%+v: %q, want %q", id, got, want)
			}
		}
	}
}
