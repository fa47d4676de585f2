// Package cli is the command tree, and how a command finds the host that it is about.
//
// The tree is the same wherever a command was typed. In the caller's own process a command that concerns a mesh is
// handed, with its arguments, to the host that runs on the data folder, through its local socket; there, and over SSH,
// the same tree runs inside the host process. Without a host reads open the log for reading, and acts answer
// vox/host/none. Commands that are about this machine alone (join, work, doctor) run where they were typed, and those
// about the donor's file too; in a session that is the one file that the host's machine goes by.
//
// Promises: --json prints one envelope {"v":1,"data":…} or {"v":1,"error":{code,message,hint}}; exit codes are 0 done,
// 1 failed, 2 usage, 3 refused, 4 not found, 5 no host; text of another machine reaches a terminal only cleaned, and
// JSON only with everything escaped that could drive one. No command opens a path on behalf of a session.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/donations"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/worker/runner"
	"voxmesh/oplog"
	"voxmesh/tui/sshd"
)

// app is one command on its way: who typed it, where it runs, and with what.
type app struct {
	in       io.Reader
	out      io.Writer
	err      io.Writer
	getenv   func(string) string
	environ  []string
	local    bool // this is the caller's own process: it may open files and become a host
	tty      bool // out is a terminal
	actor    string
	operator string
	role     sshd.Role

	data      string
	workspace string
	json      bool
	clientTTY bool // a local client said that its out is a terminal

	tryLog func(ctx context.Context, dir, why string) error // nil: a log is opened without, as in tests, whose binary is not this program

	host   *mesh.Host // in the host process
	doors  *doors     // likewise
	donor  *donorBook // likewise: what a session's policy commands are about
	reader *mesh.Reader
	exit   int // set by a command that ended with data and yet did not succeed
}

// Main runs the program and gives its exit code.
func Main() int {
	if runner.IsChild(os.Args) {
		return runner.ChildMain()
	}
	if isLogCheck(os.Args) {
		return checkLogMain(os.Args[2])
	}
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // under nohup a closed terminal ends nothing
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	defer stop()
	name := userName()
	a := &app{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv, environ: os.Environ(), local: true,
		tty: term.IsTerminal(int(os.Stdout.Fd())), actor: "cli:" + name, operator: name, role: sshd.Operator,
		tryLog: tryLog,
	}
	return a.execute(ctx, os.Args[1:])
}

// execute runs one command line and gives its exit code. Whatever happens is told in the form that was asked for.
func (a *app) execute(ctx context.Context, args []string) int {
	root := a.tree()
	root.SetArgs(agoArgs(args))
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	err := a.runTree(ctx, root)
	a.closeReader()
	if err != nil {
		return a.fail(err, wantsJSON(args))
	}
	return a.exit
}

// agoPrefix marks a time ago on its way through the flag parser, to which -5m looks like a flag.
const agoPrefix = "ago:"

// agoArgs lets "oplog at -5m" be typed without "--".
func agoArgs(args []string) []string {
	out := append([]string(nil), args...)
	for i, s := range out {
		if i > 0 && out[i-1] == "at" && len(s) > 1 && s[0] == '-' && s[1] >= '0' && s[1] <= '9' {
			out[i] = agoPrefix + s[1:]
		}
	}
	return out
}

// runTree lets fang dress help and usage in the caller's own process; in a session it would ask the host's terminal.
func (a *app) runTree(ctx context.Context, root *cobra.Command) error {
	if !a.local || !a.tty {
		return root.ExecuteContext(ctx)
	}
	return fang.Execute(ctx, root, fang.WithoutManpage(), fang.WithoutVersion(), fang.WithoutCompletions(),
		fang.WithErrorHandler(func(io.Writer, fang.Styles, error) {}))
}

// fail tells an error and gives the exit code for it.
func (a *app) fail(err error, asJSON bool) int {
	code, hint := fault.Of(err)
	if code == "vox/internal" && isUsage(err) {
		code, hint = "vox/cli/usage", "voxmesh --help shows the commands"
	}
	diff := ""
	if d := (*donations.ChangedError)(nil); errors.As(err, &d) {
		diff = d.Diff()
	}
	if asJSON || a.json {
		_ = writeJSON(a.out, envelope{V: 1, Error: &errorView{code, err.Error(), hint, diff}}) // nobody is left to tell
		return exitOf(code)
	}
	fmt.Fprintf(a.err, "voxmesh: %s  [%s]\n", cleanText(err.Error()), code)
	if hint != "" {
		fmt.Fprintf(a.err, "  %s\n", cleanText(hint))
	}
	if diff != "" {
		fmt.Fprintf(a.err, "\n%s", clean.Block(diff))
	}
	return exitOf(code)
}

// isUsage recognises what cobra says of a command line that it can't read.
func isUsage(err error) bool {
	for _, s := range []string{
		"unknown command", "unknown flag", "unknown shorthand", "accepts ", "requires ", "invalid argument",
		"flag needs an argument", "required flag", "bad flag syntax", "none of the others can be", "at least one of the flags",
	} {
		if strings.Contains(err.Error(), s) {
			return true
		}
	}
	return false
}

// wantsJSON looks for --json in a command line that may not have been parsed to its end.
func wantsJSON(args []string) bool {
	for _, s := range args {
		switch s {
		case "--json", "--json=true":
			return true
		case "--":
			return false
		}
	}
	return false
}

// exitOf is the exit code that stands for a fault.
func exitOf(code string) int {
	switch code {
	case "vox/cli/usage", "vox/job/invalid", "vox/invite/unknown-slot", "vox/invite/bad-address", "vox/access/role",
		"vox/hopper/intent-empty", "vox/hopper/intent-too-long",
		"vox/policy/bad-path", "vox/policy/bad-value":
		return 2
	case "vox/host/none", "vox/host/gone", "vox/fabric/unreachable":
		return 5
	case "vox/invite/unknown", "vox/cli/refused", "vox/access/denied", "vox/hopper/capability-required",
		"vox/hopper/closed", "vox/workflow/outside", "vox/policy/changed-underneath", "vox/policy/nothing-to-undo":
		return 3
	case "vox/invite/no-such", "vox/policy/no-file", "vox/policy/no-such", "vox/workflow/no-such", "vox/oplog/trimmed":
		return 4
	case "vox/cli/interrupted", "vox/host/interrupted":
		return 130
	}
	family, name, _ := strings.Cut(strings.TrimPrefix(code, "vox/"), "/")
	switch {
	case family == "confirm", family == "invite":
		return 3
	case name == "unknown":
		return 4
	}
	return 1
}

func usage(format string, args ...any) error {
	return fault.New("vox/cli/usage", format, args...).WithHint("voxmesh --help shows the commands")
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

func userName() string {
	for _, k := range []string{"USER", "LOGNAME", "USERNAME"} {
		if v := mesh.Slug(os.Getenv(k)); v != "" {
			return v
		}
	}
	if u, err := user.Current(); err == nil {
		if v := mesh.Slug(u.Username); v != "" {
			return v
		}
	}
	return "owner"
}

// dataDir is the folder of this machine's mesh: --data, else VOXMESH_DATA, else the XDG state folder.
func (a *app) dataDir() (string, error) {
	if a.donor != nil {
		return a.donor.dir, nil
	}
	dir := a.data
	if dir == "" {
		dir = a.getenv("VOXMESH_DATA")
	}
	if dir == "" {
		state := a.getenv("XDG_STATE_HOME")
		if state == "" {
			home := a.getenv("HOME")
			if home == "" {
				return "", fault.New("vox/data/folder", "there is no home folder to keep data in").WithHint("name a folder with --data")
			}
			state = filepath.Join(home, ".local", "state")
		}
		dir = filepath.Join(state, "voxmesh")
	}
	return filepath.Abs(dir)
}

// source is what reads are answered from: the host, or the log of the data folder.
type source interface {
	Snapshot() *mesh.State
	Telemetry() *mesh.Telemetry
	Now() time.Time
	At(time.Time) (mesh.Instant, error)
	Job(string) (*mesh.Job, error)
	Run(string) (mesh.RunView, error)
	RunOfTrace(string) (string, error)
	Base() oplog.Head
	Runs() []mesh.RunView
	RunsBefore(t time.Time, limit int) (mesh.Older[mesh.RunView], error)
	JobsBefore(t time.Time, limit int) (mesh.Older[mesh.JobView], error)
	ItemsBefore(t time.Time, limit int) (mesh.Older[mesh.ItemView], error)
	BatchItems(string) ([]mesh.ItemView, error)
	Item(string) (mesh.ItemView, error)
	Explain(string) (mesh.Explanation, error)
	Output(ctx context.Context, job string, fn func(mesh.Chunk) error) error
	logSource
	auditSource
}

var (
	_ source = (*mesh.Host)(nil)
	_ source = (*mesh.Reader)(nil)
)

// src gives the source of a read.
func (a *app) src() (source, error) {
	if a.host != nil {
		return a.host, nil
	}
	if a.reader == nil {
		dir, err := a.dataDir()
		if err != nil {
			return nil, err
		}
		if a.reader, err = mesh.OpenReader(dir); err != nil {
			return nil, err
		}
	}
	return a.reader, nil
}

// acting gives the host for a change, or says that there is none, or that a viewer may not.
func (a *app) acting() (*mesh.Host, error) {
	if a.role != sshd.Operator {
		return nil, viewersLook()
	}
	if a.host == nil {
		return nil, noHost()
	}
	return a.host, nil
}

func viewersLook() error {
	return fault.New("vox/access/denied", "a viewer may look and not act").
		WithHint("the owner can change that: voxmesh access add KEY --role operator")
}

func noHost() error {
	return fault.New("vox/host/none", "no host runs on this data folder").
		WithHint("start one: voxmesh serve (or open the console: voxmesh)")
}

// localOnly refuses a command that is about the caller's own machine when it came through a session.
func (a *app) localOnly(name string) error {
	if a.local {
		return nil
	}
	return fault.New("vox/cli/refused", "%s is about the machine that it is typed on and is refused in a session", name).
		WithHint("run it there: voxmesh %s", name)
}
