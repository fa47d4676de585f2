package palette

import (
	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/list"
	"voxmesh/tui/palette/match"
	"voxmesh/tui/pane"
)

// every is how many seconds pass between two looks at a mesh that makes many entries; one that makes few is looked at
// each second.
const every = 5

// small is how many entries are made anew on the event loop each second.
const small = 1000

// refresh makes the entries of the world that is shown: at once where there are few.
func (l *Layer) refresh() tea.Cmd {
	looks := looksOf(l.keys, l.s) // panes answer for their keys here only
	l.live = l.s.Live()
	if many(l.s.World.State) <= small {
		l.building = 0
		return l.have(build(l.s, looks))
	}
	l.building = l.s.Generation()
	gen, s := l.building, *l.s
	if l.index == nil {
		l.fill(nil, 0)
	}
	return func() tea.Msg { return built{gen, build(&s, looks)} }
}

func (l *Layer) built(b built) (pane.Action, tea.Cmd) {
	if b.generation != l.building {
		return nil, nil
	}
	l.building = 0
	cmd := l.have(b.index)
	return l.late(cmd)
}

// have takes new entries. A search among the old ones is dropped.
func (l *Layer) have(x *index) tea.Cmd {
	l.index, l.finder = x, match.NewFinder(x.set)
	l.searching, l.again = 0, false
	return l.search()
}

// second looks whether the mesh became another one.
func (l *Layer) second() tea.Cmd {
	l.seconds++
	st := l.s.World.State
	switch {
	case l.building != 0, l.index == nil, st == l.index.state:
		return nil
	case many(st) > small && l.seconds%every != 0:
		return nil
	}
	return l.refresh()
}

// typed looks for what is typed now.
func (l *Layer) typed() tea.Cmd {
	l.pressed, l.failed, l.handing = "", nil, 0
	return l.search()
}

// search looks for what is typed: at once among few entries, in a command among many.
func (l *Layer) search() tea.Cmd {
	text := l.in.Value()
	m, _, rest := query(text)
	if l.index == nil {
		l.fill(nil, 0)
		return nil
	}
	from, to := l.index.part(m)
	switch {
	case m == submit && rest != "":
		l.fill([]entry{sending(rest)}, 1)
		return nil
	case m == submit:
		l.fill(nil, 0)
		return nil
	case m == everything && rest == "":
		l.fill(l.beginning(), to)
		return nil
	case m == file:
		path, narrow := fileAndNodes(rest)
		if path == "" {
			l.fill(nil, 0)
			return nil
		}
		rest = narrow
	}
	if l.searching != 0 {
		l.again = true
		return nil
	}
	if to-from <= atOnce {
		res, err := l.finder.Find(l.ctx, rest, from, to)
		if err == nil {
			l.take(text, res)
		}
		return nil
	}
	l.searching = l.s.Generation()
	gen, f, ctx := l.searching, l.finder, l.ctx
	return func() tea.Msg {
		res, err := f.Find(ctx, rest, from, to)
		return matched{gen, text, res, err}
	}
}

func (l *Layer) matched(m matched) (pane.Action, tea.Cmd) {
	if m.generation != l.searching {
		return nil, nil
	}
	l.searching = 0
	if l.again || m.text != l.in.Value() {
		l.again = false
		return l.late(l.search())
	}
	if m.err == nil {
		l.take(m.text, m.result)
	}
	return l.late(nil)
}

// waiting reports whether the rows are not yet those of what is typed.
func (l *Layer) waiting() bool { return l.index == nil || l.searching != 0 }

// late does what was pressed before the answer was there.
func (l *Layer) late(cmd tea.Cmd) (pane.Action, tea.Cmd) {
	if l.pressed == "" || l.waiting() {
		return nil, cmd
	}
	id := l.pressed
	l.pressed = ""
	act, then := l.finish(id)
	return act, tea.Batch(cmd, then)
}

// take makes the rows of an answer.
func (l *Layer) take(text string, r match.Result) {
	m, _, rest := query(text)
	path, _ := fileAndNodes(rest)
	rows := make([]entry, 0, len(r.Best))
	for _, h := range r.Best {
		e := l.index.entries[h.At]
		to, ok := e, true
		switch m {
		case file:
			to, ok = sendingTo(e, path)
		case urgent, deferred:
			to, ok = ranking(e, m)
		}
		if !ok {
			r.Total--
			continue
		}
		e = to
		rows = append(rows, e)
	}
	l.fill(rows, r.Total)
}

// fill shows rows. Those of another query begin with the first; the cursor of the same one stays with its row.
func (l *Layer) fill(rows []entry, total int) {
	if text := l.in.Value(); text != l.shown {
		l.shown, l.list = text, list.List{}
		l.list.Keep(true)
	}
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].key()
	}
	l.rows, l.total = rows, total
	l.list.Set(ids)
}

// beginning is what stands there before anything is typed: the thing that the palette was opened on, what was chosen
// lately, what fits the selection, then all else.
func (l *Layer) beginning() []entry {
	var out []entry
	seen := map[string]bool{}
	put := func(es []entry) {
		for _, e := range es {
			if k := e.key(); !seen[k] && len(out) < match.Best {
				seen[k] = true
				out = append(out, e)
			}
		}
	}
	put(l.possible(fitting(l.s, l.first)))
	put(l.lately())
	for _, on := range selected(l.s) {
		put(l.possible(fitting(l.s, on)))
	}
	put(l.index.entries[l.index.things:l.index.looks])
	put(l.index.entries[:min(len(l.index.entries), 2*match.Best)])
	return out
}

// possible puts what can't be done last.
func (l *Layer) possible(es []entry) []entry {
	var can, not []entry
	for _, e := range es {
		if l.why(e) == "" {
			can = append(can, e)
		} else {
			not = append(not, e)
		}
	}
	return append(can, not...)
}

// lately gives what was chosen before and is still there, in today's words.
func (l *Layer) lately() []entry {
	var out []entry
	for _, e := range l.recent.chosen {
		if e.on.Kind != pane.None {
			there, ok := entryOf(l.s, e.on)
			if !ok {
				continue
			}
			if e.does == act {
				e = actEntry(l.s, e.verb, e.on, there.title())
			}
		}
		if out = append(out, e); len(out) == offered {
			break
		}
	}
	return out
}
