package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"voxmesh/mesh"
	"voxmesh/mesh/donations"
	"voxmesh/mesh/worker"
	"voxmesh/policy"
	"voxmesh/tui/policypane"
)

// donorBook is this machine's donations.vox for consoles: the file in force or, where none is, that of the workspace.
type donorBook struct {
	dir  string
	path string // named with --workspace: always this one
	near string // of the workspace, for a machine that has none in force
	now  *worker.FilePolicy
	host *mesh.Host // whose models are offered; nil: none runs

	mu   sync.Mutex
	file *donations.Book
	last string // the path of file
}

var _ policypane.Book = (*donorBook)(nil)

// donorBook gives the file of a data folder. in follows what is in force.
func (a *app) donorBook(dir string, in *worker.FilePolicy, h *mesh.Host) (*donorBook, error) {
	near, err := a.workspacePolicy()
	if err != nil {
		return nil, err
	}
	b := &donorBook{dir: dir, near: near, now: in, host: h}
	if a.workspace != "" {
		b.path = near
	}
	return b, nil
}

// where is the file now. It may be another one after a mesh was joined.
func (b *donorBook) where() string {
	path := b.path
	if path == "" {
		path, _ = worker.PolicyPath(b.dir) // without one it is that of the workspace
	}
	if path == "" {
		path = b.near
	}
	return path
}

// at gives the file that the form is about now.
func (b *donorBook) at() *donations.Book { return b.of(b.where()) }

// of gives the book of a file, the one from before where it is the same file: it knows what it saw.
func (b *donorBook) of(path string) *donations.Book {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.file == nil || b.last != path {
		b.file, b.last = donations.New(donations.Options{Path: path, Data: b.dir}), path
	}
	return b.file
}

// Read gives the file, and whether this machine goes by it.
func (b *donorBook) Read(ctx context.Context) (policypane.Doc, error) {
	d, err := b.at().Read(ctx)
	if err != nil {
		return policypane.Doc{}, err
	}
	v := policypane.Doc{Path: homely(d.Path), Source: d.Source, Exists: d.Exists, Tracked: d.Git.Tracked, Git: inGit(d.Git)}
	b.now.Again()
	switch st := b.now.State(); {
	case st.Path == "":
		v.Unused = "no mesh is joined"
	case !sameFile(st.Path, d.Path):
		v.Unused = "another file is in force: " + st.Path
	default:
		v.Since = st.Since
		v.InForce = st.Err == nil && st.File != nil && bytes.Equal(st.File.Source(), d.Source)
		switch { // the problems themselves are the form's to tell
		case st.Err != nil && st.File != nil:
			v.Note = "the policy from before the last change stays in force"
		case st.Err != nil:
			v.Note = "nothing is given"
		}
	}
	return v, nil
}

// homely is a path as people write it.
func homely(path string) string {
	home, err := os.UserHomeDir()
	if err != nil || home == "/" {
		return path
	}
	if rest, ok := strings.CutPrefix(path, home+string(filepath.Separator)); ok {
		return filepath.Join("~", rest)
	}
	return path
}

func inGit(g donations.Git) string {
	switch {
	case g.Tracked:
		return "tracked"
	case g.InTree:
		return "not tracked yet"
	}
	return g.Note
}

// Save writes the file, where it is still what the edits were made from.
func (b *donorBook) Save(ctx context.Context, base, text []byte) (policypane.Saved, error) {
	_, err := b.at().Save(ctx, base, text)
	return b.saved(ctx, err)
}

// Undo takes the last save back.
func (b *donorBook) Undo(ctx context.Context) (policypane.Saved, error) {
	_, err := b.at().Undo(ctx)
	return b.saved(ctx, err)
}

func (b *donorBook) saved(ctx context.Context, err error) (policypane.Saved, error) {
	if err != nil {
		return policypane.Saved{}, err
	}
	d, err := b.Read(ctx)
	return policypane.Saved{Doc: d}, err
}

// Stage hands the file to git.
func (b *donorBook) Stage(ctx context.Context) (policypane.Staged, error) {
	s, err := b.at().Stage(ctx)
	if err != nil {
		return policypane.Staged{}, err
	}
	v := policypane.Staged{Note: s.Note, Commit: s.SuggestedCommit}
	if s.Staged {
		v.Ran = "git add " + filepath.Base(s.Path)
	}
	return v, nil
}

// Stamp tells one state of the file from another, and one file from another.
func (b *donorBook) Stamp() string {
	path := b.where()
	return path + " " + b.of(path).Stamp()
}

// Known is who may send jobs here, and what there is.
func (b *donorBook) Known(context.Context) (policy.Known, error) {
	k := knownTo(b.dir)
	if b.host != nil {
		if n, ok := b.host.Snapshot().Node(b.host.Info().Mesh); ok {
			for _, m := range n.Models {
				k.Models = append(k.Models, m.Name)
			}
		}
	}
	return k, nil
}

// readOnly is the file for somebody who may look only: whatever a console of theirs asks for is refused here.
type readOnly struct{ policypane.Book }

// Save refuses.
func (readOnly) Save(context.Context, []byte, []byte) (policypane.Saved, error) {
	return policypane.Saved{}, viewersLook()
}

// Undo refuses.
func (readOnly) Undo(context.Context) (policypane.Saved, error) {
	return policypane.Saved{}, viewersLook()
}

// Stage refuses.
func (readOnly) Stage(context.Context) (policypane.Staged, error) {
	return policypane.Staged{}, viewersLook()
}
