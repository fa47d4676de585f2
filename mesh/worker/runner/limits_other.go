//go:build !linux

package runner

// limit does nothing more here than Go's own soft bound: the parent's deadline and output cap hold everywhere.
func limit(order, int) error { return nil }

// closeOthers does nothing here: Go opens nothing that a child would inherit.
func closeOthers(int) {}
