package crash

import "fmt"

// kind is what an event did.
type kind int

const (
	evBegin    kind = iota // life begins
	evLine                 // a line that a child says, at the moment when it begins to say it
	evWrite                // data at off of ino
	evTruncate             // ino has size
	evSync                 // of ino, a file or a folder: covers what was done before the event number began
	evNoSync               // a sync of ino that failed
	evName                 // name in the folder ino stands for to; 0: for nothing
)

// event is one step in the record, as it was carried out. Events are in the order in which the calls returned, but lines
// stand where their call began.
type event struct {
	kind  kind
	life  uint64
	ino   int
	off   int64
	data  []byte
	size  int64
	began int
	name  string
	to    int
	dir   bool // to is a new folder
	whole bool // the sync covers times, too
	line  string
}

func (e event) String() string {
	switch e.kind {
	case evBegin:
		return fmt.Sprintf("life %d begins", e.life)
	case evLine:
		return fmt.Sprintf("says %q", e.line)
	case evWrite:
		return fmt.Sprintf("write of %d at %d in %d", len(e.data), e.off, e.ino)
	case evTruncate:
		return fmt.Sprintf("size of %d is %d", e.ino, e.size)
	case evSync:
		return fmt.Sprintf("sync of %d, of what is before %d", e.ino, e.began)
	case evNoSync:
		return fmt.Sprintf("failed sync of %d", e.ino)
	}
	return fmt.Sprintf("%q in %d is %d", e.name, e.ino, e.to)
}
