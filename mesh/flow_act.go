package mesh

import "time"

// chargeSoFar puts the time and the price on the end of a job that was cut off.
func (h *Host) chargeSoFar(s *State, j *Job, rec *JobFinished) {
	if j.StartedAt == 0 {
		return
	}
	rec.DurationMS = max(h.now().UnixMicro()-j.StartedAt, 0) / 1000
	n, _ := s.Node(j.Node)
	rec.CostMicros = h.prices.Cost(n, j.Kind, time.Duration(rec.DurationMS)*time.Millisecond, 0)
}
