package worker

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"voxmesh/mesh/fabric"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/worker/runner"
	"voxmesh/policy"
)

// programs is a machine that runs some, by name: each writes its name, arguments and input. One with a text cannot be run,
// and the text says why.
type programs map[string]string

func (p programs) Ready(_ context.Context, name string) error {
	why, ok := p[name]
	if !ok {
		return fault.New(runner.CodeNoCommand, "%s is not installed on this machine", name).WithHint("install it")
	}
	if why != "" {
		return fault.New(runner.CodeNoSandbox, "%s", why).WithHint("install bubblewrap")
	}
	return nil
}

func (p programs) Run(_ context.Context, job runner.CommandJob, out runner.Sink) runner.Result {
	var in []byte
	if job.Stdin != nil {
		in, _ = io.ReadAll(job.Stdin)
	}
	gpu := ""
	if job.GPU {
		gpu = " gpu"
	}
	_, _ = io.WriteString(out, job.Name+" "+strings.Join(job.Args, ",")+" "+string(in)+gpu+" "+job.Deadline.String())
	return runner.Result{Status: runner.Succeeded}
}

// commandsGiven starts an agent whose policy gives slots for cpu and gpu, and these commands.
func commandsGiven(t *testing.T, h *host, commands string, c CommandRunner) *Agent {
	t.Helper()
	path := filepath.Join(t.TempDir(), "donations.vox")
	write(t, path, "policy donations {\n  slots: [ { kind: cpu, weight: 50 }, { kind: gpu, weight: 50 } ]\n"+commands+"\n}\n")
	return start(t, h, says("x"), func(cfg *Config) { cfg.Policy, cfg.Command = NewFilePolicy(path, time.Now), c })
}

func (h *host) command(id, name string, args ...string) fabric.Assign {
	as := h.task(id, 1)
	as.Runner, as.Module, as.Command, as.Args = "command", "", name, args
	return as
}

// What a policy may list is what the runner runs: each name that one takes and the other refuses would be a job that is
// admitted and fails.
func TestCommandNamesAreThoseOfThePolicy(t *testing.T) {
	if runner.CommandNameMax != policy.MaxCommandName {
		t.Errorf("the runner takes %d bytes, the policy %d", runner.CommandNameMax, policy.MaxCommandName)
	}
	for c := range 256 {
		for _, s := range []string{string([]byte{byte(c)}), "x" + string([]byte{byte(c)})} {
			if got, want := runner.CommandName(s), policy.CommandName(s); got != want {
				t.Errorf("%q: the runner says %v, the policy %v", s, got, want)
			}
		}
	}
}

func TestCommandJobRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		commandsGiven(t, h, `  commands: [ "tr" ]`, programs{"tr": "", "wc": ""})
		as := h.command("j-1", "tr", "a-z", "A-Z")
		as.Stdin = h.blob([]byte("hello"))
		h.send(fabric.KindAssign, as)
		if w := h.phase("j-1", fabric.PhaseDone); w.Result.Status != "succeeded" || string(w.Result.Output) != "tr a-z,A-Z hello 1m0s" {
			t.Errorf("%+v %q", w.Result, w.Result.Output)
		}
		as = h.command("j-2", "tr")
		as.Kind = "gpu"
		h.send(fabric.KindAssign, as)
		if w := h.phase("j-2", fabric.PhaseDone); string(w.Result.Output) != "tr   gpu 1m0s" {
			t.Errorf("%+v %q", w.Result, w.Result.Output)
		}
	})
}

// TestCommandJobsAreRefused: by the policy, whatever the host thinks of it; by what cannot be; by what is missing here.
func TestCommandJobsAreRefused(t *testing.T) {
	listed := `  commands: [ "tr", "wc", "sort" ]`
	for name, c := range map[string]struct {
		policy  string
		runner  CommandRunner
		command string
		change  func(*fabric.Assign)
		want    string
	}{
		"off by default":       {"", programs{"tr": ""}, "tr", nil, `commands (not in donations.vox): the command "tr" is not among those given`},
		"an empty list":        {"  commands: []", programs{"tr": ""}, "tr", nil, `commands (line 3 of donations.vox): the command "tr" is not among those given`},
		"another is listed":    {listed, programs{"tr": "", "sh": ""}, "sh", nil, `the command "sh" is not among those given`},
		"no name":              {listed, programs{"": ""}, "", nil, "the job names no program"},
		"a path":               {listed, programs{"tr": ""}, "/usr/bin/tr", nil, "the job names no program"},
		"a text slot":          {listed, programs{"tr": ""}, "tr", func(a *fabric.Assign) { a.Kind = "text" }, "needs a cpu or gpu slot"},
		"an input that is one": {listed, programs{"tr": ""}, "tr", func(a *fabric.Assign) { a.Stdin = "../key" }, "no name that can be asked for"},
		"nothing to run it":    {listed, nil, "tr", nil, "this machine runs no commands"},
		"no sandbox":           {listed, programs{"tr": "bubblewrap is not installed"}, "tr", nil, "bubblewrap is not installed"},
		"not installed":        {listed, programs{"tr": ""}, "sort", nil, "sort is not installed"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t)
				a := commandsGiven(t, h, c.policy, c.runner)
				as := h.command("j-1", c.command)
				if c.change != nil {
					c.change(&as)
				}
				h.send(fabric.KindAssign, as)
				if w := h.phase("j-1", fabric.PhaseRefused); !strings.Contains(w.Reason, c.want) || w.Busy {
					t.Errorf("%+v, want %q", w, c.want)
				}
				if l := a.cfg.Slots.Load(); l.ByKind["cpu"] != 0 {
					t.Errorf("the slot is kept: %+v", l)
				}
			})
		})
	}
}

// The host hears of the programs that can be run, and that others cannot, but not why.
func TestCommandsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		commandsGiven(t, h, `  commands: [ "tr", "wc", "sort" ]`, programs{"tr": "", "wc": "bubblewrap: /home/bob: no", "sort": ""})
		d := h.until("commands", func(r fabric.Report) bool { return len(r.Describe.Commands) > 0 }).Describe
		if strings.Join(d.Commands, " ") != "tr sort" || d.PolicyNote != "the command wc is not given: it cannot be run there" {
			t.Errorf("%+v", d)
		}
	})
}

// The owner's own node, where everything is admitted, runs no commands all the same.
func TestTheHostsOwnNodeRunsNoCommands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		start(t, h, says("x"), func(cfg *Config) { cfg.Policy, cfg.Command = OwnerPolicy(2), programs{"tr": ""} })
		h.send(fabric.KindAssign, h.command("j-1", "tr"))
		if w := h.phase("j-1", fabric.PhaseRefused); !strings.Contains(w.Reason, "not among those given") {
			t.Errorf("%+v", w)
		}
	})
}
