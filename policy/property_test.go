package policy

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"voxmesh/mesh/privacy"
)

var (
	people   = []string{"alice@aurelia", "bo@aurelia", "eve@aurelia", "mallory@elsewhere"}
	words    = []string{"aurelia", "elsewhere", "render", ""}
	programs = []string{"ffmpeg", "blender", "sh"}
	models   = []string{"llama3.2:3b", "llama3.2", "qwen2.5:7b", ""}
	entries  = []string{"llama3.2:3b", "llama*", "llama3.2", "qwen2.5*", "*"} // of the field models
	times    = []string{"00:00", "06:30", "07:00", "12:00", "22:00", "23:59"}
	zoned    = []string{"", "UTC", "Europe/Berlin", "America/New_York"}
)

func drawList(t *rapid.T, of []string, name string) []string {
	if rapid.Bool().Draw(t, name+" any") {
		return nil
	}
	return append([]string{}, rapid.SliceOfN(rapid.SampledFrom(of), 0, 3).Draw(t, name)...)
}

func drawPolicy(t *rapid.T) Policy {
	p := Policy{
		NSFWAllowed: rapid.Bool().Draw(t, "nsfw"), PublicMeshOptIn: rapid.Bool().Draw(t, "public"),
		MaxJobSeconds: rapid.Int64Range(0, 100).Draw(t, "max job"), MinPriority: rapid.Uint8Range(0, 10).Draw(t, "min priority"),
		AllowedScopes: drawList(t, words, "scopes"), AllowedUsers: drawList(t, people, "users"),
		DeniedUsers:         rapid.SliceOfN(rapid.SampledFrom(append([]string{"mallory", "bo"}, people...)), 0, 2).Draw(t, "denied"),
		AllowedMeshNetworks: drawList(t, words, "meshes"),
		Commands:            drawList(t, programs, "commands"), Models: drawList(t, entries, "models"),
	}
	for range rapid.IntRange(0, 3).Draw(t, "slots") {
		p.Slots = append(p.Slots, Slot{rapid.SampledFrom(Kinds()).Draw(t, "kind"), rapid.IntRange(0, 3).Draw(t, "at once"), 10})
	}
	for range rapid.IntRange(0, 3).Draw(t, "overrides") {
		p.Overrides = append(p.Overrides, drawOverride(t))
	}
	if rapid.Bool().Draw(t, "certain hours") {
		p.ActiveHours = []Window{}
		for range rapid.IntRange(0, 3).Draw(t, "windows") {
			p.ActiveHours = append(p.ActiveHours, drawWindow(t))
		}
	}
	if rapid.Bool().Draw(t, "yields") {
		p.PauseWhenBusy = &Yield{CPUPercent: rapid.IntRange(0, 100).Draw(t, "yield"), GraceSecs: 60}
	}
	for range rapid.IntRange(0, 2).Draw(t, "prices") {
		price := rapid.Int64Range(0, 1e9).Draw(t, "price")
		p.Prices = append(p.Prices, Price{Kind: rapid.SampledFrom(Kinds()).Draw(t, "price of"), PerHour: &price})
	}
	return p
}

func drawWindow(t *rapid.T) Window {
	w := Window{
		Days: drawList(t, Days(), "days"), From: rapid.SampledFrom(times).Draw(t, "from"),
		To: rapid.SampledFrom(append([]string{"24:00"}, times...)).Draw(t, "to"), Zone: rapid.SampledFrom(zoned).Draw(t, "zone"),
	}
	if w.Zone != "" {
		w.loc = zone(w.Zone)
	}
	return w
}

func drawOverride(t *rapid.T) Override {
	return Override{
		Peer:          rapid.SampledFrom(people).Draw(t, "peer"),
		NSFWAllowed:   rapid.Ptr(rapid.Bool(), true).Draw(t, "o nsfw"),
		MinPriority:   rapid.Ptr(rapid.Uint8Range(0, 10), true).Draw(t, "o priority"),
		MaxConcurrent: rapid.Ptr(rapid.IntRange(1, 3), true).Draw(t, "o at once"),
	}
}

func drawRequest(t *rapid.T) Request {
	r := Request{
		Kind: rapid.SampledFrom(Kinds()).Draw(t, "r kind"), Peer: rapid.SampledFrom(people).Draw(t, "r peer"),
		Mesh: rapid.SampledFrom(words).Draw(t, "r mesh"), Class: privacy.Class(rapid.Uint8Range(0, 5).Draw(t, "r class")),
		NSFW: rapid.Bool().Draw(t, "r nsfw"), Priority: rapid.Uint8Range(0, 10).Draw(t, "r priority"),
		Timeout: time.Duration(rapid.Int64Range(-1, 120).Draw(t, "r timeout")) * time.Second, Scope: rapid.SampledFrom(words).Draw(t, "r scope"),
		Model: rapid.SampledFrom(models).Draw(t, "r model"), Command: rapid.SampledFrom(append([]string{""}, programs...)).Draw(t, "r command"),
	}
	if rapid.IntRange(0, 9).Draw(t, "r at") > 0 {
		r.At = drawMoment(t)
	}
	return r
}

// drawMoment is a minute of the year 2026, with the nights in which clocks change as likely as all others together.
func drawMoment(t *rapid.T) time.Time {
	day := rapid.OneOf(rapid.IntRange(0, 364), rapid.SampledFrom([]int{66, 67, 86, 87, 88, 296, 297, 303, 304})).Draw(t, "day")
	minute := rapid.IntRange(0, dayMinutes-1).Draw(t, "minute")
	return time.Date(2026, 1, 1, 0, minute, 0, 0, time.UTC).AddDate(0, 0, day)
}

func drawLoad(t *rapid.T) Load {
	count := rapid.IntRange(0, 3)
	return Load{
		ByKind: rapid.MapOf(rapid.SampledFrom(Kinds()), count).Draw(t, "by kind"),
		ByPeer: rapid.MapOf(rapid.SampledFrom(people), count).Draw(t, "by peer"),
		Owner:  rapid.SampledFrom([]string{"", "", "busy"}).Draw(t, "owner"),
	}
}

// rules are all of Decide, in their order.
var rules = []string{
	"kind", "slots", "nsfw", "duration", "priority", "denied", "users", "scopes", "meshes", "class", "peer",
	"hours", "owner", "commands", "models",
}

// widened is what came of one trial: the widenings that changed a policy that accepts, and the rules that refused.
type widened struct{ changed, refused []string }

// tryWidenings draws a policy and holds every widening of it against a request.
func tryWidenings(t *rapid.T) (seen widened) {
	p, r, l := drawPolicy(t), drawRequest(t), drawLoad(t)
	if rapid.IntRange(0, 3).Draw(t, "fitting") > 0 { // else almost nothing is accepted, and the property says little
		p = fit(p, r)
		l.Owner = ""
	}
	before := Decide(p, nil, r, l)
	var answered []string
	for _, reason := range before.Reasons {
		answered = append(answered, reason.Rule)
		if reason.Field == "" || reason.Text == "" {
			t.Fatalf("an empty answer: %+v", reason)
		}
	}
	if !slices.Equal(answered, rules) {
		t.Fatalf("these rules answered: %v", answered)
	}
	if again := Decide(p, nil, r, l); !reflect.DeepEqual(again, before) {
		t.Fatalf("the same asked twice: %+v, then %+v", before, again)
	}
	for _, reason := range before.Refusals() {
		seen.refused = append(seen.refused, reason.Rule)
	}
	for _, w := range widenings() {
		wide := p
		w.widen(&wide, t)
		after := Decide(wide, nil, r, l)
		if before.Accept && !after.Accept {
			t.Fatalf("%s: %+v accepts, %+v refuses: %+v", w.name, p, wide, after.Refusals())
		}
		if before.Accept && !reflect.DeepEqual(p, wide) {
			seen.changed = append(seen.changed, w.name)
		}
		for i, reason := range after.Reasons { // more than was promised: rule by rule
			if before.Reasons[i].Allowed && !reason.Allowed {
				t.Fatalf("%s: %+v, of the wider policy %+v", w.name, before.Reasons[i], reason)
			}
		}
	}
	return seen
}

// Whatever a policy accepts, a wider one accepts.
func TestWideningNeverRefuses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { tryWidenings(t) })
}

// The property says something only if it is tried: each widening on policies that accept and that it changes, and with
// every rule refusing now and then. The seeds are fixed, so that the count is.
func TestWideningsAreTried(t *testing.T) {
	changed, refused := map[string]int{}, map[string]int{}
	trial := rapid.Custom(tryWidenings)
	for seed := range 300 {
		seen := trial.Example(seed)
		for _, name := range seen.changed {
			changed[name]++
		}
		for _, rule := range seen.refused {
			refused[rule]++
		}
	}
	for _, w := range widenings() {
		if changed[w.name] < 3 {
			t.Errorf("%s was tried %d times on a policy that accepts", w.name, changed[w.name])
		}
	}
	for _, rule := range rules {
		if refused[rule] < 3 {
			t.Errorf("the rule %s refused %d times", rule, refused[rule])
		}
	}
}

// Each field of a policy is widened by something: who adds one must say what gives more.
func TestEachFieldIsWidened(t *testing.T) {
	fields := reflect.VisibleFields(reflect.TypeFor[Policy]())
	for _, f := range fields {
		if f.Name != "Name" && !slices.ContainsFunc(widenings(), func(w widening) bool {
			return w.name == f.Name || len(w.name) > len(f.Name) && w.name[:len(f.Name)+1] == f.Name+":"
		}) {
			t.Errorf("nothing widens %s", f.Name)
		}
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Override]()) {
		if f.Name != "Peer" && !slices.ContainsFunc(widenings(), func(w widening) bool { return w.name == "Overrides: "+f.Name }) {
			t.Errorf("nothing widens %s of an override", f.Name)
		}
	}
	if len(fields) != len(canonical())+1 {
		t.Errorf("a Policy has %d fields, a file %d", len(fields)-1, len(canonical()))
	}
}

// fit makes a policy accept a request in most respects.
func fit(p Policy, r Request) Policy {
	p.Slots = append(p.Slots, Slot{r.Kind, 4, 10})
	p.NSFWAllowed, p.PublicMeshOptIn = r.NSFW, r.Class.Effective() == privacy.PublicMesh
	p.MinPriority = min(p.MinPriority, r.Priority)
	p.MaxJobSeconds = max(p.MaxJobSeconds, int64(r.Timeout/time.Second), 1)
	p.DeniedUsers = slices.DeleteFunc(p.DeniedUsers, func(u string) bool { return bareName(u) == bareName(r.Peer) })
	for i := range p.Overrides {
		if o := &p.Overrides[i]; o.MinPriority != nil {
			*o.MinPriority = min(*o.MinPriority, r.Priority)
		}
		if o := &p.Overrides[i]; o.NSFWAllowed != nil {
			*o.NSFWAllowed = r.NSFW
		}
	}
	for list, value := range map[*[]string]string{&p.AllowedUsers: r.Peer, &p.AllowedScopes: r.Scope, &p.AllowedMeshNetworks: r.Mesh, &p.Models: r.Model} {
		if *list == nil {
			continue
		}
		if value == "" {
			*list = nil
			continue
		}
		*list = append(*list, value)
	}
	if r.Command != "" {
		p.Commands = append(p.Commands, r.Command)
	}
	switch {
	case p.ActiveHours == nil:
	case r.At.IsZero():
		p.ActiveHours = nil
	default:
		p.ActiveHours = append(p.ActiveHours, Window{From: r.At.Format("15:04"), To: "24:00"})
	}
	return p
}

func TestAnOverrideConcernsItsPeerAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, r, l, o := drawPolicy(t), drawRequest(t), drawLoad(t), drawOverride(t)
		if o.Peer == r.Peer {
			o.Peer = "somebody@else"
		}
		with := p
		with.Overrides = slices.Insert(slices.Clone(p.Overrides), rapid.IntRange(0, len(p.Overrides)).Draw(t, "at"), o)
		a, b := Decide(p, nil, r, l), Decide(with, nil, r, l)
		if a.Accept != b.Accept || !slices.Equal(a.Reasons, b.Reasons) {
			t.Fatalf("an override for %s changes the answer to %s:\n%+v\n%+v", o.Peer, r.Peer, a, b)
		}
	})
}

// A name that is denied stays refused whatever else the policy allows.
func TestRefusedByNameStaysRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, r, l := drawPolicy(t), drawRequest(t), drawLoad(t)
		p = fit(p, r)
		p.DeniedUsers = append(p.DeniedUsers, rapid.SampledFrom([]string{r.Peer, bareName(r.Peer)}).Draw(t, "denied as"))
		for _, w := range widenings() {
			wide := p
			if w.name != "DeniedUsers: fewer" {
				w.widen(&wide, t)
			}
			if Decide(wide, nil, r, l).Accept {
				t.Fatalf("%s: %s may come though it is denied: %+v", w.name, r.Peer, wide)
			}
		}
	})
}

// What looks at less, and later, never finds the owner busy where the other does not.
func TestALaterYieldIsLessBusy(t *testing.T) {
	percent, secs := rapid.IntRange(0, 100), rapid.IntRange(0, 300)
	rapid.Check(t, func(t *rapid.T) {
		y := Yield{CPUPercent: percent.Draw(t, "cpu"), GPUPercent: percent.Draw(t, "gpu"), InputSecs: secs.Draw(t, "input")}
		a := Activity{rapid.IntRange(-1, 100).Draw(t, "a cpu"), rapid.IntRange(-1, 100).Draw(t, "a gpu"), time.Duration(rapid.IntRange(-1, 400).Draw(t, "idle")) * time.Second}
		later := y
		switch rapid.IntRange(0, 2).Draw(t, "which") {
		case 0:
			later.CPUPercent = rapid.SampledFrom([]int{0, min(100, y.CPUPercent+10)}).Draw(t, "later")
			if y.CPUPercent == 0 {
				later.CPUPercent = 0
			}
		case 1:
			later.GPUPercent = 0
		case 2:
			later.InputSecs = y.InputSecs / 2
		}
		if y.Busy(a) == "" && later.Busy(a) != "" {
			t.Fatalf("%+v is not busy by %+v, and is by %+v", a, y, later)
		}
	})
}
