package mesh

import (
	"cmp"

	"voxmesh/hopper"
	"voxmesh/oplog"
)

// rank makes a rank of what an op says: none is normal, by the orchestrator.
func rank(value, source uint8) hopper.Rank {
	r := hopper.Rank{Value: min(hopper.Priority(value), hopper.Urgent), Source: hopper.Source(source)}
	if r.Value == 0 {
		r.Value = hopper.Normal
	}
	if r.Source < hopper.LearningPolicy || r.Source > hopper.Developer {
		r.Source = hopper.Orchestrator
	}
	return r
}

func applyItemAdmitted(s *State, op oplog.Op, r *ItemAdmitted) {
	if _, ok := s.hopper.Item(r.Item); ok || r.Item == "" {
		return // ids are never reused
	}
	s.Admitted++
	s.hopper.Admit(hopper.Item{
		ID: r.Item, Intent: r.Intent, Session: r.Session, Actor: op.Actor, Prompt: r.Prompt, Run: r.Run, Class: r.Class,
		Rank: rank(r.Priority, r.Source), Affinity: hopper.Affinity{Kind: r.Kind, Models: r.Models, Nodes: r.Nodes},
		Classified: hopper.Priority(r.Classified), Confidence: int(r.Confidence), At: op.At, Seq: op.Seq, On: r.On, AuditID: r.AuditID,
	})
}

func applyItemTriaged(s *State, op oplog.Op, r *ItemTriaged) {
	if r.Run != "" {
		s.hopper.Triage(r.Item, r.Run, op.At)
	}
}

func applyItemOverridden(s *State, op oplog.Op, r *ItemOverridden) {
	s.hopper.Override(r.Item, hopper.Override{
		At: op.At, From: hopper.Priority(r.From), To: hopper.Priority(r.To), Place: int(min(r.Place, 1<<30)), Actor: op.Actor, Reason: r.Reason, AuditID: r.AuditID,
	}, r.Order)
	if r.Yield {
		s.hopper.AskToYield(r.Item, op.At)
	}
	s.reorder(r.Item)
}

func applyItemsBatched(s *State, op oplog.Op, r *ItemsBatched) {
	if r.Batch == "" {
		return
	}
	s.Batches++
	s.hopper.Group(r.Batch, r.Items, op.Actor, r.AuditID, op.At)
	for _, id := range r.Items {
		s.reorder(id)
	}
}

func applyItemClosed(s *State, op oplog.Op, r *ItemClosed) {
	if o := hopper.Outcome(r.Outcome); o >= hopper.Done && o <= hopper.Cancelled {
		s.hopper.Close(r.Item, o, r.Why, op.Actor, r.AuditID, op.At)
	}
}

func applyItemSuggested(s *State, op oplog.Op, r *ItemSuggested) {
	s.hopper.Note(r.Item, hopper.Step{At: op.At, Name: "suggested", Actor: r.Model, Detail: suggested(r)})
}

func suggested(r *ItemSuggested) string {
	if r.Priority == 0 {
		return "no usable answer"
	}
	return rank(r.Priority, 0).Value.String()
}

// reorder gives the jobs of an item, those that ended excepted, its rank and its place.
func (s *State) reorder(item string) {
	it, ok := s.hopper.Item(item)
	if !ok || it.State == hopper.Closed {
		return
	}
	run, ok := s.runs.Get(it.Run)
	if !ok {
		return
	}
	if run.Item == item {
		s.editFlow(run.ID, s.Seq, func(f *Flow) { f.Priority = uint8(it.Value) })
	}
	for _, id := range run.Jobs {
		if j, ok := s.jobs.Get(id); ok && j.Item == item && !j.State.Ended() {
			s.editJob(j, func(j *Job) { j.follow(it) })
		}
	}
}

// follow takes over the rank and the place of the job's item.
func (j *Job) follow(it *hopper.Item) {
	j.Priority, j.Source = uint8(it.Value), uint8(it.Source)
	j.standAt(it)
}

// standAt gives a job the place of its item.
func (j *Job) standAt(it *hopper.Item) {
	j.Due, j.Tie, j.Nth = it.Order, cmp.Or(it.Tie, it.Seq), it.Nth
}
