package workflow

import "strings"

// The oracle says how each activity of a run ends from the definition alone, all at once: what Next must come to step by step.
type oracleRun struct {
	d     *Definition
	world world
	ends  map[string]Status
	items map[string][]string
	sub   map[string][]Status
}

func (e *engine) ends() map[string]Status {
	ends := map[string]Status{}
	for i := range e.d.Activities {
		a := &e.d.Activities[i]
		rec := e.of(a.Name)
		switch {
		case Unable(rec.Skipped):
			ends[a.Name] = Failed
		case rec.Skipped != "":
			ends[a.Name] = Skipped
		default:
			ends[a.Name] = Succeeded
			for _, in := range rec.Instances {
				if ends[a.Name] == Succeeded {
					ends[a.Name] = in.Status
				}
			}
		}
	}
	return ends
}

func oracle(d *Definition, w world) map[string]Status {
	o := &oracleRun{d, w, map[string]Status{}, map[string][]string{}, map[string][]Status{}}
	for _, name := range d.Order() {
		a, _ := d.Activity(name)
		o.ends[name] = o.end(a)
	}
	return o.ends
}

func (o *oracleRun) end(a *Activity) Status {
	for _, need := range o.d.NeedsOf(a.Name) {
		spoken := false
		for _, c := range a.When {
			spoken = spoken || c.Of == need
		}
		if !spoken && o.ends[need] != Succeeded {
			return Skipped
		}
	}
	for _, c := range a.When {
		if !o.holds(c) {
			return Skipped
		}
	}
	n := 1
	if a.Fanned() {
		o.items[a.Name] = append([]string{}, a.Each...)
		if a.EachOf != "" {
			o.items[a.Name] = o.parts(strings.TrimSuffix(strings.TrimPrefix(a.EachOf, "${"), ".parts}"))
		}
		n = len(o.items[a.Name])
	}
	if n > 0 {
		for _, arg := range a.Args { // the only input that a tame world cannot make
			if name, ok := strings.CutSuffix(strings.TrimPrefix(arg, "${"), ".parts[0]}"); ok && len(o.parts(name)) == 0 {
				return Failed
			}
		}
	}
	end := Succeeded
	for k := range n {
		try := 1
		for ; try <= a.Retry; try++ {
			if s := o.world.status(a.Name, k, try); s == Succeeded || s == Killed {
				break
			}
		}
		s := o.world.status(a.Name, k, try)
		if o.sub[a.Name] = append(o.sub[a.Name], s); end == Succeeded {
			end = s
		}
	}
	return end
}

func (o *oracleRun) holds(c Condition) bool {
	s := o.ends[c.Of]
	failed := s == Failed || s == TimedOut || s == Killed
	switch c.Is {
	case isSucceeded:
		return (s == Succeeded) != c.Not
	case isFailed:
		return failed != c.Not
	case isSkipped:
		return (s == Skipped) != c.Not
	case isEnded:
		return !c.Not
	}
	if s != Succeeded {
		return false
	}
	out := strings.TrimSpace(o.output(c.Of))
	want := c.Says
	if strings.HasPrefix(want, "${") {
		want = out
	}
	return (out == want) != c.Not
}

func (o *oracleRun) output(name string) string {
	a, _ := o.d.Activity(name)
	if !a.Fanned() {
		return o.world.output(name, 0)
	}
	var all []string
	for k, s := range o.sub[name] {
		if s == Succeeded {
			all = append(all, strings.TrimRight(o.world.output(name, k), "\r\n"))
		}
	}
	return strings.Join(all, "\n")
}

// parts knows the outputs of a tame world.
func (o *oracleRun) parts(name string) []string {
	all := []string{}
	for k, s := range o.sub[name] {
		if s != Succeeded {
			continue
		}
		switch out := o.world.output(name, k); out {
		case `["x", 2]`:
			all = append(all, "x", "2")
		case "[]":
		case `["one"]`:
			all = append(all, "one")
		default:
			all = append(all, strings.Fields(out)...)
		}
	}
	return all
}
