package mesh

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"voxmesh/mesh/fabric"
)

func TestTheSkewOfAClock(t *testing.T) {
	noon := time.UnixMicro(noon)
	const hour = 3_600_000_000
	for name, c := range map[string]struct {
		reports [][4]int64 // when it came, ms after noon; the clock ahead, µs; on its way, µs; round trip said, µs
		want    int64
		unknown bool
	}{
		"no word":                 {nil, 0, true},
		"one report":              {[][4]int64{{0, hour, 3000, 0}}, hour - 3000, false},
		"with a round trip":       {[][4]int64{{0, hour, 3000, 6000}}, hour, false},
		"the quickest counts":     {[][4]int64{{0, hour, 900_000, 6000}, {2000, hour, 3000, 6000}, {4000, hour, 80_000, 900_000}}, hour, false},
		"behind":                  {[][4]int64{{0, -hour, 3000, 6000}}, -hour, false},
		"set forward":             {[][4]int64{{0, 0, 3000, 6000}, {2000, hour, 3000, 6000}}, hour, false},
		"set back":                {[][4]int64{{0, hour, 3000, 6000}, {2000, 0, 3000, 6000}}, 0, false},
		"set back a little":       {[][4]int64{{0, 9_000_000, 3000, 6000}, {2000, 0, 3000, 6000}}, 9_000_000, false},
		"and minutes later":       {[][4]int64{{0, 9_000_000, 3000, 6000}, {400_000, 0, 3000, 6000}}, 0, false},
		"no clock":                {[][4]int64{{0, -noon.UnixMicro(), 0, 6000}}, 0, true},
		"a clock beyond all time": {[][4]int64{{0, latest, 0, 6000}}, 0, true},
	} {
		var f farClock
		now := noon
		for _, r := range c.reports {
			now = noon.Add(time.Duration(r[0]) * time.Millisecond)
			f.hear(now.UnixMicro()+r[1]-r[2], time.Duration(r[3])*time.Microsecond, now)
		}
		if got, known := f.skew(now); known == c.unknown || known && got != c.want {
			t.Errorf("%s: %d, %v; want %d", name, got, known, c.want)
		}
	}
}

// However late reports come, the estimate is off by at most half of the shortest round trip, where that is what the
// quickest report took there and back.
func TestTheSkewIsCloseEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f farClock
		ahead := rapid.Int64Range(-1<<45, 1<<45).Draw(t, "ahead")
		now, shortest := time.UnixMicro(noon), int64(1<<62)
		for range rapid.IntRange(1, 40).Draw(t, "reports") {
			there, back := rapid.Int64Range(0, 2_000_000).Draw(t, "there"), rapid.Int64Range(1, 2_000_000).Draw(t, "back")
			now = now.Add(2 * time.Second)
			f.hear(now.UnixMicro()+ahead-there, time.Duration(there+back)*time.Microsecond, now)
			shortest = min(shortest, there+back)
		}
		if got, known := f.skew(now); !known || abs(got-ahead) > shortest/2+1 {
			t.Fatalf("%d, %v; want %d ± %d", got, known, ahead, shortest/2)
		}
	})
}

func TestPhasesAreTakenInWithCare(t *testing.T) {
	j := &Job{JobSubmitted: JobSubmitted{Job: "j-1", Run: "r-1"}, Attempt: 2, LeasedAt: noon}
	root, now := AttemptSpanID("r-1", "j-1", 2), time.UnixMicro(noon+10*second)
	const hour = 3600 * second
	at := func(id, parent, name string, from, to int64) fabric.Span {
		return fabric.Span{ID: id, Parent: parent, Name: name, Start: noon + hour + from, End: noon + hour + to}
	}
	a, b, c := "00000000000000aa", "00000000000000bb", "00000000000000cc"
	many := make([]fabric.Span, 0, 100)
	for i := range 100 {
		many = append(many, at(SpanID("x", itoa(uint64(i))), root, "admit", 0, 1))
	}
	for name, k := range map[string]struct {
		spans []fabric.Span
		want  []string
	}{
		"as they end":          {[]fabric.Span{at(b, a, "compile", 0, 1), at(a, root, "execute", 0, 2)}, []string{a, b}},
		"a chain round":        {[]fabric.Span{at(a, b, "execute", 0, 1), at(b, a, "execute", 0, 1), at(c, c, "execute", 0, 1)}, nil},
		"no parent":            {[]fabric.Span{at(a, "", "execute", 0, 1), at(b, "ffffffffffffffff", "execute", 0, 1)}, nil},
		"twice":                {[]fabric.Span{at(a, root, "execute", 0, 1), at(a, root, "admit", 0, 1)}, []string{a}},
		"the host's own":       {[]fabric.Span{at(root, root, "execute", 0, 1), at(SpanID("r-1"), root, "admit", 0, 1), at(SpanID("r-1", "j-1", "2", "run"), root, "admit", 0, 1)}, nil},
		"ids":                  {[]fabric.Span{at("00000000000000AA", root, "admit", 0, 1), at("0000000000000000", root, "admit", 0, 1), at("aa", root, "admit", 0, 1), at("\x1b[31m0000000aa", root, "admit", 0, 1)}, nil},
		"names":                {[]fabric.Span{at(a, root, "rm -rf", 0, 1), at(b, root, "", 0, 1)}, nil},
		"before it was leased": {[]fabric.Span{at(a, root, "execute", -2*60*second, 1)}, nil},
		"after now":            {[]fabric.Span{at(a, root, "execute", 0, 2*60*second)}, nil},
		"backwards":            {[]fabric.Span{at(a, root, "execute", 2, 1)}, nil},
		"no time":              {[]fabric.Span{{ID: a, Parent: root, Name: "execute"}, {ID: b, Parent: root, Name: "execute", Start: -1 << 63, End: 1<<63 - 1}}, nil},
	} {
		var got []string
		for _, p := range phasesOf(j, k.spans, hour, true, now) {
			got = append(got, p.ID)
		}
		if !reflect.DeepEqual(got, k.want) {
			t.Errorf("%s: %v, want %v", name, got, k.want)
		}
	}
	if got := phasesOf(j, many, hour, true, now); len(got) != fabric.MaxSpans {
		t.Errorf("%d are taken in", len(got))
	}
	bad := at(a, root, "execute", 0, 1)
	bad.Error = "\x1b]0;title\a" + string(make([]byte, 5000))
	if got := phasesOf(j, []fabric.Span{bad}, hour, true, now); len(got) != 1 || len([]rune(got[0].Error)) > maxPhaseError || got[0].Error[0] == 0x1b {
		t.Errorf("%+v", got)
	}
}

// A worker whose clock is an hour ahead says so with every report; what it did stands in the tree where it was.
func TestSpansOfAWorkerWithAnotherClock(t *testing.T) {
	h, d := openHost(t)
	bob := local(t, h, "bob")
	const hour = 3600 * second
	say := func(held ...fabric.Held) {
		bob.rep.ClockUS = d.now().UnixMicro() + hour
		bob.report(held...)
	}
	say()
	tk := submitWasm(t, h, nil)
	until(t, h, "a lease", func(s *State) bool { return len(s.HeldBy("bob")) == 1 })
	leased := d.now().UnixMicro()
	d.turn(time.Second)
	say(fabric.Held{Job: tk.JobID, Attempt: 1, Phase: fabric.PhaseRunning})
	d.turn(4 * time.Second)
	root := AttemptSpanID(tk.RunID, tk.JobID, 1)
	say(fabric.Held{Job: tk.JobID, Attempt: 1, Phase: fabric.PhaseDone, Result: &fabric.Result{Status: "succeeded", Spans: []fabric.Span{
		{ID: "00000000000000aa", Parent: root, Name: "admit", Start: leased + hour + 200_000, End: leased + hour + 300_000},
		{ID: "00000000000000bb", Parent: root, Name: "execute", Start: leased + hour + 900_000, End: leased + hour + 4*second},
	}}})
	v, err := h.Run(tk.RunID)
	if err != nil || v.Status != "succeeded" || !reflect.DeepEqual(v.Skews, []ClockSkew{{"bob", hour}}) {
		t.Fatalf("%+v, %v", v, err)
	}
	if wrong := nested(&v, d.now().UnixMicro()); wrong != nil {
		t.Error(wrong)
	}
	attempt := v.Root.Children[0].Children[0]
	if n, _ := h.Snapshot().Node("bob"); attempt.Attributes[AttrPeer] != n.Invite || n.Invite == "" {
		t.Errorf("%v", attempt.Attributes)
	}
	lease, run := attempt.Children[0], attempt.Children[2]
	if lease.Start != leased || lease.End != leased+200_000 || run.Start != leased+900_000 || run.Children[0].End != leased+4*second || run.Children[0].SkewMicros != hour {
		t.Errorf("%+v", attempt)
	}
	mustSound(t, h.Snapshot())
	if j := jobOf(t, h, tk.JobID); len(j.Phases) != 2 || !j.SkewKnown {
		t.Errorf("%+v", j)
	}
}
