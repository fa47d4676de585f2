package scrub

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func zone(t testing.TB, name string) *time.Location {
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Skip("no time zones here: " + err.Error())
	}
	return l
}

func TestParse(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	now := time.Date(2026, 3, 14, 10, 12, 26, 0, berlin)
	shown := time.Date(2026, 3, 14, 9, 41, 7, 0, berlin)
	const live = "live"
	for _, tc := range []struct{ text, want string }{
		{"09:41", "2026-03-14T09:41:00"},
		{"9:41", "2026-03-14T09:41:00"},
		{" 09:41:07 ", "2026-03-14T09:41:07"},
		{"09:41:07.25", "2026-03-14T09:41:07.25"},
		{"23:50", "2026-03-13T23:50:00"}, // the last one that was
		{"10:12:26", "2026-03-13T10:12:26"},
		{"-5m", "2026-03-14T09:36:07"},
		{"−5 m", "2026-03-14T09:36:07"},
		{"+30s", "2026-03-14T09:41:37"},
		{"-1h30m", "2026-03-14T08:11:07"},
		{"-2d", "2026-03-12T09:41:07"},
		{"-1.5h", "2026-03-14T08:11:07"},
		{"5 min ago", "2026-03-14T09:36:07"},
		{"+1h", live},
		{"+99w", live},
		{"2026-03-14", "2026-03-14T00:00:00"},
		{"2026-03-13 09:41", "2026-03-13T09:41:00"},
		{"2026-03-13 09:41:07.5", "2026-03-13T09:41:07.5"},
		{"2026-03-13T09:41", "2026-03-13T09:41:00"},
		{"2026-03-15", live},
		{"yesterday", "2026-03-13T00:00:00"},
		{"Yesterday 09:41", "2026-03-13T09:41:00"},
		{"today", "2026-03-14T00:00:00"},
		{"14 Mar", "2026-03-14T00:00:00"},
		{"15 mar 09:41", "2025-03-15T09:41:00"},
		{"2 Mar 2025 09:41", "2025-03-02T09:41:00"},
		{"29 feb", "2024-02-29T00:00:00"},
		{"2026-03-14T08:41:07Z", "2026-03-14T09:41:07"},
		{"2026-03-14t09:41:07.000001+01:00", "2026-03-14T09:41:07.000001"},
		{"1773477667000000", "2026-03-14T09:41:07"},
		{"1969-07-20", "1970-01-01T01:00:00"},
		{"9999-12-31", live},
		{"now", live},
		{"2026-03-14T10:12:26+01:00", live},
		{"op 48,213", "op 48,213"},
		{"#48213", "op 48,213"},
		{"", ""},
		{"soon", ""},
		{"0941", ""},
		{"25:00", ""},
		{"09:41:61", ""},
		{"2026-02-30", ""},
		{"30 feb", ""},
		{"-", ""},
		{"-5", ""},
		{"-5y", ""},
		{"--5m", ""},
		{"5m", ""},
		{"-9e9h", ""},
		{"-99999999999999999999w", ""},
		{"op", ""},
		{"op 0", ""},
		{"op -1", ""},
		{"op 99999999999999999999", ""},
		{"yesterday noon", ""},
	} {
		p, present, ok := parse(tc.text, now, shown)
		got := ""
		switch {
		case !ok:
		case present:
			got = live
		case p.op:
			got = "op " + number(p.seq)
		default:
			got = p.at.Format("2006-01-02T15:04:05.999999")
		}
		if got != tc.want {
			t.Errorf("%q is %q, want %q", tc.text, got, tc.want)
		}
	}
	// The day that is shown is the day of a time without one.
	p, _, _ := parse("12:00", now, time.Date(2026, 3, 2, 23, 0, 0, 0, time.UTC))
	if want := time.Date(2026, 3, 3, 12, 0, 0, 0, berlin); !p.at.Equal(want) {
		t.Errorf("noon of the day that is shown is %v", p.at)
	}
}

// Whatever is typed, no place is one that is yet to come or before 1970, and what the console writes it can read.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"09:41", "-5m", "+30s", "2026-03-14 09:41", "yesterday", "14 Mar", "1773477667000000", "op 4", "−31 m", "1h ago"} {
		f.Add(s, int64(1_773_479_546_000_000), int64(60))
	}
	f.Fuzz(func(t *testing.T, s string, at, ago int64) {
		now := time.UnixMicro(at&(1<<52-1) + 1).In(time.FixedZone("", 5400))
		shown := now.Add(-time.Duration(ago & (1<<40 - 1)))
		p, present, ok := parse(s, now, shown)
		if !ok || present || p.op {
			if ok && p.op && p.seq == 0 {
				t.Fatal("op 0")
			}
			return
		}
		if !p.at.Before(now) || p.at.UnixMicro() < 0 {
			t.Fatalf("%q at %v is %v", s, now, p.at)
		}
	})
}

func TestReadsWhatItWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "now"), 500_000_000).UTC()
		at := now.Add(-time.Duration(rapid.Int64Range(1, 5*365*86400).Draw(t, "ago")) * time.Second).Truncate(time.Second)
		p, present, ok := parse(stamp(at, now), now, now)
		if at.Year() != now.Year() {
			at = at.Truncate(time.Minute)
		}
		if !ok || present || !p.at.Equal(at) {
			t.Fatalf("%q of %v is %v", stamp(at, now), at, p.at)
		}
	})
}
