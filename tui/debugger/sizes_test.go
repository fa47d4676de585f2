package debugger

import (
	"strings"
	"testing"
	"time"
)

// sizing is a host that knows how large stored bytes are.
type sizing struct {
	*books
	sizes map[string]int64
}

func (s *sizing) BlobSize(hash string) (int64, bool) {
	s.asked = append(s.asked, "size "+hash[:4])
	n, ok := s.sizes[hash]
	return n, ok
}

// What went in is named with its size, asked for once; of bytes that are gone it is said; a host that cannot tell is not asked.
func TestSizesOfInputs(t *testing.T) {
	stdin, module := strings.Repeat("a1", 32), strings.Repeat("b2", 32)
	rec := sample()
	for _, j := range rec.jobs {
		j.Stdin, j.Module = stdin, module
	}
	open := func(host Records) *screen {
		return openWith(t, 120, 40, rec, func(x *screen) { x.host = host }).down(4)
	}
	open(rec).has("           stdin a1a1…a1a1           module b2b2…b2b2")
	s := &sizing{rec, map[string]int64{stdin: 2100}}
	x := open(s).has("│ input      frames", "│            stdin a1a1…a1a1 2 kB      module b2b2…b2b2 not kept")
	if x.down(1); rec.count("size a1a1") != 1 || rec.count("size b2b2") != 1 {
		t.Errorf("asked %v", rec.asked)
	}
	for _, j := range rec.jobs {
		j.Args, j.Refs = nil, nil
	}
	x.has("│ input      stdin a1a1…a1a1 2 kB ")
}

// A difference is that of the numbers beside it, and none where they are the same.
func TestDifferenceOfWhatIsShown(t *testing.T) {
	for _, c := range []struct {
		a, b time.Duration
		want string
	}{
		{19_100 * time.Microsecond, 13_900 * time.Microsecond, "−6 ms"},
		{300 * time.Microsecond, 100 * time.Microsecond, ""},
		{time.Second, 3 * time.Second, "+0:02"},
	} {
		if got := durationDiffer(c.a, c.b, true); got != c.want {
			t.Errorf("from %s to %s it says %q, want %q", lasted(c.a), lasted(c.b), got, c.want)
		}
	}
}
