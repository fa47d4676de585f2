package workflow

import (
	"fmt"
	"slices"
	"time"

	"voxmesh/policy/syntax"
)

// decoder turns nodes into Workflows and says what does not fit by its type; what does not fit together is the checker's
// business. Where the form is already wrong (a value that is missing) it is silent: that was said.
type decoder struct {
	report
	askedOff, askedEnd, askedLine, askedCol int
}

func (d *decoder) fail(n syntax.Node, code, message, expected, near string) {
	start, _ := n.Span()
	d.add(finding{severityError, code, start, message, expected, near})
}

// note is for what is kept and has no effect. The name that is like it is looked for only where it is shown.
func (d *decoder) note(n syntax.Node, code, message, expected string, like func() string) {
	if d.full() {
		d.unsaid++
		return
	}
	start, _ := n.Span()
	severity := severityWarning
	if code == "unknown-block" {
		severity = severityNote
	}
	d.add(finding{severity, code, start, message, expected, like()})
}

// fieldsOf yields the fields of a block or record that are known, with their values, and says which are unknown or there
// twice.
func (d *decoder) fieldsOf(n syntax.Node, what string, known []field, read func(f *field, v syntax.Node)) {
	seen := make(map[string]int) // by name, from 1: how many fields were before it
	var first []syntax.Node
	for c := range n.Children() {
		switch c.Kind() {
		case syntax.BlockNode:
			d.fail(c, "wrong-type", "a block cannot stand within "+what, "a field", "")
			continue
		case syntax.FieldNode:
		default:
			continue
		}
		name := string(c.Name())
		if before := seen[name]; before > 0 {
			d.twice(c, first[before-1], name)
			continue
		}
		first = append(first, c)
		seen[name] = len(first)
		if i := slices.IndexFunc(known, func(f field) bool { return f.name == name }); i >= 0 {
			read(&known[i], c.Value())
			continue
		}
		d.note(c, "unknown-field", fmt.Sprintf("%q is no field of %s known to this version; it has no effect", clip(name), what), "",
			func() string { return nearest(name, fieldNames(known)) })
	}
}

func (d *decoder) twice(c, before syntax.Node, name string) {
	line := 0
	if !d.full() { // finding a line costs
		line = before.Line()
	}
	d.fail(c, "duplicate-field", fmt.Sprintf("%s was already given on line %d", clip(name), line), "one of the two", "")
}

func fieldNames(fields []field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}

// origin is where the parts of an activity, or of the workflow itself, stand in the source.
type origin struct {
	node   syntax.Node              // all of it
	fields map[string][]syntax.Node // the value of a field; of a list its elements, as many as the typed form has
	lists  map[string]syntax.Node
}

func newOrigin(n syntax.Node) origin {
	return origin{n, make(map[string][]syntax.Node), make(map[string]syntax.Node)}
}

// set notes that a field is there.
func (o origin) set(field string, nodes ...syntax.Node) {
	o.fields[field] = append(o.fields[field], nodes...)
}

// workflow reads one block, and checks it.
func (d *decoder) workflow(n syntax.Node) Workflow {
	start, _ := n.NameSpan()
	w := Workflow{Name: string(n.Name())}
	w.Line, w.Col = d.position(start)
	c := fromFile{d: d, own: newOrigin(n)}
	d.fieldsOf(n, "a workflow", workflowFields, func(f *field, v syntax.Node) {
		c.own.set(f.name, v)
		switch f.name {
		case fPrivacy:
			d.class(v, f, &w.Class)
		case fPriority:
			d.word(v, f, f.name, &w.Priority)
		case fActivities:
			d.activities(v, f, &w, &c)
		}
	})
	check(&w, &c)
	if w.Class == 0 {
		w.Class = w.ClassOf(&Activity{})
	}
	return w
}

func (d *decoder) activities(v syntax.Node, f *field, w *Workflow, c *fromFile) {
	const example = `{ name: split, runner: wasm, module: "split.wasm" }`
	if !d.is(v, syntax.ListNode, f.name, "a list, as in [ "+example+" ]") {
		c.unsure = true
		return
	}
	for i, e := range elements(v) {
		if i == MaxActivities {
			d.fail(e, "too-many", fmt.Sprintf("a workflow has at most %d activities", MaxActivities), "", "")
			c.unsure = true
			return
		}
		if !d.is(e, syntax.RecordNode, fmt.Sprintf("%s[%d]", f.name, i), "an activity, as in "+example) {
			c.unsure = true
			continue
		}
		o := newOrigin(e)
		w.Activities = append(w.Activities, d.activity(e, o))
		c.acts = append(c.acts, o)
	}
}

func (d *decoder) activity(n syntax.Node, o origin) Activity {
	var a Activity
	start, _ := n.Span()
	d.fieldsOf(n, "an activity", activityFields, func(f *field, v syntax.Node) {
		switch f.form {
		case formNames, formStrings, formEach, formWhen:
			d.lists(&a, f, v, o)
			return
		}
		o.set(f.name, v)
		switch f.name {
		case fName:
			start, _ = v.Span()
		case fPrivacy:
			d.class(v, f, &a.Class)
		case fRetry:
			d.integer(v, f.name, func(i int) { a.Retry = i })
		case fTimeout:
			d.integer(v, f.name, func(i int) {
				if i == 0 {
					i = beyond // 0 is what stands for none
				}
				a.Timeout = time.Duration(i) * time.Second
			})
		case fNSFW:
			d.boolean(v, f.name, &a.NSFW)
		}
		if to := a.scalar(f.name); to != nil {
			d.word(v, f, f.name, to)
		}
	})
	a.Line, a.Col = d.position(start)
	return a
}

// scalar gives the place of a field that is one text.
func (a *Activity) scalar(field string) *string {
	switch field {
	case fName:
		return &a.Name
	case fRunner:
		return &a.Runner
	case fKind:
		return &a.Kind
	case fModule:
		return &a.Module
	case fCommand:
		return &a.Command
	case fModel:
		return &a.Model
	case fStdin:
		return &a.Stdin
	case fPrompt:
		return &a.Prompt
	case fOn:
		return &a.On
	case fScope:
		return &a.Scope
	}
	return nil
}

// lists reads the fields of an activity that are lists.
func (d *decoder) lists(a *Activity, f *field, v syntax.Node, o origin) {
	switch f.name {
	case fArgs:
		a.Args = d.texts(v, f, o, true)
	case fNeeds:
		a.Needs = d.texts(v, f, o, false)
	case fEach:
		if v.Kind() != syntax.StringNode {
			a.Each = d.texts(v, f, o, true)
			return
		}
		o.set(fEach, v)
		d.word(v, f, f.name, &a.EachOf)
	case fWhen:
		if v.Kind() == syntax.RecordNode {
			d.condition(a, v, f, fWhen, o)
			return
		}
		if !d.is(v, syntax.ListNode, f.name, "a condition, as in { of: lint, is: failed }, or a list of them") {
			return
		}
		for i, e := range elements(v) {
			if i == maxConditions {
				d.fail(e, "too-many", fmt.Sprintf("an activity has at most %d conditions", maxConditions), "", "")
				return
			}
			d.condition(a, e, f, fmt.Sprintf("%s[%d]", fWhen, i), o)
		}
	}
}

// condition reads one. Its nodes are kept under the names of its fields, one of each, so that they stay in step.
func (d *decoder) condition(a *Activity, n syntax.Node, f *field, what string, o origin) {
	if !d.is(n, syntax.RecordNode, what, "a condition, as in { of: lint, is: failed }") {
		return
	}
	var c Condition
	at := map[string]syntax.Node{fOf: n, fIs: n, fSays: n}
	bad := false
	d.fieldsOf(n, "a condition", f.fields, func(f *field, v syntax.Node) {
		at[f.name] = v
		switch f.name {
		case fOf:
			bad = !d.word(v, f, what+"."+f.name, &c.Of) || bad
		case fIs:
			bad = !d.word(v, f, what+"."+f.name, &c.Is) || bad
		case fSays:
			bad = !d.word(v, f, what+"."+f.name, &c.Says) || bad
		case fNot:
			d.boolean(v, what+"."+f.name, &c.Not)
		}
	})
	if bad {
		return
	}
	has := func(field string) bool { return at[field] != n }
	switch {
	case !has(fOf):
		d.fail(n, "missing-field", what+" does not say which activity is asked about", "of: NAME", "")
	case has(fIs) && has(fSays):
		d.fail(at[fIs], "forbidden-field", what+" asks how it ended and what it says; what says something succeeded", "is, or says", "")
	case !has(fIs) && !has(fSays):
		d.fail(n, "missing-field", what+" does not say what is asked of "+clip(c.Of), "is: "+orList(outcomes)+", or says: TEXT", "")
	default:
		a.When = append(a.When, c)
		o.set(fWhen, n)
		o.set(fOf, at[fOf])
		o.set(fIs, at[fIs])
		o.set(fSays, at[fSays])
	}
}
