package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"voxmesh/mesh"
)

// What ended is listed page by page, and a run is found by whatever leads to it: its trace as lists show it, its job, its item.
func TestOlderPagesAndWaysToARun(t *testing.T) {
	h, dir := aHost(t, "aurelia")
	var runs []mesh.Ticket
	for range 3 {
		runs = append(runs, aRun(t, h))
	}
	one, _, _ := inSession(t, t.Context(), h, "", "hopper", "submit", "one", "--json")
	two, _, _ := inSession(t, t.Context(), h, "", "hopper", "submit", "two", "--json")
	made, _, exit := inSession(t, t.Context(), h, "", "hopper", "batch", readItem(t, one).ItemID, readItem(t, two).ItemID)
	if exit != 0 {
		t.Fatal(made)
	}
	batch := strings.Fields(made)[0]
	closeHost(t, h)
	say := func(args ...string) (string, int) {
		t.Helper()
		a, out, _ := local(t)
		exit := a.execute(t.Context(), append([]string{"--data", dir}, args...))
		return out.String(), exit
	}
	const later = "2100-01-01T00:00:00Z"
	for list, id := range map[string]func(mesh.Ticket) string{
		"runs":           func(k mesh.Ticket) string { return k.RunID },
		"jobs":           func(k mesh.Ticket) string { return k.JobID },
		"hopper history": func(k mesh.Ticket) string { return k.ItemID },
	} {
		words := strings.Fields(list)
		at, seen := later, ""
		for range 4 {
			out, exit := say(append(words, "--before", at, "--limit", "1")...)
			if exit != 0 {
				t.Fatalf("%s: %s", list, out)
			}
			seen += out
			_, next, more := strings.Cut(out, "older: --before ")
			if !more {
				break
			}
			at = strings.TrimSpace(next)
		}
		for _, k := range runs {
			if strings.Count(seen, id(k)) != 1 {
				t.Errorf("%s: %s is there %d times in\n%s", list, id(k), strings.Count(seen, id(k)), seen)
			}
		}
		out, _ := say(append(words, "--before", later, "--json")...)
		var env struct{ Data []any }
		if err := json.Unmarshal([]byte(out), &env); err != nil || len(env.Data) != 3 {
			t.Errorf("%s: %d rows, %v", list, len(env.Data), err)
		}
		if out, exit := say(append(words, "--before", "1980-01-01T00:00:00Z")...); exit != 0 || !strings.Contains(out, "Nothing ended before") {
			t.Errorf("%s: %d, %s", list, exit, out)
		}
		if _, exit := say(append(words, "--before", "some day")...); exit != 2 {
			t.Errorf("%s: exit %d", list, exit)
		}
		if _, exit := say(append(words, "--before", later, "--limit", "-1")...); exit != 2 {
			t.Errorf("%s: exit %d", list, exit)
		}
		if out, exit := say(append(words, "--before", "-24h")...); exit != 0 {
			t.Errorf("%s: exit %d, %s", list, exit, out)
		}
	}
	k := runs[1]
	want, _ := say("runs", k.RunID)
	for _, args := range [][]string{
		{"runs", k.TraceID}, {"runs", k.TraceID[:8]}, {"open", traceLink + k.TraceID[:8]}, {"open", k.JobID}, {"open", k.ItemID}, {"runs", k.JobID},
	} {
		if out, exit := say(args...); exit != 0 || out != want {
			t.Errorf("%v: exit %d\n%s", args, exit, out)
		}
	}
	if out, exit := say("hopper", "show", batch); exit != 0 || strings.Count(out, "h-") != 2 {
		t.Errorf("%d: %s", exit, out)
	}
	for _, args := range [][]string{{"open", readItem(t, one).ItemID}, {"open", "h-ffff"}, {"open", "j-ffff"}, {"runs", "0123456789"}, {"hopper", "show", "b-ffff"}} {
		if out, exit := say(args...); exit != 4 {
			t.Errorf("%v: exit %d, %s", args, exit, out)
		}
	}
}
