package mesh

import (
	"iter"

	"voxmesh/mesh/privacy"
)

type Node struct {
	ID      string
	Class   privacy.Class
	Status  Status
	Cap     int64
	Models  []Model
	Last    []Happening
	private bool
}

type Status uint8

func (s Status) String() string { return "online" }

type Model struct{ Name string }

type Happening struct{ Name, Job string }

type JobSubmitted struct {
	Job, Title, Kind string
	Class            privacy.Class
}

type Job struct {
	JobSubmitted
	Cost int64
}

type Invite struct{ PeerID, Label string }

type SpanView struct {
	SpanName     string
	PrivacyClass privacy.Class
	Children     []SpanView
}

type AuditEntry struct{ AuditID, PrivacyClass string }

type NodeView struct {
	ID           string
	PrivacyClass privacy.Class
	Models       []ModelView
}

type ModelView struct {
	Model        string
	PrivacyClass privacy.Class
}

type State struct{ nodes []*Node }

func (s *State) Nodes() []*Node               { return s.nodes }
func (s *State) Each() iter.Seq[*Node]        { return nil }
func (s *State) Node(id string) (*Node, bool) { return nil, false }
func (s *State) Jobs() []*Job                 { return nil }
func (s *State) HeldBy(id string) []*Job      { return nil }
func (s *State) Invites() []*Invite           { return nil }
func (s *State) Entries() []AuditEntry        { return nil }
func (s *State) Visit(f func(*Node) bool)     {}
