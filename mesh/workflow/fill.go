package workflow

import (
	"strconv"
	"strings"
)

// text puts together a text without ${item} and ${index}.
func (n *stepper) text(pieces []piece, most int) ([]byte, error) {
	f, err := n.fill(pieces, most, false)
	if err != nil {
		return nil, err
	}
	return f.of(0, ""), nil
}

// filled is a text with all put in but ${item} and ${index}.
type filled struct {
	pieces []piece // references are to item and index alone
	fixed  []byte  // where there are none: the text
	str    string  // and, once it was asked for so
	size   int     // without them
	items  int     // how often the item is in it
	index  int     // and the index
}

// fill puts in what others gave. most bounds the size. whole: line ends at the end of an output stay.
func (n *stepper) fill(pieces []piece, most int, whole bool) (*filled, error) {
	f := &filled{}
	var run strings.Builder
	flush := func() {
		if run.Len() > 0 {
			f.pieces = append(f.pieces, piece{text: run.String()})
			run.Reset()
		}
	}
	for _, p := range pieces {
		switch {
		case p.ref == nil:
			run.WriteString(p.text)
			f.size += len(p.text)
		case p.ref.kind == refItem:
			flush()
			f.pieces, f.items = append(f.pieces, p), f.items+1
		case p.ref.kind == refIndex:
			flush()
			f.pieces, f.index = append(f.pieces, p), f.index+1
		default:
			b, err := n.refer(p.ref, most, whole)
			if err != nil {
				return nil, err
			}
			run.Write(b)
			f.size += len(b)
		}
		if f.size > most {
			return nil, unableTo("what was put together has more than %d bytes", most)
		}
	}
	flush()
	if f.items == 0 && f.index == 0 {
		f.fixed = f.build(0, "")
		n.held += len(f.fixed)
	}
	return f, nil
}

func (f *filled) of(index int, item string) []byte {
	if f.fixed != nil {
		return f.fixed
	}
	return f.build(index, item)
}

// text is of as a string, which all elements share where it is the same for all.
func (f *filled) text(index int, item string) string {
	if f.fixed == nil {
		return string(f.build(index, item))
	}
	if f.str == "" {
		f.str = string(f.fixed)
	}
	return f.str
}

func (f *filled) build(index int, item string) []byte {
	b := make([]byte, 0, f.sizeWith(item))
	for _, p := range f.pieces {
		switch {
		case p.ref == nil:
			b = append(b, p.text...)
		case p.ref.kind == refItem:
			b = append(b, item...)
		default:
			b = strconv.AppendInt(b, int64(index), 10)
		}
	}
	return b
}

const indexDigits = 3 // of MaxFanOut-1

func (f *filled) sizeWith(item string) int { return f.size + f.items*len(item) + f.index*indexDigits }
