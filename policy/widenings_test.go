package policy

import (
	"slices"

	"pgregory.net/rapid"
)

// widening makes a policy give more in one respect, in place; what it points to is replaced, never changed.
type widening struct {
	name  string
	widen func(p *Policy, t *rapid.T)
}

func widenings() []widening {
	yes, none, more := true, uint8(0), 64
	override := func(change func(o *Override)) func(p *Policy, t *rapid.T) {
		return func(p *Policy, t *rapid.T) {
			if len(p.Overrides) > 0 {
				p.Overrides = slices.Clone(p.Overrides)
				change(&p.Overrides[rapid.IntRange(0, len(p.Overrides)-1).Draw(t, "which")])
			}
		}
	}
	window := func(change func(w *Window)) func(p *Policy, t *rapid.T) {
		return func(p *Policy, t *rapid.T) {
			if len(p.ActiveHours) > 0 {
				p.ActiveHours = slices.Clone(p.ActiveHours)
				change(&p.ActiveHours[rapid.IntRange(0, len(p.ActiveHours)-1).Draw(t, "which")])
			}
		}
	}
	longer := func(list *[]string, of []string, t *rapid.T) {
		if *list != nil {
			*list = append(slices.Clone(*list), rapid.SampledFrom(of).Draw(t, "more"))
		}
	}
	return []widening{
		{"Slots: one more", func(p *Policy, t *rapid.T) {
			p.Slots = append(slices.Clone(p.Slots), Slot{rapid.SampledFrom(Kinds()).Draw(t, "new kind"), 1, 0})
		}},
		{"Slots: more at once", func(p *Policy, _ *rapid.T) {
			p.Slots = slices.Clone(p.Slots)
			for i := range p.Slots {
				p.Slots[i].MaxConcurrent++
			}
		}},
		{"Slots: other weights", func(p *Policy, _ *rapid.T) {
			p.Slots = slices.Clone(p.Slots)
			for i := range p.Slots {
				p.Slots[i].Weight = 0
			}
		}},
		{"NSFWAllowed", func(p *Policy, _ *rapid.T) { p.NSFWAllowed = true }},
		{"MaxJobSeconds: longer", func(p *Policy, _ *rapid.T) {
			if p.MaxJobSeconds > 0 {
				p.MaxJobSeconds++
			}
		}},
		{"MaxJobSeconds: no limit", func(p *Policy, _ *rapid.T) { p.MaxJobSeconds = 0 }},
		{"PublicMeshOptIn", func(p *Policy, _ *rapid.T) { p.PublicMeshOptIn = true }},
		{"MinPriority", func(p *Policy, _ *rapid.T) { p.MinPriority /= 2 }},
		{"AllowedScopes: any", func(p *Policy, _ *rapid.T) { p.AllowedScopes = nil }},
		{"AllowedScopes: more", func(p *Policy, t *rapid.T) { longer(&p.AllowedScopes, words, t) }},
		{"AllowedUsers: any", func(p *Policy, _ *rapid.T) { p.AllowedUsers = nil }},
		{"AllowedUsers: more", func(p *Policy, t *rapid.T) { longer(&p.AllowedUsers, people, t) }},
		{"DeniedUsers: fewer", func(p *Policy, _ *rapid.T) {
			if len(p.DeniedUsers) > 0 {
				p.DeniedUsers = p.DeniedUsers[1:]
			}
		}},
		{"AllowedMeshNetworks: any", func(p *Policy, _ *rapid.T) { p.AllowedMeshNetworks = nil }},
		{"AllowedMeshNetworks: more", func(p *Policy, t *rapid.T) { longer(&p.AllowedMeshNetworks, words, t) }},
		{"Overrides: NSFWAllowed", override(func(o *Override) { o.NSFWAllowed = &yes })},
		{"Overrides: MinPriority", override(func(o *Override) { o.MinPriority = &none })},
		{"Overrides: MaxConcurrent", override(func(o *Override) {
			if o.MaxConcurrent != nil {
				o.MaxConcurrent = &more
			}
		})},
		{"Overrides: a later one", func(p *Policy, t *rapid.T) {
			peer := rapid.SampledFrom(people).Draw(t, "peer")
			p.Overrides = append(slices.Clone(p.Overrides), Override{Peer: peer, NSFWAllowed: &yes, MinPriority: &none, MaxConcurrent: &more})
		}},
		{"ActiveHours: any", func(p *Policy, _ *rapid.T) { p.ActiveHours = nil }},
		{"ActiveHours: one more", func(p *Policy, t *rapid.T) {
			if p.ActiveHours != nil {
				p.ActiveHours = append(slices.Clone(p.ActiveHours), drawWindow(t))
			}
		}},
		{"ActiveHours: every day", window(func(w *Window) { w.Days = nil })},
		{"ActiveHours: one more day", window(func(w *Window) {
			if w.Days != nil {
				w.Days = append(slices.Clone(w.Days), "wed")
			}
		})},
		{"ActiveHours: longer", window(func(w *Window) { w.To = w.From })},
		{"PauseWhenBusy: not", func(p *Policy, _ *rapid.T) { p.PauseWhenBusy = nil }},
		{"PauseWhenBusy: less", func(p *Policy, _ *rapid.T) {
			if p.PauseWhenBusy != nil {
				p.PauseWhenBusy = &Yield{}
			}
		}},
		{"Commands: more", func(p *Policy, t *rapid.T) {
			p.Commands = append(slices.Clone(p.Commands), rapid.SampledFrom(programs).Draw(t, "more"))
		}},
		{"Models: any", func(p *Policy, _ *rapid.T) { p.Models = nil }},
		{"Models: more", func(p *Policy, t *rapid.T) { longer(&p.Models, entries, t) }},
		{"Models: a wider name", func(p *Policy, _ *rapid.T) {
			if len(p.Models) > 0 {
				p.Models = append([]string{"*"}, p.Models[1:]...)
			}
		}},
		{"Prices", func(p *Policy, _ *rapid.T) { p.Prices = nil }},
	}
}
