package oplog

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A disk that fills up at any point of a compaction or a trim: the log is as it was, nothing is left behind, and with
// more room it works.
func TestNoRoomToRewrite(t *testing.T) {
	made, ops := testLog(t, 2600, Options{})
	whole := newLedger(ops)
	st, err := os.Stat(filepath.Join(made, dbName))
	if err != nil {
		t.Fatal(err)
	}
	before := fileSum(t, made)
	dir := smallDisk(t, int(st.Size()*4))
	rnd := rand.New(rand.NewPCG(7, 7))
	full, done := map[string]int{}, map[string]int{}
	for _, what := range []string{"compact", "trim"} {
		for room := int64(4 << 10); room < st.Size()*2; room += st.Size() / 5 {
			copyFile(t, filepath.Join(made, dbName), filepath.Join(dir, dbName))
			ballast(t, dir, room)
			archive := filepath.Join(dir, "archive.db")
			m := newLedgerOf(whole)
			var err error
			if what == "compact" {
				_, err = Compact(context.Background(), dir, fold{1}, time.UnixMicro(epoch), nil)
			} else {
				o := TrimOptions{Before: ops[2100].At, Archive: archive, Now: time.UnixMicro(epoch)}
				if _, err = Trim(context.Background(), dir, fold{1}, o, nil); err == nil {
					m.trim(o.Before, 0, nil)
				}
			}
			switch {
			case err == nil:
				done[what]++
			case code(err) == CodeDiskFull:
				if full[what]++; fileSum(t, dir) != before {
					t.Errorf("%s with room for %d bytes changed the log", what, room)
				}
			default:
				t.Errorf("%s with room for %d bytes: %v", what, room, err)
			}
			noLeftovers(t, dir)
			_ = os.Remove(filepath.Join(dir, "ballast"))
			m.checkDir(t, dir, rnd)
			names, _ := filepath.Glob(filepath.Join(dir, "*"))
			for _, n := range names {
				_ = os.RemoveAll(n)
			}
		}
		if full[what] == 0 || done[what] == 0 {
			t.Errorf("%s: %d times full, %d times done: the test tests nothing", what, full[what], done[what])
		}
	}
	t.Logf("full %v, done %v", full, done)
}

// ballast leaves room for so many bytes.
func ballast(t *testing.T, dir string, room int64) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	for b := make([]byte, 4<<10); ; {
		if _, err := f.Write(b); err != nil {
			break
		}
	}
	size, err := f.Seek(0, 1)
	if err == nil {
		err = f.Truncate(max(0, size-room))
	}
	if cerr := f.Close(); err != nil || cerr != nil {
		t.Fatal(err, cerr)
	}
}
