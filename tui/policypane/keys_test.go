package policypane

import (
	"testing"

	"voxmesh/tui/keys"
)

// In no state a key means two things, or one that is never bound; each that is shown has a word.
func TestKeys(t *testing.T) {
	states := map[string]func(*screen){
		"form":     func(x *screen) {},
		"adder":    func(x *screen) { x.to("slots+") },
		"edited":   func(x *screen) { x.to("nsfw_allowed").do(keys.Mark) },
		"number":   func(x *screen) { x.to("min_priority").do(keys.Open) },
		"names":    func(x *screen) { x.to("allowed_users").do(keys.Open) },
		"carried":  func(x *screen) { x.to("slots[1].kind").do(keys.Move) },
		"file":     func(x *screen) { x.do(keys.View) },
		"detail":   func(x *screen) { x.do(keys.Next) },
		"explain":  func(x *screen) { x.do(keys.Explain) },
		"conflict": func(x *screen) { x.to("nsfw_allowed").do(keys.Mark); x.book.src = nil; second(x).do(keys.Write) },
	}
	for name, enter := range states {
		x := play(t, home, 80, 24)
		x.view()
		enter(x)
		bs := x.p.Keys()
		if x.over != nil {
			bs = x.over.Keys()
		}
		seen := map[string]keys.ID{}
		for _, b := range bs {
			for _, k := range b.Binding.Keys() {
				if other, twice := seen[k]; twice {
					t.Errorf("%s: %s is %s and %s", name, k, other, b.ID)
				}
				if why := keys.Never()[k]; why != "" {
					t.Errorf("%s: %s is never bound: %s", name, k, why)
				}
				seen[k] = b.ID
			}
			if b.Long() == "" {
				t.Errorf("%s: %s says nothing", name, b.ID)
			}
		}
		if len(seen) == 0 {
			t.Errorf("%s has no keys", name)
		}
	}
	// The last row of the pictures.
	x := play(t, home, 120, 40).to("slots[1].max_concurrent").do(keys.Open).typed("6").do(keys.Open)
	row := ""
	for _, b := range x.p.Keys() {
		if b.Short != "" && b.ID != keys.Back {
			row += b.Show() + " " + b.Short + "  "
		}
	}
	const want = "enter edit  space tick  m move  del remove  W write  U undo  Z put back  T stage  e explain  "
	if len(row) < len(want) || row[:len(want)] != want {
		t.Errorf("the keys are\n%s, want\n%s", row, want)
	}
	row = ""
	for _, b := range x.do(keys.Open).p.Keys() {
		if b.Short != "" {
			row += b.Show() + " " + b.Short + "  "
		}
	}
	if row != "enter keep  ↑↓ ±1  tab keep, next field  esc put back  " {
		t.Errorf("while typing the keys are %s", row)
	}
}
