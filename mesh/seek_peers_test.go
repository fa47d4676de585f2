package mesh_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"voxmesh/mesh"
	"voxmesh/oplog"
	"voxmesh/oplog/bench/sim"
)

// peers are what a seek is measured beside, in one log.
type peers struct {
	dir       string
	json      []jsonMemo
	mvcc      *mvccIndex
	mvccBytes int64
	mvccTook  time.Duration
}

func (p *peers) mvccPath() string { return filepath.Join(p.dir, "versions.db") }

func (p *peers) jsonBytes() (n int) {
	for _, m := range p.json {
		n = max(n, m.size)
	}
	return n
}

func (p *peers) close() {
	if p.mvcc != nil {
		_ = p.mvcc.db.Close()
		p.mvcc = nil
	}
}

// newPeers makes the peers' files, and finds that they give the same states as the log.
func newPeers(t testing.TB, c seekCase, log *oplog.Log[*mesh.State]) (*peers, error) {
	p := &peers{dir: t.TempDir()}
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range c.json {
		m, err := newJSONMemo(log, rng.Uint64N(c.recipe.Ops), filepath.Join(p.dir, fmt.Sprintf("memo-%d.json", i)))
		if err != nil {
			return nil, err
		}
		p.json = append(p.json, m)
	}
	if c.json > 0 {
		m := p.json[0]
		if err := m.agrees(log, m.seq+uint64(len(m.tail))); err != nil {
			return nil, err
		}
	}
	if c.recipe.Ops > c.mvcc {
		return p, nil
	}
	begun := time.Now()
	if err := makeMVCC(t.Context(), p.mvccPath(), log, c.recipe.Ops); err != nil {
		return nil, err
	}
	p.mvccTook = time.Since(begun)
	st, err := os.Stat(p.mvccPath())
	if err != nil {
		return nil, err
	}
	p.mvccBytes = st.Size()
	if p.mvcc, err = openMVCC(p.mvccPath(), true); err != nil {
		return nil, err
	}
	for range 3 {
		seq := 1 + rng.Uint64N(c.recipe.Ops-1)
		in, err := log.AtSeq(seq)
		if err != nil {
			return nil, err
		}
		s, err := p.mvcc.at(seq, in.At)
		if err == nil {
			err = sameState(log, seq, s)
		}
		if err != nil {
			return nil, fmt.Errorf("the versions at op %d: %w", seq, err)
		}
	}
	return p, nil
}

// agrees finds that a seek gives the state of the log.
func (m *jsonMemo) agrees(log *oplog.Log[*mesh.State], seq uint64) error {
	text, err := m.read(nil)
	if err != nil {
		return err
	}
	s, err := m.at(text, seq)
	if err == nil {
		err = sameState(log, seq, s)
	}
	if err != nil {
		return fmt.Errorf("the memo of JSON at %d: %w", m.seq, err)
	}
	return nil
}

func sameState(log *oplog.Log[*mesh.State], seq uint64, got *mesh.State) error {
	in, err := log.AtSeq(seq)
	if err != nil {
		return err
	}
	p := mesh.Projection{}
	if string(p.Encode(p.Clone(in.State))) != string(p.Encode(got)) {
		return fmt.Errorf("the state after op %d is not that of the log", seq)
	}
	return nil
}

// makeMVCC replays the log and writes the versions of everything.
func makeMVCC(ctx context.Context, path string, log *oplog.Log[*mesh.State], ops uint64) error {
	ix, err := openMVCC(path, false)
	if err != nil {
		return err
	}
	defer ix.db.Close()
	m := newMVCCMaker(ix)
	p := mesh.Projection{}
	s := p.New()
	for s.Seq < ops {
		if err := ctx.Err(); err != nil {
			return err
		}
		list, err := log.Since(s.Seq, 1024)
		if err != nil {
			return err
		}
		for _, op := range list {
			before := p.Clone(s)
			s = p.Apply(s, op)
			if err := m.take(op, before, s); err != nil {
				return err
			}
		}
	}
	if err := m.flush(); err != nil {
		return err
	}
	return ix.db.Sync()
}

// TestThePeersOfASeekAgree wants the states that the benchmark's peers give to be those of the log, at many places: a
// peer that did less would be no peer.
func TestThePeersOfASeekAgree(t *testing.T) {
	r := sim.Recipe{Ops: 3500, Nodes: 12, PerDay: 700, Seed: 2}
	dir := t.TempDir()
	if _, err := sim.Make(t.Context(), dir, r, io.Discard); err != nil {
		t.Fatal(err)
	}
	log, err := oplog.Open(dir, mesh.Projection{}, oplog.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p, err := newPeers(t, seekCase{recipe: r, json: 2, mvcc: r.Ops}, log)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	for seq := uint64(7); seq < r.Ops; seq += 149 {
		in, err := log.AtSeq(seq)
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.mvcc.at(seq, in.At)
		if err == nil {
			err = sameState(log, seq, s)
		}
		if err != nil {
			t.Fatalf("versions: %v", err)
		}
	}
	for i := range p.json {
		m := &p.json[i]
		for n := 0; n <= len(m.tail); n += 300 {
			if err := m.agrees(log, m.seq+uint64(n)); err != nil {
				t.Fatal(err)
			}
		}
	}
}
