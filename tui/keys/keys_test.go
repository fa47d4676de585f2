package keys

import (
	"slices"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// The vocabulary: every key has one meaning, every id one binding, and nothing is bound that must not be. What works in
// an open field is apart: the two are never looked up together.
func TestTable(t *testing.T) {
	byID := map[ID]bool{}
	typed, pressed := map[string]ID{}, map[string]ID{}
	for _, g := range Table() {
		byKey := pressed
		if g.Name == "Type" {
			byKey = typed
		}
		for _, b := range g.Bindings {
			if byID[b.ID] {
				t.Errorf("%s stands twice", b.ID)
			}
			byID[b.ID] = true
			if b.Long() == "" || b.Show() == "" || len(b.Keys()) == 0 {
				t.Errorf("%s lacks words or keys", b.ID)
			}
			for _, k := range b.Keys() {
				if other, twice := byKey[k]; twice {
					t.Errorf("%q means %s and %s", k, other, b.ID)
				}
				byKey[k] = b.ID
				if why, never := Never()[k]; never {
					t.Errorf("%q is bound to %s, but %s", k, b.ID, why)
				}
				capital := len(k) == 1 && k[0] >= 'A' && k[0] <= 'Z' || k == "!"
				if capital != b.Acts {
					t.Errorf("%q of %s: capitals act, and nothing else does", k, b.ID)
				}
			}
		}
	}
}

func TestFind(t *testing.T) {
	bs := Pick(Open, Help)
	if b, ok := Find(bs, tea.KeyPressMsg{Code: tea.KeyF1}); !ok || b.ID != Help {
		t.Errorf("f1 is %v, %v", b.ID, ok)
	}
	if _, ok := Find(bs, tea.KeyPressMsg{Code: 'x', Text: "x"}); ok {
		t.Error("x is bound")
	}
	if r := Get(Add).When(func() string { return "no" }).Reason(); r != "no" {
		t.Errorf("reason %q", r)
	}
	if Get(Add).Reason() != "" {
		t.Error("a binding without a reason has one")
	}
}

// In a field letters are text, also those that move elsewhere.
func TestPlain(t *testing.T) {
	if got := Plain(Left, Home).Keys(); !slices.Equal(got, []string{"left", "home"}) {
		t.Errorf("got %q", got)
	}
}
