package mesh

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"slices"
	"time"

	"voxmesh/hopper"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
	"voxmesh/policy"
)

// JobRequest asks for one job. Module, Stdin and Prompt are hashes that PutBlob gave.
type JobRequest struct {
	Runner   string // wasm, text, embed, command
	Kind     string // slot kind; empty: cpu for wasm and command, text and embed for themselves
	Module   string
	Args     []string
	Stdin    string
	Model    string // for text and embed; empty: the mesh's default model
	Prompt   string
	Class    privacy.Class   // Unknown: paired-peers-only
	Priority hopper.Priority // 0: hopper.Normal
	NSFW     bool
	Timeout  time.Duration // 0: what the node's policy allows
	On       string        // a node's id or label, or empty
	Title    string
	Command  string // for command: the name of a program, as a donor lists it in donations.vox
	Scope    string // what the work is for, as donors may list it in allowed_scopes; or empty
}

// Ticket names what was accepted.
type Ticket struct {
	ItemID  string `json:"item_id"`
	JobID   string `json:"job_id"`
	RunID   string `json:"run_id"`
	TraceID string `json:"trace_id"`
}

// Bounds on what a job may carry beside its blobs.
const (
	maxArgs     = 256
	maxArgBytes = 64 << 10
	// MaxBlob is the largest module, input or prompt.
	MaxBlob = 64 << 20
)

// PutBlob stores bytes for a later Submit and gives their hash. Codes: vox/blob/too-big, vox/oplog/disk-full.
func (h *Host) PutBlob(r io.Reader, limit int64) (hash string, size int64, err error) {
	return h.blobs.Put(r, limit)
}

// BlobSize gives the size of stored bytes by their hash; false: they are not here, or not any more.
func (h *Host) BlobSize(hash string) (bytes int64, ok bool) {
	f, n, err := h.blobs.Open(hash)
	if err != nil {
		return 0, false
	}
	_ = f.Close()
	return n, true
}

// Submit accepts a job through the hopper: as a triaged item, with its signed entry. It is durable when Submit returns;
// dispatch follows on its own. Codes: vox/job/invalid, vox/node/unknown, vox/blob/missing, vox/model/none.
func (h *Host) Submit(ctx context.Context, actor string, req JobRequest) (Ticket, error) {
	rec, err := h.checkJob(req)
	if err != nil {
		return Ticket{}, err
	}
	trace := newTrace()
	var t Ticket
	err = h.commit(ctx, func(next *State) ([]oplog.Draft, error) {
		var err error
		if rec.On, err = next.resolveNode(req.On); err != nil {
			return nil, err
		}
		if asksModel(rec.Runner) && rec.Model == "" {
			if rec.Model = next.DefaultModel(); rec.Model == "" {
				return nil, noModel()
			}
		}
		drafts := h.admitJob(next, &act{actor: actor}, trace, payloadItem(rec, req.Priority), rec)
		t = Ticket{rec.Item, rec.Job, rec.Run, trace}
		return drafts, nil
	})
	return t, err
}

// badJob is vox/job/invalid.
func badJob(format string, args ...any) error {
	return fault.New("vox/job/invalid", format, args...).WithHint("voxmesh run --help shows what a job needs")
}

func (h *Host) checkJob(req JobRequest) (*JobSubmitted, error) {
	rec := &JobSubmitted{
		Kind: req.Kind, Runner: req.Runner, Module: req.Module, Args: req.Args, Stdin: req.Stdin, Model: req.Model,
		Prompt: req.Prompt, Class: req.Class, Priority: uint8(req.Priority), NSFW: req.NSFW,
		TimeoutMS: req.Timeout.Milliseconds(), Title: clean.Max(req.Title, 60).String(), Scope: req.Scope,
	}
	if rec.Class == privacy.Unknown {
		rec.Class = privacy.PairedPeersOnly
	}
	if rec.Priority == 0 {
		rec.Priority = uint8(hopper.Normal)
	}
	if rec.Kind == "" {
		rec.Kind = ownKind(rec.Runner)
	}
	need, err := rec.fit(req.Command)
	if err != nil {
		return nil, err
	}
	if rec.Scope != "" && !policy.CommandName(rec.Scope) { // one word, like the name of a program
		return nil, badJob("%q is no scope: letters, digits and . _ + -, at most %d", printable(rec.Scope), policy.MaxCommandName)
	}
	if req.Timeout < 0 || req.Timeout > 30*24*time.Hour {
		return nil, badJob("a timeout of %s is not between 0 and 30 days", req.Timeout)
	}
	total := 0
	for _, a := range rec.Args {
		total += len(a)
	}
	if len(rec.Args) > maxArgs || total > maxArgBytes {
		return nil, badJob("%d arguments of %d bytes are more than %d of %d", len(rec.Args), total, maxArgs, maxArgBytes)
	}
	if slices.ContainsFunc(need, func(hash string) bool { return hash == "" || !h.blobs.Has(hash) }) || rec.Stdin != "" && !h.blobs.Has(rec.Stdin) {
		return nil, fault.New("vox/blob/missing", "the job's module, prompt or input is not stored here")
	}
	if rec.Title == "" {
		rec.Title = cmp.Or(rec.Command, rec.Runner)
	}
	return rec, nil
}

// fit looks whether the kind of slot is one for the runner, takes in the command where that is what it runs, and gives the
// hashes of the blobs that it cannot do without.
func (r *JobSubmitted) fit(command string) (need []string, err error) {
	switch r.Runner {
	case "wasm", "command":
		if r.Kind != "cpu" && r.Kind != "gpu" {
			return nil, badJob("a %s job needs a cpu or gpu slot, not %q", r.Runner, printable(r.Kind))
		}
	case "text", "embed":
		if r.Kind != r.Runner && r.Kind != "gpu" {
			return nil, badJob("a %s job needs a %s or gpu slot, not %q", r.Runner, r.Runner, printable(r.Kind))
		}
		return []string{r.Prompt}, nil
	default:
		return nil, badJob("there is no runner %q", printable(r.Runner))
	}
	if r.Runner == "wasm" {
		return []string{r.Module}, nil
	}
	r.Module, r.Prompt, r.Command = "", "", command
	if !policy.CommandName(command) {
		return nil, badJob("%q is not the name of a program: letters, digits and . _ + -, at most %d", printable(command), policy.MaxCommandName)
	}
	if r.Class == privacy.LocalOnly {
		return nil, badJob("a local-only job stays on the host, which runs no commands")
	}
	return nil, nil
}

// ownKind is the kind of slot that a job of the runner needs where none is named.
func ownKind(runner string) string {
	if asksModel(runner) {
		return runner
	}
	return "cpu"
}

// asksModel reports whether jobs of the runner are questions to a model.
func asksModel(runner string) bool { return runner == "text" || runner == "embed" }

// resolveNode finds a node by id or by label. Codes: vox/node/unknown, vox/node/ambiguous.
func (s *State) resolveNode(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	if n, ok := s.Node(name); ok {
		return n.ID, nil
	}
	var found []string
	for _, n := range s.Nodes() {
		if n.Label == name {
			found = append(found, n.ID)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", unknownNode(name)
	}
	return "", fault.New("vox/node/ambiguous", "%d nodes are labelled %q", len(found), printable(name)).
		WithHint("use an id: %v", found)
}

// CheckNode reports whether a name is the id or the label of one node; an empty name asks for none. Codes:
// vox/node/unknown, vox/node/ambiguous.
func (s *State) CheckNode(name string) error {
	_, err := s.resolveNode(name)
	return err
}

func unknownNode(name string) *fault.Error {
	return fault.New("vox/node/unknown", "there is no node %q", printable(name)).WithHint("voxmesh nodes lists them")
}

func errHostGone() error {
	return fault.New("vox/host/none", "the host ended").WithHint("start it again: voxmesh serve")
}

// newTrace gives a fresh W3C trace id: 16 random bytes, not all zero, as 32 hex.
func newTrace() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[0] |= 1
	return hex.EncodeToString(b[:])
}
