package mesh

import (
	"encoding/hex"
	"strings"
	"testing"

	"voxmesh/mesh/fabric"
	"voxmesh/mesh/privacy"
)

func TestCommandJobsAreChecked(t *testing.T) {
	h, _ := openHost(t)
	for _, tt := range []struct {
		name, code string
		req        JobRequest
	}{
		{"no name", "vox/job/invalid", JobRequest{}},
		{"a path", "vox/job/invalid", JobRequest{Command: "/bin/sh"}},
		{"a relative path", "vox/job/invalid", JobRequest{Command: "../sh"}},
		{"an option", "vox/job/invalid", JobRequest{Command: "--help"}},
		{"a hidden file", "vox/job/invalid", JobRequest{Command: ".x"}},
		{"a line of a shell", "vox/job/invalid", JobRequest{Command: "tr;id"}},
		{"escapes", "vox/job/invalid", JobRequest{Command: "tr\x1b[2J"}},
		{"another script", "vox/job/invalid", JobRequest{Command: "tг"}},
		{"too long", "vox/job/invalid", JobRequest{Command: strings.Repeat("x", 65)}},
		{"a text slot", "vox/job/invalid", JobRequest{Command: "tr", Kind: "text"}},
		{"local", "vox/job/invalid", JobRequest{Command: "tr", Class: privacy.LocalOnly}},
		{"too many arguments", "vox/job/invalid", JobRequest{Command: "tr", Args: make([]string, maxArgs+1)}},
		{"no such input", "vox/blob/missing", JobRequest{Command: "tr", Stdin: strings.Repeat("0", 64)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.req.Runner = "command"
			before := h.Head()
			_, err := h.Submit(within(t), "cli:ada", tt.req)
			wantCode(t, err, tt.code)
			if h.Head() != before || strings.ContainsRune(err.Error(), 0x1b) {
				t.Errorf("%v", err)
			}
		})
	}
	tk, err := h.Submit(within(t), "cli:ada", JobRequest{Runner: "command", Command: "g++-12.2_x", Module: "m", Prompt: "p"})
	if err != nil {
		t.Fatal(err)
	}
	j := jobOf(t, h, tk.JobID)
	if j.Command != "g++-12.2_x" || j.Kind != "cpu" || j.Title != "g++-12.2_x" || j.Model+j.Module+j.Prompt != "" {
		t.Errorf("%+v", j.JobSubmitted)
	}
	if _, err := h.Submit(within(t), "cli:ada", JobRequest{Runner: "command", Command: "tr", Scope: "two words"}); err == nil {
		t.Error("a scope of two words is taken")
	}
	// No other job names a program.
	if j := jobOf(t, h, submitWasm(t, h, func(r *JobRequest) { r.Command, r.Scope = "tr", "render" }).JobID); j.Command != "" || j.Scope != "render" {
		t.Errorf("%+v", j.JobSubmitted)
	}
}

// A command job goes to a node that gives the program, in one assignment, and can be replayed.
func TestCommandJobsGoWhereTheyAreGiven(t *testing.T) {
	h, _ := openHost(t)
	bob := local(t, h, "bob")
	bob.report()
	stdin, _, err := h.PutBlob(strings.NewReader("hello"), MaxBlob)
	if err != nil {
		t.Fatal(err)
	}
	req := JobRequest{Runner: "command", Command: "tr", Args: []string{"a-z", "A-Z"}, Stdin: stdin}
	tk, err := h.Submit(within(t), "cli:ada", req)
	if err != nil {
		t.Fatal(err)
	}
	e, err := h.Explain(tk.JobID)
	if err != nil || e.WaitsFor != "policy" || !strings.Contains(e.Why, "bob: it does not give the command tr") {
		t.Errorf("%+v, %v", e, err)
	}
	bob.rep.Describe.Commands = []string{"wc", "tr"}
	bob.rep.Describe.Policy = "p2"
	bob.report()
	var as fabric.Assign = recv(t, bob.assigns)
	if as.Runner != "command" || as.Command != "tr" || as.Kind != "cpu" || as.Stdin != stdin || strings.Join(as.Args, " ") != "a-z A-Z" || as.Module+as.Prompt+as.Model != "" {
		t.Errorf("%+v", as)
	}
	bob.report(done(tk.JobID, 1, fabric.Result{Status: "succeeded", Output: []byte("HELLO")}))
	if v := h.Snapshot().JobView(jobOf(t, h, tk.JobID)); v.Command != "tr" || v.Runner != "command" || v.Status != Succeeded {
		t.Errorf("%+v", v)
	}
	r := carryOut(t, h, Action{Name: ActReplay, Target: tk.JobID})
	if as := recv(t, bob.assigns); as.Job != r.JobID || as.Command != "tr" || as.Stdin != stdin || len(as.Args) != 2 {
		t.Errorf("again: %+v", as)
	}
}

func TestCommandRule(t *testing.T) {
	for _, tt := range []struct {
		name     string
		host     bool
		commands []string
		rule     string
		says     string
	}{
		{"listed", false, []string{"wc", "tr"}, "", ""},
		{"not listed", false, []string{"wc", "tr2", "TR"}, RuleCommand, "it does not give the command tr"},
		{"nothing is", false, nil, RuleCommand, "it does not give the command tr"},
		{"the host, whatever it says", true, []string{"tr"}, RuleCommand, "the host runs no commands"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tp := newTape().start("bob")
			node := "bob"
			if tt.host {
				node = "home"
			}
			tp.op(KindNodeDescribed, &NodeDescribed{Node: node, Slots: []Slot{{"cpu", 2, 50}}, Commands: tt.commands})
			tp.op(KindJobSubmitted, &JobSubmitted{Job: "j-1", Run: "r-1", Kind: "cpu", Runner: "command", Command: "tr", Class: privacy.PairedPeersOnly, Priority: Normal})
			n, _ := tp.s.Node(node)
			j := tp.job(t, "j-1")
			if v := newPlacement(tp.s, nil, tp.now(), nil).judge(n, j); v.Rule != tt.rule || !strings.Contains(v.Reason, tt.says) {
				t.Errorf("%+v", v)
			}
			if w := tp.s.Waits(nil, tp.now()); tt.rule != "" && (w.For(j) != "policy" || !strings.Contains(w.Reason(j), "bob: it does not give")) {
				t.Errorf("waits for %q: %q", w.For(j), w.Reason(j))
			}
			for _, f := range tp.s.NodesFor(nil, tp.now(), JobRequest{Runner: "command", Command: "tr"}) {
				if f.NodeID == node && (f.Rule != tt.rule || f.Has || tt.rule != "" && f.Word != "no: policy") {
					t.Errorf("%+v", f)
				}
			}
		})
	}
	// Jobs that want other programs are no likes: one that nobody gives does not hold up the next.
	a, b := &Job{}, &Job{}
	a.Runner, b.Runner, a.Command, b.Command = "command", "command", "tr", "wc"
	if likeness(a) == likeness(b) {
		t.Error("two programs are one likeness")
	}
}

// The bytes of a job from before there were commands are those of now, and read as they did.
func TestJobSubmittedBytes(t *testing.T) {
	old := "0a036a2d31" + "2204" + hex.EncodeToString([]byte("wasm")) + "9201" + "01" + "78"
	if got := hex.EncodeToString(marshal(&JobSubmitted{Job: "j-1", Runner: "wasm", AuditID: "x"})); got != old {
		t.Errorf("%s, want %s", got, old)
	}
	if got, want := hex.EncodeToString(marshal(&JobSubmitted{Job: "j-1", Runner: "command", Command: "tr"})),
		"0a036a2d31"+"2207"+hex.EncodeToString([]byte("command"))+"9a01"+"02"+"7472"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	b, _ := hex.DecodeString(old)
	var r JobSubmitted
	if err := unmarshal(b, &r); err != nil || r.Command != "" || r.AuditID != "x" {
		t.Errorf("%+v, %v", r, err)
	}
}
