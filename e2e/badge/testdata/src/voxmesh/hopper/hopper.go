package hopper

import "voxmesh/mesh/privacy"

type Item interface {
	ID() string
	Class() privacy.Class
}
