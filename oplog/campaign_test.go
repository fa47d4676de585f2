package oplog

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	campaignShort = 300
	campaignSeed  = 20261123
	// campaignHang is how much processor time one injection with everything that is tried on it may take; a healthy one
	// takes a twentieth of a second, ten times that under the race detector. campaignWait is for what waits for ever: it is
	// long, for other processes may have the machine.
	campaignHang  = 3 * time.Second
	campaignWait  = 20 * time.Second
	campaignProcs = 2
)

// outcomes counts what became of the injections of one kind into one kind of page.
type outcomes struct {
	mu       sync.Mutex
	by       map[string]map[string]int // "injection|page" → outcome → count
	findings []string
}

func (o *outcomes) count(key, outcome string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.by[key] == nil {
		o.by[key] = map[string]int{}
	}
	o.by[key][outcome]++
}

func (o *outcomes) finding(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.findings = append(o.findings, fmt.Sprintf(format, args...))
}

// TestDamageCampaign damages pages of a log in all the ways of the list, and uses it. Nothing wrong may be given out,
// nothing may die or hang, and appending may not make it worse. VOXMESH_DAMAGE=N tries N injections instead of 300,
// VOXMESH_DAMAGE_SEED another seed, VOXMESH_DAMAGE_FROM begins at that injection, VOXMESH_DAMAGE_LOG takes the log that an
// earlier run left, VOXMESH_DAMAGE_OPS makes one of so many small ops instead: of 27,000 on, marks have pages of their own.
func TestDamageCampaign(t *testing.T) {
	env := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return n
		}
		return otherwise
	}
	n, seed, from := env("VOXMESH_DAMAGE", campaignShort/min(slow, 5)), env("VOXMESH_DAMAGE_SEED", campaignSeed), env("VOXMESH_DAMAGE_FROM", 0)
	root := t.TempDir()
	if d, err := os.MkdirTemp("/dev/shm", "voxmesh-damage-*"); err == nil { // syncing costs nothing there
		root = d
		t.Cleanup(func() { _ = os.RemoveAll(d) })
	}
	fixture := os.Getenv("VOXMESH_DAMAGE_LOG") // bbolt gives out pages in no fixed order: a finding comes again with its file only
	if fixture == "" {
		fixture = filepath.Join(root, "log")
		small := env("VOXMESH_DAMAGE_OPS", 0)
		if err := makeVictim(fixture, uint64(seed), max(small, 2600), small > 0); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed %d, injections %d to %d", seed, from, from+n-1)
	o := &outcomes{by: map[string]map[string]int{}}
	var wg sync.WaitGroup
	for p := range campaignProcs {
		lo, hi := from+n*p/campaignProcs, from+n*(p+1)/campaignProcs
		wg.Go(func() {
			dir := filepath.Join(root, fmt.Sprintf("work-%d", p))
			_ = os.Mkdir(dir, 0o700)
			for i := lo; i < hi; {
				i = o.child(t, fixture, dir, seed, i, hi)
			}
		})
	}
	wg.Wait()
	o.table(t)
	for _, f := range o.findings {
		t.Error(f)
	}
	if keep := filepath.Join(os.TempDir(), fmt.Sprintf("voxmesh-damage-%d", os.Getpid())); len(o.findings) > 0 && os.CopyFS(keep, os.DirFS(fixture)) == nil {
		t.Errorf("the log that was damaged: VOXMESH_DAMAGE_LOG=%s", keep)
	}
}

// child lets a child try injections from..to and gives the first that it did not get to.
func (o *outcomes) child(t *testing.T, fixture, dir string, seed, from, to int) int {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %d %d %d", campaignEnv, fixture, dir, seed, from, to))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		o.finding("the child does not start: %v", err)
		return to
	}
	hung := false
	var bark atomic.Int64 // when the injection began, on the clock of the processor time that the child took
	stop := make(chan struct{})
	var dog sync.WaitGroup
	dog.Go(func() { hung = watch(cmd.Process, &bark, stop) })
	next, current, ended := from, "", false
	for sc := bufio.NewScanner(out); sc.Scan(); bark.Store(0) {
		verb, rest, _ := strings.Cut(sc.Text(), " ")
		num, text, _ := strings.Cut(rest, " ")
		switch verb {
		case "start":
			next, _ = strconv.Atoi(num)
			current = text
		case "bad":
			o.finding("injection %s, %s: %s", num, current, text)
		case "end":
			next++
			key, outcome := text[:strings.LastIndex(text, "|")], text[strings.LastIndex(text, "|")+1:]
			o.count(key, outcome)
			current = ""
		case "done":
			ended = true
		default:
			o.finding("the child says %q", sc.Text())
			next = to
		}
	}
	close(stop)
	dog.Wait()
	_ = cmd.Wait()
	if ended {
		return to
	}
	what := "died"
	if hung {
		what = "hung"
	}
	o.finding("injection %d, %s: the process %s: %.6000s", next, current, what, stderr.String())
	if k := strings.SplitN(current, "|", 3); len(k) == 3 {
		o.count(k[0]+"|"+k[1], what)
	}
	return next + 1
}

func (o *outcomes) table(t *testing.T) {
	kinds, total := map[string]map[string]int{}, map[string]int{}
	for key, m := range o.by {
		k, page, _ := strings.Cut(key, "|")
		for _, row := range []string{k, "in " + page} {
			if kinds[row] == nil {
				kinds[row] = map[string]int{}
			}
			for out, n := range m {
				kinds[row][out] += n
			}
		}
		for out, n := range m {
			total[out] += n
		}
	}
	cols := slices.Sorted(maps.Keys(total))
	var b strings.Builder
	row := func(name string, m map[string]int) {
		fmt.Fprintf(&b, "%-22s", name)
		for _, c := range cols {
			fmt.Fprintf(&b, "%20d", m[c])
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "\n%-22s", "")
	for _, c := range cols {
		fmt.Fprintf(&b, "%20s", c)
	}
	b.WriteByte('\n')
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		row(k, kinds[k])
	}
	row("all", total)
	t.Log(b.String())
}

// watch ends a child that takes more than campaignHang of the processor, or campaignWait of time, since bark was set to 0,
// and says whether it did. Before that it asks for the stacks of its goroutines.
func watch(p *os.Process, bark *atomic.Int64, stop chan struct{}) bool {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	var cpu time.Duration
	var since time.Time
	for {
		select {
		case <-stop:
			return false
		case now := <-tick.C:
			used := processorTime(p.Pid)
			if bark.CompareAndSwap(0, 1) {
				cpu, since = used, now
			}
			if used-cpu < campaignHang*slow && now.Sub(since) < campaignWait*slow {
				continue
			}
			_ = p.Signal(syscall.SIGQUIT)
			select {
			case <-stop:
			case <-time.After(5 * time.Second):
				_ = p.Kill()
			}
			return true
		}
	}
}

// processorTime is what a process has used of the processor so far; 0 where that cannot be found out.
func processorTime(pid int) time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(f[11])
	sys, _ := strconv.Atoi(f[12])
	return time.Duration(user+sys) * 10 * time.Millisecond
}
