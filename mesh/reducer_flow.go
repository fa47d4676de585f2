package mesh

import "voxmesh/oplog"

func applyWorkflowStarted(s *State, op oplog.Op, r *WorkflowStarted)   {}
func applyActivityExpanded(s *State, op oplog.Op, r *ActivityExpanded) {}
func applyActivitySkipped(s *State, op oplog.Op, r *ActivitySkipped)   {}
func applyActivityReused(s *State, op oplog.Op, r *ActivityReused)     {}
func applyWorkflowFinished(s *State, op oplog.Op, r *WorkflowFinished) {}
