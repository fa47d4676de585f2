package policypane

import (
	"context"
	"time"

	"voxmesh/policy"
)

// Book is the file behind the form. Its methods are called in commands: they may wait, but not longer than ctx.
type Book interface {
	// Read gives the file as it is. That there is none is no error: Exists is false then.
	Read(ctx context.Context) (Doc, error)
	// Save writes text where the file still has the bytes of base. A Conflict: it has not, and nothing was written.
	Save(ctx context.Context, base, text []byte) (Saved, error)
	// Undo puts back what the last Save replaced. A Conflict: the file changed since.
	Undo(ctx context.Context) (Saved, error)
	// Stage hands the file to git, for the next commit.
	Stage(ctx context.Context) (Staged, error)
	// Stamp tells one state of the file from another without reading it.
	Stamp() string
	// Known is what this machine knows of others, for pickers and notes.
	Known(ctx context.Context) (policy.Known, error)
}

// Doc is the file as it was read.
type Doc struct {
	Path    string // as it is shown
	Source  []byte
	Exists  bool
	Git     string // "tracked", or why it is not
	Tracked bool
	InForce bool      // what the file holds is what this machine goes by
	Since   time.Time // since when it is in force, or what is instead of it
	Note    string    // why what the file in use holds is not in force: it is broken
	Unused  string    // why this file is not the one that the machine goes by
}

// Saved is the file after it was written.
type Saved struct{ Doc Doc }

// Staged is what was done for git.
type Staged struct {
	Ran    string // the command, as it was run; empty: none was
	Note   string // why it was not, or what git said
	Commit string // the command that commits it, where the book knows one; empty: the form suggests its own
}

// Conflict is an error of a Save or an Undo of a file that changed underneath.
type Conflict interface {
	error
	Diff() string // from what was expected to what is there, in the unified format
}
