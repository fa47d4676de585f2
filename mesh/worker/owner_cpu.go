package worker

import (
	"bytes"
	"io/fs"
	"strconv"
	"strings"
	"time"
)

// cpuWatch sees what share of all cores others than our jobs and ourselves use: /proc/stat less the time of our process
// tree, and of the model server while it works for others. What the system took from a virtual machine is nobody's.
// Processes are looked at only while all together use so much that it matters: an idle machine costs one read.
type cpuWatch struct {
	last    *cpuCount // nil: it could not be read
	at      time.Time
	percent int
	blind   string
}

// cpuCount is processor time in ticks, since some beginning.
type cpuCount struct {
	busy, total uint64
	each        bool   // processes were looked at: the rest is known
	ours        uint64 // of this process and all below it
	models      uint64 // of model servers
	server      bool   // there is one
}

const blindCPU = "the processor"

// look gives the share in percent. One below the threshold may be too high: nobody asks whose it is.
func (c *cpuWatch) look(cfg *OwnerConfig, threshold int, serving bool, now time.Time) int {
	if !c.at.IsZero() && now.Sub(c.at) < lookAtOwnerEvery && !now.Before(c.at) {
		return c.percent
	}
	last, fresh := c.last, c.last != nil && now.Sub(c.at) < tooOld
	c.last, c.at, c.percent, c.blind = nil, now, -1, ""
	count, ok := countCores(cfg.Proc, cfg.Pid)
	if !ok {
		c.blind = blindCPU
		return -1
	}
	c.last = &count
	if !fresh {
		return -1
	}
	if c.percent = share(last, &count, 0); c.percent < threshold {
		return c.percent
	}
	countProcesses(cfg.Proc, cfg.Pid, &count)
	switch {
	case !count.each:
		c.percent, c.blind = -1, blindCPU
	case serving && !count.server:
		c.percent, c.blind = -1, blindCPU+" while an unknown model server works for others"
	case last.each:
		c.percent = usedByOthers(last, &count, serving)
	default:
		c.percent = -1 // the next look knows whose it is
	}
	return c.percent
}

// usedByOthers is the share between two counts that is neither ours nor, while it is serving, the model server's.
func usedByOthers(from, to *cpuCount, serving bool) int {
	ours := grown(from.ours, to.ours)
	if serving {
		ours += grown(from.models, to.models)
	}
	return share(from, to, ours)
}

// share is what was used between two counts but for some ticks, in percent; -1 where no time was between them.
func share(from, to *cpuCount, but uint64) int {
	if to.total <= from.total || to.busy < from.busy {
		return -1
	}
	used := to.busy - from.busy
	return int(min((used-min(used, but))*100/(to.total-from.total), 100))
}

// grown is by how much a count grew. One that shrank lost a process to another parent.
func grown(from, to uint64) uint64 { return to - min(from, to) }

// countCores reads the time of all cores. False where it, or what is ours of it, is not shown.
func countCores(proc fs.FS, self int) (c cpuCount, ok bool) {
	b, err := fs.ReadFile(proc, "stat")
	if err != nil {
		return c, false
	}
	if c.busy, c.total, ok = parseCPU(b); !ok {
		return c, false
	}
	b, err = fs.ReadFile(proc, strconv.Itoa(self)+"/stat")
	if err != nil {
		return c, false
	}
	_, ok = parseProcess(b)
	return c, ok
}

// countProcesses adds whose time it was.
func countProcesses(proc fs.FS, self int, c *cpuCount) {
	entries, err := fs.ReadDir(proc, ".")
	if err != nil {
		return
	}
	all := make(map[int]process, len(entries))
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		b, err := fs.ReadFile(proc, e.Name()+"/stat")
		if err != nil {
			continue // it has ended
		}
		if p, ok := parseProcess(b); ok {
			all[pid] = p
		}
	}
	for pid, p := range all {
		switch ours, model := origin(all, pid, self); {
		case ours:
			c.ours += p.ticks
		case model:
			c.models += p.ticks
			c.server = true
		}
	}
	c.each = true
}

// process is what counts of a line of /proc/<pid>/stat.
type process struct {
	parent int
	name   string
	ticks  uint64 // its own time and that of its children that ended: nothing is lost when one ends
}

// origin says whether a process is below self, or a model server or below one.
func origin(all map[int]process, pid, self int) (ours, model bool) {
	for range 64 { // deeper than any tree of a sane machine; a ring cannot be
		p, ok := all[pid]
		switch {
		case pid == self:
			return true, false
		case !ok || pid <= 1:
			return false, model
		}
		model = model || isModelServer(p.name)
		pid = p.parent
	}
	return false, model
}

// isModelServer knows the programs that answer for models by their names.
func isModelServer(name string) bool {
	return strings.HasPrefix(name, "ollama") || strings.HasPrefix(name, "llama")
}

// parseCPU reads the first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal, and the time of
// guests, which is in user and nice already.
func parseCPU(b []byte) (busy, total uint64, ok bool) {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	f := strings.Fields(string(line))
	if len(f) < 5 || f[0] != "cpu" {
		return 0, 0, false
	}
	for i, s := range f[1:min(len(f), 9)] {
		n, err := strconv.ParseUint(s, 10, 56)
		if err != nil {
			return 0, 0, false
		}
		total += n
		if i != 3 && i != 4 && i != 7 {
			busy += n
		}
	}
	return busy, total, true
}

// parseProcess reads /proc/<pid>/stat. The name is between the first parenthesis and the last, and may hold anything.
func parseProcess(b []byte) (p process, ok bool) {
	from, to := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if from < 0 || to < from {
		return p, false
	}
	p.name = string(b[from+1 : to])
	f := strings.Fields(string(b[to+1:])) // from the state on, which is field 3 of proc(5)
	if len(f) < 15 {
		return p, false
	}
	var err error
	if p.parent, err = strconv.Atoi(f[1]); err != nil {
		return p, false
	}
	for _, s := range f[11:15] { // utime, stime, cutime, cstime
		n, err := strconv.ParseInt(s, 10, 56)
		if err != nil {
			return p, false
		}
		p.ticks += uint64(max(n, 0))
	}
	return p, true
}
