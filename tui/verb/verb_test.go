package verb

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

func on(kind pane.Kind, id string) pane.Ref { return pane.Ref{Kind: kind, ID: id} }

func TestRefusals(t *testing.T) {
	s := sessionOf(every().st)
	for _, tt := range []struct {
		id   keys.ID
		on   pane.Ref
		want string
	}{
		{keys.Kill, on(pane.Node, "idle"), "nothing runs on idle"},
		{keys.Kill, on(pane.Node, "busy"), ""},
		{keys.Kill, on(pane.Job, "j-late"), "j-late has ended already: timed out"},
		{keys.Kill, on(pane.Span, "r-done/j-done"), "r-done has ended already: succeeded"},
		{keys.Kill, on(pane.Job, ""), "nothing is selected"},
		{keys.Pause, on(pane.Node, "left"), "left is no longer in the mesh"},
		{keys.Pause, on(pane.Node, "nobody"), "nobody is not here"},
		{keys.Pause, on(pane.Node, "paused"), ""},
		{keys.Drain, on(pane.Node, "off"), "off is offline since 10:12"},
		{keys.Drain, on(pane.Node, "drained"), "drained is drained already; P resumes it"},
		{keys.Drain, on(pane.Node, "aurelia"), ""},
		{keys.Pause, on(pane.Node, "locked"), "locked is locked: X revokes it"},
		{keys.Replay, on(pane.Node, "idle"), "nothing ran on idle yet"},
		{keys.Replay, on(pane.Job, "j-there"), ""},
		{keys.Revoke, on(pane.Node, "aurelia"), "aurelia is this machine"},
		{keys.Revoke, on(pane.Invite, "taken"), "the invite was used by guest: revoke that node"},
		{keys.Revoke, on(pane.Invite, "stale"), "the invite expired; nobody can use it"},
		{keys.Cap, on(pane.Node, "aurelia"), "aurelia is this machine: its work costs nothing"},
		{keys.Cap, on(pane.Mesh, ""), ""},
		{keys.Send, on(pane.Node, "nobody"), "nobody is not here"},
	} {
		if got := Refuse(s, tt.id, tt.on); got != tt.want {
			t.Errorf("%s %v: %q, want %q", tt.id, tt.on, got, tt.want)
		}
	}
	if got := RefuseAct(s, mesh.ActPause, on(pane.Node, "paused")); got != "paused is paused already; P resumes it" {
		t.Errorf("a pause that was begun: %q", got)
	}
	if got := NeedsNode(s, on(pane.Job, "j-there")); got != "left" {
		t.Errorf("j-there needs %q", got)
	}
	for _, when := range []func(){
		func() { s.Viewer = true },
		func() { s.Viewer, s.World.Past = false, today.Add(-time.Hour) },
		func() { s.World.Past, s.World.Lost = time.Time{}, today },
	} {
		when()
		for _, tt := range []pane.Ref{on(pane.Node, "busy"), on(pane.Mesh, ""), on(pane.Invite, "open")} {
			for _, id := range Of(tt.Kind) {
				if got := Refuse(s, id, tt); got != s.Refuse() || got == "" {
					t.Errorf("%s %v: %q, want %q", id, tt, got, s.Refuse())
				}
			}
		}
	}
}

func TestOfflineOnAnotherDay(t *testing.T) {
	s := sessionOf(every().st)
	s.Now = func() time.Time { return today.Add(24 * time.Hour) }
	if got := Refuse(s, keys.Drain, on(pane.Node, "off")); got != "off is offline since 14 Mar 10:12" {
		t.Error(got)
	}
}

func TestEffects(t *testing.T) {
	s := sessionOf(every().st)
	for _, tt := range []struct {
		id   keys.ID
		on   pane.Ref
		want string
	}{
		{keys.Kill, on(pane.Node, "busy"), "Stops 2 running jobs and their processes now. Output so far is kept; both end as killed and are not run again by themselves."},
		{keys.Kill, on(pane.Job, "j-run"), "Stops 1 running job and its processes now. Output so far is kept; it ends as killed and is not run again by itself."},
		{keys.Kill, on(pane.Job, "j-wait"), "Takes 1 waiting job out of the queue. It ends as killed and is not run again by itself."},
		{keys.Pause, on(pane.Node, "busy"), "Takes no new work. The 2 jobs that it has go on to their end. U resumes."},
		{keys.Pause, on(pane.Node, "paused"), "Takes work again, at once. P pauses it."},
		{keys.Drain, on(pane.Node, "busy"), "Takes no new work. What runs may finish until the deadline, 30 min; the rest is then requeued. U resumes."},
		{keys.Replay, on(pane.Node, "slow"), "Runs the latest run, r-done, again as a new run: the same module, input and arguments, on slow. What ran stays as it is, and its cost comes anew. K stops it."},
		{keys.Revoke, on(pane.Node, "draining"), "Expels it for ever: it is cut off now, its key and its id are refused from then on. The job that it has is requeued. No way back: it can only join anew, by a new invite."},
		{keys.Revoke, on(pane.Invite, "open"), "Withdraws the invite: nobody can use it from then on. A mints another."},
		{keys.Cap, on(pane.Node, "slow"), "Caps what work may cost in 24 hours: now $1.50 used, no cap. At its cap it gets no new work; what runs goes on. U puts the old cap back."},
	} {
		if got := Effect(s, tt.id, tt.on); got != tt.want {
			t.Errorf("%s %v:\n%s\nwant\n%s", tt.id, tt.on, got, tt.want)
		}
	}
}

// Every verb has an effect, a command and words of our own only: no title, label or prompt of anybody.
func TestEveryVerbHasWords(t *testing.T) {
	s := sessionOf(every().st)
	for kind, id := range map[pane.Kind]string{
		pane.Node: "busy", pane.Job: "j-run", pane.Run: "r-run", pane.Span: "r-run/j-run", pane.Invite: "open", pane.Model: "llama3.2:3b", pane.Mesh: "",
	} {
		for _, v := range Of(kind) {
			r := on(kind, id)
			effect, command := Effect(s, v, r), Command(s, v, r)
			if !strings.HasSuffix(effect, ".") || !strings.HasPrefix(command, "voxmesh ") {
				t.Errorf("%s %v: %q, %q", v, r, effect, command)
			}
			if strings.Contains(effect+command, "secret") {
				t.Errorf("%s %v repeats what somebody else wrote: %q", v, r, effect)
			}
			if Sealed(s, v, r) != strings.Contains(command, "--confirm") {
				t.Errorf("%s %v: %q", v, r, command)
			}
		}
	}
}

var reasons = []string{
	"runaway render", "it's", "''", `back\slash`, `"double" $HOME $(reboot) ` + "`id`", "a  b", "!!", "#1", "-x", "--reason", "~", "=x", "ünïcödé …", "*?[a]", "{a,b}",
	"; rm -rf / #", "a && b | c > d", "%s %%", "", "x", strings.Repeat("long ", 30),
}

// What the layer shows as a command a shell reads as exactly those words, on one row or broken into several.
func TestCommandsAreReadByAShell(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh on this machine: the quoting is not tested against a real shell")
	}
	for _, reason := range reasons {
		l := CommandFor(mesh.ActDrain, on(pane.Node, "alice-gpu"), Said{Reason: reason, Deadline: "1h 30m"})
		want := []string{"voxmesh", "drain", "alice-gpu", "--confirm", "alice-gpu", "--deadline", "1h 30m", "--reason", reason}
		if reason == "" {
			want[len(want)-1] = "TEXT"
		}
		for _, line := range []string{l.String(), strings.Join(l.Rows(400, true), "\n"), strings.Join(l.Rows(len(l.String())-1, false), "\n")} {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			out, err := exec.CommandContext(ctx, sh, "-c", `voxmesh() { printf '%s\0' voxmesh "$@"; }; `+line).Output()
			cancel()
			got := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s\nreads as %q, %v", line, got, err)
			}
		}
	}
}

func TestCommandRows(t *testing.T) {
	l := CommandFor(mesh.ActKill, on(pane.Node, "alice-gpu"), Said{Reason: "runaway render"})
	got := strings.Join(l.Rows(60, false), "\n")
	if got != "voxmesh kill alice-gpu --confirm alice-gpu \\\n    --reason 'runaway render'" {
		t.Errorf("%s", got)
	}
	if got := l.Rows(200, false); len(got) != 1 {
		t.Errorf("%q", got)
	}
	for _, reason := range reasons {
		l := CommandFor(mesh.ActReplay, on(pane.Job, "j-1"), Said{Reason: reason, On: "bob"})
		for w := 8; w < 120; w++ {
			for _, row := range l.Rows(w, true) {
				if ansi.StringWidth(row) > w {
					t.Fatalf("a row of %d columns: %q", w, row)
				}
			}
		}
	}
}
