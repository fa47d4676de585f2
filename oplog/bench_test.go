package oplog

import "testing"

// BenchmarkSeek is a seek to random places of a log, cold in this process.
func BenchmarkSeek(b *testing.B) {
	dir, _ := testLog(b, 60_000, Options{})
	l, err := Open(dir, fold{1}, Options{ReadOnly: true})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	x := uint64(1)
	for b.Loop() {
		x = x*6364136223846793005 + 1442695040888963407
		if _, err := l.AtSeq(x >> 33 % 60_000); err != nil {
			b.Fatal(err)
		}
	}
}
