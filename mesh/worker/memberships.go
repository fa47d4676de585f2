package worker

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nkeys"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/durable"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/invite"
)

const (
	codeNoMesh     = "vox/mesh/unknown"          // this machine has not joined that mesh
	codeMembership = "vox/worker/membership"     // a membership on the disk cannot be used
	codeNoPath     = "vox/worker/no-policy-path" // no policy was recorded
)

// Membership is one mesh that this machine has joined. On the disk it is meshes/<pin>/membership.json in the data
// folder, beside node.key, the node's secret; both have mode 0600.
type Membership struct {
	V        int       `json:"v"`
	Mesh     string    `json:"mesh"`  // as the host calls it, cleaned
	Local    string    `json:"local"` // as this machine calls it: a slug, no two the same, bound to the pin
	Addrs    []string  `json:"addrs"` // host:port of the host's door
	Pin      string    `json:"pin"`   // of the host's key, 32 hex
	Node     string    `json:"node"`  // this machine's id there
	Inviter  string    `json:"inviter"`
	AuditKey string    `json:"audit_key"` // the public key of the host's audit log
	Key      string    `json:"key"`       // the public part of node.key
	JoinedAt time.Time `json:"joined_at"`

	dir string
}

const (
	meshesDir      = "meshes"
	membershipFile = "membership.json"
	keyFile        = "node.key"    // of the membership, or of a first join whose answer has not come yet
	nextKeyFile    = "pending.key" // of a join to a mesh that was joined before
	policyPathFile = "policy.path"
)

// Dir is the membership's folder.
func (m Membership) Dir() string { return m.dir }

// PinBytes is the pin as the fabric takes it.
func (m Membership) PinBytes() (pin [invite.PinSize]byte) {
	_, _ = hex.Decode(pin[:], []byte(m.Pin)) // checked when it was read
	return pin
}

// Fingerprint is the pin as people compare it.
func (m Membership) Fingerprint() string { return invite.Fingerprint(m.PinBytes()) }

// LoadKey reads the node's key. Code vox/worker/membership.
func (m Membership) LoadKey() (nkeys.KeyPair, error) {
	kp, err := loadKey(filepath.Join(m.dir, keyFile))
	if err != nil {
		return nil, fault.New(codeMembership, "the key of this machine in the mesh %s cannot be used", m.Local).
			WithHint("`voxmesh leave %s`, and join again", m.Local).Wrap(err)
	}
	return kp, nil
}

// List gives the memberships of a data folder, ordered by folder. One that cannot be read is left out, and the error
// names it (vox/worker/membership); the others are given all the same.
func List(dir string) ([]Membership, error) {
	entries, err := os.ReadDir(filepath.Join(dir, meshesDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("worker: list memberships: %w", err)
	}
	var all []Membership
	var bad []error
	for _, e := range entries {
		if len(e.Name()) != 2*invite.PinSize {
			continue
		}
		m, err := readMembership(filepath.Join(dir, meshesDir, e.Name()))
		switch {
		case err == nil:
			all = append(all, m)
		case !errors.Is(err, fs.ErrNotExist): // without a membership, a join is under way
			bad = append(bad, fault.New(codeMembership, "the membership in %s cannot be used", e.Name()).
				WithHint("join that mesh again with a new invite").Wrap(err))
		}
	}
	return all, errors.Join(bad...)
}

func readMembership(dir string) (Membership, error) {
	b, err := readSome(filepath.Join(dir, membershipFile), 1<<20)
	if err != nil {
		return Membership{}, err
	}
	m := Membership{dir: dir}
	if err := json.Unmarshal(b, &m); err != nil {
		return Membership{}, err
	}
	pin, err := hex.DecodeString(m.Pin)
	switch {
	case err != nil || len(pin) != invite.PinSize || filepath.Base(dir) != m.Pin:
		return Membership{}, errors.New("its pin is not that of its folder")
	case m.Node == "" || m.Local == "" || len(m.Addrs) == 0:
		return Membership{}, errors.New("it is not whole")
	}
	return m, nil
}

// Find gives the membership with that local name, or the only one whose host uses that name. Code vox/mesh/unknown.
func Find(dir, mesh string) (Membership, error) {
	all, err := List(dir)
	var named []Membership
	for _, m := range all {
		if m.Local == mesh {
			return m, nil
		}
		if m.Mesh == mesh {
			named = append(named, m)
		}
	}
	if len(named) == 1 {
		return named[0], nil
	}
	if err != nil && len(all) == 0 {
		return Membership{}, err
	}
	hint := "it has joined none"
	if len(all) > 0 {
		names := make([]string, len(all))
		for i, m := range all {
			names[i] = m.Local
		}
		hint = "it has joined " + strings.Join(names, ", ")
	}
	return Membership{}, fault.New(codeNoMesh, "this machine is in no mesh %q", clean.Max(mesh, 64).String()).WithHint("%s", hint)
}

// Remove forgets a membership with its key. A running Crew notices, stops its jobs and tells the host. Code
// vox/mesh/unknown.
func Remove(dir, mesh string) (Membership, error) {
	m, err := Find(dir, mesh)
	if err != nil {
		return m, err
	}
	gone := m.dir + ".left"
	err = os.RemoveAll(gone)
	if err == nil {
		err = os.Rename(m.dir, gone) // at once: a half removed membership is none
	}
	if err == nil {
		err = os.RemoveAll(gone)
	}
	if err != nil {
		return m, fmt.Errorf("worker: leave %s: %w", m.Local, err)
	}
	return m, nil
}

// store writes the membership into its folder.
func (m Membership) store() error {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return durable.WriteFile(filepath.Join(m.dir, membershipFile), append(b, '\n'), 0o600)
}

// localName gives a mesh the name that this machine uses: its own as a slug, with a part of the pin where another mesh
// has that name already. A mesh that is joined again keeps its name.
func localName(all []Membership, mesh, pin string) string {
	taken := map[string]bool{}
	for _, m := range all {
		if m.Pin == pin {
			return m.Local
		}
		taken[m.Local] = true
	}
	base := slug(mesh)
	name := base
	for n := 4; taken[name] && n <= len(pin); n += 4 {
		name = base + "-" + pin[:n]
	}
	return name
}

// slug makes a name of lower-case letters, digits and single dashes, at most 32; "mesh" if nothing is left.
func slug(s string) string {
	var b []byte
	for _, r := range strings.ToLower(s) {
		switch {
		case len(b) == 32:
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b = append(b, byte(r))
		case len(b) > 0 && b[len(b)-1] != '-':
			b = append(b, '-')
		}
	}
	if name := strings.Trim(string(b), "-"); name != "" {
		return name
	}
	return "mesh"
}

// SetPolicyPath records where the policy in force of a data folder is.
func SetPolicyPath(dir, path string) error {
	abs, err := filepath.Abs(path)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		err = durable.WriteFile(filepath.Join(dir, policyPathFile), []byte(abs+"\n"), 0o600)
	}
	if err != nil {
		return fmt.Errorf("worker: record the policy's path: %w", err)
	}
	return nil
}

// PolicyPath is where the policy in force of a data folder is. Code vox/worker/no-policy-path when none was recorded.
func PolicyPath(dir string) (string, error) {
	b, err := readSome(filepath.Join(dir, policyPathFile), 64<<10)
	path := strings.TrimRight(string(b), "\r\n")
	if errors.Is(err, fs.ErrNotExist) || err == nil && path == "" {
		return "", fault.New(codeNoPath, "no donations.vox is in force in this data folder").
			WithHint("`voxmesh policy use FILE` puts one in force")
	}
	if err != nil {
		return "", fmt.Errorf("worker: read the policy's path: %w", err)
	}
	return path, nil
}

func loadKey(path string) (nkeys.KeyPair, error) {
	b, err := readSome(path, 4<<10)
	if err != nil {
		return nil, err
	}
	kp, err := nkeys.FromSeed([]byte(strings.TrimSpace(string(b))))
	if err != nil {
		return nil, errors.New("it is no key") // the cause could quote what is in the file
	}
	return kp, nil
}

// createKey makes a key and has it on the disk before it returns.
func createKey(path string) (nkeys.KeyPair, error) {
	kp, err := nkeys.CreateUser()
	if err != nil {
		return nil, err
	}
	seed, err := kp.Seed()
	if err != nil {
		return nil, err
	}
	return kp, durable.WriteFile(path, append(seed, '\n'), 0o600)
}
