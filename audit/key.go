package audit

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// algEd25519 is the algorithm byte of note keys: x/mod/sumdb/note.
const algEd25519 = 1

// keyPrefix begins a key file's one line: PRIVATE+KEY+<name>+<hash>+<base64 of algorithm and seed>, the form of a
// note signer.
const keyPrefix = "PRIVATE+KEY+" + KeyName + "+"

// maxKeyFile is far above a key's one line; it keeps a wrong path from being read whole.
const maxKeyFile = 4096

// Key signs entries and heads. It prints as its id, never as its secret. The zero value signs nothing.
type Key struct {
	private ed25519.PrivateKey
	public  PublicKey
	id      string
}

// GenerateKey makes a key from 32 bytes of r (crypto/rand when nil) that lives in memory only.
func GenerateKey(r io.Reader) (*Key, error) {
	if r == nil {
		r = rand.Reader
	}
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(r, seed); err != nil {
		return nil, fmt.Errorf("read randomness for the audit key: %w", err)
	}
	return keyFromSeed(seed)
}

func keyFromSeed(seed []byte) (*Key, error) {
	private := ed25519.NewKeyFromSeed(seed)
	public, err := NewPublicKey(private[ed25519.SeedSize:])
	if err != nil {
		return nil, err
	}
	return &Key{private: private, public: public, id: public.ID()}, nil
}

// Public is the key that verifies what k signs.
func (k *Key) Public() PublicKey {
	if k == nil {
		return PublicKey{}
	}
	return k.public
}

// ID is the id of the public key, as in 4c1e-9b02-77aa-51f0.
func (k *Key) ID() string {
	if k == nil {
		return ""
	}
	return k.id
}

// Format prints the id whatever the verb, so that no log line can hold the secret.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "audit key "+k.id) }

func (k *Key) sign(message []byte) ([]byte, error) {
	if k == nil || len(k.private) != ed25519.PrivateKeySize {
		return nil, failf(CodeKeyUnusable, "", "there is no audit key to sign with")
	}
	return ed25519.Sign(k.private, message), nil
}

// LoadOrCreateKey reads the key file at path, or makes it there with mode 0600. Creation is atomic and durable, and
// never replaces a file: of two processes that create at once, both get the key of one. A file that group or others
// may touch is refused with vox/audit/key-mode; one that holds no key with vox/audit/key-malformed; the rest is
// vox/audit/key-unusable. (On Windows modes say nothing and are not looked at.)
func LoadOrCreateKey(path string) (*Key, error) {
	k, err := loadKey(path)
	if !isAbsent(err) {
		return k, err
	}
	if k, err = GenerateKey(nil); err != nil {
		return nil, err
	}
	if err := createKeyFile(path, k); err != nil {
		if isExist(err) {
			return loadKey(path)
		}
		return nil, &Error{
			Code: CodeKeyUnusable, Text: "create the audit key " + path, Err: err,
			Hint: "check that the data folder exists and is yours to write",
		}
	}
	return k, nil
}

func loadKey(path string) (*Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, keyFileError(path, err)
	}
	defer f.Close() //nolint:errcheck // read only
	info, err := f.Stat()
	if err != nil {
		return nil, keyFileError(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, failf(CodeKeyMalformed, "", "the audit key %s is not a regular file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, failf(CodeKeyMode, "run `chmod 600 "+shellWord(path)+"`; if others use this machine, make a new key",
			"the audit key %s has mode %04o: others can read it or change it", path, mode)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, keyFileError(path, err)
	}
	k, err := parseKeyLine(string(b))
	if err != nil {
		return nil, &Error{
			Code: CodeKeyMalformed, Text: "the audit key " + path + " can't be used", Err: err,
			Hint: "restore it from a backup; entries that it signed stay verifiable with the public key",
		}
	}
	return k, nil
}

func keyFileError(path string, err error) error {
	return &Error{
		Code: CodeKeyUnusable, Text: "read the audit key " + path, Err: err,
		Hint: "check that the data folder exists and is yours to read",
	}
}

func parseKeyLine(text string) (*Key, error) {
	rest, ok := strings.CutPrefix(strings.TrimSuffix(text, "\n"), keyPrefix)
	_, data, ok2 := strings.Cut(rest, "+")
	if !ok || !ok2 {
		return nil, fmt.Errorf("it does not begin with %s", keyPrefix)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(data)
	if err != nil || len(raw) != 1+ed25519.SeedSize || raw[0] != algEd25519 {
		return nil, fmt.Errorf("it is damaged") // the decoder's own error would quote the secret
	}
	k, err := keyFromSeed(raw[1:])
	if err != nil {
		return nil, err
	}
	if k.line() != text {
		return nil, fmt.Errorf("it is damaged: its hash does not fit")
	}
	return k, nil
}

// line is the content of the key file.
func (k *Key) line() string {
	seed := append([]byte{algEd25519}, k.private.Seed()...)
	return fmt.Sprintf("%s%08x+%s\n", keyPrefix, noteHash(k.public), base64.StdEncoding.EncodeToString(seed))
}

// createKeyFile writes a temporary file, syncs it, gives it its name unless that is taken, and syncs the folder.
func createKeyFile(path string, k *Key) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".audit-key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // gone already after a rename
	if _, err = f.WriteString(k.line()); err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	// A link fails where the name is taken, a rename would replace another process's key. Some file systems have
	// no links: there the rename is all there is.
	if err = os.Link(f.Name(), path); err != nil && !isExist(err) {
		if _, e := os.Lstat(path); e == nil {
			return fs.ErrExist
		}
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	if runtime.GOOS == "windows" { // folders can't be synced there
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if e := d.Close(); err == nil {
		err = e
	}
	return err
}

func isAbsent(err error) bool { return errors.Is(err, fs.ErrNotExist) }
func isExist(err error) bool  { return errors.Is(err, fs.ErrExist) }

// MarshalText is the id, so that no JSON can hold the secret either.
func (k Key) MarshalText() ([]byte, error) { return []byte("audit key " + k.id), nil }
