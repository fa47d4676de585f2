package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/durable"
	"voxmesh/mesh/fabric"
	"voxmesh/mesh/fault"
)

// codeRewritten is a host whose audit log is not the one that it showed before.
const codeRewritten = "vox/worker/audit-rewritten"

// AuditPin remembers the newest head of the host's audit log that this machine saw. A host that shows a shorter log, or
// another one of the same length, has rewritten its history; the pin then stays as it was. Safe for concurrent use.
type AuditPin struct {
	path string

	mu   sync.Mutex
	head fabric.Head
}

const pinFile = "audit.pin"

// OpenAuditPin reads the pin in the folder of a membership; there is none at first. A pin that cannot be read is an
// error: to begin anew would forgive everything.
func OpenAuditPin(dir string) (*AuditPin, error) {
	p := &AuditPin{path: filepath.Join(dir, pinFile)}
	b, err := readSome(p.path, 64<<10)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &p.head)
	}
	if err != nil {
		return nil, fmt.Errorf("worker: read the audit pin: %w", err)
	}
	return p, nil
}

// Head is the pinned head; the zero value when none was seen.
func (p *AuditPin) Head() fabric.Head {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.head
}

// See compares a head that the host shows with the pin, and moves the pin on if it is newer. told is the head that was
// pinned when the host was asked: only a head older than that is a shorter log, others may have been overtaken on the
// way. Code vox/worker/audit-rewritten.
func (p *AuditPin) See(h, told fabric.Head) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case h.Root == "" && told.Size > 0:
		return rewritten("it shows no head, after one of %d entries", told.Size)
	case h.Root == "" || !isHash(h.Root):
		return nil
	case h.Size < told.Size:
		return rewritten("it has %d entries and had %d", h.Size, told.Size)
	case h.Size == p.head.Size && p.head.Root != "" && h.Root != p.head.Root:
		return rewritten("its %d entries are others than before", h.Size)
	case h.Size <= p.head.Size || h.Size == 0:
		return nil
	}
	h.Note = clean.Block(h.Note[:min(len(h.Note), 4096)]).String()
	b, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := durable.WriteFile(p.path, b, 0o600); err != nil {
		return fmt.Errorf("worker: keep the audit pin: %w", err)
	}
	p.head = h
	return nil
}

func rewritten(format string, args ...any) error {
	return fault.New(codeRewritten, "the host's audit log was rewritten: %s", fmt.Sprintf(format, args...)).
		WithHint("keep the file audit.pin: it is the proof; ask the owner of the host")
}

// watchHead pins the head that orders show, and says it aloud when it cannot be.
func (a *Agent) watchHead(h, told fabric.Head) {
	if a.cfg.Pin == nil {
		return
	}
	err := a.cfg.Pin.See(h, told)
	if err == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if text := err.Error(); text != a.alarm {
		a.alarm = text
		a.cfg.Log("%s: WARNING: %s", a.cfg.Mesh, text)
	}
}
