//go:build race

package runner

// shadow is how many times more address space a process takes under the race detector, which keeps several bytes of its
// own for each.
const shadow = 8
