package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/tui/sshd"
)

// inSession runs a command as in a session with a host, and gives what it printed.
func inSession(t *testing.T, ctx context.Context, h *mesh.Host, stdin string, args ...string) (out, errs string, exit int) {
	t.Helper()
	a, o, e := local(t)
	a.local, a.host, a.role, a.in = false, h, sshd.Operator, strings.NewReader(stdin)
	exit = a.execute(ctx, args)
	return o.String(), e.String(), exit
}

func readItem(t *testing.T, out string) mesh.ItemView {
	t.Helper()
	var env struct{ Data mesh.ItemView }
	if err := json.Unmarshal([]byte(out), &env); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return env.Data
}

// The hopper's commands say where an item is, and whoever looks is safe from what was said.
func TestHopperCommands(t *testing.T) {
	h, dir := aHost(t, "aurelia")
	ctx := t.Context()
	out, _, exit := inSession(t, ctx, h, "", "hopper", "submit", "--json", "--session", "chat\x1b[2J", "mend", "the \x1b[31mred\u202e one")
	v := readItem(t, out)
	if exit != 0 || v.State != "inbox" || v.Place != 1 || v.PrioritySource != "orchestrator" {
		t.Fatalf("exit %d, %+v", exit, v)
	}
	second, _, _ := inSession(t, ctx, h, "through a pipe\n", "hopper", "submit", "-", "--priority", "9", "--json")
	if w := readItem(t, second); w.Intent != "through a pipe" || w.Place != 1 || w.PrioritySource != "developer" {
		t.Errorf("%+v", w)
	}
	for _, args := range [][]string{
		{"hopper", "inbox"},
		{"hopper", "show", v.ItemID},
		{"hopper", "assigned"},
		{"hopper", "history"},
		{"summary"},
		{"hopper", "reprioritize", v.ItemID, "urgent", "--confirm", v.ItemID, "--reason", "because"},
		{"hopper", "reprioritize", v.ItemID, "--place", "2", "--confirm", v.ItemID, "--reason", "because"},
		{"hopper", "show", v.ItemID},
		{"hopper", "inbox", "--limit", "1"},
	} {
		out, errs, exit := inSession(t, ctx, h, "", args...)
		if exit != 0 || out == "" {
			t.Errorf("%v: exit %d\n%s%s", args, exit, out, errs)
		}
		for _, r := range out {
			if r != '\n' && !clean.Safe(r) {
				t.Errorf("%v let %U out", args, r)
			}
		}
	}
	text, _, _ := inSession(t, ctx, h, "", "hopper", "show", v.ItemID)
	for _, want := range []string{"PAIRED", "inbox, place 2", "urgent by developer", "reprioritized", "because", "no online node has a model"} {
		if !strings.Contains(text, want) {
			t.Errorf("the item lacks %q:\n%s", want, text)
		}
	}
	made, _, _ := inSession(t, ctx, h, "", "hopper", "batch", v.ItemID, readItem(t, second).ItemID)
	if list, _, _ := inSession(t, ctx, h, "", "hopper", "inbox"); made == "" || strings.Count(list, strings.Fields(made)[0]) != 2 {
		t.Errorf("a batch that cannot be found again: %s\n%s", made, list)
	}
	for _, tc := range []struct {
		args []string
		exit int
		code string
	}{
		{[]string{"hopper", "show", "h-0000"}, 4, "vox/hopper/unknown"},
		{[]string{"hopper", "submit", "  "}, 2, "vox/hopper/intent-empty"},
		{[]string{"hopper", "submit", strings.Repeat("x", 70<<10)}, 2, "vox/hopper/intent-too-long"},
		{[]string{"hopper", "submit", "x", "--priority", "now"}, 2, "vox/cli/usage"},
		{[]string{"hopper", "submit", "x", "--privacy", "mine"}, 2, "vox/cli/usage"},
		{[]string{"hopper", "submit", "x", "--on", "nowhere"}, 4, "vox/node/unknown"},
		{[]string{"hopper", "reprioritize", v.ItemID}, 2, "vox/cli/usage"},
		{[]string{"hopper", "reprioritize", v.ItemID, ""}, 2, "vox/cli/usage"},
		{[]string{"hopper", "reprioritize", v.ItemID, "normal", "--place", "-1"}, 2, "vox/cli/usage"},
		{[]string{"hopper", "reprioritize", v.ItemID, "normal"}, 3, "vox/hopper/capability-required"},
		{[]string{"hopper", "reprioritize", "h-0000", "normal"}, 4, "vox/hopper/unknown"},
		{[]string{"hopper", "show", ""}, 4, "vox/hopper/unknown"},
		{[]string{"hopper", "suggest", v.ItemID}, 1, "vox/model/none"},
		{[]string{"hopper", "batch", v.ItemID, v.ItemID}, 1, "vox/hopper/batch"},
		{[]string{"kill", "b-0000", "--confirm", "b-0000", "--reason", "x"}, 4, "vox/hopper/unknown"},
	} {
		out, _, exit := inSession(t, ctx, h, "", append(tc.args, "--json")...)
		var env envelopeRead
		if err := json.Unmarshal([]byte(out), &env); err != nil || exit != tc.exit || env.Error.Code != tc.code || env.Error.Hint == "" {
			t.Errorf("%.60v: exit %d with %q (%s, hint %q), want %d with %q", tc.args, exit, env.Error.Code, env.Error.Message, env.Error.Hint, tc.exit, tc.code)
		}
	}
	closeHost(t, h)
	l := newLostHost(dir)
	if it, err := l.Item(v.ItemID); err != nil || it.Priority != "urgent" || len(it.Trail) < 4 {
		t.Errorf("without the host the item is %+v, %v", it, err)
	}
}

const waiting = `workflow wait {
  privacy: local-only
  activities: [
    { name: ask, runner: text, model: "none:1b", prompt: "hello" },
    { name: then, runner: text, model: "none:1b", prompt: "${ask.output}" },
  ]
}
`

// Whoever follows a run may leave it; it goes on, and is killed by its id, its item's or not at all.
func TestWorkflowCommands(t *testing.T) {
	h, _ := aHost(t, "aurelia")
	ctx, leave := context.WithCancel(t.Context())
	type result struct {
		errs string
		exit int
	}
	ended := make(chan result)
	go func() {
		_, errs, exit := inSession(t, ctx, h, waiting, "workflow", "run", "-")
		ended <- result{errs, exit}
	}()
	watch, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	moved := h.Watch(watch)
	for len(h.Snapshot().Jobs()) == 0 {
		if _, ok := <-moved; !ok {
			t.Fatal("nothing was submitted")
		}
	}
	leave()
	r := <-ended
	if r.exit != 130 || !strings.Contains(r.errs, "detached: r-") || !strings.Contains(r.errs, "LOCAL") {
		t.Errorf("left with %d:\n%s", r.exit, r.errs)
	}
	runs := h.Runs()
	if len(runs) != 1 || runs[0].Workflow != "wait" || runs[0].ItemID == "" {
		t.Fatalf("runs %+v", runs)
	}
	list, _, _ := inSession(t, t.Context(), h, "", "runs")
	if !strings.Contains(list, "0/2") || !strings.Contains(list, "LOCAL") {
		t.Errorf("runs:\n%s", list)
	}
	tree, _, _ := inSession(t, t.Context(), h, "", "runs", runs[0].RunID)
	if !strings.Contains(tree, "0 of 2 done") || !strings.Contains(tree, "then  LOCAL") || !strings.Contains(tree, "waits for ask") {
		t.Errorf("its tree:\n%s", tree)
	}
	item := runs[0].ItemID
	if out, errs, exit := inSession(t, t.Context(), h, "", "kill", item, "--confirm", item, "--reason", "enough"); exit != 0 {
		t.Errorf("kill %s: exit %d\n%s%s", item, exit, out, errs)
	}
	if v, err := h.Run(runs[0].RunID); err != nil || v.Status != "killed" {
		t.Errorf("the run of a killed item is %s, %v", v.Status, err)
	}
}

// A preview in a session shows places although no module is there; what it says is for terminals.
func TestPreviewInASession(t *testing.T) {
	h, _ := aHost(t, "aurelia")
	const src = "workflow w {\n  activities: [ { name: a, runner: wasm, module: \"m.wasm\" } ]\n}\n"
	out, _, exit := inSession(t, t.Context(), h, src, "workflow", "preview", "-", "--json")
	var env struct{ Data previewView }
	if err := json.Unmarshal([]byte(out), &env); err != nil {
		t.Fatal(err, out)
	}
	v := env.Data
	if exit != 0 || !v.PlacesKnown || len(v.Steps) != 1 || len(v.Problems) != 1 || v.Problems[0].Severity != "warning" || v.Problems[0].Line != 2 {
		t.Errorf("exit %d, %+v", exit, v)
	}
	hash, _, err := h.PutBlob(bytes.NewReader([]byte("\x00asm")), 10)
	if err != nil {
		t.Fatal(err)
	}
	out, _, exit = inSession(t, t.Context(), h, src, "workflow", "preview", "-", "--module", "m.wasm=blob:"+hash)
	if exit != 0 || strings.Contains(out, "warning") || !strings.Contains(out, "at most") {
		t.Errorf("exit %d\n%s", exit, out)
	}
	out, _, _ = inSession(t, t.Context(), h, src, "workflow", "preview", "-", "--module", "m.wasm=blob:"+hash, "--json")
	if !strings.Contains(out, `"problems":[]`) {
		t.Errorf("no problems are no empty list: %s", out)
	}
	if out, _, exit := inSession(t, t.Context(), h, src, "workflow", "preview", "-", "--module", "n.wasm=blob:"+hash); exit != 2 {
		t.Errorf("a module that it does not name: exit %d\n%s", exit, out)
	}
	lost := strings.Replace(src, "m.wasm", "blob:"+strings.Repeat("0", 64), 1)
	for _, does := range []string{"preview", "run"} {
		if out, errs, exit := inSession(t, t.Context(), h, lost, "workflow", does, "-"); exit != 1 || !strings.Contains(out+errs, "^") || !strings.Contains(out+errs, ":2:25: error: the module of activity a is not stored here") {
			t.Errorf("%s of bytes that are not there: exit %d\n%s%s", does, exit, out, errs)
		}
	}
	const elsewhere = "workflow w {\n  activities: [ { name: a, runner: text, prompt: \"hi\", on: \"nowhere\" } ]\n}\n"
	if out, _, exit := inSession(t, t.Context(), h, elsewhere, "workflow", "preview", "-"); exit != 1 || !strings.Contains(out, `:2:25: error: there is no node "nowhere"`) || !strings.Contains(out, "\n                          ^") {
		t.Errorf("a node that there is not: exit %d\n%s", exit, out)
	}
	if out, errs, exit := inSession(t, t.Context(), h, elsewhere, "workflow", "run", "-"); exit != 4 || out != "" || !strings.Contains(errs, "^") || !strings.Contains(errs, "vox/node/unknown") || len(h.Runs()) != 0 {
		t.Errorf("it runs: exit %d\n%s%s", exit, out, errs)
	}
	for src, code := range map[string]string{
		"":                               "vox/workflow/invalid",
		"workflow w { activities: [ ] }": "vox/workflow/invalid",
		"workflow \x1b[2J {":             "vox/workflow/invalid",
		strings.Repeat("[", 1<<21):       "vox/workflow/invalid",
	} {
		out, _, exit := inSession(t, t.Context(), h, src, "workflow", "run", "-", "--json")
		var env envelopeRead
		if err := json.Unmarshal([]byte(out), &env); err != nil || exit != 1 || env.Error.Code != code || env.Error.Hint == "" {
			t.Errorf("%.40q: exit %d, %s: %s (%v)", src, exit, env.Error.Code, env.Error.Message, err)
		}
	}
}

// "At most" holds whatever happens: every try of every element is in it.
func TestWhatAWorkflowMayCost(t *testing.T) {
	v := previewView{CostKnown: true}
	v.add(mesh.FlowStepView{Count: 1, CostUSD: 1, CostKnown: true})
	v.add(mesh.FlowStepView{Count: 3, Retry: 2, CostUSD: 0.25, CostKnown: true})
	if v.CostUSD != 3.25 || !v.CostKnown {
		t.Errorf("at most $%.2f, known %t", v.CostUSD, v.CostKnown)
	}
	v.add(mesh.FlowStepView{Retry: 1, CostUSD: 1, CostKnown: true})
	if v.CostUSD != 5.25 || v.CostKnown {
		t.Errorf("with a list that is not known: $%.2f, known %t", v.CostUSD, v.CostKnown)
	}
}

// What a node has does not wait.
func TestTheTextOfAnItem(t *testing.T) {
	for _, tc := range []struct {
		v    mesh.ItemView
		want string
	}{
		{mesh.ItemView{State: "started", Why: "runs on bob since 09:41"}, "\nruns on bob since 09:41\n"},
		{mesh.ItemView{State: "assigned", Why: "given to bob, not started yet"}, "\ngiven to bob, not started yet\n"},
		{mesh.ItemView{State: "triaged", WaitsFor: "no cpu free", Why: "bob: no cpu free: 1 of 1 in use"}, "\nwaits 1.0 s: bob: no cpu free: 1 of 1 in use\n"},
		{mesh.ItemView{State: "triaged", WaitsFor: "behind 2", Why: "bob: no cpu free: 1 of 1 in use"}, "\nwaits 1.0 s, behind 2: bob: no cpu free: 1 of 1 in use\n"},
		{mesh.ItemView{State: "triaged", Why: "next to start"}, "\nwaits 1.0 s: next to start\n"},
	} {
		var b bytes.Buffer
		if itemText(&b, tc.v, 1_000_000); !strings.Contains(b.String(), tc.want) {
			t.Errorf("%+v:\n%s", tc.v, b.String())
		}
	}
}

// Standard input that says nothing does not hold a command that is told to stop.
func TestReadingIsInterrupted(t *testing.T) {
	in, never := io.Pipe()
	defer never.Close()
	a, _, errs := local(t)
	ctx, stop := context.WithCancel(t.Context())
	read := make(chan struct{})
	a.in = readerFunc(func(p []byte) (int, error) {
		close(read)
		return in.Read(p)
	})
	go func() {
		<-read
		stop()
	}()
	if exit := a.execute(ctx, []string{"workflow", "preview", "-"}); exit != 130 || !strings.Contains(errs.String(), "vox/cli/interrupted") {
		t.Errorf("exit %d: %s", exit, errs)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
