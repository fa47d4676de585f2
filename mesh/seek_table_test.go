package mesh_test

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// printSeeks prints what was measured as tables in markdown.
func printSeeks(w io.Writer, done []*seekResult) {
	if len(done) == 0 {
		return
	}
	fmt.Fprintf(w, "\n\n### Seeks, warm, in turns (milliseconds)\n\n")
	table(w, "log | seeks | p50 | p90 | p99 | max | ops replayed p50, max | dragging p50, p99 | JSON p50 | JSON p99 | ours, p99 | versions p50 | versions p99 | ours, p99", func(line func(...any)) {
		for _, r := range done {
			line(r.short(), len(r.ours), ms(r.ours.at(.5)), ms(r.ours.at(.9)), ms(r.ours.at(.99)), ms(r.ours.at(1)),
				fmt.Sprintf("%d, %d", quantile(r.replay, .5), quantile(r.replay, 1)), ms(r.drag.at(.5))+", "+ms(r.drag.at(.99)),
				ms(r.json.at(.5)), ms(r.json.at(.99)), ratio(r.ours.at(.99), r.json.at(.99)),
				ms(r.mvcc.at(.5)), ms(r.mvcc.at(.99)), ratio(r.ours.at(.99), r.mvcc.at(.99)))
		}
	})
	fmt.Fprintf(w, "\n### Seeks, warm: time of the processors, the collector's included, mean (milliseconds)\n\n")
	table(w, "log | ours | JSON | ours, of it | versions | ours, of it", func(line func(...any)) {
		for _, r := range done {
			ours, json, mvcc := r.cpuMean("ours", r.ours), r.cpuMean("json", r.json), r.cpuMean("versions", r.mvcc)
			line(r.short(), ms(ours), ms(json), ratio(ours, json), ms(mvcc), ratio(ours, mvcc))
		}
	})
	printGrowth(w, done)
	fmt.Fprintf(w, "\n### Seeks, cold: each in a new process, the file not in memory (milliseconds)\n\n")
	table(w, "log | seeks | p50 | p90 | max | still in memory, at most | opening p50 | JSON p50 | JSON p90 | versions p50 | versions p90", func(line func(...any)) {
		for _, r := range done {
			ours, json, mvcc := r.cold["ours"], r.cold["json"], r.cold["mvcc"]
			line(r.short(), len(ours), ms(ours.at(.5)), ms(ours.at(.9)), ms(ours.at(1)), size(r.coldCached), ms(r.coldOpen.at(.5)),
				ms(json.at(.5)), ms(json.at(.9)), ms(mvcc.at(.5)), ms(mvcc.at(.9)))
		}
	})
	fmt.Fprintf(w, "\n### Memos\n\n")
	table(w, "log | ops, mean bytes | memos | of the op bytes | mean distance, ops | one memo, stored | before S2 | encode ms, best of 10 | decode ms | JSON each 1,024 would be | versions on disk | file | in the state", func(line func(...any)) {
		for _, r := range done {
			st := r.stats
			jsonShare := "–"
			if r.jsonBytes > 0 {
				jsonShare = fmt.Sprintf("%s, %.0f %%", size(int64(r.jsonBytes)), 100*float64(r.jsonBytes)*float64(st.Ops/jsonEvery)/float64(st.OpBytes))
			}
			line(r.short(), fmt.Sprintf("%d, %d", st.Ops, st.OpBytes/max(st.Ops, 1)), st.Memos, fmt.Sprintf("%.1f %%", r.share()), st.Ops/max(st.Memos, 1),
				size(int64(r.memoBytes)), size(int64(r.rawBytes)), ms(r.encode.at(0)), ms(r.decode.at(0)), jsonShare, size(r.mvccBytes), size(st.FileBytes), r.entities)
		}
	})
	fmt.Fprintf(w, "\n### Making the logs\n\n")
	table(w, "log | ops a second | seconds | versions: seconds", func(line func(...any)) {
		for _, r := range done {
			line(r.short(), fmt.Sprintf("%.0f", r.made.Rate()), fmt.Sprintf("%.0f", r.made.Took.Seconds()), fmt.Sprintf("%.0f", r.mvccTook.Seconds()))
		}
	})
	printFolds(w, done)
}

// printGrowth compares the logs that differ in their length alone: what a seek costs should not depend on it.
func printGrowth(w io.Writer, done []*seekResult) {
	for i, long := range done {
		for _, short := range done[:i] {
			alike := long.recipe
			alike.Ops = short.recipe.Ops
			if alike == short.recipe && long.recipe.Ops > short.recipe.Ops {
				fmt.Fprintf(w, "\np50 and p99 at %s are %.2f and %.2f × those at %s.\n", long.short(),
					long.ours.at(.5).Seconds()/short.ours.at(.5).Seconds(), long.ours.at(.99).Seconds()/short.ours.at(.99).Seconds(), short.short())
			}
		}
	}
}

// printFolds prints what the reducer takes, by kind.
func printFolds(w io.Writer, done []*seekResult) {
	fmt.Fprintf(w, "\n### One op (nanoseconds; by kind the median on the clock)\n\n")
	kinds := map[string]int{}
	head := "op"
	for _, r := range done {
		head += " | " + r.short()
		for k, t := range r.fold {
			kinds[k] += len(t)
		}
	}
	order := slices.SortedFunc(maps.Keys(kinds), func(a, b string) int { return cmp.Or(kinds[b]-kinds[a], strings.Compare(a, b)) })
	table(w, head, func(line func(...any)) {
		row := func(name string, get func(*seekResult) string) {
			cells := []any{name}
			for _, r := range done {
				cells = append(cells, get(r))
			}
			line(cells...)
		}
		row("**in a drag, all but the reducer**, of processor time", func(r *seekResult) string { return fmt.Sprint(r.rest.Nanoseconds()) })
		row("**reducer, mean**, of processor time", func(r *seekResult) string { return fmt.Sprint(r.foldOp.Nanoseconds()) })
		for _, k := range order {
			row(k, func(r *seekResult) string {
				total := 0
				for _, t := range r.fold {
					total += len(t)
				}
				t := r.fold[k]
				return fmt.Sprintf("%d (%.1f %% of the ops)", t.at(.5).Nanoseconds(), 100*float64(len(t))/float64(max(total, 1)))
			})
		}
	})
}

func table(w io.Writer, head string, rows func(line func(...any))) {
	fmt.Fprintf(w, "| %s |\n|%s\n", head, strings.Repeat("---|", strings.Count(head, "|")+1))
	rows(func(cells ...any) {
		fmt.Fprint(w, "|")
		for _, c := range cells {
			fmt.Fprintf(w, " %v |", c)
		}
		fmt.Fprintln(w)
	})
}

// short names a log in a table.
func (r *seekResult) short() string {
	ops := fmt.Sprintf("%d k", r.recipe.Ops/1000)
	if r.recipe.Ops%1_000_000 == 0 {
		ops = fmt.Sprintf("%d M", r.recipe.Ops/1_000_000)
	}
	access := ""
	if r.recipe.Skewed {
		access = ", skewed"
	}
	return fmt.Sprintf("%s ops, %d nodes%s", ops, r.recipe.Nodes, access)
}

// ms writes a duration in milliseconds with three digits.
func ms(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	f := d.Seconds() * 1e3
	switch {
	case f >= 100:
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return fmt.Sprintf("%.1f", f)
	case f >= 1:
		return fmt.Sprintf("%.2f", f)
	}
	return fmt.Sprintf("%.3f", f)
}

// ratio writes how much less the first is.
func ratio(ours, theirs time.Duration) string {
	if theirs == 0 || ours == 0 {
		return "–"
	}
	if ours <= theirs {
		return fmt.Sprintf("1/%.1f", theirs.Seconds()/ours.Seconds())
	}
	return fmt.Sprintf("%.1f ×", ours.Seconds()/theirs.Seconds())
}

func size(n int64) string {
	switch {
	case n <= 0:
		return "–"
	case n >= 10<<20:
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d KB", (n+512)>>10)
}

func quantile(list []uint64, q float64) uint64 {
	if len(list) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(list))
	return s[min(int(q*float64(len(s))), len(s)-1)]
}
