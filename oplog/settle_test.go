package oplog

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// TestAFailedMemoBreaksTheLog: a commit that takes a bad memo away says as much about the disk as one that has ops.
func TestAFailedMemoBreaksTheLog(t *testing.T) {
	c := &clock{epoch}
	dir := t.TempDir()
	l, err := Open(dir, fold{1}, Options{Now: c.now, MemoEvery: 64})
	if err != nil {
		t.Fatal(err)
	}
	fillLog(t, l, c, 512)
	settleMemos(l)
	var bad uint64
	if err := l.s.update(func(tx *bolt.Tx) error {
		k, v := tx.Bucket(bucketMemos).Cursor().Last()
		bad = unkey(k)
		return tx.Bucket(bucketMemos).Put(key(bad), v[:len(v)/2])
	}); err != nil {
		t.Fatal(err)
	}
	if err := l.s.file.Close(); err != nil { // no write reaches the disk any more
		t.Fatal(err)
	}
	l.askHeal(bad)
	idle := make(chan struct{})
	l.healWait <- idle
	<-idle
	st, err := l.Stats()
	if err != nil || st.Broken == "" {
		t.Fatalf("a commit failed, and the log goes on: %+v %v", st, err)
	}
	if _, err := l.Append(context.Background(), Draft{Kind: "a"}); code(err) != CodeBroken {
		t.Fatal(err)
	}
	if err := l.s.update(func(*bolt.Tx) error { t.Error("there was another commit on top of it"); return nil }); code(err) != CodeBroken {
		t.Fatal(err)
	}
	_ = l.Close() // the file is closed already
	doubt := filepath.Join(dir, doubtName)
	if _, err := os.Stat(doubt); err != nil {
		t.Fatalf("there is nothing to warn who comes next: %v", err)
	}
	l = mustOpen(t, dir, Options{MemoEvery: 64})
	if _, err := os.Stat(doubt); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the warning stays: %v", err)
	}
	if ops, err := l.Since(0, 1<<20); err != nil || len(ops) != 512 {
		t.Fatalf("%d ops, %v", len(ops), err)
	}
	if _, err := l.Append(context.Background(), Draft{Kind: "a"}); err != nil {
		t.Fatal(err)
	}
}
