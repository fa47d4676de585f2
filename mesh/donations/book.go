package donations

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"voxmesh/mesh/fault"
	"voxmesh/policy"
	"voxmesh/policy/syntax"
)

const (
	codeUnreadable = "vox/file/unreadable"           // a file cannot be read, or is none
	codeChanged    = "vox/policy/changed-underneath" // the file is not what the edit was made from
	codeNoUndo     = "vox/policy/nothing-to-undo"    // there is no save to take back
	codeReadOnly   = "vox/policy/read-only"          // the file or its folder may not be written
	codeNotSaved   = "vox/policy/not-saved"          // the disk did not take it; the old file stands
	codeTooLarge   = "vox/policy/too-large"          // more than syntax.MaxSize
	codeBusy       = "vox/policy/busy"               // another save of the file is under way
	codeGit        = "vox/policy/git-failed"         // git could not stage the file
)

// Options say which file a Book is about.
type Options struct {
	Path string           // of donations.vox
	Data string           // data folder: keeps what undo needs, mode 0600. Empty: nothing can be undone
	Now  func() time.Time // nil: time.Now
	Git  string           // the program; empty: "git"
}

// Book is one donor's file. It may be used by several goroutines; several Books of one file exclude each other.
type Book struct {
	o Options

	mu    sync.Mutex
	seen  string // the file as its folder tells it, when mark was made
	mark  string // what Stamp gave
	quiet bool   // the file had not been changed for a while then
}

// New gives the book of a file. Nothing is read yet.
func New(o Options) *Book {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Git == "" {
		o.Git = "git"
	}
	return &Book{o: o}
}

// Doc is the file as it was read.
type Doc struct {
	Path   string // as it was asked for
	Source []byte // nil where there is no file. One that is too large is cut at syntax.MaxSize+1 bytes: no policy, and not to be saved
	Exists bool
	Mode   fs.FileMode
	Git    Git
	// Undoable says that the file is what the last save made it: Undo would take that back.
	Undoable bool
}

// Saved is what came of a save or of its undo.
type Saved struct {
	Path            string
	WrittenBytes    int // 0 where nothing was to be written, or the file was removed
	Git             Git
	SuggestedCommit string // the command that commits the file, for a shell in Git.Folder; it holds where Git.InTree, once the file is tracked or staged. Empty: git has these bytes
	Undoable        bool   // Undo would take it back
}

// ChangedError is vox/policy/changed-underneath: the file is not what an edit, or an undo, was made from.
type ChangedError struct {
	why  *fault.Error
	diff string
}

// Error says what happened to the file.
func (e *ChangedError) Error() string { return e.why.Error() }

// ErrorCode is vox/policy/changed-underneath.
func (e *ChangedError) ErrorCode() string { return e.why.Code }

// ErrorHint says what to do now.
func (e *ChangedError) ErrorHint() string { return e.why.Hint }

// Diff is the difference from what was expected to what is there, as policy.Diff writes it.
func (e *ChangedError) Diff() string { return e.diff }

// changed says that the file at path, which was read as want, is got.
func changed(path string, want, got []byte) error {
	text := "%s was changed by another program since it was read"
	switch {
	case want == nil:
		text = "%s was made by another program meanwhile"
	case got == nil:
		text = "%s was removed by another program since it was read"
	}
	return &ChangedError{
		fault.New(codeChanged, text, path).WithHint("read it again and repeat the change: `voxmesh policy show`"),
		policy.Diff(want, got),
	}
}

// changedSince is changed for a save that was to be taken back.
func changedSince(path string, saved, got []byte) error {
	return &ChangedError{
		fault.New(codeChanged, "%s was changed since it was saved", path).
			WithHint("what came after the save would be lost: take that out by hand first"),
		policy.Diff(saved, got),
	}
}

// Read reads the file. That there is none is no error. Code vox/file/unreadable, also for folders and devices.
func (b *Book) Read(ctx context.Context) (Doc, error) {
	d := Doc{Path: b.o.Path}
	place, err := resolve(b.o.Path)
	if errors.Is(err, fs.ErrNotExist) {
		d.Git.Note = "there is no such folder"
		return d, nil
	}
	if err != nil {
		return d, unreadable(b.o.Path, err)
	}
	var info fs.FileInfo
	if d.Source, info, err = load(place); err != nil {
		return d, unreadable(b.o.Path, err)
	}
	if info != nil {
		d.Exists, d.Mode = true, info.Mode()
	}
	if r, ok := b.record(place); ok {
		d.Undoable = same(r.After, d.Source) && !same(r.Before, d.Source)
	}
	d.Git = b.git(place).look(ctx)
	return d, nil
}

func unreadable(path string, err error) error {
	var coded fault.Coded
	if errors.As(err, &coded) {
		return err
	}
	return fault.New(codeUnreadable, "%s cannot be read", path).WithHint("check the path and its mode").Wrap(bare(err))
}

// bare is an error of the system without the path, which the sentence before it has.
func bare(err error) error {
	var pe *fs.PathError
	var le *os.LinkError
	switch {
	case errors.As(err, &pe):
		return pe.Err
	case errors.As(err, &le):
		return le.Err
	}
	return err
}

// load reads a file, at most a byte more than a policy may have; nil and no error if there is none. It waits for no
// writer of a pipe, and opens no device.
func load(path string) ([]byte, fs.FileInfo, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, notAFile(path, info.Mode())
	}
	f, err := os.OpenFile(path, os.O_RDONLY|openNoWait, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() { // it took the file's place just now
		return nil, nil, notAFile(path, info.Mode())
	}
	src, err := io.ReadAll(io.LimitReader(f, syntax.MaxSize+1))
	if err != nil {
		return nil, nil, err
	}
	return src, info, nil
}

func notAFile(path string, mode fs.FileMode) error {
	what := "no file"
	switch {
	case mode.IsDir():
		what = "a folder"
	case mode&fs.ModeNamedPipe != 0:
		what = "a pipe"
	case mode&fs.ModeDevice != 0:
		what = "a device"
	case mode&fs.ModeSocket != 0:
		what = "a socket"
	}
	return fault.New(codeUnreadable, "%s is %s", path, what).WithHint("name a file")
}

// same reports whether two readings are the same: no file is not an empty one.
func same(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }

// resolve gives the place of the file itself: absolute, links followed, also one that points to nothing yet. The folder
// must be there: fs.ErrNotExist.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if place, err := filepath.EvalSymlinks(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return place, err
	}
	const most = 40 // links, as elsewhere
	for range most {
		dir, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			return "", err
		}
		path = filepath.Join(dir, filepath.Base(path))
		to, err := os.Readlink(path)
		if err != nil {
			return path, nil // no link: nothing, or a file that was made just now
		}
		if path = to; !filepath.IsAbs(to) {
			path = filepath.Join(dir, to)
		}
	}
	return "", fault.New(codeUnreadable, "%s is a link to itself", path).WithHint("name a file")
}
