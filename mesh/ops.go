package mesh

import "voxmesh/mesh/privacy"

// The kinds of ops. A kind's name and the numbers of its fields are final: a record grows by new fields with higher
// numbers, never by changing one. An op of a kind that is not here is kept in the log and skipped by the reducer.
const (
	KindHostStarted   = "host_started"
	KindInviteMinted  = "invite_minted"
	KindInviteRevoked = "invite_revoked"
	KindNodeAdmitted  = "node_admitted"
	KindNodeDescribed = "node_described"
	KindNodeStatus    = "node_status"
	KindNodeMode      = "node_mode"
	KindNodeLocked    = "node_locked"
	KindNodeGone      = "node_gone"
	KindJobSubmitted  = "job_submitted"
	KindJobLeased     = "job_leased"
	KindJobStarted    = "job_started"
	KindJobRequeued   = "job_requeued"
	KindJobFinished   = "job_finished"
	KindResultRefused = "result_refused"
	KindCapSet        = "cap_set"
	KindAccessAdded   = "access_added"
	KindAccessRemoved = "access_removed"
	KindAuditEntry    = "audit_entry"

	KindItemAdmitted   = "item_admitted"
	KindItemTriaged    = "item_triaged"
	KindItemOverridden = "item_overridden"
	KindItemsBatched   = "items_batched"
	KindItemClosed     = "item_closed"
	KindItemSuggested  = "item_suggested"

	KindWorkflowStarted  = "workflow_started"
	KindActivityExpanded = "activity_expanded"
	KindActivitySkipped  = "activity_skipped"
	KindActivityReused   = "activity_reused"
	KindWorkflowFinished = "workflow_finished"
)

// HostStarted: this process became the host of the mesh. The first one names the mesh.
type HostStarted struct {
	Mesh     string // the mesh's name, which is also the id of the host's own node
	PeerID   string // 16 hex, from the host's public key
	Operator string
	Instance string
	Version  string
	Cores    uint32
}

func (r *HostStarted) fields(c *coder) {
	c.str(1, &r.Mesh)
	c.str(2, &r.PeerID)
	c.str(3, &r.Operator)
	c.str(4, &r.Instance)
	c.str(5, &r.Version)
	c.u32(6, &r.Cores)
}

// InviteMinted: an invite that can be used once until ExpiresAt. Only the hash of its secret is here.
type InviteMinted struct {
	PeerID     string // 16 hex
	SecretHash []byte // 32 bytes
	Slots      uint8  // bit set as in the token
	Label      string
	ExpiresAt  int64 // unix microseconds
}

func (r *InviteMinted) fields(c *coder) {
	c.str(1, &r.PeerID)
	c.bytes(2, &r.SecretHash)
	c.u8(3, &r.Slots)
	c.str(4, &r.Label)
	c.i64(5, &r.ExpiresAt)
}

// InviteRevoked: the invite can no longer be used.
type InviteRevoked struct{ PeerID string }

func (r *InviteRevoked) fields(c *coder) { c.str(1, &r.PeerID) }

// NodeAdmitted: a machine proved its key and joined with an invite, which this op burns.
type NodeAdmitted struct {
	Node     string
	Key      string // NKey public key, "U…"
	Invite   string // peer id of the invite; empty for the host's own node
	Label    string
	Hostname string
	Class    privacy.Class
	Slots    []Slot
	Addr     string // where it came from, an IP address
}

func (r *NodeAdmitted) fields(c *coder) {
	c.str(1, &r.Node)
	c.str(2, &r.Key)
	c.str(3, &r.Invite)
	c.str(4, &r.Label)
	c.str(5, &r.Hostname)
	c.class(6, &r.Class)
	list(c, 7, &r.Slots)
	c.str(8, &r.Addr)
}

// Slot is what a node gives of one kind of work.
type Slot struct {
	Kind   string // gpu, cpu, text, embed
	Max    uint32 // jobs at once
	Weight uint32 // 0 to 100, a preference
}

func (r *Slot) fields(c *coder) {
	c.str(1, &r.Kind)
	c.u32(2, &r.Max)
	c.u32(3, &r.Weight)
}

// Model is a model that a node holds.
type Model struct {
	Name    string // as the backend names it, "llama3.2:3b"
	Tag     string // quantisation, "Q4_K_M"
	Backend string // "ollama"
	Family  string
	Digest  string
	Size    int64 // bytes
	Context int64 // tokens
	Loaded  bool
	Fits    bool // into the memory that the node can give it
}

func (r *Model) fields(c *coder) {
	c.str(1, &r.Name)
	c.str(2, &r.Tag)
	c.str(3, &r.Backend)
	c.str(4, &r.Family)
	c.str(5, &r.Digest)
	c.i64(6, &r.Size)
	c.i64(7, &r.Context)
	c.flag(8, &r.Loaded)
	c.flag(9, &r.Fits)
}

// NodeDescribed: what a node says of itself changed: the summary of its policy, or its models. It replaces all of it.
type NodeDescribed struct {
	Node        string
	Slots       []Slot
	Models      []Model
	ModelsNote  string // why there are no models, for people
	NSFW        bool
	OptIn       bool // to the public mesh
	MinPriority uint8
	MaxJobSecs  int64 // 0: no limit
	Version     string
	Policy      string // names the policy file's content: a refusal is final until it changes
	Away        string // why it takes nothing for now, or empty
	AwayRule    string // hours or owner; empty where Away is
	PolicyNote  string // why the policy file is not what is in force
	Commands    []string
	Prices      []Price
}

func (r *NodeDescribed) fields(c *coder) {
	c.str(1, &r.Node)
	list(c, 2, &r.Slots)
	list(c, 3, &r.Models)
	c.str(4, &r.ModelsNote)
	c.flag(5, &r.NSFW)
	c.flag(6, &r.OptIn)
	c.u8(7, &r.MinPriority)
	c.i64(8, &r.MaxJobSecs)
	c.str(9, &r.Version)
	c.str(10, &r.Policy)
	c.str(11, &r.Away)
	c.str(12, &r.AwayRule)
	c.str(13, &r.PolicyNote)
	c.strs(14, &r.Commands)
	list(c, 15, &r.Prices)
}

// Price is what a node asks for work of one kind, in micro-USD. What is nil is the mesh's.
type Price struct {
	Kind    string // gpu, cpu, text, embed
	PerHour *int64 // of gpu and cpu
	PerMTok *int64 // a million tokens of text and embed
}

func (r *Price) fields(c *coder) {
	c.str(1, &r.Kind)
	c.opt(2, &r.PerHour)
	c.opt(3, &r.PerMTok)
}

// NodeStatusChanged: the age of a node's heartbeat crossed a threshold.
type NodeStatusChanged struct {
	Node   string
	Status Status
}

func (r *NodeStatusChanged) fields(c *coder) {
	c.str(1, &r.Node)
	c.varint(2, uint64(r.Status), func(v uint64) { r.Status = Status(min(v, uint64(Online))) })
}

// NodeModeChanged: a node was paused, resumed, told to drain, or is drained.
type NodeModeChanged struct {
	Node     string
	Mode     Mode
	Deadline int64 // unix microseconds: when a drain takes back what still runs; 0 else
	AuditID  string
}

func (r *NodeModeChanged) fields(c *coder) {
	c.str(1, &r.Node)
	c.varint(2, uint64(r.Mode), func(v uint64) { r.Mode = Mode(min(v, uint64(Drained))) })
	c.i64(3, &r.Deadline)
	c.str(4, &r.AuditID)
}

// NodeLocked: two machines speak with one key; neither is listened to until the owner revokes the node.
type NodeLocked struct {
	Node   string
	Reason string
}

func (r *NodeLocked) fields(c *coder) {
	c.str(1, &r.Node)
	c.str(2, &r.Reason)
}

// NodeGone: a node was revoked, or left. Its id and key are never used again.
type NodeGone struct {
	Node    string
	Why     string // revoked, left
	AuditID string
}

func (r *NodeGone) fields(c *coder) {
	c.str(1, &r.Node)
	c.str(2, &r.Why)
	c.str(3, &r.AuditID)
}

// CapSet: the most that a node (or the mesh, where Node is "mesh") may spend in 24 hours; nil is no cap.
type CapSet struct {
	Node      string
	CapMicros *int64
}

func (r *CapSet) fields(c *coder) {
	c.str(1, &r.Node)
	c.opt(2, &r.CapMicros)
}

// AccessAdded: an SSH key may enter, as viewer or operator.
type AccessAdded struct {
	Fingerprint string
	Key         string // authorized_keys form without options
	Name        string
	Role        string
}

func (r *AccessAdded) fields(c *coder) {
	c.str(1, &r.Fingerprint)
	c.str(2, &r.Key)
	c.str(3, &r.Name)
	c.str(4, &r.Role)
}

// AccessRemoved: an SSH key may enter no more.
type AccessRemoved struct{ Fingerprint string }

func (r *AccessRemoved) fields(c *coder) { c.str(1, &r.Fingerprint) }

// AuditRecorded carries one signed entry. Stored is what was signed, byte for byte; the fields before it repeat what
// the reducer and lists need, so that nobody parses JSON to fold the log.
type AuditRecorded struct {
	AuditID string
	Action  string
	Target  string
	Class   privacy.Class
	Stored  []byte
	Head    []byte // the signed head of the tree with this entry as its last leaf
}

func (r *AuditRecorded) fields(c *coder) {
	c.str(1, &r.AuditID)
	c.str(2, &r.Action)
	c.str(3, &r.Target)
	c.class(4, &r.Class)
	c.bytes(5, &r.Stored)
	c.bytes(6, &r.Head)
}
