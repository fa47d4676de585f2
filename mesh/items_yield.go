package mesh

import "slices"

// yielding gives the jobs that run and were asked to make room: those of a started item that a person put lower, which
// ran when that was said. What a workflow begins later has its place in the queue by the new rank already.
func (s *State) yielding() []*Job {
	var out []*Job
	for _, j := range s.Held() {
		it, ok := s.hopper.Item(j.Item)
		if !ok || !it.Yield || j.State != Running || len(it.Overrides) == 0 {
			continue
		}
		if j.StartedAt <= it.Overrides[len(it.Overrides)-1].At {
			out = append(out, j)
		}
	}
	return out
}

// yields chooses a job that makes room for j, which found no node: one that was asked to, that comes after j in the order
// of starting, and whose slot j could have. Each makes room once; nil where there is none.
func (p *placement) yields(j *Job) *Job {
	key := queueKey(j)
	for i := len(p.yielding) - 1; i >= 0; i-- {
		v := p.yielding[i]
		n, ok := p.s.Node(v.Node)
		if !ok || v.Kind != j.Kind || queueKey(v) <= key {
			continue
		}
		slot := v.Node + "/" + v.Kind
		p.use[slot]--
		could := p.judge(n, j).Allowed
		p.use[slot]++
		if could {
			p.yielding = slices.Delete(p.yielding, i, i+1)
			return v
		}
	}
	return nil
}

// batchOf is the batch of a job's item, or empty.
func (s *State) batchOf(j *Job) string {
	if it, ok := s.hopper.Item(j.Item); ok && j.Item != "" {
		return it.Batch
	}
	return ""
}

// wanted are the nodes that the intent of a job's item speaks of, by id or label.
func (s *State) wanted(j *Job) map[string]bool {
	it, ok := s.hopper.Item(j.Item)
	if !ok || len(it.Nodes) == 0 {
		return nil
	}
	out := map[string]bool{}
	for _, n := range s.Nodes() {
		out[n.ID] = slices.Contains(it.Nodes, n.ID) || n.Label != "" && slices.Contains(it.Nodes, n.Label)
	}
	return out
}
