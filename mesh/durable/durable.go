// Package durable writes small files so that a power cut leaves the old one or the new one, whole.
//
// It is for what a data folder keeps beside its log (keys, certificates, memberships, the places of files) and for the
// files of the owner that the program edits. A file is written beside its name under a hidden one, synced, renamed over
// the old one, and the folder is synced. Nothing is left beside it where that fails.
//
// A replaced file is a new one that took the name: other hard links keep the old bytes, and access lists and extended
// attributes are those of a new file. A symbolic link is replaced like any name: whoever wants to keep it resolves it
// first.
package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// WriteFile puts b at path with the mode given. It returns when the file and its name are on the disk; after an error
// the old file stands, or, where only the folder's sync failed, the new one may.
func WriteFile(path string, b []byte, mode fs.FileMode) error {
	return Replacement{Mode: mode}.Write(path, b)
}

// Replacement says how a file takes the place of another.
type Replacement struct {
	// Mode is the new file's, where Like is nil.
	Mode fs.FileMode
	// Like gives the mode and the owner: those of the old file. The owner is kept as far as this process may give files
	// away; what it may not, it leaves.
	Like fs.FileInfo
	// Fresh wants the name to be free: where a file has it, the error is fs.ErrExist and that file stands.
	Fresh bool
	// Check is asked when the new bytes are on the disk, directly before they take the name. Its error leaves the old
	// file. Between its answer and the rename lies one system call. Nil checks nothing.
	Check func() error
}

// Write puts b at path, as WriteFile does.
func (r Replacement) Write(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), tempPattern(path)) // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already when all went well
	_, err = f.Write(b)
	if err == nil {
		err = r.dress(f)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if r.Check != nil {
		if err := r.Check(); err != nil {
			return err
		}
	}
	if err := r.name(f.Name(), path); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// tempPattern is the pattern of the hidden name: at most as long as the longest that file systems take.
func tempPattern(path string) string {
	const most = 200 // of the 255 bytes of a name; a random number follows
	base := filepath.Base(path)
	return "." + base[:min(len(base), most)] + ".*"
}

// dress gives the new file its mode and owner. The owner comes first: giving a file away takes its special bits.
func (r Replacement) dress(f *os.File) error {
	if r.Like == nil {
		return f.Chmod(r.Mode)
	}
	if err := keepOwner(f, r.Like); err != nil {
		return err
	}
	return f.Chmod(r.Like.Mode() & (fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky))
}

// name gives the new file its name.
func (r Replacement) name(temp, path string) error {
	if !r.Fresh {
		return os.Rename(temp, path)
	}
	err := os.Link(temp, path) // unlike a rename, it never takes a name from another file
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	// A file system without hard links.
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fs.ErrExist, err)
	}
	return os.Rename(temp, path)
}

// Remove takes the file's name away and returns when that is on the disk.
func Remove(path string) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// SyncDir makes the names in a folder durable. Windows has no such call.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
