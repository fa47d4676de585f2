package mesh

import (
	"voxmesh/hopper"
	"voxmesh/mesh/privacy"
)

// The ops of the hopper. The steps of an item that nodes bring about (assigned, started, returned, closed) are the ops of
// its jobs and of its workflow: those carry the item where they are such a step.

// ItemAdmitted: work came in through the hopper. With a Run it is triaged at once: the run's own op is in the same commit.
type ItemAdmitted struct {
	Item       string
	Intent     string // cleaned, at most hopper.MaxIntent letters
	Prompt     string // hash of the whole intent; empty where the work has a payload of its own
	Session    string
	Run        string
	Class      privacy.Class
	Priority   uint8
	Source     uint8 // hopper.Source
	Classified uint8 // the classifier's own priority
	Confidence uint8 // 0 to 100
	Kind       string
	Models     []string
	Nodes      []string
	AuditID    string
	On         string // the one node that it is to run on, or empty
}

func (r *ItemAdmitted) fields(c *coder) {
	c.str(1, &r.Item)
	c.str(2, &r.Intent)
	c.str(3, &r.Prompt)
	c.str(4, &r.Session)
	c.str(5, &r.Run)
	c.class(6, &r.Class)
	c.u8(7, &r.Priority)
	c.u8(8, &r.Source)
	c.u8(9, &r.Classified)
	c.u8(10, &r.Confidence)
	c.str(11, &r.Kind)
	c.strs(12, &r.Models)
	c.strs(13, &r.Nodes)
	c.str(14, &r.AuditID)
	c.str(15, &r.On)
}

// ItemTriaged: an item of the inbox became a run, whose own op is in the same commit.
type ItemTriaged struct {
	Item string
	Run  string
}

func (r *ItemTriaged) fields(c *coder) {
	c.str(1, &r.Item)
	c.str(2, &r.Run)
}

// ItemOverridden: a person changed an item's priority, or its place. The signed entry is in the same commit.
type ItemOverridden struct {
	Item    string
	From    uint8
	To      uint8
	Place   uint32 // in the inbox, from 1, where it was moved; 0: only the priority changed
	Order   int64  // hopper.Item.Order from now on; 0: hopper.Due
	Reason  string
	AuditID string
	Yield   bool // it runs, and is asked to make room
}

func (r *ItemOverridden) fields(c *coder) {
	c.str(1, &r.Item)
	c.u8(2, &r.From)
	c.u8(3, &r.To)
	c.u32(4, &r.Place)
	c.i64(5, &r.Order)
	c.str(6, &r.Reason)
	c.str(7, &r.AuditID)
	c.flag(8, &r.Yield)
}

// ItemsBatched: items start as one and are cancelled as one.
type ItemsBatched struct {
	Batch   string
	Items   []string
	AuditID string
}

func (r *ItemsBatched) fields(c *coder) {
	c.str(1, &r.Batch)
	c.strs(2, &r.Items)
	c.str(3, &r.AuditID)
}

// ItemClosed: an item ended that no job of its own could end: it was cancelled in the inbox.
type ItemClosed struct {
	Item    string
	Outcome uint8 // hopper.Outcome
	Why     string
	AuditID string
}

func (r *ItemClosed) fields(c *coder) {
	c.str(1, &r.Item)
	c.u8(2, &r.Outcome)
	c.str(3, &r.Why)
	c.str(4, &r.AuditID)
}

// ItemSuggested: a model on the mesh said what it would make of an item. It is noted and decides nothing.
type ItemSuggested struct {
	Item     string
	Priority uint8
	Model    string
	Job      string // that asked it
}

func (r *ItemSuggested) fields(c *coder) {
	c.str(1, &r.Item)
	c.u8(2, &r.Priority)
	c.str(3, &r.Model)
	c.str(4, &r.Job)
}

// itemRecord codes a hopper item in a memo.
type itemRecord hopper.Item

func (i *itemRecord) fields(c *coder) {
	c.str(1, &i.ID)
	c.str(2, &i.Intent)
	c.str(3, &i.Session)
	c.str(4, &i.Actor)
	c.str(5, &i.Prompt)
	c.str(6, &i.Run)
	c.str(7, &i.Node)
	c.class(8, &i.Class)
	c.varint(9, uint64(i.Value), func(v uint64) { i.Value = hopper.Priority(min(v, 9)) })
	c.varint(10, uint64(i.Source), func(v uint64) { i.Source = hopper.Source(min(v, uint64(hopper.Developer))) })
	c.str(11, &i.Kind)
	c.strs(12, &i.Models)
	c.strs(13, &i.Nodes)
	c.varint(14, uint64(i.Confidence), func(v uint64) { i.Confidence = int(min(v, 100)) })
	c.time(15, &i.At)
	c.time(16, &i.Since)
	c.place(17, &i.Seq)
	c.time(18, &i.Order)
	c.varint(19, uint64(i.State), func(v uint64) { i.State = hopper.State(min(v, uint64(hopper.Closed))) })
	c.varint(20, uint64(i.Outcome), func(v uint64) { i.Outcome = hopper.Outcome(min(v, uint64(hopper.Cancelled))) })
	c.str(21, &i.Why)
	c.str(22, &i.Batch)
	c.flag(23, &i.Yield)
	each(c, 24, &i.Overrides, func(c *coder, o *hopper.Override) { (*overrideRecord)(o).fields(c) })
	each(c, 25, &i.Trail, func(c *coder, t *hopper.Step) { (*stepRecord)(t).fields(c) })
	c.varint(26, uint64(i.Classified), func(v uint64) { i.Classified = hopper.Priority(min(v, 9)) })
	c.place(27, &i.Tie)
	c.u32(28, &i.Nth)
	c.str(29, &i.AuditID)
	c.str(30, &i.On)
}

type overrideRecord hopper.Override

func (o *overrideRecord) fields(c *coder) {
	c.time(1, &o.At)
	c.varint(2, uint64(o.From), func(v uint64) { o.From = hopper.Priority(min(v, 9)) })
	c.varint(3, uint64(o.To), func(v uint64) { o.To = hopper.Priority(min(v, 9)) })
	c.varint(4, uint64(o.Place), func(v uint64) { o.Place = int(min(v, 1<<31)) })
	c.str(5, &o.Actor)
	c.str(6, &o.Reason)
	c.str(7, &o.AuditID)
}

type stepRecord hopper.Step

func (s *stepRecord) fields(c *coder) {
	c.time(1, &s.At)
	c.str(2, &s.Name)
	c.str(3, &s.Actor)
	c.str(4, &s.Detail)
	c.str(5, &s.AuditID)
}

type lessonRecord hopper.Lesson

func (l *lessonRecord) fields(c *coder) {
	c.str(1, &l.Words)
	c.varint(2, uint64(l.Priority), func(v uint64) { l.Priority = hopper.Priority(min(v, 9)) })
	c.time(3, &l.At)
	c.u64(4, &l.N)
}
