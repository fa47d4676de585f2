package workflow

import (
	"bytes"
	"unicode/utf8"
)

// inputs are those of an activity, with all put in that is the same for every element of its list.
type inputs struct {
	a      *Activity
	p      *planned
	args   []*filled
	stdin  *filled
	prompt *filled
}

// inputs puts together what an activity is given. Where that cannot be, the error is an errUnable.
func (n *stepper) inputs(i int) (*inputs, error) {
	in := &inputs{a: &n.d.Activities[i], p: &n.plan.acts[i]}
	for _, arg := range in.p.args {
		f, err := n.fill(arg, maxArgBytes, false)
		if err != nil {
			return nil, err
		}
		in.args = append(in.args, f)
	}
	var err error
	if in.a.Stdin != "" {
		if in.stdin, err = n.fill(in.p.stdin, maxStdinBytes, true); err != nil {
			return nil, err
		}
	}
	if in.a.Prompt != "" {
		in.prompt, err = n.fill(in.p.prompt, maxPromptBytes, false)
	}
	return in, err
}

// check says why these inputs cannot be those of a job, whichever element they are for.
func (in *inputs) check(items []string) error {
	for k, f := range in.args {
		for _, p := range f.pieces {
			switch {
			case p.ref != nil:
			case bytes.IndexByte([]byte(p.text), 0) >= 0:
				return unableTo("args[%d] would have a NUL in it", k)
			case !utf8.ValidString(p.text):
				return unableTo("args[%d] would not be UTF-8", k)
			}
		}
	}
	if in.prompt != nil {
		for _, p := range in.prompt.pieces {
			if !utf8.ValidString(p.text) {
				return unableTo("the prompt would not be UTF-8")
			}
		}
	}
	if len(items) == 0 {
		items = []string{""}
	}
	for _, item := range items {
		if err := in.fits(item); err != nil {
			return err
		}
	}
	return nil
}

// fits looks at the sizes for one element.
func (in *inputs) fits(item string) error {
	size := 0
	for _, f := range in.args {
		size += f.sizeWith(item)
	}
	switch {
	case size > maxArgBytes:
		return unableTo("the arguments would have %d bytes; at most %d are taken", size, maxArgBytes)
	case in.stdin != nil && in.stdin.sizeWith(item) > maxStdinBytes:
		return unableTo("the standard input would have %d bytes; at most %d are taken", in.stdin.sizeWith(item), maxStdinBytes)
	case in.prompt != nil && in.prompt.sizeWith(item) > maxPromptBytes:
		return unableTo("the prompt would have %d bytes; at most %d are taken", in.prompt.sizeWith(item), maxPromptBytes)
	}
	return nil
}

// of gives the inputs for element k, and what was put into them.
func (in *inputs) of(k int, items []string) (Inputs, []string) {
	item := ""
	if k < len(items) {
		item = items[k]
	}
	var out Inputs
	for _, f := range in.args {
		out.Args = append(out.Args, f.text(k, item))
	}
	if in.stdin != nil {
		out.Stdin = in.stdin.of(k, item)
		if out.Stdin == nil {
			out.Stdin = []byte{}
		}
	}
	if in.prompt != nil {
		out.Prompt = in.prompt.text(k, item)
	}
	return out, refsPut(in.a, in.p, k)
}

// fresh counts the bytes that were made for one element alone.
func (in *inputs) fresh(of Inputs) int {
	n := 0
	for k, f := range in.args {
		if f.fixed == nil {
			n += len(of.Args[k])
		}
	}
	if in.prompt != nil && in.prompt.fixed == nil {
		n += len(of.Prompt)
	}
	if in.stdin != nil && in.stdin.fixed == nil {
		n += len(of.Stdin)
	}
	return n
}

// maxItemBytes bounds the elements of one list together.
const maxItemBytes = 4 << 20

// literal gives a list that is written out.
func (n *stepper) literal(i int) []string {
	items := []string{}
	for _, e := range n.plan.acts[i].each {
		text := ""
		for _, p := range e {
			text += p.text
		}
		items = append(items, text)
	}
	return items
}

// expand gives the list of a fan-out that is not written out.
func (n *stepper) expand(i int) ([]string, error) {
	p := &n.plan.acts[i]
	items := []string{}
	if p.eachOf != nil {
		act, ok := n.plan.at[p.eachOf.of]
		if !ok {
			return items, nil
		}
		all, err := n.partsOf(act, p.eachOf.at)
		if err != nil {
			return nil, err
		}
		items = append(items, all...)
	} else {
		for _, e := range p.each {
			b, err := n.text(e, maxArgBytes)
			if err != nil {
				return nil, err
			}
			items = append(items, string(b))
		}
	}
	if len(items) > MaxFanOut {
		return nil, unableTo("each has %d elements; at most %d are taken", len(items), MaxFanOut)
	}
	size := 0
	for k, item := range items {
		size += len(item)
		switch {
		case !utf8.ValidString(item):
			return nil, unableTo("element %d of each is not UTF-8", k)
		case bytes.IndexByte([]byte(item), 0) >= 0:
			return nil, unableTo("element %d of each has a NUL in it", k)
		case size > maxItemBytes:
			return nil, unableTo("the elements of each have more than %d bytes", maxItemBytes)
		}
	}
	return items, nil
}
