package mesh

import (
	"strconv"
	"sync/atomic"

	"github.com/tidwall/btree"

	"voxmesh/audit"
	"voxmesh/hopper"
	"voxmesh/mesh/privacy"
)

// State is everything that the ops say, at one instant. A published State is never changed: read it from anywhere,
// keep it as long as you like. The entities that it gives out are shared and must not be changed either.
//
// All text in it was cleaned before it became an op. Times are unix microseconds; money is micro-USD.
type State struct {
	Seq uint64 // of the last op applied
	At  int64  // of the last op applied

	Mesh     string // the mesh's name and the id of the host's own node; empty before the first start
	PeerID   string
	Operator string

	nodes    btree.Map[string, *Node]
	gone     btree.Map[string, *Gone]
	keys     btree.Map[string, string] // NKey → node id, gone ones included
	jobs     btree.Map[string, *Job]
	queue    btree.Map[string, string] // queueKey → job id, next first
	held     btree.Map[string, string] // node/job → job id: leased or running
	ended    btree.Map[string, string] // endKey → job id, oldest first
	runs     btree.Map[string, *Run]
	flows    btree.Map[string, uint64] // open workflow run → the latest op that may change what is next in it
	flowEnds btree.Map[string, string] // flowEndKey → run id, oldest first
	invites  btree.Map[string, *Invite]
	expiries btree.Map[string, string] // expiryKey → peer id, oldest first
	access   btree.Map[string, *Access]
	hopper   hopper.Board

	MeshCap    *int64 // the mesh's own cap; nil is none set
	Spent      int64  // by the mesh in the window that ends at At
	Tokens     int64
	Submitted  uint64 // jobs ever
	Admitted   uint64 // hopper items ever
	Batches    uint64 // of the hopper, ever
	NextRun    uint64 // the number of no run so far: see nextRun
	Acts       uint64 // audit entries ever
	ErrorCount int64  // failed and timed-out jobs in the window
	Audit      audit.Tree

	own owner
}

// owner marks the entities that one state alone can reach: what was made or copied since it was last cloned. The reducer
// changes those where they are, and copies the others, so that a replay of thousands of ops copies each node once and
// not at every op. The zero owner owns nothing: a state that was cloned is such a one from then on. That of the host is cloned for
// each commit, so what a command saw in it stays as it was, as what is in a snapshot does.
type owner uint64

var owners atomic.Uint64

func newOwner() owner { return owner(owners.Add(1)) }

// Node is a machine of the mesh.
type Node struct {
	ID       string
	Host     bool // the machine that the mesh runs on
	Key      string
	Invite   string
	Label    string
	Hostname string
	Addr     string
	Class    privacy.Class // the widest class it accepts
	Status   Status
	StatusAt int64
	Mode     Mode
	Deadline int64  // of a drain
	ModeAct  string // audit id of the act that set Mode
	Locked   string // why nothing is accepted from it, or empty
	JoinedAt int64

	Asked       []Slot // by the invite
	Slots       []Slot // what its policy gives now
	Described   bool   // it said so itself at least once
	Models      []Model
	ModelsNote  string
	NSFW        bool
	OptIn       bool
	MinPriority uint8
	MaxJobSecs  int64
	Version     string
	Policy      string // names the content of its policy file
	Away        string // why it takes nothing for now by its policy, or empty: "off hours until 22:00"
	AwayRule    string // RuleHours or RuleOwner; empty where Away is
	PolicyNote  string // why its policy file is not what is in force, or what of it the machine cannot see
	Commands    []string
	Prices      []Price

	Cap    *int64 // micro-USD in 24 hours, nil is none
	Spent  int64  // in the window that ends at State.At
	Tokens int64
	Last   []Happening // newest last, at most 8
	Run    string      // the latest run that it worked on

	own     owner // of the node
	ownLast owner // of the memory of Last
}

// Happening is one line of a node's recent history.
type Happening struct {
	At   int64
	Name string // leased, succeeded, online, paused, …
	Job  string // or empty
}

func (h *Happening) fields(c *coder) { c.time(1, &h.At); c.str(2, &h.Name); c.str(3, &h.Job) }

// Gone remembers a node that was revoked or left, so that its id and key are never used again.
type Gone struct {
	ID  string
	Key string
	Why string
	At  int64
}

// Job is one piece of work.
type Job struct {
	JobSubmitted
	Trace string // 32 hex

	SubmittedAt int64
	Seq         uint64 // of its submission: the order among equals
	State       JobState
	Node        string // that holds it, or held it last
	Attempt     uint32 // 0 before the first lease
	Losses      uint32
	LeasedAt    int64
	StartedAt   int64
	EndedAt     int64
	Refused     []Refusal
	Attempts    []Attempt

	ExitCode   int64
	Code       string
	Error      string
	Output     string
	OutputSize int64
	TokensUsed int64
	Cost       int64
	DurationMS int64
	Phases     []SpanRecord
	Skew       int64 // microseconds by which the clock of Phases is ahead
	SkewKnown  bool

	Due int64  // its place in the queue, with Tie and Nth: that of its item (see hopper.Item.Key), else its own
	Tie uint64 //
	Nth uint32 //

	own    owner // of the job
	ownTry owner // of the memory of Attempts
}

// Refusal is a node's own no to a job; it is final for that node until its policy changes.
type Refusal struct {
	Node   string
	Reason string
	At     int64
	Policy string // the policy that said so
}

func (r *Refusal) fields(c *coder) {
	c.str(1, &r.Node)
	c.str(2, &r.Reason)
	c.time(3, &r.At)
	c.str(4, &r.Policy)
}

// Attempt is one lease of a job, from its grant to its end.
type Attempt struct {
	N         uint32
	Node      string
	LeasedAt  int64
	StartedAt int64
	EndedAt   int64
	End       string // a JobState or a Cause by name, empty while it goes on
	Reason    string
}

func (a *Attempt) fields(c *coder) {
	c.u32(1, &a.N)
	c.str(2, &a.Node)
	c.time(3, &a.LeasedAt)
	c.time(4, &a.StartedAt)
	c.time(5, &a.EndedAt)
	c.str(6, &a.End)
	c.str(7, &a.Reason)
}

// Run is what a person started: one job, or a workflow of many.
type Run struct {
	ID    string
	Trace string
	Title string
	Class privacy.Class
	At    int64
	Jobs  []string
	Item  string // of the hopper, or empty
	Flow  *Flow  // of a workflow, else nil
}

// Invite is an invitation, without its secret.
type Invite struct {
	PeerID    string
	Hash      []byte
	Slots     uint8
	Label     string
	MintedAt  int64
	ExpiresAt int64
	Revoked   bool
	UsedBy    string // node id
	UsedKey   string
	UsedAt    int64
}

// Open reports whether the invite could still be used at t.
func (i *Invite) Open(t int64) bool { return !i.Revoked && i.UsedBy == "" && t < i.ExpiresAt }

// State is open, used, revoked or expired at t.
func (i *Invite) State(t int64) string {
	switch {
	case i.UsedBy != "":
		return "used"
	case i.Revoked:
		return "revoked"
	case t >= i.ExpiresAt:
		return "expired"
	}
	return "open"
}

// Access is an SSH key that may enter.
type Access struct {
	Fingerprint string
	Key         string
	Name        string
	Role        string
	AddedAt     int64
}

// Node gives a node by id.
func (s *State) Node(id string) (*Node, bool) { return s.nodes.Get(id) }

// Nodes gives every node in the order of ids, the host's own included.
func (s *State) Nodes() []*Node { return s.nodes.Values() }

// Workers gives the machines that joined, in the order of ids.
func (s *State) Workers() []*Node {
	out := make([]*Node, 0, s.nodes.Len())
	s.nodes.Scan(func(_ string, n *Node) bool {
		if !n.Host {
			out = append(out, n)
		}
		return true
	})
	return out
}

// NodeByKey gives the node that a key belongs to; gone reports a key that must be refused for ever.
func (s *State) NodeByKey(key string) (n *Node, gone bool) {
	id, ok := s.keys.Get(key)
	if !ok {
		return nil, false
	}
	if n, ok := s.nodes.Get(id); ok {
		return n, false
	}
	return nil, true
}

// Gone tells of a node that was revoked or left.
func (s *State) Gone(id string) (*Gone, bool) { return s.gone.Get(id) }

// Job gives a job that is not older than KeepEnded after its end.
func (s *State) Job(id string) (*Job, bool) { return s.jobs.Get(id) }

// Jobs gives the jobs in State in the order of their ids.
func (s *State) Jobs() []*Job { return s.jobs.Values() }

// Queue gives the jobs that wait, next first, at most limit of them (0: all).
func (s *State) Queue(limit int) []*Job {
	var out []*Job
	s.queue.Scan(func(_, id string) bool {
		if j, ok := s.jobs.Get(id); ok {
			out = append(out, j)
		}
		return limit == 0 || len(out) < limit
	})
	return out
}

// Hopper gives the hopper's items. It is shared and must not be changed.
func (s *State) Hopper() *hopper.Board { return &s.hopper }

// InboxLen is how many items of the hopper wait.
func (s *State) InboxLen() int {
	n, _, _ := s.hopper.Counts()
	return n
}

// QueueLen is how many jobs wait.
func (s *State) QueueLen() int { return s.queue.Len() }

// HeldBy gives the jobs leased to a node, or running there, in the order of ids.
func (s *State) HeldBy(node string) []*Job {
	var out []*Job
	p := node + "/"
	s.held.Ascend(p, func(k, id string) bool {
		if len(k) < len(p) || k[:len(p)] != p {
			return false
		}
		if j, ok := s.jobs.Get(id); ok {
			out = append(out, j)
		}
		return true
	})
	return out
}

// Held gives every job that is leased or running.
func (s *State) Held() []*Job {
	out := make([]*Job, 0, s.held.Len())
	s.held.Scan(func(_, id string) bool {
		if j, ok := s.jobs.Get(id); ok {
			out = append(out, j)
		}
		return true
	})
	return out
}

// Run gives a run by id.
func (s *State) Run(id string) (*Run, bool) { return s.runs.Get(id) }

// Runs gives the runs in State in the order of ids.
func (s *State) Runs() []*Run { return s.runs.Values() }

// Invite gives an invite by its peer id.
func (s *State) Invite(peer string) (*Invite, bool) { return s.invites.Get(peer) }

// Invites gives the invites of the last day, in the order of peer ids.
func (s *State) Invites() []*Invite { return s.invites.Values() }

// Access gives the SSH keys that may enter, in the order of fingerprints.
func (s *State) Access() []*Access { return s.access.Values() }

// AccessBy gives one of them.
func (s *State) AccessBy(fingerprint string) (*Access, bool) { return s.access.Get(fingerprint) }

// clone copies in O(1): the maps share their pages until one side changes.
func (s *State) clone() *State {
	c := *s
	s.own, c.own = 0, newOwner()
	c.nodes = *s.nodes.Copy()
	c.gone = *s.gone.Copy()
	c.keys = *s.keys.Copy()
	c.jobs = *s.jobs.Copy()
	c.queue = *s.queue.Copy()
	c.held = *s.held.Copy()
	c.ended = *s.ended.Copy()
	c.runs = *s.runs.Copy()
	c.flows = *s.flows.Copy()
	c.flowEnds = *s.flowEnds.Copy()
	c.invites = *s.invites.Copy()
	c.expiries = *s.expiries.Copy()
	c.access = *s.access.Copy()
	c.hopper = s.hopper.Copy()
	return &c
}

// apart is clone for a published state, which others read meanwhile: s is not touched, not even what marks its maps as shared.
// It is for states that are never changed again.
func (s *State) apart() *State {
	c := *s
	return c.clone()
}

// queueKey orders the queue as the hopper is, by what is due first; the jobs of one item, by submission.
func queueKey(j *Job) string {
	nth := be(uint64(j.Nth))
	return be(uint64(j.Due)^1<<63) + be(j.Tie) + nth[4:] + be(j.Seq) + j.Job
}

// setInvite stores an invite in the place of one with its id.
func (s *State) setInvite(i *Invite) {
	if old, ok := s.invites.Get(i.PeerID); ok {
		s.expiries.Delete(expiryKey(old))
	}
	s.invites.Set(i.PeerID, i)
	s.expiries.Set(expiryKey(i), i.PeerID)
}

func expiryKey(i *Invite) string { return be(uint64(i.ExpiresAt)^1<<63) + i.PeerID }

func endKey(j *Job) string { return be(uint64(j.EndedAt)) + j.Job }

func heldKey(node, job string) string { return node + "/" + job }

// be is n as eight bytes, big endian: it sorts as the number does.
func be(n uint64) string {
	return string([]byte{
		byte(n >> 56), byte(n >> 48), byte(n >> 40), byte(n >> 32),
		byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n),
	})
}

// keyTime is the time that endKey and flowEndKey begin with.
func keyTime(key string) int64 {
	var n uint64
	for i := range 8 {
		n = n<<8 | uint64(key[i])
	}
	return int64(n)
}

func itoa(n uint64) string { return strconv.FormatUint(n, 10) }
