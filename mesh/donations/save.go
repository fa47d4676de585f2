package donations

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"voxmesh/mesh/durable"
	"voxmesh/mesh/fault"
	"voxmesh/policy/syntax"
)

const (
	// freshMode is the mode of a file where there was none: it holds no secret, and git keeps no other.
	freshMode = 0o644
	// lockFor is how long a save waits for others.
	lockFor = 5 * time.Second
)

// Save puts text in the place of base: what the editor read, or nil where there was no file. It is refused with
// vox/policy/changed-underneath (a *ChangedError, with the difference) where the file is no longer base. Other codes:
// vox/policy/read-only, vox/policy/not-saved, vox/policy/too-large, vox/policy/busy, vox/file/unreadable. After an error
// the file is as it was. Saving base itself writes nothing.
func (b *Book) Save(ctx context.Context, base, text []byte) (Saved, error) {
	if text == nil {
		text = []byte{}
	}
	if len(text) > syntax.MaxSize || len(base) > syntax.MaxSize {
		return Saved{}, fault.New(codeTooLarge, "a policy is at most %d bytes", syntax.MaxSize).WithHint("make it smaller")
	}
	place, unlock, err := b.hold(ctx)
	if err != nil {
		return Saved{}, err
	}
	undoable, err := b.saveHeld(place, base, text)
	unlock()
	if err != nil {
		return Saved{}, b.failed(err)
	}
	s := b.saved(ctx, place, base, text, undoable)
	if !same(base, text) {
		s.WrittenBytes = len(text)
	}
	return s, nil
}

// saveHeld saves while the folder is held, and reports whether the last save can be taken back.
func (b *Book) saveHeld(place string, base, text []byte) (undoable bool, err error) {
	now, info, err := load(place)
	switch {
	case err != nil:
		return false, err
	case !same(now, base):
		return false, changed(b.o.Path, base, now)
	case same(base, text):
		r, ok := b.record(place)
		return ok && same(r.After, now), nil
	}
	if err := mayWrite(place, info); err != nil {
		return false, err
	}
	withdraw, undoable := b.keep(record{Path: place, Before: base, Made: base == nil, After: text})
	if err := b.put(place, base, text, info); err != nil {
		withdraw()
		return false, err
	}
	return undoable, nil
}

// hold gives the file's real place and keeps other saves in its folder away.
func (b *Book) hold(ctx context.Context) (place string, unlock func(), err error) {
	if b.o.Data != "" {
		_ = os.MkdirAll(b.o.Data, 0o700) // if it cannot be made, nothing can be undone, which is said
	}
	place, err = resolve(b.o.Path)
	if errors.Is(err, fs.ErrNotExist) {
		folder := filepath.Dir(b.o.Path)
		if to, err := os.Readlink(b.o.Path); err == nil {
			folder = filepath.Join(folder, filepath.Dir(to))
			if filepath.IsAbs(to) {
				folder = filepath.Dir(to)
			}
		}
		return "", nil, fault.New(codeNotSaved, "there is no folder %s", folder).WithHint("make it first").Wrap(fs.ErrNotExist)
	}
	if err != nil {
		return "", nil, b.failed(err)
	}
	held, stop := context.WithTimeout(ctx, lockFor)
	defer stop()
	unlock, err = lock(held, b.o.Data, filepath.Dir(place))
	switch {
	case err == nil:
		return place, unlock, nil
	case ctx.Err() != nil:
		return "", nil, ctx.Err()
	case held.Err() != nil:
		return "", nil, fault.New(codeBusy, "another save in the folder of %s does not end", b.o.Path).WithHint("try again in a moment")
	}
	return "", nil, b.failed(err)
}

// mayWrite refuses what the donor protected: a rename would replace it all the same. info is nil where there is no file.
func mayWrite(place string, info fs.FileInfo) error {
	const anybody = 0o222
	hint := "chmod u+w, or edit it as its owner"
	if info != nil && (info.Mode().Perm()&anybody == 0 || !writable(place)) {
		return fault.New(codeReadOnly, "%s may not be written", place).WithHint("%s", hint)
	}
	dir := filepath.Dir(place)
	if st, err := os.Stat(dir); err != nil || st.Mode().Perm()&anybody == 0 || !writable(dir) {
		return fault.New(codeReadOnly, "the folder %s may not be written", dir).WithHint("%s", hint)
	}
	return nil
}

// put replaces what is at place by text, if it still is base.
func (b *Book) put(place string, base, text []byte, info fs.FileInfo) error {
	err := durable.Replacement{
		Mode: freshMode, Like: info, Fresh: base == nil,
		Check: func() error { return b.still(place, base) },
	}.Write(place, text)
	if base == nil && errors.Is(err, fs.ErrExist) {
		now, _, err := load(place)
		if err != nil {
			return err
		}
		return changed(b.o.Path, nil, now)
	}
	return err
}

// still is the last look: the path means the same file, and that holds what it held.
func (b *Book) still(place string, want []byte) error {
	if again, err := resolve(b.o.Path); err != nil {
		return err
	} else if again != place {
		return fault.New(codeChanged, "%s points to another file now", b.o.Path).WithHint("read it again and repeat the change")
	}
	now, _, err := load(place)
	if err != nil {
		return err
	}
	if !same(now, want) {
		return changed(b.o.Path, want, now)
	}
	return nil
}

// failed says why the disk did not take the file.
func (b *Book) failed(err error) error {
	var coded fault.Coded
	switch {
	case errors.As(err, &coded), errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fault.New(codeReadOnly, "%s may not be written", b.o.Path).WithHint("chmod u+w, or edit it as its owner").Wrap(bare(err))
	case errors.Is(err, syscall.ENOSPC):
		return fault.New(codeNotSaved, "%s was not saved; it is as it was", b.o.Path).WithHint("the disk is full: make room and save again").Wrap(bare(err))
	}
	return fault.New(codeNotSaved, "%s was not saved", b.o.Path).WithHint("look at it before you save again").Wrap(bare(err))
}

// saved looks at git and says what would commit the change from old to now.
func (b *Book) saved(ctx context.Context, place string, old, now []byte, undoable bool) Saved {
	r := b.git(place)
	s := Saved{Path: b.o.Path, Git: r.look(ctx), Undoable: undoable}
	s.SuggestedCommit = r.suggest(ctx, s.Git, old, now)
	return s
}
