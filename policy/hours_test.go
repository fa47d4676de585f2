package policy

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// in gives the policy of a file that says only this.
func in(t *testing.T, body string) Policy {
	t.Helper()
	f := Parse("donations.vox", []byte("policy donations {\n"+body+"\n}\n"))
	p, ok := f.Policy()
	if !ok {
		for _, p := range f.Problems() {
			t.Log(p.Format())
		}
		t.Fatal("no policy")
	}
	return p
}

func moment(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// 2026-11-23 is a Monday. In Europe/Berlin the clock skips 2026-03-29 02:00 to 03:00 and shows 2026-10-25 02:00 to 03:00 twice.
func TestHours(t *testing.T) {
	const night = `active_hours: [{ days: [mon, fri], from: "22:00", to: "07:00", zone: "Europe/Berlin" }]`
	for _, tc := range []struct {
		name, hours, at string
		open            bool
		until           string // empty: never
	}{
		{"absent", ``, "2026-11-23T12:00:00Z", true, ""},
		{"none", `active_hours: []`, "2026-11-23T12:00:00Z", false, ""},
		{"before", night, "2026-11-23T12:00:00Z", false, "2026-11-23T21:00:00Z"},
		{"the second before", night, "2026-11-23T20:59:59Z", false, "2026-11-23T21:00:00Z"},
		{"the beginning", night, "2026-11-23T21:00:00Z", true, "2026-11-24T06:00:00Z"},
		{"after midnight", night, "2026-11-24T03:00:00Z", true, "2026-11-24T06:00:00Z"},
		{"the end", night, "2026-11-24T06:00:00Z", false, "2026-11-27T21:00:00Z"},
		{"after midnight of a day that does not begin", night, "2026-11-23T03:00:00Z", false, "2026-11-23T21:00:00Z"},
		{"into saturday", night, "2026-11-28T05:59:00Z", true, "2026-11-28T06:00:00Z"},
		{"the moment's own zone", `active_hours: [{ from: "22:00", to: "23:00" }]`, "2026-11-23T22:30:00-05:00", true, "2026-11-24T04:00:00Z"},
		{"to midnight", `active_hours: [{ days: [mon], from: "20:00", to: "24:00" }]`, "2026-11-23T23:59:59Z", true, "2026-11-24T00:00:00Z"},
		{"the whole day", `active_hours: [{ days: [tue], from: "06:00", to: "06:00" }]`, "2026-11-25T05:59:00Z", true, "2026-11-25T06:00:00Z"},
		{"before the whole day", `active_hours: [{ days: [tue], from: "06:00", to: "06:00" }]`, "2026-11-24T05:59:00Z", false, "2026-11-24T06:00:00Z"},
		{"always", `active_hours: [{ from: "06:00", to: "06:00" }]`, "2026-11-25T05:59:00Z", true, ""},
		{"no day", `active_hours: [{ days: [], from: "06:00", to: "07:00" }]`, "2026-11-25T06:30:00Z", false, ""},
		{"windows that touch", `active_hours: [{ from: "06:00", to: "07:00" }, { from: "07:00", to: "08:00" }]`, "2026-11-25T06:30:00Z", true, "2026-11-25T08:00:00Z"},
		{"windows that overlap in two zones", `active_hours: [{ from: "06:00", to: "08:00", zone: UTC }, { from: "08:30", to: "10:00", zone: "Europe/Berlin" }]`, "2026-11-25T06:30:00Z", true, "2026-11-25T09:00:00Z"},
		{"union of days", `active_hours: [{ days: [sat, sun], from: "00:00", to: "24:00" }, { from: "22:00", to: "06:00" }]`, "2026-11-27T23:00:00Z", true, "2026-11-30T06:00:00Z"},

		{"into a night that is short", `active_hours: [{ from: "01:00", to: "04:00", zone: "Europe/Berlin" }]`, "2026-03-29T00:30:00Z", true, "2026-03-29T02:00:00Z"},
		{"a beginning that is skipped", `active_hours: [{ from: "02:30", to: "04:00", zone: "Europe/Berlin" }]`, "2026-03-29T00:59:00Z", false, "2026-03-29T01:00:00Z"},
		{"an end that is skipped", `active_hours: [{ from: "01:00", to: "02:30", zone: "Europe/Berlin" }]`, "2026-03-29T00:30:00Z", true, "2026-03-29T01:00:00Z"},
		{"hours that are skipped", `active_hours: [{ from: "02:15", to: "02:45", zone: "Europe/Berlin" }]`, "2026-03-29T00:59:00Z", false, "2026-03-30T00:15:00Z"},
		{"weekly hours that are skipped", `active_hours: [{ days: [sun], from: "02:15", to: "02:45", zone: "Europe/Berlin" }]`, "2026-03-22T01:50:00Z", false, "2026-04-05T00:15:00Z"},
		{"into a night that is long", `active_hours: [{ from: "01:00", to: "04:00", zone: "Europe/Berlin" }]`, "2026-10-24T23:30:00Z", true, "2026-10-25T03:00:00Z"},
		{"an end that comes twice", `active_hours: [{ from: "01:00", to: "02:30", zone: "Europe/Berlin" }]`, "2026-10-25T00:10:00Z", true, "2026-10-25T00:30:00Z"},
		{"between the two", `active_hours: [{ from: "01:00", to: "02:30", zone: "Europe/Berlin" }]`, "2026-10-25T00:30:00Z", false, "2026-10-25T01:00:00Z"},
		{"the second time", `active_hours: [{ from: "01:00", to: "02:30", zone: "Europe/Berlin" }]`, "2026-10-25T01:10:00Z", true, "2026-10-25T01:30:00Z"},
		{"hours that come twice", `active_hours: [{ from: "02:15", to: "02:45", zone: "Europe/Berlin" }]`, "2026-10-25T00:50:00Z", false, "2026-10-25T01:15:00Z"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := in(t, tc.hours)
			open, until := p.HoursEnd(moment(t, tc.at))
			got := ""
			if !until.IsZero() {
				got = until.UTC().Format(time.RFC3339)
			}
			if open != tc.open || got != tc.until {
				t.Errorf("open %v until %q, want %v until %q", open, got, tc.open, tc.until)
			}
		})
	}
}

// openByTheClock is what the rule says, read off a clock.
func openByTheClock(p *Policy, at time.Time) bool {
	for _, w := range p.ActiveHours {
		local := at
		if w.Zone != "" {
			local = at.In(w.loc)
		}
		begins := func(day time.Weekday) bool {
			return w.Days == nil || slices.Contains(w.Days, [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}[day])
		}
		now, today := local.Format("15:04"), local.Weekday()
		yesterday := (today + 6) % 7
		if w.From < w.To {
			if begins(today) && now >= w.From && now < w.To {
				return true
			}
		} else if begins(today) && now >= w.From || begins(yesterday) && now < w.To {
			return true
		}
	}
	return false
}

// HoursEnd names the very next moment at which the answer is another one.
func TestHoursEndIsTheNextChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Policy{ActiveHours: []Window{}}
		for range rapid.IntRange(1, 3).Draw(t, "windows") {
			p.ActiveHours = append(p.ActiveHours, drawWindow(t))
		}
		at := drawMoment(t).Add(time.Duration(rapid.IntRange(0, 59).Draw(t, "second")) * time.Second)
		open, until := p.HoursEnd(at)
		if open != openByTheClock(&p, at) {
			t.Fatalf("open %v at %v by %v", open, at, p.ActiveHours)
		}
		if !until.IsZero() && (!until.After(at) || openByTheClock(&p, until) == open || openByTheClock(&p, until.Add(-time.Second)) != open) {
			t.Fatalf("open %v at %v until %v by %v", open, at, until, p.ActiveHours)
		}
		end := until
		if end.IsZero() {
			end = at.AddDate(0, 0, 9)
		}
		for u := at.Truncate(15 * time.Minute).Add(15 * time.Minute); u.Before(end); u = u.Add(15 * time.Minute) {
			for _, u := range []time.Time{u.Add(-30 * time.Second), u} {
				if u.After(at) && openByTheClock(&p, u) != open {
					t.Fatalf("open %v at %v until %v, but not at %v, by %v", open, at, until, u, p.ActiveHours)
				}
			}
		}
	})
}
