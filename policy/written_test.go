package policy

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"voxmesh/mesh/privacy"
	"voxmesh/policy/syntax"
)

// written is a policy as a file would say it: all of it.
func written(p Policy) []byte {
	var b strings.Builder
	list := func(name string, names []string) {
		if names == nil {
			return
		}
		quoted := make([]string, len(names))
		for i, n := range names {
			quoted[i] = syntax.Quote(n)
		}
		fmt.Fprintf(&b, "  %s: [%s]\n", name, strings.Join(quoted, ", "))
	}
	fmt.Fprintf(&b, "policy %s {\n  slots: [", p.Name)
	for _, s := range p.Slots {
		b.WriteString("\n    " + slotText(s))
	}
	fmt.Fprintf(&b, "]\n  nsfw_allowed: %v\n  max_job_duration_secs: %d\n  public_mesh_opt_in: %v\n  min_priority: %d\n",
		p.NSFWAllowed, p.MaxJobSeconds, p.PublicMeshOptIn, p.MinPriority)
	list(fScopes, p.AllowedScopes)
	list(fUsers, p.AllowedUsers)
	list(fDenied, p.DeniedUsers)
	list(fMeshes, p.AllowedMeshNetworks)
	b.WriteString("  per_peer_overrides: [\n")
	for _, o := range p.Overrides {
		fmt.Fprintf(&b, "    { peer: %q", o.Peer)
		if o.NSFWAllowed != nil {
			fmt.Fprintf(&b, ", nsfw_allowed: %v", *o.NSFWAllowed)
		}
		if o.MinPriority != nil {
			fmt.Fprintf(&b, ", min_priority: %d", *o.MinPriority)
		}
		if o.MaxConcurrent != nil {
			fmt.Fprintf(&b, ", max_concurrent: %d", *o.MaxConcurrent)
		}
		b.WriteString(" }\n")
	}
	b.WriteString("  ]\n")
	if p.ActiveHours != nil {
		b.WriteString("  active_hours: [\n")
		for _, w := range p.ActiveHours {
			fmt.Fprintf(&b, "    { from: %q, to: %q", w.From, w.To)
			if w.Days != nil {
				fmt.Fprintf(&b, ", days: [%s]", strings.Join(w.Days, " "))
			}
			if w.Zone != "" {
				fmt.Fprintf(&b, ", zone: %q", w.Zone)
			}
			b.WriteString(" }\n")
		}
		b.WriteString("  ]\n")
	}
	if y := p.PauseWhenBusy; y != nil {
		b.WriteString("  pause_when_busy: {")
		for name, v := range map[string]int{fCPU: y.CPUPercent, fGPU: y.GPUPercent, fInput: y.InputSecs} {
			if v > 0 {
				fmt.Fprintf(&b, " %s: %d", name, v)
			}
		}
		fmt.Fprintf(&b, " grace_secs: %d }\n", y.GraceSecs)
	}
	list(fCommands, p.Commands)
	list(fModels, p.Models)
	if p.Prices != nil {
		b.WriteString("  prices: [\n")
		for _, price := range p.Prices {
			fmt.Fprintf(&b, "    { kind: %s, usd_per_hour: %s }\n", price.Kind, micro(*price.PerHour))
		}
		b.WriteString("  ]\n")
	}
	b.WriteString("}\n")
	return []byte(b.String())
}

// drawSound draws a policy that a file can say.
func drawSound(t *rapid.T) Policy {
	p := drawPolicy(t)
	p.Name = "donations"
	for _, list := range []*[]string{&p.AllowedScopes, &p.AllowedMeshNetworks} {
		*list = slices.DeleteFunc(*list, func(s string) bool { return s == "" })
	}
	if rapid.Bool().Draw(t, "users without meshes") && p.AllowedUsers != nil {
		p.AllowedUsers = append(p.AllowedUsers, "bo")
	}
	kinds := map[string]bool{}
	slots := []Slot{}
	for _, s := range p.Slots {
		if !kinds[s.Kind] {
			slots = append(slots, Slot{s.Kind, s.MaxConcurrent + 1, s.Weight})
		}
		kinds[s.Kind] = true
	}
	p.Slots = slots
	if p.Overrides == nil {
		p.Overrides = []Override{}
	}
	if len(p.DeniedUsers) == 0 {
		p.DeniedUsers = nil
	}
	if len(p.Prices) == 2 && p.Prices[0].Kind == p.Prices[1].Kind {
		p.Prices = p.Prices[:1]
	}
	if rapid.IntRange(0, 3).Draw(t, "urgent") == 0 {
		p.MinPriority = 200
	}
	return p
}

// What a file says is what is read.
func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawSound(t)
		src := written(p)
		f := Parse("donations.vox", src)
		got, ok := f.Policy()
		if !ok || !reflect.DeepEqual(got, p) {
			t.Fatalf("%s\n%v\n got %+v\nwant %+v", src, f.Err(), got, p)
		}
	})
}

// The warning that a policy accepts nothing is given exactly where no job at all could run.
func TestNeverAcceptsIsTrue(t *testing.T) {
	check := func(t *rapid.T) bool {
		p := drawSound(t)
		src := written(p)
		f := Parse("donations.vox", src)
		why := ""
		for _, problem := range f.Problems() {
			if problem.Code == "vox/policy/never-accepts" {
				why = problem.Message
			}
		}
		if accepted := somethingRuns(p); accepted != (why == "") {
			t.Fatalf("something runs: %v, but the warning is %q\n%s", accepted, why, src)
		}
		return why != ""
	}
	rapid.Check(t, func(t *rapid.T) { check(t) })
	warned := 0
	for seed := range 200 {
		if rapid.Custom(check).Example(seed) {
			warned++
		}
	}
	if warned < 20 || warned > 180 {
		t.Errorf("%d of 200 policies accept nothing: the property is tried on one side only", warned)
	}
}

// somethingRuns looks for a job that a policy accepts, by asking it.
func somethingRuns(p Policy) bool {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	if open, until := p.HoursEnd(at); !open {
		at = until
	}
	first := func(list []string, other string) string {
		if len(list) > 0 {
			return list[0]
		}
		return other
	}
	r := Request{Class: privacy.PairedPeersOnly, Priority: urgent, Scope: first(p.AllowedScopes, ""), At: at}
	peers := append(slices.Clone(people), "bo@elsewhere", "somebody@aurelia", "somebody@elsewhere", "somebody@render")
	for _, s := range p.Slots {
		r.Kind, r.Model = s.Kind, ""
		if asksModels(s.Kind) {
			r.Model = strings.TrimSuffix(first(p.Models, "some"), "*") + "x"
			if !p.GivesModel(r.Model) {
				r.Model = first(p.Models, "")
			}
		}
		for _, r.Peer = range peers {
			r.Mesh = meshOf(r.Peer)
			if Decide(p, nil, r, Load{}).Accept {
				return true
			}
		}
	}
	return false
}
