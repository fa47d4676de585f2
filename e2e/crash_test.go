package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A worker is killed under a job: the job runs again elsewhere, and there is one result. This is the long way round,
// with nobody to say that the worker is gone: the lease runs out.
func TestWorkerKilledMidJob(t *testing.T) {
	t.Parallel()
	host := newMachine(t, "aurelia").serve()
	_, alice := host.friend("alice")
	job := host.detached("loop.wasm", "--timeout", "40s")
	host.await("vox.workflow.activity", map[string]any{"job_id": job.JobID, "status": "running"})
	_, _ = host.friend("bob")
	alice.kill()
	host.await("vox.workflow.activity", map[string]any{"job_id": job.JobID, "status": "queued", "cause": "worker lost"})
	host.await("vox.workflow.activity", map[string]any{"job_id": job.JobID, "status": "leased", "node_id": "bob", "attempt": 2})
	host.ok(nil, "kill", job.JobID, "--confirm", job.JobID, "--reason", "seen enough")
	if n := host.results(job.JobID); n != 1 {
		t.Errorf("%d results of one job", n)
	}
}

// A worker that comes back at once says itself that the job is lost, and it runs again without a wait.
func TestWorkerRestartsMidJob(t *testing.T) {
	t.Parallel()
	host := newMachine(t, "aurelia").serve()
	m, alice := host.friend("alice")
	job := host.detached("primes.wasm", "--on", "alice", "--", "600000000")
	host.await("vox.workflow.activity", map[string]any{"job_id": job.JobID, "status": "running"})
	alice.kill()
	m.start("work")
	host.await("vox.workflow.activity", map[string]any{"job_id": job.JobID, "status": "succeeded"})
	j := host.job(job.JobID)
	if j.Attempt != 2 || host.results(job.JobID) != 1 {
		t.Errorf("%+v with %d results", j, host.results(job.JobID))
	}
}

// The host is killed under a job: the job goes on, and its result reaches the next host.
func TestHostKilledMidJob(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "aurelia")
	host := m.serve()
	host.friend("alice")
	job := host.detached("primes.wasm", "--on", "alice", "--", "600000000")
	host.await("vox.workflow.activity", map[string]any{"job_id": job.JobID, "status": "running"})
	host.kill()
	host = m.serve()
	host.await("vox.workflow.activity", map[string]any{"job_id": job.JobID, "status": "succeeded"})
	j := host.job(job.JobID)
	if j.Attempt != 1 || host.results(job.JobID) != 1 {
		t.Errorf("%+v with %d results: the job was not to be disturbed", j, host.results(job.JobID))
	}
	logs := host.raw("", "logs", job.JobID)
	if !strings.HasPrefix(logs.out, "") || logs.exit != 0 || logs.out == "" {
		t.Errorf("logs: exit %d, %q", logs.exit, logs.out)
	}
}

// detached sends a job and does not wait for it.
func (h *host) detached(file string, args ...string) jobData {
	h.machine.t.Helper()
	var j jobData
	h.ok(&j, append([]string{"run", "wasm", "--detach", wasmFile(h.machine.t, file)}, args...)...)
	return j
}

// job gives one job of the last day.
func (h *host) job(id string) jobData {
	h.machine.t.Helper()
	var all []jobData
	h.ok(&all, "jobs")
	for _, j := range all {
		if j.JobID == id {
			return j
		}
	}
	h.machine.t.Fatalf("there is no job %s", id)
	return jobData{}
}

// ops gives the ops of a kind, from the first.
func (m *machine) ops(kind string) []map[string]any {
	m.t.Helper()
	a := m.raw("", "--json", "oplog", "tail", "-n", "1000000")
	var out []map[string]any
	for _, line := range strings.Split(strings.TrimSpace(a.out), "\n") {
		var op struct {
			Kind string
			Data map[string]any
		}
		if err := json.Unmarshal([]byte(line), &op); err != nil {
			m.t.Fatalf("oplog tail printed %q: %v", line, err)
		}
		if op.Kind == kind {
			out = append(out, op.Data)
		}
	}
	return out
}

// results counts the results of a job in the log.
func (h *host) results(job string) int {
	n := 0
	for _, d := range h.ops("job_finished") {
		if d["job_id"] == job {
			n++
		}
	}
	return n
}

// crashesVar makes the crash test longer: VOXMESH_CRASHES=500 go test ./e2e -run TestCrashes -timeout 60m.
const crashesVar = "VOXMESH_CRASHES"

// Host and worker are killed with -9 at random moments, while jobs are sent. Whatever was acknowledged ends, with one
// result and never two; the log verifies.
func TestCrashes(t *testing.T) {
	t.Parallel()
	cycles := 25
	if v := os.Getenv(crashesVar); v != "" {
		var err error
		if cycles, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))

	m := newMachine(t, "aurelia")
	host := m.serve()
	friend, work := host.friend("alice")
	acked := map[string]bool{}
	for i := range cycles {
		for range 1 + rnd.IntN(3) {
			a := m.do("run", "wasm", wasmFile(t, "hello.wasm"), "--on", "alice", "--detach", "--", fmt.Sprint(i))
			if !a.failed {
				var j jobData
				a.read(t, &j)
				acked[j.JobID] = true
			}
		}
		pause := time.NewTimer(time.Duration(rnd.IntN(60)) * time.Millisecond)
		if rnd.IntN(2) == 0 {
			victim := m.start("run", "wasm", wasmFile(t, "hello.wasm"), "--on", "alice") // cut off in the middle, too
			<-pause.C
			host.kill()
			victim.kill()
			host = m.serve()
		} else {
			<-pause.C
			work.kill()
			work = friend.start("work")
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			a := host.machine.raw("", "--json", "oplog", "tail", "-n", "1000000")
			t.Logf("acknowledged %v\nthe log:\n%s", slices.Collect(maps.Keys(acked)), a.out)
		}
	})
	for id := range acked {
		host.awaitEnd(id)
	}
	seen := map[string]int{}
	for _, d := range host.ops("job_finished") {
		seen[fmt.Sprint(d["job_id"])]++
		// On a slow machine a job may be so unlucky that three workers are killed under it: then the host gives it up.
		if attempt, _ := d["attempt"].(float64); d["status"] != "succeeded" && (d["status"] != "failed" || attempt < 3) {
			t.Errorf("it ended so: %v", d)
		}
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s has %d results", id, n)
		}
	}
	for id := range acked {
		if seen[id] != 1 {
			t.Errorf("%s was acknowledged and has %d results", id, seen[id])
		}
	}
	host.ok(nil, "oplog", "verify")
	t.Logf("%d kills, %d jobs acknowledged, %d results", cycles, len(acked), len(seen))
}
