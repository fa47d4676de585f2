// Package format writes durations, money, sizes and times as the console shows them: `0:42`, `3 d 4 h`, `$1.50`,
// `4.1 GB`, `12 ms`. Everything is pure; times are shown in the zone that the caller gives,
// and so is every clock: nothing here reads one.
package format

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// Dash stands where a value is not known, or was not in the past.
const Dash = "–"

// Clock writes a duration as minutes and seconds, from an hour on with hours: 0:42, 5:36, 1:05:00.
func Clock(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// Long writes a duration with its two largest units: 42 s, 12 min, 3 h 20 min, 3 d 4 h.
func Long(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min", s/60)
	case s < 24*3600:
		return pair(s/3600, "h", s/60%60, "min")
	}
	return pair(s/86400, "d", s/3600%24, "h")
}

func pair(a int64, ua string, b int64, ub string) string {
	if b == 0 {
		return fmt.Sprintf("%d %s", a, ua)
	}
	return fmt.Sprintf("%d %s %d %s", a, ua, b, ub)
}

// Age writes how old something is in four columns: 1 s, 14 m, 3 h, 12 d, 99 d at most.
func Age(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d m", s/60)
	case s < 86400:
		return fmt.Sprintf("%d h", s/3600)
	}
	return fmt.Sprintf("%d d", min(s/86400, 99))
}

// RTT writes a round trip in at most six columns: 0.4 ms, 12 ms, 1.2 s.
func RTT(d time.Duration) string {
	switch {
	case d <= 0:
		return Dash
	case d < time.Millisecond:
		return fmt.Sprintf("0.%d ms", max(d.Microseconds()/100, 1))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", min(d.Seconds(), 999))
}

// Money writes micro-USD: $1.50; from a thousand on without cents.
func Money(micros int64) string {
	d := float64(micros) / 1e6
	if d >= 999.995 {
		return fmt.Sprintf("$%.0f", d)
	}
	return fmt.Sprintf("$%.2f", max(d, 0))
}

// Cap writes a cap in micro-USD, or that there is none.
func Cap(micros *int64) string {
	if micros == nil {
		return "no cap"
	}
	return Money(*micros)
}

// Size writes bytes: 274 MB, 2.0 GB.
func Size(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	f, i := float64(max(n, 0)), 0
	for f >= 999.5 && i < len(units)-1 {
		f /= 1000
		i++
	}
	if i >= 3 && f < 99.95 {
		return fmt.Sprintf("%.1f %s", f, units[i])
	}
	return fmt.Sprintf("%.0f %s", f, units[i])
}

// Count writes a large number: 812, 1.9 k, 1.9 M.
func Count(n int64) string {
	f := float64(max(n, 0))
	switch {
	case f < 1000:
		return fmt.Sprintf("%.0f", f)
	case f < 999_950:
		return fmt.Sprintf("%.1f k", f/1e3)
	case f < 999_950_000:
		return fmt.Sprintf("%.1f M", f/1e6)
	}
	return fmt.Sprintf("%.1f G", f/1e9)
}

// Time writes the time of day of unix microseconds; Day the date, with the year where it is another one than now's.
func Time(micros int64, zone *time.Location) string {
	return time.UnixMicro(micros).In(zone).Format("15:04:05")
}

// Day writes the date of unix microseconds, with the year where it is another one than now's.
func Day(micros int64, now time.Time) string {
	t := time.UnixMicro(micros).In(now.Location())
	if t.Year() != now.Year() {
		return t.Format("2 Jan 2006")
	}
	return t.Format("2 Jan")
}

// Share gives used of a cap in percent; ok is false where there is no cap. Of a cap of 0 any use is all of it.
func Share(used int64, limit *int64) (percent int, ok bool) {
	switch {
	case limit == nil:
		return 0, false
	case *limit <= 0:
		return 100, true
	}
	return int(min(float64(max(used, 0))*100/float64(*limit), 999)), true
}

// Mark is the sign of a gauge: ! from 60 %, !! from 90 %.
func Mark(used int64, limit *int64) string {
	p, ok := Share(used, limit)
	switch {
	case !ok || p < 60:
		return ""
	case p < 90:
		return "!"
	}
	return "!!"
}

// Gauge draws what is used of a cap in n columns. Something used shows at least one, all of them only a full one.
func Gauge(used int64, limit *int64, n int) string {
	p, ok := Share(used, limit)
	k := 0
	if ok {
		k = min((p*n+50)/100, n)
		if used > 0 && k == 0 {
			k = 1
		}
		if p < 100 && k == n {
			k = n - 1
		}
	}
	return strings.Repeat("▓", k) + strings.Repeat("░", n-k)
}

// Middle cuts an id or a path in the middle to w columns; the last four characters stay.
func Middle(s string, w int) string {
	if ansi.StringWidth(s) <= w {
		return s
	}
	if w < 6 {
		return ansi.Truncate(s, w, "…")
	}
	r := []rune(s)
	r = r[max(len(r)-4, 0):]
	for ansi.StringWidth(string(r)) > 4 { // wide letters: as many as fit four columns
		r = r[1:]
	}
	tail := string(r)
	return ansi.Truncate(s, w-1-ansi.StringWidth(tail), "") + "…" + tail
}

// Model cuts the name of a model before its tag to w columns: qwen2.5-cod…:7b.
func Model(s string, w int) string {
	i := strings.LastIndexByte(s, ':')
	if ansi.StringWidth(s) <= w || i < 0 || ansi.StringWidth(s[i:]) > w-2 {
		return ansi.Truncate(s, w, "…")
	}
	return ansi.Truncate(s[:i], w-ansi.StringWidth(s[i:]), "…") + s[i:]
}

// End cuts a sentence at its end to w columns.
func End(s string, w int) string { return ansi.Truncate(s, max(w, 0), "…") }

// Pad fills a cell of w columns from the left.
func Pad(s string, w int) string { return s + strings.Repeat(" ", max(w-ansi.StringWidth(s), 0)) }

// Wrap breaks a sentence into rows of at most w columns, at blanks only: the parts of an option or a link stay
// together where they fit.
func Wrap(s string, w int) []string {
	if w <= 0 {
		return nil
	}
	var out []string
	row := ""
	for _, word := range strings.Fields(s) {
		if row != "" && ansi.StringWidth(row)+1+ansi.StringWidth(word) <= w {
			row += " " + word
			continue
		}
		if row != "" {
			out = append(out, row)
		}
		parts := Chunk(word, w)
		out = append(out, parts[:len(parts)-1]...)
		row = parts[len(parts)-1]
	}
	return append(out, row)
}

// Command breaks a shell command into rows of at most w columns, so that it can be pasted as it stands.
func Command(s string, w int) []string {
	rows := Wrap(s, w)
	if len(rows) < 2 || w < 20 {
		return rows
	}
	rows = Wrap(s, w-6)
	for i := range rows {
		if i > 0 {
			rows[i] = "    " + rows[i]
		}
		if i < len(rows)-1 {
			rows[i] += " \\"
		}
	}
	return rows
}

// Chunk breaks text without blanks, a link or a command to be copied, into rows of w columns.
func Chunk(s string, w int) []string {
	if w <= 0 {
		return nil
	}
	return strings.Split(ansi.Hardwrap(s, w, true), "\n")
}

// Position says which rows of all are shown, the first of them counted from 0, to the one before end.
func Position(first, end, all int) string { return fmt.Sprintf("%d–%d of %d", first+1, end, all) }

// Many counts things: "1 job", "3 jobs".
func Many(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
