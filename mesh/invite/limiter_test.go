package invite

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestLimiterPerSource(t *testing.T) {
	l := NewLimiter()
	now := noon
	for i := range LimitPerSource {
		log, err := l.Try("192.0.2.1", now)
		if err != nil || log != (i == LimitPerSource-1) {
			t.Fatalf("try %d: %v, %v", i, log, err)
		}
		now = now.Add(time.Second)
	}
	for range 1000 {
		log, err := l.Try("192.0.2.1", now)
		if log {
			t.Fatal("a burst is logged twice")
		}
		if e := wantCode(t, err, CodeRateLimited); !strings.Contains(e.Hint, "wait 55 s") {
			t.Fatalf("hint %q", e.Hint)
		}
	}
	if _, err := l.Try("192.0.2.2", now); err != nil {
		t.Errorf("another source waits too: %v", err)
	}
	// One try leaves the window after another; refused tries do not prolong it.
	now = noon.Add(LimitWindow)
	if _, err := l.Try("192.0.2.1", now); err != nil {
		t.Error(err)
	}
	_, err := l.Try("192.0.2.1", now)
	wantCode(t, err, CodeRateLimited)
}

func TestLimiterGlobal(t *testing.T) {
	l := NewLimiter()
	for i := range LimitGlobal {
		if _, err := l.Try(fmt.Sprint(i), noon); err != nil {
			t.Fatal(err)
		}
	}
	_, err := l.Try("new", noon)
	wantCode(t, err, CodeRateLimited)
	if _, err := l.Try("new", noon.Add(LimitWindow)); err != nil {
		t.Error(err)
	}
}

func TestRightTriesCostNothing(t *testing.T) {
	l := NewLimiter()
	for i := range 10 * LimitGlobal {
		if _, err := l.Try("192.0.2.1", noon); err != nil {
			t.Fatalf("right try %d: %v", i, err)
		}
		l.Right("192.0.2.1")
	}
	l.Right("nobody")
	if len(l.tries) != 0 {
		t.Errorf("%d tries are left", len(l.tries))
	}
}

func TestLimiterInParallel(t *testing.T) {
	l := NewLimiter()
	var passed atomic.Int32
	var wg sync.WaitGroup
	for range 1000 {
		wg.Go(func() {
			if _, err := l.Try("192.0.2.1", noon); err == nil {
				passed.Add(1)
			}
		})
	}
	wg.Wait()
	if passed.Load() != LimitPerSource {
		t.Errorf("%d of a thousand passed", passed.Load())
	}
}

func TestClockSetBackLocksNobodyOut(t *testing.T) {
	l := NewLimiter()
	for range LimitPerSource {
		_, _ = l.Try("a", noon)
	}
	if _, err := l.Try("a", noon.Add(-time.Hour)); err != nil {
		t.Error(err)
	}
}

// TestLimiterHolds: at no time does any window hold more tries than allowed, whatever comes when.
func TestLimiterHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := NewLimiterOf(2, 5, time.Minute)
		now := noon
		var passed []try
		for range rapid.IntRange(1, 60).Draw(t, "tries") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "wait")) * time.Second)
			source := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "source")
			var mine, all int
			for _, p := range passed {
				if now.Sub(p.at) < time.Minute {
					if all++; p.source == source {
						mine++
					}
				}
			}
			_, err := l.Try(source, now)
			if want := mine < 2 && all < 5; (err == nil) != want {
				t.Fatalf("with %d and %d before: %v", mine, all, err)
			}
			if err == nil {
				passed = append(passed, try{source, now})
			}
		}
	})
}

func TestSource(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1:4711": "192.0.2.1", "192.0.2.1": "192.0.2.1", "[::ffff:192.0.2.1]:1": "192.0.2.1",
		"[2001:db8:1:2:3:4:5:6]:99": "2001:db8:1:2::/64", "2001:db8:1:2:ffff::": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:1": "fe80::/64", "pipe": "pipe", strings.Repeat("x", 100): strings.Repeat("x", 64),
	} {
		if got := Source(in); got != want {
			t.Errorf("Source(%q) = %q, want %q", in, got, want)
		}
	}
}
