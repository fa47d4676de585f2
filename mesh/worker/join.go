package worker

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/nats-io/nkeys"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/durable"
	"voxmesh/mesh/fabric"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/invite"
	"voxmesh/mesh/privacy"
	"voxmesh/policy"
)

// JoinOptions is what a join needs. Dir and URL are required.
type JoinOptions struct {
	Dir       string     // data folder
	URL       invite.URL // the invite
	Workspace string     // folder of donations.vox while no policy is in force; empty: Dir
	Label     string     // a name that this machine would like
	Hostname  string
	Version   string
	Now       func() time.Time

	probe func(ctx context.Context, addr string, pin [16]byte) (fabric.HostInfo, error) // for tests
	join  func(context.Context, fabric.JoinConfig) (fabric.Welcome, error)
}

// Joined is what came of a join.
type Joined struct {
	NodeID        string
	Mesh          string // as the host calls it, cleaned
	LocalName     string // as this machine calls it
	Inviter       string
	Fingerprint   string
	Slots         []string // kinds that the invite asks for
	PolicyPath    string   // of the policy in force
	PolicyCreated bool     // it was written now, with one slot of each kind
	PolicyDiff    string   // what would add the slots to the policy that was there; nothing was changed
	PolicyNote    string   // why there is neither; empty if nothing is missing
}

// Invited is what an invite says before anyone acts on it.
type Invited struct {
	Mesh          string // empty: the host was not reached
	Inviter       string
	Note          string // why it was not reached
	Member        string // local name, if this machine is in that mesh already
	Fingerprint   string
	Slots         []string
	Expiry        time.Time
	Class         privacy.Class
	PolicyPath    string
	PolicyCreated bool   // it would be made
	Policy        string // what would then be written
	PolicyDiff    string // what would be offered otherwise
	PolicyNote    string
}

// Preview shows what an invite asks for. It looks at the host's pinned key, sends nothing of the invite, and changes
// nothing here. A host that cannot be reached is no error. Code vox/invite/wrong-host when another machine answers.
func Preview(ctx context.Context, o JoinOptions) (Invited, error) {
	o.fill()
	tok := o.URL.Token
	v := Invited{Fingerprint: invite.Fingerprint(tok.Pin), Slots: tok.Slots.Strings(), Expiry: tok.Expiry, Class: privacy.PairedPeersOnly}
	info, err := o.probe(ctx, o.URL.Addr(), tok.Pin)
	switch {
	case fault.Is(err, invite.CodeWrongHost):
		return Invited{}, err
	case err != nil:
		v.Note = err.Error()
	default:
		v.Mesh, v.Inviter = info.Mesh, info.Inviter
	}
	if m, err := readMembership(o.folder()); err == nil {
		v.Member = m.Local
	}
	p := o.plan()
	v.PolicyPath, v.PolicyCreated, v.PolicyDiff, v.PolicyNote = p.path, p.fresh != nil, p.diff, p.note
	v.Policy = string(p.fresh)
	return v, nil
}

// Join brings the invite to its host and stores the membership; the policy is made where there is none. A definite
// refusal leaves nothing behind; after a lost answer the key is kept, and the same invite succeeds with it. Codes: those
// of an invite, vox/fabric/unreachable, /timeout, /refused, /not-ready, /bad-answer.
func Join(ctx context.Context, o JoinOptions) (Joined, error) {
	o.fill()
	if _, err := o.probe(ctx, o.URL.Addr(), o.URL.Token.Pin); err != nil {
		return Joined{}, err // nothing was sent
	}
	w, key, path, err := o.bring(ctx)
	if err != nil {
		return Joined{}, err
	}
	defer key.Wipe()
	m, err := o.admitted(w, key, path)
	if err != nil {
		return Joined{}, fmt.Errorf("worker: store the membership: %w", err)
	}
	j := Joined{
		NodeID: m.Node, Mesh: m.Mesh, LocalName: m.Local, Inviter: m.Inviter, Fingerprint: m.Fingerprint(), Slots: o.URL.Token.Slots.Strings(),
	}
	p := o.plan()
	j.PolicyPath, j.PolicyCreated, j.PolicyDiff, j.PolicyNote = p.path, p.fresh != nil, p.diff, p.note
	return j, p.settle(o.Dir)
}

func (o *JoinOptions) fill() {
	if o.probe == nil {
		o.probe = fabric.Probe
	}
	if o.join == nil {
		o.join = fabric.Join
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}

// folder is where the membership is, or will be.
func (o *JoinOptions) folder() string {
	return filepath.Join(o.Dir, meshesDir, hex.EncodeToString(o.URL.Token.Pin[:]))
}

// definite reports whether a refusal says that the key was not admitted. An answer that did not come says nothing.
func definite(err error) bool {
	code, _ := fault.Of(err)
	switch code {
	case invite.CodeRateLimited:
		return false // an earlier try of the same call may have been heard
	case "vox/fabric/refused", "vox/fabric/revoked", "vox/fabric/unknown-key", "vox/fabric/locked":
		return true
	}
	return strings.HasPrefix(code, "vox/invite/")
}

// bring sends the invite with this machine's key: the one it has in that mesh already, or that of an earlier try whose
// answer was lost, so that the same friend may say the same again; else a new one. A key that was expelled is no good
// any more, and a new one takes its place. A definite refusal removes a key that was made for it.
func (o *JoinOptions) bring(ctx context.Context) (fabric.Welcome, nkeys.KeyPair, string, error) {
	dir := o.folder()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fabric.Welcome{}, nil, "", fmt.Errorf("worker: make the mesh's folder: %w", err)
	}
	var err error
	for _, name := range []string{keyFile, nextKeyFile} {
		path := filepath.Join(dir, name)
		key, made, kerr := ownKey(path)
		if kerr != nil {
			return fabric.Welcome{}, nil, "", fmt.Errorf("worker: make this machine's key: %w", kerr)
		}
		var w fabric.Welcome
		w, err = o.join(ctx, fabric.JoinConfig{URL: o.URL, Key: key, Hello: fabric.Hello{
			Hostname: clean.Max(o.Hostname, 64), Version: clean.Max(o.Version, 40), OS: clean.Line(runtime.GOOS),
			Arch: clean.Line(runtime.GOARCH), Label: clean.Max(o.Label, 40),
		}})
		if err == nil {
			return w, key, path, nil
		}
		key.Wipe()
		if made && definite(err) {
			_ = os.Remove(path)
			_ = os.Remove(dir)               // only if it is empty
			_ = os.Remove(filepath.Dir(dir)) // likewise
		}
		if made || !fault.Is(err, "vox/fabric/revoked") {
			break
		}
	}
	return fabric.Welcome{}, nil, "", err
}

// ownKey gives the key at path, on the disk already; made says that it is new.
func ownKey(path string) (key nkeys.KeyPair, made bool, err error) {
	if key, err = loadKey(path); err == nil {
		return key, false, nil
	}
	key, err = createKey(path)
	return key, true, err
}

// admitted stores the membership. The key goes first to its place: a key without its membership is used again.
func (o *JoinOptions) admitted(w fabric.Welcome, key nkeys.KeyPair, path string) (Membership, error) {
	pub, err := key.PublicKey()
	if err != nil {
		return Membership{}, err
	}
	dir := o.folder()
	if own := filepath.Join(dir, keyFile); path != own {
		if err := os.Rename(path, own); err != nil {
			return Membership{}, err
		}
		// The pin watches the same host; only what it was joined as is new.
	}
	all, _ := List(o.Dir) // those that cannot be read have no name to keep free
	pin := hex.EncodeToString(o.URL.Token.Pin[:])
	name := clean.Max(w.Mesh, 64).String()
	m := Membership{
		V: 1, Mesh: name, Local: localName(all, name, pin), Addrs: w.Addrs, Pin: pin, Node: w.NodeID,
		Inviter: clean.Max(w.Inviter, 64).String(), AuditKey: clean.Max(w.Extra["audit_key"], 256).String(), Key: pub,
		JoinedAt: o.Now().UTC(), dir: dir,
	}
	return m, m.store()
}

// plan is what joining means for donations.vox.
type plan struct {
	path  string
	fresh []byte // to be written, where there is no file
	diff  string // to be offered, where there is one
	note  string
}

// plan looks and changes nothing. The policy in force stays the one that is recorded, as long as its file is there:
// joining from another folder must not change what this machine gives.
func (o *JoinOptions) plan() plan {
	dir := o.Workspace
	if dir == "" {
		dir = o.Dir
	}
	p := plan{path: filepath.Join(dir, "donations.vox")}
	if abs, err := filepath.Abs(p.path); err == nil {
		p.path = abs
	}
	if recorded, err := PolicyPath(o.Dir); err == nil {
		if _, err := os.Stat(recorded); err == nil {
			p.path = recorded
		}
	}
	kinds := o.URL.Token.Slots.Strings()
	src, err := readSome(p.path, policyMax)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.fresh = policy.ForSlots(kinds)
		return p
	case err != nil:
		p.note = err.Error()
		return p
	}
	f := policy.Parse(p.path, src)
	if _, ok := f.Policy(); !ok {
		p.note = "it has errors, so it gives nothing: `voxmesh policy check` shows them"
		return p
	}
	if with, more := policy.AddSlots(f, kinds); more {
		p.diff = policy.Diff(src, with)
	}
	return p
}

// settle writes the fresh policy and records the path.
func (p plan) settle(dir string) error {
	if p.fresh != nil {
		err := os.MkdirAll(filepath.Dir(p.path), 0o700)
		if err == nil {
			err = durable.WriteFile(p.path, p.fresh, 0o644)
		}
		if err != nil {
			return fmt.Errorf("worker: joined, but donations.vox could not be written: %w", err)
		}
	}
	return SetPolicyPath(dir, p.path)
}
