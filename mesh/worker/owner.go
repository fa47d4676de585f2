package worker

import (
	"context"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"voxmesh/policy"
)

const (
	// lookAtOwnerEvery is how often the processor and the input are looked at, at most, and askCardsEvery the graphics
	// cards, which a program has to be started for.
	lookAtOwnerEvery = 2 * time.Second
	askCardsEvery    = 5 * time.Second
	// CalmFor is how long nothing may have been seen of a busy owner before the machine is given again. An owner is busy
	// at once.
	CalmFor = 30 * time.Second
	// tooOld is the age at which a count of processor time says nothing about now.
	tooOld = 30 * time.Second
	// servedFor is how long after the end of a model job the model server's work may still be that job's.
	servedFor = 3 * askCardsEvery
)

// Owner sees what the owner of this machine does with it: *OwnerWatch.
type Owner interface {
	// Look says what the owner is busy with by these thresholds, as policy.Yield.Busy does, and for a while after it;
	// now: it is so at this moment.
	Look(y policy.Yield) (busy string, now bool)
	// Note says which of the thresholds cannot be seen on this machine, or is empty.
	Note(y policy.Yield) string
	// Serving is called while the model server works on a job of others: what it does then is not the owner's.
	Serving() (done func())
}

// OwnerConfig is where an OwnerWatch looks. Zero values are this machine.
type OwnerConfig struct {
	Proc, Sys, Dev fs.FS // /proc, /sys and /dev
	Pid            int   // of this process: it and those that it started are not the owner's
	Smi            func(ctx context.Context, args ...string) ([]byte, error)
	Now            func() time.Time
	Log            func(format string, args ...any)

	read func(fs.FileInfo) (time.Time, bool) // when a terminal was last read
}

// OwnerWatch sees the owner of this machine by what the system shows to everyone, and only while it is asked: how busy
// the processor and the graphics cards are beside our own jobs, and how long ago a key was touched. It counts and never
// reads what is typed. What a system does not show is -1, and Note says so; on other systems than Linux nothing is
// shown. Safe for concurrent use: all agents of a machine share one.
type OwnerWatch struct {
	cfg OwnerConfig

	mu      sync.Mutex
	cpu     cpuWatch
	cards   cardWatch
	input   inputWatch
	serving int       // model jobs of others at this moment
	served  time.Time // when the last of them ended
	noted   string

	asked policy.Yield
	busy  string    // as it was when it began: a text that changes with each look would be news each time
	seen  time.Time // when the owner was last busy
	now   bool
}

// NewOwnerWatch makes a watch. It looks at nothing before it is asked.
func NewOwnerWatch(cfg OwnerConfig) *OwnerWatch {
	for _, at := range []struct {
		root *fs.FS
		path string
	}{{&cfg.Proc, "/proc"}, {&cfg.Sys, "/sys"}, {&cfg.Dev, "/dev"}} {
		if *at.root == nil {
			*at.root = os.DirFS(at.path)
		}
	}
	if cfg.Pid == 0 {
		cfg.Pid = os.Getpid()
	}
	if cfg.Smi == nil {
		cfg.Smi = nvidiaSMI
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = func(string, ...any) {}
	}
	if cfg.read == nil {
		cfg.read = readTime
	}
	return &OwnerWatch{cfg: cfg}
}

// Busy is Look without the moment.
func (w *OwnerWatch) Busy(y policy.Yield) string {
	busy, _ := w.Look(y)
	return busy
}

// Look says what the owner is busy with: at once, and until nothing was seen of it for CalmFor.
func (w *OwnerWatch) Look(y policy.Yield) (busy string, now bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := w.cfg.Now()
	if y != w.asked {
		w.asked, w.busy = y, ""
	}
	why := y.Busy(w.activity(y, at))
	w.now = why != ""
	switch {
	case w.now:
		w.seen = at
		if w.busy == "" {
			w.busy = why
		}
	case w.busy != "" && at.Sub(w.seen) >= CalmFor:
		w.busy = ""
	}
	return w.busy, w.now
}

// activity is what is seen of the owner, as far as it is asked for.
func (w *OwnerWatch) activity(y policy.Yield, at time.Time) policy.Activity {
	seen := policy.Activity{CPUPercent: -1, GPUPercent: -1, Idle: -1}
	serving := w.serving > 0 || !w.served.IsZero() && at.Sub(w.served) < servedFor
	if y.CPUPercent > 0 {
		seen.CPUPercent = w.cpu.look(&w.cfg, y.CPUPercent, serving, at)
	}
	if y.GPUPercent > 0 {
		seen.GPUPercent = w.cards.look(&w.cfg, serving, at)
	}
	if y.InputSecs > 0 {
		seen.Idle = w.input.look(&w.cfg, at)
	}
	return seen
}

// Serving is called when the model server begins to work on a job of others, and done when it has ended.
func (w *OwnerWatch) Serving() (done func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.serving++
	return sync.OnceFunc(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.serving--
		w.served = w.cfg.Now()
	})
}

// Note names the thresholds that cannot be seen on this machine, or is empty. It looks, if nobody did yet.
func (w *OwnerWatch) Note(y policy.Yield) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.activity(y, w.cfg.Now())
	var blind []string
	for _, at := range []struct {
		asked int
		blind string
	}{{y.CPUPercent, w.cpu.blind}, {y.GPUPercent, w.cards.blind}, {y.InputSecs, w.input.blind}} {
		if at.asked > 0 && at.blind != "" {
			blind = append(blind, at.blind)
		}
	}
	note := ""
	if len(blind) > 0 {
		note = "pause_when_busy cannot see " + strings.Join(blind, ", ") + " here"
	}
	if note != w.noted && note != "" {
		w.cfg.Log("%s", note)
	}
	w.noted = note
	return note
}
