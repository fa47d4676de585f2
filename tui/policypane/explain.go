package policypane

import "voxmesh/tui/pane"

func (p *Pane) explain() pane.Action { return nil }
