package workflow

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// raw gives the output of an instance; nothing where it did not succeed. It is asked for once.
func (n *stepper) raw(at instance) ([]byte, error) {
	rec := n.recorded(at.act)
	if at.index >= len(rec.Instances) || rec.Instances[at.index].Status != Succeeded || rec.Instances[at.index].Output == nil {
		return nil, nil
	}
	o, asked := n.read[at]
	if !asked {
		o.bytes, o.err = rec.Instances[at.index].Output()
		n.read[at] = o
		n.held += len(o.bytes)
	}
	if o.err != nil {
		return nil, fmt.Errorf("read the output of %s: %w", Label(n.d.Activities[at.act].Name, at.index, n.d.Activities[at.act].Fanned()), o.err)
	}
	return o.bytes, nil
}

// outputOf gives what ${act.output} stands for: of a fan-out all outputs, each on its own line, unless index names one.
// Line ends at the end of an output are not part of it there. most bounds how much is gathered.
func (n *stepper) outputOf(act, index, most int) ([]byte, error) {
	a := &n.d.Activities[act]
	if !a.Fanned() {
		return n.raw(instance{act, 0})
	}
	if index >= 0 {
		if err := n.there(act, index); err != nil {
			return nil, err
		}
		return n.raw(instance{act, index})
	}
	var all []byte
	first := true
	for k := range n.acts[act].n {
		if n.recorded(act).status(k) != Succeeded {
			continue
		}
		b, err := n.raw(instance{act, k})
		if err != nil {
			return nil, err
		}
		if !first {
			all = append(all, '\n')
		}
		first = false
		if all = append(all, bytes.TrimRight(b, "\r\n")...); len(all) > most {
			return nil, unableTo("the outputs of %s together are larger than %d bytes", a.Name, most)
		}
	}
	return all, nil
}

func (r *Activities) status(k int) Status {
	if k < len(r.Instances) {
		return r.Instances[k].Status
	}
	return Waiting
}

// there says where an element of a fan-out is none. One that had no list gives nothing.
func (n *stepper) there(act, index int) error {
	name := n.d.Activities[act].Name
	if s := &n.acts[act]; index >= s.n && (s.n > 0 || s.status == Succeeded) {
		return unableTo("%s has %s, so there is no %s[%d]", name, count(s.n, "element"), name, index)
	}
	return nil
}

// maxPartsBytes bounds what is cut into parts.
const maxPartsBytes = 4 << 20

// partsOf gives what ${act.parts} stands for: of a fan-out the parts of all, in order, unless index names one.
func (n *stepper) partsOf(act, index int) ([]string, error) {
	at := instance{act, index}
	if all, cut := n.parts[at]; cut {
		return all, nil
	}
	a := &n.d.Activities[act]
	from, to := 0, 1
	switch {
	case a.Fanned() && index >= 0:
		if err := n.there(act, index); err != nil {
			return nil, err
		}
		from, to = index, index+1
	case a.Fanned():
		to = n.acts[act].n
	}
	size := 0
	var all []string
	for k := from; k < to; k++ {
		b, err := n.raw(instance{act, k})
		if err != nil {
			return nil, err
		}
		if size += len(b); size > maxPartsBytes {
			return nil, unableTo("the output of %s is too large to be cut into parts: more than %d bytes", a.Name, maxPartsBytes)
		}
		all = append(all, parts(b)...)
	}
	n.parts[at] = all
	return all, nil
}

// parts cuts an output: the elements of a JSON list of strings or numbers, else the lines that are not blank.
func parts(b []byte) []string {
	text := bytes.TrimSpace(b)
	if len(text) > 1 && text[0] == '[' && text[len(text)-1] == ']' {
		if all, ok := jsonParts(text); ok {
			return all
		}
	}
	var all []string
	for line := range bytes.Lines(b) {
		if line = bytes.TrimRight(line, "\r\n"); len(bytes.TrimSpace(line)) > 0 {
			all = append(all, string(line))
		}
	}
	return all
}

func jsonParts(text []byte) ([]string, bool) {
	if !utf8.Valid(text) {
		return nil, false // the decoder would put other characters in
	}
	var list []json.RawMessage
	if json.Unmarshal(text, &list) != nil {
		return nil, false
	}
	all := make([]string, 0, len(list))
	for _, e := range list {
		switch c := e[0]; {
		case c == '"':
			var s string
			if json.Unmarshal(e, &s) != nil {
				return nil, false
			}
			all = append(all, s)
		case c == '-' || c >= '0' && c <= '9':
			all = append(all, string(e))
		default:
			return nil, false
		}
	}
	return all, true
}

// refer gives the bytes that a reference to another activity stands for. whole: line ends at its end stay.
func (n *stepper) refer(r *reference, most int, whole bool) ([]byte, error) {
	act, ok := n.plan.at[r.of]
	if !ok {
		return nil, unableTo("there is no activity %s", clip(r.of))
	}
	var b []byte
	var err error
	switch {
	case r.kind == refOutput:
		b, err = n.outputOf(act, r.at, most)
		if !whole {
			b = bytes.TrimRight(b, "\r\n")
		}
	default:
		var all []string
		if all, err = n.partsOf(act, r.at); err == nil && r.part >= 0 {
			if r.part >= len(all) {
				return nil, unableTo("%s has %s, so there is no ${%s}", strings.TrimSuffix(r.String(), fmt.Sprintf("[%d]", r.part)), count(len(all), "element"), r)
			}
			all = all[r.part : r.part+1]
		}
		b = []byte(strings.Join(all, "\n"))
	}
	if err == nil && len(b) > most {
		err = unableTo("%s has %d bytes; here at most %d are taken", r, len(b), most)
	}
	return b, err
}

// key names inputs: equal definition, equal inputs, equal index, equal key. Every part is preceded by its length.
func key(definition []byte, index int, in Inputs) string {
	h := sha256.New()
	h.Write([]byte("voxmesh workflow activity v1\n"))
	part(h, definition)
	part(h, strconv.AppendInt(nil, int64(index), 10))
	part(h, strconv.AppendInt(nil, int64(len(in.Args)), 10))
	for _, a := range in.Args {
		part(h, []byte(a))
	}
	part(h, in.Stdin)
	part(h, []byte(in.Prompt))
	return hex.EncodeToString(h.Sum(nil))
}

func part(h hash.Hash, b []byte) {
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b))))
	h.Write(b)
}

// refsPut gives the references of an activity's inputs as they were put in for an element of its list, each once.
func refsPut(a *Activity, p *planned, index int) []string {
	var refs []string
	add := func(pieces []piece) {
		for _, q := range pieces {
			if q.ref == nil {
				continue
			}
			s := q.ref.String()
			switch {
			case q.ref.kind == refIndex:
				continue
			case q.ref.kind == refItem && p.eachOf != nil:
				s = fmt.Sprintf("%s[%d]", p.eachOf, index)
			case q.ref.kind == refItem:
				continue
			}
			if !slices.Contains(refs, s) {
				refs = append(refs, s)
			}
		}
	}
	for _, arg := range p.args {
		add(arg)
	}
	add(p.stdin)
	add(p.prompt)
	return refs
}
