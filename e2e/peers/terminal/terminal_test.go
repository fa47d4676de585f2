package terminal

import (
	"strings"
	"testing"
	"time"
)

// A screen shows what its program draws, answers what it asks, counts what it sends, and passes keys on; all of the
// programs that are measured draw what they are to be compared by.
func TestScreen(t *testing.T) {
	dir := programs(t)
	for _, c := range []struct {
		name   string
		args   []string
		shows  []string
		cursor bool
	}{
		{"console", []string{"-what", "gauge", "-rate", "20"}, []string{"node-0001", "$0.00/$5.00", "5 nodes"}, true},
		{"tea1", nil, []string{"bob-cpu", "$5.00", "5 nodes"}, false},
		{"tea2", nil, []string{"bob-cpu", "$5.00", "5 nodes"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, 120, 40, true, dir, c.name, c.args...)
			for _, want := range c.shows {
				if err := s.Wait(10*time.Second, func() bool { return strings.Contains(s.Text(), want) }); err != nil {
					t.Fatalf("%q: %v", want, err)
				}
			}
			began, _ := s.Sent()
			if err := s.Wait(10*time.Second, func() bool { n, _ := s.Sent(); return n > began+200 }); err != nil {
				t.Fatalf("its gauge does not move: %v", err)
			}
			if c.cursor {
				if err := s.Type("\t"); err != nil {
					t.Fatal(err)
				}
				cursorMoves(t, s)
			}
			if cpu, err := s.CPU(); err == nil && cpu <= 0 {
				t.Error("it ran for no time")
			}
			if err := s.Type("q"); err != nil {
				t.Fatal(err)
			}
			select {
			case <-s.Ended():
			case <-time.After(10 * time.Second):
				t.Errorf("q does not end it:\n%s", s.Text())
			}
		})
	}
}

func cursorMoves(t *testing.T, s *Screen) {
	t.Helper()
	from := s.Column(cursorColumn, cursorTop, "▸")
	if from < 0 {
		t.Fatalf("no cursor:\n%s", s.Text())
	}
	for _, c := range []struct {
		key string
		to  int
	}{{"j", from + 1}, {"k", from}} {
		if err := s.Type(c.key); err != nil {
			t.Fatal(err)
		}
		if err := s.Wait(10*time.Second, func() bool { return s.Column(cursorColumn, cursorTop, "▸") == c.to }); err != nil {
			t.Fatal(err)
		}
	}
}
