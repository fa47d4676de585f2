package hopper

import "testing"

func TestPrioritiesHaveNamesAndNumbers(t *testing.T) {
	for s, want := range map[string]Priority{
		"": Normal, "normal": 5, "5": Normal, "background": 1, "1": Background, "urgent": 9, "9": Urgent, "7": 7,
	} {
		if got, err := ParsePriority(s); err != nil || got != want {
			t.Errorf("ParsePriority(%q) = %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"0", "10", "-1", "URGENT", "urgent ", "1.5", "\x1b[31m", "99999999999999999999"} {
		if got, err := ParsePriority(s); err == nil {
			t.Errorf("ParsePriority(%q) = %v, want an error", s, got)
		}
	}
	for p := Priority(1); p <= 9; p++ {
		if back, err := ParsePriority(p.String()); err != nil || back != p {
			t.Errorf("%d is written %q and read as %v, %v", p, p, back, err)
		}
	}
}
