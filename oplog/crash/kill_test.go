package crash

import (
	"bufio"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// child is the test binary as another process.
type child struct {
	cmd *exec.Cmd
	in  io.Closer
	out *os.File
	*bufio.Scanner
}

func startChild(t *testing.T, o order) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), o.env())
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = w
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return &child{cmd, in, r, bufio.NewScanner(r)}
}

// end kills it, if it still lives, and waits for it.
func (c *child) end() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
	_ = c.in.Close()
	_ = c.out.Close()
}

// TestKillMinus9 kills a process that appends, at random moments: while it starts, makes its log, opens it, appends.
func TestKillMinus9(t *testing.T) {
	cycles := count(t, "VOXMESH_KILLS", 25)
	r := rand.New(rand.NewPCG(seed(t), 1))
	var dir string
	var h *history
	var ops, acked, beyond, memos uint64
	var blobs, logs, unopened int
	var slowest time.Duration
	var f found
	for cycle := range cycles {
		if h == nil || f.ops > 4_000 || r.IntN(6) == 0 {
			acked += countAcked(h)
			ops, beyond, memos, blobs, logs = ops+f.ops, beyond+f.beyond, memos+f.memos, blobs+f.blobs, logs+1
			if dir != "" {
				_ = os.RemoveAll(dir)
			}
			dir, h = t.TempDir(), newHistory()
		}
		life := uint64(cycle)*2 + 1
		opened, err := oneLife(t, h, order{Verb: "append", Dir: filepath.Join(dir, "a", "b"), Life: life, MemoEvery: 128}, r)
		if err != nil {
			t.Fatalf("cycle %d: %v", cycle, err)
		}
		if !opened {
			unopened++
		}
		begin := time.Now()
		if f, err = h.check(filepath.Join(dir, "a", "b"), life+1); err != nil {
			t.Fatalf("cycle %d, in %s: %v", cycle, dir, err)
		}
		slowest = max(slowest, time.Since(begin))
	}
	acked += countAcked(h)
	t.Logf("%d cycles, %d logs, %d kills before the log was open; %d ops, of them %d groups acknowledged and %d ops beyond; %d memos, %d blobs; lost 0; slowest check %v",
		cycles, logs, unopened, ops+f.ops, acked, beyond+f.beyond, memos+f.memos, blobs+f.blobs, slowest)
	if acked < uint64(10*cycles) {
		t.Errorf("only %d groups were acknowledged: the test tests nothing", acked)
	}
}

func countAcked(h *history) uint64 {
	if h == nil {
		return 0
	}
	return uint64(len(h.acked))
}

// patiences bound how long a child lives after it has begun to open the log.
var patiences = [...]time.Duration{300 * time.Microsecond, time.Millisecond, 10 * time.Millisecond}

// oneLife runs a child until it is killed: after some acknowledgements, or some time after it began to open the log.
func oneLife(t *testing.T, h *history, o order, r *rand.Rand) (opened bool, err error) {
	c := startChild(t, o)
	defer c.end()
	acks, patience := r.IntN(200), time.Duration(0)
	if r.IntN(2) == 0 { // before the log is open, or soon after
		acks, patience = 1<<30, time.Duration(1+r.Int64N(int64(patiences[r.IntN(len(patiences))])))
	}
	var timer *time.Timer
	for n := 0; c.Scan(); n++ { // what is in the pipe when it is killed was said, and counts
		if err := h.note(o.Life, c.Text()); err != nil {
			return opened, err
		}
		switch {
		case n == 0 && patience > 0:
			timer = time.AfterFunc(patience, func() { _ = c.cmd.Process.Kill() })
		case n == 1:
			opened = true
		}
		if n == acks {
			_ = c.cmd.Process.Kill()
		}
	}
	if timer != nil {
		timer.Stop()
	}
	return opened, c.Err()
}
