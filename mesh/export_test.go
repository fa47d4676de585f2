package mesh

import (
	"encoding/json"
	"fmt"

	"voxmesh/hopper"
)

// What the benchmarks of package mesh_test need of the inside.

// Dump is a State as plain rows, in the order of their keys: everything that a memo has, for the peers of the memos.
type Dump struct {
	Seq                                uint64
	At                                 int64
	Mesh, PeerID, Operator             string
	MeshCap                            *int64
	Spent, Tokens, ErrorCount          int64
	Submitted, Admitted, Batches, Acts uint64
	NextRun                            uint64
	Audit                              []byte
	Nodes                              []*Node
	Gone                               []*Gone
	Jobs                               []*Job
	Runs                               []*Run
	Invites                            []*Invite
	Access                             []*Access
	Items                              []*hopper.Item
	Lessons                            []hopper.Lesson
}

// DumpOf shares the rows of s.
func DumpOf(s *State) *Dump {
	d := ScalarsOf(s)
	d.Nodes, d.Gone, d.Jobs, d.Runs = s.Nodes(), s.gone.Values(), s.Jobs(), s.Runs()
	d.Invites, d.Access, d.Items, d.Lessons = s.Invites(), s.Access(), s.hopper.Items(), s.hopper.Lessons()
	return d
}

// ScalarsOf is DumpOf without the rows.
func ScalarsOf(s *State) *Dump {
	return &Dump{
		Seq: s.Seq, At: s.At, Mesh: s.Mesh, PeerID: s.PeerID, Operator: s.Operator, MeshCap: s.MeshCap, Spent: s.Spent, Tokens: s.Tokens,
		ErrorCount: s.ErrorCount, Submitted: s.Submitted, Admitted: s.Admitted, Batches: s.Batches, Acts: s.Acts, NextRun: s.NextRun,
		Audit: s.Audit.Marshal(),
	}
}

// State builds the state again, with its indexes, by the quickest way there is. It takes d's rows over.
func (d *Dump) State() (*State, error) {
	s := Projection{}.New()
	s.Seq, s.At, s.Mesh, s.PeerID, s.Operator, s.MeshCap = d.Seq, d.At, d.Mesh, d.PeerID, d.Operator, d.MeshCap
	s.Spent, s.Tokens, s.ErrorCount, s.Submitted, s.Admitted = d.Spent, d.Tokens, d.ErrorCount, d.Submitted, d.Admitted
	s.Batches, s.Acts, s.NextRun = d.Batches, d.Acts, d.NextRun
	if len(d.Audit) > 0 {
		if err := s.Audit.Unmarshal(d.Audit); err != nil {
			return nil, err
		}
	}
	for _, n := range d.Nodes {
		n.own, n.ownLast = s.own, s.own
		s.nodes.Load(n.ID, n)
		if n.Key != "" {
			s.keys.Set(n.Key, n.ID)
		}
	}
	for _, g := range d.Gone {
		s.gone.Load(g.ID, g)
		if g.Key != "" {
			s.keys.Set(g.Key, g.ID)
		}
	}
	for _, j := range d.Jobs {
		j.own, j.ownTry = s.own, s.own
		s.jobs.Load(j.Job, j)
		s.index(j)
	}
	for _, r := range d.Runs {
		s.setRun(r)
	}
	for _, i := range d.Invites {
		s.invites.Load(i.PeerID, i)
	}
	for _, a := range d.Access {
		s.access.Load(a.Fingerprint, a)
	}
	for _, i := range d.Items {
		s.hopper.Take(i)
	}
	for _, l := range d.Lessons {
		s.hopper.PutLesson(l)
	}
	return s, nil
}

// EncodeRow gives an entity as it is in a memo of rows.
func EncodeRow(e any) []byte {
	switch e := e.(type) {
	case *hopper.Item:
		return marshal((*itemRecord)(e))
	case record:
		return marshal(e)
	default:
		panic(fmt.Sprintf("%T is no row", e))
	}
}

// DecodeRow reads it; r is a pointer to a row, or to the record of an op.
func DecodeRow(b []byte, r any) error {
	if it, ok := r.(*hopper.Item); ok {
		return unmarshal(b, (*itemRecord)(it))
	}
	return unmarshal(b, r.(record))
}

// The enumerations are written into JSON by name. Only a memo of JSON has to read them again.

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *Status) UnmarshalJSON(b []byte) error { return byName(b, s, Online) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (m *Mode) UnmarshalJSON(b []byte) error { return byName(b, m, Drained) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *JobState) UnmarshalJSON(b []byte) error { return byName(b, s, TimedOut) }

func byName[T interface {
	~uint8
	fmt.Stringer
	json.Marshaler
}](b []byte, to *T, last T,
) error {
	for v := T(0); v <= last; v++ {
		if name := v.String(); len(b) == len(name)+2 && string(b[1:len(b)-1]) == name {
			*to = v
			return nil
		}
	}
	return fmt.Errorf("%s is no name", b)
}
