package mesh

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"voxmesh/hopper"
	"voxmesh/oplog"
)

// reducerVersion names what apply does. It changes with every change of apply or of the memo's form, so that memos of
// another version count as absent and are made anew.
const reducerVersion = 5

// Projection is the fold that the op-log keeps memos of.
type Projection struct{}

var _ oplog.Projection[*State] = Projection{}

// Version is the reducer's version, in its lowest 8 bits, with that of the words that lessons leave out: they are data, and
// the state depends on them.
func (Projection) Version() uint32 { return hopper.LessonsVersion()<<8 | reducerVersion }

// New is the state before the first op.
func (Projection) New() *State { return &State{own: newOwner()} }

// Clone copies in O(1).
func (Projection) Clone(s *State) *State { return s.clone() }

// Apply folds one op into s, in place.
func (Projection) Apply(s *State, op oplog.Op) *State {
	apply(s, op)
	return s
}

// Encode gives the memo's bytes: a record of single values, then a section of columns for each kind of entity, in the order
// of their keys. Equal states give equal bytes, so it serves as the canonical dump too.
func (Projection) Encode(s *State) []byte { return encodeState(s) }

// Decode reads what Encode wrote and rebuilds the indexes.
func (Projection) Decode(b []byte) (*State, error) {
	s, err := decodeState(b)
	if err != nil {
		return nil, fmt.Errorf("decode state: %w", err)
	}
	return s, nil
}

// single is what State has one of.
func (s *State) single(c *coder) {
	c.u64(1, &s.Seq)
	c.i64(2, &s.At)
	c.str(3, &s.Mesh)
	c.str(4, &s.PeerID)
	c.str(5, &s.Operator)
	c.opt(6, &s.MeshCap)
	c.i64(7, &s.Spent)
	c.i64(8, &s.Tokens)
	c.u64(9, &s.Submitted)
	c.u64(10, &s.Acts)
	c.i64(11, &s.ErrorCount)
	s.auditFields(c, 12)
	c.u64(19, &s.Admitted)
	c.u64(20, &s.Batches)
	c.u64(21, &s.NextRun)
}

func (s *State) auditFields(c *coder, n protowire.Number) {
	if c.enc {
		b := s.Audit.Marshal()
		c.bytes(n, &b)
		return
	}
	var b []byte
	c.bytes(n, &b)
	if c.err != nil || len(b) == 0 {
		return
	}
	if err := s.Audit.Unmarshal(b); err != nil {
		c.err = err
	}
}

func (n *Node) fields(c *coder) {
	c.str(1, &n.ID)
	c.flag(2, &n.Host)
	c.str(3, &n.Key)
	c.str(4, &n.Invite)
	c.str(5, &n.Label)
	c.str(6, &n.Hostname)
	c.str(7, &n.Addr)
	c.class(8, &n.Class)
	c.varint(9, uint64(n.Status), func(v uint64) { n.Status = Status(v) })
	c.time(10, &n.StatusAt)
	c.varint(11, uint64(n.Mode), func(v uint64) { n.Mode = Mode(v) })
	c.time(12, &n.Deadline)
	c.str(13, &n.ModeAct)
	c.str(14, &n.Locked)
	c.time(15, &n.JoinedAt)
	list(c, 16, &n.Asked)
	list(c, 17, &n.Slots)
	c.flag(18, &n.Described)
	list(c, 19, &n.Models)
	c.str(20, &n.ModelsNote)
	c.flag(21, &n.NSFW)
	c.flag(22, &n.OptIn)
	c.u8(23, &n.MinPriority)
	c.i64(24, &n.MaxJobSecs)
	c.str(25, &n.Version)
	c.opt(26, &n.Cap)
	c.i64(27, &n.Spent)
	c.i64(28, &n.Tokens)
	list(c, 29, &n.Last)
	c.str(30, &n.Run)
	c.str(31, &n.Policy)
	c.str(32, &n.Away)
	c.str(33, &n.AwayRule)
	c.str(34, &n.PolicyNote)
	c.strs(35, &n.Commands)
	list(c, 36, &n.Prices)
}

func (g *Gone) fields(c *coder) {
	c.str(1, &g.ID)
	c.str(2, &g.Key)
	c.str(3, &g.Why)
	c.time(4, &g.At)
}

func (j *Job) fields(c *coder) {
	part(c, 1, &j.JobSubmitted)
	c.str(2, &j.Trace)
	c.time(3, &j.SubmittedAt)
	c.place(4, &j.Seq)
	c.varint(5, uint64(j.State), func(v uint64) { j.State = JobState(v) })
	c.str(6, &j.Node)
	c.u32(7, &j.Attempt)
	c.u32(8, &j.Losses)
	c.time(9, &j.LeasedAt)
	c.time(10, &j.StartedAt)
	c.time(11, &j.EndedAt)
	list(c, 12, &j.Refused)
	list(c, 13, &j.Attempts)
	c.i64(14, &j.ExitCode)
	c.str(15, &j.Code)
	c.str(16, &j.Error)
	c.str(17, &j.Output)
	c.i64(18, &j.OutputSize)
	c.i64(19, &j.TokensUsed)
	c.i64(20, &j.Cost)
	c.i64(21, &j.DurationMS)
	list(c, 22, &j.Phases)
	c.i64(23, &j.Skew)
	c.flag(24, &j.SkewKnown)
	c.time(25, &j.Due)
	c.place(26, &j.Tie)
	c.u32(27, &j.Nth)
}

// part codes one record inside another.
func part(c *coder, n protowire.Number, r record) {
	switch {
	case c.g != nil:
		c.within(n, func() { r.fields(c) })
	case c.enc:
		c.buf = protowire.AppendTag(c.buf, n, protowire.BytesType)
		c.buf = protowire.AppendBytes(c.buf, marshal(r))
	case c.next(n, protowire.BytesType):
		if err := unmarshal(c.chunk(), r); err != nil {
			c.fail(err)
		}
	}
}

func (r *Run) fields(c *coder) {
	c.str(1, &r.ID)
	c.str(2, &r.Trace)
	c.str(3, &r.Title)
	c.class(4, &r.Class)
	c.time(5, &r.At)
	c.strs(6, &r.Jobs)
	c.str(7, &r.Item)
	flow := make([]Flow, 0, 1) // a list of one or none
	if r.Flow != nil {
		flow = append(flow, *r.Flow)
	}
	if list(c, 8, &flow); !c.enc && len(flow) > 0 {
		r.Flow = &flow[0]
	}
}

func (i *Invite) fields(c *coder) {
	c.str(1, &i.PeerID)
	c.bytes(2, &i.Hash)
	c.u8(3, &i.Slots)
	c.str(4, &i.Label)
	c.time(5, &i.MintedAt)
	c.time(6, &i.ExpiresAt)
	c.flag(7, &i.Revoked)
	c.str(8, &i.UsedBy)
	c.str(9, &i.UsedKey)
	c.time(10, &i.UsedAt)
}

func (a *Access) fields(c *coder) {
	c.str(1, &a.Fingerprint)
	c.str(2, &a.Key)
	c.str(3, &a.Name)
	c.str(4, &a.Role)
	c.time(5, &a.AddedAt)
}
