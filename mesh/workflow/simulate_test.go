package workflow

import (
	"crypto/sha256"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"voxmesh/mesh/privacy"
)

// world decides what becomes of jobs: of one instance at one try always the same.
type world struct {
	seed    string
	hostile bool // outputs may be anything
}

func (w world) dice(format string, args ...any) int {
	sum := sha256.Sum256([]byte(w.seed + fmt.Sprintf(format, args...)))
	return int(sum[0])<<8 | int(sum[1])
}

func (w world) status(activity string, index, try int) Status {
	switch w.dice("status %s %d %d", activity, index, try) % 8 {
	case 0, 1:
		return Failed
	case 2:
		return TimedOut
	case 3:
		if w.dice("killed %s %d", activity, index)%4 == 0 {
			return Killed
		}
	}
	return Succeeded
}

func (w world) output(activity string, index int) string {
	tame := []string{"yes", "no\n", "", "a\nb\n\nc", `["x", 2]`, "[]", `["one"]`, "line\r\n"}
	if w.hostile {
		tame = append(tame, "\x00", "\xff\xfe", "${item}", "[\"\\u0000\"]", string(make([]byte, maxArgBytes+1)))
	}
	return tame[w.dice("output %s %d", activity, index)%len(tame)]
}

// drawWorkflow gives a random graph. Activities stand in another order than the one in which they can run.
func drawWorkflow(t *rapid.T) *Workflow {
	n := rapid.IntRange(1, 7).Draw(t, "activities")
	w := &Workflow{Name: "random", Class: privacy.PairedPeersOnly}
	for i := range n {
		a := Activity{Name: fmt.Sprintf("a%d", i), Runner: "wasm", Module: blobPrefix + hashA, Retry: rapid.IntRange(0, 2).Draw(t, "retry")}
		earlier := func(what string) string {
			return fmt.Sprintf("a%d", rapid.IntRange(0, i-1).Draw(t, what))
		}
		flip := func(what string, of int) bool { return rapid.IntRange(0, of-1).Draw(t, what) == 0 }
		if i > 0 && flip("needs", 2) {
			a.Needs = append(a.Needs, earlier("need"))
		}
		switch {
		case flip("literal", 4):
			a.Each = rapid.SliceOfN(rapid.SampledFrom([]string{"p", "q", "$$"}), 0, 3).Draw(t, "each")
			if i > 0 && flip("reference in it", 3) {
				a.Each = append(a.Each, "${"+earlier("each")+".output}")
			}
		case i > 0 && flip("each of", 3):
			a.EachOf = "${" + earlier("each of") + ".parts}"
		}
		if a.Fanned() {
			a.Args = append(a.Args, "${item}-${index}")
		}
		if i > 0 && flip("arg", 2) {
			a.Args = append(a.Args, rapid.SampledFrom([]string{"${%s.output}", "x${%s.parts}y", "${%s.parts[0]}"}).Draw(t, "form"))
			a.Args[len(a.Args)-1] = fmt.Sprintf(a.Args[len(a.Args)-1], earlier("arg of"))
		}
		for i > 0 && flip("when", 3) && len(a.When) < 3 {
			c := Condition{Of: earlier("of"), Is: rapid.SampledFrom(append([]string{""}, outcomes...)).Draw(t, "is"), Not: rapid.Bool().Draw(t, "not")}
			if c.Is == "" {
				c.Says = rapid.SampledFrom([]string{"yes", "no", "${" + c.Of + ".output}"}).Draw(t, "says")
			}
			a.When = append(a.When, c)
		}
		w.Activities = append(w.Activities, a)
	}
	order := rapid.Permutation(w.Activities).Draw(t, "file order")
	w.Activities = order
	return w
}

// engine records what is decided, and may be killed between any two records.
type engine struct {
	*rapid.T
	d       *Definition
	world   world
	crashes bool
	p       Progress
	asked   map[string]int // outputs, in this Next
	keys    map[string]string
	done    bool
	status  Status
	error   string
}

func (e *engine) of(name string) *Activities {
	if e.p[name] == nil {
		e.p[name] = &Activities{}
	}
	return e.p[name]
}

func (e *engine) run() {
	for step := 0; !e.done; step++ {
		if step > 2000 {
			e.Fatalf("the run does not end: %+v", e.p)
		}
		clear(e.asked)
		room := 1 + rapid.IntRange(0, 4).Draw(e.T, "room")
		dec, err := e.d.Next(e.p, room)
		if err != nil {
			e.Fatal(err)
		}
		if len(dec.Start) > room {
			e.Fatalf("%d starts where there is room for %d", len(dec.Start), room)
		}
		e.record(dec, e.cut(dec))
		e.progress(dec.Empty())
	}
}

// cut says how many records of a Decision are made before the engine is killed.
func (e *engine) cut(dec Decision) int {
	all := len(dec.Expand) + len(dec.Skip) + len(dec.Start) + 1
	if !e.crashes {
		return all
	}
	return rapid.IntRange(0, all).Draw(e.T, "records")
}

func (e *engine) record(dec Decision, most int) {
	for _, x := range dec.Expand {
		if most--; most < 0 {
			return
		}
		a := e.of(x.Activity)
		if a.Expanded {
			e.Fatalf("%s is expanded twice", x.Activity)
		}
		a.Expanded, a.Items = true, x.Items
	}
	for _, s := range dec.Skip {
		if most--; most < 0 {
			return
		}
		if a := e.of(s.Activity); a.Skipped != "" || s.Why == "" || slices.ContainsFunc(a.Instances, func(in Instance) bool { return in.Status != Waiting }) {
			e.Fatalf("skipped: %+v, which is %+v", s, a)
		}
		e.of(s.Activity).Skipped = s.Why
	}
	for _, s := range dec.Start {
		if most--; most < 0 {
			return
		}
		e.start(s)
	}
	if most > 0 && dec.Done {
		e.done, e.status, e.error = true, dec.Status, dec.Error
	}
}

func (e *engine) start(s Start) {
	label := fmt.Sprintf("%s try %d", Label(s.Activity, s.Index, s.Fanned), s.Try)
	a := e.of(s.Activity)
	for len(a.Instances) <= s.Index {
		a.Instances = append(a.Instances, Instance{})
	}
	in := &a.Instances[s.Index]
	if in.Try != s.Try-1 || in.Status == Active || in.Status == Succeeded || in.Status == Killed || a.Skipped != "" {
		e.Fatalf("%s is started, and it is %+v", label, in)
	}
	if act, _ := e.d.Activity(s.Activity); s.Try > act.Retry+1 || s.Fanned != act.Fanned() || s.Fanned && s.Index >= len(a.Items) {
		e.Fatalf("%s is started of %+v", label, act)
	}
	for _, need := range e.d.NeedsOf(s.Activity) {
		if !e.ended(need) {
			e.Fatalf("%s is started, and %s has not ended: %+v", label, need, e.p[need])
		}
	}
	name := Label(s.Activity, s.Index, s.Fanned)
	if k := e.keys[name]; k != "" && k != s.Key {
		e.Fatalf("%s has two keys", name)
	}
	e.keys[name] = s.Key
	in.Status, in.Try, in.Output = Active, s.Try, nil
}

// ended looks at what is recorded alone.
func (e *engine) ended(name string) bool {
	a, rec := &Activity{}, e.of(name)
	a, _ = e.d.Activity(name)
	n := 1
	switch {
	case rec.Skipped != "":
		return true
	case a.Fanned() && !rec.Expanded:
		return false
	case a.Fanned():
		n = len(rec.Items)
	}
	for k := range n {
		if k >= len(rec.Instances) {
			return false
		}
		if in := rec.Instances[k]; in.Status <= Active || (in.Status == Failed || in.Status == TimedOut) && in.Try <= a.Retry {
			return false
		}
	}
	return true
}

// progress lets some of the jobs that are on their way end; at least one where all would wait else.
func (e *engine) progress(must bool) {
	names := make([]string, 0, len(e.p))
	for name := range e.p {
		names = append(names, name)
	}
	slices.Sort(names)
	ended := 0
	for _, name := range names {
		for k := range e.p[name].Instances {
			in := &e.p[name].Instances[k]
			if in.Status != Active || !(must && ended == 0) && rapid.Bool().Draw(e.T, "goes on") {
				continue
			}
			ended++
			if in.Status = e.world.status(name, k, in.Try); in.Status != Succeeded {
				continue
			}
			in.Output = func() ([]byte, error) {
				label := fmt.Sprintf("%s %d", name, k)
				if e.asked[label]++; e.asked[label] > 1 {
					e.Fatalf("the output of %s is asked for twice", label)
				}
				return []byte(e.world.output(name, k)), nil
			}
		}
	}
	if must && ended == 0 {
		e.Fatalf("nothing is on its way, and nothing is to be done: %+v", e.p)
	}
}

// result is what a run came to.
type result struct {
	Status Status
	Error  string
	Ends   map[string]string
	Keys   map[string]string
}

func (e *engine) result() result {
	r := result{e.status, e.error, map[string]string{}, e.keys}
	for i := range e.d.Activities {
		name := e.d.Activities[i].Name
		rec := e.of(name)
		text := fmt.Sprintf("%q", rec.Items)
		switch {
		case Unable(rec.Skipped):
			text = rec.Skipped
		case rec.Skipped != "": // of several reasons the one that came first
			text = "skipped"
		}
		for _, in := range rec.Instances {
			text += fmt.Sprintf(" %s %d", in.Status.said(), in.Try)
		}
		r.Ends[name] = text
	}
	return r
}

func simulate(t *rapid.T, d *Definition, w world, crashes bool) *engine {
	e := &engine{T: t, d: d, world: w, crashes: crashes, p: Progress{}, asked: map[string]int{}, keys: map[string]string{}}
	e.run()
	return e
}

// However often the engine is killed, and in whatever order jobs end: each instance is started once for each try, after all
// that it waits for; the run ends; and it comes to the same.
func TestARunComesToTheSameWhateverCrashes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorkflow(t)
		d, err := Compile(w, nil)
		if err != nil {
			t.Fatalf("%v: %+v", err, w)
		}
		of := world{rapid.StringN(0, 4, 8).Draw(t, "seed"), rapid.Bool().Draw(t, "hostile")}
		calm := simulate(t, d, of, false)
		rough := simulate(t, d, of, true)
		if a, b := calm.result(), rough.result(); !reflect.DeepEqual(a, b) {
			t.Fatalf("without crashes\n%+v\nwith crashes\n%+v", a, b)
		}
		if !of.hostile {
			if want, got := oracle(d, of), calm.ends(); !reflect.DeepEqual(got, want) {
				t.Fatalf("%+v\ngot\n%+v\nwant\n%+v", w, got, want)
			}
		}
		// Once it is done, it is done whenever it is asked.
		clear(rough.asked)
		if again, err := d.Next(rough.p, 0); err != nil || !again.Done || again.Status != rough.status || len(again.Skip)+len(again.Expand) > 0 {
			t.Fatalf("asked again: %+v, %v", again, err)
		}
	})
}
