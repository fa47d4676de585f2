package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"voxmesh/policy/syntax"
)

// decoder turns nodes into a Policy and says what does not fit. Where the form is already wrong (a value that is
// missing) it is silent: that was said.
type decoder struct {
	f      *File
	errors int
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

// fieldsOf yields the fields of a block or record to read, and says which are there twice. read answers whether it
// knows the field.
func (d *decoder) fieldsOf(n syntax.Node, what string, known []string, read func(name string, field, value syntax.Node) bool) {
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
		at := slices.IndexFunc(known, func(k string) bool { return k == string(text) })
		var name string
		var before syntax.Node
		if at >= 0 {
			name = known[at]
			if seen == nil {
				seen = make([]syntax.Node, len(known))
			}
			before = seen[at]
		} else {
			name = string(text)
			before = others[name]
		}
		if before.Valid() {
			line := 0
			if !d.f.full() { // finding a line costs
				line = before.Line()
			}
			d.fail(c, "duplicate-field", fmt.Sprintf("%s was already given on line %d", clip(name), line), "one of the two", "")
			continue
		}
		if at >= 0 {
			seen[at] = c
		} else {
			if others == nil {
				others = make(map[string]syntax.Node)
			}
			others[name] = c
		}
		if read(name, c, c.Value()) {
			continue
		}
		if d.f.full() { // looking for a name that is like it costs
			d.f.unsaid++
			continue
		}
		d.say(SeverityNote, c, "unknown-field", fmt.Sprintf("%q is no field of %s known to this version; it is kept and has no effect", clip(name), what), "", nearest(name, known))
	}
}

func (d *decoder) policy(n syntax.Node) Policy {
	p := Policy{Name: string(n.Name()), Slots: []Slot{}, MaxJobSeconds: DefaultMaxJobSeconds, Overrides: []Override{}}
	known := canonical()
	d.fieldsOf(n, "a policy", known, func(name string, field, v syntax.Node) bool {
		switch name {
		case fSlots:
			d.slots(&p, v)
		case fNSFW:
			d.boolean(v, named(name), &p.NSFWAllowed)
		case fMaxJob:
			if i, ok := d.integer(v, named(name), 0, MaxJobSecondsCap, "a whole number of seconds, 0 for no limit"); ok {
				p.MaxJobSeconds = i
			}
		case fPublic:
			d.boolean(v, named(name), &p.PublicMeshOptIn)
		case fMinPrio:
			if i, ok := d.integer(v, named(name), 0, MaxPriority, ""); ok {
				p.MinPriority = uint8(i)
				if i > urgent {
					d.say(SeverityNote, v, "above-urgent", fmt.Sprintf("min_priority %d is above urgent, which is %d: jobs with a named priority are all refused", i, urgent), "", "")
				}
			}
		case fScopes:
			p.AllowedScopes = d.names(v, name)
		case fUsers:
			p.AllowedUsers = d.users(v, name)
		case fDenied:
			p.DeniedUsers = d.names(v, name)
		case fMeshes:
			p.AllowedMeshNetworks = d.names(v, name)
		case fOverrides:
			d.overrides(&p, v)
		default:
			if slices.Contains(known, name) {
				d.say(SeverityWarning, field, "not-enforced", name+" is kept, but this version does not act on it", "", "")
				return true
			}
			return false
		}
		return true
	})
	d.check(n, &p)
	return p
}

func (d *decoder) slots(p *Policy, v syntax.Node) {
	if !d.is(v, syntax.ListNode, named(fSlots), "a list of slots, as in [{ kind: gpu, max_concurrent: 1, weight: 100 }]") {
		return
	}
	i := 0
	for e := range v.Children() {
		if e.Kind() == syntax.ErrorNode {
			continue
		}
		at := where{list: fSlots, i: i}
		i++
		if !d.is(e, syntax.RecordNode, at, "a slot, as in { kind: gpu, max_concurrent: 1, weight: 100 }") {
			continue
		}
		s := d.slot(e, at)
		if s.Kind != "" && slices.ContainsFunc(p.Slots, func(o Slot) bool { return o.Kind == s.Kind }) {
			d.fail(e.Field(fKind).Value(), "duplicate-slot", fmt.Sprintf("there is already a slot for %s", s.Kind), "one slot for each kind", "")
			continue
		}
		if s.Kind != "" {
			p.Slots = append(p.Slots, s)
		}
	}
}

func (d *decoder) slot(e syntax.Node, at where) Slot {
	s := Slot{MaxConcurrent: 1}
	d.fieldsOf(e, "a slot", []string{fKind, fMaxConc, fWeight}, func(name string, _, v syntax.Node) bool {
		switch name {
		case fKind:
			kind, ok := d.name(v, at.in(name), "gpu, cpu, text or embed")
			if ok && !slices.Contains(Kinds(), kind) {
				d.fail(v, "unknown-kind", fmt.Sprintf("%q is no kind of slot", clip(kind)), "gpu, cpu, text or embed", nearest(kind, Kinds()))
			} else if ok {
				s.Kind = kind
			}
		case fMaxConc:
			if i, ok := d.integer(v, at.in(name), 1, MaxConcurrent, ""); ok {
				s.MaxConcurrent = int(i)
			}
		case fWeight:
			if i, ok := d.integer(v, at.in(name), 0, MaxWeight, ""); ok {
				s.Weight = int(i)
			}
		default:
			return false
		}
		return true
	})
	if !e.Field(fKind).Valid() {
		d.fail(e, "missing-field", at.String()+" does not say what kind of work it is for", "kind: gpu, cpu, text or embed", "")
	}
	return s
}

func (d *decoder) overrides(p *Policy, v syntax.Node) {
	if !d.is(v, syntax.ListNode, named(fOverrides), `a list, as in [{ peer: "alice@aurelia", nsfw_allowed: true }]`) {
		return
	}
	i := 0
	for e := range v.Children() {
		if e.Kind() == syntax.ErrorNode {
			continue
		}
		at := where{list: fOverrides, i: i}
		i++
		if d.is(e, syntax.RecordNode, at, `an override, as in { peer: "alice@aurelia", nsfw_allowed: true }`) {
			p.Overrides = append(p.Overrides, d.override(e, at))
		}
	}
}

func (d *decoder) override(e syntax.Node, at where) Override {
	var o Override
	d.fieldsOf(e, "an override", []string{fPeer, fNSFW, fMinPrio, fMaxConc}, func(name string, _, v syntax.Node) bool {
		switch name {
		case fPeer:
			if s, ok := d.name(v, at.in(name), `a peer, as in "alice@aurelia"`); ok {
				o.Peer = s
				d.bareUser(v, s, "an override for it has no effect")
			}
		case fNSFW:
			var b bool
			if d.boolean(v, at.in(name), &b) {
				o.NSFWAllowed = &b
			}
		case fMinPrio:
			if i, ok := d.integer(v, at.in(name), 0, MaxPriority, ""); ok {
				u := uint8(i)
				o.MinPriority = &u
			}
		case fMaxConc:
			if i, ok := d.integer(v, at.in(name), 1, MaxConcurrent, "a whole number from 1 to 64; to refuse a peer, name it in denied_users"); ok {
				n := int(i)
				o.MaxConcurrent = &n
			}
		default:
			return false
		}
		return true
	})
	switch {
	case !e.Field(fPeer).Valid():
		d.fail(e, "missing-field", at.String()+" does not say which peer it is for", `peer: "alice@aurelia"`, "")
	case !e.Field(fNSFW).Valid() && !e.Field(fMinPrio).Valid() && !e.Field(fMaxConc).Valid():
		d.say(SeverityNote, e, "empty-override", at.String()+" changes nothing", "nsfw_allowed, min_priority or max_concurrent", "")
	}
	return o
}

// users reads a list of those allowed, who must be named with their mesh.
func (d *decoder) users(v syntax.Node, list string) []string {
	names := d.names(v, list)
	i := 0
	for e := range v.Children() {
		if s, ok := plainName(e); ok && i < len(names) {
			d.bareUser(e, s, "it matches nobody")
			i++
		}
	}
	return names
}

// bareUser warns of a user without a mesh where only a whole name can match: "alice" of any mesh may be anybody.
func (d *decoder) bareUser(n syntax.Node, s, effect string) {
	if !strings.Contains(s, "@") {
		d.say(SeverityWarning, n, "bare-user", fmt.Sprintf("%q names no mesh: %s", clip(s), effect), "USER@MESH", "")
	}
}

// names reads a list of names. It is never nil if there is a list, so that an empty one is not "any".
func (d *decoder) names(v syntax.Node, list string) []string {
	if !d.is(v, syntax.ListNode, named(list), `a list, as in ["alice@aurelia"]`) {
		return nil
	}
	names := []string{}
	i := 0
	for e := range v.Children() {
		if e.Kind() == syntax.ErrorNode {
			continue
		}
		if s, ok := d.name(e, where{list: list, i: i}, "a string"); ok {
			names = append(names, s)
		}
		i++
	}
	return names
}

// is reports whether v has the kind, and says so if it has not.
func (d *decoder) is(v syntax.Node, k syntax.NodeKind, what where, expected string) bool {
	if v.Kind() == k {
		return true
	}
	if v.Kind() != syntax.None && v.Kind() != syntax.MissingNode {
		d.fail(v, "wrong-type", fmt.Sprintf("%s is %s", what, v.Kind()), expected, "")
	}
	return false
}

func (d *decoder) boolean(v syntax.Node, what where, to *bool) bool {
	if v.Kind() == syntax.NameNode {
		switch text := string(v.Text()); text {
		case "true", "false":
			*to = text == "true"
			return true
		default:
			d.fail(v, "wrong-type", fmt.Sprintf("%s is %s", what, clip(text)), "true or false", nearest(text, []string{"true", "false"}))
			return false
		}
	}
	d.is(v, syntax.NameNode, what, "true or false")
	return false
}

func (d *decoder) integer(v syntax.Node, what where, lo, hi int64, expected string) (int64, bool) {
	if v.Kind() == syntax.NumberNode {
		if i, err := strconv.ParseInt(string(v.Text()), 10, 64); err == nil && i >= lo && i <= hi {
			return i, true
		}
	}
	if expected == "" {
		expected = fmt.Sprintf("a whole number from %d to %d", lo, hi)
	}
	if !d.is(v, syntax.NumberNode, what, expected) {
		return 0, false
	}
	text := string(v.Text())
	if strings.Trim(text, "-0123456789") != "" {
		d.fail(v, "wrong-type", fmt.Sprintf("%s is %s, which is no whole number", what, clip(text)), expected, "")
		return 0, false
	}
	d.fail(v, "out-of-range", fmt.Sprintf("%s is %s; it goes from %d to %d", what, clip(text), lo, hi), expected, "")
	return 0, false
}

// name reads a name, which may be written bare or as a string.
func (d *decoder) name(v syntax.Node, what where, expected string) (string, bool) {
	if s, ok := plainName(v); ok {
		return s, true
	}
	if v.Kind() == syntax.StringNode {
		_, err := syntax.Unquote(v.Text())
		switch {
		case err == nil:
			d.fail(v, "wrong-type", what.String()+" has an empty name", expected, "")
		case err != syntax.ErrUnclosed: //nolint:errorlint // the parser has spoken about that one
			d.fail(v, "bad-string", err.Error(), "", "")
		}
		return "", false
	}
	if v.Kind() == syntax.NameNode {
		d.fail(v, "wrong-type", fmt.Sprintf("%s is %s", what, v.Text()), expected, "")
		return "", false
	}
	d.is(v, syntax.StringNode, what, expected)
	return "", false
}

func plainName(v syntax.Node) (string, bool) {
	switch v.Kind() {
	case syntax.NameNode:
		s := string(v.Text())
		return s, s != "true" && s != "false"
	case syntax.StringNode:
		s, err := syntax.Unquote(v.Text())
		return s, err == nil && s != ""
	}
	return "", false
}
