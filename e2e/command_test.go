package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// needsBoxes skips where bubblewrap is missing or may not make namespaces.
func needsBoxes(t *testing.T) {
	t.Helper()
	out, err := exec.Command("bwrap", "--unshare-all", "--unshare-user", "--ro-bind", "/", "/", "--proc", "/proc", "--", "true").CombinedOutput()
	if err != nil {
		t.Skipf("SKIPPED: command jobs need bubblewrap, which may make namespaces: %v %s", err, out)
	}
}

// gives writes a friend's donations.vox anew, with these commands.
func (m *machine) gives(commands string) {
	m.t.Helper()
	text := "policy donations {\n  slots: [ { kind: cpu, max_concurrent: 2, weight: 100 } ]\n  commands: [" + commands + "]\n}\n"
	if err := os.WriteFile(filepath.Join(m.dir, "donations.vox"), []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// A program runs on a friend's machine once the friend lists it, in a box; until then the job waits and says why.
func TestCommandOnAFriendsMachine(t *testing.T) {
	t.Parallel()
	needsBoxes(t)
	host := newMachine(t, "aurelia").serve()
	friend, _ := host.friend("alice", "VOX_TEST_SECRET=hunter2")
	input := filepath.Join(t.TempDir(), "in.txt")
	if err := os.WriteFile(input, []byte("hello, friend\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	// Off by default: neither the friend's machine nor the host's own runs it.
	var waiting, done jobData
	host.ok(&waiting, "run", "command", "tr", "--stdin", input, "--detach", "--", "a-z", "A-Z")
	var e struct {
		Status   string
		WaitsFor string `json:"waits_for"`
		Why      string
		Nodes    []struct {
			NodeID string `json:"node_id"`
			Rule   string
			Reason string
		}
	}
	host.ok(&e, "explain", waiting.JobID)
	if e.Status != "queued" || e.WaitsFor != "policy" || e.Why != "alice: it does not give the command tr" || len(e.Nodes) != 2 {
		t.Errorf("%+v", e)
	}
	for _, n := range e.Nodes {
		if n.Rule != "command" || n.NodeID == "aurelia" && !strings.Contains(n.Reason, "the host runs no commands") {
			t.Errorf("%+v", n)
		}
	}

	// The friend gives it, without a restart: the job that waited runs.
	friend.gives(`"tr", "sh", "no-such-program"`)
	host.awaitEnd(waiting.JobID)
	a := host.raw("", "logs", waiting.JobID)
	if a.out != "HELLO, FRIEND\n" {
		t.Errorf("%+v", a)
	}
	a = host.feed("from a pipe", "run", "command", "tr", "--stdin", "-", "--", "a-z", "A-Z")
	a.read(t, &done)
	if done.Status != "succeeded" || done.Output == nil || *done.Output != "FROM A PIPE" || done.NodeID == nil || *done.NodeID != "alice" || *done.ExitCode != 0 {
		t.Errorf("%+v %s", done, a.err)
	}
	replay := host.do("replay", waiting.RunID, "--confirm", waiting.RunID, "--reason", "once more")
	var again struct {
		JobID string `json:"job_id"`
	}
	replay.read(t, &again)
	host.awaitEnd(again.JobID)
	if a = host.raw("", "logs", again.JobID); a.out != "HELLO, FRIEND\n" {
		t.Errorf("again: %+v", a)
	}

	// It runs in a box: nothing of the friend's is there, and what it started does not outlive it.
	script := "cat " + friend.dir + "/donations.vox /etc/passwd; env; ls /home /root /var; echo left; sleep 1000 & exit 3"
	a = host.do("run", "command", "sh", "--", "-c", script)
	a.read(t, &done)
	if a.exit != 1 || done.Status != "failed" || *done.ExitCode != 3 || done.Code != "vox/run/exit-code" || !strings.HasSuffix(*done.Output, "left\n") {
		t.Errorf("%+v %q", done, *done.Output)
	}
	for _, never := range []string{"hunter2", "VOXMESH", "policy", "root:", friend.dir} {
		if strings.Contains(*done.Output, never) {
			t.Errorf("%q came out: %q", never, *done.Output)
		}
	}

	// What is not installed is not said to be given.
	var nodes []struct {
		ID       string
		Commands []string
		Note     string `json:"policy_note"`
	}
	host.ok(&nodes, "nodes")
	if len(nodes) != 1 || strings.Join(nodes[0].Commands, " ") != "tr sh" || !strings.Contains(nodes[0].Note, "no-such-program") {
		t.Errorf("%+v", nodes)
	}

	// Names that can be none are refused before anything is sent.
	for _, name := range []string{"/bin/sh", "../sh", "a b", ""} {
		host.refused("vox/job/invalid", 2, "run", "command", name)
	}
}
