package match

import (
	"bytes"
	"cmp"
	"container/heap"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/junegunn/fzf/src/algo"
	"github.com/junegunn/fzf/src/util"
)

// Hit is a text that fits.
type Hit struct {
	At    int // its place in the Set
	Score int
}

// Result is the answer to a query.
type Result struct {
	Total int   // how many texts fit
	Best  []Hit // the best of them, best first
}

// Finder answers one query after the other. One goroutine at a time may use it. Make one with NewFinder.
type Finder struct {
	set      *Set
	from, to int     // the part of the set that was searched last
	last     query   // what for
	hits     []found // and which texts fitted, in order
	known    bool    // hits is the answer to last, whole
	spare    []found
	hands    [2]hand
}

// found is a text that fits, and where the letters of the last word end in it, each as early as it can stand.
type found struct{ at, end int32 }

// NewFinder makes a finder for a set.
func NewFinder(s *Set) *Finder { return &Finder{set: s} }

// split is how many texts a query must look at before a second core pays for its start.
const split = 2048

// Find gives the texts of the part [from, to) of the set that fit a query. An empty query fits all, in their order. When
// ctx ends it stops early and gives its error; the finder can be used again.
func (f *Finder) Find(ctx context.Context, text string, from, to int) (Result, error) {
	from, to = max(from, 0), min(to, f.set.Len())
	q := parse(text)
	if len(q.words) == 0 {
		return f.all(from, to), ctx.Err()
	}
	job := search{set: f.set, q: q, base: from}
	n := max(to-from, 0)
	if f.known && f.from == from && f.to == to && q.narrows(f.last) {
		job.among, job.narrow, n = f.hits, true, len(f.hits)
		job.had, job.grown = q.grows(f.last)
	}
	half := n
	if n >= split {
		half = n / 2
	}
	one, two := &f.hands[0], &f.hands[1]
	one.begin(job, 0, half)
	two.begin(job, half, n)
	var wg sync.WaitGroup
	if half < n {
		wg.Go(func() { two.work(ctx) })
	}
	one.work(ctx)
	wg.Wait()
	if err := ctx.Err(); err != nil {
		f.known = false
		return Result{}, err
	}
	hits := append(append(f.spare[:0], one.hits...), two.hits...)
	f.spare, f.hits = f.hits, hits
	f.from, f.to, f.last, f.known = from, to, q, true
	best := slices.Concat(one.best, two.best)
	slices.SortFunc(best, func(a, b Hit) int { return cmp.Or(b.Score-a.Score, a.At-b.At) })
	return Result{len(hits), best[:min(len(best), Best)]}, nil
}

func (f *Finder) all(from, to int) Result {
	r := Result{Total: max(to-from, 0)}
	for i := from; i < to && len(r.Best) < Best; i++ {
		r.Best = append(r.Best, Hit{At: i})
	}
	return r
}

// search is what is looked for, and where.
type search struct {
	set    *Set
	q      query
	base   int     // all texts from here on
	narrow bool    // no: only those among
	among  []found // and of these
	grown  bool    // the last word is only longer, so what was found holds
	had    int     // for its first so many bytes
}

// hand is what one core works with.
type hand struct {
	search
	lo, hi int // the part that is its own
	hits   []found
	best   worst
	slab   *util.Slab
}

// The room that fzf's algorithm works in, as large as fzf itself has it: a text and a word for which it is too small
// are scored by its simpler algorithm.
const slab16, slab32 = 100 * 1024, 2048

func (h *hand) begin(s search, lo, hi int) {
	if h.slab == nil && lo < hi {
		h.slab = util.MakeSlab(slab16, slab32)
	}
	h.search, h.lo, h.hi = s, lo, hi
	h.hits, h.best = h.hits[:0], nil
}

// block is how many texts are looked at between two looks at the context.
const block = 1024

func (h *hand) work(ctx context.Context) {
	for lo := h.lo; lo < h.hi && ctx.Err() == nil; lo += block {
		h.sweep(lo, min(lo+block, h.hi))
	}
}

// sweep looks at some texts: first at their masks, which is cheap, then at those that are left.
func (h *hand) sweep(lo, hi int) {
	first := len(h.hits)
	if h.narrow {
		for _, f := range h.among[lo:hi] {
			if h.set.masks[f.at]&h.q.mask == h.q.mask {
				h.hits = append(h.hits, f)
			}
		}
	} else {
		for i := h.base + lo; i < h.base+hi; i++ {
			if h.set.masks[i]&h.q.mask == h.q.mask {
				h.hits = append(h.hits, found{at: int32(i)})
			}
		}
	}
	kept := h.hits[:first]
	for _, f := range h.hits[first:] {
		text := h.set.text(int(f.at))
		if f.end = h.end(text, f.end); f.end >= 0 {
			kept = append(kept, f)
			h.rank(int(f.at), text)
		}
	}
	h.hits = kept
}

// end gives where the letters of the last word end in a text, below zero where it does not fit. was is where they ended
// before the word grew.
func (h *hand) end(text []byte, was int32) int32 {
	if h.grown {
		return int32(h.q.words[len(h.q.words)-1].after(text, int(was), h.had))
	}
	return int32(h.q.fits(text))
}

// rank scores a text that fits, unless it can't be among the best any more: they are looked at in order, so that a
// later one with the same score does not come before an earlier one.
func (h *hand) rank(i int, text []byte) {
	extra := 0
	if bytes.HasPrefix(text, h.q.words[0].lower) {
		extra = forPrefix
	}
	if h.set.isLast(i) {
		extra -= forLast
	}
	full := len(h.best) == Best
	if full {
		most := h.q.most + extra - h.best[0].Score // how much it could be better than the last of them
		if most <= 0 || most <= forGap && h.apart(text) {
			return
		}
	}
	hit := Hit{i, extra + h.score(i, text)}
	switch {
	case !full:
		heap.Push(&h.best, hit)
	case hit.Score > h.best[0].Score:
		h.best[0] = hit
		heap.Fix(&h.best, 0)
	}
}

// apart reports whether the letters of a word don't stand together in a text.
func (h *hand) apart(text []byte) bool {
	for i := range h.q.words {
		if !bytes.Contains(text, h.q.words[i].lower) {
			return true
		}
	}
	return false
}

func (h *hand) score(i int, text []byte) int {
	chars := util.ToChars(text)
	sum := 0
	for k := range h.q.words {
		w := &h.q.words[k]
		// Both are in lower case already: compared as they are.
		r, _ := algo.FuzzyMatchV2(true, false, true, &chars, w.runes, false, h.slab)
		sum += r.Score
		if w.typed != "" && strings.Contains(h.set.texts[i], w.typed) {
			sum += forCapital
		}
	}
	return sum
}

// worst is a heap with the hit on top that goes first: the lowest score, of equal ones the last.
type worst []Hit

func (w worst) Len() int { return len(w) }

func (w worst) Less(i, j int) bool {
	if w[i].Score != w[j].Score {
		return w[i].Score < w[j].Score
	}
	return w[i].At > w[j].At
}

func (w worst) Swap(i, j int) { w[i], w[j] = w[j], w[i] }

// Push and Pop are for container/heap.
func (w *worst) Push(x any) { *w = append(*w, x.(Hit)) }

// Pop takes the last.
func (w *worst) Pop() any {
	old := *w
	x := old[len(old)-1]
	*w = old[:len(old)-1]
	return x
}
