package oplog

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

const campaignEnv = "VOXMESH_OPLOG_CAMPAIGN"

// campaignMain is this test binary as a child that damages a log and uses it: "FIXTURE DIR SEED FROM TO". It says
// "start I …" before each injection and "end I outcome …" or "bad I …" after it: whoever reads knows which one killed it.
func campaignMain() bool {
	f := strings.Fields(os.Getenv(campaignEnv))
	if len(f) != 5 {
		return false
	}
	v, err := loadVictim(f[0])
	if err != nil {
		fmt.Println("error", err)
		return true
	}
	num := func(s string) int { n, _ := strconv.Atoi(s); return n }
	for i := num(f[3]); i < num(f[4]); i++ {
		inject(v, f[1], uint64(num(f[2])), i)
	}
	fmt.Println("done")
	return true
}

// trial is one injection.
type trial struct {
	v        *victim
	dir      string
	kind     string // of the injection
	where    string // the kind of page
	what     string
	file     []byte
	r        *rand.Rand
	findings []string // what must not be
	named    []string // errors of code vox/oplog/damaged, by call
	stale    bool     // an older copy of a page of the index was used
}

func inject(v *victim, dir string, seed uint64, i int) {
	t := &trial{v: v, dir: dir, r: rand.New(rand.NewPCG(seed, uint64(i)))}
	t.kind = injectionNames[i%len(injectionNames)]
	kinds := make([]string, 0, len(v.pages.by))
	for k := range v.pages.by {
		if k != "beyond" {
			kinds = append(kinds, k)
		}
	}
	slices.Sort(kinds)
	page := 0
	for same := true; same; same = bytes.Equal(t.file, v.files[dbName]) { // zeros over zeros are no damage
		t.where = kinds[t.r.IntN(len(kinds))]
		page = v.pages.by[t.where][t.r.IntN(len(v.pages.by[t.where]))]
		t.file, t.what = injections[t.kind](t.r, &v.pages, v.old, bytes.Clone(v.files[dbName]), page)
	}
	fmt.Printf("start %d %s|%s|page %d: %s\n", i, t.kind, t.where, page, t.what)
	outcome := "harmless"
	t.run(&outcome)
	for _, f := range t.findings {
		fmt.Printf("bad %d %s\n", i, strings.ReplaceAll(f, "\n", " "))
	}
	if len(t.findings) > 0 {
		outcome = "FINDING"
	}
	fmt.Printf("end %d %s|%s|%s\n", i, t.kind, t.where, outcome)
}

func (t *trial) bad(format string, args ...any) {
	t.findings = append(t.findings, fmt.Sprintf(format, args...))
}

// failed notes an error of a call, which must say that the log is damaged.
func (t *trial) failed(call string, err error) bool {
	if err == nil {
		return false
	}
	if code(err) != CodeDamaged {
		t.bad("%s: an error of another code: %v [%s]", call, err, code(err))
	}
	t.named = append(t.named, call)
	return true
}

// put lays the damaged log into the folder. Rot does not change a file's time, and neither does this.
func (t *trial) put() {
	entries, _ := os.ReadDir(t.dir)
	for _, e := range entries {
		_ = os.RemoveAll(filepath.Join(t.dir, e.Name()))
	}
	for name, b := range t.v.files {
		if name == dbName {
			b = t.file
		}
		if err := os.WriteFile(filepath.Join(t.dir, name), b, 0o600); err != nil {
			t.bad("%v", err)
		}
		if err := os.Chtimes(filepath.Join(t.dir, name), time.Time{}, t.v.times[name]); err != nil {
			t.bad("%v", err)
		}
	}
}

func (t *trial) run(outcome *string) {
	t.put()
	opened := t.reading()
	t.put()
	t.writing()
	switch {
	case !opened:
		*outcome = "refused at open"
	case t.stale:
		*outcome = "stale, verify says"
	case slices.Contains(t.named, "Verify") && len(t.named) == 1:
		*outcome = "found by verify"
	case len(t.named) > 0:
		*outcome = "refused where read"
	}
}

// reading opens for reading and tries everything; it says whether the log opened.
func (t *trial) reading() bool {
	l, err := Open(t.dir, trail{2}, Options{ReadOnly: true, MemoEvery: campaignMemos})
	if t.failed("Open", err) {
		t.checkVerifyDir()
		return false
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.bad("Close: %v", err)
		}
	}()
	if t.snapshot(l); l.Head() != t.v.head {
		return true
	}
	good := t.since(l)
	t.past(l, good)
	t.index(l)
	t.axis(l)
	t.numbers(l)
	t.backup(l)
	t.verify(l, good)
	return true
}

func (t *trial) snapshot(l *Log[*trace]) {
	s, h := l.Snapshot()
	if h.Seq > t.v.head.Seq || *s != t.v.sums[h.Seq] {
		t.bad("Snapshot: a wrong state at %d", h.Seq)
	} else if h != t.v.head {
		t.bad("Snapshot: the log ends at op %d, it had %d", h.Seq, t.v.head.Seq)
	}
}

func same(a, b Op) bool {
	return a.Seq == b.Seq && a.At == b.At && a.Kind == b.Kind && a.Actor == b.Actor && a.Trace == b.Trace && bytes.Equal(a.Body, b.Body) && slices.Equal(a.Index, b.Index)
}

// since reads all ops, in pieces, and gives for each whether it could be read.
func (t *trial) since(l *Log[*trace]) []bool {
	good := make([]bool, len(t.v.ops))
	for from := 0; from < len(good); {
		n := 1 + t.r.IntN(900)
		got, err := l.Since(uint64(from), n)
		for i, o := range got {
			if from+i >= len(good) || !same(o, t.v.ops[from+i]) {
				t.bad("Since(%d): a wrong op %d at its place %d", from, o.Seq, i)
				return good
			}
			good[from+i] = true
		}
		if t.failed("Since", err) {
			from = max(from+1, from/block*block+block)
		} else if from += len(got); len(got) < min(n, len(good)-from+len(got)) {
			t.bad("Since: only %d ops after %d, and no error", len(got), from)
			return good
		}
	}
	return good
}

func (t *trial) past(l *Log[*trace], good []bool) {
	seqs := []uint64{0, 1, t.v.head.Seq - 1, block, block + 1}
	for range 6 {
		seqs = append(seqs, t.r.Uint64N(t.v.head.Seq))
	}
	for _, seq := range seqs {
		i, err := l.AtSeq(seq)
		if !t.failed("AtSeq", err) && (i.Seq != seq || *i.State != t.v.sums[seq]) {
			t.bad("AtSeq(%d): a wrong state, of op %d", seq, i.Seq)
		}
		at := t.v.ops[seq].At - int64(t.r.IntN(2))
		want, _ := slices.BinarySearchFunc(t.v.ops, at+1, func(o Op, at int64) int { return int(o.At - at) })
		i, err = l.At(at)
		if !t.failed("At", err) && (i.Seq != uint64(want) || *i.State != t.v.sums[want]) {
			t.bad("At(%d): a wrong state, of op %d for %d", at, i.Seq, want)
		}
	}
}

// index asks for names, those with most ops and some others.
func (t *trial) index(l *Log[*trace]) {
	for _, name := range t.someNames() {
		want := t.v.names[name]
		got, err := l.Indexed(name, 1<<20)
		t.named1("Indexed", name, want, got, err)
		n := 1 + t.r.IntN(5)
		got, err = l.IndexedBack(name, 0, 0, n)
		slices.Reverse(got)
		t.named1("IndexedBack", name, want[max(0, len(want)-n):], got, err)
	}
}

func (t *trial) someNames() []string {
	all := t.v.sorted
	out := []string{"run:r-1", "job:j-none"}
	for range 12 {
		out = append(out, all[t.r.IntN(len(all))])
	}
	return out
}

func (t *trial) named1(call, name string, want []int, got []Op, err error) {
	if t.failed(call, err) {
		return
	}
	for i, o := range got {
		if t.kind == "older copy" && t.where == "leaf index" && len(got) <= len(want) && contains(o.Index, name) && same(o, t.v.ops[o.Seq-1]) {
			t.stale = t.stale || !same(o, t.v.ops[want[i]]) // older ones than the newest, for the newest are not in the copy
			continue
		}
		if i >= len(want) || !same(o, t.v.ops[want[i]]) {
			t.bad("%s(%s): a wrong op %d at place %d of %d", call, name, o.Seq, i, len(want))
			return
		}
	}
	if len(got) < len(want) && t.kind == "older copy" && t.where == "leaf index" {
		t.stale = true // for Verify to say: see names.go
	} else if len(got) < len(want) {
		t.bad("%s(%s): %d ops of %d, and no error", call, name, len(got), len(want))
	}
}

func (t *trial) axis(l *Log[*trace]) {
	var times []int64
	var want []uint64
	for range 9 {
		times = append(times, t.v.ops[t.r.IntN(len(t.v.ops))].At-int64(t.r.IntN(2)))
	}
	slices.Sort(times)
	for _, at := range times {
		n, _ := slices.BinarySearchFunc(t.v.ops, at+1, func(o Op, at int64) int { return int(o.At - at) })
		want = append(want, uint64(n))
	}
	got, err := l.SeqsAt(times)
	if !t.failed("SeqsAt", err) && !slices.Equal(got, want) {
		t.bad("SeqsAt: %v, want %v", got, want)
	}
	at, ok, err := l.Began()
	if !t.failed("Began", err) && (!ok || at != t.v.ops[0].At) {
		t.bad("Began: %d, want %d", at, t.v.ops[0].At)
	}
}

func (t *trial) numbers(l *Log[*trace]) {
	st, err := l.Stats()
	if t.failed("Stats", err) {
		return
	}
	want := t.v.stats
	st.FileBytes, st.Verified, want.FileBytes, want.Verified = 0, nil, 0, nil
	if !reflect.DeepEqual(st, want) {
		t.bad("Stats: %+v, want %+v", st, want)
	}
}

// backup opens what Backup gave, for a third of the injections: it costs most.
func (t *trial) backup(l *Log[*trace]) {
	if t.r.IntN(3) > 0 {
		return
	}
	dir := filepath.Join(t.dir, "backup")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.bad("%v", err)
		return
	}
	f, err := os.Create(filepath.Join(dir, dbName))
	if err != nil {
		t.bad("%v", err)
		return
	}
	_, err = l.Backup(f)
	_ = f.Close()
	if t.failed("Backup", err) {
		return
	}
	b, err := Open(dir, trail{2}, Options{ReadOnly: true, MemoEvery: campaignMemos})
	if t.failed("Open of the backup", err) {
		return
	}
	defer b.Close()
	t.snapshot(b)
	t.since(b)
}

// verify must find what reads found, and where it finds nothing every op is there.
func (t *trial) verify(l *Log[*trace], good []bool) {
	rep, err := l.Verify(context.Background(), nil)
	if err != nil {
		t.bad("Verify could not be carried out: %v", err)
		return
	}
	clean := rep.Err() == nil
	switch {
	case clean && slices.Contains(good, false):
		t.bad("Verify is clean, and ops cannot be read")
	case clean && rep.Ops != t.v.head.Seq:
		t.bad("Verify is clean with %d ops of %d", rep.Ops, t.v.head.Seq)
	case clean && t.stale:
		t.bad("Verify is clean, and the index lacks names")
	case clean && len(t.named) > 0:
		t.bad("Verify is clean, and these failed: %v", t.named)
	case !clean:
		t.named = append(t.named, "Verify")
	}
	for i, ok := range good[:rep.Ops] {
		if !ok && clean {
			t.bad("Verify says that %d ops are good, op %d could not be read", rep.Ops, i+1)
			return
		}
	}
}

// checkVerifyDir must not say that a log is well that cannot be opened.
func (t *trial) checkVerifyDir() {
	rep, err := VerifyDir(context.Background(), t.dir, trail{2}, nil)
	if err == nil && rep.Err() == nil {
		t.bad("VerifyDir is clean, and the log does not open")
	}
	if err != nil {
		t.bad("VerifyDir could not be carried out: %v [%s]", err, code(err))
	}
}

// writing opens the same damage for writing, appends, and opens again: what was acknowledged, before and now, is there or
// named, and what could be read before can be read still.
func (t *trial) writing() {
	l, err := Open(t.dir, trail{2}, Options{MemoEvery: campaignMemos, Now: (&clock{t.v.head.At}).now})
	if t.failed("Open for writing", err) {
		return
	}
	before := t.readable(l, t.v.ops)
	ops := slices.Clone(t.v.ops)
	sums := slices.Clone(t.v.sums)
	if l.Head() != t.v.head {
		t.bad("for writing: the log ends at op %d, it had %d", l.Head().Seq, t.v.head.Seq)
		_ = l.Close()
		return
	}
	for n := 0; n < 50; {
		batch := make([]Draft, min(1+t.r.IntN(9), 50-n))
		for i := range batch {
			batch[i] = campaignDraft(t.r, len(ops)+i, t.r.IntN(2) == 0)
		}
		got, err := l.Append(context.Background(), batch...)
		if t.failed("Append", err) {
			break
		}
		for _, o := range got {
			o.Body = bytes.Clone(o.Body)
			if o.Seq != uint64(len(ops)+1) {
				t.bad("Append: op %d after %d", o.Seq, len(ops))
			}
			ops = append(ops, o)
			s := sums[len(sums)-1]
			sums = append(sums, *trail{}.Apply(&s, o))
		}
		n += len(batch)
	}
	settleMemos(l)
	if s, h := l.Snapshot(); h.Seq != uint64(len(ops)) || *s != sums[h.Seq] {
		t.bad("after appending: a wrong state at %d of %d", h.Seq, len(ops))
	}
	if err := l.Close(); err != nil {
		t.bad("Close: %v", err)
	}
	if l, err = Open(t.dir, trail{2}, Options{MemoEvery: campaignMemos}); t.failed("Open after appending", err) {
		if !slices.Contains(t.named, "Append") { // that it is damaged was said then
			t.bad("appending made it worse: %v", err)
		}
		return
	}
	defer l.Close()
	if s, h := l.Snapshot(); h.Seq != uint64(len(ops)) || *s != sums[h.Seq] {
		t.bad("opened again: a wrong state at %d, or not at %d", h.Seq, len(ops))
		return
	}
	after := t.readable(l, ops)
	for i := range after {
		if !after[i] && (i >= len(before) || before[i]) {
			t.bad("op %d cannot be read after appending, and could before", i+1)
			return
		}
	}
}

// readable says of each op whether it is given out, one block at a time.
func (t *trial) readable(l *Log[*trace], ops []Op) []bool {
	good := make([]bool, len(ops))
	for from := 0; from < len(ops); from += block {
		got, err := l.Since(uint64(from), block)
		for i, o := range got {
			if !same(o, ops[from+i]) {
				t.bad("for writing: a wrong op %d at place %d", o.Seq, from+i+1)
				return good
			}
			good[from+i] = true
		}
		t.failed("Since for writing", err)
	}
	return good
}
