package worker

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"voxmesh/mesh/fabric"
	"voxmesh/mesh/worker/runner"
	"voxmesh/policy"
)

// person is the owner of a machine, who is busy when told to.
type person struct {
	mu      sync.Mutex
	busy    string
	now     bool
	looks   int
	serving int
}

func (p *person) Look(policy.Yield) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.looks++
	return p.busy, p.now
}

func (p *person) Note(policy.Yield) string { return "" }

func (p *person) Serving() func() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serving++
	return func() {}
}

func (p *person) is(busy string, now bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy, p.now = busy, now
}

// giving runs an agent with a policy of its own and an owner.
func giving(t *testing.T, h *host, w WASMRunner, o Owner, more string) *Agent {
	t.Helper()
	path := filepath.Join(t.TempDir(), "donations.vox")
	write(t, path, "policy donations {\n  slots: [ { kind: cpu, max_concurrent: 2, weight: 100 } ]\n"+more+"\n}\n")
	return start(t, h, w, func(cfg *Config) { cfg.Policy, cfg.Owner = NewFilePolicy(path, time.Now), o })
}

const yielding = "  pause_when_busy: { cpu_percent: 50, grace_secs: 20 }"

// away waits for a report that says so, or that the machine is back.
func (h *host) away(rule, text string) fabric.Report {
	h.t.Helper()
	return h.until("away: "+rule, func(r fabric.Report) bool {
		return r.Describe.AwayRule == rule && strings.Contains(r.Describe.Away, text)
	})
}

// ran checks that something ended after so long, give or take what a look takes.
func ran(t *testing.T, began time.Time, want time.Duration) {
	t.Helper()
	if took := time.Since(began); took < want || took > want+2*awayEvery {
		t.Errorf("after %v, want %v and a look", took, want)
	}
}

func TestABusyOwnerGetsTheMachineAfterTheGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, o, news := newHost(t), &person{}, make(chan string, 8)
		a := giving(t, h, hangs(news), o, yielding)
		h.send(fabric.KindAssign, h.task("j-1", 1))
		h.phase("j-1", fabric.PhaseRunning)
		<-news
		began := time.Now()
		o.is("the owner compiles", true)
		r := h.away("owner", "its owner is busy: the owner compiles")
		ran(t, began, 0)
		if len(r.Held) != 1 || r.Held[0].Phase != fabric.PhaseRunning {
			t.Errorf("not left running: %+v", r.Held)
		}
		h.send(fabric.KindAssign, h.task("j-2", 1))
		w := h.phase("j-2", fabric.PhaseRefused)
		if !w.Busy || !strings.Contains(w.Reason, "pause_when_busy (line 3 of donations.vox)") {
			t.Errorf("a job that comes then: %+v", w)
		}
		<-news
		ran(t, began, 20*time.Second)
		w = h.phase("j-1", fabric.PhaseRefused)
		if !w.Busy || w.Result != nil || w.Reason != "its owner is busy: the owner compiles; it goes back to the queue" {
			t.Errorf("%+v", w)
		}
		h.gone("j-1")
		if l := a.cfg.Slots.Load(); len(l.ByKind) != 0 {
			t.Errorf("slots are not given back: %+v", l)
		}
		o.is("", false)
		h.away("", "")
		h.send(fabric.KindAssign, h.task("j-1", 2)) // the same job may come back
		h.phase("j-1", fabric.PhaseRunning)
	})
}

func TestACalmOwnerStopsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, o, news := newHost(t), &person{}, make(chan string, 8)
		giving(t, h, hangs(news), o, yielding)
		h.send(fabric.KindAssign, h.task("j-1", 1))
		h.phase("j-1", fabric.PhaseRunning)
		<-news
		o.is("x", true)
		h.away("owner", "x")
		time.Sleep(15 * time.Second)
		o.is("", false)
		h.away("", "")
		o.is("x", true) // again: the grace begins anew
		began := time.Now()
		time.Sleep(15 * time.Second)
		o.is("x", false) // calm, but not for long enough to be free again
		time.Sleep(10 * time.Second)
		if len(news) > 0 {
			t.Fatal("stopped although the owner is calm")
		}
		o.is("x", true)
		<-news
		ran(t, began, 25*time.Second)
	})
}

func TestTheHoursEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it is midnight
		h, news := newHost(t), make(chan string, 8)
		began := time.Now()
		giving(t, h, hangs(news), nil, `  active_hours: [ { from: "00:00", to: "00:02", zone: "UTC" } ]`)
		h.send(fabric.KindAssign, h.task("j-1", 1))
		h.phase("j-1", fabric.PhaseRunning)
		<-news
		h.away("hours", "off hours until "+time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC).Local().Format("15:04"))
		ran(t, began, 2*time.Minute)
		h.send(fabric.KindAssign, h.task("j-2", 1))
		if w := h.phase("j-2", fabric.PhaseRefused); !w.Busy || !strings.Contains(w.Reason, "active_hours (line 3 of donations.vox)") {
			t.Errorf("%+v", w)
		}
		<-news
		ran(t, began, 3*time.Minute) // a grace of a minute where the policy names none
		if w := h.phase("j-1", fabric.PhaseRefused); !w.Busy || !strings.HasPrefix(w.Reason, "off hours") {
			t.Errorf("%+v", w)
		}
	})
}

func TestAnEditedPolicyYields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, news := newHost(t), make(chan string, 8)
		path := filepath.Join(t.TempDir(), "donations.vox")
		write(t, path, openPolicy)
		start(t, h, hangs(news), func(cfg *Config) { cfg.Policy = NewFilePolicy(path, time.Now) })
		h.send(fabric.KindAssign, h.task("j-1", 1))
		<-news
		h.phase("j-1", fabric.PhaseRunning)
		began := time.Now()
		write(t, path, strings.Replace(openPolicy, "nsfw_allowed: false", "active_hours: []\n pause_when_busy: { cpu_percent: 9, grace_secs: 0 }", 1))
		<-news
		ran(t, began, 0)
		if w := h.phase("j-1", fabric.PhaseRefused); !w.Busy {
			t.Errorf("%+v", w)
		}
		h.away("hours", "off hours")
	})
}

// What ended by itself at the moment when it was stopped is a result, and what its host killed stays killed.
func TestAResultIsNotThrownAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, o := newHost(t), &person{}
		giving(t, h, fakeWASM(func(ctx context.Context, _ runner.WASMJob, out runner.Sink) runner.Result {
			<-ctx.Done()
			_, _ = out.Write([]byte("all of it"))
			return runner.Result{Status: runner.Succeeded}
		}), o, strings.Replace(yielding, "20", "0", 1))
		h.send(fabric.KindAssign, h.task("j-1", 1))
		h.phase("j-1", fabric.PhaseRunning)
		o.is("x", true)
		if w := h.phase("j-1", fabric.PhaseDone); w.Result.Status != "succeeded" || string(w.Result.Output) != "all of it" {
			t.Errorf("%+v", w)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		h, o, news := newHost(t), &person{}, make(chan string, 8)
		giving(t, h, hangs(news), o, yielding)
		h.send(fabric.KindAssign, h.task("j-1", 1))
		h.phase("j-1", fabric.PhaseRunning)
		o.is("x", true)
		h.away("owner", "x")
		h.send(fabric.KindOrders, fabric.Orders{V: 1, LeaseMS: 30000, Cancel: []fabric.JobRef{{Job: "j-1", Attempt: 1}}})
		if w := h.phase("j-1", fabric.PhaseDone); w.Result.Status != "killed" {
			t.Errorf("%+v", w.Result)
		}
	})
}

func TestTheOwnersOwnJobsAreNotConcerned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, o := newHost(t), &person{busy: "x", now: true}
		start(t, h, says("x"), func(cfg *Config) { cfg.Policy, cfg.Owner = OwnerPolicy(2), o })
		h.send(fabric.KindAssign, h.task("j-1", 1))
		h.phase("j-1", fabric.PhaseDone)
		if o.looks > 0 {
			t.Error("the owner is watched for their own jobs")
		}
	})
}

func TestNobodyIsWatchedWhoDoesNotAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, o := newHost(t), &person{busy: "x", now: true}
		giving(t, h, says("x"), o, `  pause_when_busy: false`)
		time.Sleep(time.Minute)
		if r := h.until("a report", func(fabric.Report) bool { return true }); o.looks > 0 || r.Describe.Away != "" {
			t.Errorf("looked %d times, %+v", o.looks, r.Describe)
		}
	})
}

func TestWithoutEyesItIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		giving(t, h, says("x"), nil, yielding)
		h.until("the note", func(r fabric.Report) bool {
			return strings.Contains(r.Describe.PolicyNote, "pause_when_busy cannot see")
		})
	})
}

// A machine says that it is away exactly when its policy would refuse by the hours or for its owner.
func TestAwayIsWhatThePolicySays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := func(name string) string {
			return fmt.Sprintf("%02d:%02d", rapid.IntRange(0, 23).Draw(t, name), rapid.IntRange(0, 59).Draw(t, name))
		}
		p := policy.Policy{Slots: []policy.Slot{{Kind: "cpu", MaxConcurrent: 1}}}
		if rapid.Bool().Draw(t, "hours") {
			p.ActiveHours = []policy.Window{}
		}
		for range rapid.IntRange(0, 3).Draw(t, "windows") {
			w := policy.Window{From: clock("from"), To: clock("to"), Zone: rapid.SampledFrom([]string{"", "UTC", "Europe/Berlin"}).Draw(t, "zone")}
			if rapid.Bool().Draw(t, "days") {
				w.Days = []string{rapid.SampledFrom(policy.Days()).Draw(t, "day")}
			}
			p.ActiveHours = append(p.ActiveHours, w)
		}
		if rapid.Bool().Draw(t, "yields") {
			p.PauseWhenBusy = &policy.Yield{CPUPercent: 1}
		}
		busy := rapid.SampledFrom([]string{"", "the owner compiles"}).Draw(t, "busy")
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "at"), 0).UTC()
		rule, text := awayBy(p, at, busy)
		refused := ""
		for _, r := range policy.Decide(p, nil, policy.Request{Kind: "cpu", Peer: "a@b", Mesh: "b", At: at}, policy.Load{Owner: busy}).Refusals() {
			if (r.Rule == ruleHours || r.Rule == ruleOwner) && refused == "" {
				refused = r.Rule
			}
		}
		if rule != refused || (rule == "") != (text == "") {
			t.Fatalf("away by %q (%q), refused by %q", rule, text, refused)
		}
	})
}

func TestOffHoursUntil(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for want, until := range map[string]time.Time{
		"off hours":                    {},
		"off hours until 07:00":        at.Add(19 * time.Hour),
		"off hours until Wed 12:00":    at.Add(48 * time.Hour),
		"off hours until 30 Nov 12:00": at.Add(7 * 24 * time.Hour),
	} {
		if got := offHours(until, at); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// What the model server does for others is not taken for the owner's work.
func TestAModelJobIsServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, o := newHost(t), &person{}
		start(t, h, says("x"), func(cfg *Config) { cfg.Ollama, cfg.Owner = library{"llama3.2:3b"}, o })
		as := h.task("j-1", 1)
		as.Kind, as.Runner, as.Module, as.Model, as.Prompt = "text", "text", "", "llama3.2:3b", h.blob([]byte("why?"))
		h.send(fabric.KindAssign, as)
		h.phase("j-1", fabric.PhaseDone)
		h.send(fabric.KindAssign, h.task("j-2", 1))
		h.phase("j-2", fabric.PhaseDone)
		if o.serving != 1 {
			t.Errorf("served %d times", o.serving)
		}
	})
}
