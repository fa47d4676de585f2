package sshd

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"voxmesh/mesh/fault"
)

// maxSocketPath is the longest path used for a socket: kernels take 104 (macOS) or 108 bytes (Linux) with the ending NUL.
const maxSocketPath = 100

// socketName is the socket's file name for a data folder: two folders never share one, and a copied folder is another.
func socketName(dataDir string) (string, error) {
	abs, err := filepath.Abs(dataDir)
	if err != nil {
		return "", fmt.Errorf("data folder: %w", err)
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	sum := sha256.Sum256([]byte(abs))
	return hex.EncodeToString(sum[:8]) + ".sock", nil
}

// socketDirs are the folders for sockets, the best first.
func socketDirs() []string {
	own := "voxmesh-" + strconv.Itoa(os.Getuid())
	dirs := []string{filepath.Join(os.TempDir(), own), filepath.Join("/tmp", own)}
	if xdg := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(xdg) {
		dirs = append([]string{filepath.Join(xdg, "voxmesh")}, dirs...)
	}
	return dirs
}

// socketPath finds a place for the socket of a data folder: short enough, in a folder that is ours alone.
func socketPath(dataDir string) (string, error) {
	name, err := socketName(dataDir)
	if err != nil {
		return "", err
	}
	var errs []error
	for _, dir := range socketDirs() {
		path := filepath.Join(dir, name)
		if len(path) > maxSocketPath {
			errs = append(errs, fmt.Errorf("%s is too long for a socket", path))
			continue
		}
		if err := privateDir(dir); err != nil {
			errs = append(errs, err)
			continue
		}
		return path, nil
	}
	return "", fault.New("vox/host/socket-place", "no folder for the local socket").Wrap(errors.Join(errs...)).
		WithHint("set XDG_RUNTIME_DIR to a folder that only you can enter")
}

// privateDir makes dir if need be, and makes sure that nobody else can enter or replace it.
func privateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder", dir)
	case !ownedByUs(info):
		return fmt.Errorf("%s belongs to somebody else", dir)
	case looseMode(info):
		return os.Chmod(dir, 0o700)
	}
	return nil
}

// listenSocket takes the socket's place for the data folder. It gives the listener and the socket's path, noted in the
// folder. A socket that nobody answers is replaced; one that answers is another host: vox/host/running.
func listenSocket(dataDir string) (*socketListener, error) {
	path, err := socketPath(dataDir)
	if err != nil {
		return nil, err
	}
	unlock, err := lockFile(filepath.Join(dataDir, sockLockFile))
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := clearSocket(dataDir, path); err != nil {
		return nil, err
	}
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen on the local socket: %w", err)
	}
	ln.SetUnlinkOnClose(false) // only if it is still ours: see Close
	info, err := os.Lstat(path)
	if err == nil {
		err = os.Chmod(path, 0o600)
	}
	note := filepath.Join(dataDir, sockPathFile)
	if err == nil {
		err = writeFile(note, []byte(path+"\n"), 0o600)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen on the local socket: %w", err), ln.Close(), os.Remove(path))
	}
	return &socketListener{UnixListener: ln, path: path, note: note, info: info}, nil
}

// clearSocket removes what a dead host left at path, and at the place it noted where that was another one (as when
// XDG_RUNTIME_DIR was not set). It refuses where a host answers.
func clearSocket(dataDir, path string) error {
	for _, p := range []string{notedSocket(dataDir), path} {
		if p == "" {
			continue
		}
		info, err := os.Lstat(p)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("local socket: %w", err)
		}
		if info.Mode()&fs.ModeSocket == 0 {
			return fault.New("vox/host/socket-blocked", "%s is in the place of the local socket and is none", p).
				WithHint("move it away")
		}
		if somebodyAnswers(p) {
			return fault.New("vox/host/running", "a host already runs on %s", dataDir).
				WithHint("attach to it with `voxmesh`, or end it first")
		}
		if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove the stale socket: %w", err)
		}
	}
	return nil
}

// somebodyAnswers reports whether a process listens on the socket. Anything but a clear no (such as a full queue of a
// busy host) counts as yes: a living host's socket must never be taken away.
func somebodyAnswers(path string) bool {
	c, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		_ = c.Close() // it was only to see whether somebody is there
		return true
	}
	return !nobodyThere(err)
}

func nobodyThere(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist)
}

// notedSocket is the socket's path as noted in the data folder, or empty. A note that a folder brought along from where
// it was copied names another folder's socket and does not count.
func notedSocket(dataDir string) string {
	b, err := os.ReadFile(filepath.Join(dataDir, sockPathFile))
	if err != nil {
		return ""
	}
	path := strings.TrimSuffix(string(b), "\n")
	name, err := socketName(dataDir)
	if err != nil || filepath.Base(path) != name || !filepath.IsAbs(path) || len(path) > maxSocketPath {
		return ""
	}
	return path
}

// socketListener removes the socket and its note when it closes, where they are still its own.
type socketListener struct {
	*net.UnixListener
	path, note string
	info       fs.FileInfo
}

func (l *socketListener) Close() error {
	err := l.UnixListener.Close()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	if now, statErr := os.Lstat(l.path); statErr == nil && os.SameFile(now, l.info) {
		err = errors.Join(err, os.Remove(l.path))
		if b, readErr := os.ReadFile(l.note); readErr == nil && string(b) == l.path+"\n" {
			err = errors.Join(err, os.Remove(l.note))
		}
	}
	return err
}
