package e2e

import (
	"os"
	"strings"
	"testing"
)

// hostileText drives terminals: it sets the title, writes the clipboard, clears the screen, hides what follows.
const hostileText = "\x1b]0;pwned\x07\x1b]52;c;cHduZWQ=\x07\x1b[2J\u009b31m\u202eevil\u200b"

// What a job puts out reaches a file as it is, and JSON escaped.
func TestHostileOutput(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "aurelia")
	host := m.serve()
	host.friend("alice")
	args := []string{"run", "wasm", wasmFile(t, "hello.wasm"), "--on", "alice", "--", hostileText}

	if a := m.raw("", args...); !strings.Contains(a.out, hostileText) {
		t.Errorf("a pipe got %q", a.out)
	}
	a := m.raw("", append([]string{"--json"}, args...)...)
	if strings.ContainsAny(a.out, "\x1b\x07\u009b\u202e\u200b") {
		t.Errorf("JSON holds raw controls: %q", a.out)
	}
	var j jobData
	host.ok(&j, args...)
	if j.Output == nil || !strings.Contains(*j.Output, hostileText) {
		t.Errorf("JSON lost bytes: %q", *j.Output)
	}
}

// Names that others chose are cleaned before anything shows them.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "aurelia")
	host := m.serve()
	var inv inviteData
	host.ok(&inv, "invite", "--label", hostileText)
	friend := newMachine(t, "friend")
	friend.ok(nil, "join", inv.URL, "--yes", "--label", hostileText)
	for _, cmd := range []string{"nodes", "invite ls", "oplog tail", "audit", "summary"} {
		if a := m.raw("", strings.Fields(cmd)...); strings.ContainsAny(a.out+a.err, "\x1b\x07\u009b\u202e\u200b") {
			t.Errorf("%s prints %q", cmd, a.out)
		}
	}
	host.refused("vox/node/unknown", 4, "nodes", hostileText)
	if a := m.raw("", "nodes", hostileText); strings.ContainsAny(a.err, "\x1b\u009b") {
		t.Errorf("an error repeats %q", a.err)
	}
}

// Files that are none are refused with a sentence, and the host goes on.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "aurelia")
	host := m.serve()
	dir := t.TempDir()
	bad := dir + "/bad.wasm"
	if err := os.WriteFile(bad, []byte(hostileText), 0o600); err != nil {
		t.Fatal(err)
	}
	a := host.do("run", "wasm", bad)
	var j jobData
	a.read(t, &j)
	if a.exit != 1 || j.Status != "failed" || j.Code != "vox/run/not-wasm" {
		t.Errorf("exit %d, %+v", a.exit, j)
	}
	host.refused("vox/file/unreadable", 1, "run", "wasm", dir)
	host.refused("vox/file/unreadable", 1, "run", "wasm", dir+"/none")
	vox := dir + "/donations.vox"
	if err := os.WriteFile(vox, []byte("policy donations { slots: [ { kind: tpu, max_concurrent: 900 } ] nsfw_alowed: maybe "), 0o600); err != nil {
		t.Fatal(err)
	}
	check := m.raw("", "policy", "check", vox)
	if check.exit != 1 || !strings.Contains(check.out, "donations.vox:1:") || !strings.Contains(check.out, "^") {
		t.Errorf("policy check: exit %d\n%s", check.exit, check.out)
	}
	host.ok(nil, "summary")
}
