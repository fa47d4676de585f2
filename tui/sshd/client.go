package sshd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"path/filepath"
	"strings"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"voxmesh/mesh/fault"
)

// dialTimeout bounds the handshake with a host on the same machine: more than that is a host that hangs.
const dialTimeout = 10 * time.Second

// Client is a connection to the host of a data folder, through its local socket. Its methods may be used at the same
// time, within the door's limit of sessions on one connection.
type Client struct {
	conn *gossh.Client
}

// Dial connects to the host that runs on dataDir. It sends nothing that matters before the host has proven its key.
// Errors: vox/host/none when no host runs there (also when one died and left its socket), vox/host/refused when it does
// not let us in, vox/host/impostor when whoever answers is not the host of the folder.
func Dial(ctx context.Context, dataDir string) (*Client, error) {
	none := fault.New("vox/host/none", "no host runs on %s", dataDir).WithHint("start one with `voxmesh serve`")
	path := notedSocket(dataDir)
	if path == "" {
		return nil, none
	}
	hostKey, err := readPublicKey(filepath.Join(dataDir, hostPubFile))
	var local gossh.Signer
	if err == nil {
		local, err = loadKey(filepath.Join(dataDir, localKeyFile))
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, none.Wrap(err)
	case errors.Is(err, fs.ErrPermission):
		return nil, refused(dataDir, err)
	case err != nil:
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", path)
	switch {
	case err == nil:
	case nobodyThere(err):
		return nil, none
	case errors.Is(err, fs.ErrPermission):
		return nil, refused(dataDir, err)
	default:
		return nil, fmt.Errorf("connect to the host: %w", err)
	}
	return handshake(ctx, c, dataDir, hostKey, local)
}

func refused(dataDir string, err error) error {
	return fault.New("vox/host/refused", "the host on %s does not let us in", dataDir).Wrap(err).
		WithHint("the local socket is for the user who runs the host; others enter over ssh, see `voxmesh access add`")
}

// handshake logs in over c, which it closes where that fails.
func handshake(ctx context.Context, c net.Conn, dataDir string, hostKey gossh.PublicKey, local gossh.Signer) (*Client, error) {
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) }) // fails only where c is closed already
	impostor := false
	fixed := gossh.FixedHostKey(hostKey)
	conn, chans, reqs, err := gossh.NewClientConn(c, "host", &gossh.ClientConfig{
		User: "local",
		Auth: []gossh.AuthMethod{gossh.PublicKeys(local)},
		HostKeyCallback: func(name string, addr net.Addr, key gossh.PublicKey) error {
			err := fixed(name, addr, key)
			impostor = err != nil
			return err
		},
		HostKeyAlgorithms: []string{gossh.KeyAlgoED25519},
		ClientVersion:     "SSH-2.0-voxmesh",
	})
	if err == nil && stop() {
		client := gossh.NewClient(conn, chans, reqs)
		go sendFiles(client.HandleChannelOpen(fileChannel))
		return &Client{conn: client}, nil
	}
	_ = c.Close() // the handshake's error is the one to tell
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("connect to the host: %w", ctx.Err())
	case impostor:
		return nil, fault.New("vox/host/impostor", "who answers is not the host of %s: its key is another one", dataDir).
			WithHint("if the host's key was renewed while it ran, start the host again")
	case strings.Contains(err.Error(), "unable to authenticate"): // the library has no type for it
		return nil, refused(dataDir, err)
	}
	return nil, fault.New("vox/host/gone", "the host ended the connection before we were in").Wrap(err).
		WithHint("look at the host's log; try again")
}

// Close ends the connection and with it all its sessions.
func (c *Client) Close() error {
	err := c.conn.Close()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
