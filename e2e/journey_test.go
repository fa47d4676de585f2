package e2e

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A host, a friend's machine with a data folder of its own, one invite, one job: the five-minute journey.
func TestJourney(t *testing.T) {
	t.Parallel()
	host := newMachine(t, "aurelia").serve()
	var nodes []map[string]any
	host.ok(&nodes, "nodes")
	if len(nodes) != 0 {
		t.Fatalf("a fresh host shows %d nodes", len(nodes))
	}

	var inv inviteData
	host.ok(&inv, "invite", "--slot", "cpu", "--ttl", "1h", "--label", "alice")
	if inv.ExpiresIn > 600 || inv.ExpiresIn < 590 {
		t.Errorf("an hour was granted as %d s, want the cap of 600", inv.ExpiresIn)
	}
	if !strings.HasPrefix(inv.URL, "vox+invite://127.0.0.1:") || len(inv.URL) > 106 {
		t.Errorf("bearer_url %q", inv.URL)
	}
	if inv.Install != "voxmesh join '"+inv.URL+"'" || inv.Print != inv.Install+" --print" || inv.QR == "" {
		t.Errorf("the three forms: %+v", inv)
	}

	friend := newMachine(t, "friend")
	var pre joinData
	friend.ok(&pre, "join", inv.URL, "--print")
	if pre.JoinedAs != nil || pre.Mesh != "aurelia" || pre.Inviter == "" || pre.Fingerprint == "" ||
		len(pre.Slots) != 1 || pre.Class != "paired-peers-only" || !strings.Contains(pre.PolicyPreview, "max_concurrent: 1") {
		t.Errorf("--print shows %+v", pre)
	}
	if entries, err := os.ReadDir(friend.dir); err == nil && len(entries) > 0 {
		t.Errorf("--print stored %v", entries)
	}

	var joined joinData
	friend.ok(&joined, "join", inv.URL, "--yes")
	if joined.JoinedAs == nil || *joined.JoinedAs != "alice" {
		t.Fatalf("joined as %v", joined.JoinedAs)
	}
	friend.start("work")
	host.await("MeshNodeStatus", map[string]any{"node_id": "alice", "status": "online"})

	job := host.runWASM("hello.wasm", "--on", "alice", "--", "one", "two words")
	if job.Status != "succeeded" || job.NodeID == nil || *job.NodeID != "alice" || job.Attempt != 1 {
		t.Fatalf("job %+v", job)
	}
	if job.Output == nil || !strings.Contains(*job.Output, "two words") {
		t.Errorf("output %v", job.Output)
	}
	if b, err := hex.DecodeString(job.TraceID); err != nil || len(b) != 16 {
		t.Errorf("trace id %q", job.TraceID)
	}
	if job.Cost == nil || *job.Cost <= 0 {
		t.Errorf("cost %v", job.Cost)
	}
	checkRun(t, host, job)
	host.kill()

	// What was acknowledged is there after kill -9, for a reader without a host.
	var jobs []jobData
	host.ok(&jobs, "jobs")
	if len(jobs) != 1 || jobs[0].JobID != job.JobID || jobs[0].Status != "succeeded" {
		t.Errorf("after kill -9 the log has %+v", jobs)
	}
	if logs := host.raw("", "logs", job.JobID); logs.out != *job.Output {
		t.Errorf("logs gives %q, the run gave %q", logs.out, *job.Output)
	}
	host.refused("vox/host/none", 5, "run", "wasm", wasmFile(t, "hello.wasm"))
}

func checkRun(t *testing.T, host *host, job jobData) {
	t.Helper()
	var run struct {
		RunID   string `json:"run_id"`
		TraceID string `json:"trace_id"`
		Class   string `json:"privacy_class"`
		Root    struct {
			Name     string `json:"span_name"`
			Status   string
			Start    int64
			Class    string `json:"privacy_class"`
			Children []json.RawMessage
		}
	}
	host.ok(&run, "runs", job.RunID)
	if run.RunID != job.RunID || run.TraceID != job.TraceID || run.Root.Status != "succeeded" || len(run.Root.Children) != 1 {
		t.Errorf("run %+v", run)
	}
	var budget struct {
		PerNode []struct {
			NodeID string  `json:"node_id"`
			Used   float64 `json:"used_usd"`
		} `json:"per_node"`
		Aggregate struct {
			Used float64  `json:"used_usd_24h"`
			Cap  *float64 `json:"cap_usd_24h"`
		}
	}
	host.ok(&budget, "budget")
	if len(budget.PerNode) != 1 || budget.PerNode[0].Used != *job.Cost || budget.Aggregate.Used != *job.Cost || budget.Aggregate.Cap != nil {
		t.Errorf("budget %+v for a job of %v", budget, *job.Cost)
	}
}

// Whoever asks with a bad invite is refused by name, and nothing is stored.
func TestBadInvites(t *testing.T) {
	t.Parallel()
	aurelia := newMachine(t, "aurelia").serve()
	other := newMachine(t, "other").serve()
	inv := aurelia.invite("alice")

	refused := func(code, url string) {
		t.Helper()
		m := newMachine(t, "stranger")
		m.refused(code, 3, "join", url, "--yes")
		if left := filesBelow(t, m.dir); len(left) > 0 {
			t.Errorf("%s left %v behind", code, left)
		}
	}
	refused("vox/invite/expired", changeToken(t, inv.URL, 1, 0)) // the expiry, far in the past
	refused("vox/invite/tampered", flipToken(t, inv.URL, 20))    // a byte of the secret
	refused("vox/invite/malformed", inv.URL[:len(inv.URL)-3])
	refused("vox/invite/wrong-host", strings.Replace(inv.URL, aurelia.ready.Listen, other.ready.Listen, 1))
	revoked := aurelia.invite("nobody")
	aurelia.ok(nil, "invite", "revoke", revoked.PeerID)
	refused("vox/invite/revoked", revoked.URL)

	// One use; but the friend whose answer was lost may say it again.
	friend := newMachine(t, "friend")
	var first, again joinData
	friend.ok(&first, "join", inv.URL, "--yes")
	friend.ok(&again, "join", inv.URL, "--yes")
	if first.JoinedAs == nil || again.JoinedAs == nil || *first.JoinedAs != *again.JoinedAs {
		t.Errorf("joined as %v, then as %v", first.JoinedAs, again.JoinedAs)
	}
	refused("vox/invite/used", inv.URL)
	aurelia.refused("vox/invite/used", 3, "invite", "revoke", inv.PeerID)
}

func filesBelow(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, path)
		}
		return nil
	})
	return out
}

// A second host on a data folder is told who holds it; the first goes on.
func TestSecondHost(t *testing.T) {
	t.Parallel()
	host := newMachine(t, "aurelia").serve()
	a := host.do("serve", "--listen", "127.0.0.1:0")
	if a.code != "vox/oplog/locked" || a.exit != 1 || !strings.Contains(a.text, "voxmesh serve") {
		t.Fatalf("exit %d, %s: %s", a.exit, a.code, a.text)
	}
	host.ok(nil, "summary")
}

// No model server: the list is empty, and says why.
func TestNoModels(t *testing.T) {
	t.Parallel()
	host := newMachine(t, "aurelia").serve()
	host.friend("alice")
	host.await("MeshNodeDescribed", map[string]any{"node_id": "alice"})
	var v struct {
		ByModel map[string]any    `json:"by_model"`
		Notes   map[string]string `json:"notes"`
	}
	host.ok(&v, "models")
	if len(v.ByModel) != 0 || v.Notes["alice"] == "" {
		t.Errorf("models %+v", v)
	}
	host.refused("vox/model/none", 1, "run", "text", "hello")
}

// A module that loops, eats memory or floods is ended at its limit and reported as such.
func TestLimits(t *testing.T) {
	t.Parallel()
	host := newMachine(t, "aurelia").serve()
	host.friend("alice")
	for _, tc := range []struct {
		file, code, status string
		args               []string
	}{
		{"loop.wasm", "vox/run/deadline", "timed_out", []string{"--timeout", "1s"}},
		{"memory.wasm", "vox/run/memory-limit", "failed", nil},
		{"flood.wasm", "vox/run/output-limit", "failed", nil},
		{"trap.wasm", "vox/run/trap", "failed", nil},
		{"exit7.wasm", "vox/run/exit-code", "failed", nil},
	} {
		a := host.do(append([]string{"run", "wasm", wasmFile(t, tc.file), "--on", "alice"}, tc.args...)...)
		var j jobData
		a.read(t, &j)
		if a.exit != 1 || a.failed || j.Code != tc.code || j.Status != tc.status || j.Error == "" {
			t.Errorf("%s: exit %d, %+v", tc.file, a.exit, j)
		}
		if tc.file == "flood.wasm" && (j.Output == nil || len(*j.Output) > 16<<20 || len(*j.Output) < 15<<20) {
			t.Errorf("flood kept %d bytes", len(*j.Output))
		}
		if tc.file == "exit7.wasm" && (j.ExitCode == nil || *j.ExitCode != 7) {
			t.Errorf("exit7: %+v", j)
		}
	}
}

// A friend who is host of a mesh of their own joins from another terminal: their host works for it at once, and stops
// when they leave.
func TestFriendWithAHostOfTheirOwn(t *testing.T) {
	t.Parallel()
	aurelia := newMachine(t, "aurelia").serve()
	nook := newMachine(t, "nook").serve()
	inv := aurelia.invite("alice")
	nook.ok(nil, "join", inv.URL, "--yes")
	aurelia.await("MeshNodeStatus", map[string]any{"node_id": "alice", "status": "online"})
	if j := aurelia.runWASM("hello.wasm", "--on", "alice"); j.Status != "succeeded" {
		t.Errorf("%+v", j)
	}
	var v struct {
		Told bool `json:"host_told"`
	}
	nook.ok(&v, "leave", "aurelia")
	if !v.Told {
		t.Error("the host was not told")
	}
	aurelia.await("MeshTopologyChanged", map[string]any{"removed_nodes": "[alice]"})
	nook.ok(nil, "summary")
	aurelia.refused("vox/node/unknown", 4, "nodes", "alice")
}
