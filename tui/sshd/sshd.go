// Package sshd is the door of a host: the one way in for consoles and commands, from this machine and from others.
//
// A Server listens on a unix socket in the owner's runtime folder (ListenLocal) or on TCP (ListenTCP). Both speak SSH
// and differ only in who may enter: the socket takes the one key that lies in the data folder, TCP takes the keys that
// Config.Lookup knows. A session either runs a command of the host's own command tree (Config.Exec) or shows its console
// (Config.Console). There is no shell, no subsystem, no forwarding of ports, agents or X11, and no way to log in but a
// proven public key. Who somebody is, is read after the handshake from the key that signed it, and read again for every
// session, so that a key taken away opens nothing more on a connection that is still up.
//
// Before the handshake a connection costs little and not for long: each source has a token bucket, connections that
// have not logged in yet are capped and the oldest makes room, and the handshake has a deadline. A panic in a session
// ends that session. Neither a session nor its client can end the host.
//
// Client is the other end for the local socket. Arguments, standard input, both outputs and the exit status arrive
// exactly; nothing is held in memory but the channel's window (2 MiB each way). The package knows nothing of meshes
// and nothing of the command tree.
package sshd

import (
	"context"
	"io"
	"strings"

	tea "charm.land/bubbletea/v2"
	gossh "golang.org/x/crypto/ssh"
)

// Role is what an identity may do. The command tree and the console enforce it; a session whose role is neither of the
// two is refused.
type Role string

// The roles.
const (
	Viewer   Role = "viewer"   // may look at everything
	Operator Role = "operator" // may act
)

// Identity is who a session belongs to.
type Identity struct {
	Name        string // the operator's name to show, one cleaned line of at most 64 runes
	Actor       string // "ssh:<fingerprint>" over TCP, "cli:<user>" through the local socket
	Role        Role
	Fingerprint string // of the proven key, "SHA256:…"
	Local       bool   // came through the local socket
}

// Size is a terminal's size in cells, each within 1 and the door's limits (1000 × 400).
type Size struct{ Width, Height int }

// Session is one command or one console.
//
// For a command without a terminal, Stdin is the client's standard input as it comes and ends with io.EOF only if the
// client said that it was all; where the client went away it ends with io.ErrUnexpectedEOF, so that half an upload is
// never taken for a whole one. Stdout and Stderr are apart. With a terminal (PTY) both outputs are the screen, line feeds
// become CR LF, ctrl+c in the input ends the command's context, ctrl+d ends the input; nothing is echoed.
type Session struct {
	Identity
	Args   []string // the command's arguments, empty for the console
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	PTY    bool
	Term   string // the terminal's type, letters, digits and "+-._" only; empty without a terminal
	Width  int    // cells, when the session began; 0 without a terminal
	Height int
	Resize <-chan Size // the newest size after each change; never closed; nil without a terminal
	Env    []string    // "NAME=value", allowed names only, each at most once

	// OpenFile gives a file of the client's machine, opened there by our own client: the path is theirs. Nil where the
	// session did not come through the local socket. Errors: vox/file/unreadable, vox/file/too-big, vox/file/no-client.
	OpenFile func(ctx context.Context, path string) (io.ReadCloser, error)
}

// Getenv is the value of a variable of the client, or empty.
func (s *Session) Getenv(name string) string {
	for _, kv := range s.Env {
		if k, v, ok := strings.Cut(kv, "="); ok && k == name {
			return v
		}
	}
	return ""
}

// Config is what a door is made with.
type Config struct {
	// HostKey is the path of the host's SSH key (Ed25519). It is made, with mode 0600, where there is none.
	// Empty means host.key in the data folder; ListenTCP needs it.
	HostKey string
	// Exec runs one command and gives its exit status. ctx ends when the client goes, sends a signal, or the host ends.
	Exec func(ctx context.Context, s *Session) int
	// Console gives the model for a session that has a terminal and no command. Its options come after the door's, so
	// a filter of its own stays; use Filter rather than tea.WithFilter.
	Console func(s *Session) (tea.Model, []tea.ProgramOption)
	// ConsoleArgs tells which commands open the console at a place of their own when there is a terminal (such as
	// "open vox://trace/…"): for these Console is called, with Session.Args set. Nil means none.
	ConsoleArgs func(args []string) bool
	// Lookup tells who a key belongs to: name and role are taken from its answer. It is called for keys that are only
	// offered as well as for proven ones and must have no effects. The local socket does not use it.
	Lookup func(key gossh.PublicKey) (Identity, bool)
	// Log takes one line for the host's log; nil drops it. Lines hold nothing that a stranger wrote.
	Log func(format string, args ...any)
	// Limits of the door; a zero field is the default of the door's kind.
	Limits Limits
}

// Filter is tea.WithFilter for consoles in a session: f runs after the door's own rule, which never lets a session
// suspend the host. f may be nil.
func Filter(f func(tea.Model, tea.Msg) tea.Msg) tea.ProgramOption {
	return tea.WithFilter(func(m tea.Model, msg tea.Msg) tea.Msg {
		if _, ok := msg.(tea.SuspendMsg); ok {
			msg = tea.ResumeMsg{}
		}
		if f == nil {
			return msg
		}
		msg = f(m, msg)
		if _, ok := msg.(tea.SuspendMsg); ok {
			return nil
		}
		return msg
	})
}
