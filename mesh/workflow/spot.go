package workflow

import (
	"voxmesh/mesh/fault"
	"voxmesh/policy/syntax"
)

// spot is a place in a workflow.
type spot struct {
	act   int    // the activity; -1: the workflow itself
	field string // empty: the activity's name, or the workflow's
	i     int    // which element of a list; -1: the list
	off   int    // where in its text
}

// remark is a problem at a spot. like gives the name that was meant, if one is near; it may be nil.
type remark struct {
	severity, code, message, expected string
	like                              func() string
}

// source is where a workflow comes from: a file, of which every problem is told at its place, or bytes and values, of which
// the first error is enough.
type source interface {
	has(act int, field string) bool // the field is there
	say(s spot, r remark)
	blurred() bool // some names could not be read: that one is unknown says nothing
	compiled() bool
}

// fromFile is a workflow of a file.
type fromFile struct {
	d      *decoder
	own    origin
	acts   []origin
	unsure bool
}

func (c *fromFile) origin(act int) origin {
	if act < 0 {
		return c.own
	}
	return c.acts[act]
}

func (c *fromFile) has(act int, field string) bool { return len(c.origin(act).fields[field]) > 0 }
func (c *fromFile) compiled() bool                 { return false }
func (c *fromFile) blurred() bool                  { return c.unsure }

func (c *fromFile) say(s spot, r remark) {
	f := finding{severity: r.severity, code: r.code, message: r.message, expected: r.expected}
	if !c.d.full() {
		f.off = c.offset(s)
		if r.like != nil {
			f.nearest = r.like()
		}
	}
	c.d.add(f)
}

// offset finds a spot in the source.
func (c *fromFile) offset(s spot) int {
	o := c.origin(s.act)
	field := s.field
	if field == "" && s.act < 0 {
		start, _ := o.node.NameSpan()
		return start
	}
	if field == "" {
		field = fName
	}
	nodes := o.fields[field]
	if l, ok := o.lists[field]; ok && s.i < 0 {
		start, _ := l.Span()
		return start
	}
	if s.i < 0 || s.i >= len(nodes) {
		start, _ := o.node.Span()
		return start
	}
	start, _ := nodes[s.i].Span()
	if nodes[s.i].Kind() == syntax.StringNode {
		return start + within(nodes[s.i].Text(), s.off)
	}
	return start + s.off
}

// within gives where byte off of the text of a string token stands in the token.
func within(token []byte, off int) int {
	if off <= 0 {
		return 0 // the string itself
	}
	i := 1
	for off > 0 && i < len(token)-1 {
		if token[i] != '\\' {
			i++
			off--
			continue
		}
		n := 2 // of the escape, which Unquote has read before
		switch {
		case token[i+1] == 'u' && token[i+2] == '{':
			for token[i+n] != '}' {
				n++
			}
			n++
		case token[i+1] == 'u':
			n = 6
		}
		s, err := syntax.Unquote([]byte(`"` + string(token[i:i+n]) + `"`))
		if err != nil {
			break
		}
		i += n
		off -= len(s)
	}
	return i
}

// fromValues is a workflow without a file. err is its first error.
type fromValues struct {
	w     *Workflow
	fixed bool // modules are hashes
	err   *fault.Error
}

func (c *fromValues) blurred() bool  { return false }
func (c *fromValues) compiled() bool { return c.fixed }

func (c *fromValues) has(act int, field string) bool {
	if act < 0 {
		switch field {
		case fPriority:
			return c.w.Priority != ""
		case fActivities:
			return true
		}
		return false
	}
	a := &c.w.Activities[act]
	if s := a.scalar(field); s != nil {
		return *s != ""
	}
	switch field {
	case fArgs:
		return len(a.Args) > 0
	case fEach:
		return a.Fanned()
	case fRetry:
		return a.Retry != 0
	case fTimeout:
		return a.Timeout != 0
	}
	return false
}

func (c *fromValues) say(s spot, r remark) {
	if c.err != nil || r.severity != severityError {
		return
	}
	where := "the workflow"
	if s.act >= 0 {
		where = "activity " + clip(c.w.Activities[s.act].Name)
	}
	if s.field != "" {
		where += ", " + s.field
	}
	c.err = invalid("%s: %s (%s)", safeText(where), safeText(r.message), r.code)
	if r.expected != "" {
		c.err = c.err.WithHint("expected %s", safeText(r.expected))
	}
}

// invalid is vox/workflow/invalid.
func invalid(format string, args ...any) *fault.Error {
	return fault.New(codePrefix+"invalid", format, args...)
}
