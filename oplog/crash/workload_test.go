package crash

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"voxmesh/oplog"

	"go.uber.org/goleak"
)

// group names what one Do appends: by which process, by which of its writers, and the how manieth of that.
type group struct {
	life   uint64
	writer int
	i      int
}

// large divides the lives whose ops are: they make a log of megabytes of few ops.
const large = 16

// rng gives the randomness that everything about a group is computed from.
func (g group) rng() *rand.Rand {
	return rand.New(rand.NewPCG(g.life, uint64(g.writer)<<32|uint64(g.i)))
}

// drafts gives the ops of a group, and the blob that is put before them, if any. The first op names the blob.
func (g group) drafts() (list []oplog.Draft, blob []byte) {
	r := g.rng()
	n := 1
	if r.IntN(6) == 0 {
		n = 2 + r.IntN(5)
	}
	if r.IntN(24) == 0 {
		blob = fillRandom(r, 1+r.IntN(20_000))
	}
	for k := range n {
		head := fmt.Sprintf("%d %d %d %d %d %s\n", g.life, g.writer, g.i, k, n, blobName(blob, k))
		size := r.IntN(300)
		if g.life%large == 0 && r.IntN(3) == 0 {
			size = 20_000 + r.IntN(40_000)
		}
		switch r.IntN(40) {
		case 0:
			size = 3_000 + r.IntN(9_000) // a page of its own, and more than one
		case 1:
			size = 0
		}
		d := oplog.Draft{Kind: kinds[r.IntN(len(kinds))], Actor: "node:n" + strconv.Itoa(g.writer), Body: append([]byte(head), fillRandom(r, size)...)}
		if r.IntN(2) == 0 {
			d.Trace = fmt.Sprintf("%032x", r.Uint64()|1)
		}
		if r.IntN(3) == 0 {
			d.Index = []string{"run:r-" + strconv.Itoa(r.IntN(20)), "writer:" + strconv.Itoa(g.writer)}
		}
		list = append(list, d)
	}
	return list, blob
}

var kinds = [...]string{"job_started", "job_ended", "node_seen", "run_closed"}

func fillRandom(r *rand.Rand, n int) []byte {
	b := make([]byte, 0, n+8)
	for len(b) < n {
		b = binary.LittleEndian.AppendUint64(b, r.Uint64())
	}
	return b[:n]
}

func blobName(blob []byte, k int) string {
	if blob == nil || k > 0 {
		return "-"
	}
	sum := sha256.Sum256(blob)
	return hex.EncodeToString(sum[:])
}

// parseBody reads the head of a body: the group, and the op's place k of n in it.
func parseBody(b []byte) (g group, k, n int, err error) {
	head, _, ok := bytes.Cut(b, []byte("\n"))
	var blob string
	if !ok {
		return g, 0, 0, errors.New("a body without a head")
	}
	_, err = fmt.Sscanf(string(head), "%d %d %d %d %d %s", &g.life, &g.writer, &g.i, &k, &n, &blob)
	return g, k, n, err
}

// depth is how many groups writer 0 has on their way at once; the others wait for each of theirs.
const depth = 8

func inFlight(writer int) int {
	if writer == 0 {
		return depth
	}
	return 1
}

const childEnv = "VOXMESH_CRASH_CHILD"

// order is what a child is told to do.
type order struct {
	Verb string
	Dir  string
	Life uint64
	// Groups is how many groups each writer appends; 0: until it is killed.
	Groups int
	// MemoEvery is that of the log.
	MemoEvery uint64
}

func (o order) env() string {
	return fmt.Sprintf("%s=%s %d %d %d %s", childEnv, o.Verb, o.Life, o.Groups, o.MemoEvery, o.Dir)
}

func orderFromEnv() (o order, ok bool) {
	f := strings.SplitN(os.Getenv(childEnv), " ", 5)
	if len(f) != 5 {
		return o, false
	}
	o.Verb, o.Dir = f[0], f[4]
	o.Life, _ = strconv.ParseUint(f[1], 10, 64)
	o.Groups, _ = strconv.Atoi(f[2])
	o.MemoEvery, _ = strconv.ParseUint(f[3], 10, 64)
	return o, true
}

func TestMain(m *testing.M) {
	if o, ok := orderFromEnv(); ok {
		if fn := verbs[o.Verb]; fn != nil {
			fn(o)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// verbs are the workloads. What they say on standard output, a line at a time, each line one write:
//
//	start                   before the log is opened
//	open SEQ HASH           the log is open, and says that this is durable
//	compacted OPS           the log is written anew
//	trimmed BASE            it begins at BASE now, and the archive has what was before
//	failed CODE TEXT        it could not be opened, or read, or closed
//	ack WRITER I SEQ        a group is durable, its first op is SEQ
//	refused WRITER I CODE SEQ   a group is not, says the log, whose newest durable op is SEQ
//	read N                  up to op N the log can be read, at the end
//	done                    everything was done
var verbs = map[string]func(order){
	"append": func(o order) { appendFrom(o, 0, 1, 2, 3) }, // from four goroutines
	"one":    func(o order) { appendFrom(o, 1) },
	"compact": func(o order) {
		say("start")
		c, err := oplog.Compact(context.Background(), o.Dir, fold{}, time.Now(), nil)
		if err != nil {
			say("failed %s %v", code(err), err)
			return
		}
		say("compacted %d", c.Ops)
		appendFrom(o, 0, 1, 2, 3)
	},
	"trim": func(o order) {
		say("start")
		to := oplog.TrimOptions{Before: time.Now().UnixMicro(), Names: []string{keptName}, Archive: filepath.Join(o.Dir, archiveName), Now: time.Now()}
		c, err := oplog.Trim(context.Background(), o.Dir, fold{}, to, nil)
		if err != nil {
			say("failed %s %v", code(err), err)
			return
		}
		say("trimmed %d", c.Base)
		appendFrom(o, 0, 1, 2, 3)
	},
}

const (
	archiveName = "oplog-archive.db"
	keptName    = "writer:1"
)

func say(format string, args ...any) { fmt.Fprintf(os.Stdout, format+"\n", args...) }

func openLog(o order) *oplog.Log[*tally] {
	say("start")
	l, err := oplog.Open(o.Dir, fold{}, oplog.Options{MemoEvery: o.MemoEvery})
	if err != nil {
		say("failed %s %v", code(err), err)
		return nil
	}
	h := l.Head()
	say("open %d %s", h.Seq, h.Hash)
	return l
}

// appendFrom appends as so many writers at once.
func appendFrom(o order, writers ...int) {
	l := openLog(o)
	if l == nil {
		return
	}
	blobs := oplog.OpenBlobs(o.Dir)
	if o.Groups == 0 { // then it ends with the parent
		go func() {
			_, _ = bufio.NewReader(os.Stdin).ReadByte()
			os.Exit(0)
		}()
	}
	var wg sync.WaitGroup
	for _, w := range writers {
		wg.Go(func() { writer{l, blobs, o, w}.run() })
	}
	wg.Wait()
	base := l.Base().Seq
	ops, err := l.Since(base, 1<<30)
	if err != nil {
		say("failed %s %v", code(err), err)
		return
	}
	say("read %d", base+uint64(len(ops)))
	if err := l.Close(); err != nil {
		say("failed %s %v", code(err), err)
		return
	}
	say("done")
}

type writer struct {
	l     *oplog.Log[*tally]
	blobs *oplog.Blobs
	o     order
	w     int
}

// refusals is how often a writer is refused before it gives up: so a log that acknowledges when it must not is seen.
const refusals = 12

func (w writer) run() {
	refused := 0
	refuse := func(i int, err error) {
		say("refused %d %d %s %d", w.w, i, code(err), w.l.Head().Seq)
		refused++
	}
	for i := 0; (w.o.Groups == 0 || i < w.o.Groups) && refused < refusals; {
		pend := make([]*oplog.Pending, 0, depth)
		from := i
		for range inFlight(w.w) {
			p, err := w.submit(i)
			if i++; err != nil {
				refuse(i-1, err)
			}
			pend = append(pend, p)
		}
		for k, p := range pend {
			if p == nil {
				continue
			}
			if err := p.Wait(context.Background()); err != nil {
				refuse(from+k, err)
				continue
			}
			say("ack %d %d %d", w.w, from+k, p.Ops()[0].Seq)
		}
	}
}

func (w writer) submit(i int) (*oplog.Pending, error) {
	drafts, blob := group{w.o.Life, w.w, i}.drafts()
	if blob != nil {
		if _, _, err := w.blobs.Put(bytes.NewReader(blob), 1<<20); err != nil {
			return nil, err
		}
	}
	return w.l.Do(func(*tally) ([]oplog.Draft, error) { return drafts, nil })
}

func code(err error) string {
	var e *oplog.Error
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return "none"
}

// seed is that of VOXMESH_SEED, or a new one; it is logged.
func seed(t *testing.T) uint64 {
	s := uint64(time.Now().UnixNano())
	if v := os.Getenv("VOXMESH_SEED"); v != "" {
		n, err := strconv.ParseUint(v, 10, 64)
		if err != nil {
			t.Fatalf("VOXMESH_SEED: %v", err)
		}
		s = n
	}
	t.Logf("VOXMESH_SEED=%d", s)
	return s
}

// count is that of an environment variable, or usual, or less than that where everything is slow.
func count(t *testing.T, name string, usual int) int {
	v := os.Getenv(name)
	if v == "" {
		return max(1, usual/slow)
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q is no number", name, v)
	}
	return n
}
