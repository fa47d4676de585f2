package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"voxmesh/mesh/clean"
	"voxmesh/tui/sshd"
)

// local is an app as in the caller's own process, without a host.
func local(t *testing.T) (*app, *bytes.Buffer, *bytes.Buffer) {
	t.Helper()
	var out, errs bytes.Buffer
	env := map[string]string{"VOXMESH_DATA": t.TempDir(), "XDG_RUNTIME_DIR": t.TempDir(), "HOME": t.TempDir()}
	return &app{
		in: strings.NewReader(""), out: &out, err: &errs, getenv: func(k string) string { return env[k] }, local: true,
		actor: "cli:mira", operator: "mira", role: sshd.Operator,
	}, &out, &errs
}

// The exit codes are a contract: others call this.
func TestExitCodes(t *testing.T) {
	for _, tc := range []struct {
		line string
		exit int
		code string
	}{
		{"nodes", 0, ""},
		{"nodes bob", 4, "vox/node/unknown"},
		{"frobnicate", 2, "vox/cli/usage"},
		{"nodes --frob", 2, "vox/cli/usage"},
		{"kill", 2, "vox/cli/usage"},
		{"kill bob", 5, "vox/host/none"},
		{"run wasm x.wasm", 5, "vox/host/none"},
		{"invite", 5, "vox/host/none"},
		{"join nonsense --yes", 3, "vox/invite/malformed"},
		{"jobs", 0, ""},
		{"explain j-0000", 4, "vox/job/unknown"},
		{"runs r-0000", 4, "vox/run/unknown"},
		{"open r-0000", 4, "vox/run/unknown"},
		{"open vox://trace/00000000000000000000000000000000", 4, "vox/run/unknown"},
		{"open", 2, "vox/cli/usage"},
		{"oplog at yesterday", 2, "vox/cli/usage"},
		{"oplog at -5m", 0, ""},
		{"oplog verify", 0, ""},
		{"oplog stats", 0, ""},
		{"oplog repair", 0, ""},
		{"oplog compact", 1, "vox/oplog/io"}, // there is none
		{"oplog trim", 2, "vox/cli/usage"},
		{"oplog trim --before soon", 2, "vox/cli/usage"},
		{"oplog trim --before 2222-01-01T00:00:00Z", 2, "vox/cli/usage"},
		{"oplog trim --before -1h --archive .", 1, "vox/file/exists"},
		{"oplog trim --before -1h --archive no-such/a.db", 1, "vox/file/unwritable"},
		{"audit show a-0001", 4, "vox/audit/unknown"},
		{"leave nowhere", 4, "vox/mesh/unknown"},
		{"events --topic nope", 2, "vox/cli/usage"},
		{"budget set mesh", 2, "vox/cli/usage"},
		{"hopper submit hello", 5, "vox/host/none"},
		{"hopper submit", 2, "vox/cli/usage"},
		{"hopper inbox", 0, ""},
		{"hopper history --limit -1", 2, "vox/cli/usage"},
		{"hopper reprioritize h-0000", 5, "vox/host/none"},
		{"workflow run -", 5, "vox/host/none"},
		{"workflow preview no-such.vox", 1, "vox/file/unreadable"},
		{"workflow ls --workspace .", 0, ""},
		{"workflow preview - --module m.wasm=-", 2, "vox/cli/usage"},
	} {
		a, out, errs := local(t)
		exit := a.execute(context.Background(), append(strings.Fields(tc.line), "--json"))
		var env envelopeRead
		if err := json.Unmarshal(out.Bytes(), &env); err != nil || env.V != 1 {
			t.Errorf("%s printed no envelope: %v\n%s%s", tc.line, err, out, errs)
			continue
		}
		if exit != tc.exit || env.Error.Code != tc.code {
			t.Errorf("%s: exit %d with %q (%s), want %d with %q", tc.line, exit, env.Error.Code, env.Error.Message, tc.exit, tc.code)
		}
		if tc.code != "" && (env.Error.Message == "" || env.Error.Hint == "") {
			t.Errorf("%s: message %q, hint %q", tc.line, env.Error.Message, env.Error.Hint)
		}
	}
}

type envelopeRead struct {
	V     int
	Error struct{ Code, Message, Hint string }
}

// In a session nothing is about the visitor's paths, and a viewer changes nothing.
func TestSessionsAreKeptIn(t *testing.T) {
	for line, code := range map[string]string{
		"serve": "vox/cli/refused", "work": "vox/cli/refused", "demo": "vox/cli/refused", "join x": "vox/cli/refused",
		"policy set min_priority=1": "vox/access/denied", "policy check /etc/passwd": "vox/cli/refused", "policy use /etc/passwd": "vox/cli/refused",
		"policy unset min_priority": "vox/access/denied", "policy move slots[0] 1": "vox/access/denied", "policy fmt": "vox/access/denied",
		"policy undo": "vox/access/denied", "policy stage": "vox/access/denied", "policy show --workspace /etc": "vox/cli/refused",
		"doctor": "vox/cli/refused", "oplog repair": "vox/cli/refused",
		"nodes --data /etc": "vox/cli/refused", "nodes --workspace /etc": "vox/cli/refused",
		"audit verify --export /etc/passwd --key /etc/passwd": "vox/cli/refused",
		"kill bob --confirm bob --reason x":                   "vox/access/denied", "blob put": "vox/access/denied",
		"invite": "vox/access/denied", "access add x": "vox/access/denied", "resume bob": "vox/access/denied",
		"budget set mesh --cap 1": "vox/access/denied", "run text hello": "vox/access/denied",
		"hopper submit hello": "vox/access/denied", "hopper reprioritize h-1 urgent --confirm h-1 --reason x": "vox/access/denied",
		"hopper batch h-1": "vox/access/denied", "hopper suggest h-1": "vox/access/denied", "workflow run -": "vox/access/denied",
		"workflow preview /etc/passwd": "vox/cli/refused", "workflow ls": "vox/cli/refused",
	} {
		a, out, _ := local(t)
		a.local, a.role = false, sshd.Viewer
		exit := a.execute(context.Background(), append(strings.Fields(line), "--json"))
		var env envelopeRead
		if err := json.Unmarshal(out.Bytes(), &env); err != nil || exit != 3 || env.Error.Code != code {
			t.Errorf("%s in a viewer's session: exit %d, %s (%v), want 3 and %s", line, exit, env.Error.Code, err, code)
		}
	}
}

func TestTimes(t *testing.T) {
	now := time.Date(2026, 3, 2, 10, 12, 0, 0, time.UTC)
	for in, want := range map[string]time.Time{
		"-5m": now.Add(-5 * time.Minute), "ago:90s": now.Add(-90 * time.Second), "2026-03-02T09:00:00Z": now.Add(-72 * time.Minute),
		"1772446320000000": time.UnixMicro(1772446320000000),
	} {
		if got, err := parseTime(in, now); err != nil || !got.Equal(want) {
			t.Errorf("parseTime(%q) = %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "5m", "--5m", "-", "tomorrow", "-1", "2026-03-02"} {
		if got, err := parseTime(in, now); err == nil {
			t.Errorf("parseTime(%q) = %v, want an error", in, got)
		}
	}
	if got := agoArgs([]string{"oplog", "at", "-5m", "--json"}); got[2] != "ago:5m" || got[3] != "--json" {
		t.Errorf("agoArgs = %v", got)
	}
}

func TestCaps(t *testing.T) {
	for in, want := range map[string]int64{"0": 0, "5": 5_000_000, "$1.50": 1_500_000, "0.000001": 1} {
		if got, err := capMicros(in); err != nil || got == nil || *got != want {
			t.Errorf("capMicros(%q) = %v, %v; want %d", in, got, err, want)
		}
	}
	if got, err := capMicros("none"); err != nil || got != nil {
		t.Errorf("none: %v, %v", got, err)
	}
	for _, in := range []string{"", "-1", "NaN", "Inf", "1e30", "five"} {
		if got, err := capMicros(in); err == nil {
			t.Errorf("capMicros(%q) = %d, want an error", in, *got)
		}
	}
}

// Whatever text goes in, JSON holds nothing that drives a terminal, and gives the same text back.
func TestJSONIsSafeAndLossless(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.ToValidUTF8(rapid.String().Draw(t, "text"), "?") + rapid.SampledFrom([]string{
			"", "\x1b[2J", "\u009b", "\u202e", "\U000e0041", "\u2028", "\x7f", "\u200b",
		}).Draw(t, "hostile")
		var out bytes.Buffer
		if err := writeJSON(&out, envelope{V: 1, Data: text}); err != nil {
			t.Fatal(err)
		}
		for _, r := range strings.TrimSuffix(out.String(), "\n") {
			if !clean.Safe(r) {
				t.Fatalf("%U in %q", r, out.String())
			}
		}
		var back struct{ Data string }
		if err := json.Unmarshal(out.Bytes(), &back); err != nil || back.Data != text {
			t.Fatalf("%q came back as %q (%v)", text, back.Data, err)
		}
	})
}

func TestOutputIsTextOrBase64(t *testing.T) {
	var v runResult
	v.setOutput([]byte("plain"))
	if v.Output == nil || *v.Output != "plain" || v.OutputBase64 != nil {
		t.Errorf("%+v", v)
	}
	v = runResult{}
	b := []byte{0xff, 0x00}
	if utf8.Valid(b) {
		t.Fatal("the sample is text")
	}
	v.setOutput(b)
	if v.Output != nil || v.OutputBase64 == nil || *v.OutputBase64 != "/wA=" {
		t.Errorf("%+v", v)
	}
}

func TestEveryCommandSaysWhatItDoes(t *testing.T) {
	for _, path := range Commands() {
		c, _, err := (&app{}).tree().Find(strings.Fields(path))
		if err != nil || c.Short == "" {
			t.Errorf("%s: %v, %q", path, err, c.Short)
		}
	}
}
