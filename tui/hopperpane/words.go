package hopperpane

import (
	"strconv"
	"strings"
	"time"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/tui/format"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// What the rows and the details say of an item, a part at a time.

func count(n int) string { return strconv.Itoa(n) }

func intent(it *hopper.Item) string { return clean.Line(it.Intent).String() }

// who is the name of an actor without the way it came in by.
func who(actor string) string {
	actor = clean.Line(actor).String()
	if _, name, ok := strings.Cut(actor, ":"); ok && name != "" {
		return name
	}
	return actor
}

func priorityInk(p hopper.Priority) theme.Style {
	switch {
	case p >= hopper.Urgent:
		return theme.In(theme.Failed)
	case p <= hopper.Background:
		return theme.In(theme.Third)
	}
	return theme.In(theme.Second)
}

// byInk shows what only a person may change.
func byInk(s hopper.Source) theme.Style {
	if s == hopper.Developer {
		return theme.In(theme.Text)
	}
	return theme.In(theme.Third)
}

// aged is a duration in five columns: with seconds below ten minutes.
func aged(d time.Duration) string {
	if d < 10*time.Minute {
		return format.Clock(d)
	}
	return format.Age(d)
}

// waited is how long an item waits; blank at first.
func waited(it *hopper.Item, now time.Time) string {
	if d := now.Sub(time.UnixMicro(it.At)); d >= 10*time.Second {
		return aged(d)
	}
	return ""
}

// ended is when an item closed: the time of day, or the date.
func ended(it *hopper.Item, now time.Time) string {
	at := time.UnixMicro(it.Since).In(now.Location())
	if y, m, d := at.Date(); d == now.Day() && m == now.Month() && y == now.Year() {
		return at.Format("15:04")
	}
	return at.Format("2 Jan")
}

// outcome is how an item ended, with the sign of that.
func outcome(it *hopper.Item) (string, theme.Style) {
	switch it.Outcome {
	case hopper.Done:
		return "✓ done", theme.In(theme.OK)
	case hopper.Failed:
		return "✗ failed", theme.In(theme.Failed)
	}
	return "■ cancelled", theme.In(theme.Second)
}

// where is the node that has an item.
func where(it *hopper.Item) (string, theme.Style) {
	switch {
	case it.Yield:
		return "asked to yield", theme.In(theme.Waiting)
	case it.State == hopper.Assigned:
		return "leased, waiting", theme.In(theme.Waiting)
	}
	return "→ " + format.Middle(clean.Line(it.Node).String(), 14), theme.In(theme.Second)
}

// lasted tells of a closed item how long its work took, or what went otherwise: after how many attempts it failed, who
// cancelled it.
func lasted(st *mesh.State, it *hopper.Item) string {
	if it.Outcome == hopper.Cancelled {
		for i := len(it.Trail) - 1; i >= 0; i-- {
			if s := it.Trail[i]; s.Name == it.Outcome.String() && s.Actor != "" {
				return "by " + who(s.Actor)
			}
		}
	}
	took, attempts := work(st, it)
	if it.Outcome == hopper.Failed && attempts > 1 {
		return count(attempts) + " attempts"
	}
	if took < 0 {
		return format.Dash
	}
	return row.Lasted(took, 6)
}

// work is how long the work of an item took, below zero where it never began, and how many attempts it needed.
func work(st *mesh.State, it *hopper.Item) (took time.Duration, attempts int) {
	took = -1
	for _, s := range it.Trail {
		if s.Name == hopper.Started.String() {
			took = time.Duration(it.Since-s.At) * time.Microsecond
			break
		}
	}
	r, ok := st.Run(it.Run)
	if !ok {
		return took, 0
	}
	for _, id := range r.Jobs {
		j, ok := st.Job(id)
		if !ok {
			continue
		}
		attempts += len(j.Attempts)
		if len(r.Jobs) == 1 && j.DurationMS > 0 {
			took = time.Duration(j.DurationMS) * time.Millisecond
		}
	}
	return took, attempts
}

// standing says in the title of the details how an item stands.
func standing(it *hopper.Item, now time.Time) (string, theme.Style) {
	since := func(t int64) string { return aged(now.Sub(time.UnixMicro(t))) }
	rank := it.Value.String() + " by " + it.Source.Short()
	switch it.State {
	case hopper.Assigned:
		return rank + "  assigned " + since(it.Since), theme.In(theme.Waiting)
	case hopper.Started:
		return rank + "  runs " + since(it.Since), theme.In(theme.Text)
	case hopper.Closed:
		word, st := outcome(it)
		return rank + "  " + word + " " + ended(it, now), st
	}
	return rank + "  waits " + since(it.At), theme.In(theme.Second)
}
