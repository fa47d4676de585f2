package worker

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"voxmesh/mesh/fault"
	"voxmesh/policy"
)

const (
	codeNoPolicy     = "vox/worker/no-policy"     // no policy is in force
	codePolicyBroken = "vox/worker/policy-broken" // the file is not the policy in force: it has errors
)

const (
	// checkEvery is how often the file is looked at, at most.
	checkEvery = time.Second
	// restless is how long after its last change a file is read again at each look: two changes within the grain of a
	// file system's clock leave the same time.
	restless = 2 * time.Second
	// policyMax is what is read of a file; the parser refuses less than that.
	policyMax = 4 << 20
)

// FilePolicy is the policy in a donations.vox. It follows the file: a change is in force at the next admission, at most
// a second later. While the file cannot be read or has errors, the last good policy stays in force and Note says so. A
// file that is not there gives nothing: whoever removes it takes everything back.
type FilePolicy struct {
	where func() (string, error)
	now   func() time.Time

	mu      sync.Mutex
	checked time.Time
	path    string
	info    fs.FileInfo // of the file as it was read, nil if it was not
	readAt  time.Time
	good    bool
	since   time.Time // when what is in force is in force, or nothing is
	file    *policy.File
	policy  policy.Policy
	name    string
	err     error // why no policy is in force
	note    error // why the file is not what is in force
}

// NewFilePolicy follows the file at path. now may be nil.
func NewFilePolicy(path string, now func() time.Time) *FilePolicy {
	return newFilePolicy(func() (string, error) { return path, nil }, now)
}

// NewRecordedPolicy follows the policy in force of a data folder, also when another path is recorded (SetPolicyPath).
func NewRecordedPolicy(dir string, now func() time.Time) *FilePolicy {
	return newFilePolicy(func() (string, error) { return PolicyPath(dir) }, now)
}

func newFilePolicy(where func() (string, error), now func() time.Time) *FilePolicy {
	if now == nil {
		now = time.Now
	}
	return &FilePolicy{where: where, now: now}
}

// Current gives the policy in force. Code vox/worker/no-policy, or the problem of a file that never was good.
func (p *FilePolicy) Current() (policy.Policy, *policy.File, string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.now(); p.checked.IsZero() || now.Sub(p.checked) >= checkEvery || now.Before(p.checked) {
		p.checked = now
		p.look(now)
	}
	if !p.good {
		return policy.Policy{}, nil, p.name, p.err
	}
	return p.policy, p.file, p.name, nil
}

// Err says why what the file holds is not in force; nil when it is.
func (p *FilePolicy) Err() error {
	_, _, _, _ = p.Current()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.good {
		return p.err
	}
	return p.note
}

// PolicyState says what is in force of a file, and why.
type PolicyState struct {
	Path  string       // of the file; empty where none is recorded
	Since time.Time    // when what is in force came into force, or ended
	File  *policy.File // what is in force, as it was read; nil: nothing is
	Name  string       // names its content
	Err   error        // why what the file holds is not in force; nil: it is
}

// Again has the next look read the file, however lately it was read: it was just written.
func (p *FilePolicy) Again() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.checked = time.Time{}
}

// State looks at the file, as Current does, and says what is in force since when.
func (p *FilePolicy) State() PolicyState {
	_, _, _, _ = p.Current()
	p.mu.Lock()
	defer p.mu.Unlock()
	s := PolicyState{Path: p.path, Since: p.since, Name: p.name, Err: p.err}
	if p.good {
		s.File, s.Err = p.file, p.note
	}
	return s
}

// Note is Err as a sentence, or empty.
func (p *FilePolicy) Note() string {
	if err := p.Err(); err != nil {
		return err.Error()
	}
	return ""
}

// look reads the file again if it may have changed.
func (p *FilePolicy) look(now time.Time) {
	path, err := p.where()
	if err != nil {
		p.path, p.info = "", nil
		p.keep(err)
		return
	}
	if path != p.path { // another file: what the old one said is over
		p.path, p.info, p.good, p.note, p.since = path, nil, false, nil, now
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if p.good {
			p.since = now
		}
		p.info, p.good, p.name, p.note = nil, false, "", nil
		p.err = fault.New(codeNoPolicy, "there is no donations.vox at %s, so nothing is given", path).
			WithHint("name another with `voxmesh policy use`, or join again")
		return
	case err != nil:
		p.info = nil
		p.keep(err)
		return
	}
	if p.info != nil && os.SameFile(p.info, info) && p.info.Size() == info.Size() && p.info.ModTime().Equal(info.ModTime()) &&
		p.readAt.Sub(info.ModTime()) > restless {
		return
	}
	p.read(path, info, now)
}

func (p *FilePolicy) read(path string, info fs.FileInfo, now time.Time) {
	src, err := readSome(path, policyMax)
	if err != nil {
		p.info = nil
		p.keep(err)
		return
	}
	p.info, p.readAt = info, now
	sum := sha256.Sum256(src)
	name := hex.EncodeToString(sum[:8])
	if p.good && p.note == nil && name == p.name {
		return
	}
	f := policy.Parse(path, src)
	pol, ok := f.Policy()
	if !ok {
		p.keep(f.Err())
		return
	}
	if !p.good || name != p.name {
		p.since = now
	}
	p.good, p.file, p.policy, p.name, p.err, p.note = true, f, pol, name, nil, nil
}

// keep leaves the last good policy in force and says why.
func (p *FilePolicy) keep(err error) {
	if err == nil {
		err = errors.New("it holds no policy")
	}
	if !p.good {
		p.name = ""
		p.err = fault.New(codeNoPolicy, "donations.vox cannot be used, so nothing is given").
			WithHint("`voxmesh policy check` shows what is wrong").Wrap(err)
		return
	}
	p.note = fault.New(codePolicyBroken, "donations.vox cannot be used; the policy from before the last change stays in force").
		WithHint("`voxmesh policy check` shows what is wrong").Wrap(err)
}

// readSome reads the beginning of a file. A pipe, which would have it wait for a writer, and a device are no files.
func readSome(path string, most int64) ([]byte, error) {
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("it is not a file")}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, most))
	return b, errors.Join(err, f.Close())
}
