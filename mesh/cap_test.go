package mesh

import "testing"

func TestParseCap(t *testing.T) {
	for in, want := range map[string]int64{"0": 0, "5": 5_000_000, "$1.50": 1_500_000, "0.000001": 1, "1000000": 1e12} {
		if got, ok := ParseCap(in); !ok || got == nil || *got != want {
			t.Errorf("%q is %v, %v; want %d", in, got, ok, want)
		}
	}
	for _, in := range []string{"none", "null"} {
		if got, ok := ParseCap(in); !ok || got != nil {
			t.Errorf("%q is %v, %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "-1", "NaN", "Inf", "1e30", "five", "$", "$$5", "5 ", "1000001"} {
		if got, ok := ParseCap(in); ok {
			t.Errorf("%q is %v", in, got)
		}
	}
}
