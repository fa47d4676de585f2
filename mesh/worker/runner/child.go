package runner

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
)

// IsChild reports whether a process with these arguments was started to run a job. A binary that runs WASM or command
// jobs begins with
//
//	if runner.IsChild(os.Args) {
//		os.Exit(runner.ChildMain())
//	}
//
// before anything else.
func IsChild(args []string) bool {
	return len(args) == 2 && args[1] == ChildCommand || len(args) > 1 && args[1] == boxCommand
}

// Exit codes of a child. They say nothing about the job: that is the verdict.
const (
	childDone    = 0
	childUsage   = 2
	childOrphan  = 3
	childNoVoice = 4
)

// ChildMain keeps the box of one program (see Command), or runs one module: the order comes on standard input, the job's output goes to standard output, the verdict
// to descriptor 3. It ends when its parent does. It returns the exit code of the process.
func ChildMain() int {
	if os.Args[1] == boxCommand {
		return boxMain(os.Args)
	}
	if !isPipe(fdVerdict) || !isPipe(fdLifeline) {
		fmt.Fprintln(os.Stderr, "voxmesh starts this command itself, to run a job.")
		return childUsage
	}
	say := os.NewFile(fdVerdict, "verdict")
	life := os.NewFile(fdLifeline, "lifeline")
	closeOthers(fdLifeline)
	go func() {
		_, _ = io.Copy(io.Discard, life) // ends with the parent, however that ends
		os.Exit(childOrphan)
	}()
	v := obey(os.Stdin, os.Stdout)
	if len(v.Text) > verdictMax/8 { // a byte takes up to six in JSON
		v.Text = v.Text[:verdictMax/8]
	}
	if err := json.NewEncoder(say).Encode(v); err != nil {
		return childNoVoice
	}
	return childDone
}

func obey(in io.Reader, out io.Writer) verdict {
	o, err := readOrder(in)
	if err != nil {
		return verdict{End: endInternal, Text: "order: " + err.Error()}
	}
	code, bad := readModule(o)
	if bad != nil {
		return *bad
	}
	// The memory of the module lies outside the Go heap: this bounds compiler and interpreter, softly; limit holds hard.
	debug.SetMemoryLimit(heapFor(len(code)))
	if err := limit(o, len(code)); err != nil {
		return verdict{End: endInternal, Text: "limits: " + err.Error()}
	}
	return guest{order: o, code: code, in: in, out: out, lock: confine}.run(context.Background())
}

// heapFor is how much memory of its own a child may need for a module of n bytes. Measured with programs made by Go,
// 3.2 and 11.7 MB: the interpreter took 83 and 268 MB, the compiler 74 and 191.
func heapFor(n int) int64 { return 256<<20 + 32*int64(n) }

// readModule reads the module and checks that it is what was meant.
func readModule(o order) ([]byte, *verdict) {
	f, err := os.Open(filepath.Clean(o.Module))
	if err != nil {
		return nil, &verdict{End: endMissing, Text: err.Error()}
	}
	defer f.Close()
	code, err := io.ReadAll(io.LimitReader(f, ModuleMax+1))
	if err != nil {
		return nil, &verdict{End: endMissing, Text: err.Error()}
	}
	if sum := sha256.Sum256(code); hex.EncodeToString(sum[:]) != o.Hash {
		return nil, &verdict{End: endChanged}
	}
	return code, nil
}
