package oplog

import (
	"context"
	"fmt"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// TestNamesOfTheNewestOps opens a log that was changed since it was closed, and whose memos are of another version: the names of
// as many ops are looked up as lie between two memos, not of all, which would take far longer than to replay them.
func TestNamesOfTheNewestOps(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, Options{})
	const n = namesMost + 2*block
	name := func(seq uint64) string { return fmt.Sprintf("job:%d", seq) }
	drafts := make([]Draft, n)
	for i := range drafts {
		drafts[i] = Draft{Kind: "a", Index: []string{name(uint64(i) + 1)}}
	}
	if _, err := l.Append(context.Background(), drafts...); err != nil {
		t.Fatal(err)
	}
	mustClose(t, l)
	lose := func(seq uint64) error {
		raw(t, dir, func(tx *bolt.Tx) {
			if err := tx.Bucket(bucketIndex).Delete(indexKey(name(seq), seq)); err != nil {
				t.Fatal(err)
			}
		})
		l, err := Open(dir, fold{2}, Options{ReadOnly: true})
		if err != nil {
			return err
		}
		defer mustClose(t, l)
		if r, err := l.Verify(context.Background(), nil); err != nil || r.Problem == "" {
			t.Errorf("verify found nothing: %v", err)
		}
		return nil
	}
	if err := lose(block); err != nil {
		t.Errorf("a name that was lost long ago: %v", err)
	}
	if err := lose(n - namesMost/2); code(err) != CodeDamaged {
		t.Errorf("a name that was lost among the newest: %v", err)
	}
}
