package badge_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"voxmesh/e2e/badge"
)

func TestExamples(t *testing.T) {
	for _, name := range []string{
		"voxmesh/tui/bad", "voxmesh/tui/good", "voxmesh/tui/meshpane", "voxmesh/tui/labels", "voxmesh/tui/cli", "voxmesh/tui/row",
		"voxmesh/tui/cell", "voxmesh/elsewhere",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			analysistest.Run(t, analysistest.TestData(), badge.Analyzer, name)
		})
	}
}
