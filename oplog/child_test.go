package oplog

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Computed once without this package: SHA-256 of the domain string, and of that and the encoding of the least op.
const (
	goldenGenesis = "8faee47c84a4e96322f5eed7249ffea85c870198977da438aef8cc76719962ad"
	goldenFirst   = "10048cf31769576445d3abebc8f01d8c13a515003af1814d37f4581df3a3c0db"
)

const childEnv = "VOXMESH_OPLOG_CHILD"

// childMain is this test binary as another process: "append DIR" appends from 4 goroutines and prints each
// acknowledged seq and body; "hold DIR" opens the log and prints "open". Both go on until killed.
func childMain() bool {
	verb, dir, ok := strings.Cut(os.Getenv(childEnv), " ")
	if !ok {
		return false
	}
	l, err := Open(dir, fold{1}, Options{Holder: fmt.Sprintf("a child, pid %d", os.Getpid())})
	if err != nil {
		fmt.Println("error", err)
		return true
	}
	fmt.Println("open")
	if verb == "append" {
		var mu sync.Mutex
		for w := range 4 {
			go func() {
				for i := 0; ; i++ {
					body := fmt.Sprintf("%d-%d-%d", os.Getpid(), w, i)
					ops, err := l.Append(context.Background(), Draft{Kind: "a", Body: []byte(body), Index: []string{"w:" + strconv.Itoa(w)}})
					if err != nil {
						return
					}
					mu.Lock()
					fmt.Println(ops[0].Seq, body)
					mu.Unlock()
				}
			}()
		}
	}
	_, _ = bufio.NewReader(os.Stdin).ReadByte() // ends with the parent
	return true
}

// child starts the test binary as another process, and gives its lines.
func child(t *testing.T, verb, dir string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+verb+" "+dir)
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
	return cmd, sc
}

func TestKillMinus9LosesNothing(t *testing.T) {
	dir := t.TempDir()
	acked := map[uint64]string{}
	for cycle := range 10 {
		cmd, sc := child(t, "append", dir)
		for n := 0; sc.Scan(); n++ {
			seq, body, ok := strings.Cut(sc.Text(), " ")
			s, err := strconv.ParseUint(seq, 10, 64)
			if !ok || err != nil {
				break // cut off by the kill
			}
			if n > 0 && acked[s] != "" {
				t.Fatalf("op %d was acknowledged twice", s)
			}
			acked[s] = body
			if n == 30+cycle*37 { // at another moment each time; what is already in the pipe is read on
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait()
		r, err := VerifyDir(context.Background(), dir, fold{1}, nil)
		if err != nil || r.Problem != "" {
			t.Fatalf("cycle %d: %+v %v", cycle, r, err)
		}
	}
	l := mustOpen(t, dir, Options{ReadOnly: true})
	ops, err := l.Since(0, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	for seq, body := range acked {
		if seq > uint64(len(ops)) || string(ops[seq-1].Body) != body {
			t.Fatalf("op %d (%s) was acknowledged and is lost", seq, body)
		}
	}
	t.Logf("%d acknowledged, %d in the log", len(acked), len(ops))
	if len(acked) < 300 {
		t.Errorf("only %d ops were acknowledged: the test tests nothing", len(acked))
	}
}

func TestAnotherProcessHoldsTheLock(t *testing.T) {
	dir := t.TempDir()
	cmd, _ := child(t, "hold", dir)
	want := fmt.Sprintf("a child, pid %d", cmd.Process.Pid)
	_, err := Open(dir, fold{1}, Options{LockTimeout: 200 * time.Millisecond})
	if code(err) != CodeLocked || !strings.Contains(err.Error(), want) {
		t.Fatal(err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	mustOpen(t, dir, Options{}) // a dead holder holds nothing
}

func TestKilledWhileCreating(t *testing.T) {
	for range 5 {
		dir := t.TempDir()
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"=hold "+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for { // until there is anything in the folder
			if names, err := os.ReadDir(dir); err == nil && len(names) > 0 {
				break
			}
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		l := mustOpen(t, dir, Options{})
		if _, err := l.Append(context.Background(), Draft{Kind: "a"}); err != nil {
			t.Fatal(err)
		}
		mustClose(t, l)
	}
}
