package policy

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// The hours are judged by what a clock on the wall of the zone shows. Hours that it skips when daylight saving begins do
// not happen; those that it shows twice when it ends happen twice.

const (
	dayMinutes = 24 * 60
	daySeconds = dayMinutes * 60
)

// horizon is how far HoursEnd looks: two weeks, for a weekly window that a change of the clock skips, and some.
const horizon = 16 * daySeconds

// stretch is a Window made ready to be asked.
type stretch struct {
	index    int
	days     uint8 // bit n is day n of the week, Sunday 0
	from, to int   // minutes of the day
	loc      *time.Location
}

// stretches makes the windows ready. One that does not hold what it should (which no decoded one does) is never open.
func (p *Policy) stretches(at time.Time) []stretch {
	stretches := make([]stretch, 0, len(p.ActiveHours))
	for i, w := range p.ActiveHours {
		from, ok := clock(w.From)
		to, ok2 := clock(w.To)
		loc := w.location(at)
		if !ok || !ok2 || from == dayMinutes || loc == nil {
			continue
		}
		days := dayBits(w.Days)
		if w.Days == nil {
			days = 1<<7 - 1
		}
		stretches = append(stretches, stretch{i, days, from, to, loc})
	}
	return stretches
}

// location is the zone of a window: as it was found when the file was read, by its name where the window was made
// otherwise, or that of the moment. Nil if there is no such zone.
func (w *Window) location(at time.Time) *time.Location {
	switch {
	case w.Zone == "":
		return at.Location()
	case w.loc != nil:
		return w.loc
	}
	return zone(w.Zone)
}

// zone finds a time zone by its IANA name, or is nil. Names lead to files, so they may not wander.
func zone(name string) *time.Location {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/"
	if name == "" || len(name) > 64 || name == "Local" || strings.Trim(name, letters) != "" {
		return nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return loc
}

func dayBits(days []string) (bits uint8) {
	for _, d := range days {
		if i := slices.Index(Days(), d); i >= 0 {
			bits |= 1 << ((i + 1) % 7)
		}
	}
	return bits
}

// clock reads HH:MM, up to 24:00, as minutes of the day.
func clock(s string) (minutes int, ok bool) {
	if len(s) != 5 || s[2] != ':' {
		return 0, false
	}
	for _, i := range []int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	h, m := int(s[0]-'0')*10+int(s[1]-'0'), int(s[3]-'0')*10+int(s[4]-'0')
	if m > 59 || h > 24 || h == 24 && m > 0 {
		return 0, false
	}
	return h*60 + m, true
}

// open reports whether a clock that shows a minute of a day of the week is within the stretch.
func (s *stretch) open(day time.Weekday, minute int) bool {
	today, yesterday := s.days>>day&1 == 1, s.days>>((day+6)%7)&1 == 1
	if s.from < s.to {
		return today && minute >= s.from && minute < s.to
	}
	return today && minute >= s.from || yesterday && minute < s.to
}

// openIn gives the first of the windows that is open, or -1.
func openIn(stretches []stretch, at time.Time) int {
	var loc *time.Location
	var day time.Weekday
	var minute int
	for i := range stretches {
		s := &stretches[i]
		if s.loc != loc {
			loc = s.loc
			local := at.In(loc)
			day, minute = local.Weekday(), local.Hour()*60+local.Minute()
		}
		if s.open(day, minute) {
			return s.index
		}
	}
	return -1
}

// HoursEnd says whether others may use this machine at a moment, by active_hours alone, and when that changes next: zero
// if never. It does not look at anything but its arguments. A moment that is not known (zero) is outside all hours.
func (p *Policy) HoursEnd(at time.Time) (open bool, until time.Time) {
	if p.ActiveHours == nil {
		return true, time.Time{}
	}
	if at.IsZero() {
		return false, time.Time{}
	}
	stretches := p.stretches(at)
	open = openIn(stretches, at) >= 0
	for _, u := range changes(stretches, at) {
		if t := time.Unix(u, 0).In(at.Location()); openIn(stretches, t) >= 0 != open {
			return open, t
		}
	}
	return open, time.Time{}
}

// changes gives the moments after at, in order, at which a window may begin or end.
func changes(stretches []stretch, at time.Time) []int64 {
	var all []int64
	now := at.Unix()
	if now > math.MaxInt64/2 || now < math.MinInt64/2 {
		return nil
	}
	for i := range stretches {
		all = stretches[i].changes(all, now)
	}
	slices.SortFunc(all, cmp.Compare)
	return slices.Compact(all)
}

// changes adds those of one stretch. Between two changes of the clock of its zone, days are all of one length.
func (s *stretch) changes(all []int64, now int64) []int64 {
	for from := now; from < now+horizon; {
		t := time.Unix(from, 0).In(s.loc)
		_, offset := t.Zone()
		_, end := t.ZoneBounds()
		to := now + horizon
		if !end.IsZero() && end.Unix() < to {
			to = end.Unix()
			all = append(all, to)
		}
		local := from + int64(offset)
		for day := local - mod(local, daySeconds); day-int64(offset) < to; day += daySeconds {
			for _, m := range [...]int{s.from, s.to % dayMinutes} {
				if u := day + int64(m)*60 - int64(offset); u > from && u < to {
					all = append(all, u)
				}
			}
		}
		if to <= from {
			break
		}
		from = to
	}
	return all
}

func mod(a, b int64) int64 { return (a%b + b) % b }

// String is the window as a person would say it.
func (w Window) String() string {
	days := "every day"
	if w.Days != nil {
		days = strings.Join(w.Days, ", ")
	}
	s := fmt.Sprintf("%s %s to %s", days, w.From, w.To)
	if w.Zone != "" {
		s += " in " + w.Zone
	}
	return s
}
