package hopper

import (
	"errors"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestChangeFollowsThePartialOrder(t *testing.T) {
	dev, orc, lrn := Rank{Urgent, Developer}, Rank{Normal, Orchestrator}, Rank{Background, LearningPolicy}
	for _, c := range []struct {
		name    string
		now, to Rank
		ok      bool
	}{
		{"a developer over a developer", dev, Rank{Normal, Developer}, true},
		{"a developer over the orchestrator", orc, dev, true},
		{"a developer over a learning policy", lrn, dev, true},
		{"the orchestrator over a developer", dev, orc, false},
		{"the orchestrator over a developer, to the same value", dev, Rank{Urgent, Orchestrator}, false},
		{"the orchestrator over itself", orc, Rank{Urgent, Orchestrator}, true},
		{"the orchestrator over a learning policy", lrn, orc, true},
		{"a learning policy over a developer", dev, lrn, false},
		{"a learning policy over the orchestrator", orc, lrn, false},
		{"a learning policy over itself", lrn, Rank{Urgent, LearningPolicy}, true},
		{"nobody over a developer", dev, Rank{Normal, 0}, false},
		{"anyone over what nobody set", Rank{}, lrn, true},
		{"a source of a later version is no more than a developer", dev, Rank{Normal, 200}, true},
		{"what it is already", dev, dev, true},
	} {
		err := Change(c.now, c.to)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.ErrorCode() != "vox/hopper/capability-required" || e.ErrorHint() == "") {
			t.Errorf("%s: the error is %#v", c.name, err)
		}
	}
}

func TestDueAndBound(t *testing.T) {
	const at = int64(1_000_000_000_000)
	minutes := func(r Rank) int64 { return (Due(r, at) - at) / minute }
	for _, c := range []struct {
		r    Rank
		want int64
	}{
		{Rank{Urgent, Orchestrator}, 0},
		{Rank{Urgent, Developer}, -15},
		{Rank{Normal, Orchestrator}, 60},
		{Rank{Normal, Developer}, 45},
		{Rank{Background, LearningPolicy}, 120},
		{Rank{0, Orchestrator}, 60},
		{Rank{200, Orchestrator}, 0},
	} {
		if got := minutes(c.r); got != c.want {
			t.Errorf("%+v is due %d min after it was submitted, want %d", c.r, got, c.want)
		}
	}
	if Due(Rank{Background, 0}, math.MaxInt64) != math.MaxInt64 || Due(Rank{Urgent, Developer}, math.MinInt64) != math.MinInt64 {
		t.Error("an instant past the end of time wraps around")
	}
	for p, want := range map[Priority]time.Duration{Background: 135 * time.Minute, Normal: 75 * time.Minute, Urgent: 15 * time.Minute} {
		if got := Bound(p); got != want {
			t.Errorf("Bound(%s) = %s, want %s", p, got, want)
		}
	}
}

// What is submitted Bound later, or more, never starts earlier, whatever the ranks.
func TestNothingStarves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rank := func(name string) Rank {
			return Rank{Priority(rapid.IntRange(0, 255).Draw(t, name)), Source(rapid.IntRange(0, 4).Draw(t, name))}
		}
		a, b := rank("a"), rank("b")
		at := rapid.Int64().Draw(t, "at")
		later := rapid.Int64Range(Bound(a.Value).Microseconds(), 1<<50).Draw(t, "later")
		if at > math.MaxInt64-later {
			t.Skip("past the end of time")
		}
		if first, second := Due(a, at), Due(b, at+later); second < first {
			t.Fatalf("%+v is due at %d, and %+v, submitted %d µs later, at %d", a, first, b, later, second)
		}
	})
}

func TestBetween(t *testing.T) {
	for _, c := range []struct {
		before, after, want int64
		ok                  bool
	}{
		{0, 10, 5, true},
		{0, 2, 1, true},
		{-3, -1, -2, true},
		{0, 1, 0, false},
		{4, 4, 4, false},
		{5, 4, 5, false},
		{math.MinInt64, math.MaxInt64, -1, true},
		{math.MaxInt64 - 2, math.MaxInt64, math.MaxInt64 - 1, true},
	} {
		if got, ok := Between(c.before, c.after); got != c.want || ok != c.ok {
			t.Errorf("Between(%d, %d) = %d, %v; want %d, %v", c.before, c.after, got, ok, c.want, c.ok)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		if m, ok := Between(a, b); ok && (m <= a || m >= b) {
			t.Fatalf("Between(%d, %d) = %d", a, b, m)
		}
	})
}
