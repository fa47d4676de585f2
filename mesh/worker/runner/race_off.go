//go:build !race

package runner

// shadow is 1 but under the race detector.
const shadow = 1
