package oplog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

const checkEnv = "VOXMESH_OPLOG_CHECK"

// checkMain is this test binary as a process that checks a log: "check DIR", or one that ends badly.
func checkMain() bool {
	verb, dir, ok := strings.Cut(os.Getenv(checkEnv), " ")
	if !ok {
		return false
	}
	switch verb {
	case "check":
		os.Exit(CheckMain(context.Background(), dir, fold{1}, os.Stdout))
	case "overflow":
		fmt.Println("looking")
		var f func(n int) int
		f = func(n int) int { return f(n+1) + f(n+2) }
		os.Exit(CheckMain(context.Background(), dir, deep{fold{1}, f}, os.Stdout))
	case "hang":
		_, _ = io.Copy(io.Discard, os.Stdin)
	}
	return true
}

// deep is a projection that takes all of the stack: what bbolt does on some damaged pages.
type deep struct {
	fold
	f func(int) int
}

func (d deep) Apply(s *tally, _ Op) *tally { s.order = uint64(d.f(1)); return s }

func checkBy(verb string) func(context.Context, string, string) error {
	return func(ctx context.Context, dir, _ string) error {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), checkEnv+"="+verb+" "+dir)
		limit := time.Minute
		if verb == "hang" {
			limit = 300 * time.Millisecond
		}
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		var out, said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &said
		life, err := cmd.StdinPipe()
		if err != nil {
			return err
		}
		defer life.Close()
		if err := cmd.Start(); err != nil {
			return err
		}
		stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
		defer stop()
		err = cmd.Wait()
		return CheckSaid(out.Bytes(), said.Bytes(), err, ctx.Err() != nil)
	}
}

// unclosed makes of a closed log one that a crash left.
func unclosed(t *testing.T, dir string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, closedName)); err != nil {
		t.Fatal(err)
	}
}

func TestOnlyASuspiciousLogIsChecked(t *testing.T) {
	dir := t.TempDir()
	var why []string
	o := Options{Precheck: func(_ context.Context, d, w string) error {
		if d != dir {
			t.Errorf("another folder: %s", d)
		}
		why = append(why, w)
		return nil
	}}
	reopen := func(what string, want int) {
		t.Helper()
		l := mustOpen(t, dir, o)
		if _, err := l.Append(context.Background(), Draft{Kind: "a", Index: []string{"n"}}); err != nil {
			t.Fatal(err)
		}
		mustClose(t, l)
		if len(why) != want {
			t.Errorf("%s: checked %d times, because %q", what, len(why), why)
		}
		why = nil
	}
	reopen("new", 0)
	reopen("closed", 0)
	unclosed(t, dir)
	reopen("not closed", 1)
	reopen("closed again", 0)
	path := filepath.Join(dir, dbName)
	if err := os.Chtimes(path, time.Time{}, time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	reopen("changed", 1)
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, st.Size()+pageSize); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Time{}, st.ModTime()); err != nil {
		t.Fatal(err)
	}
	reopen("of another size", 1)
	if err := os.WriteFile(filepath.Join(dir, closedName), []byte("?"), 0o600); err != nil {
		t.Fatal(err)
	}
	reopen("an unreadable note", 1)
}

func TestAPrecheckThatFailsKeepsTheLogShut(t *testing.T) {
	dir, ops := testLog(t, 50, Options{})
	unclosed(t, dir)
	for verb, want := range map[string]string{"overflow": "stack", "hang": "not done in time"} {
		_, err := Open(dir, fold{1}, Options{Precheck: checkBy(verb)})
		var e *Error
		if !errors.As(err, &e) || e.Code != CodeDamaged || !strings.Contains(e.Text, want) || e.Hint == "" {
			t.Errorf("%s: %v", verb, err)
		}
	}
	setOp(t, dir, 30, []byte("what was never written"))
	_, err := Open(dir, fold{1}, Options{Precheck: checkBy("check")})
	var e *Error
	if !errors.As(err, &e) || e.Code != CodeDamaged || e.Seq != 30 || e.Hint == "" {
		t.Errorf("a damaged op: %v", err)
	}
	if r, err := Repair(context.Background(), dir, fold{1}, time.Unix(1, 0)); err != nil || r.Kept != 29 {
		t.Fatal(r, err)
	}
	l := mustOpen(t, dir, Options{Precheck: checkBy("check")})
	if s, _ := l.Snapshot(); s.String() != folded(ops[:29]).String() {
		t.Error("a wrong state")
	}
}

// rot changes a file and leaves its time, as rot does.
func rot(t *testing.T, dir string, change func(b []byte) []byte) {
	t.Helper()
	path := filepath.Join(dir, dbName)
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(b), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Time{}, st.ModTime()); err != nil {
		t.Fatal(err)
	}
}

// TestALostCommitIsNoticed takes the newest meta page away, and puts an older copy in its place: bbolt goes on with the one
// before, without a word.
func TestALostCommitIsNoticed(t *testing.T) {
	newest := func(b []byte) []byte {
		m := readPages(b)
		if txid := func(at int) byte { return b[at+pageHeader+48] }; txid(m.size) > txid(0) {
			return b[m.size:][:m.size]
		}
		return b[:m.size]
	}
	for name, c := range map[string]struct {
		clean  bool
		change func(before, b []byte) []byte
	}{
		"zeroed":             {true, func(_, b []byte) []byte { clear(newest(b)); return b }},
		"zeroed, not closed": {false, func(_, b []byte) []byte { clear(newest(b)); return b }},
		"a bit":              {false, func(_, b []byte) []byte { newest(b)[pageHeader+20] ^= 4; return b }},
		"an older copy": {true, func(before, b []byte) []byte {
			at := 0
			if &newest(b)[0] != &b[0] {
				at = pageSize
			}
			copy(b[at:at+pageSize], before[at:])
			return b
		}},
	} {
		dir, ops := testLog(t, 100, Options{})
		before, err := os.ReadFile(filepath.Join(dir, dbName))
		if err != nil {
			t.Fatal(err)
		}
		l := mustOpen(t, dir, Options{})
		last, err := l.Append(context.Background(), Draft{Kind: "last"})
		if err != nil {
			t.Fatal(err)
		}
		mustClose(t, l)
		if !c.clean {
			unclosed(t, dir)
		}
		rot(t, dir, func(b []byte) []byte { return c.change(before, b) })
		for _, ro := range []bool{true, false} {
			if _, err := Open(dir, fold{1}, Options{ReadOnly: ro}); code(err) != CodeDamaged {
				t.Errorf("%s: opened without op %d: %v", name, last[0].Seq, err)
			}
		}
		rep, err := VerifyDir(context.Background(), dir, fold{1}, nil)
		if err != nil || rep.Err() == nil || rep.Ops != 100 {
			t.Errorf("%s: Verify: %+v, %v", name, rep, err)
		}
		r, err := Repair(context.Background(), dir, fold{1}, time.Unix(1, 0))
		if err != nil || r.Kept != 100 || r.Aside == "" {
			t.Errorf("%s: Repair: %+v, %v", name, r, err)
		}
		l = mustOpen(t, dir, Options{})
		if s, _ := l.Snapshot(); s.String() != folded(ops).String() {
			t.Errorf("%s: a wrong state after the repair", name)
		}
	}
}

// TestTheEndOfTheOpsIsKnown takes the last ops away, as an older copy of their page does.
func TestTheEndOfTheOpsIsKnown(t *testing.T) {
	dir, _ := testLog(t, 100, Options{})
	raw(t, dir, func(tx *bolt.Tx) { _ = tx.Bucket(bucketOps).Delete(key(100)) })
	var e *Error
	if _, err := Open(dir, fold{1}, Options{}); !errors.As(err, &e) || e.Code != CodeDamaged || e.Seq != 100 {
		t.Fatal(err)
	}
	if r, err := VerifyDir(context.Background(), dir, fold{1}, nil); err != nil || r.FirstBad != 100 {
		t.Fatalf("%+v %v", r, err)
	}
	if r, err := Repair(context.Background(), dir, fold{1}, time.Unix(1, 0)); err != nil || r.Kept != 99 || r.Lost != 1 {
		t.Fatalf("%+v %v", r, err)
	}
	mustOpen(t, dir, Options{})
}

// TestALostNameIsNoticedBesideIt bends an entry of the index where it stands, and asks for its name.
func TestALostNameIsNoticedBesideIt(t *testing.T) {
	k := indexKey("job:j-0", 51)
	for name, at := range map[string]int{"the name": 6, "what ends it": 7, "the seq": 15, "a high byte of the seq": 9, "the sum": 16} {
		dir, _ := testLog(t, 2000, Options{})
		rot(t, dir, func(b []byte) []byte {
			for from := 0; ; { // free pages have it too
				i := bytes.Index(b[from:], k)
				if i < 0 {
					return b
				}
				b[from+i+at] ^= 1
				from += i + 1
			}
		})
		l := mustOpen(t, dir, Options{})
		if _, err := l.Indexed("job:j-0", 1<<20); code(err) != CodeDamaged {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := l.IndexedBack("job:j-0", 0, 60, 10); code(err) != CodeDamaged {
			t.Errorf("%s, backwards: %v", name, err)
		}
		if ops, err := l.Indexed("run:r-1", 1<<20); err != nil || len(ops) != 400 {
			t.Errorf("%s: another name: %d ops, %v", name, len(ops), err)
		}
		if r, err := l.Verify(context.Background(), nil); err != nil || r.Problem == "" {
			t.Errorf("%s: %+v %v", name, r, err)
		}
		mustClose(t, l)
	}
}

// TestTheFileIsCutWhileItIsOpen: what was mapped is gone, and touching it is a fault, which must not end the process.
func TestTheFileIsCutWhileItIsOpen(t *testing.T) {
	for _, ro := range []bool{true, false} {
		dir, ops := testLog(t, 5000, Options{})
		l := mustOpen(t, dir, Options{ReadOnly: ro})
		path := filepath.Join(dir, dbName)
		if err := os.Truncate(path, 5*pageSize); err != nil {
			t.Fatal(err)
		}
		want := func(call string, err error) {
			t.Helper()
			if err != nil && code(err) != CodeDamaged && code(err) != CodeIO {
				t.Errorf("%s: %v [%s]", call, err, code(err))
			}
		}
		got, err := l.Since(0, 5000)
		if want("Since", err); err == nil {
			t.Error("ops that are gone are read")
		}
		for i, o := range got {
			if !same(o, ops[i]) {
				t.Fatalf("a wrong op %d", o.Seq)
			}
		}
		i, err := l.AtSeq(3000)
		if want("AtSeq", err); err == nil && i.State.String() != folded(ops[:3000]).String() {
			t.Error("a wrong state")
		}
		_, err = l.Indexed("run:r-1", 10)
		want("Indexed", err)
		_, err = l.SeqsAt([]int64{epoch, epoch + 1e6})
		want("SeqsAt", err)
		_, err = l.Stats()
		want("Stats", err)
		if rep, err := l.Verify(context.Background(), nil); err != nil || rep.Err() == nil {
			t.Errorf("Verify: %+v, %v", rep, err)
		}
		_, err = l.Backup(io.Discard)
		if want("Backup", err); err == nil {
			t.Error("a backup of what is gone")
		}
		if s, _ := l.Snapshot(); s.String() != folded(ops).String() {
			t.Error("the snapshot changed")
		}
		if !ro {
			for range 3 {
				if _, err = l.Append(context.Background(), Draft{Kind: "a", Index: []string{"run:r-1"}}); code(err) != CodeDamaged {
					t.Errorf("Append: %v", err)
				}
			}
		}
		mustClose(t, l)
		if _, err := Open(dir, fold{1}, Options{}); code(err) != CodeDamaged {
			t.Errorf("opened again: %v", err)
		}
	}
}

// A long log that has to be replayed from its beginning takes longer than a minute where the machine is slow.
func TestALongLogHasLongerToBeChecked(t *testing.T) {
	dir := t.TempDir()
	if d := CheckTime(dir); d != CheckFor {
		t.Fatalf("%v for no log", d)
	}
	f, err := os.Create(filepath.Join(dir, dbName))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(3 << 30); err != nil {
		t.Fatal(err)
	}
	if d := CheckTime(dir); d < 10*time.Minute || d > time.Hour {
		t.Fatalf("%v for ten million ops", d)
	}
}
