package mesh_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"os"
	"slices"

	"voxmesh/mesh"
	"voxmesh/oplog"
)

// The first peer of the memos: the whole state as JSON every 1,024 ops. To store them all would take more than the log, so
// those of a sample of places are made beforehand. It is given what it can be given: zero values are left out, its file
// is read and the ops after it are read and checked before the clock starts, and the state is built as from a memo.

// jsonEvery is the distance of the peer's memos.
const jsonEvery = 1024

// jsonMemo is one of them, and the ops up to the next.
type jsonMemo struct {
	seq  uint64
	path string
	size int
	tail []oplog.Op
}

func newJSONMemo(log *oplog.Log[*mesh.State], seq uint64, path string) (jsonMemo, error) {
	m := jsonMemo{seq: seq / jsonEvery * jsonEvery, path: path}
	in, err := log.AtSeq(m.seq)
	if err != nil {
		return m, err
	}
	text, err := leanJSON(mesh.DumpOf(in.State))
	if err != nil {
		return m, err
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return m, err
	}
	m.size = len(text)
	m.tail, err = log.Since(m.seq, jsonEvery-1)
	return m, err
}

// read gives the text, in buf if that is large enough.
func (m *jsonMemo) read(buf []byte) ([]byte, error) {
	f, err := os.Open(m.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	buf = slices.Grow(buf[:0], m.size)[:m.size]
	_, err = io.ReadFull(f, buf)
	return buf, err
}

// at is the seek: the memo decoded, its state built, the ops up to seq applied.
func (m *jsonMemo) at(text []byte, seq uint64) (*mesh.State, error) {
	var d mesh.Dump
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, err
	}
	s, err := d.State()
	if err != nil {
		return nil, err
	}
	p := mesh.Projection{}
	for _, op := range m.tail[:seq-m.seq] {
		s = p.Apply(s, op)
	}
	return s, nil
}

// leanJSON is v without its zero values, as if every field were tagged so.
func leanJSON(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber() // of 64 bits
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, err
	}
	dropZeros(tree)
	return json.Marshal(tree)
}

func dropZeros(tree any) {
	switch t := tree.(type) {
	case map[string]any:
		maps.DeleteFunc(t, func(_ string, v any) bool {
			dropZeros(v)
			switch v := v.(type) {
			case nil:
				return true
			case bool:
				return !v
			case string:
				return v == ""
			case json.Number:
				return v == "0"
			case []any:
				return len(v) == 0
			case map[string]any:
				return len(v) == 0
			}
			return false
		})
	case []any:
		for _, v := range t {
			dropZeros(v)
		}
	}
}
