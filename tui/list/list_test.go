package list

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"

	"voxmesh/tui/keys"
)

func numbered(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("r-%03d", i)
	}
	return out
}

// Whatever comes and goes, the cursor and its margin are in sight, and it stays with its row.
func TestCursorStaysInSight(t *testing.T) {
	moves := []keys.ID{
		keys.Up, keys.Down, keys.PageUp, keys.PageDown, keys.HalfUp, keys.HalfDown, keys.Home, keys.End,
	}
	rapid.Check(t, func(t *rapid.T) {
		var l List
		l.Keep(rapid.Bool().Draw(t, "keep"))
		ids := numbered(rapid.IntRange(0, 60).Draw(t, "n"))
		l.Set(ids)
		rows := rapid.IntRange(1, 20).Draw(t, "rows")
		l.Window(rows)
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				l.Move(rapid.SampledFrom(moves).Draw(t, "move"))
			case 1:
				before, at := l.Selected(), l.At()
				ids = rapid.Permutation(ids).Draw(t, "order")
				l.Set(ids)
				if at > 0 && l.Selected() != before {
					t.Fatalf("the cursor went from %s to %s", before, l.Selected())
				}
			case 2:
				rows = rapid.IntRange(1, 20).Draw(t, "rows")
			}
			from, to := l.Window(rows)
			if len(ids) > 0 && (l.At() < from || l.At() >= to) {
				t.Fatalf("cursor %d is not in [%d,%d)", l.At(), from, to)
			}
			if to-from != min(rows, len(ids)) {
				t.Fatalf("%d of %d rows are shown where %d fit", to-from, len(ids), rows)
			}
		}
	})
}

func TestMargin(t *testing.T) {
	var l List
	l.Set(numbered(40))
	l.Window(10)
	for range 8 {
		l.Move(keys.Down)
	}
	if from, to := l.Window(10); from != 1 || to != 11 {
		t.Errorf("with the cursor on row 9 of 10 the window is [%d,%d)", from, to)
	}
}

// On its newest row a list follows; elsewhere what is looked at holds still, and the border says how many came.
func TestFollowsItsNewestRow(t *testing.T) {
	var l List
	l.Set([]string{"c", "b", "a"})
	l.Window(2)
	l.Set([]string{"d", "c", "b", "a"})
	if l.Selected() != "d" || l.Position() != "1–2 of 4" {
		t.Errorf("on %s, %q", l.Selected(), l.Position())
	}
	l.Move(keys.Down)
	from, _ := l.Window(2)
	l.Set([]string{"f", "e", "d", "c", "b", "a"})
	if now, _ := l.Window(2); l.Selected() != "c" || now != from+2 || l.Position() != "2 new" {
		t.Errorf("on %s, window from %d to %d, %q", l.Selected(), from, now, l.Position())
	}
	l.Move(keys.Home)
	if l.Position() != "1–2 of 6" {
		t.Errorf("on the newest row it says %q", l.Position())
	}
}

func TestRowGoes(t *testing.T) {
	var l List
	l.Set([]string{"a", "b", "c"})
	l.Window(3)
	l.Select("b")
	l.Set([]string{"a", "c"})
	if l.Selected() != "c" {
		t.Errorf("the one in its place is c, not %s", l.Selected())
	}
	if l.Step(func(id string) bool { return id == "a" }); l.Selected() != "a" {
		t.Errorf("next goes round the end, not to %s", l.Selected())
	}
}

func TestFilter(t *testing.T) {
	row := Fields{Text: "r-19c4 nightly render", Node: "alice-gpu", Status: "failed", Class: "PAIRED", Model: "llama3.2:3b", Age: 30 * time.Minute}
	for text, want := range map[string]bool{
		"": true, "NIGHT": true, "night alice": true, "bob": false, "node:alice": true, "node:bob": false,
		"status:failed class:paired": true, "class:public": false, "model:llama": true, "age:<1h": true, "age:>1h": false,
		"age:1x": true, "render status:queued": false,
	} {
		var f Filter
		f.Set(text)
		if f.Matches(row) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

func TestFilterTyping(t *testing.T) {
	var f Filter
	f.Set("old")
	f.Open()
	f.Do(keys.Clear, tea.KeyPressMsg{})
	for _, r := range "new" {
		if !f.Type(tea.KeyPressMsg{Code: r, Text: string(r)}) {
			t.Error("a letter changes the filter")
		}
	}
	f.Do(keys.Open, tea.KeyPressMsg{})
	if f.Text() != "new" || f.Typing() {
		t.Errorf("kept %q", f.Text())
	}
	f.Open()
	f.Paste("er\x1b[2J")
	if !strings.HasPrefix(f.Text(), "newer") || strings.Contains(f.Text(), "\x1b") {
		t.Errorf("a paste came through as %q", f.Text())
	}
	f.Do(keys.Back, tea.KeyPressMsg{})
	if f.Text() != "new" {
		t.Errorf("put back %q", f.Text())
	}
	if !f.Clear() || f.Clear() {
		t.Error("cleared once")
	}
}

// A pane adds named parts of its own; to others they are words like any.
func TestFilterKnows(t *testing.T) {
	var f, plain Filter
	f.Know("by", "priority")
	for text, want := range map[string]bool{"by:dev": true, "by:orc": false, "priority:urg by:d": true, "x by:dev": false} {
		f.Set(text)
		row := Fields{Text: "y", Also: func(name string) string { return map[string]string{"by": "dev", "priority": "urgent"}[name] }}
		if f.Matches(row) != want {
			t.Errorf("%q matches: %v", text, !want)
		}
	}
	f.Set("by:dev")
	plain.Set("by:dev")
	if f.Matches(Fields{Text: "by:dev"}) || !plain.Matches(Fields{Text: "stand by:dev"}) {
		t.Error("a row without parts has one, or a word is none")
	}
}
