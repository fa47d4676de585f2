package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

// What needs the log for itself is refused while a host runs, which is named; then it takes the same history and less room.
func TestCompact(t *testing.T) {
	t.Parallel()
	m := aStory(t)
	host := m.serve()
	for _, line := range []string{"oplog compact", "oplog trim --before -1h", "oplog repair"} {
		a := m.refused("vox/oplog/locked", 1, strings.Fields(line)...)
		if who := fmt.Sprintf("voxmesh serve, pid %d", host.ready.Pid); !strings.Contains(a.text, who) {
			t.Errorf("%s says %q, and not %q", line, a.text, who)
		}
	}
	if j := host.runWASM("hello.wasm"); j.Status != "succeeded" {
		t.Fatalf("%+v", j)
	}
	host.stop()
	was, ops := m.instants(), m.good("before").Ops
	var c struct {
		Ops    uint64
		Before int64 `json:"bytes_before"`
		After  int64 `json:"bytes_after"`
	}
	m.ok(&c, "oplog", "compact")
	if st, err := os.Stat(filepath.Join(m.dir, "oplog.db")); err != nil || c.Ops != ops || c.After > c.Before || st.Size() != c.After {
		t.Errorf("%+v of %d ops; %v", c, ops, err)
	}
	if v := m.good("after"); v.Ops != ops || v.Seconds <= 0 || v.OpsPerSec <= 0 || v.BytesPerSec <= 0 {
		t.Errorf("%+v, want %d ops and how long it took", v, ops)
	}
	same(t, "compacted", m.instants(), was)
	var st struct {
		Ops      uint64
		Verified *struct{ Ops uint64 }
	}
	if m.ok(&st, "oplog", "stats"); st.Ops != ops || st.Verified == nil || st.Verified.Ops != ops {
		t.Errorf("stats do not say that it was verified: %+v", st)
	}
	host = m.serve()
	if j := host.runWASM("hello.wasm"); j.Status != "succeeded" {
		t.Errorf("after it: %+v", j)
	}
}

// What is trimmed is in the archive, whole; what was signed stays provable in the log.
func TestTrim(t *testing.T) {
	t.Parallel()
	m := aStory(t)
	was := m.instants()
	var job jobData
	m.ok(&job, "explain", story.job)
	var none struct {
		Base, Archived uint64
		Reason         string
	}
	if m.ok(&none, "oplog", "trim", "--before", micros(story.mid)); none.Archived != 0 || !strings.Contains(none.Reason, "multiple of 1024") {
		t.Errorf("half a block: %+v", none)
	}
	if m.ok(&none, "oplog", "trim", "--before", "2001-01-01T00:00:00Z"); none.Archived != 0 || !strings.Contains(none.Reason, "no op is from before 2001") {
		t.Errorf("from before there was a log: %+v", none)
	}
	if m.ok(&none, "oplog", "trim", "--before", "-1h"); none.Archived != 0 || !strings.Contains(none.Reason, "still needed: with it began item h-") {
		t.Errorf("a job that ended right before the log did: %+v", none)
	}
	m.serve().stop() // three days later, which lets go of it
	there := filepath.Join(m.dir, "notes")
	if err := os.WriteFile(there, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	m.refused("vox/file/exists", 1, "oplog", "trim", "--before", "-1h", "--archive", there)
	m.refused("vox/cli/usage", 2, "oplog", "trim")
	m.refused("vox/cli/usage", 2, "oplog", "trim", "--before", "2222-01-01T00:00:00Z")

	var r struct {
		Base, Archived, Kept uint64
		Archive              string
	}
	m.ok(&r, "oplog", "trim", "--before", "-1h")
	if r.Base != 1024 || r.Archived != 1024 || r.Kept == 0 || r.Archive != filepath.Join(m.dir, "oplog-archive-1-1024.db") {
		t.Fatalf("%+v", r)
	}
	m.good("trimmed")
	m.refused("vox/oplog/trimmed", 4, "oplog", "at", micros(story.mid))
	same(t, "what is left", []map[string]any{m.instant(micros(story.end))}, was[2:])
	proved(t, m)

	other := newMachine(t, "archive")
	if err := os.MkdirAll(other.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(r.Archive, filepath.Join(other.dir, "oplog.db")); err != nil {
		t.Fatal(err)
	}
	if v := other.good("the archive"); v.Ops != 1024 {
		t.Errorf("the archive has %+v", v)
	}
	same(t, "the archive", []map[string]any{other.instant(micros(story.mid))}, was[:1])
	other.ok(&job, "explain", story.job)

	host := m.serve()
	if j := host.runWASM("hello.wasm"); j.Status != "succeeded" {
		t.Errorf("a trimmed host: %+v", j)
	}
	a := host.refused("vox/oplog/trimmed", 4, "explain", story.job)
	if !strings.Contains(a.text, "oplog-archive-1-1024.db") {
		t.Errorf("a job of before: %q", a.text)
	}
}

// proved checks the audit log of a machine, and an export of it from outside.
func proved(t *testing.T, m *machine) {
	t.Helper()
	var rep struct{ Entries, Verified, Failed int }
	if m.ok(&rep, "audit", "verify"); rep.Entries == 0 || rep.Verified != rep.Entries || rep.Failed != 0 {
		t.Errorf("the audit log: %+v", rep)
	}
	export := m.raw("", "audit", "export")
	a := m.feed(export.out, "audit", "verify", "--export", "-", "--key", filepath.Join(m.dir, "audit.pub"))
	out := rep
	if a.read(t, &out); a.exit != 0 || out != rep {
		t.Errorf("its export: exit %d, %s, %+v", a.exit, a.text, out)
	}
}

// Whenever compacting or trimming is killed, the log is whole: as it was or as it is to be.
func TestKilledWhileKeeping(t *testing.T) {
	t.Parallel()
	m := aStory(t)
	m.serve().stop() // three days later, so that what there was can be trimmed
	was := m.instants()
	for i, line := range []string{"oplog compact", "oplog compact", "oplog trim --before -1h", "oplog compact", "oplog trim --before -1h", "oplog trim --before -1h"} {
		p := m.start(strings.Fields(line)...)
		pause := time.NewTimer(time.Duration(3+7*i) * time.Millisecond)
		select {
		case <-pause.C:
		case <-p.ended:
		}
		p.kill()
		m.good(line)
		same(t, line, []map[string]any{m.instant(micros(story.end))}, was[2:])
	}
	m.ok(nil, "oplog", "trim", "--before", "-1h")
	m.ok(nil, "oplog", "compact")
	m.good("at last")
	proved(t, m)
	if names := m.left(); slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, "tmp") }) {
		t.Errorf("what was begun is left: %v", names)
	}
}

// Damage is named, with what is still good; repair keeps that, and the rest aside.
func TestDamageAndRepair(t *testing.T) {
	t.Parallel()
	m := aStory(t)
	all := m.good("before").Ops
	m.flip("hello") // the title of the job
	a := m.refused("vox/oplog/damaged", 1, "oplog", "verify")
	var bad uint64
	if _, err := fmt.Sscanf(a.text, "op %d is damaged", &bad); err != nil || bad < 2 || bad > 20 || !strings.Contains(a.text, "what is good ends at ") {
		t.Fatalf("it does not say which op: %q", a.text)
	}
	if !strings.Contains(a.hint, fmt.Sprintf("keeps ops 1 to %d", bad-1)) {
		t.Errorf("the hint is %q", a.hint)
	}
	if c := m.doctor("op-log"); c.Result != "problem" || c.Mend == "" {
		t.Errorf("doctor: %+v", c)
	}
	var r struct {
		Kept, Lost uint64
		Aside      string
		Until      int64 `json:"kept_until_micros"`
	}
	if m.ok(&r, "oplog", "repair"); r.Kept != bad-1 || r.Lost != all-r.Kept || r.Until == 0 {
		t.Errorf("%+v of %d ops", r, all)
	}
	if st, err := os.Stat(r.Aside); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("what was cut off: %v", err)
	}
	m.good("repaired")
	host := m.serve()
	if j := host.runWASM("hello.wasm"); j.Status != "succeeded" {
		t.Errorf("after it: %+v", j)
	}
}

type checkData struct{ Check, Result, Detail, Mend string }

// doctor gives what the doctor says of one thing.
func (m *machine) doctor(check string) checkData {
	m.t.Helper()
	var all []checkData
	m.do("doctor").read(m.t, &all)
	for _, c := range all {
		if c.Check == check {
			return c
		}
	}
	m.t.Fatalf("the doctor says nothing of %s", check)
	return checkData{}
}

// A copy that is made while the host works is a log that verifies, and a part of what came of it.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "aurelia")
	host := m.serve()
	end, done := make(chan struct{}), make(chan struct{})
	var busy sync.WaitGroup
	for i := range 2 {
		busy.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-end:
					return
				default:
				}
				err := m.command("budget", "set", "mesh", "--cap", fmt.Sprint(1000*i+n)).Run()
				select {
				case <-end:
					return
				case done <- struct{}{}:
					if err != nil {
						t.Errorf("budget set: %v", err)
					}
				default: // nobody waits for it
				}
			}
		})
	}
	var copies []*machine
	for i := range 3 {
		c := newMachine(t, fmt.Sprintf("copy%d", i))
		if err := os.MkdirAll(c.dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for range 3 { // two were under way before the last copy at most
			<-done
		}
		a := m.raw("", "oplog", "backup")
		if a.exit != 0 {
			t.Errorf("backup: exit %d\n%s", a.exit, a.err)
		}
		if err := os.WriteFile(filepath.Join(c.dir, "oplog.db"), []byte(a.out), 0o600); err != nil {
			t.Fatal(err)
		}
		copies = append(copies, c)
	}
	close(end)
	busy.Wait()
	var last uint64
	for _, c := range copies {
		v := c.good("a copy")
		if v.Ops <= last {
			t.Errorf("a copy of %d ops was made after one of %d", v.Ops, last)
		}
		last = v.Ops
		at := c.instant("-0s")
		want := host.instant(fmt.Sprintf("%.0f", at["op_ts_micros"]))
		for _, v := range []map[string]any{at, want} {
			delete(v, "ts_micros")
			delete(v, "nodes") // ages are of the time that was asked for
			delete(v, "invites")
			delete(v, "budget")
		}
		same(t, c.name, []map[string]any{at}, []map[string]any{want})
	}
	full := m.command("oplog", "backup")
	var errs bytes.Buffer
	full.Stderr = &errs
	dev, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("SKIPPED the rest: there is no /dev/full here")
	}
	defer dev.Close()
	full.Stdout = dev
	if err := full.Run(); full.ProcessState.ExitCode() != 1 || !strings.Contains(errs.String(), "vox/file/unwritable") || !strings.Contains(errs.String(), "is not whole") {
		t.Errorf("to a full disk: %v\n%s", err, &errs)
	}
}

// A log that a newer program wrote is refused by everything, in a sentence, and stays as it is.
func TestNewerLog(t *testing.T) {
	t.Parallel()
	m := aStory(t)
	path := filepath.Join(m.dir, "oplog.db")
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("format"), []byte{0, 16, 0, 0})
	})
	if cerr := db.Close(); err != nil || cerr != nil {
		t.Fatal(err, cerr)
	}
	was, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"nodes", "edges", "summary", "jobs", "logs j-0001", "runs", "runs r-0001", "explain j-0001", "budget", "models", "hopper inbox",
		"oplog at -5m", "oplog tail", "oplog stats", "oplog verify", "oplog repair", "oplog compact", "oplog trim --before -1h",
		"audit", "audit show a-0001", "audit verify", "audit export", "events --since 0", "access ls", "invite ls", "open r-0001", "serve --listen 127.0.0.1:0",
	} {
		a := m.do(strings.Fields(line)...)
		if a.code == "vox/host/none" {
			continue // it asks a host, and none can run
		}
		if a.code != "vox/oplog/newer-format" || a.exit != 1 || a.hint == "" {
			t.Errorf("%s: exit %d with %q, %q, %q", line, a.exit, a.code, a.text, a.hint)
		}
	}
	if a := m.raw("", "oplog", "backup"); a.exit != 1 || !strings.Contains(a.err, "vox/oplog/newer-format") {
		t.Errorf("backup: exit %d\n%s", a.exit, a.err)
	}
	if a := m.raw(""); a.exit != 2 || strings.Contains(a.err, "panic") {
		t.Errorf("voxmesh alone, without a terminal: exit %d\n%s", a.exit, a.err)
	}
	if c := m.doctor("op-log"); c.Result != "problem" || !strings.Contains(c.Detail, "format") || c.Mend == "" {
		t.Errorf("doctor: %+v", c)
	}
	if is, err := os.ReadFile(path); err != nil || !bytes.Equal(is, was) {
		t.Errorf("the file is not as it was: %v", err)
	}
}
