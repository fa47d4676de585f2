package cli

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"voxmesh/mesh"
	"voxmesh/mesh/invite"
	"voxmesh/mesh/worker"
	"voxmesh/policy"
	"voxmesh/tui/joinmesh"
	"voxmesh/tui/sshd"
)

// joiner joins meshes for this machine, for the command and for a console: dir keeps what is joined, workspace is where
// the policy of a first join goes. works says that a host works for what is joined, without being told.
type joiner struct {
	dir, workspace string
	works          bool
}

var _ joinmesh.Joiner = joiner{}

func (a *app) joiner() (joiner, error) {
	dir, err := a.dataDir()
	if err != nil {
		return joiner{}, err
	}
	path, err := a.workspacePolicy()
	if err != nil {
		return joiner{}, err
	}
	return joiner{dir: dir, workspace: filepath.Dir(path)}, nil
}

// options reads an invite as it was pasted, and looks at what needs no network.
func (j joiner) options(paste, label string) (worker.JoinOptions, error) {
	u, err := invite.ParsePaste(paste)
	if err != nil {
		return worker.JoinOptions{}, err
	}
	if err := u.Token.Check(time.Now()); err != nil {
		return worker.JoinOptions{}, err
	}
	hostname, _ := os.Hostname() // a machine without a name joins without one
	return worker.JoinOptions{
		Dir: j.dir, URL: u, Workspace: j.workspace, Label: label, Hostname: hostname, Version: mesh.Version(),
	}, nil
}

// Preview shows what an invite asks for.
func (j joiner) Preview(ctx context.Context, link, label string) (joinmesh.Preview, error) {
	o, err := j.options(link, label)
	if err != nil {
		return joinmesh.Preview{}, err
	}
	p, err := worker.Preview(ctx, o)
	if err != nil {
		return joinmesh.Preview{}, err
	}
	v := joinmesh.Preview{
		Mesh: p.Mesh, Inviter: p.Inviter, Address: o.URL.Addr(), Note: p.Note, Member: p.Member, Fingerprint: p.Fingerprint,
		Class: p.Class, Slots: p.Slots, Expiry: p.Expiry,
		Policy: joinmesh.Policy{Path: p.PolicyPath, Created: p.PolicyCreated, Text: p.Policy, Diff: p.PolicyDiff, Note: p.PolicyNote},
	}
	v.Gives = givesOf(ctx, p.PolicyPath)
	if p.PolicyCreated {
		v.Gives = gives(policy.Parse(p.PolicyPath, []byte(p.Policy)))
	}
	return v, nil
}

// Join joins, and tells what this machine gives from now on.
func (j joiner) Join(ctx context.Context, link, label string) (joinmesh.Joined, error) {
	o, err := j.options(link, label)
	if err != nil {
		return joinmesh.Joined{}, err
	}
	res, err := worker.Join(ctx, o)
	if err != nil {
		return joinmesh.Joined{}, err
	}
	return joinmesh.Joined{
		Mesh: res.Mesh, Node: res.NodeID, Inviter: res.Inviter, Works: j.works, Gives: givesOf(ctx, res.PolicyPath),
		Policy: joinmesh.Policy{Path: res.PolicyPath, Created: res.PolicyCreated, Diff: res.PolicyDiff, Note: res.PolicyNote},
	}, nil
}

// givesOf reads what the policy of a file gives: nothing where it cannot be read.
func givesOf(ctx context.Context, path string) joinmesh.Gives {
	b, err := readPolicy(ctx, path)
	if err != nil {
		return joinmesh.Gives{}
	}
	return gives(policy.Parse(path, b))
}

func gives(f *policy.File) joinmesh.Gives {
	p, ok := f.Policy()
	if !ok {
		return joinmesh.Gives{}
	}
	g := joinmesh.Gives{
		Longest: time.Duration(p.MaxJobSeconds) * time.Second, NSFW: p.NSFWAllowed, Public: p.PublicMeshOptIn,
	}
	for _, s := range p.Slots {
		g.Slots = append(g.Slots, joinmesh.Slot{Kind: s.Kind, AtOnce: s.MaxConcurrent})
	}
	return g
}

// joinerFor is what a session joins with: through the local socket as the machine's owner, from elsewhere not at all,
// because the machine that would join is not the one at which the visitor sits.
func (r *hosted) joinerFor(s *sshd.Session) joinmesh.Joiner {
	if !s.Local || s.Role != sshd.Operator {
		return joinmesh.Elsewhere
	}
	return r.joiner
}
