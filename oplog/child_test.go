package oplog

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Computed once without this package: SHA-256 of the domain string, and of that and the encoding of the least op.
const (
	goldenGenesis = "8faee47c84a4e96322f5eed7249ffea85c870198977da438aef8cc76719962ad"
	goldenFirst   = "10048cf31769576445d3abebc8f01d8c13a515003af1814d37f4581df3a3c0db"
)

const childEnv = "VOXMESH_OPLOG_CHILD"

// childMain is this test binary as another process: "hold DIR" opens the log, prints "open", and goes on until killed.
// Processes that append are in oplog/crash.
func childMain() bool {
	dir, ok := strings.CutPrefix(os.Getenv(childEnv), "hold ")
	if !ok {
		return false
	}
	if _, err := Open(dir, fold{1}, Options{Holder: fmt.Sprintf("a child, pid %d", os.Getpid())}); err != nil {
		fmt.Println("error", err)
		return true
	}
	fmt.Println("open")
	_, _ = bufio.NewReader(os.Stdin).ReadByte() // ends with the parent
	return true
}

// child starts the test binary as another process, which has the log open.
func child(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=hold "+dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Process.Kill(); _ = cmd.Wait() })
	sc := bufio.NewScanner(out)
	if !sc.Scan() || sc.Text() != "open" {
		t.Fatalf("the child says %q", sc.Text())
	}
	return cmd
}

func TestAnotherProcessHoldsTheLock(t *testing.T) {
	dir := t.TempDir()
	cmd := child(t, dir)
	want := fmt.Sprintf("a child, pid %d", cmd.Process.Pid)
	_, err := Open(dir, fold{1}, Options{LockTimeout: 200 * time.Millisecond})
	if code(err) != CodeLocked || !strings.Contains(err.Error(), want) {
		t.Fatal(err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	mustOpen(t, dir, Options{}) // a dead holder holds nothing
}
