package badge_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"voxmesh/e2e/badge"
)

// TestExamples runs the check on small copies of the packages that it knows: what is bad there says so, line by line.
func TestExamples(t *testing.T) {
	// In one go, since most of the time is that of reading the standard library.
	analysistest.Run(t, analysistest.TestData(), badge.Analyzer,
		"voxmesh/tui/bad", "voxmesh/tui/good", "voxmesh/tui/meshpane", "voxmesh/tui/labels", "voxmesh/tui/filters", "voxmesh/tui/graph", "voxmesh/tui/cli",
		"voxmesh/tui/row", "voxmesh/tui/cell", "voxmesh/elsewhere")
}
