// Package tui is the console.
//
// Its root routes and does nothing else: environment messages it keeps, keys go to the top layer, then to what works
// everywhere, then to the focused pane; what happened in the mesh goes to all. Every pane and layer gets the same
// Session, one value for each console, so that two people who are here over SSH share nothing. What a key does is
// data (package keys), where something stands is a pure function (package layout), and a screen is drawn into cells
// that can't overflow (package cell).
//
// Update and View wait for nothing: they read no disk and take no lock. The host's state is an immutable snapshot that
// a command fetches after the host said that it changed, at most thirty times a second, and once a second so that ages
// move. View gives the same string again while nothing changed.
package tui

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"voxmesh/mesh"
	"voxmesh/tui/act"
	"voxmesh/tui/addnode"
	"voxmesh/tui/auditpane"

	"voxmesh/tui/confirm"
	"voxmesh/tui/drawer"
	"voxmesh/tui/hopperpane"
	"voxmesh/tui/joinmesh"

	"voxmesh/tui/meshpane"
	"voxmesh/tui/palette"
	"voxmesh/tui/pane"
	"voxmesh/tui/policypane"
	"voxmesh/tui/scrub"
	"voxmesh/tui/send"
)

// Source is what the console shows: what it reads itself, and what its parts do. A *mesh.Host is one.
type Source interface {
	Snapshot() *mesh.State
	Telemetry() *mesh.Telemetry
	Watch(ctx context.Context) <-chan struct{} // a token after each change, coalesced
	Done() <-chan struct{}                     // closed when the host is gone

	scrub.Log
	drawer.Records
	hopperpane.Records
	auditpane.Records

	meshpane.Views
}

// Actions is what the console can change: what its panes and layers ask for, together. A *mesh.Host is one.
type Actions interface {
	addnode.Door
	act.Host
	confirm.Actor
	send.Host
	palette.Door
	hopperpane.Batcher
}

// The roles of whoever is here.
const (
	RoleOperator = "operator"
	RoleViewer   = "viewer"
)

// Options says what a console shows, to whom, and where.
type Options struct {
	Source        Source
	Actions       Actions
	Actor         string           // as ops and audit entries name whoever is here: ssh:…, cli:…
	Operator      string           // as row 1 names them; empty: the mesh's operator
	Role          string           // RoleViewer may look only; anything else is an operator
	Clock         func() time.Time // time and zone; nil is time.Now
	Env           []string         // of the session: VOXMESH_ASCII, VOXMESH_MOUSE, LANG, NO_COLOR, TERM
	HostInProcess bool             // the host ends with this console: it asks before leaving while there is work
	Context       context.Context  // requests end with it; nil is the background

	Joiner joinmesh.Joiner // joins other meshes; nil: not from here
	Policy policypane.Book // what this machine gives to others; nil: not from here
	Files  send.Files      // opens files of whoever is here; nil: there are none
	Demo   func() tea.Cmd  // shows a mesh at work in this terminal; nil: not from here
	Open   pane.Ref        // what is shown first; the zero value: the mesh
	Lost   time.Time       // when the host was lost whose log this shows; zero: it is there
	Retry  func()          // looks for that host now
}

func (o Options) env(key string) string {
	for i := len(o.Env) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(o.Env[i], key+"="); ok {
			return v
		}
	}
	return ""
}

// ascii reports whether the terminal shows ASCII only: because it was said, or because the locale says so. Without a
// locale a terminal of today is taken to know UTF-8.
func (o Options) ascii() bool {
	switch o.env("VOXMESH_ASCII") {
	case "":
	case "0":
		return false
	default:
		return true
	}
	for _, k := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(o.env(k)); v != "" {
			return !strings.Contains(v, "utf-8") && !strings.Contains(v, "utf8")
		}
	}
	return false
}

// FPS is how often a console draws what changes by itself, at most.
const FPS = 30

// SessionOptions are those of ProgramOptions that a console in a session of SSH needs: where the terminal is, and when
// it ends, the session says.
func SessionOptions(o Options) []tea.ProgramOption {
	opts := []tea.ProgramOption{tea.WithFPS(FPS), paced}
	if o.colourless() {
		opts = append(opts, tea.WithColorProfile(colorprofile.ASCII))
	}
	return opts
}

// colourless reports whether no colour may be sent: NO_COLOR says so with any text but none (no-color.org), of which
// Bubble Tea knows some.
func (o Options) colourless() bool { return o.env("NO_COLOR") != "" }

// ProgramOptions are the options that a program with a console needs, besides its input and output.
func ProgramOptions(ctx context.Context, o Options) []tea.ProgramOption {
	opts := append(SessionOptions(o), tea.WithContext(ctx), tea.WithoutSignalHandler())
	if o.Env != nil {
		opts = append(opts, tea.WithEnvironment(o.Env))
	}
	return opts
}

// Run shows a console on in and out until whoever is here leaves or ctx ends, both without an error. Signals are the
// caller's: it ends ctx.
func Run(ctx context.Context, in io.Reader, out io.Writer, o Options) error {
	if o.Context == nil {
		o.Context = ctx
	}
	opts := append(ProgramOptions(ctx, o), tea.WithInput(in), tea.WithOutput(out))
	_, err := tea.NewProgram(New(o), opts...).Run()
	if err != nil && (ctx.Err() != nil || errors.Is(err, context.Canceled)) {
		return nil
	}
	return err
}
