package policy

import (
	"bytes"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"voxmesh/policy/syntax"
)

// typedEdit is a Set and what it means for a Policy.
type typedEdit struct {
	path, value string
	plain       bool // it sets one scalar
	mean        func(p *Policy)
}

func drawEdit(t *rapid.T, p Policy) typedEdit {
	n := func(lo, hi int) int { return rapid.IntRange(lo, hi).Draw(t, "v") }
	flag := rapid.Bool().Draw(t, "flag")
	user := rapid.SampledFrom([]string{"alice@aurelia", "carl", "true", "x y", `q"]`}).Draw(t, "user")
	kind := rapid.SampledFrom(Kinds()).Draw(t, "kind")
	edits := []typedEdit{
		{fNSFW, fmt.Sprint(flag), true, func(p *Policy) { p.NSFWAllowed = flag }},
		{fPublic, fmt.Sprint(flag), true, func(p *Policy) { p.PublicMeshOptIn = flag }},
		{fMinPrio, "7", true, func(p *Policy) { p.MinPriority = 7 }},
		{fMaxJob, "77", true, func(p *Policy) { p.MaxJobSeconds = 77 }},
		{fUsers + "[]", user, false, func(p *Policy) { p.AllowedUsers = append(p.AllowedUsers, user) }},
		{fUsers, "[]", false, func(p *Policy) { p.AllowedUsers = []string{} }},
		{fUsers, syntax.Quote(user) + ", bo@aurelia", false, func(p *Policy) { p.AllowedUsers = []string{user, "bo@aurelia"} }},
		{fModels, "[mistral, b, c]", false, func(p *Policy) { p.Models = []string{"mistral", "b", "c"} }},
		{fScopes + "[]", "z", false, func(p *Policy) { p.AllowedScopes = append(p.AllowedScopes, "z") }},
		{fCommands, "ffmpeg", false, func(p *Policy) { p.Commands = []string{"ffmpeg"} }},
		{fBusy, fmt.Sprint(flag), false, func(p *Policy) {
			p.PauseWhenBusy = nil
			if y := DefaultYield(); flag {
				p.PauseWhenBusy = &y
			}
		}},
		{fBusy + "." + fGPU, "33", true, func(p *Policy) {
			if p.PauseWhenBusy == nil {
				p.PauseWhenBusy = &Yield{GraceSecs: DefaultGraceSecs}
			}
			p.PauseWhenBusy.GPUPercent = 33
		}},
		{fHours + "[]", "{ from: 22:00, to: 07:00 }", false, func(p *Policy) {
			p.ActiveHours = append(p.ActiveHours, Window{From: "22:00", To: "07:00"})
		}},
		{fPrices + "[" + kind + "]." + fPerHour, "0.5", false, func(p *Policy) {
			half := int64(500_000)
			p.Prices = append(p.Prices, Price{Kind: kind, PerHour: &half})
		}},
		slotEdit(kind, n(0, 100)),
		slotsEdit(t),
		usersEdit(t),
		overrideEdit(rapid.SampledFrom([]string{"alice@aurelia", "x@y"}).Draw(t, "peer"), n(1, 64)),
	}
	if len(p.Slots) > 0 {
		i, c := n(0, len(p.Slots)-1), n(1, 64)
		edits = append(edits, typedEdit{fmt.Sprintf("slots[%d].max_concurrent", i), fmt.Sprint(c), true, func(p *Policy) { p.Slots[i].MaxConcurrent = c }})
	}
	return edits[n(0, len(edits)-1)]
}

func slotEdit(kind string, w int) typedEdit {
	return typedEdit{"slots[" + kind + "].weight", fmt.Sprint(w), false, func(p *Policy) {
		i := slices.IndexFunc(p.Slots, func(s Slot) bool { return s.Kind == kind })
		if i < 0 {
			p.Slots, i = append(p.Slots, Slot{Kind: kind, MaxConcurrent: 1}), len(p.Slots)
		}
		p.Slots[i].Weight = w
	}}
}

func slotsEdit(t *rapid.T) typedEdit {
	var slots []Slot
	var texts []string
	for _, k := range rapid.Permutation(Kinds()).Draw(t, "new")[:rapid.IntRange(0, 4).Draw(t, "n")] {
		s := Slot{Kind: k, MaxConcurrent: 1, Weight: rapid.IntRange(0, 2).Draw(t, "w")}
		text := fmt.Sprintf("{ weight: %d, kind: %s", s.Weight, k)
		if rapid.Bool().Draw(t, "with") {
			s.MaxConcurrent = 3
			text += ", max_concurrent: 3"
		}
		slots, texts = append(slots, s), append(texts, text+" }")
	}
	return typedEdit{fSlots, "[" + strings.Join(texts, ", ") + "]", false, func(p *Policy) { p.Slots = append([]Slot{}, slots...) }}
}

func usersEdit(t *rapid.T) typedEdit {
	users := rapid.SliceOfN(rapid.SampledFrom([]string{"alice@aurelia", "bo@aurelia", "eve@x", "new@y"}), 0, 5).Draw(t, "users")
	return typedEdit{fUsers, "[" + strings.Join(users, " ") + "]", false, func(p *Policy) { p.AllowedUsers = append([]string{}, users...) }}
}

func overrideEdit(peer string, c int) typedEdit {
	return typedEdit{"per_peer_overrides[" + peer + "].max_concurrent", fmt.Sprint(c), false, func(p *Policy) {
		i := slices.IndexFunc(p.Overrides, func(o Override) bool { return o.Peer == peer })
		if i < 0 {
			p.Overrides, i = append(p.Overrides, Override{Peer: peer}), len(p.Overrides)
		}
		p.Overrides[i].MaxConcurrent = &c
	}}
}

// policyOf reads anew, so that what a test changes is its own.
func policyOf(t *rapid.T, src []byte) Policy {
	f := Parse("", src)
	p, ok := f.Policy()
	if !ok {
		t.Fatalf("%v in\n%s", f.Err(), src)
	}
	return p
}

// What is meant is said, all else stays, and where it was so already no byte changes.
func TestAnySetMeansWhatItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := drawFile(t)
		f := Parse("donations.vox", []byte(src))
		want := policyOf(t, f.Source())
		e := drawEdit(t, want)
		e.mean(&want)
		g, err := f.Set(e.path, e.value)
		if err != nil {
			t.Fatalf("%s=%s: %v (%s)\n%s", e.path, e.value, err, hintOf(err), src)
		}
		got := policyOf(t, g.Source())
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s=%s:\n got %+v\nwant %+v\n%s", e.path, e.value, got, want, Diff(f.Source(), g.Source()))
		}
		sameOutside(t, f, g, e)
		if again, err := g.Set(e.path, e.value); err != nil || !strings.HasSuffix(e.path, "[]") && !bytes.Equal(again.Source(), g.Source()) {
			t.Fatalf("again %s=%s: %v\n%s", e.path, e.value, err, g.Source())
		}
	})
}

// sameOutside holds what an edit leaves: the bytes around a scalar, and every comment.
func sameOutside(t *rapid.T, f, g *File, e typedEdit) {
	if old := f.Find(e.path); e.plain && old.Valid() {
		start, end := old.Value().Span()
		tail := f.Source()[end:]
		if !bytes.HasPrefix(g.Source(), f.Source()[:start]) || !bytes.HasSuffix(g.Source(), tail) {
			t.Fatalf("%s=%s changed more:\n%s", e.path, e.value, Diff(f.Source(), g.Source()))
		}
	} else if !old.Valid() && !strings.HasPrefix(e.path, fBusy+".") { // where true was, a record stands
		if !isWithin(f.Source(), g.Source()) {
			t.Fatalf("%s=%s took something away:\n%s", e.path, e.value, Diff(f.Source(), g.Source()))
		}
	}
	if out, err := syntax.Apply(f.Source(), f.Changed(g)...); err != nil || !bytes.Equal(out, g.Source()) {
		t.Fatalf("Changed: %v", err)
	}
}

var leadingComma = regexp.MustCompile(`\n[ \t]*,`)

// A scalar that is set back, and a field that is taken away again, leave the file as it was. Where a comma begins a line
// what is taken away may leave that line shorter or longer.
func TestAnySetCanBeTakenBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := drawFile(t)
		f := Parse("donations.vox", []byte(src))
		e := drawEdit(t, policyOf(t, f.Source()))
		if !e.plain || leadingComma.MatchString(src) && !f.Find(e.path).Valid() {
			return
		}
		g, err := f.Set(e.path, e.value)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(e.path, fBusy+".") && f.Find(fBusy).Value().Kind() != syntax.RecordNode {
			return
		}
		if takesComment(g.Find(e.path)) {
			return
		}
		var back *File
		if old := f.Find(e.path); old.Valid() {
			back, err = g.Set(e.path, string(old.Value().Text()))
		} else {
			back, err = g.Unset(e.path)
		}
		if err != nil || string(back.Source()) != src {
			t.Fatalf("%s=%s and back: %v\n%q\n%q\n%q", e.path, e.value, err, src, g.Source(), back.Source())
		}
	})
}

// takesComment reports whether a field stands in front of a comment that was the next one's: on one line, without commas,
// a comment belongs to what is before it.
func takesComment(n syntax.Node) bool {
	_, end := n.Span()
	start, _ := n.Next().Span()
	from, _ := n.Parent().Span()
	if n.Parent().First() != n || !n.Next().Valid() || end <= from {
		return false
	}
	gap := string(n.Parent().Text()[end-from : start-from])
	return strings.HasPrefix(strings.TrimLeft(gap, " \t"), "/*")
}

// What is taken away is gone, and of all else nothing: of the bytes and of what the policy says.
func TestAnyUnsetAndMove(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Parse("donations.vox", []byte(drawFile(t)))
		want := policyOf(t, f.Source())
		do, mean := drawRemoval(t, want)
		if do[0] == '-' && !f.Find(do[1:]).Valid() {
			return
		}
		mean(&want)
		g, err := edited(f, do)
		if err != nil {
			t.Fatalf("%s: %v (%s)\n%s", do, err, hintOf(err), f.Source())
		}
		if got := policyOf(t, g.Source()); !reflect.DeepEqual(got, want) {
			t.Fatalf("%s:\n got %+v\nwant %+v\n%s", do, got, want, Diff(f.Source(), g.Source()))
		}
		if a, b := bare(f.Source()), bare(g.Source()); do[0] == '-' && !isWithin(b, a) || do[0] != '-' && len(a)-bytes.Count(a, []byte(",")) != len(b)-bytes.Count(b, []byte(",")) {
			t.Fatalf("%s: more than that changed:\n%s", do, Diff(f.Source(), g.Source()))
		}
	})
}

// bare is a source without its blanks: where something goes, a blank may have to part its neighbours.
func bare(src []byte) []byte { return bytes.Join(bytes.Fields(src), nil) }

func drawRemoval(t *rapid.T, p Policy) (do string, mean func(p *Policy)) {
	type removal struct {
		do   string
		mean func(p *Policy)
	}
	all := []removal{
		{"-" + fNSFW, func(p *Policy) { p.NSFWAllowed = false }},
		{"-" + fMaxJob, func(p *Policy) { p.MaxJobSeconds = DefaultMaxJobSeconds }},
		{"-" + fSlots, func(p *Policy) { p.Slots = []Slot{} }},
		{"-" + fUsers, func(p *Policy) { p.AllowedUsers = nil }},
		{"-" + fBusy, func(p *Policy) { p.PauseWhenBusy = nil }},
		{"-" + fOverrides, func(p *Policy) { p.Overrides = []Override{} }},
	}
	if n := len(p.Slots); n > 0 {
		i, to := rapid.IntRange(0, n-1).Draw(t, "i"), rapid.IntRange(0, n-1).Draw(t, "to")
		all = append(all,
			removal{fmt.Sprintf("-slots[%d]", i), func(p *Policy) { p.Slots = slices.Delete(p.Slots, i, i+1) }},
			removal{fmt.Sprintf("-slots[%d].weight", i), func(p *Policy) { p.Slots[i].Weight = 0 }},
			removal{fmt.Sprintf("slots[%d]>%d", i, to), func(p *Policy) {
				s := p.Slots[i]
				p.Slots = slices.Insert(slices.Delete(p.Slots, i, i+1), to, s)
			}})
	}
	if n := len(p.AllowedUsers); n > 0 {
		i, to := rapid.IntRange(0, n-1).Draw(t, "i"), rapid.IntRange(0, n-1).Draw(t, "to")
		all = append(all,
			removal{fmt.Sprintf("-allowed_users[%d]", i), func(p *Policy) { p.AllowedUsers = slices.Delete(p.AllowedUsers, i, i+1) }},
			removal{fmt.Sprintf("allowed_users[%d]>%d", i, to), func(p *Policy) {
				s := p.AllowedUsers[i]
				p.AllowedUsers = slices.Insert(slices.Delete(p.AllowedUsers, i, i+1), to, s)
			}})
	}
	if n := len(p.Overrides); n > 0 {
		i := rapid.IntRange(0, n-1).Draw(t, "i")
		all = append(all,
			removal{fmt.Sprintf("-per_peer_overrides[%d]", i), func(p *Policy) { p.Overrides = slices.Delete(p.Overrides, i, i+1) }},
			removal{fmt.Sprintf("-per_peer_overrides[%d].min_priority", i), func(p *Policy) { p.Overrides[i].MinPriority = nil }})
	}
	r := rapid.SampledFrom(all).Draw(t, "removal")
	return r.do, r.mean
}
