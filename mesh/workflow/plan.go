package workflow

// plan is what of a definition is looked up again and again: texts taken apart, places instead of names.
type plan struct {
	at    map[string]int
	order []int
	acts  []planned
}

type planned struct {
	needs  []int
	bytes  []byte // of its definition, for keys
	args   [][]piece
	stdin  []piece
	prompt []piece
	each   [][]piece
	eachOf *reference
	says   [][]piece // as many as conditions
	static bool      // the list is written out, without references
}

func newPlan(w *Workflow) *plan {
	p := &plan{at: w.index()}
	edges := w.edges(p.at)
	p.order = order(edges)
	for i := range w.Activities {
		p.acts = append(p.acts, w.Activities[i].planned(edges[i]))
	}
	return p
}

func (a *Activity) planned(needs []int) planned {
	p := planned{needs: needs, bytes: marshal(a.wire()), stdin: pieces(a.Stdin), prompt: pieces(a.Prompt), static: a.EachOf == ""}
	for _, s := range a.Args {
		p.args = append(p.args, pieces(s))
	}
	for _, s := range a.Each {
		p.each = append(p.each, pieces(s))
		p.static = p.static && len(refsIn(s)) == 0
	}
	if refs := refsIn(a.EachOf); len(refs) > 0 {
		p.eachOf = refs[0]
	}
	for _, c := range a.When {
		p.says = append(p.says, pieces(c.Says))
	}
	return p
}

// planned gives the plan; one that was not made by Compile or Decode gets it for this time.
func (d *Definition) planned() *plan {
	if d.plan != nil {
		return d.plan
	}
	return newPlan(&d.Workflow)
}
