package mesh

import "voxmesh/oplog"

func (s *State) itemRecords() []*itemRecord {
	items := s.hopper.Items()
	out := make([]*itemRecord, len(items))
	for i, it := range items {
		out[i] = (*itemRecord)(it)
	}
	return out
}

func applyItemAdmitted(s *State, op oplog.Op, r *ItemAdmitted)     {}
func applyItemTriaged(s *State, op oplog.Op, r *ItemTriaged)       {}
func applyItemOverridden(s *State, op oplog.Op, r *ItemOverridden) {}
func applyItemsBatched(s *State, op oplog.Op, r *ItemsBatched)     {}
func applyItemClosed(s *State, op oplog.Op, r *ItemClosed)         {}
func applyItemSuggested(s *State, op oplog.Op, r *ItemSuggested)   {}
