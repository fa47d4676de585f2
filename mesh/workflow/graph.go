package workflow

import "slices"

// texts yields every text of an activity that may hold references, with the field that it is of and its place in it.
func (a *Activity) texts(visit func(field string, i int, s string)) {
	for i, s := range a.Args {
		visit(fArgs, i, s)
	}
	visit(fStdin, 0, a.Stdin)
	visit(fPrompt, 0, a.Prompt)
	for i, s := range a.Each {
		visit(fEach, i, s)
	}
	visit(fEach, 0, a.EachOf)
	for i, c := range a.When {
		visit(fSays, i, c.Says)
	}
}

// waitsFor gives all names that an activity waits for, each once: its needs, what it refers to, what its conditions ask.
func (a *Activity) waitsFor() []string {
	var names []string
	seen := make(map[string]bool)
	add := func(n string) {
		if n != "" && !seen[n] {
			seen[n] = true
			names = append(names, n)
		}
	}
	for _, n := range a.Needs {
		add(n)
	}
	a.texts(func(_ string, _ int, s string) {
		for _, r := range refsIn(s) {
			add(r.of)
		}
	})
	for _, c := range a.When {
		add(c.Of)
	}
	return names
}

// NeedsOf gives what an activity waits for: its Needs, what it refers to and what its conditions ask of, each once.
// Names that are no other activity of the workflow are left out.
func (w *Workflow) NeedsOf(activity string) []string {
	a, ok := w.Activity(activity)
	if !ok {
		return nil
	}
	return slices.DeleteFunc(a.waitsFor(), func(n string) bool {
		_, ok := w.Activity(n)
		return !ok || n == activity
	})
}

// index gives the place of each activity by name; of two with one name that of the first.
func (w *Workflow) index() map[string]int {
	at := make(map[string]int, len(w.Activities))
	for i, a := range w.Activities {
		if _, twice := at[a.Name]; !twice {
			at[a.Name] = i
		}
	}
	return at
}

// edges gives for each activity the places of those that it waits for, without itself.
func (w *Workflow) edges(at map[string]int) [][]int {
	edges := make([][]int, len(w.Activities))
	for i := range w.Activities {
		for _, n := range w.Activities[i].waitsFor() {
			if j, ok := at[n]; ok && j != i {
				edges[i] = append(edges[i], j)
			}
		}
	}
	return edges
}

// stages gives the stage of each activity, from 0: one after the last of those that it waits for. -1: it is in a cycle, or
// waits for one that is.
func stages(edges [][]int) []int {
	stage := make([]int, len(edges))
	for i := range stage {
		stage[i] = -1
	}
	for moved := true; moved; {
		moved = false
	next:
		for i, needs := range edges {
			if stage[i] >= 0 {
				continue
			}
			s := 0
			for _, j := range needs {
				if stage[j] < 0 {
					continue next
				}
				s = max(s, stage[j]+1)
			}
			stage[i], moved = s, true
		}
	}
	return stage
}

// order gives the places of the activities, needs first, then as in the file. Those of cycles come last.
func order(edges [][]int) []int {
	done := make([]bool, len(edges))
	all := make([]int, 0, len(edges))
	for len(all) < len(edges) {
		found := -1
		for i, needs := range edges {
			if !done[i] && !slices.ContainsFunc(needs, func(j int) bool { return !done[j] }) {
				found = i
				break
			}
		}
		if found < 0 {
			break
		}
		done[found] = true
		all = append(all, found)
	}
	for i := range edges {
		if !done[i] {
			all = append(all, i)
		}
	}
	return all
}

// Order gives the names of the activities in an order in which they could run: needs first, then as in the file.
func (w *Workflow) Order() []string {
	var names []string
	for _, i := range order(w.edges(w.index())) {
		names = append(names, w.Activities[i].Name)
	}
	return names
}

// Stages gives the names of the activities by stages, each in the order of the file: those of one stage could run side by
// side, and each waits only for earlier stages. Activities of a cycle are in none.
func (w *Workflow) Stages() [][]string {
	var all [][]string
	for i, s := range stages(w.edges(w.index())) {
		for len(all) <= s {
			all = append(all, nil)
		}
		if s >= 0 {
			all[s] = append(all[s], w.Activities[i].Name)
		}
	}
	return all
}

// Downstream gives the activities that depend on any of those named, they included. Names that are none are left out.
func (w *Workflow) Downstream(activities ...string) map[string]bool {
	at := w.index()
	edges := w.edges(at)
	down := make(map[string]bool)
	for _, n := range activities {
		if _, ok := at[n]; ok {
			down[n] = true
		}
	}
	for _, i := range order(edges) {
		if slices.ContainsFunc(edges[i], func(j int) bool { return down[w.Activities[j].Name] }) {
			down[w.Activities[i].Name] = true
		}
	}
	return down
}

// cycle gives the activities of a cycle in which i is, each waiting for the next, i first; nil if it is in none.
// It is the shortest one, and of those the one that comes first in the order in which things are waited for.
func cycle(edges [][]int, i int) []int {
	from := make(map[int]int) // how a place was reached
	queue := []int{i}
	for len(queue) > 0 {
		j := queue[0]
		queue = queue[1:]
		for _, k := range edges[j] {
			if k == i {
				path := []int{j}
				for path[0] != i {
					path = slices.Insert(path, 0, from[path[0]])
				}
				return path
			}
			if _, seen := from[k]; !seen {
				from[k] = j
				queue = append(queue, k)
			}
		}
	}
	return nil
}
