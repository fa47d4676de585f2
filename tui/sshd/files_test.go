package sshd

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"voxmesh/mesh/fault"
)

// A session through the local socket gets the files that its client can read, whole, and learns why it gets none.
func TestFilesComeFromTheClient(t *testing.T) {
	dir := t.TempDir()
	whole := bytes.Repeat([]byte("voxmesh\x00\xff"), 100_000)
	path := filepath.Join(dir, "job.wasm")
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	big, err := os.Create(filepath.Join(dir, "big"))
	if err == nil {
		err = big.Truncate(MaxFile + 1)
	}
	if err != nil || big.Close() != nil {
		t.Fatal(err)
	}
	var got []byte
	fails := map[string]error{}
	_, c, _ := local(t, Config{Exec: func(ctx context.Context, s *Session) int {
		f, err := s.OpenFile(ctx, s.Args[0])
		if err == nil {
			got, err = io.ReadAll(f)
			_ = f.Close()
		}
		fails[s.Args[0]] = err
		return 0
	}})
	for _, p := range []string{path, dir, filepath.Join(dir, "none"), big.Name(), "bad\nname\x1b[2J"} {
		if _, err := c.Run(t.Context(), RunOptions{Args: []string{p}}); err != nil {
			t.Fatal(err)
		}
	}
	if fails[path] != nil || !bytes.Equal(got, whole) {
		t.Errorf("%d of %d bytes came, %v", len(got), len(whole), fails[path])
	}
	for p, err := range fails {
		if p != path && !fault.Is(err, "vox/file/unreadable") {
			t.Errorf("%q: %v", p, err)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\x1b\n") {
			t.Errorf("the error of %q could drive a terminal: %q", p, err)
		}
	}
}

// A file that becomes shorter while it is sent is not taken for a whole one, and a session that ends lets go of it.
func TestShortFile(t *testing.T) {
	f := &sentFile{ch: &shortChannel{data: []byte("half")}, left: 8, stop: func() bool { return true }}
	if b, err := io.ReadAll(f); err != io.ErrUnexpectedEOF {
		t.Errorf("%q, %v", b, err)
	}
}

// shortChannel ends early.
type shortChannel struct {
	gossh.Channel
	data []byte
}

func (c *shortChannel) Read(p []byte) (int, error) {
	if len(c.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.data)
	c.data = c.data[n:]
	return n, nil
}
