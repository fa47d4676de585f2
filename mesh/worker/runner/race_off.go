//go:build !race

package runner

// shadow is 1 but under the race detector.
const shadow = 1

// childEnv is the environment of a child: empty, not inherited.
func childEnv() []string { return []string{} }
