package tui

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"voxmesh/policy"
	"voxmesh/tui/policypane"
)

// given is the file of the drawings.
const given = `policy donations {
  slots: [
    { kind: gpu, max_concurrent: 2, weight: 50 },
    { kind: cpu, max_concurrent: 8, weight: 30 },
    { kind: text, max_concurrent: 4, weight: 20 },
  ]
  nsfw_allowed: false // hard-disabled at home
  max_job_duration_secs: 3600
  public_mesh_opt_in: true
  min_priority: 5
  per_peer_overrides: [
    { peer: "alice@aurelia", nsfw_allowed: true },
  ]
}
`

// donor is a donations.vox in memory. Another program may change it.
type donor struct {
	mu     sync.Mutex
	src    []byte // nil: there is none
	before []byte
}

func newDonor(src string) *donor { return &donor{src: []byte(src)} }

func (d *donor) set(src string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.src = []byte(src)
}

func (d *donor) doc() policypane.Doc {
	ok := policy.Parse("", d.src).Err() == nil
	v := policypane.Doc{
		Path: "~/mesh/donations.vox", Source: bytes.Clone(d.src), Exists: d.src != nil, Git: "tracked", Tracked: true,
		InForce: d.src != nil && ok, Since: time.Date(2026, 3, 14, 9, 31, 0, 0, time.UTC),
	}
	if d.src != nil && !ok {
		v.Note = "the policy from before the last change stays in force"
	}
	return v
}

func (d *donor) Read(context.Context) (policypane.Doc, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.doc(), nil
}

type clash struct{ error }

func (clash) Diff() string { return "@@ -1 +1 @@\n" }

func (d *donor) Save(_ context.Context, base, text []byte) (policypane.Saved, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !bytes.Equal(base, d.src) {
		return policypane.Saved{}, clash{errors.New("it changed underneath")}
	}
	d.before, d.src = d.src, bytes.Clone(text)
	return policypane.Saved{Doc: d.doc()}, nil
}

func (d *donor) Undo(context.Context) (policypane.Saved, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.src, d.before = d.before, nil
	return policypane.Saved{Doc: d.doc()}, nil
}

func (d *donor) Stage(context.Context) (policypane.Staged, error) {
	return policypane.Staged{Ran: "git add donations.vox"}, nil
}

func (d *donor) Stamp() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return string(d.src)
}

func (d *donor) Known(context.Context) (policy.Known, error) {
	return policy.Known{Peers: []string{"alice@aurelia", "bob@nook"}, Meshes: []string{"aurelia", "nook"}, Models: []string{"llama3.2:3b"}}, nil
}

// hostileFile is a file with bytes that a terminal would obey, and one that is broken.
func hostileFile() string {
	return "policy donations { // \x1b]0;pwned\x07 \x9b31m \u202e\n  slots: [{ kind: \"gp\x1b[2Ju\", weight: 3 }]\n  allowed_users: [\"a\u202e@b\"\n}\n"
}

// broken is a file in which a value is out of its range and a bracket is missing.
const broken = `policy donations {
  slots: [
    { kind: gpu, max_concurrent: 200, weight: 50 },
    { kind: cpu, max_concurrent: 8, weight: 50 },
  ]
  nsfw_alowed: false
  allowed_users: ["alice@aurelia"
  min_priority: 5
}
`

// withFile has another program write the file, or remove it, and waits until the form shows that.
func (s *screen) withFile(src string) *screen {
	s.donor.mu.Lock()
	if s.donor.src = []byte(src); src == "" {
		s.donor.src = nil
	}
	s.donor.mu.Unlock()
	s.second()
	return s
}

// Nothing in the donor's file drives the terminal, wherever the form shows it.
func TestHostileFile(t *testing.T) {
	for _, size := range [][2]int{{60, 16}, {80, 24}, {120, 40}} {
		s := newScene(t, size[0], size[1]).withFile(hostileFile()).press("5")
		for _, keys := range [][]string{{}, {"v"}, {"v"}, {"v"}, {"e"}, {"esc", "down", "down", "enter"}} {
			for _, r := range s.press(keys...).plain() {
				if r < 0x20 && r != '\n' || r >= 0x7f && r < 0xa0 || r == 0x202e {
					t.Fatalf("%v: %U is drawn after %v", size, r, keys)
				}
			}
		}
	}
}
