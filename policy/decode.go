package policy

import (
	"fmt"
	"slices"
	"time"

	"voxmesh/policy/syntax"
)

// decoder turns nodes into a Policy and says what does not fit. Where the form is already wrong (a value that is
// missing) it is silent: that was said.
type decoder struct {
	f      *File
	errors int
	zones  map[string]*time.Location // that were asked for, with those that are unknown as nil
}

func (d *decoder) fail(n syntax.Node, code, message, expected, near string) {
	d.errors++
	start, _ := n.Span()
	d.f.add(problemAt{SeverityError, code, start, message, expected, near})
}

func (d *decoder) say(s Severity, n syntax.Node, code, message, expected, near string) {
	start, _ := n.Span()
	d.f.add(problemAt{s, code, start, message, expected, near})
}

// where names a setting in a message: a field, or an element of a list with a field in it. It is text only when needed.
type where struct {
	list  string
	i     int
	field string
}

func named(field string) where { return where{field: field} }

func (w where) in(field string) where { return where{w.list, w.i, field} }

func (w where) String() string {
	switch {
	case w.list == "":
		return w.field
	case w.field == "":
		return fmt.Sprintf("%s[%d]", w.list, w.i)
	}
	return fmt.Sprintf("%s[%d].%s", w.list, w.i, w.field)
}

// fieldsOf yields the fields of a block or record that are known, with their values, and says which are unknown or
// there twice.
func (d *decoder) fieldsOf(n syntax.Node, what string, known []Field, read func(f *Field, v syntax.Node)) {
	var seen []syntax.Node // of the fields that are known, by their place in known
	var others map[string]syntax.Node
	for c := range n.Children() {
		if c.Kind() == syntax.BlockNode {
			d.fail(c, "wrong-type", "a block cannot stand within "+what, "a field", "")
			continue
		}
		if c.Kind() != syntax.FieldNode {
			continue
		}
		text := c.Name()
		at := slices.IndexFunc(known, func(f Field) bool { return f.Name == string(text) })
		if at >= 0 {
			if seen == nil {
				seen = make([]syntax.Node, len(known))
			}
			if d.twice(c, seen[at]) {
				continue
			}
			seen[at] = c
			read(&known[at], c.Value())
			continue
		}
		if d.twice(c, others[string(text)]) {
			continue
		}
		if others == nil {
			others = make(map[string]syntax.Node)
		}
		others[string(text)] = c
		if d.f.full() { // looking for a name that is like it costs
			d.f.unsaid++
			continue
		}
		name := string(text)
		d.say(SeverityNote, c, "unknown-field", fmt.Sprintf("%q is no field of %s known to this version; it is kept and has no effect", clip(name), what), "", nearest(name, fieldNames(known)))
	}
}

// twice says that a field is there again, if it is.
func (d *decoder) twice(c, before syntax.Node) bool {
	if !before.Valid() {
		return false
	}
	line := 0
	if !d.f.full() { // finding a line costs
		line = before.Line()
	}
	d.fail(c, "duplicate-field", fmt.Sprintf("%s was already given on line %d", clip(string(c.Name())), line), "one of the two", "")
	return true
}

func fieldNames(fields []Field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

func (d *decoder) policy(n syntax.Node) Policy {
	p := Policy{Name: string(n.Name()), Slots: []Slot{}, MaxJobSeconds: DefaultMaxJobSeconds, Overrides: []Override{}}
	d.fieldsOf(n, "a policy", table, func(f *Field, v syntax.Node) {
		switch f.Name {
		case fSlots:
			d.slots(&p, v)
		case fNSFW:
			d.boolean(v, named(f.Name), &p.NSFWAllowed)
		case fMaxJob:
			if i, ok := d.integer(v, named(f.Name), f, "a whole number of seconds, 0 for no limit"); ok {
				p.MaxJobSeconds = i
			}
		case fPublic:
			d.boolean(v, named(f.Name), &p.PublicMeshOptIn)
		case fMinPrio:
			if i, ok := d.integer(v, named(f.Name), f, ""); ok {
				p.MinPriority = uint8(i)
			}
		case fScopes:
			p.AllowedScopes = d.names(v, f.Name)
		case fUsers:
			p.AllowedUsers = d.users(v, f.Name)
		case fDenied:
			p.DeniedUsers = d.names(v, f.Name)
		case fMeshes:
			p.AllowedMeshNetworks = d.names(v, f.Name)
		case fOverrides:
			d.overrides(&p, v)
		case fHours:
			d.hours(&p, v)
		case fBusy:
			d.busy(&p, v)
		case fCommands:
			d.commands(&p, v)
		case fModels:
			d.models(&p, v)
		case fPrices:
			d.prices(&p, v)
		}
	})
	d.check(n, &p)
	return p
}
