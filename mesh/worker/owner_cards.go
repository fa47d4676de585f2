package worker

import (
	"context"
	"errors"
	"io/fs"
	"os/exec"
	"path"
	"strconv"
	"strings"
	"time"
)

// cardWatch sees how busy the busiest graphics card is that none of our jobs uses. Of an amdgpu card it cannot be told
// who uses it, so none is looked at while the model server works for others.
type cardWatch struct {
	at      time.Time
	wait    time.Duration
	percent int
	blind   string
}

const (
	blindCards = "the graphics cards"
	askedFor   = 2 * time.Second // that a tool may take
	askAgain   = time.Minute     // after it failed
)

func (c *cardWatch) look(cfg *OwnerConfig, serving bool, now time.Time) int {
	if !c.at.IsZero() && now.Sub(c.at) < c.wait && !now.Before(c.at) {
		return c.percent
	}
	c.at, c.wait, c.percent, c.blind = now, askCardsEvery, -1, ""
	nvidia, err := askNvidia(cfg)
	if err != nil && !errors.Is(err, exec.ErrNotFound) {
		c.wait, c.blind = askAgain, blindCards
	}
	known := err == nil
	for _, card := range nvidia {
		ours := card.foreign && serving
		for _, p := range card.users {
			ours = ours || p.ours || serving && isModelServer(path.Base(p.name))
		}
		if !ours {
			c.percent = max(c.percent, card.percent)
		}
	}
	busy, amd := readAMD(cfg.Sys)
	if amd && !serving {
		c.percent = max(c.percent, busy)
	}
	if !known && !amd && c.blind == "" {
		if hasCard(cfg) {
			c.blind = blindCards
		} else {
			c.percent = 0 // there is none to be busy
		}
	}
	return c.percent
}

// card is one of nvidia-smi's.
type card struct {
	percent int // -1: it does not say
	users   []cardUser
	foreign bool // one of its users has no name that can be seen
}

type cardUser struct {
	name string
	ours bool
}

// askNvidia asks for the cards and for who computes on them. exec.ErrNotFound where there is no such tool.
func askNvidia(cfg *OwnerConfig) ([]card, error) {
	ctx, cancel := context.WithTimeout(context.Background(), askedFor)
	defer cancel()
	gpus, err := cfg.Smi(ctx, "--query-gpu=uuid,utilization.gpu", "--format=csv,noheader,nounits")
	if err != nil {
		return nil, err
	}
	apps, err := cfg.Smi(ctx, "--query-compute-apps=gpu_uuid,pid,process_name", "--format=csv,noheader,nounits")
	if err != nil {
		return nil, err
	}
	cards := parseCards(string(gpus))
	for _, u := range parseUsers(string(apps)) {
		c := cards[u.card]
		if c == nil {
			continue
		}
		named := u.name != "" && !strings.HasPrefix(u.name, "[")
		c.foreign = c.foreign || !named
		c.users = append(c.users, cardUser{name: u.name, ours: isBelow(cfg.Proc, u.pid, cfg.Pid)})
	}
	if len(cards) == 0 {
		return nil, errors.New("nvidia-smi names no cards")
	}
	out := make([]card, 0, len(cards))
	for _, c := range cards {
		if c.percent < 0 {
			return nil, errors.New("nvidia-smi does not say how busy a card is")
		}
		out = append(out, *c)
	}
	return out, nil
}

// parseCards reads "GPU-…, 37" lines.
func parseCards(s string) map[string]*card {
	cards := map[string]*card{}
	for line := range strings.Lines(s) {
		id, use, ok := strings.Cut(strings.TrimSpace(line), ",")
		if !ok || !strings.HasPrefix(id, "GPU-") {
			continue
		}
		c := &card{percent: -1}
		if n, err := strconv.Atoi(strings.TrimSpace(use)); err == nil && n >= 0 {
			c.percent = min(n, 100)
		}
		cards[id] = c
	}
	return cards
}

type computing struct {
	card string
	pid  int
	name string
}

// parseUsers reads "GPU-…, 4242, /usr/bin/ollama" lines. Where a name cannot be seen it is empty or in brackets.
func parseUsers(s string) []computing {
	var out []computing
	for line := range strings.Lines(s) {
		f := strings.SplitN(strings.TrimSpace(line), ",", 3)
		if len(f) < 3 || !strings.HasPrefix(f[0], "GPU-") {
			continue
		}
		pid, err := strconv.Atoi(strings.TrimSpace(f[1]))
		if err != nil {
			pid = 0
		}
		out = append(out, computing{f[0], pid, strings.TrimSpace(f[2])})
	}
	return out
}

// isBelow reports whether a process is self or was started below it.
func isBelow(proc fs.FS, pid, self int) bool {
	for range 64 {
		if pid == self {
			return true
		}
		if pid <= 1 {
			return false
		}
		b, err := fs.ReadFile(proc, strconv.Itoa(pid)+"/stat")
		if err != nil {
			return false
		}
		p, ok := parseProcess(b)
		if !ok {
			return false
		}
		pid = p.parent
	}
	return false
}

// readAMD is how busy the busiest amdgpu card is.
func readAMD(sys fs.FS) (percent int, ok bool) {
	for _, name := range cardFolders(sys) {
		b, err := fs.ReadFile(sys, name+"/device/gpu_busy_percent")
		if err != nil {
			continue
		}
		if n, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil && n >= 0 {
			percent, ok = max(percent, min(n, 100)), true
		}
	}
	return percent, ok
}

// cardFolders are the cards themselves, without their connectors.
func cardFolders(sys fs.FS) []string {
	all, _ := fs.Glob(sys, "class/drm/card*") // the pattern is good
	var out []string
	for _, name := range all {
		if !strings.Contains(path.Base(name), "-") {
			out = append(out, name)
		}
	}
	return out
}

// hasCard reports whether there is any card, seen or not. A folder that cannot be read could hold one.
func hasCard(cfg *OwnerConfig) bool {
	if _, err := fs.Stat(cfg.Proc, "driver/nvidia"); err == nil {
		return true
	}
	if _, err := fs.Stat(cfg.Sys, "class"); err != nil {
		return true
	}
	return len(cardFolders(cfg.Sys)) > 0
}

// nvidiaSMI asks the tool of that name, where it is installed.
func nvidiaSMI(ctx context.Context, args ...string) ([]byte, error) {
	program, err := exec.LookPath("nvidia-smi")
	if err != nil {
		return nil, exec.ErrNotFound
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.WaitDelay = time.Second
	return cmd.Output()
}
