package mesh

import "testing"

// A question to a model that fits nowhere would wait for ever, beside one that fits.
func TestTheDefaultModelIsOneThatFits(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		nodes      [][]Model
	}{
		{"none", "", nil},
		{"most hold it", "b", [][]Model{{{Name: "a", Fits: true}}, {{Name: "b", Fits: true}}, {{Name: "b", Fits: true}}}},
		{"the first of equals", "a", [][]Model{{{Name: "b", Fits: true}}, {{Name: "a", Fits: true}}}},
		{"one fits nowhere", "z", [][]Model{{{Name: "a"}}, {{Name: "a"}}, {{Name: "z", Fits: true}}}},
		{"nothing fits", "a", [][]Model{{{Name: "a"}}, {{Name: "z"}}}},
	} {
		s := &State{}
		for i, models := range tc.nodes {
			id := itoa(uint64(i))
			s.nodes.Set(id, &Node{ID: id, Status: Online, Models: models})
		}
		s.nodes.Set("away", &Node{ID: "away", Status: Offline, Models: []Model{{Name: "0", Fits: true}}})
		if got := s.DefaultModel(); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}
