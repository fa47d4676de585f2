package tui

import (
	"voxmesh/mesh"
	"voxmesh/tui/debugger"
)

// A host is what the console shows and what it acts on.
var (
	_ Source         = (*mesh.Host)(nil)
	_ Actions        = (*mesh.Host)(nil)
	_ debugger.Sizer = (*mesh.Host)(nil)
)
