//go:build unix

package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// styled is a file in a style of its own, with comments in many places, tabs, CRLF in one line, and no last newline.
const styled = "// mine\npolicy donations {\n\tslots: [\n\t\t// the card\n\t\t{ kind: gpu, max_concurrent: 2, weight: 50 }, // do not touch\n" +
	"\t\t{ kind: cpu, max_concurrent: 8 /* cores */, weight: 50 },   // the old box\r\n\t]\n\n\tnsfw_allowed:   false\n\tmin_priority: 5 // anybody\n\tfuture: { mystery: 42 }\n}\n// the end"

// The form changes the bytes of what was edited and no other, follows what others write, and takes everything back.
func TestConsoleEditsThePolicy(t *testing.T) {
	t.Parallel()
	d := newDonor(t, styled)
	d.git("init", "-q")
	d.git("add", "donations.vox")
	d.git("commit", "-qm", "mine")
	s := d.console(look{}, "--workspace", d.dir)
	s.await("Only this machine is here")
	s.key("5")
	s.await("[Donations]", "▸ 1               gpu", "[ ] allowed")

	s.key("down", "right", "enter", "down", "down", "enter")
	s.await("was 8", "1 edit, not saved", "saving changes line 6", "voxmesh policy set slots[1].max_concurrent=6", "-  6  ", "+  6  ")
	d.holds(styled) // nothing before W
	s.key("1")
	s.await("[1 Mesh]", "5 Policy•")
	s.key("5")
	s.await("[5 Policy]")
	s.key("W")
	s.await("wrote donations.vox", "U undo")
	saved := strings.Replace(styled, "max_concurrent: 8", "max_concurrent: 6", 1)
	d.holds(saved)

	s.key("T")
	s.await("ran git add donations.vox")
	if got := d.git("status", "--porcelain"); got != "M  donations.vox\n" {
		t.Errorf("git says %q", got)
	}

	// Somebody else writes: a form without edits follows, one with edits says so and loses neither.
	other := strings.Replace(saved, "min_priority: 5", "min_priority: 7", 1)
	d.write(other)
	s.await("Least priority           7")
	s.key("home", "down", "enter", "down", "enter")
	s.await("was 6", "1 edit, not saved")
	other = strings.Replace(other, "min_priority: 7", "min_priority: 9", 1)
	d.write(other)
	s.await("changed on disk")
	s.key("W")
	s.await("[Changed on disk]", "-  ", "min_priority: 7", "min_priority: 9")
	d.holds(other)
	s.key("enter")
	s.await("on top of the file")
	s.key("W")
	s.await("wrote donations.vox")
	both := strings.Replace(other, "max_concurrent: 6", "max_concurrent: 5", 1)
	d.holds(both)
	s.key("U")
	s.await("undid the last write")
	d.holds(other)

	// A broken file is shown as far as it is sound, and edited there.
	broken := strings.Replace(other, "weight: 50 }, // do", "weight: 500 }, // do", 1)
	d.write(broken)
	s.await("Problems", "1               gpu            2      500")
	s.key("home", "right", "enter")
	s.typed("5")
	s.send("\x15") // ctrl+u clears
	s.typed("50")
	s.key("enter", "W")
	s.await("wrote donations.vox")
	d.holds(other)

	// With edits that are not written it asks before it ends.
	s.key("home", "enter", "down", "enter")
	s.await("1 edit, not saved")
	s.key("q")
	s.await("[Leave]", "is not written")
	s.key("esc")
	s.gone("[Leave]")
	s.key("Z")
	s.await("put 1 edit back")

	// By mouse: a box is ticked, and a slot dragged under the other.
	s.clickOn("[ ] allowed")
	s.await("[x] allowed", "1 edit, not saved")
	x, y, _ := s.picture().find("gpu            2")
	s.mouse(0, x, y, false)
	s.mouse(32, x, y+1, false)
	s.mouse(0, x, y+1, true)
	s.await("1               cpu", "2               gpu", "2 edits, not saved")
	s.key("W")
	s.await("wrote donations.vox")
	lines := strings.Split(strings.Replace(other, "nsfw_allowed:   false", "nsfw_allowed:   true", 1), "\n")
	lines = slices.Concat(lines[:3], lines[5:6], lines[3:5], lines[6:]) // with its comment
	d.holds(strings.Join(lines, "\n"))
	s.key("q")
	s.left()
}

// A machine that gives nothing gets a file by one key, and it is what a job is decided by once a mesh is joined. A file
// that breaks under a worker leaves the last good policy in force, and host and worker say so.
func TestConsoleWritesAPolicy(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "aurelia")
	h := m.serve()
	friend := newMachine(t, "bob")
	c := friend.console(look{cols: 120, rows: 40}, "--workspace", friend.dir)
	c.await("Only this machine is here")
	c.key("5")
	c.await("This machine gives nothing.", "[Write a policy]")
	c.key("enter")
	c.await("none: nothing is given", "not saved", "new, ")
	c.key("enter") // the first slot
	c.await("▸•1", "gpu", "new", "+ add a slot")
	c.key("W")
	c.await("wrote donations.vox")
	path := filepath.Join(friend.dir, "donations.vox")
	if b, err := os.ReadFile(path); err != nil || !strings.Contains(string(b), "kind: gpu") {
		t.Fatalf("the file holds %q, %v", b, err)
	}

	inv := h.invite("bob")
	c.key("J")
	c.await("Paste the link")
	c.paste(inv.URL)
	c.key("enter")
	c.await("[Join]")
	c.key("enter")
	c.await("[5 Policy]", "the mesh asks for cpu", "1 edit, not saved", "kind: cpu")
	c.key("W")
	c.await("wrote donations.vox", "in force since")
	var job jobData
	m.do("run", "wasm", wasmFile(t, "hello.wasm"), "--on", "bob").read(t, &job)
	if job.Status != "succeeded" {
		t.Errorf("%+v", job)
	}

	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append([]byte("oops "), good...), 0o644); err != nil {
		t.Fatal(err)
	}
	c.await("There is no policy in the file", "change stays in force, since")
	h.awaitAny(0, func(e event) bool {
		note, _ := e.Data["policy_note"].(string)
		return e.Event == "MeshNodeDescribed" && e.Data["node_id"] == "bob" && strings.Contains(note, "stays in force")
	})
	m.do("run", "wasm", wasmFile(t, "hello.wasm"), "--on", "bob").read(t, &job)
	if job.Status != "succeeded" {
		t.Errorf("under the last good policy: %+v", job)
	}
	c.key("q")
	c.left()
}
