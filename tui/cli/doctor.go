package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"voxmesh/mesh/donations"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/worker"
	"voxmesh/mesh/worker/runner"
	"voxmesh/mesh/worker/runner/demo"
	"voxmesh/policy"
	"voxmesh/tui/sshd"
)

// checkView is one thing that was looked at.
type checkView struct {
	Check  string `json:"check"`
	Result string `json:"result"` // ok, note, problem
	Detail string `json:"detail"`
	Mend   string `json:"mend"` // the command that mends it, or empty
}

const doctorWait = 10 * time.Second

func (a *app) doctorCmd() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Look at this machine, and say what mends what is wrong", Args: cobra.NoArgs,
		RunE: a.command(here, files{}, func(ctx context.Context, _ []string) error {
			dir, err := a.dataDir()
			if err != nil {
				return err
			}
			ctx, stop := context.WithTimeout(ctx, doctorWait)
			defer stop()
			var out []checkView
			for _, check := range []func(context.Context, string) checkView{
				a.checkFolder, a.checkHost, a.checkLog, a.checkAudit, a.checkPolicy, a.checkMeshes, a.checkWASM, a.checkCommands, a.checkModels, a.checkTerminal,
			} {
				out = append(out, check(ctx, dir))
			}
			for _, c := range out {
				if c.Result == "problem" {
					a.exit = 1
				}
			}
			return a.show(out, func(w io.Writer) {
				rows := [][]string{}
				for _, c := range out {
					rows = append(rows, []string{c.Result, c.Check, c.Detail})
					if c.Mend != "" {
						rows = append(rows, []string{"", "", "mend: " + c.Mend})
					}
				}
				table(w, rows)
			})
		}),
	}
}

func (a *app) checkFolder(_ context.Context, dir string) checkView {
	c := checkView{Check: "data folder", Result: "ok", Detail: dir}
	st, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.Result, c.Detail, c.Mend = "note", dir+" is not there yet: no host ran and no mesh was joined", "voxmesh serve"
	case err != nil:
		c.Result, c.Detail = "problem", err.Error()
	case st.Mode().Perm()&0o077 != 0:
		c.Result, c.Detail = "problem", fmt.Sprintf("%s has mode %o: others can look into it", dir, st.Mode().Perm())
		c.Mend = "chmod 700 " + dir
	}
	return c
}

func (a *app) checkHost(ctx context.Context, dir string) checkView {
	c := checkView{Check: "host", Result: "ok", Detail: "a host runs and answers"}
	cl, err := sshd.Dial(ctx, dir)
	if err == nil {
		_ = cl.Close()
		return a.checkDoor(dir, c)
	}
	c.Result, c.Detail, c.Mend = "note", "no host runs on this data folder", "voxmesh serve"
	if !fault.Is(err, "vox/host/none") {
		_, hint := fault.Of(err)
		c.Result, c.Detail, c.Mend = "problem", err.Error(), hint
	}
	return c
}

// checkDoor looks whether the door answers where it was.
func (a *app) checkDoor(dir string, c checkView) checkView {
	b, err := os.ReadFile(filepath.Join(dir, listenFile))
	if err != nil {
		return c
	}
	addr := string(b[:max(len(b)-1, 0)])
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		c.Result, c.Detail, c.Mend = "problem", "the host runs, but its door at "+addr+" does not answer", "start it again: voxmesh serve"
		return c
	}
	_ = conn.Close()
	c.Detail = "a host runs and answers; its door is " + addr
	if host, _, err := net.SplitHostPort(addr); err == nil && net.ParseIP(host).IsLoopback() {
		c.Result, c.Detail, c.Mend = "note", c.Detail+": only this machine can reach it", "voxmesh serve --listen ADDRESS:7420"
	}
	return c
}

// inForce reads the policy that the data folder's workers go by. Codes: vox/worker/no-policy-path where none was named,
// vox/policy/no-file, vox/file/unreadable.
func inForce(ctx context.Context, dir string) (*policy.File, error) {
	path, err := worker.PolicyPath(dir)
	if err != nil {
		return nil, err
	}
	d, err := donations.New(donations.Options{Path: path}).Read(ctx)
	switch {
	case err != nil:
		return nil, err
	case !d.Exists:
		return nil, fault.New("vox/policy/no-file", "there is no %s, so this machine gives nothing", path)
	}
	return policy.Parse(path, d.Source), nil
}

func (a *app) checkPolicy(ctx context.Context, dir string) checkView {
	c := checkView{Check: "policy", Result: "ok"}
	f, err := inForce(ctx, dir)
	switch {
	case fault.Is(err, "vox/worker/no-policy-path"):
		c.Result, c.Detail = "note", "no policy is in force: this machine gives nothing to others"
		c.Mend = "voxmesh policy use " + policyFile
		return c
	case err != nil:
		c.Result, c.Detail, c.Mend = "problem", err.Error(), "voxmesh policy use FILE"
		return c
	}
	path := f.Name()
	if err := f.Err(); err != nil {
		c.Result, c.Mend = "problem", "voxmesh policy check "+path
		c.Detail = err.Error() + "; an agent that runs keeps the policy from before, one that starts now gives nothing"
		return c
	}
	c.Detail = path + " is in force"
	if p, ok := f.Policy(); ok && p.PauseWhenBusy != nil {
		if note := worker.NewOwnerWatch(worker.OwnerConfig{}).Note(*p.PauseWhenBusy); note != "" {
			c.Result, c.Detail = "note", c.Detail+"; "+note
		}
	}
	return c
}

func (a *app) checkMeshes(_ context.Context, dir string) checkView {
	c := checkView{Check: "joined meshes", Result: "ok"}
	list, err := worker.List(dir)
	if err != nil {
		c.Result, c.Detail = "problem", err.Error()
		return c
	}
	c.Detail = fmt.Sprintf("%d joined", len(list))
	for _, m := range list {
		c.Detail += "; " + m.Local + " as " + m.Node
	}
	return c
}

// checkWASM runs a small job in a child, as a stranger's would be.
func (a *app) checkWASM(ctx context.Context, _ string) checkView {
	c := checkView{Check: "wasm runner", Result: "ok", Detail: "a test job ran in a child process"}
	dir, err := os.MkdirTemp("", "voxmesh-doctor-")
	if err != nil {
		c.Result, c.Detail = "problem", err.Error()
		return c
	}
	defer os.RemoveAll(dir)
	module := filepath.Join(dir, "m.wasm")
	w, err := runner.NewWASM(runner.WASMConfig{CacheDir: filepath.Join(dir, "cache")})
	if err == nil {
		defer w.Close()
		err = os.WriteFile(module, demo.Module, 0o600)
	}
	if err != nil {
		c.Result, c.Detail = "problem", err.Error()
		return c
	}
	res := w.Run(ctx, runner.WASMJob{ModulePath: module, Args: []string{"1000"}, Deadline: doctorWait}, io.Discard)
	if res.Status != runner.Succeeded {
		c.Result, c.Detail = "problem", "a test job ended as "+string(res.Status)+": "+res.Error
	}
	return c
}

// checkCommands looks whether this machine can run the programs that its policy gives.
func (a *app) checkCommands(ctx context.Context, dir string) checkView {
	c := checkView{Check: "commands", Result: "ok"}
	names := []string{"true"}
	given := false
	if f, err := inForce(ctx, dir); err == nil { // what is wrong with it, checkPolicy says
		if p, ok := f.Policy(); ok && len(p.Commands) > 0 {
			names, given = p.Commands, true
		}
	}
	r, err := runner.NewCommand(runner.CommandConfig{Private: []string{dir}})
	for i := 0; err == nil && i < len(names); i++ {
		err = r.Ready(ctx, names[i])
	}
	switch {
	case err == nil && given:
		c.Detail = "jobs may run " + cleanText(strings.Join(names, ", ")) + ", each in a box of its own"
	case err == nil:
		c.Detail = "boxes can be made; donations.vox gives no commands"
	case given:
		_, c.Mend = fault.Of(err)
		c.Result, c.Detail = "problem", err.Error()
	default:
		_, c.Mend = fault.Of(err)
		c.Result, c.Detail = "note", err.Error()+"; donations.vox gives none"
	}
	return c
}

func (a *app) checkModels(ctx context.Context, _ string) checkView {
	c := checkView{Check: "models", Result: "ok"}
	o, err := runner.NewOllama(runner.OllamaConfig{})
	var models []runner.Model
	if err == nil {
		models, err = o.Models(ctx)
	}
	if err != nil {
		_, hint := fault.Of(err)
		c.Result, c.Detail, c.Mend = "note", err.Error(), hint
		return c
	}
	c.Detail = fmt.Sprintf("Ollama answers with %d models", len(models))
	return c
}

func (a *app) checkTerminal(context.Context, string) checkView {
	c := checkView{Check: "terminal", Result: "ok", Detail: "TERM=" + cleanText(a.getenv("TERM"))}
	if !a.tty {
		c.Result, c.Detail = "note", "output is no terminal: the console was not tried"
	}
	return c
}
