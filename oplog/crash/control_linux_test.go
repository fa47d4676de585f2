package crash

import (
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheCheckerSees takes syncs out of records: a checker that finds nothing then would never find anything.
func TestTheCheckerSees(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 5))
	rec, known := firstRun(t, r)
	log := rec.live[filepath.Join(logDir, "oplog.db")]
	named, last, acked, synced := 0, 0, 0, 0 // when the log got its name, the last sync before the last acknowledgement, and that
	for i, e := range rec.events {
		switch {
		case e.kind == evName && e.to == log && e.name == "oplog.db":
			named = i
		case e.kind == evSync && e.ino == log:
			synced = e.began
		case strings.HasPrefix(e.line, "ack"):
			acked, last = i, synced
		}
	}
	sync := func(path string, from, to int) func(event) bool {
		ino := rec.live[path]
		if ino == 0 {
			t.Fatalf("there is no %s", path)
		}
		return func(e event) bool { return e.kind == evSync && e.ino == ino && e.began >= from && e.began < to }
	}
	never := len(rec.events)
	for name, ctl := range map[string]*control{
		"the new log":      {sync(filepath.Join(logDir, "oplog.db"), 0, named), named},
		"its folder":       {sync(logDir, 0, never), 0},
		"the folder above": {sync(filepath.Dir(logDir), 0, never), 0},
		"the last commit":  {sync(filepath.Join(logDir, "oplog.db"), last, never), acked + 1},
	} {
		var o outcome
		for tries := 0; o.wrong == 0 && tries < 20; tries++ {
			var err error
			if o, err = replay(t, rec, known, 100, r.Uint64(), ctl); err != nil {
				t.Fatal(err)
			}
		}
		if o.wrong == 0 {
			t.Errorf("without the sync of %s, nothing was lost in %d states", name, o.states)
		}
		t.Logf("without the sync of %s: %d of %d states are bad, as in %v", name, o.wrong, o.states, o.lost)
	}
}

// TestWhatAKilledProcessLeftIsSettled: what it had written and not synced is there for whoever comes next, and must stay.
func TestWhatAKilledProcessLeftIsSettled(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 6))
	folder := regexp.MustCompile("^[0-9a-f]{2}$")
	for name, killIf := range map[string]func(event) bool{
		"the folder":           func(e event) bool { return e.kind == evName && e.name == "voxmesh" },
		"the name of the log":  func(e event) bool { return e.kind == evName && e.name == "oplog.db" },
		"a commit":             after(5, isMeta),
		"the folder of a blob": func(e event) bool { return e.kind == evName && folder.MatchString(e.name) },
	} {
		life := newLife(r, false)
		for { // until its first group has a blob
			if _, blob := (group{life, 1, 0}).drafts(); blob != nil {
				break
			}
			life++
		}
		rec := newRecord(t.TempDir())
		o := order{Verb: "one", Dir: filepath.Join(rec.root, logDir), Life: life, Groups: 6, MemoEvery: 16}
		if err := rec.run(t, o, nil, killIf); err != nil {
			t.Fatal(err)
		}
		if !rec.killed {
			t.Fatalf("%s: it was not killed", name)
		}
		if name == "a commit" {
			o.Life++
		}
		if err := rec.run(t, o, nil, nil); err != nil {
			t.Fatal(err)
		}
		sum, err := replay(t, rec, newHistory(), 100, r.Uint64(), nil)
		if err != nil || sum.lost != nil {
			t.Errorf("killed after %s was made: %v %v", name, err, sum.lost)
		}
	}
}

// TestWhatTheLastOneSaidIsTakenBack: what a process leaves beside the log when it closes it must not outlive the next
// append, whatever the times of files are after a power cut.
func TestWhatTheLastOneSaidIsTakenBack(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 11))
	const groups = 6
	life := newLife(r, false)
	for i := 0; i < groups; i++ { // no blobs: they sync the folder
		if _, blob := (group{life, 1, i}).drafts(); blob != nil {
			life, i = life+2, -1
		}
	}
	rec, known := upon(t, order{Verb: "append", Life: life + 1, Groups: 10, MemoEvery: 32}, order{Verb: "one", Life: life, Groups: groups, MemoEvery: 32})
	sum, err := replay(t, rec, known, 200, r.Uint64(), nil)
	if err != nil || sum.lost != nil {
		t.Error(err, sum.lost)
	}
}
