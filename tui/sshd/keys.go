package sshd

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	gossh "golang.org/x/crypto/ssh"

	"voxmesh/mesh/fault"
)

// The door's files in the data folder.
const (
	hostKeyFile  = "host.key"       // the host's SSH key, 0600; its default place
	hostPubFile  = "host.pub"       // its public half, by which local clients know the host
	localKeyFile = "local.key"      // the key that opens the local socket, 0600
	sockPathFile = "host.sock.path" // where that socket lies, one line
	sockLockFile = "host.sock.lock" // held while a host takes the socket's place
)

// loadOrMakeKey reads the Ed25519 key at path, or makes one there that only its owner can read. Two processes that make
// it at once end with the same one.
func loadOrMakeKey(path, comment string) (gossh.Signer, error) {
	signer, err := loadKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return signer, err
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the key %s: %w", path, err)
	}
	block, err := gossh.MarshalPrivateKey(key, comment)
	if err != nil {
		return nil, fmt.Errorf("make the key %s: %w", path, err)
	}
	tmp, err := writeTemp(path, pem.EncodeToMemory(block), 0o600)
	if err != nil {
		return nil, err
	}
	// A link, other than a rename, fails where somebody else was first. Some file systems have no links.
	if err = os.Link(tmp, path); err == nil || errors.Is(err, fs.ErrExist) {
		err = os.Remove(tmp)
	} else {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		return nil, fmt.Errorf("make the key %s: %w", path, err)
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return nil, err
	}
	return loadKey(path)
}

// loadKey reads a private key that nobody but its owner can read.
func loadKey(path string) (gossh.Signer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read the key: %w", err)
	}
	if looseMode(info) {
		return nil, fault.New("vox/ssh/key-mode", "the key %s can be read by others (mode %04o)", path, info.Mode().Perm()).
			WithHint("if nobody else had access: chmod 600 %s; else remove it, a new one is made", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the key: %w", err)
	}
	signer, err := gossh.ParsePrivateKey(b)
	if err == nil && signer.PublicKey().Type() != gossh.KeyAlgoED25519 {
		err = fmt.Errorf("it is of type %s, not %s", signer.PublicKey().Type(), gossh.KeyAlgoED25519)
	}
	if err != nil {
		return nil, fault.New("vox/ssh/key-unreadable", "the key %s is of no use", path).Wrap(err).
			WithHint("remove it: a new one is made when the host starts")
	}
	return signer, nil
}

// readPublicKey reads a public key in the form of authorized_keys.
func readPublicKey(path string) (gossh.PublicKey, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the host's public key: %w", err)
	}
	key, _, _, _, err := gossh.ParseAuthorizedKey(b)
	if err != nil {
		return nil, fmt.Errorf("read the host's public key %s: %w", path, err)
	}
	return key, nil
}

// writeFile replaces a file whole, unless it already holds just this.
func writeFile(path string, data []byte, mode fs.FileMode) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, data) {
		return nil
	}
	tmp, err := writeTemp(path, data, mode)
	if err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		_ = os.Remove(tmp) // the rename's error is the one to tell
		return fmt.Errorf("write %s: %w", path, err)
	}
	return syncDir(filepath.Dir(path))
}

// writeTemp writes data beside path, synced, and gives the name.
func writeTemp(path string, data []byte, mode fs.FileMode) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return "", fmt.Errorf("write %s: %w", path, err)
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		_ = os.Remove(f.Name()) // the first error is the one to tell
		return "", fmt.Errorf("write %s: %w", path, err)
	}
	return f.Name(), nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	// Some file systems cannot sync a folder; the file itself is synced, so that is no reason to fail.
	_ = d.Sync()
	return d.Close()
}
