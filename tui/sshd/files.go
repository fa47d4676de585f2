package sshd

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	gossh "golang.org/x/crypto/ssh"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
)

// No command and no console opens a path on behalf of a session. Where a console needs a file, our own client opens it,
// as whoever sits there, and sends it: the host asks for it by a channel of its own, whose payload is the path as it was
// typed. The client sends eight bytes of length, big-endian, and as many bytes as that says; so half a file is never
// taken for a whole one. Other clients know no such channel and refuse it.
const fileChannel = "file@voxmesh"

// MaxFile is the largest file that a client sends, in bytes.
const MaxFile = 64 << 20

// openFile asks the client of the session for a file.
func (st *session) openFile(ctx context.Context, path string) (io.ReadCloser, error) {
	payload := gossh.Marshal(&struct{ Path string }{path})
	ch, reqs, err := st.conn.OpenChannel(fileChannel, payload)
	if err != nil {
		return nil, noFile(path, err)
	}
	go gossh.DiscardRequests(reqs)
	stop := context.AfterFunc(ctx, func() { _ = ch.Close() }) // so that a read of it ends
	f := &sentFile{ch: ch, stop: stop}
	var head [8]byte
	if _, err := io.ReadFull(ch, head[:]); err != nil {
		return nil, errors.Join(noFile(path, err), f.Close())
	}
	size := binary.BigEndian.Uint64(head[:])
	if size > MaxFile {
		return nil, errors.Join(tooBig(path), f.Close())
	}
	f.left = int64(size)
	return f, nil
}

// noFile is why the client sends no file: what it said, or that it knows no such thing.
func noFile(path string, err error) error {
	name := clean.Max(path, 200).String()
	var refused *gossh.OpenChannelError
	if errors.As(err, &refused) && refused.Reason == gossh.ConnectionFailed {
		return fault.New("vox/file/unreadable", "%s: %s", name, clean.Max(refused.Message, 200)).
			WithHint("a path is that of the machine on which you type")
	}
	return fault.New("vox/file/no-client", "this terminal cannot send %s", name).Wrap(err).
		WithHint("files come from voxmesh's own client; over ssh: ssh HOST run wasm - < FILE")
}

func tooBig(path string) error {
	return fault.New("vox/file/too-big", "%s is larger than %d MiB", clean.Max(path, 200), MaxFile>>20).
		WithHint("send a smaller file")
}

// sentFile is a file on its way from a client.
type sentFile struct {
	ch   gossh.Channel
	left int64
	stop func() bool
}

// Read gives the file's bytes; an end before all of them came is io.ErrUnexpectedEOF.
func (f *sentFile) Read(p []byte) (int, error) {
	if f.left == 0 {
		return 0, io.EOF
	}
	n, err := f.ch.Read(p[:min(int64(len(p)), f.left)])
	f.left -= int64(n)
	if err == io.EOF && f.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Close lets go of it.
func (f *sentFile) Close() error {
	f.stop()
	if err := f.ch.Close(); err != nil && !errors.Is(err, io.EOF) { // the client has closed it already
		return err
	}
	return nil
}

// sendFiles answers the host that asks for files, until the connection ends.
func sendFiles(asked <-chan gossh.NewChannel) {
	for nc := range asked {
		var m struct{ Path string }
		if gossh.Unmarshal(nc.ExtraData(), &m) != nil {
			_ = nc.Reject(gossh.UnknownChannelType, "no path") // the host is gone if this fails
			continue
		}
		go sendFile(nc, m.Path)
	}
}

func sendFile(nc gossh.NewChannel, path string) {
	f, size, err := OpenFile(path)
	if err != nil {
		_ = nc.Reject(gossh.ConnectionFailed, plainReason(err)) // the host is gone if this fails
		return
	}
	defer f.Close()
	ch, reqs, err := nc.Accept()
	if err != nil {
		return
	}
	defer ch.Close()
	go gossh.DiscardRequests(reqs)
	if _, err := ch.Write(binary.BigEndian.AppendUint64(nil, uint64(size))); err != nil {
		return
	}
	_, _ = io.CopyN(ch, f, size) // the host sees that it is short
}

// plainReason is an error without its path, which the other side knows.
func plainReason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// OpenFile opens a file to be sent, as whoever runs this process; a leading ~ is their home. Errors: vox/file/too-big,
// and those of the system. What is no regular file is refused: a terminal or a pipe could be read for ever.
func OpenFile(path string) (io.ReadCloser, int64, error) {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			path = filepath.Join(home, rest)
		}
	}
	info, err := os.Stat(path) // before it is opened: opening a pipe waits for its other end
	switch {
	case err != nil:
		return nil, 0, err
	case !info.Mode().IsRegular():
		return nil, 0, fmt.Errorf("it is no regular file")
	case info.Size() > MaxFile:
		return nil, 0, tooBig(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	return f, info.Size(), nil
}
