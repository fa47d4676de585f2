package hopper

import (
	"fmt"
	"strings"
	"testing"
)

func boardOf(n int) *Board {
	b := &Board{}
	for i := 1; i <= n; i++ {
		b.Admit(Item{ID: fmt.Sprintf("h-%06x", i), Intent: "work", Run: "r-1", Rank: Rank{Priority(1 + i%9), Orchestrator}, At: int64(i) * 1000, Seq: uint64(i)})
	}
	return b
}

func BenchmarkBoard(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		board := boardOf(n)
		id := fmt.Sprintf("h-%06x", n/2)
		b.Run(fmt.Sprintf("admit/%d", n), func(b *testing.B) {
			c := board.Copy()
			for i := n + 1; b.Loop(); i++ {
				c.Admit(Item{ID: fmt.Sprintf("h-%06x", i), Rank: Rank{Normal, Orchestrator}, At: int64(i) * 1000, Seq: uint64(i)})
			}
		})
		b.Run(fmt.Sprintf("copy and override/%d", n), func(b *testing.B) {
			c := board.Copy()
			for i := 0; b.Loop(); i++ {
				c = c.Copy()
				c.Override(id, Override{To: Priority(1 + i%9)}, 0)
			}
		})
		b.Run(fmt.Sprintf("move/%d", n), func(b *testing.B) {
			c := board.Copy()
			for i := 0; b.Loop(); i++ {
				m, _ := c.MoveTo(id, 1+(i*7919)%n)
				c.Override(id, Override{Place: m.Place}, m.Order)
			}
		})
		b.Run(fmt.Sprintf("inbox 40/%d", n), func(b *testing.B) {
			for b.Loop() {
				_ = board.InboxFrom(n/2, 40)
			}
		})
		b.Run(fmt.Sprintf("place/%d", n), func(b *testing.B) {
			for b.Loop() {
				_ = board.Place(id)
			}
		})
		b.Run(fmt.Sprintf("places/%d", n), func(b *testing.B) {
			for b.Loop() {
				_ = board.Places()
			}
		})
	}
}

func BenchmarkClassify(b *testing.B) {
	for name, intent := range map[string]string{
		"a sentence":        "please bisect the regression on bob-cpu as soon as possible, the release is blocked",
		"1 MB of words":     strings.Repeat("not urgent now whenever ", 1<<20/24),
		"1 MB of marks":     strings.Repeat("\"`“«", 1<<20/7),
		"1 MB of one word":  strings.Repeat("u", 1<<20),
		"1 MB of bad bytes": strings.Repeat("\xff\x00\xe2", 1<<20/3),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_ = Classify(intent, known)
			}
		})
	}
}
