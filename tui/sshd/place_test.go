package sshd

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"voxmesh/mesh/fault"
)

func TestFilesOfTheDoorArePrivate(t *testing.T) {
	dir := runtimeDir(t)
	data := t.TempDir()
	l, err := ListenLocal(data, Config{})
	s := serve(t, l, err)
	path := s.Addr().String()
	if filepath.Dir(path) != filepath.Join(dir, "voxmesh") {
		t.Errorf("the socket lies at %s", path)
	}
	note, err := os.ReadFile(filepath.Join(data, sockPathFile))
	if err != nil || string(note) != path+"\n" {
		t.Errorf("note %q, %v", note, err)
	}
	for file, mode := range map[string]fs.FileMode{
		path:                              fs.ModeSocket | 0o600,
		filepath.Dir(path):                fs.ModeDir | 0o700,
		filepath.Join(data, localKeyFile): 0o600,
		filepath.Join(data, hostKeyFile):  0o600,
	} {
		if info, err := os.Lstat(file); err != nil || info.Mode() != mode {
			t.Errorf("%s: %v, %v; want %v", file, info.Mode(), err, mode)
		}
	}
}

func TestSecondHostIsRefusedAndLeavesTheFirstAlone(t *testing.T) {
	_, _, data := local(t, Config{Exec: func(context.Context, *Session) int { return 6 }})
	if _, err := ListenLocal(data, Config{HostKey: filepath.Join(t.TempDir(), "other.key")}); !fault.Is(err, "vox/host/running") {
		t.Fatalf("second host: %v", err)
	}
	if exit, err := dial(t, data).Run(t.Context(), RunOptions{Args: []string{"x"}}); exit != 6 || err != nil {
		t.Errorf("the first host: %d, %v", exit, err)
	}
}

func TestStaleSocketIsReplaced(t *testing.T) {
	runtimeDir(t)
	data := t.TempDir()
	dead, err := listenSocket(data)
	if err != nil {
		t.Fatal(err)
	}
	if err := dead.UnixListener.Close(); err != nil { // as a killed host: socket and note stay
		t.Fatal(err)
	}
	if _, err := os.Lstat(dead.path); err != nil {
		t.Fatalf("there is no stale socket to replace: %v", err)
	}
	l, err := ListenLocal(data, Config{Exec: func(context.Context, *Session) int { return 4 }})
	serve(t, l, err)
	if err := dead.Close(); err != nil {
		t.Error(err)
	}
	if exit, err := dial(t, data).Run(t.Context(), RunOptions{Args: []string{"x"}}); exit != 4 || err != nil {
		t.Errorf("got %d, %v", exit, err)
	}
}

func TestDeadHostIsNoHost(t *testing.T) {
	runtimeDir(t)
	data := t.TempDir()
	s, err := ListenLocal(data, Config{})
	if err != nil {
		t.Fatal(err)
	}
	ln := s.ln.(*socketListener)
	if err := ln.UnixListener.Close(); err != nil { // the files stay, as after kill -9
		t.Fatal(err)
	}
	if _, err := Dial(t.Context(), data); !fault.Is(err, "vox/host/none") {
		t.Errorf("got %v", err)
	}
	if _, hint := fault.Of(func() error { _, err := Dial(t.Context(), data); return err }()); !strings.Contains(hint, "voxmesh serve") {
		t.Errorf("hint %q", hint)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNoSocketIsLeftAlone(t *testing.T) {
	runtimeDir(t)
	data := t.TempDir()
	path, err := socketPath(data)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ListenLocal(data, Config{}); !fault.Is(err, "vox/host/socket-blocked") {
		t.Errorf("got %v", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "precious" {
		t.Errorf("the file: %q, %v", b, err)
	}
}

func TestLongRuntimeFolderFallsBack(t *testing.T) {
	short := runtimeDir(t)
	t.Setenv("TMPDIR", short)
	t.Setenv("XDG_RUNTIME_DIR", filepath.Join(short, strings.Repeat("long/", 30)))
	data := t.TempDir()
	l, err := ListenLocal(data, Config{Exec: func(context.Context, *Session) int { return 0 }})
	s := serve(t, l, err)
	if path := s.Addr().String(); filepath.Dir(filepath.Dir(path)) != short || len(path) > maxSocketPath {
		t.Errorf("the socket lies at %s", path)
	}
	if exit, err := dial(t, data).Run(t.Context(), RunOptions{Args: []string{"x"}}); exit != 0 || err != nil {
		t.Errorf("got %d, %v", exit, err)
	}
}

func TestFolderOpenToOthersIsClosed(t *testing.T) {
	dir := runtimeDir(t)
	if err := os.MkdirAll(filepath.Join(dir, "voxmesh"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := socketPath(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, "voxmesh")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestSymbolicLinkIsNoSocketFolder(t *testing.T) {
	dir := runtimeDir(t)
	t.Setenv("TMPDIR", dir)
	elsewhere := t.TempDir()
	if err := os.Symlink(elsewhere, filepath.Join(dir, "voxmesh")); err != nil {
		t.Fatal(err)
	}
	if path, err := socketPath(t.TempDir()); err != nil || filepath.Dir(path) == filepath.Join(dir, "voxmesh") {
		t.Errorf("%s, %v", path, err)
	}
}

func TestCopiedFolderDoesNotReachTheOriginalsHost(t *testing.T) {
	_, _, data := local(t, Config{})
	twin := filepath.Join(t.TempDir(), "twin")
	if err := os.CopyFS(twin, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	if _, err := Dial(t.Context(), twin); !fault.Is(err, "vox/host/none") {
		t.Errorf("got %v", err)
	}
}

func TestImpostorIsNotSpokenTo(t *testing.T) {
	_, _, data := local(t, Config{Exec: func(context.Context, *Session) int { t.Error("ran"); return 0 }})
	pub := newKey(t).PublicKey()
	if err := writeFile(filepath.Join(data, hostPubFile), marshalPub(pub), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Dial(t.Context(), data); !fault.Is(err, "vox/host/impostor") {
		t.Errorf("got %v", err)
	}
}

func TestOtherKeyDoesNotOpenTheSocket(t *testing.T) {
	_, _, data := local(t, Config{Exec: func(context.Context, *Session) int { t.Error("ran"); return 0 }})
	key := filepath.Join(data, localKeyFile)
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if _, err := loadOrMakeKey(key, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := Dial(t.Context(), data); !fault.Is(err, "vox/host/refused") {
		t.Errorf("got %v", err)
	}
}

func TestSilentHostDoesNotHoldTheClient(t *testing.T) {
	_, _, data := local(t, Config{})
	mute := t.TempDir()
	if err := os.CopyFS(mute, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	ln, err := listenSocket(mute)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		c, err := ln.Accept()
		if err == nil {
			defer c.Close()
			_, _ = c.Read(make([]byte, 1)) // the client has spoken; nobody answers
		}
		cancel()
		if err == nil {
			_, _ = io.Copy(io.Discard, c)
		}
	}()
	if c, err := Dial(ctx, mute); err == nil {
		_ = c.Close()
		t.Error("connected to a host that says nothing")
	}
}

func TestKeysThatOthersCanReadAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k")
	first, err := loadOrMakeKey(path, "")
	if err != nil {
		t.Fatal(err)
	}
	again, err := loadOrMakeKey(path, "")
	if err != nil || string(again.PublicKey().Marshal()) != string(first.PublicKey().Marshal()) {
		t.Fatalf("the key is another one: %v", err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := loadOrMakeKey(path, ""); !fault.Is(err, "vox/ssh/key-mode") {
		t.Errorf("loose mode: %v", err)
	}
	for name, content := range map[string]string{"empty": "", "junk": "-----BEGIN OPENSSH PRIVATE KEY-----\nxx\n"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := loadOrMakeKey(path, ""); !fault.Is(err, "vox/ssh/key-unreadable") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
