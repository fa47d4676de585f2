package badge

import (
	"go/token"
	"go/types"
	"maps"

	"golang.org/x/tools/go/ssa"
)

// mark says of a value what of a thing is in it. A value has any number of marks; one that is not text, and that no
// text is made of, has none. There are three sorts:
//
//   - loop: it differs with the rounds of a loop over things. Outside the loop it is that of one thing only, which the
//     loop chose, and the mark is gone.
//   - many: it is a collection of what a loop gathered; an element of it that is taken in a loop has the mark of that loop.
//     As text it is one text that a loop put together.
//   - param: it is made of what the function is given, whatever marks that has; or, by, of a thing that is found by it.
type mark struct {
	loop *loop
	many bool
	text bool // of many: it is one text

	param *ssa.Parameter
	each  bool       // of param: of every element of it
	one   bool       // of param: of one element of it
	by    bool       // of param: another value there means another thing
	from  *types.Var // of param: of this field of it; nil: it is the whole, anywhere: of any field

	in *types.Var // the field, of the struct that has the mark, in which it lies; nil: anywhere
	as types.Type // what the interface that has the mark holds; nil: anything

	at   token.Pos // where it went into the collection that it comes from, if it does
	kind *kind
}

// anywhere is the field of what was made elsewhere: which fields of it became what is not known.
var anywhere = types.NewVar(token.NoPos, nil, "anywhere", nil)

type marks map[mark]struct{}

func (s marks) add(m mark) { s[m] = struct{}{} }

// join gives s with more in it; a set that is nil is made.
func (s marks) join(more marks) marks {
	if len(more) == 0 {
		return s
	}
	if s == nil {
		return maps.Clone(more)
	}
	maps.Copy(s, more)
	return s
}

// grow adds marks to what a key has and reports whether that is news.
func grow[K comparable](all map[K]marks, key K, more marks) bool {
	if len(more) == 0 {
		return false
	}
	old := all[key]
	if old == nil {
		old = marks{}
		all[key] = old
	}
	n := len(old)
	old.join(more)
	return len(old) > n
}

// gathered is what a collection has after such values went into it, or a text after they were joined to it.
func (s marks) gathered(at token.Pos, text bool) marks {
	if len(s) == 0 {
		return nil
	}
	out := marks{}
	for m := range s {
		if (m.loop != nil || m.by) && !m.at.IsValid() {
			m.at = at
		}
		if m.loop != nil {
			m.loop, m.many, m.text = nil, true, text
		}
		out.add(m)
	}
	return out
}

// joined is what a text has that is made of all of a value.
func (s marks) joined(of types.Type) marks {
	if len(s) == 0 {
		return nil
	}
	out := marks{}
	for m := range s {
		switch {
		case m.many:
			m.text = true
		case m.param != nil && collects(of):
			m.each = true
		}
		out.add(m)
	}
	return out
}

// fitting keeps the marks that a value of a type can have. The things in it have marks of their own.
func (s marks) fitting(t types.Type, ks kinds) marks {
	if len(s) == 0 {
		return nil
	}
	text, plain, collection := bears(t, 4, false, ks), isPlain(t), bears(t, 4, true, ks)
	if !text && !plain {
		return nil
	}
	out := marks{}
	for m := range s {
		if m.many && (!m.text && !collection || plain) {
			continue
		}
		out.add(m)
	}
	return out
}

// lasting keeps what a field has for every function that reads it: collections, and what such a one may be given.
func (s marks) lasting(t types.Type) marks {
	out := marks{}
	for m := range s {
		if m.many || m.param != nil && collects(t) {
			out.add(m)
		}
	}
	return out
}

// passing is lasting's rest: what goes into the value itself.
func (s marks) passing() marks {
	out := marks{}
	for m := range s {
		if !m.many || m.text {
			out.add(m)
		}
	}
	return out
}

// put is what a struct has of a value in one of its fields.
func (s marks) put(v *types.Var) marks {
	out := marks{}
	for m := range s {
		if m.in != nil {
			m.as = nil
		}
		m.in = v
		out.add(m)
	}
	return out
}

// held is what an interface has that holds such a value of a type.
func (s marks) held(t types.Type) marks {
	if _, generic := types.Unalias(t).(*types.TypeParam); generic {
		t = nil
	}
	out := marks{}
	for m := range s {
		m.as = t
		out.add(m)
	}
	return out
}

// mixed is what something has that was made of a value elsewhere.
func (s marks) mixed() marks {
	if len(s) == 0 {
		return nil
	}
	out := marks{}
	for m := range s {
		m.in, m.as = nil, nil
		if m.param != nil && m.from == nil && !m.by {
			m.from = anywhere
		}
		out.add(m)
	}
	return out
}
