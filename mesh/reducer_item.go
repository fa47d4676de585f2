package mesh

import (
	"fmt"

	"voxmesh/hopper"
	"voxmesh/oplog"
)

func (s *State) itemRecords() []*itemRecord {
	items := s.hopper.Items()
	out := make([]*itemRecord, len(items))
	for i, it := range items {
		out[i] = (*itemRecord)(it)
	}
	return out
}

// rank makes a rank of what an op says; what no host writes is normal, by the orchestrator.
func rank(value, source uint8) hopper.Rank {
	r := hopper.Rank{Value: hopper.Priority(value), Source: hopper.Source(source)}
	if r.Value < hopper.Background || r.Value > hopper.Urgent {
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
	it := hopper.Item{
		ID: r.Item, Intent: r.Intent, Session: r.Session, Actor: op.Actor, Prompt: r.Prompt, Run: r.Run, Class: r.Class,
		Rank: rank(r.Priority, r.Source), Affinity: hopper.Affinity{Kind: r.Kind, Models: r.Models, Nodes: r.Nodes},
		Confidence: int(min(r.Confidence, 100)), At: op.At, Since: op.At, Seq: op.Seq, State: hopper.Inbox,
	}
	it.Order = hopper.Due(it.Rank, op.At)
	it.Trail = []hopper.Step{
		{At: op.At, Name: "submitted", Actor: op.Actor, Detail: r.Session, AuditID: r.AuditID},
		{At: op.At, Name: "admitted", Actor: "host", Detail: admittedAs(it.Rank, r)},
	}
	if r.Run != "" {
		it.State = hopper.Triaged
		it.Trail = append(it.Trail, hopper.Step{At: op.At, Name: "triaged", Actor: "host", Detail: r.Run})
	}
	s.hopper.Admit(it)
}

// admittedAs tells where an item's rank comes from.
func admittedAs(to hopper.Rank, r *ItemAdmitted) string {
	text := fmt.Sprintf("classified %s %.2f", rank(r.Classified, 0).Value, float64(min(r.Confidence, 100))/100)
	if to.Source != hopper.Orchestrator {
		text += fmt.Sprintf(", %s by %s", to.Value, to.Source)
	}
	return text
}

func applyItemTriaged(s *State, op oplog.Op, r *ItemTriaged) {
	if r.Run != "" {
		s.hopper.Triage(r.Item, r.Run, op.At)
	}
}

func applyItemOverridden(s *State, op oplog.Op, r *ItemOverridden) {
	s.hopper.Override(r.Item, hopper.Override{
		At: op.At, From: rank(r.From, 0).Value, To: rank(r.To, 0).Value, Place: int(min(r.Place, 1<<30)), Actor: op.Actor, Reason: r.Reason, AuditID: r.AuditID,
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
	if run.Flow != nil && run.Item == item {
		c, f := *run, *run.Flow
		f.Priority = uint8(it.Value)
		c.Flow = &f
		s.runs.Set(c.ID, &c)
	}
	for _, id := range run.Jobs {
		if j, ok := s.jobs.Get(id); ok && j.Item == item && !j.State.Ended() {
			s.editJob(id, func(j *Job) { j.follow(it) })
		}
	}
}

// follow takes over the rank and the place of the job's item.
func (j *Job) follow(it *hopper.Item) {
	j.Priority, j.Source, j.Order = uint8(it.Value), uint8(it.Source), it.Order
}

// order is the job's place in the order of starting: the smallest goes first.
func (j *Job) order() int64 {
	if j.Order != 0 {
		return j.Order
	}
	return hopper.Due(hopper.Rank{Value: hopper.Priority(j.Priority), Source: hopper.Source(j.Source)}, j.SubmittedAt)
}
