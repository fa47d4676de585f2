package runner

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
)

// ChildCommand is the first argument of the process that runs a module. It is not for people.
const ChildCommand = "__wasm-child"

// What a child is asked to do.
const (
	modeInterpret = "interpret" // run without compiling
	modeDirect    = "direct"    // compile in memory, then run
	modeCached    = "cached"    // run the compiled form that lies in Dir
	modeCompile   = "compile"   // fill Dir, run nothing
)

// order is what the child reads first on its standard input: four bytes of length, most significant first, then this
// as JSON. What follows is the standard input of the job.
type order struct {
	Mode    string   `json:"mode"`
	Module  string   `json:"module"` // absolute path
	Hash    string   `json:"hash"`   // SHA-256, hex
	Dir     string   `json:"dir,omitempty"`
	Args    [][]byte `json:"args,omitempty"` // bytes: an argument need not be UTF-8
	Pages   uint32   `json:"pages"`
	Workers int      `json:"workers"` // threads that compile
}

// The child's descriptors beside the standard three.
const (
	fdVerdict  = 3 // it writes its verdict here, once
	fdLifeline = 4 // it reads here; the end of it is the end of its parent
)

// How a child ended what it was asked to do.
const (
	endExit     = "exit"     // the module ended itself: Exit
	endTrap     = "trap"     // Text says which
	endMemory   = "memory"   // it began larger than it may be
	endNotWASM  = "not-wasm" // Text says why
	endImport   = "import"   // Text says what
	endMissing  = "missing"  // the file cannot be read
	endChanged  = "changed"  // the file has another hash
	endCompiled = "compiled" // Dir is filled
	endInternal = "internal" // Text says what went wrong in the child
)

// verdict is what the child says at its end, as one JSON value.
type verdict struct {
	End     string `json:"end"`
	Exit    uint32 `json:"exit,omitempty"`
	Text    string `json:"text,omitempty"`
	Refused bool   `json:"refused,omitempty"` // the module asked for more memory than it may have, and was told no
	Stale   bool   `json:"stale,omitempty"`   // the compiled form did not fit this machine; it was interpreted
}

// Bounds of the two messages: arguments are the largest part of the first, a sentence of the second.
const (
	orderMax   = 1 << 20
	verdictMax = 64 << 10
)

func writeOrder(w io.Writer, o order) error {
	b, err := json.Marshal(o)
	if err != nil {
		return err
	}
	_, err = w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...))
	return err
}

func readOrder(r io.Reader) (o order, err error) {
	var n [4]byte
	if _, err = io.ReadFull(r, n[:]); err != nil {
		return o, err
	}
	l := binary.BigEndian.Uint32(n[:])
	if l > orderMax {
		return o, fmt.Errorf("an order of %d bytes", l)
	}
	b := make([]byte, l)
	if _, err = io.ReadFull(r, b); err != nil {
		return o, err
	}
	return o, json.Unmarshal(b, &o)
}
