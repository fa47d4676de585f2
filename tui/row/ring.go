package row

import (
	"voxmesh/mesh/privacy"
	"voxmesh/tui/theme"
)

// Ring gives what stands left and right of a node's sign on the canvas: its class, where there is no room for a badge.
// A class that is not known is as loud as its badge.
func Ring(class privacy.Class) (left, right string, st theme.Style) {
	switch class {
	case privacy.LocalOnly:
		return " ", " ", theme.Style{}
	case privacy.PairedPeersOnly:
		return "(", ")", theme.In(theme.Second)
	case privacy.PublicMesh:
		return "[", "]", theme.In(theme.Waiting)
	}
	return "?", "?", theme.In(theme.Text).With(theme.Reverse | theme.Bold)
}
