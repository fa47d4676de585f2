package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A host that was killed leaves its log unclosed: the next one has a process of its own try it first. What that finds is
// told as if the host had found it, and the host does not start.
func TestLogIsTriedAfterAKill(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "aurelia")
	note := filepath.Join(m.dir, "oplog.closed")
	there := func() bool { _, err := os.Stat(note); return err == nil }
	h := m.serve()
	if h.kill(); there() {
		t.Error("a host that was killed says that it closed its log")
	}
	h = m.serve() // nothing is wrong with it
	if there() {
		t.Error("the log is open, and is said to be closed")
	}
	if h.stop(); !there() {
		t.Error("a host that ended leaves no word of how")
	}
	m.serve().kill()

	path := filepath.Join(m.dir, "oplog.db")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(b, []byte("aurelia")) {
		t.Fatal("no op has the mesh's name")
	}
	if err := os.WriteFile(path, bytes.ReplaceAll(b, []byte("aurelia"), []byte("aurelio")), 0o600); err != nil {
		t.Fatal(err)
	}
	a := m.refused("vox/oplog/damaged", 1, "serve")
	if !strings.HasPrefix(a.text, "op ") || !strings.Contains(a.hint, "oplog verify") {
		t.Errorf("%q, %q", a.text, a.hint)
	}
	c := m.command("__check-log", m.dir)
	life, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer life.Close()
	var out bytes.Buffer
	c.Stdout = &out
	err = c.Run()
	var said struct {
		Code string
		Seq  uint64
	}
	if jerr := json.Unmarshal(out.Bytes(), &said); err == nil || jerr != nil || said.Code != "vox/oplog/damaged" || said.Seq == 0 {
		t.Errorf("the check by itself: %v, %v, %q", err, jerr, out.String())
	}
}
