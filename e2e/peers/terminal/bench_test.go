package terminal

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// BenchmarkGauge is what a gauge that moves ten times a second sends to a terminal of 120×40: the console's, and the
// same gauge drawn by Bubble Tea 1 and 2. ratio is how many times as much Bubble Tea 1 sends. gauge: one machine's cap
// changes. spend: jobs end there, so that its gauge, the mesh's and the time axis move.
//
//	go test -run '^$' -bench Gauge -benchtime 1x
func BenchmarkGauge(b *testing.B) {
	dir := programs(b)
	const rate = 10
	for _, c := range []struct{ what, mesh string }{{"gauge", "-mesh=false"}, {"spend", "-mesh"}} {
		b.Run(c.what, func(b *testing.B) {
			var ours, one, two use
			for b.Loop() {
				// The clock stands still: what moves by itself every second is not the gauge.
				console := open(b, 120, 40, false, dir, "console", "-what", c.what, "-frozen")
				tea1 := open(b, 120, 40, false, dir, "tea1", c.mesh)
				tea2 := open(b, 120, 40, false, dir, "tea2", c.mesh)
				settle(b, console)
				for range 3 {
					d := secondsOf(9) / 3
					ours, one, two = ours.plus(watch(b, console, d)), one.plus(watch(b, tea1, d)), two.plus(watch(b, tea2, d))
				}
				console.Close()
				tea1.Close()
				tea2.Close()
			}
			per := func(u use) float64 { return float64(u.bytes) / (u.wall.Seconds() * rate) }
			b.ReportMetric(per(ours), "B/update")
			b.ReportMetric(per(one), "tea1-B/update")
			b.ReportMetric(per(two), "tea2-B/update")
			b.ReportMetric(per(one)/per(ours), "ratio")
			b.ReportMetric(ours.share(), "cpu-%")
			b.ReportMetric(one.share(), "tea1-cpu-%")
		})
	}
}

func (u use) plus(v use) use {
	return use{u.bytes + v.bytes, u.writes + v.writes, u.cpu + v.cpu, u.wall + v.wall}
}

// BenchmarkIdle is what a console costs of a core while nobody does anything, and what it sends. ratio is its part of
// what Bubble Tea 2 costs as it comes, with a screen that never changes, in the same run and in turns. still: nothing
// on the screen changes, so nothing may be sent. ages: as it is on a day when nothing happens: clock, ages and time axis
// move. large: a mesh of 1,000 machines that runs on, at 110 columns, where no clock stands, without ages, and within one
// minute: nothing may be sent either.
//
//	go test -run '^$' -bench Idle -benchtime 1x
func BenchmarkIdle(b *testing.B) {
	dir := programs(b)
	for _, c := range []struct {
		name string
		w, h int
		args []string
	}{
		{"still", 120, 40, []string{"-frozen"}},
		{"still/large", 120, 40, []string{"-frozen", "-nodes", "1000", "-runs", "2000"}},
		{"large", 110, 40, []string{"-quiet", "-nodes", "1000", "-minute"}},
		{"ages", 120, 40, nil},
		{"ages/large", 120, 40, []string{"-nodes", "1000", "-runs", "2000"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var ours, stock use
			var memory int64
			for b.Loop() {
				console := open(b, c.w, c.h, false, dir, "console", c.args...)
				tea2 := open(b, c.w, c.h, false, dir, "tea2", "-rate", "0")
				settle(b, console)
				for range 3 {
					d := secondsOf(12) / 3
					ours, stock = ours.plus(watch(b, console, d)), stock.plus(watch(b, tea2, d))
				}
				memory = console.Resident()
				console.Close()
				tea2.Close()
			}
			b.ReportMetric(ours.share(), "cpu-%")
			b.ReportMetric(stock.share(), "tea2-cpu-%")
			b.ReportMetric(ours.share()/stock.share(), "ratio")
			b.ReportMetric(float64(ours.bytes)/ours.wall.Seconds(), "B/s")
			b.ReportMetric(float64(memory)/(1<<20), "MB")
		})
	}
}

// BenchmarkKeys is how soon a key is seen while 1,000 things a second happen in a mesh of 1,000 machines with 10,000
// runs: the time from the key to the cell in which the cursor stands, for keys at random times. quiet: nothing happens.
// tea2 is Bubble Tea 2 as it comes, with a cursor and nothing else, in the same run and in turns: what of the worst is
// the machine's.
//
//	go test -run '^$' -bench Keys -benchtime 1x
func BenchmarkKeys(b *testing.B) {
	dir := programs(b)
	load := []string{"-nodes", "1000", "-runs", "10000", "-what", "load", "-rate", "1000"}
	for _, c := range []struct {
		name string
		w, h int
		args []string
	}{
		{"quiet", 120, 40, load[:4]},
		{"load", 120, 40, load},
		{"load/200x60", 200, 60, load},
	} {
		b.Run(c.name, func(b *testing.B) {
			var ours, stock []time.Duration
			var used use
			for b.Loop() {
				s := open(b, c.w, c.h, true, dir, "console", c.args...)
				peer := open(b, c.w, c.h, true, dir, "tea2", "-rate", "0")
				settle(b, s)
				used = used.plus(watch(b, s, 3*time.Second))
				if err := s.Type("\t"); err != nil { // from the graph to the table
					b.Fatal(err)
				}
				<-time.After(time.Second)
				mine, theirs := cursorOf(b, s), cursorOf(b, peer)
				for i := range int(secondsOf(24) / (200 * time.Millisecond)) {
					ours = append(ours, mine.press(b, i%2 == 0))
					stock = append(stock, theirs.press(b, i%2 == 0))
				}
				s.Close()
				peer.Close()
			}
			b.ReportMetric(at(ours, 0.5), "p50-ms")
			b.ReportMetric(at(ours, 0.99), "p99-ms")
			b.ReportMetric(at(ours, 1), "max-ms")
			b.ReportMetric(at(stock, 0.5), "tea2-p50-ms")
			b.ReportMetric(at(stock, 0.99), "tea2-p99-ms")
			b.ReportMetric(used.share(), "cpu-%")
			b.ReportMetric(float64(used.bytes)/used.wall.Seconds(), "B/s")
		})
	}
}

// at gives a quantile in milliseconds.
func at(d []time.Duration, q float64) float64 {
	slices.Sort(d)
	return float64(d[int(q*float64(len(d)-1))]) / float64(time.Millisecond)
}

// cursor is a cursor that j moves down and k up, in one column of a screen.
type cursor struct {
	s    *Screen
	from int
}

// The column of the cursor, and the first row in which it may stand.
const (
	cursorColumn = 1
	cursorTop    = 2
)

func cursorOf(b *testing.B, s *Screen) cursor {
	b.Helper()
	row := s.Column(cursorColumn, cursorTop, "▸")
	if row < 0 {
		b.Fatalf("no cursor:\n%s", s.Text())
	}
	return cursor{s, row}
}

// press presses a key at a random moment, and gives how long it took until the cursor was seen where it belongs.
func (c cursor) press(b *testing.B, down bool) time.Duration {
	b.Helper()
	<-time.After(time.Duration(50+rand.IntN(100)) * time.Millisecond)
	key, want := "k", c.from
	if down {
		key, want = "j", c.from+1
	}
	began := time.Now()
	if err := c.s.Type(key); err != nil {
		b.Fatal(err)
	}
	if err := c.s.Wait(5*time.Second, func() bool { return c.s.Column(cursorColumn, cursorTop, "▸") == want }); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}
