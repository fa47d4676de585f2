package cli

import (
	"strings"
	"testing"

	"voxmesh/mesh/workflow"
)

// The demo's workflow has to be one: nobody sees why it is missing where it is not.
func TestDemoFlow(t *testing.T) {
	f := workflow.Parse("primes.vox", []byte(demoFlow))
	w, ok := f.Workflow("primes")
	if !ok || len(f.Problems) > 0 {
		t.Fatalf("%v", f.Problems)
	}
	if _, err := workflow.Compile(w, map[string]string{"primes.wasm": strings.Repeat("a", 64)}); err != nil {
		t.Error(err)
	}
}
