package oplog

import (
	"encoding/hex"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"
)

// someTimes draws n ascending times: still for long, creeping, in bursts, with jumps of years.
func someTimes(t *rapid.T, n int) []int64 {
	dice := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "dice"), 0))
	out := make([]int64, 0, n)
	at := rapid.SampledFrom([]int64{0, 1, epoch}).Draw(t, "begin")
	for len(out) < n {
		run := 1 + dice.IntN(1<<dice.IntN(9))
		step := int64([]int{0, 1, 900, 50_000, 1_000_000, 3_600_000_000, 10 * 365 * 24 * 3_600_000_000}[dice.IntN(7)])
		for ; run > 0 && len(out) < n; run-- {
			if step > 1 {
				at += dice.Int64N(step)
			} else {
				at += step
			}
			out = append(out, at)
		}
	}
	return out
}

func TestTimesAreWhatWasEncoded(t *testing.T) {
	check := func(t interface{ Fatalf(string, ...any) }, times []int64) {
		b := encodeTimes(4096, times)
		got, ok := decodeTimes(4096, b)
		if !ok || !slices.Equal(got, times) {
			t.Fatalf("%v: %v from %x", ok, got, b)
		}
		if _, ok := decodeTimes(5120, b); ok {
			t.Fatalf("the times of one block were taken for those of another")
		}
	}
	rapid.Check(t, func(t *rapid.T) { check(t, someTimes(t, block)) })
	still, far := make([]int64, block), make([]int64, block)
	for i := range far {
		far[i] = math.MaxInt64 - int64(block-i-1)*(math.MaxInt64/block)
	}
	far[0] = 0
	check(t, still)
	check(t, far)
	for i := range still {
		still[i] = math.MaxInt64
	}
	check(t, still)
	still[0] = 0
	check(t, still)
}

// The bytes are the format: they never change.
func TestTimesBytes(t *testing.T) {
	times := make([]int64, block)
	for i := range times {
		times[i] = 1_000_000 + int64(i/512)*1000
	}
	for i := 1020; i < block; i++ {
		times[i] += int64(i-1019) * 10
	}
	want := strings.Join([]string{
		"01",               // version
		"00000000000f4240", // the first op's time, a second after 1970
		"04",               // steps of order 4; some ops share a time
		"00 02",            // the second piece begins at the same time, the first has 2 bytes
		"00 02", "00 02",
		"e807 02", // the fifth begins 1,000 µs later
		"00 02", "00 02", "00 02",
		"0100", // 128 ops of one time: 127 of order 0: 0000000 10000000, and a zero
		"0100", "0100", "0100", "0100", "0100", "0100",
		"03e679e798", // 124 ops: 000000 1111100; four times a step of 10 µs (9 of order 4: 11001) and one op (1)
	}, "")
	b := encodeTimes(block, times)
	got := hex.EncodeToString(b[:len(b)-4])
	if got != strings.ReplaceAll(want, " ", "") {
		t.Errorf("%s", got)
	}
}

// FuzzTimes: whatever the bytes are, nothing panics, and what is taken for times ascends.
func FuzzTimes(f *testing.F) {
	still := make([]int64, block)
	f.Add(encodeTimes(block, still), false)
	for i := range still {
		still[i] = int64(i*i) * 777
	}
	f.Add(encodeTimes(block, still), true)
	f.Fuzz(func(t *testing.T, b []byte, sum bool) {
		if sum && len(b) > 4 { // beyond the check lies the decoder
			b = append([]byte{timesVersion}, b[1:len(b)-4]...)
			c := timesCheck(block, b)
			b = append(b, byte(c>>24), byte(c>>16), byte(c>>8), byte(c))
		}
		times, ok := decodeTimes(block, b)
		if ok && (len(times) != block || !slices.IsSorted(times) || times[0] < 0) {
			t.Fatalf("%d times: %v", len(times), times)
		}
		if ok && len(encodeTimes(block, times)) > len(b)+len(b)/2+32 {
			t.Fatalf("%d bytes were read, %d written", len(b), len(encodeTimes(block, times)))
		}
	})
}

// Every bit of the times counts.
func TestDamagedTimesAreNone(t *testing.T) {
	times := make([]int64, block)
	for i := range times {
		times[i] = epoch + int64(i)*1234 - int64(i%7)*3
	}
	b := encodeTimes(block, times)
	for bit := range len(b) * 8 {
		b[bit/8] ^= 1 << (bit % 8)
		if _, ok := decodeTimes(block, b); ok {
			t.Fatalf("bit %d does not matter", bit)
		}
		b[bit/8] ^= 1 << (bit % 8)
	}
	for n := range b {
		if _, ok := decodeTimes(block, b[:n]); ok {
			t.Fatalf("%d bytes are enough", n)
		}
	}
}

// What is made of the ops of a file that has no times is what was written with them.
func TestTimesOfAllIsWhatAppendWrites(t *testing.T) {
	dir, _ := unevenLog(t, 5000)
	made := func() map[uint64]string {
		t.Helper()
		s, err := openStore(dir, true, DefaultLockTimeout, (&clock{epoch}).now)
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		out := map[uint64]string{}
		for _, w := range s.timesOfAll() {
			out[w.seq] = string(w.val)
		}
		return out
	}
	want := map[uint64]string{}
	raw(t, dir, func(tx *bolt.Tx) {
		_ = tx.Bucket(bucketTimes).ForEach(func(k, v []byte) error { want[unkey(k)] = string(v); return nil })
		_ = tx.DeleteBucket(bucketTimes)
		_, _ = tx.CreateBucket(bucketTimes)
		if err := putTimesOf(tx, []pos{{Head: Head{Seq: 1024}}}); code(err) != CodeDamaged {
			t.Errorf("a mark of other ops: %v", err)
		}
		m, _ := decodeMark(2048, tx.Bucket(bucketMarks).Get(key(2048)))
		if err := putTimesOf(tx, []pos{m}); err != nil || string(tx.Bucket(bucketTimes).Get(key(2048))) != want[2048] {
			t.Errorf("one block: %v", err)
		}
	})
	if got := made(); len(want) != 4 || !maps.Equal(got, want) {
		t.Errorf("%d blocks, want %d", len(got), len(want))
	}
	raw(t, dir, func(tx *bolt.Tx) {
		v := slices.Clone(tx.Bucket(bucketOps).Get(key(1030)))
		v[len(v)-1] ^= 1
		_ = tx.Bucket(bucketOps).Put(key(1030), v)
		_ = tx.Bucket(bucketMarks).Delete(key(3072))
	})
	delete(want, 2048)
	delete(want, 3072)
	if got := made(); !maps.Equal(got, want) {
		t.Errorf("times were made of a damaged block: %d blocks", len(got))
	}
}
