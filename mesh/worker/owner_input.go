package worker

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"
)

// inputWatch sees when a key or the mouse was last touched, without reading what: by when a terminal was last read (the
// system keeps that to eight seconds), by the interrupts of the keyboard controller (i8042: the keys of most laptops),
// and by how many transfers USB keyboards and mice made. It does not see those on Bluetooth, nor touchpads on other buses.
type inputWatch struct {
	at     time.Time
	counts map[string]uint64 // by device
	moved  time.Time         // when one of them last changed
	idle   time.Duration
	blind  string
}

const (
	blindInput = "keys and mouse"
	blindDesk  = "keys and mouse outside of terminals"
)

func (in *inputWatch) look(cfg *OwnerConfig, now time.Time) time.Duration {
	if !in.at.IsZero() && now.Sub(in.at) < lookAtOwnerEvery && !now.Before(in.at) {
		return in.idle
	}
	in.at, in.idle, in.blind = now, -1, ""
	if counts := countInput(cfg); len(counts) > 0 {
		if in.counts == nil {
			in.moved = now // before that nothing is known: the owner may have touched a key a moment ago
		}
		for device, n := range counts {
			if old, ok := in.counts[device]; !ok || old != n {
				in.moved = now
			}
		}
		in.counts = counts
		in.idle = max(now.Sub(in.moved), 0)
	} else {
		in.counts, in.blind = nil, blindDesk
	}
	if last, ok := terminals(cfg); ok {
		idle := max(now.Sub(last), 0)
		if in.idle < 0 || idle < in.idle {
			in.idle = idle
		}
	}
	if in.idle < 0 {
		in.blind = blindInput
	}
	return in.idle
}

// countInput reads what only grows when a key or the mouse is touched.
func countInput(cfg *OwnerConfig) map[string]uint64 {
	counts := map[string]uint64{}
	if b, err := fs.ReadFile(cfg.Proc, "interrupts"); err == nil {
		if n, ok := parseInterrupts(string(b)); ok {
			counts["i8042"] = n
		}
	}
	classes, _ := fs.Glob(cfg.Sys, "bus/usb/devices/*:*/bInterfaceClass") // the pattern is good
	for _, class := range classes {
		at := path.Dir(class)
		// Class 3 is human input, and 1 and 2 are the protocols of keyboards and mice.
		if proto := readWord(cfg.Sys, at+"/bInterfaceProtocol"); readWord(cfg.Sys, class) != "03" || proto != "01" && proto != "02" {
			continue
		}
		device, _, _ := strings.Cut(at, ":")
		if n, err := strconv.ParseUint(readWord(cfg.Sys, device+"/urbnum"), 10, 64); err == nil {
			counts[path.Base(device)] = n
		}
	}
	return counts
}

func readWord(root fs.FS, name string) string {
	b, err := fs.ReadFile(root, name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// parseInterrupts adds up what the keyboard controller raised, on all cores: lines such as
// "  1:   0   9  IO-APIC   1-edge   i8042". False where there is no such line.
func parseInterrupts(s string) (n uint64, ok bool) {
	for line := range strings.Lines(s) {
		f := strings.Fields(line)
		if len(f) < 3 || f[len(f)-1] != "i8042" {
			continue
		}
		ok = true
		for _, word := range f[1:] {
			k, err := strconv.ParseUint(word, 10, 56)
			if err != nil {
				break // the counts are over
			}
			n += k
		}
	}
	return n, ok
}

// terminals is when the terminal that was read last was read.
func terminals(cfg *OwnerConfig) (last time.Time, ok bool) {
	names, _ := fs.Glob(cfg.Dev, "pts/[0-9]*")
	consoles, _ := fs.Glob(cfg.Dev, "tty[0-9]*")
	for _, name := range append(names, consoles...) {
		info, err := fs.Stat(cfg.Dev, name)
		if err != nil {
			continue
		}
		if at, seen := cfg.read(info); seen {
			ok = true
			if at.After(last) {
				last = at
			}
		}
	}
	return last, ok
}
