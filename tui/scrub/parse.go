package scrub

import (
	"strconv"
	"strings"
	"time"
)

// What the time field takes, as it says it: in the row, and in full where there are two.
const (
	takes     = "takes 09:41:07  -5m  2026-03-14 09:41  op 48213"
	takesMore = "09:41, 09:41:07.250, -5m, +30s, yesterday 09:41, 14 Mar, 2026-03-14, 2026-03-14 09:41, RFC 3339, microseconds, op 48213, now"
)

// parse reads where to go. now is the present, with the zone in which times are meant; shown is the moment from which
// -5m and +30s count. A time of day without a date is the last one that is not yet to come. What is not in the past is
// live, and for what it can't read ok is false.
func parse(text string, now, shown time.Time) (p place, present, ok bool) {
	s := strings.ToLower(strings.Join(strings.Fields(strings.ReplaceAll(text, "−", "-")), " "))
	switch s {
	case "now", "live", ".":
		return place{}, true, true
	case "":
		return place{}, false, false
	}
	if seq, ok := parseOp(s); ok {
		return place{op: true, seq: seq}, false, true
	}
	at, ok := parseAgo(s, shown)
	for _, f := range []func(string, time.Time, time.Time) (time.Time, bool){parseInstant, parseDay} {
		if !ok {
			at, ok = f(s, now, shown)
		}
	}
	switch {
	case !ok:
		return place{}, false, false
	case !at.Before(now):
		return place{}, true, true
	case at.Before(time.Unix(0, 0)):
		at = time.Unix(0, 0)
	}
	return place{at: at.In(now.Location())}, false, true
}

// parseOp reads "op 48,213" or "#48213".
func parseOp(s string) (uint64, bool) {
	rest, ok := strings.CutPrefix(s, "#")
	if !ok {
		rest, ok = strings.CutPrefix(s, "op ")
	}
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.ReplaceAll(strings.TrimSpace(rest), ",", ""), 10, 63)
	return n, err == nil && n > 0
}

// parseAgo reads a time from the one that is shown: -5m, +1h30m, 5 min ago.
func parseAgo(s string, shown time.Time) (time.Time, bool) {
	sign := time.Duration(-1)
	ago, ok := strings.CutSuffix(s, " ago")
	if !ok {
		ago, ok = strings.CutPrefix(s, "-")
	}
	if !ok {
		ago, ok = strings.CutPrefix(s, "+")
		sign = 1
	}
	d, fine := parseLength(strings.ReplaceAll(ago, " ", ""))
	return shown.Add(sign * d), ok && fine
}

// longest is the longest stretch that is taken: more than any log, and no overflow.
const longest = 100 * 366 * 24 * time.Hour

// parseLength reads numbers with units from microseconds to weeks.
func parseLength(s string) (time.Duration, bool) {
	units := map[string]time.Duration{
		"us": time.Microsecond, "µs": time.Microsecond, "ms": time.Millisecond, "s": time.Second, "sec": time.Second,
		"m": time.Minute, "min": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
	}
	number := func(r rune) bool { return r >= '0' && r <= '9' || r == '.' }
	sum := 0.0
	for s != "" {
		rest := strings.TrimLeftFunc(s, number)
		n, err := strconv.ParseFloat(s[:len(s)-len(rest)], 64)
		end := strings.IndexFunc(rest, number)
		if end < 0 {
			end = len(rest)
		}
		unit := units[rest[:end]]
		sum += n * float64(unit)
		if err != nil || unit == 0 || sum > float64(longest) {
			return 0, false
		}
		s = rest[end:]
	}
	return time.Duration(sum), sum > 0
}

// parseInstant reads RFC 3339 and unix microseconds. Shorter numbers are none: whoever types 0941 does not mean 1970.
func parseInstant(s string, _, _ time.Time) (time.Time, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.UnixMicro(n), len(s) >= 12 && n > 0
	}
	t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(s))
	return t, err == nil
}

// parseDay reads a day, a time of day, or a day and a time of day.
func parseDay(s string, now, shown time.Time) (time.Time, bool) {
	if t, ok := parseClock(s); ok {
		at := on(shown.In(now.Location()), t)
		if !at.Before(now) {
			at = on(now.AddDate(0, 0, -1), t)
		}
		return at, true
	}
	words := strings.Split(s, " ")
	var clock time.Time
	if len(words) > 1 {
		if t, ok := parseClock(words[len(words)-1]); ok {
			clock, words = t, words[:len(words)-1]
		}
	} else if day, hms, ok := strings.Cut(s, "t"); ok && len(day) == len(time.DateOnly) { // as RFC 3339, without a zone
		if t, ok := parseClock(hms); ok {
			clock, words = t, []string{day}
		}
	}
	day, ok := parseDate(strings.Join(words, " "), now)
	return on(day, clock), ok
}

// parseClock reads a time of day.
func parseClock(s string) (time.Time, bool) {
	for _, f := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(f, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// on is a time of day on a day, in the day's zone.
func on(day, t time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), day.Location())
}

// parseDate reads a day. One without a year is the last one that has begun.
func parseDate(s string, now time.Time) (time.Time, bool) {
	switch s {
	case "today":
		return now, true
	case "yesterday":
		return now.AddDate(0, 0, -1), true
	}
	for _, f := range []string{time.DateOnly, "2 Jan 2006"} {
		if t, err := time.ParseInLocation(f, s, now.Location()); err == nil {
			return t, true
		}
	}
	t, err := time.Parse("2 Jan", s)
	if err != nil {
		return t, false
	}
	for year := now.Year(); year > now.Year()-9; year-- { // the 29th of February is not in every year
		day := time.Date(year, t.Month(), t.Day(), 0, 0, 0, 0, now.Location())
		if day.Day() == t.Day() && day.Before(now) {
			return day, true
		}
	}
	return t, false
}
