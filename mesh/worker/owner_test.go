package worker

import (
	"context"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"voxmesh/policy"
)

// desk is a machine whose counters a test turns. Times are real; its clock is the test's.
type desk struct {
	proc, sys, dev fstest.MapFS
	at             time.Time
	gpus, apps     string
	smi            error
	asked          int
	said           []string
	stat           [8]uint64
	ticks          map[int]uint64
}

const self = 100

func newDesk() *desk {
	return &desk{
		proc: fstest.MapFS{}, sys: fstest.MapFS{"class": {Mode: fs.ModeDir}}, dev: fstest.MapFS{}, at: time.Unix(1_800_000_000, 0),
		smi: exec.ErrNotFound, ticks: map[int]uint64{},
	}
}

func (d *desk) watch() *OwnerWatch {
	return NewOwnerWatch(OwnerConfig{
		Proc: d.proc, Sys: d.sys, Dev: d.dev, Pid: self, Now: func() time.Time { return d.at },
		Log:  func(format string, args ...any) { d.said = append(d.said, fmt.Sprintf(format, args...)) },
		read: func(i fs.FileInfo) (time.Time, bool) { return i.ModTime(), true },
		Smi: func(_ context.Context, args ...string) ([]byte, error) {
			d.asked++
			if strings.HasPrefix(args[0], "--query-gpu") {
				return []byte(d.gpus), d.smi
			}
			return []byte(d.apps), d.smi
		},
	})
}

// process writes one with so many more ticks, of which a quarter is in each of its four counts.
func (d *desk) process(pid, parent int, name string, more uint64) {
	d.ticks[pid] += more / 4
	n := d.ticks[pid]
	d.proc[fmt.Sprintf("%d/stat", pid)] = &fstest.MapFile{Data: fmt.Appendf(nil,
		"%d (%s) S %d 1 1 0 -1 4194304 9 9 9 9 %d %d %d %d 20 0 1 0 2281898 3133440 394 0\n", pid, name, parent, n, n, n, n)}
}

// cores says how many ticks more all of them were busy and idle.
func (d *desk) cores(busy, idle uint64) {
	d.stat[0] += busy / 2
	d.stat[2] += busy - busy/2
	d.stat[3] += idle / 2
	d.stat[4] += idle - idle/2
	d.proc["stat"] = &fstest.MapFile{Data: fmt.Appendf(nil, "cpu  %d %d %d %d %d %d %d %d 77 77\ncpu0 1 2 3 4\nintr 5\n",
		d.stat[0], d.stat[1], d.stat[2], d.stat[3], d.stat[4], d.stat[5], d.stat[6], d.stat[7])}
}

func TestTheProcessorBesideOurJobs(t *testing.T) {
	d := newDesk()
	y := policy.Yield{CPUPercent: 50}
	step := func(busy, own, job, model uint64) {
		d.at = d.at.Add(lookAtOwnerEvery)
		d.cores(busy, 400-busy)
		d.process(1, 0, "init", 0)
		d.process(self, 1, "vox (mesh) ", own)
		d.process(101, self, "voxmesh-job", job)
		d.process(7, 1, "ollama", 0)
		d.process(8, 7, "runner", model)
	}
	w := d.watch()
	step(400, 0, 0, 0)
	if busy := w.Busy(y); busy != "" {
		t.Errorf("one count says nothing, but: %q", busy)
	}
	step(0, 0, 0, 0)
	w.cpu.look(&w.cfg, 0, false, d.at)
	for _, tt := range []struct {
		name                  string
		busy, own, job, model uint64
		serving               bool
		want                  int
	}{
		{"idle", 0, 0, 0, 0, false, 0},
		{"the owner alone", 300, 0, 0, 0, false, 75},
		{"our job alone", 400, 0, 400, 0, false, 0},
		{"ourselves and our job", 400, 100, 200, 0, false, 25},
		{"the owner asks a model", 400, 0, 0, 400, false, 100},
		{"another does", 400, 0, 0, 400, true, 0},
		{"another does, and the owner compiles", 400, 0, 0, 200, true, 50},
		{"counts that disagree", 100, 200, 0, 0, false, 0},
	} {
		step(tt.busy, tt.own, tt.job, tt.model)
		w.cpu.look(&w.cfg, 0, tt.serving, d.at)
		if w.cpu.percent != tt.want || w.cpu.blind != "" {
			t.Errorf("%s: %d %%, want %d %q", tt.name, w.cpu.percent, tt.want, w.cpu.blind)
		}
	}
	step(400, 0, 0, 0)
	d.at = d.at.Add(-lookAtOwnerEvery / 2)
	if w.cpu.look(&w.cfg, 0, false, d.at) != 0 {
		t.Error("it was looked at too soon")
	}
	d.at = d.at.Add(tooOld * 2)
	if got := w.cpu.look(&w.cfg, 0, false, d.at); got != -1 {
		t.Errorf("a count of a minute ago gives %d", got)
	}
	delete(d.proc, "7/stat")
	delete(d.proc, "8/stat")
	d.at = d.at.Add(lookAtOwnerEvery)
	d.cores(400, 0)
	if got := w.cpu.look(&w.cfg, 0, true, d.at); got != -1 || !strings.Contains(w.cpu.blind, "unknown model server") {
		t.Errorf("a model server of another name: %d, %q", got, w.cpu.blind)
	}
	for _, gone := range []string{fmt.Sprintf("%d/stat", self), "stat"} {
		delete(d.proc, gone)
		d.at = d.at.Add(lookAtOwnerEvery)
		if got := w.cpu.look(&w.cfg, 0, false, d.at); got != -1 || w.cpu.blind != blindCPU {
			t.Errorf("without %s: %d, %q", gone, got, w.cpu.blind)
		}
	}
	step(400, 0, 0, 0)
	if got := w.cpu.look(&w.cfg, 0, false, d.at); got != -1 {
		t.Errorf("back, after one count: %d", got)
	}
}

// An idle machine costs one read; whose time it is matters only where there is enough of it.
func TestProcessesAreLookedAtWhenItMatters(t *testing.T) {
	d := newDesk()
	w := d.watch()
	for i, tt := range []struct {
		busy uint64
		each bool
		want string
	}{{0, false, ""}, {100, false, ""}, {396, true, ""}, {396, true, "99 %"}, {196, false, "99 %"}, {396, true, "99 %"}} {
		d.at = d.at.Add(lookAtOwnerEvery)
		d.cores(tt.busy, 400-tt.busy)
		d.process(self, 1, "voxmesh", 0)
		busy := w.Busy(policy.Yield{CPUPercent: 50})
		if w.cpu.last.each != tt.each || !strings.Contains(busy, tt.want) || tt.want == "" && busy != "" {
			t.Errorf("look %d: %+v, %q", i, w.cpu.last, busy)
		}
	}
}

// unlisted is a /proc that shows the counts of all, and not who there is.
type unlisted struct{ fstest.MapFS }

func (unlisted) ReadDir(string) ([]fs.DirEntry, error) { return nil, fs.ErrPermission }

// Where it cannot be told whose the time is, our own jobs are not taken for the owner.
func TestProcessesThatAreNotShown(t *testing.T) {
	d := newDesk()
	w := d.watch()
	look := func() int {
		d.at = d.at.Add(lookAtOwnerEvery)
		d.cores(400, 0)
		d.process(self, 1, "voxmesh", 400)
		return w.cpu.look(&w.cfg, 50, false, d.at)
	}
	look()
	look()
	if got := look(); got != 0 || w.cpu.blind != "" {
		t.Fatalf("all is ours: %d, %q", got, w.cpu.blind)
	}
	w.cfg.Proc = unlisted{d.proc}
	if got := look(); got != -1 || w.cpu.blind != blindCPU {
		t.Errorf("nobody is shown: %d, %q", got, w.cpu.blind)
	}
}

// A job whose processes come and go between two looks is ours all the same.
func TestEndedProcessesAreStillOurs(t *testing.T) {
	d := newDesk()
	w := d.watch()
	d.cores(0, 400)
	d.process(self, 1, "voxmesh", 0)
	d.process(101, self, "job", 400)
	for range 2 {
		d.at = d.at.Add(lookAtOwnerEvery)
		d.cores(0, 400)
		w.cpu.look(&w.cfg, 0, false, d.at)
	}
	delete(d.proc, "101/stat") // it ended: its time is with its parent
	d.process(self, 1, "voxmesh", 800)
	d.at = d.at.Add(lookAtOwnerEvery)
	d.cores(400, 0)
	if got := w.cpu.look(&w.cfg, 0, false, d.at); got != 0 {
		t.Errorf("the owner uses %d %%", got)
	}
}

func TestBusyAtOnceFreeAfterCalm(t *testing.T) {
	d := newDesk()
	y := policy.Yield{CPUPercent: 50}
	w := d.watch()
	look := func(percent uint64) (string, bool) {
		d.at = d.at.Add(lookAtOwnerEvery)
		d.cores(percent*4, 400-percent*4)
		d.process(self, 1, "voxmesh", 0)
		return w.Look(y)
	}
	look(0)
	if busy, _ := look(80); busy != "" {
		t.Errorf("it is not known yet whose it is: %q", busy)
	}
	first, now := look(80)
	if !now || !strings.Contains(first, "80 %") {
		t.Fatalf("%v %q", now, first)
	}
	if again, now := look(90); again != first || !now {
		t.Errorf("%v, the text moves: %q", now, again)
	}
	calm := d.at
	for d.at.Sub(calm) < CalmFor-lookAtOwnerEvery {
		if busy, now := look(10); busy != first || now {
			t.Fatalf("after %v: %v %q", d.at.Sub(calm), now, busy)
		}
	}
	if busy, _ := look(10); busy != "" {
		t.Errorf("after %v: %q", d.at.Sub(calm), busy)
	}
	look(80)
	y.CPUPercent = 90 // another policy asks anew
	if busy, now := look(85); busy != "" || now {
		t.Errorf("%v %q", now, busy)
	}
}

func TestWhatCannotBeSeenIsSaidOnce(t *testing.T) {
	d := newDesk()
	d.sys["class/drm/card0/x"] = &fstest.MapFile{}
	w := d.watch()
	y := policy.DefaultYield()
	want := "pause_when_busy cannot see the processor, the graphics cards, keys and mouse here"
	for range 3 {
		if note := w.Note(y); note != want || len(note) > noteMost {
			t.Errorf("%q", note)
		}
		d.at = d.at.Add(time.Minute)
	}
	if len(d.said) != 1 || d.said[0] != want {
		t.Errorf("said %q", d.said)
	}
	if busy := w.Busy(y); busy != "" {
		t.Errorf("what is not seen makes busy: %q", busy)
	}
	if note := w.Note(policy.Yield{GPUPercent: 1}); strings.Contains(note, "processor") {
		t.Errorf("nobody asked: %q", note)
	}
	if note := w.Note(policy.Yield{}); note != "" {
		t.Errorf("%q", note)
	}
}

// A model that answers for others is not the owner at work, nor is it for the moment in which its end is not seen yet.
func TestServingIsNotTheOwner(t *testing.T) {
	d := newDesk()
	w := d.watch()
	look := func() string {
		d.at = d.at.Add(lookAtOwnerEvery)
		d.cores(400, 0)
		d.process(self, 1, "voxmesh", 0)
		d.process(7, 1, "ollama", 400)
		return w.Busy(policy.Yield{CPUPercent: 50})
	}
	done := w.Serving()
	for range 5 {
		if busy := look(); busy != "" {
			t.Fatal(busy)
		}
	}
	done()
	done() // once is enough
	if busy := look(); busy != "" {
		t.Error(busy)
	}
	d.at = d.at.Add(servedFor)
	if busy := look(); busy == "" {
		t.Error("the owner's own model is not seen")
	}
}

// No text of the system makes the watch fail, and a percentage stays one.
func TestParsersTakeAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := []byte(rapid.StringMatching(`[cpu0-9 ()S\n,A-Z:.-]{0,200}`).Draw(t, "text"))
		parseProcess(b)
		parseInterrupts(string(b))
		parseUsers(string(b))
		for _, c := range parseCards("GPU-" + string(b)) {
			if c.percent < -1 || c.percent > 100 {
				t.Fatal(c.percent)
			}
		}
		if busy, total, ok := parseCPU(b); ok && busy > total {
			t.Fatalf("busy %d of %d", busy, total)
		}
		n := rapid.Uint64Range(0, 1<<50)
		count := func(name string) cpuCount {
			return cpuCount{n.Draw(t, name+" busy"), n.Draw(t, name+" all"), true, n.Draw(t, name+" ours"), n.Draw(t, name+" models"), true}
		}
		from, to := count("from"), count("to")
		if p := usedByOthers(&from, &to, rapid.Bool().Draw(t, "serving")); p < -1 || p > 100 {
			t.Fatal(p)
		}
	})
}

// The real machine is looked at without harm, whatever it shows.
func TestThisMachine(t *testing.T) {
	w := NewOwnerWatch(OwnerConfig{Log: t.Logf})
	w.Busy(policy.DefaultYield())
	t.Logf("note: %q", w.Note(policy.DefaultYield()))
	if p := w.cpu; p.blind == "" && (p.last == nil || p.last.busy == 0) {
		t.Errorf("%+v", p)
	}
}
