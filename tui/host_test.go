package tui

import "voxmesh/mesh"

// A host is what the console shows and what it acts on.
var (
	_ Source  = (*mesh.Host)(nil)
	_ Actions = (*mesh.Host)(nil)
)
