package mesh

import (
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestCostNeverRunsOver(t *testing.T) {
	p := DefaultPrices()
	bob := &Node{ID: "bob"}
	for _, kind := range []string{"gpu", "cpu", "text", "embed", ""} {
		if c := p.Cost(bob, kind, 0, 0); c != 1 {
			t.Errorf("%s for nothing costs %d", kind, c)
		}
		if c := p.Cost(bob, kind, 1<<63-1, 1<<63-1); c < 1 {
			t.Errorf("%s for ever costs %d", kind, c)
		}
	}
	if p.Cost(&Node{Host: true}, "gpu", time.Hour, 0) != 0 || p.Cost(nil, "gpu", time.Hour, 0) != 0 || p.Cost(bob, "gpu", time.Hour, 0) != 400_000 {
		t.Error("an hour of gpu is $0.40, and one's own is free")
	}
}

// A node's own price counts where it names one, exactly and rounded up; what it gives for nothing costs nothing.
func TestANodeAsksItsOwnPrice(t *testing.T) {
	micros := func(n int64) *int64 { return &n }
	bob := &Node{ID: "bob", Prices: []Price{
		{Kind: "gpu", PerHour: micros(3_600_000)}, {Kind: "cpu", PerMTok: micros(7)}, {Kind: "text", PerMTok: micros(1_000_000)}, {Kind: "embed", PerMTok: micros(0), PerHour: micros(9)},
	}}
	p := DefaultPrices()
	for _, tt := range []struct {
		kind   string
		d      time.Duration
		tokens int64
		want   int64
	}{
		{"gpu", time.Hour, 0, 3_600_000},
		{"gpu", time.Second, 99, 1000},
		{"gpu", time.Second + 1, 0, 1001}, // a nanosecond more is a micro-USD more
		{"gpu", time.Nanosecond, 0, 1},
		{"gpu", 1<<63 - 1, 0, 9_223_372_036_855},
		{"cpu", time.Hour, 0, 40_000}, // it names no price by the hour: the mesh's
		{"text", time.Hour, 3, 3},
		{"text", 0, 0, 1},
		{"embed", time.Hour, 1 << 40, 0},
	} {
		if got := p.Cost(bob, tt.kind, tt.d, tt.tokens); got != tt.want {
			t.Errorf("%s for %v and %d tokens costs %d, want %d", tt.kind, tt.d, tt.tokens, got, tt.want)
		}
	}
	dear := &Node{ID: "eve", Prices: []Price{{Kind: "text", PerMTok: micros(1<<63 - 1)}}}
	if got := p.Cost(dear, "text", 0, 1<<62); got != 1<<63-1 {
		t.Errorf("more than can be counted costs %d", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		price, amount := rapid.Int64Range(0, maxPrice).Draw(t, "price"), rapid.Int64Min(0).Draw(t, "amount")
		unit := draw(t, "unit", int64(time.Hour), 1_000_000)
		want := new(big.Int).Mul(big.NewInt(price), big.NewInt(amount))
		want.Add(want, big.NewInt(unit-1)).Div(want, big.NewInt(unit))
		if got := timesUp(price, amount, unit); want.IsInt64() && got != want.Int64() || !want.IsInt64() && got != math.MaxInt64 {
			t.Fatalf("%d × %d ÷ %d is %d, want %v", price, amount, unit, got, want)
		}
	})
}

// What is given for nothing is no paid work: a cap does not keep it away.
func TestWorkForNothingNeedsNoBudget(t *testing.T) {
	tp := newTape().start("bob")
	zero := int64(0)
	tp.op(KindCapSet, &CapSet{Node: "bob", CapMicros: &zero})
	tp.submit("j-1")
	judge := func() string {
		n, _ := tp.s.Node("bob")
		return newPlacement(tp.s, nil, tp.now(), nil).judge(n, tp.job(t, "j-1")).Rule
	}
	if judge() != RuleBudget {
		t.Error("paid work at a cap of nothing")
	}
	tp.op(KindNodeDescribed, &NodeDescribed{Node: "bob", Slots: []Slot{{"cpu", 2, 50}}, Prices: []Price{{Kind: "cpu", PerHour: &zero}}})
	if rule := judge(); rule != "" {
		t.Errorf("refused by %s", rule)
	}
}
