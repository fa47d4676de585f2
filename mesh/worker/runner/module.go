package runner

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"voxmesh/mesh/fault"
)

// ModuleMax is the largest module that is run: 64 MiB.
const ModuleMax = 64 << 20

// What may be handed to a module as arguments: as much as common systems give a program, and less.
const (
	argsMax      = 1024
	argsBytesMax = 128 << 10
)

// module is a file that looks like a module.
type module struct {
	path string // absolute
	hash string
	size int64
}

// open checks what can be checked without running anything. A missing hash is computed.
// Errors: vox/run/module-missing, vox/run/not-wasm, vox/run/module-changed.
func open(path, hash string) (module, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return module{}, fault.New(CodeModuleMissing, "the module cannot be read").Wrap(err)
	}
	info, err := os.Stat(path) // before opening: opening a named pipe would wait
	if err != nil {
		return module{}, fault.New(CodeModuleMissing, "the module cannot be read").Wrap(err)
	}
	if !info.Mode().IsRegular() {
		return module{}, fault.New(CodeNotWASM, "the module is no regular file")
	}
	if info.Size() > ModuleMax {
		return module{}, fault.New(CodeNotWASM, "the module is larger than %s", size(ModuleMax))
	}
	f, err := os.Open(path)
	if err != nil {
		return module{}, fault.New(CodeModuleMissing, "the module cannot be read").Wrap(err)
	}
	defer f.Close()
	if err := checkMagic(f); err != nil {
		return module{}, err
	}
	m := module{path: path, hash: strings.ToLower(hash), size: info.Size()}
	if hash == "" {
		m.hash, err = sum(f)
		return m, err
	}
	if b, err := hex.DecodeString(m.hash); err != nil || len(b) != sha256.Size {
		return module{}, fault.New(CodeModuleChanged, "the module's hash is not a SHA-256 in hex")
	}
	return m, nil
}

// checkMagic reads the eight bytes that begin a module: "\0asm" and version 1. A component has the same magic.
func checkMagic(r io.Reader) error {
	var b [8]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return fault.New(CodeNotWASM, "this is no WebAssembly module: it has less than eight bytes")
		}
		return fault.New(CodeModuleMissing, "the module cannot be read").Wrap(err)
	}
	switch string(b[:]) {
	case "\x00asm\x01\x00\x00\x00":
		return nil
	case "\x00asm\x0d\x00\x01\x00":
		return fault.New(CodeNotWASM, "this is a WebAssembly component; only core modules with WASI preview 1 are run")
	}
	return fault.New(CodeNotWASM, "this is no WebAssembly module")
}

func sum(f io.ReadSeeker) (string, error) {
	h := sha256.New()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", fault.New(CodeModuleMissing, "the module cannot be read").Wrap(err)
	}
	if _, err := io.Copy(h, f); err != nil {
		return "", fault.New(CodeModuleMissing, "the module cannot be read").Wrap(err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func checkArgs(args []string) error {
	n := 0
	for _, a := range args {
		n += len(a) + 1
		if strings.ContainsRune(a, 0) {
			return fault.New(CodeArgs, "an argument has a NUL in it")
		}
	}
	if len(args) > argsMax || n > argsBytesMax {
		return fault.New(CodeArgs, "the arguments are too many or too long: %d with %d bytes", len(args), n)
	}
	return nil
}
