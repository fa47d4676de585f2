package policy

import (
	"fmt"
	"slices"
)

// subject begins every message.
const subject = "donations: "

// Describe says in a few words what differs between two policies, as the subject of a commit: "donations: fewer cpu jobs
// at once", "donations: public mesh allowed". Of many changes it names the first. It has only words of its own, none of
// the files'.
func Describe(old, now Policy) string {
	d := description{old: &old, now: &now}
	d.slots()
	d.switches()
	d.numbers()
	d.list(old.AllowedScopes, now.AllowedScopes, "scope", "scopes", true)
	d.list(old.AllowedUsers, now.AllowedUsers, "user", "users", true)
	d.list(old.DeniedUsers, now.DeniedUsers, "refused user", "refused users", false)
	d.list(old.AllowedMeshNetworks, now.AllowedMeshNetworks, "mesh", "meshes", true)
	d.peers()
	d.times()
	d.list(old.Commands, now.Commands, "command", "commands", false)
	d.list(old.Models, now.Models, "model", "models", true)
	if !slices.EqualFunc(old.Prices, now.Prices, samePrice) {
		d.say("other prices")
	}
	if old.Name != now.Name {
		d.say("another name")
	}
	return d.line()
}

// DescribeTexts is Describe for files that may be missing or have errors.
func DescribeTexts(old, now []byte) string {
	switch {
	case now == nil:
		return subject + "nothing is given any more"
	case old == nil:
		return subject + "a policy"
	}
	return DescribeFiles(Parse("", old), Parse("", now))
}

// DescribeFiles is Describe for files that were read. No old one: there was none.
func DescribeFiles(old, now *File) string {
	if old == nil {
		return subject + "a policy"
	}
	a, okA := old.Policy()
	b, okB := now.Policy()
	switch {
	case okA && okB:
		return Describe(a, b)
	case okB:
		return subject + "mended"
	}
	return subject + "edited"
}

type description struct {
	old, now *Policy
	said     []string
}

func (d *description) say(format string, args ...any) {
	d.said = append(d.said, fmt.Sprintf(format, args...))
}

// line is the message: the changes in words, as many as a subject holds.
func (d *description) line() string {
	const most = 50
	if len(d.said) == 0 {
		return subject + "comments and layout"
	}
	s := subject + d.said[0]
	for _, more := range d.said[1:] {
		if len(s)+2+len(more) > most {
			break
		}
		s += ", " + more
	}
	return s
}

// slots compares by kind; kinds are a closed list.
func (d *description) slots() {
	for _, kind := range Kinds() {
		a, had := slotOf(d.old, kind)
		b, has := slotOf(d.now, kind)
		switch {
		case !had && !has:
		case !had:
			d.say("%s jobs allowed", kind)
		case !has:
			d.say("no more %s jobs", kind)
		default:
			d.more(int64(a.MaxConcurrent), int64(b.MaxConcurrent), "more "+kind+" jobs at once", "fewer "+kind+" jobs at once")
			d.more(int64(a.Weight), int64(b.Weight), "a larger share for "+kind, "a smaller share for "+kind)
		}
	}
}

func slotOf(p *Policy, kind string) (Slot, bool) {
	i := slices.IndexFunc(p.Slots, func(s Slot) bool { return s.Kind == kind })
	if i < 0 {
		return Slot{}, false
	}
	return p.Slots[i], true
}

func (d *description) more(a, b int64, up, down string) {
	switch {
	case b > a:
		d.say("%s", up)
	case b < a:
		d.say("%s", down)
	}
}

func (d *description) switches() {
	for _, s := range []struct {
		old, now bool
		what     string
	}{{d.old.NSFWAllowed, d.now.NSFWAllowed, "NSFW jobs"}, {d.old.PublicMeshOptIn, d.now.PublicMeshOptIn, "public mesh"}} {
		switch {
		case s.now && !s.old:
			d.say("%s allowed", s.what)
		case s.old && !s.now:
			d.say("%s not allowed", s.what)
		}
	}
}

func (d *description) numbers() {
	a, b := d.old.MaxJobSeconds, d.now.MaxJobSeconds
	switch {
	case a == b:
	case b == 0:
		d.say("jobs without a time limit")
	case a == 0:
		d.say("a time limit for jobs")
	default:
		d.more(a, b, "longer jobs", "shorter jobs")
	}
	d.more(int64(d.old.MinPriority), int64(d.now.MinPriority), "only jobs of a higher priority", "jobs of a lower priority too")
}

// list compares names. open says that nil is everything rather than nothing.
func (d *description) list(a, b []string, one, many string, open bool) {
	if open && (a == nil) != (b == nil) {
		if b == nil {
			d.say("any %s", one)
		} else {
			d.say("only some %s", many)
		}
		return
	}
	added, removed := missing(b, a), missing(a, b)
	switch {
	case added == 0 && removed == 0:
		if !slices.Equal(a, b) {
			d.say("%s in another order", many)
		}
	case removed == 0 && added == 1:
		d.say("one more %s", one)
	case removed == 0:
		d.say("%d more %s", added, many)
	case added == 0 && removed == 1:
		d.say("one %s fewer", one)
	case added == 0:
		d.say("%d %s fewer", removed, many)
	default:
		d.say("other %s", many)
	}
}

// missing is how many of a are not in b.
func missing(a, b []string) int {
	known := make(map[string]bool, len(b))
	for _, s := range b {
		known[s] = true
	}
	n := 0
	for _, s := range a {
		if !known[s] {
			n++
		}
	}
	return n
}

func (d *description) peers() {
	a, b := d.old.Overrides, d.now.Overrides
	switch {
	case slices.EqualFunc(a, b, sameOverride):
	case len(b) == len(a)+1:
		d.say("settings for one more peer")
	case len(b) == len(a)-1:
		d.say("settings for one peer fewer")
	default:
		d.say("other settings for peers")
	}
}

func (d *description) times() {
	a, b := d.old.ActiveHours, d.now.ActiveHours
	switch {
	case slices.EqualFunc(a, b, sameWindow) && (a == nil) == (b == nil):
	case b == nil:
		d.say("at any hour")
	case a == nil:
		d.say("only at some hours")
	default:
		d.say("other hours")
	}
	y, z := d.old.PauseWhenBusy, d.now.PauseWhenBusy
	switch {
	case sameValue(y, z):
	case z == nil:
		d.say("no pause when busy")
	case y == nil:
		d.say("pause when busy")
	default:
		d.say("another pause when busy")
	}
}

func sameValue[T comparable](a, b *T) bool {
	return (a == nil) == (b == nil) && (a == nil || *a == *b)
}

func sameOverride(a, b Override) bool {
	return a.Peer == b.Peer && sameValue(a.NSFWAllowed, b.NSFWAllowed) && sameValue(a.MinPriority, b.MinPriority) && sameValue(a.MaxConcurrent, b.MaxConcurrent)
}

func sameWindow(a, b Window) bool {
	return slices.Equal(a.Days, b.Days) && (a.Days == nil) == (b.Days == nil) && a.From == b.From && a.To == b.To && a.Zone == b.Zone
}

func samePrice(a, b Price) bool {
	return a.Kind == b.Kind && sameValue(a.PerHour, b.PerHour) && sameValue(a.PerMillionTokens, b.PerMillionTokens)
}
