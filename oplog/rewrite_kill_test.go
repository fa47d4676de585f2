package oplog

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// rewriteEnv makes TestRewritingChild another process: "compact DIR" or "trim DIR".
const rewriteEnv = "VOXMESH_OPLOG_REWRITE_CHILD"

// TestRewritingChild is what TestKilledWhileRewriting starts and kills; alone it does nothing.
func TestRewritingChild(t *testing.T) {
	verb, dir, ok := strings.Cut(os.Getenv(rewriteEnv), " ")
	if !ok {
		t.Skip("not a child")
	}
	fmt.Println("begin")
	progress := func(done, _ uint64) { fmt.Println("at", done) }
	var err error
	if verb == "compact" {
		_, err = Compact(context.Background(), dir, fold{1}, time.UnixMicro(epoch), progress)
	} else {
		o := TrimOptions{Before: epoch + 2_500_000, Names: []string{"run:r-1"}, Archive: filepath.Join(dir, "archive.db"), Now: time.UnixMicro(epoch)}
		_, err = Trim(context.Background(), dir, fold{1}, o, progress)
	}
	fmt.Println("end", err)
}

// rewriteKills is how many processes TestKilledWhileRewriting kills; VOXMESH_OPLOG_KILLS says another number.
const rewriteKills = 8

// A process that compacts or trims is killed at any moment: the log is the old one or the new one, whole, and nothing is
// left behind once it was opened for writing. An archive that has its name is whole.
func TestKilledWhileRewriting(t *testing.T) {
	kills := rewriteKills
	if v, err := strconv.Atoi(os.Getenv("VOXMESH_OPLOG_KILLS")); err == nil {
		kills = v
	}
	made, ops := testLog(t, 4000, Options{})
	whole := newLedger(ops)
	rnd := rand.New(rand.NewPCG(9, 9))
	ends := map[string]int{}
	before := fileSum(t, made)
	for _, verb := range []string{"compact", "trim"} {
		span := time.Duration(0)
		for i := range kills/2 + 1 {
			dir := t.TempDir()
			copyFile(t, filepath.Join(made, dbName), filepath.Join(dir, dbName))
			after := time.Duration(-1) // the first goes to its end, and says how long that takes
			if i > 0 {
				after = time.Duration(rnd.Int64N(int64(span)))
			}
			took, ended := killed(t, verb, dir, after)
			if i == 0 {
				span = took * 5 / 4
			}
			m := newLedgerOf(whole)
			l := mustOpen(t, dir, Options{ReadOnly: true})
			if l.Base().Seq > 0 {
				m.trim(epoch+2_500_000, 0, []string{"run:r-1"})
			}
			done := fileSum(t, dir) != before
			if ended && !done || l.Base().Seq != m.base || verb == "trim" && done != (m.base == 2048) {
				t.Fatalf("%s: base %d, another file %v, ended %v", verb, l.Base().Seq, done, ended)
			}
			ends[fmt.Sprintf("%s done %v", verb, done)]++
			mustClose(t, l)
			m.checkPresent(t, dir, rnd)
			noLeftovers(t, dir)
			if _, err := os.Stat(filepath.Join(dir, "archive.db")); err == nil {
				of := t.TempDir()
				copyFile(t, filepath.Join(dir, "archive.db"), filepath.Join(of, dbName))
				if r, err := VerifyDir(context.Background(), of, fold{1}, nil); err != nil || r.Problem != "" || r.Ops != 2048 {
					t.Fatalf("the archive: %+v %v", r, err)
				}
			} else if m.base > 0 {
				t.Fatal("trimmed without an archive")
			}
		}
	}
	t.Logf("%v", ends)
}

// killed runs a child until it ends or a while has passed, and kills it. It gives how long that took.
func killed(t *testing.T, verb, dir string, after time.Duration) (took time.Duration, ended bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestRewritingChild$", "-test.v")
	cmd.Env = append(os.Environ(), rewriteEnv+"="+verb+" "+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	sc := bufio.NewScanner(out)
	for sc.Scan() && sc.Text() != "begin" {
	}
	began := time.Now()
	if after >= 0 {
		kill := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		defer kill.Stop()
	}
	for sc.Scan() {
		if text, ok := strings.CutPrefix(sc.Text(), "end "); ok {
			if ended = true; text != "<nil>" {
				t.Errorf("%s: %s", verb, text)
			}
			return time.Since(began), true
		}
	}
	return time.Since(began), ended
}

// newLedgerOf is a ledger of the same ops, with which nothing was done yet.
func newLedgerOf(m *ledger) *ledger {
	return &ledger{ops: m.ops, states: m.states, hashes: m.hashes, kept: map[uint64]bool{}}
}

// checkPresent opens the log for writing, and checks it.
func (m *ledger) checkPresent(t testing.TB, dir string, rnd *rand.Rand) {
	t.Helper()
	l := mustOpen(t, dir, Options{})
	m.check(t, l, rnd)
	mustClose(t, l)
}
