package crash

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"voxmesh/oplog"
)

// history is what was said about one log by everybody who had it open.
type history struct {
	acked map[group]uint64      // the seq of the first op of each acknowledged group
	open  map[uint64]oplog.Hash // heads that were called durable
	last  map[[2]uint64]int     // by life and writer: how many groups were acknowledged or refused
	lives map[uint64]bool       // who appended at all

	refused map[group]string  // with their codes
	broken  map[uint64]uint64 // by life: the newest durable op when the log was first found broken

	before []oplog.Op // that came first, and are no groups
	base   uint64     // the log has been trimmed to there

	chain []oplog.Hash // the hashes of all ops that there ever were, from 0 on; nil: not known
}

func newHistory() *history {
	return &history{
		acked: map[group]uint64{}, open: map[uint64]oplog.Hash{}, last: map[[2]uint64]int{}, lives: map[uint64]bool{},
		refused: map[group]string{}, broken: map[uint64]uint64{},
	}
}

func (h *history) clone() *history {
	return &history{
		acked: maps.Clone(h.acked), open: maps.Clone(h.open), last: maps.Clone(h.last), lives: maps.Clone(h.lives),
		refused: maps.Clone(h.refused), broken: maps.Clone(h.broken), before: h.before, base: h.base, chain: h.chain,
	}
}

// note takes in a line of the child of that life. A line that is none of ours is an error.
func (h *history) note(life uint64, line string) error {
	h.lives[life] = true
	var w, i int
	var seq uint64
	var hash string
	switch verb, rest, _ := strings.Cut(line, " "); verb {
	case "start", "done", "read", "failed", "compacted":
	case "trimmed":
		if _, err := fmt.Sscanf(rest, "%d", &h.base); err != nil {
			return fmt.Errorf("%q: %w", line, err)
		}
	case "refused":
		var code string
		if _, err := fmt.Sscanf(rest, "%d %d %s %d", &w, &i, &code, &seq); err != nil {
			return fmt.Errorf("%q: %w", line, err)
		}
		h.refused[group{life, w, i}] = code
		h.submitted(life, w, i)
		if _, ok := h.broken[life]; code == oplog.CodeBroken && !ok {
			h.broken[life] = seq
		}
	case "open":
		if _, err := fmt.Sscanf(rest, "%d %s", &seq, &hash); err != nil {
			return fmt.Errorf("%q: %w", line, err)
		}
		sum, err := parseHash(hash)
		if err != nil {
			return fmt.Errorf("%q: %w", line, err)
		}
		if was, ok := h.open[seq]; ok && was != sum {
			return fmt.Errorf("the head at op %d was %s and is %s", seq, was, sum)
		}
		h.open[seq] = sum
	case "ack":
		if _, err := fmt.Sscanf(rest, "%d %d %d", &w, &i, &seq); err != nil {
			return fmt.Errorf("%q: %w", line, err)
		}
		return h.ack(group{life, w, i}, seq)
	default:
		return fmt.Errorf("the child says %q", line)
	}
	return nil
}

func parseHash(s string) (h oplog.Hash, err error) {
	b, err := hex.DecodeString(s)
	if err == nil && copy(h[:], b) != len(h) {
		err = fmt.Errorf("%d bytes", len(b))
	}
	return h, err
}

func (h *history) ack(g group, seq uint64) error {
	if was, ok := h.acked[g]; ok {
		return fmt.Errorf("group %v was acknowledged twice, as op %d and as op %d", g, was, seq)
	}
	if head, ok := h.broken[g.life]; ok && seq > head {
		return fmt.Errorf("group %v was acknowledged as op %d, when the log had been broken at op %d", g, seq, head)
	}
	h.lives[g.life] = true
	h.acked[g] = seq
	h.submitted(g.life, g.writer, g.i)
	return nil
}

func (h *history) submitted(life uint64, w, i int) {
	key := [2]uint64{life, uint64(w)}
	h.last[key] = max(h.last[key], i+1)
}

// found is what a log held when it was checked.
type found struct {
	ops, beyond uint64 // all ops, and those that nobody had been told of
	memos       uint64
	blobs       int
	head        oplog.Head
}

// check looks at the log in dir in every way there is, and appends to it. It gives the first thing that is wrong.
func (h *history) check(dir string, life uint64) (f found, err error) {
	ctx := context.Background()
	r, err := oplog.VerifyDir(ctx, dir, fold{}, nil)
	if err != nil {
		return f, fmt.Errorf("it cannot be verified: %w", err)
	}
	if r.Problem != "" {
		return f, fmt.Errorf("it does not verify: %s", r.Problem)
	}
	f.memos = r.Memos
	l, err := oplog.Open(dir, fold{}, oplog.Options{})
	if err != nil {
		return f, fmt.Errorf("it does not open: %w", err)
	}
	defer l.Close()
	if left, _ := filepath.Glob(filepath.Join(dir, "oplog.db.tmp-*")); len(left) > 0 {
		return f, fmt.Errorf("it was opened, and %s is still there", left)
	}
	if _, err := l.Stats(); err != nil {
		return f, fmt.Errorf("it has no stats: %w", err)
	}
	if err := h.judge(l, dir, &f); err != nil {
		return f, err
	}
	return f, h.goOn(l, dir, life)
}

// judge compares the whole log with what was said.
func (h *history) judge(l *oplog.Log[*tally], dir string, f *found) error {
	ops, err := allOps(l, dir)
	if err != nil {
		return err
	}
	if b := l.Base().Seq; b < h.base {
		return fmt.Errorf("it was trimmed to op %d, and begins after op %d", h.base, b)
	}
	state, head := l.Snapshot()
	f.ops, f.head = uint64(len(ops)), head
	if head.Seq != f.ops {
		return fmt.Errorf("the head is at op %d, %d ops can be read", head.Seq, f.ops)
	}
	hash, replayed := oplog.Genesis(), fold{}.New()
	at := map[group]uint64{}
	next := map[[2]uint64]int{}
	if said, ok := h.open[0]; ok && said != hash {
		return fmt.Errorf("the empty log had the head %s", said)
	}
	blobs := oplog.OpenBlobs(dir)
	for i := 0; i < len(ops); {
		if i < len(h.before) {
			if !reflect.DeepEqual(ops[i], h.before[i]) {
				return fmt.Errorf("op %d is not what it was", i+1)
			}
			var err error
			if hash, replayed, err = h.step(hash, replayed, ops[i], i+1); err != nil {
				return err
			}
			i++
			continue
		}
		g, n, err := h.group(ops[i:], next)
		if err != nil {
			return fmt.Errorf("op %d: %w", i+1, err)
		}
		if _, blob := g.drafts(); blob != nil {
			f.blobs++
			if got, err := blobs.ReadAll(blobName(blob, 0), 1<<20); err != nil || !bytes.Equal(got, blob) {
				return fmt.Errorf("op %d names a blob that is not there as it was: %v", i+1, err)
			}
		}
		at[g] = uint64(i + 1)
		for _, o := range ops[i : i+n] {
			i++
			if hash, replayed, err = h.step(hash, replayed, o, i); err != nil {
				return err
			}
		}
	}
	if len(ops) < len(h.before) {
		return fmt.Errorf("%d ops were there, %d are", len(h.before), len(ops))
	}
	if hash != head.Hash || !bytes.Equal(fold{}.Encode(state), fold{}.Encode(replayed)) {
		return fmt.Errorf("the newest state is not the replay of the ops")
	}
	for seq := range h.open {
		if seq > f.ops {
			return fmt.Errorf("the head was at op %d, and the log ends at op %d", seq, f.ops)
		}
	}
	f.beyond = f.ops - uint64(len(h.before))
	for g, seq := range h.acked {
		if at[g] != seq {
			return fmt.Errorf("group %v was acknowledged as op %d, and is at op %d of %d (0: lost)", g, seq, at[g], f.ops)
		}
		drafts, _ := g.drafts()
		f.beyond -= uint64(len(drafts))
	}
	return nil
}

// step goes over one op, which is to be the ith.
func (h *history) step(hash oplog.Hash, state *tally, o oplog.Op, i int) (oplog.Hash, *tally, error) {
	if o.Seq != uint64(i) {
		return hash, state, fmt.Errorf("op %d is in the place of op %d", o.Seq, i)
	}
	enc, err := oplog.EncodeOp(o)
	if err != nil {
		return hash, state, fmt.Errorf("op %d: %w", i, err)
	}
	hash, state = hash.Next(enc), fold{}.Apply(state, o)
	if said, ok := h.open[o.Seq]; ok && said != hash {
		return hash, state, fmt.Errorf("op %d has the hash %s, and had %s", i, hash, said)
	}
	if h.chain != nil && (i >= len(h.chain) || h.chain[i] != hash) {
		return hash, state, fmt.Errorf("op %d was never in the log", i)
	}
	return hash, state, nil
}

// allOps gives the ops of the log and, where it was trimmed, of its archive before them. What was kept of these is
// compared with them.
func allOps(l *oplog.Log[*tally], dir string) ([]oplog.Op, error) {
	base := l.Base().Seq
	ops, err := l.Since(base, 1<<30)
	if err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", err)
	}
	if base == 0 {
		return ops, nil
	}
	old, err := readArchive(filepath.Join(dir, archiveName))
	if err != nil {
		return nil, err
	}
	if uint64(len(old)) != base {
		return nil, fmt.Errorf("the archive has %d ops, the log begins after op %d", len(old), base)
	}
	all := append(old, ops...)
	var named []oplog.Op
	for _, o := range all {
		if slices.Contains(o.Index, keptName) {
			named = append(named, o)
		}
	}
	if kept, err := l.Indexed(keptName, 1<<30); err != nil || !reflect.DeepEqual(kept, named) {
		return nil, fmt.Errorf("%d ops are found by their name, there were %d: %v", len(kept), len(named), err)
	}
	return all, nil
}

// readArchive reads and verifies an archive as the log that it is.
func readArchive(path string) ([]oplog.Op, error) {
	dir, err := os.MkdirTemp(filepath.Dir(path), "archive-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.Link(path, filepath.Join(dir, "oplog.db")); err != nil {
		return nil, fmt.Errorf("the archive is lost: %w", err)
	}
	if r, err := oplog.VerifyDir(context.Background(), dir, fold{}, nil); err != nil || r.Problem != "" {
		return nil, fmt.Errorf("the archive does not verify: %v %s", err, r.Problem)
	}
	l, err := oplog.Open(dir, fold{}, oplog.Options{ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("the archive does not open: %w", err)
	}
	defer l.Close()
	return l.Since(0, 1<<30)
}

// group reads the group that ops begin with, whole, as it was submitted and next of its writer.
func (h *history) group(ops []oplog.Op, next map[[2]uint64]int) (g group, n int, err error) {
	g, k, n, err := parseBody(ops[0].Body)
	switch {
	case err != nil:
		return g, 0, err
	case !h.lives[g.life]:
		return g, 0, fmt.Errorf("nobody appended group %v", g)
	case k != 0 || n > len(ops):
		return g, 0, fmt.Errorf("half of group %v: from %d on, of %d, %d are there", g, k, n, len(ops))
	}
	drafts, _ := g.drafts()
	if n != len(drafts) {
		return g, 0, fmt.Errorf("group %v has %d ops, it was submitted with %d", g, n, len(drafts))
	}
	for i, d := range drafts {
		o := ops[i]
		if o.Kind != d.Kind || o.Actor != d.Actor || o.Trace != d.Trace || !bytes.Equal(o.Body, d.Body) || !reflect.DeepEqual(o.Index, d.Index) {
			return g, 0, fmt.Errorf("op %d of group %v is not what was submitted", i, g)
		}
	}
	if c, ok := h.refused[g]; ok && c != oplog.CodeBroken {
		return g, 0, fmt.Errorf("group %v is there, and was refused with %s", g, c)
	}
	key := [2]uint64{g.life, uint64(g.writer)}
	for next[key] < g.i && h.refused[group{g.life, g.writer, next[key]}] != "" {
		next[key]++
	}
	if g.i != next[key] {
		return g, 0, fmt.Errorf("group %v comes where %d was to come", g, next[key])
	}
	if next[key]++; next[key] > h.last[key]+inFlight(g.writer) {
		return g, 0, fmt.Errorf("group %v cannot have been submitted: %d were acknowledged", g, h.last[key])
	}
	return g, n, nil
}

// goOn appends as a writer of a life of its own, and looks whether that is there.
func (h *history) goOn(l *oplog.Log[*tally], dir string, life uint64) error {
	if life == 0 {
		return nil
	}
	g := group{life: life, writer: 1}
	drafts, blob := g.drafts()
	if blob != nil {
		if _, _, err := oplog.OpenBlobs(dir).Put(bytes.NewReader(blob), 1<<20); err != nil {
			return fmt.Errorf("it takes no blob: %w", err)
		}
	}
	ops, err := l.Append(context.Background(), drafts...)
	if err != nil {
		return fmt.Errorf("it takes no append: %w", err)
	}
	if got, err := l.Since(ops[0].Seq-1, len(ops)); err != nil || !reflect.DeepEqual(got, ops) {
		return fmt.Errorf("what was appended cannot be read: %v", err)
	}
	return h.ack(g, ops[0].Seq)
}
