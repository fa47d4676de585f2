package policy

import (
	"fmt"
	"slices"

	"voxmesh/policy/syntax"
)

// records reads a list of records, each by read, and gives how many elements there are. example is a record as it may be.
func (d *decoder) records(v syntax.Node, f *Field, what, example string, read func(e syntax.Node, at where)) (n int, ok bool) {
	if v.Kind() != syntax.ListNode {
		d.is(v, syntax.ListNode, named(f.Name), "a list, as in ["+example+"]")
		return 0, false
	}
	for e := range v.Children() {
		if e.Kind() == syntax.ErrorNode {
			continue
		}
		at := where{list: f.Name, i: n}
		n++
		if e.Kind() != syntax.RecordNode { // the sentence costs, so only then
			d.is(e, syntax.RecordNode, at, what+", as in "+example)
			continue
		}
		read(e, at)
	}
	return n, true
}

// needKind says that a record lacks its kind.
func (d *decoder) needKind(e syntax.Node, at where) bool {
	if e.Field(fKind).Valid() {
		return true
	}
	return d.need(e, at, fKind, "does not say what kind of work it is for", "kind: "+orList(Kinds()))
}

// need says that a record lacks a field.
func (d *decoder) need(e syntax.Node, at where, field, message, expected string) bool {
	if e.Field(field).Valid() {
		return true
	}
	d.fail(e, "missing-field", at.String()+" "+message, expected, "")
	return false
}

func (d *decoder) slots(p *Policy, v syntax.Node) {
	f := &table[indexField(table, fSlots)]
	d.records(v, f, "a slot", "{ kind: gpu, max_concurrent: 1, weight: 100 }", func(e syntax.Node, at where) {
		s := d.slot(e, at, f.Fields)
		if s.Kind != "" && slices.ContainsFunc(p.Slots, func(o Slot) bool { return o.Kind == s.Kind }) {
			d.fail(e.Field(fKind).Value(), "duplicate-slot", fmt.Sprintf("there is already a slot for %s", s.Kind), "one slot for each kind", "")
			return
		}
		if s.Kind != "" {
			p.Slots = append(p.Slots, s)
		}
	})
}

func (d *decoder) slot(e syntax.Node, at where, known []Field) Slot {
	s := Slot{MaxConcurrent: 1}
	d.fieldsOf(e, "a slot", known, func(f *Field, v syntax.Node) {
		switch f.Name {
		case fKind:
			s.Kind = d.kind(v, at.in(f.Name), f)
		case fMaxConc:
			if i, ok := d.integer(v, at.in(f.Name), f, ""); ok {
				s.MaxConcurrent = int(i)
			}
		case fWeight:
			if i, ok := d.integer(v, at.in(f.Name), f, ""); ok {
				s.Weight = int(i)
			}
		}
	})
	d.needKind(e, at)
	return s
}

func (d *decoder) overrides(p *Policy, v syntax.Node) {
	f := &table[indexField(table, fOverrides)]
	d.records(v, f, "an override", `{ peer: "alice@aurelia", nsfw_allowed: true }`, func(e syntax.Node, at where) {
		p.Overrides = append(p.Overrides, d.override(e, at, f.Fields))
	})
}

func (d *decoder) override(e syntax.Node, at where, known []Field) Override {
	var o Override
	d.fieldsOf(e, "an override", known, func(f *Field, v syntax.Node) {
		switch f.Name {
		case fPeer:
			if s, ok := d.name(v, at.in(f.Name), `a peer, as in "alice@aurelia"`); ok {
				o.Peer = s
				d.bareUser(v, s, "an override for it has no effect")
			}
		case fNSFW:
			var b bool
			if d.boolean(v, at.in(f.Name), &b) {
				o.NSFWAllowed = &b
			}
		case fMinPrio:
			if i, ok := d.integer(v, at.in(f.Name), f, ""); ok {
				u := uint8(i)
				o.MinPriority = &u
			}
		case fMaxConc:
			if i, ok := d.integer(v, at.in(f.Name), f, "a whole number from 1 to 64; to refuse a peer, name it in denied_users"); ok {
				n := int(i)
				o.MaxConcurrent = &n
			}
		}
	})
	if d.need(e, at, fPeer, "does not say which peer it is for", `peer: "alice@aurelia"`) &&
		!e.Field(fNSFW).Valid() && !e.Field(fMinPrio).Valid() && !e.Field(fMaxConc).Valid() {
		d.say(SeverityNote, e, "empty-override", at.String()+" changes nothing", "nsfw_allowed, min_priority or max_concurrent", "")
	}
	return o
}

func (d *decoder) prices(p *Policy, v syntax.Node) {
	f := &table[indexField(table, fPrices)]
	d.records(v, f, "a price", "{ kind: gpu, usd_per_hour: 0.12 }", func(e syntax.Node, at where) {
		price := d.price(e, at, f.Fields)
		if _, ok := p.PriceOf(price.Kind); ok {
			d.fail(e.Field(fKind).Value(), "duplicate-price", fmt.Sprintf("there is already a price for %s", price.Kind), "one price for each kind", "")
			return
		}
		if price.Kind != "" {
			p.Prices = append(p.Prices, price)
		}
	})
}

func (d *decoder) price(e syntax.Node, at where, known []Field) Price {
	var price Price
	d.fieldsOf(e, "a price", known, func(f *Field, v syntax.Node) {
		switch f.Name {
		case fKind:
			price.Kind = d.kind(v, at.in(f.Name), f)
		case fPerHour:
			if i, ok := d.decimal(v, at.in(f.Name), f); ok {
				price.PerHour = &i
			}
		case fPerMTok:
			if i, ok := d.decimal(v, at.in(f.Name), f); ok {
				price.PerMillionTokens = &i
			}
		}
	})
	if !d.needKind(e, at) {
		return price
	}
	perHour, perToken := e.Field(fPerHour), e.Field(fPerMTok)
	switch {
	case !perHour.Valid() && !perToken.Valid():
		d.say(SeverityNote, e, "no-effect", at.String()+" names no price and has no effect", fPerHour+" or "+fPerMTok, "")
	case perHour.Valid() && (price.Kind == "text" || price.Kind == "embed"):
		d.say(SeverityNote, perHour, "no-effect", at.in(fPerHour).String()+" has no effect: "+price.Kind+" jobs are paid by tokens", fPerMTok, "")
	}
	if perToken.Valid() && (price.Kind == "gpu" || price.Kind == "cpu") {
		d.say(SeverityNote, perToken, "no-effect", at.in(fPerMTok).String()+" has no effect: "+price.Kind+" jobs are paid by the hour", fPerHour, "")
	}
	return price
}
