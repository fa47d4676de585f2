package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/oplog"
	"voxmesh/tui/sshd"
)

// aged is an app on a data folder whose host has ended, with what it did in its log.
func aged(t *testing.T) (*app, string, *bytes.Buffer) {
	t.Helper()
	h, dir := aHost(t, "aurelia")
	aRun(t, h)
	closeHost(t, h)
	a, out := onFolder(t, dir)
	return a, dir, out
}

func onFolder(t *testing.T, dir string) (*app, *bytes.Buffer) {
	t.Helper()
	a, out, _ := local(t)
	get := a.getenv
	a.getenv = func(k string) string {
		if k == "VOXMESH_DATA" {
			return dir
		}
		return get(k)
	}
	return a, out
}

func TestPaceSaysHowFarAndHowFast(t *testing.T) {
	now := time.Unix(1000, 0)
	var out bytes.Buffer
	p := &pace{what: "verify", w: &out, now: func() time.Time { return now }, bytes: 2_000_000, began: now}
	p.step(0, 10_000)
	now = now.Add(100 * time.Millisecond)
	if p.step(500, 10_000); out.Len() > 0 {
		t.Errorf("it spoke after a tenth of a second: %q", &out)
	}
	now = now.Add(900 * time.Millisecond)
	p.step(1000, 10_000)
	if got, want := out.String(), "\rverify 1000 of 10000 ops (10 %), 1000 ops/s, 200.0 KB/s, 9 s left\x1b[K"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	out.Reset()
	if p.step(1001, 10_000); out.Len() > 0 {
		t.Errorf("it spoke twice at once: %q", &out)
	}
	if p.step(10_000, 10_000); out.String() != "\rverify: all 10000 ops are behind it, finishing\x1b[K" {
		t.Errorf("at the end: %q", &out)
	}
	out.Reset()
	if took := p.end(); took != time.Second || out.String() != "\r\x1b[K" {
		t.Errorf("%v, and %q is left", took, &out)
	}
	quiet := &pace{what: "verify", now: func() time.Time { return now }}
	quiet.step(1, 0)
	quiet.step(1, 2)
	quiet.end()
	for d, want := range map[time.Duration]string{time.Second: "1 s", 90 * time.Second: "90 s", 10 * time.Minute: "10 min", 26 * time.Hour: "26 h"} {
		if got := leftText(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestPercent(t *testing.T) {
	for share, want := range map[float64]string{0: "0.0 %", 0.0004: "under 0.1 %", 0.065: "6.5 %", 0.874: "87 %", 0.9996: "99.9 %", 1: "100 %"} {
		if got := percent(share); got != want {
			t.Errorf("%v: %q, want %q", share, got, want)
		}
	}
}

func TestStatsForPeople(t *testing.T) {
	now := time.UnixMicro(1_800_000_000_000_000)
	day := int64(24 * time.Hour / time.Microsecond)
	s := oplog.Stats{
		FileBytes: 32 << 20, UsedBytes: 8 << 20, FreeShare: 0.75, Ops: 30_000, OpBytes: 6 << 20, Memos: 3, MemoBytes: 1 << 20, MemoShare: 0.1666,
		LastMemo: 29_696, FirstAt: now.UnixMicro() - 90*day, LastAt: now.UnixMicro(), Blobs: 12, BlobBytes: 1500,
		Base: 1024, Archive: "oplog-archive-1-1024.db", BaseAt: now.UnixMicro() - 90*day, Kept: 7, FormatVersion: 2,
		Verified: &oplog.Verified{At: now.UnixMicro() - 40*day, Ops: 20_000},
	}
	var out bytes.Buffer
	statsTable(&out, s, now)
	for _, want := range []string{
		"33.6 MB, 8.4 MB used, 75 % free", "30000 (1025 to 31024), 6.3 MB", "3, 1.0 MB: 17 % of the ops' bytes; the last at op 29696", "index, rest  1.0 MB",
		"12, 1.5 KB", "20000 ops, all good; 40 days ago", "ops 1 to 1024, until", "the last of them are in oplog-archive-1-1024.db; 7 are kept here too", "`voxmesh oplog compact` gives it back",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
	out.Reset()
	statsTable(&out, oplog.Stats{}, now)
	for _, want := range []string{"ops          none", "memos        none yet", "never: voxmesh oplog verify"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q of an empty log in\n%s", want, &out)
		}
	}
}

func TestDoctorLooksAtTheLog(t *testing.T) {
	now := time.UnixMicro(1_800_000_000_000_000)
	days := func(n int64) int64 { return now.UnixMicro() - n*int64(24*time.Hour/time.Microsecond) }
	for name, tc := range map[string]struct {
		f      logFacts
		result string
		detail string
		mend   string
	}{
		"empty":               {logFacts{}, "ok", "0 ops", ""},
		"young":               {logFacts{Ops: 9, FirstAt: days(2)}, "ok", "9 ops", ""},
		"never read":          {logFacts{Ops: 9, FirstAt: days(31)}, "note", "never verified", "voxmesh oplog verify"},
		"read long ago":       {logFacts{Ops: 9, FirstAt: days(90), Verified: &verifiedView{AtMicros: days(31)}}, "note", "last verified, 31 days ago", "voxmesh oplog verify"},
		"read":                {logFacts{Ops: 9, FirstAt: days(90), Verified: &verifiedView{AtMicros: days(1)}}, "ok", "all good", ""},
		"found damaged":       {logFacts{Ops: 9, FirstAt: days(1), Verified: &verifiedView{AtMicros: days(1), Problem: "op 3 is damaged"}}, "problem", "op 3 is damaged", "voxmesh oplog verify"},
		"refuses":             {logFacts{Ops: 9, FirstAt: days(1), Broken: "the disk refused a write"}, "problem", "the disk refused a write", "start the host again"},
		"free":                {logFacts{Ops: 9, FirstAt: days(1), Free: 0.6, FileBytes: 20 << 20}, "note", "60 % of the file is free", "voxmesh oplog compact"},
		"free, and small":     {logFacts{Ops: 9, FirstAt: days(1), Free: 0.6, FileBytes: 1 << 20}, "ok", "9 ops", ""},
		"free, and not so":    {logFacts{Ops: 9, FirstAt: days(1), Free: 0.4, FileBytes: 20 << 20}, "ok", "9 ops", ""},
		"free and never read": {logFacts{Ops: 9, FirstAt: days(50), Free: 0.6, FileBytes: 20 << 20}, "note", "60 % of the file is free", "voxmesh oplog verify"},
	} {
		c := tc.f.check(false, now)
		if c.Result != tc.result || !strings.Contains(c.Detail, tc.detail) || !strings.Contains(c.Mend, tc.mend) || (c.Mend == "") != (tc.mend == "") {
			t.Errorf("%s: %+v", name, c)
		}
	}
	a, dir, _ := aged(t)
	if c := a.checkLog(t.Context(), dir); c.Result != "ok" || !strings.Contains(c.Detail, "all good") {
		t.Errorf("a good log: %+v", c)
	}
	if c := a.checkAudit(t.Context(), dir); c.Result != "ok" || a.reader != nil {
		t.Errorf("%+v, and the log is held: %v", c, a.reader != nil)
	}
	spoil(t, dir)
	if c := a.checkLog(t.Context(), dir); c.Result != "problem" || c.Mend == "" {
		t.Errorf("a damaged log: %+v", c)
	}
	a.closeReader()
}

// spoil changes a byte in the third op of a log: the name of whoever did it.
func spoil(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, "oplog.db")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i := range b {
		if bytes.HasPrefix(b[i:], []byte("cli:mira")) {
			b[i] ^= 1
			n++
		}
	}
	if n == 0 {
		t.Fatal("no op says who did it: nothing was spoilt")
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A log that does not verify is a failure that says which op, what is still good, and what to do.
func TestVerifyOfADamagedLog(t *testing.T) {
	a, dir, out := aged(t)
	spoil(t, dir)
	exit := a.execute(t.Context(), []string{"oplog", "verify", "--json"})
	var env envelopeRead
	if err := json.Unmarshal(out.Bytes(), &env); err != nil || exit != 1 || env.Error.Code != oplog.CodeDamaged {
		t.Fatalf("exit %d, %v\n%s", exit, err, out)
	}
	for _, want := range []string{"is damaged (ops 1 to ", "what is good ends at 20"} {
		if !strings.Contains(env.Error.Message, want) {
			t.Errorf("no %q in %q", want, env.Error.Message)
		}
	}
	if !strings.Contains(env.Error.Hint, "`voxmesh oplog repair` keeps ops 1 to ") {
		t.Errorf("hint %q", env.Error.Hint)
	}
	out.Reset()
	if exit := a.execute(t.Context(), []string{"oplog", "repair"}); exit != 0 {
		t.Fatalf("repair: exit %d\n%s", exit, out)
	}
	for _, want := range []string{"kept ops 1 to ", "; cut off ", "with what was cut off: " + dir} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %q", want, out)
		}
	}
	out.Reset()
	if exit := a.execute(t.Context(), []string{"oplog", "verify"}); exit != 0 || !strings.Contains(out.String(), "are good; head ") {
		t.Errorf("verify after it: exit %d\n%s", exit, out)
	}
}

func TestWhatIsToldToStop(t *testing.T) {
	a, _, out := aged(t)
	h, dir := aHost(t, "borealis")
	inHost, hosts := onFolder(t, dir)
	inHost.local, inHost.role, inHost.host = false, sshd.Viewer, h
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for _, c := range []struct {
		a    *app
		out  *bytes.Buffer
		line string
	}{{inHost, hosts, "oplog verify"}, {a, out, "oplog verify"}, {a, out, "oplog compact"}, {a, out, "oplog repair"}} {
		c.out.Reset()
		exit := c.a.execute(ctx, append(strings.Fields(c.line), "--json"))
		var env envelopeRead
		if err := json.Unmarshal(c.out.Bytes(), &env); err != nil || exit != 130 || env.Error.Code != "vox/cli/interrupted" {
			t.Errorf("%s: exit %d, %v\n%s", c.line, exit, err, c.out)
		}
	}
	out.Reset()
	if exit := a.execute(t.Context(), []string{"oplog", "verify", "--json"}); exit != 0 {
		t.Errorf("after it: exit %d\n%s", exit, out)
	}
	hosts.Reset()
	if exit := inHost.execute(t.Context(), []string{"oplog", "verify", "--json"}); exit != 0 || !strings.Contains(hosts.String(), `"ops_per_sec":`) {
		t.Errorf("a viewer: exit %d\n%s", exit, hosts)
	}
}

// full is a disk without room after n bytes.
type full struct{ n int }

func (f *full) Write(p []byte) (int, error) {
	if f.n -= len(p); f.n < 0 {
		return 0, errors.New("no space left on device")
	}
	return len(p), nil
}

func TestBackupThatCannotBeWritten(t *testing.T) {
	a, _, _ := aged(t)
	a.out = &full{n: 10_000}
	var errs bytes.Buffer
	a.err = &errs
	if exit := a.execute(t.Context(), []string{"oplog", "backup"}); exit != 1 || !strings.Contains(errs.String(), "vox/file/unwritable") || !strings.Contains(errs.String(), "is not whole") {
		t.Errorf("exit %d\n%s", exit, &errs)
	}
	errs.Reset()
	a.out = &bytes.Buffer{}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if exit := a.execute(ctx, []string{"oplog", "backup"}); exit != 130 || !strings.Contains(errs.String(), "vox/cli/interrupted") {
		t.Errorf("exit %d\n%s", exit, &errs)
	}
}

// What needs the log for itself is refused while a host runs, with the host's name, and in every session.
func TestTheLogIsTheHosts(t *testing.T) {
	_, dir := aHost(t, "aurelia")
	log, err := oplog.Open(dir, mesh.Projection{}, oplog.Options{ReadOnly: true, LockTimeout: time.Millisecond})
	if err == nil {
		_ = log.Close()
		t.Fatal("the log was not held")
	}
	if code, _ := fault.Of(err); code != oplog.CodeLocked || !strings.Contains(err.Error(), "a test") {
		t.Errorf("%v", err)
	}
	for _, line := range []string{"oplog repair", "oplog compact", "oplog trim --before -1h"} {
		a, out := onFolder(t, dir)
		a.local, a.role = false, sshd.Operator
		exit := a.execute(t.Context(), append(strings.Fields(line), "--json"))
		var env envelopeRead
		if err := json.Unmarshal(out.Bytes(), &env); err != nil || exit != 3 || env.Error.Code != "vox/cli/refused" {
			t.Errorf("%s in an operator's session: exit %d, %v\n%s", line, exit, err, out)
		}
	}
}
