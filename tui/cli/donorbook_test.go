package cli

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"voxmesh/mesh/worker"
	"voxmesh/tui/policypane"
	"voxmesh/tui/sshd"
)

const plain = "policy donations {\n  slots: [{ kind: cpu, max_concurrent: 1, weight: 100 }] // mine\n  min_priority: 5\n}\n"

func donorOf(t *testing.T, dir string) (*donorBook, string) {
	t.Helper()
	path := filepath.Join(dir, policyFile)
	if err := os.WriteFile(path, []byte(plain), 0o640); err != nil {
		t.Fatal(err)
	}
	return &donorBook{dir: dir, near: path, now: worker.NewRecordedPolicy(dir, nil)}, path
}

// Over SSH an operator edits the file of the host's machine with the commands that the console shows, and a viewer looks.
func TestPolicyInASession(t *testing.T) {
	b, path := donorOf(t, t.TempDir())
	run := func(role sshd.Role, line string) (int, envelopeRead) {
		a, out, _ := local(t)
		a.local, a.role, a.donor = false, role, b
		exit := a.execute(context.Background(), append(strings.Fields(line), "--json"))
		var env envelopeRead
		if err := json.Unmarshal(out.Bytes(), &env); err != nil {
			t.Fatalf("%s: %v: %s", line, err, out)
		}
		return exit, env
	}
	for _, line := range []string{"policy show", "policy check", "policy explain", "policy explain slots[0].weight"} {
		if exit, env := run(sshd.Viewer, line); exit != 0 {
			t.Errorf("%s for a viewer: exit %d, %+v", line, exit, env.Error)
		}
	}
	if exit, env := run(sshd.Operator, "policy set min_priority=1"); exit != 0 {
		t.Fatalf("exit %d, %+v", exit, env.Error)
	}
	got, err := os.ReadFile(path)
	if want := strings.Replace(plain, "5", "1", 1); err != nil || string(got) != want {
		t.Errorf("the file is %q, %v", got, err)
	}
	if exit, env := run(sshd.Operator, "policy undo"); exit != 0 {
		t.Errorf("exit %d, %+v", exit, env.Error)
	}
}

// What the form shows of the file is what the machine goes by, at once after it was written.
func TestDonorBook(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	b, path := donorOf(t, dir)
	doc, err := b.Read(ctx)
	if err != nil || doc.InForce || doc.Unused == "" || doc.Note != "" || string(doc.Source) != plain {
		t.Fatalf("before it is in force: %+v, %v", doc, err)
	}
	if err := worker.SetPolicyPath(dir, path); err != nil {
		t.Fatal(err)
	}
	if doc, err = b.Read(ctx); err != nil || !doc.InForce || doc.Since.IsZero() || doc.Unused != "" {
		t.Fatalf("in force: %+v, %v", doc, err)
	}
	stamp := b.Stamp()
	saved, err := b.Save(ctx, doc.Source, []byte(strings.Replace(plain, "5", "7", 1)))
	if err != nil || !saved.Doc.InForce || b.Stamp() == stamp {
		t.Fatalf("saved: %+v, %v", saved, err)
	}
	saved, err = b.Save(ctx, saved.Doc.Source, []byte("policy donations {"))
	if err != nil || saved.Doc.InForce || saved.Doc.Note == "" {
		t.Errorf("a broken file: %+v, %v", saved, err)
	}
	if p, _, _, err := b.now.Current(); err != nil || p.MinPriority != 7 {
		t.Errorf("in force is %+v, %v; want the last good one", p, err)
	}
	if saved, err = b.Undo(ctx); err != nil || !saved.Doc.InForce || saved.Doc.Note != "" {
		t.Errorf("undone: %+v, %v", saved, err)
	}
	if err := os.WriteFile(path, []byte(plain), 0o640); err != nil {
		t.Fatal(err)
	}
	var c policypane.Conflict
	if _, err := b.Save(ctx, saved.Doc.Source, nil); !errors.As(err, &c) || !strings.Contains(c.Diff(), "-  min_priority: 7") {
		t.Errorf("over somebody else's change: %v", err)
	}
	v := readOnly{b}
	if _, err := v.Save(ctx, nil, nil); err == nil {
		t.Error("a viewer saves")
	}
	if _, err := v.Undo(ctx); err == nil {
		t.Error("a viewer undoes")
	}
	if _, err := v.Stage(ctx); err == nil {
		t.Error("a viewer stages")
	}
}
