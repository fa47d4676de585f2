package policypane

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"voxmesh/policy"
	"voxmesh/policy/syntax"
	"voxmesh/tui/verb"
)

// op is one edit of the form, so that it can be made again on another file.
type op struct {
	what  deed
	path  string // by numbers, as it was made
	keyed string // by the names of elements, for a file in which they moved; empty: as path
	value string // as it stands in the file
	to    int
	field policy.Field
	was   []string // of a list of names: before and after
	now   []string
}

type deed uint8

const (
	set deed = iota
	unset
	move
	names  // of a list, each for itself, so that the others keep their places and comments
	spread // true of pause_when_busy becomes its record, for one number of it
	begin  // a policy, in a file without one
)

// on makes the edit.
func (o op) on(f *policy.File) (*policy.File, error) {
	switch o.what {
	case unset:
		return f.Unset(o.path)
	case move:
		return f.Move(o.path, o.to)
	case names:
		return o.list(f)
	case spread:
		next, err := f.Set(busy, yield(policy.DefaultYield()))
		if err != nil {
			return nil, err
		}
		return next.Set(o.path, o.value)
	case begin:
		return beginning(f), nil
	}
	return f.Set(o.path, o.value)
}

// again makes the edit on a file that somebody else changed.
func (o op) again(f *policy.File) (*policy.File, error) {
	if o.keyed != "" && f.Find(o.keyed).Valid() {
		o.path = o.keyed
	}
	return o.on(f)
}

func yield(y policy.Yield) string {
	return fmt.Sprintf("{ cpu_percent: %d, gpu_percent: %d, input_secs: %d, grace_secs: %d }", y.CPUPercent, y.GPUPercent, y.InputSecs, y.GraceSecs)
}

// beginning is a file with a policy that gives nothing behind what there is.
func beginning(f *policy.File) *policy.File {
	src := slices.Clone(f.Source())
	if len(src) > 0 && !bytes.HasSuffix(src, []byte("\n")) {
		src = append(src, '\n')
	}
	return policy.Parse(f.Name(), append(src, policy.Default()...))
}

// list changes a list of names by its elements: what goes, what comes, what moves.
func (o op) list(f *policy.File) (*policy.File, error) {
	v := read(o.field, f.Find(o.path).Value())
	if v.names == nil {
		return f.Set(o.path, o.whole(o.now))
	}
	have, want := slices.Clone(v.names), merged(v.names, o.was, o.now)
	var err error
	if i := only(have, want); i >= 0 {
		return f.Set(fmt.Sprintf("%s[%d]", o.path, i), o.word(want[i]))
	}
	left := slices.Clone(want)
	for i := 0; i < len(have); i++ {
		if at := slices.Index(left, have[i]); at >= 0 {
			left = slices.Delete(left, at, at+1)
			continue
		}
		if f, err = f.Unset(fmt.Sprintf("%s[%d]", o.path, i)); err != nil {
			return nil, err
		}
		have = slices.Delete(have, i, i+1)
		i--
	}
	for _, n := range left {
		if f, err = f.Set(o.path+"[]", o.word(n)); err != nil {
			return nil, err
		}
		have = append(have, n)
	}
	for i := range want {
		at := i + slices.Index(have[i:], want[i])
		if at <= i {
			continue
		}
		if f, err = f.Move(fmt.Sprintf("%s[%d]", o.path, at), i); err != nil {
			return nil, err
		}
		have = slices.Insert(slices.Delete(have, at, at+1), i, want[i])
	}
	return f, nil
}

// only gives the one place at which two lists of the same length differ, or −1.
func only(a, b []string) int {
	if len(a) != len(b) {
		return -1
	}
	found := -1
	for i := range a {
		if a[i] != b[i] {
			if found >= 0 {
				return -1
			}
			found = i
		}
	}
	return found
}

// word writes a name as the file has it: one of the field's own bare, any other as a string.
func (o op) word(n string) string {
	if len(o.field.Choices) > 0 {
		return n
	}
	return syntax.Quote(n)
}

func (o op) whole(ns []string) string {
	words := make([]string, len(ns))
	for i, n := range ns {
		words[i] = o.word(n)
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// command is what does the same in a shell.
func (o op) command() string {
	switch o.what {
	case unset:
		return "voxmesh policy unset " + shellPath(o.path)
	case move:
		return "voxmesh policy move " + shellPath(o.path) + " " + strconv.Itoa(o.to)
	case names:
		return setCommand(o.path, o.whole(o.now))
	case begin:
		return setCommand(slots, "[]")
	}
	return setCommand(o.path, o.value)
}

func setCommand(path, val string) string {
	if v := verb.Quote(val); v == val {
		return "voxmesh policy set " + shellPath(path) + "=" + val
	}
	return "voxmesh policy set " + verb.Quote(path+"="+val)
}

// shellPath is a path as it can be typed: numbers in brackets stand as they are.
func shellPath(path string) string {
	if strings.Trim(path, "abcdefghijklmnopqrstuvwxyz_.[]0123456789") == "" {
		return path
	}
	return verb.Quote(path)
}

// keyedPath is a path within an element by the element's name, where that is plain and there is one of it.
func keyedPath(f *policy.File, path string) string {
	list, rest, ok := strings.Cut(path, "[")
	number, rest, closed := strings.Cut(rest, "]")
	i, err := strconv.Atoi(number)
	if !ok || !closed || err != nil {
		return ""
	}
	key, same := "", 0
	var keys []string
	for e := range f.Find(list).Value().Children() {
		keys = append(keys, keyOf(e))
	}
	if i < len(keys) {
		key = keys[i]
	}
	for _, k := range keys {
		if k == key {
			same++
		}
	}
	if _, err := strconv.Atoi(key); key == "" || same != 1 || err == nil || strings.ContainsAny(key, "[]") {
		return ""
	}
	return list + "[" + key + "]" + rest
}

// keyOf names an element of a list: what its kind or peer is, or the name that it is.
func keyOf(e syntax.Node) string {
	if e.Kind() == syntax.RecordNode {
		for _, name := range []string{"peer", "kind"} {
			if v := e.Field(name).Value(); v.Valid() {
				s, _ := nameOf(v)
				return s
			}
		}
		return ""
	}
	s, _ := nameOf(e)
	return s
}
