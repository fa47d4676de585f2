package worker

import (
	"strconv"
	"strings"
)

// freeMemory is how many bytes programs can still have, without swapping: MemAvailable of /proc/meminfo. False where
// the system does not say.
func freeMemory() (int64, bool) {
	b, err := readSome("/proc/meminfo", 64<<10)
	if err != nil {
		return 0, false
	}
	return parseAvailable(string(b))
}

func parseAvailable(s string) (int64, bool) {
	for line := range strings.Lines(s) {
		f := strings.Fields(line)
		if len(f) == 3 && f[0] == "MemAvailable:" && f[2] == "kB" {
			n, err := strconv.ParseInt(f[1], 10, 64)
			return n << 10, err == nil && n >= 0 && n < 1<<50
		}
	}
	return 0, false
}
