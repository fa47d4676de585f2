package hopper

import "voxmesh/mesh/privacy"

// State is where an item stands on its way.
type State uint8

// The states, in the order of the way. Returned work goes back from Assigned or Started to Triaged.
const (
	Inbox    State = 1 + iota // admitted; nothing of it can run yet
	Triaged                   // it is a run whose first work waits for a node
	Assigned                  // a node has its work and has not begun
	Started                   // work of it runs, or ran
	Closed                    // it is over: see Outcome
)

var stateNames = [...]string{"", "inbox", "triaged", "assigned", "started", "closed"}

// String is inbox, triaged, assigned, started or closed.
func (s State) String() string { return stateNames[min(s, Closed)] }

// Outcome is how a closed item ended. The zero value is: not yet.
type Outcome uint8

// The outcomes.
const (
	Done Outcome = 1 + iota
	Failed
	Cancelled
)

// String is done, failed or cancelled; empty while the item is open.
func (o Outcome) String() string {
	return [...]string{"", "done", "failed", "cancelled"}[min(o, Cancelled)]
}

// Affinity is what an item wants: hints for placing, never a command.
type Affinity struct {
	Kind   string   // of slot: gpu, cpu, text, embed; empty: any
	Models []string // empty: any
	Nodes  []string // preferred; empty: any
}

// Override is one change of an item's rank or place by a person.
type Override struct {
	At       int64 // unix microseconds
	From, To Priority
	Place    int    // in the inbox, from 1, that it was moved to; 0: only the priority changed
	Actor    string // who
	Reason   string
	AuditID  string
}

// Step is one line of an item's trail.
type Step struct {
	At      int64
	Name    string // submitted, admitted, triaged, assigned, started, returned, reprioritized, moved, batched, suggested, asked to yield, done, failed, cancelled
	Actor   string // who: an actor, host, or a node
	Detail  string // a node, a reason, "classified normal 0.86"
	AuditID string
}

// TrailKept is how many steps of an item, and how many of its overrides, a Board keeps: the first trailFirst and the
// latest. The log has them all.
const (
	TrailKept  = 32
	trailFirst = 8
)

// Item is one piece of work that somebody wants done. A stored one is never changed.
type Item struct {
	ID      string
	Intent  string // what is wanted, cleaned, at most MaxIntent letters
	Session string // where it was said, or empty
	Actor   string // who said it
	Prompt  string // hash of the intent's blob, while no job has it
	Run     string // its run, from Triaged on
	Node    string // the newest node that had work of it
	Class   privacy.Class
	Rank
	Affinity
	Classified Priority // what the classifier made of the intent; 0: there was none
	Confidence int      // of the classification, 0 to 100
	At         int64    // submitted, unix microseconds
	Since      int64    // of its State
	Seq        uint64   // of the op that admitted it
	Order      int64    // see Key
	Tie        uint64   // see Key; 0: Seq
	Nth        uint32   // see Key
	State      State
	Outcome    Outcome
	Why        string // it was closed
	Batch      string // the batch that it is of, or empty
	Yield      bool   // it runs and was asked to make room
	AuditID    string // of its submission
	On         string // the one node that it is to run on, or empty: a command, unlike Nodes
	Overrides  []Override
	Trail      []Step
}

// Key is where an item stands: the inbox is in the order of (Order, Tie, Nth, ID), the smallest starts next. Tie is the
// item's own Seq, so that of equals the first submitted starts first. Items of a batch that stand together, and an item
// that was moved to where no number is free, share the Tie of the one they stand at, and are apart by Nth. The text
// sorts as the numbers do and has 20 bytes; a queue of the work of items is in the order of Key and its own number.
func (it *Item) Key() string { return string(appendKey(nil, it.Order, it.tie(), it.Nth)) }

func (it *Item) tie() uint64 {
	if it.Tie != 0 {
		return it.Tie
	}
	return it.Seq
}

// MaxIntent is how many letters of an intent an Item holds.
const MaxIntent = 200
