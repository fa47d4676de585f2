package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"voxmesh/mesh/fault"
	"voxmesh/tui/sshd"
)

// kind says how a command stands to the host.
type kind int

const (
	read  kind = iota // answered by the host, or from the log where there is none
	acts              // needs a host
	here              // about the machine it is typed on
	file              // about the donor's file: that of the machine it is typed on, and in a session that of the host's machine
	edits             // likewise, and changes it
)

// files says which parts of a command line name files that the local client opens and streams: positional arguments
// by place, flags by name.
type files struct {
	args  []int
	flags []string

	pack func(ctx context.Context, put putter, args []string) (*parcel, error) // instead of both, where a file names others
	own  []string                                                              // flags that pack has dealt with
}

// parcel is a command that was packed where it was typed: what the host is to read of it. A nil one was answered there.
type parcel struct {
	args  []string
	flags []string // such as "--file=render.vox"
	in    io.Reader
}

// putter stores bytes at the host and gives their hash. The name is for errors.
type putter func(name string, r io.Reader) (string, error)

// command makes RunE of a command: it is handed over to a host, or run here.
func (a *app) command(k kind, f files, run func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		if !a.local && (cmd.Flags().Changed("data") || cmd.Flags().Changed("workspace")) {
			return fault.New("vox/cli/refused", "--data and --workspace are refused in a session").
				WithHint("the session belongs to the host's own data folder")
		}
		if k == here {
			if err := a.localOnly(cmd.CommandPath()[len("voxmesh "):]); err != nil {
				return err
			}
			return run(ctx, args)
		}
		if !a.local || a.host != nil || k == file || k == edits {
			if k == edits && a.role != sshd.Operator {
				return viewersLook()
			}
			return run(ctx, args)
		}
		dir, err := a.dataDir()
		if err != nil {
			return err
		}
		c, err := sshd.Dial(ctx, dir)
		switch {
		case err == nil:
			defer c.Close()
			return a.forward(ctx, c, cmd, args, f)
		case fault.Is(err, "vox/host/none") && k == read:
			err := run(ctx, args)
			if !fault.Is(err, "vox/oplog/locked") {
				return err
			}
			c, none := sshd.Dial(ctx, dir) // a host was starting, which has its log before it has its door
			if none != nil {
				return err
			}
			defer c.Close()
			return a.forward(ctx, c, cmd, args, f)
		}
		return err
	}
}

// forward has the host run the command and ends with its exit code.
func (a *app) forward(ctx context.Context, c *sshd.Client, cmd *cobra.Command, args []string, f files) error {
	if f.pack != nil {
		p, err := interruptible(ctx, func() (*parcel, error) {
			return f.pack(ctx, func(name string, r io.Reader) (string, error) { return a.put(ctx, c, name, r) }, args)
		})
		if err != nil || p == nil {
			return err
		}
		line, err := a.commandLine(ctx, c, cmd, nil, f)
		if err != nil {
			return err
		}
		return a.hand(ctx, c, append(append(append(line, p.flags...), "--"), p.args...), p.in)
	}
	line, err := interruptible(ctx, func() ([]string, error) { return a.commandLine(ctx, c, cmd, args, f) })
	if err != nil {
		return err
	}
	var in io.Reader
	for i, s := range args {
		if s == "-" && !slices.Contains(f.args, i) {
			in = a.in
		}
	}
	return a.hand(ctx, c, line, in)
}

// hand has the host run a command line and ends with its exit code.
func (a *app) hand(ctx context.Context, c *sshd.Client, line []string, in io.Reader) error {
	out := &outlet{w: a.out}
	exit, err := c.Run(ctx, sshd.RunOptions{Args: line, Env: a.environ, Stdin: in, Stdout: out, Stderr: &until{out, a.err}})
	a.exit = exit
	switch {
	case err != nil && ctx.Err() != nil:
		return nil // interrupted as asked
	case out.failed() != nil:
		return unwritable("what was asked for", out.failed())
	}
	return err
}

// commandLine writes the command as the host is to read it: flags as they were parsed, files replaced by the blobs
// that they were stored as.
func (a *app) commandLine(ctx context.Context, c *sshd.Client, cmd *cobra.Command, args []string, f files) ([]string, error) {
	line := strings.Fields(cmd.CommandPath())[1:]
	var failed error
	cmd.Flags().Visit(func(fl *pflag.Flag) {
		if fl.Name == "data" || fl.Name == "workspace" || slices.Contains(f.own, fl.Name) {
			return
		}
		for _, v := range flagValues(fl) {
			if slices.Contains(f.flags, fl.Name) {
				if v, failed = a.upload(ctx, c, v); failed != nil {
					return
				}
			}
			line = append(line, "--"+fl.Name+"="+v)
		}
	})
	if failed != nil {
		return nil, failed
	}
	if a.tty {
		line = append(line, "--client-tty")
	}
	for _, i := range f.args {
		if i >= len(args) {
			continue
		}
		name := args[i]
		args = append([]string(nil), args...)
		var err error
		if args[i], err = a.upload(ctx, c, name); err != nil {
			return nil, err
		}
		if cmd.Flags().Lookup("title") != nil && !cmd.Flags().Changed("title") && name != "-" {
			line = append(line, "--title="+filepath.Base(name))
		}
	}
	if len(args) > 0 {
		line = append(append(line, "--"), args...)
	}
	return line, nil
}

func flagValues(f *pflag.Flag) []string {
	if s, ok := f.Value.(pflag.SliceValue); ok {
		return s.GetSlice()
	}
	return []string{f.Value.String()}
}

// blobPrefix marks an argument that names a stored blob instead of a file.
const blobPrefix = "blob:"

// upload streams a file to the host and gives the name that it is stored under there.
func (a *app) upload(ctx context.Context, c *sshd.Client, name string) (string, error) {
	if strings.HasPrefix(name, blobPrefix) {
		return name, nil
	}
	in, done, err := a.openFile(name)
	if err != nil {
		return "", err
	}
	defer done()
	hash, err := a.put(ctx, c, name, in)
	return blobPrefix + hash, err
}

// put streams bytes to the host and gives the hash that they are stored under there.
func (a *app) put(ctx context.Context, c *sshd.Client, name string, in io.Reader) (string, error) {
	var out, errs bytes.Buffer
	exit, err := c.Run(ctx, sshd.RunOptions{Args: []string{"blob", "put", "--json"}, Stdin: in, Stdout: &out, Stderr: &errs})
	if err != nil {
		return "", err
	}
	var answer struct {
		Data  struct{ Hash string }
		Error *struct{ Code, Message, Hint string }
	}
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil {
		return "", fmt.Errorf("store %s at the host: exit %d: %s", name, exit, cleanText(errs.String()))
	}
	if answer.Error != nil {
		return "", fault.New(answer.Error.Code, "%s: %s", name, answer.Error.Message).WithHint("%s", answer.Error.Hint)
	}
	return answer.Data.Hash, nil
}

// interruptible does what may wait for ever, as a read of a terminal or of a pipe that nobody writes to, and leaves it
// behind where ctx ends first. Code vox/cli/interrupted.
func interruptible[T any](ctx context.Context, do func() (T, error)) (T, error) {
	var v T
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		v, err = do()
	}()
	select {
	case <-done:
		return v, err
	case <-ctx.Done():
		var none T
		return none, fault.New("vox/cli/interrupted", "told to stop before all was read").WithHint("nothing was done").Wrap(context.Cause(ctx))
	}
}

// openFile opens a file that the caller named; "-" is standard input. In a session it is the only file there is.
func (a *app) openFile(name string) (io.Reader, func(), error) {
	if name == "-" {
		return a.in, func() {}, nil
	}
	if !a.local {
		return nil, nil, fault.New("vox/cli/refused", "files are not opened on behalf of a session: %s", cleanText(name)).
			WithHint("give - and send it to standard input")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, unreadable(name, err)
	}
	if st, err := f.Stat(); err == nil && st.IsDir() {
		_ = f.Close()
		return nil, nil, fault.New("vox/file/unreadable", "%s is a folder", cleanText(name)).WithHint("name a file")
	}
	return f, func() { _ = f.Close() }, nil
}

func unreadable(name string, err error) error {
	if pe := (*os.PathError)(nil); errors.As(err, &pe) {
		err = pe.Err
	}
	return fault.New("vox/file/unreadable", "%s cannot be read", cleanText(name)).WithHint("check the path").Wrap(err)
}
