package worker

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"voxmesh/mesh/fabric"
	"voxmesh/mesh/worker/runner"
)

// library is a model server that holds models and answers nothing.
type library []string

func (l library) Models(context.Context) ([]runner.Model, error) {
	var out []runner.Model
	for _, name := range l {
		out = append(out, runner.Model{Name: name, Loaded: true})
	}
	return out, nil
}

func (library) Generate(context.Context, runner.TextJob, runner.Sink) runner.Result {
	return runner.Result{Status: runner.Succeeded}
}

func (library) Embed(context.Context, runner.EmbedJob, runner.Sink) runner.Result {
	return runner.Result{Status: runner.Succeeded}
}

func TestTermsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		path := filepath.Join(t.TempDir(), "donations.vox")
		write(t, path, `policy donations {
  slots: [ { kind: text, weight: 100 } ]
  commands: [ "ls", "wc" ]
  models: [ "llama3.2:*" ]
  prices: [ { kind: text, usd_per_million_tokens: 0.5 } ]
}
`)
		start(t, h, says("x"), func(cfg *Config) {
			cfg.Policy, cfg.Ollama = NewFilePolicy(path, time.Now), library{"llama3.2:3b", "llama3.2:1b", "qwen3:8b"}
			cfg.Command = programs{"ls": "", "wc": ""}
		})
		d := h.until("terms", func(r fabric.Report) bool { return len(r.Describe.Commands) > 0 }).Describe
		if len(d.Commands) != 2 || len(d.Models) != 2 || d.Models[0].Name != "llama3.2:1b" || d.PolicyNote != "" {
			t.Errorf("%+v", d)
		}
		if len(d.Prices) != 1 || d.Prices[0].PerHour != nil || d.Prices[0].PerMTok == nil || *d.Prices[0].PerMTok != 500_000 {
			t.Errorf("prices %+v", d.Prices)
		}
		write(t, path, "policy donations { slots: [ { kind: text, weight: 100 } ]  models: [] }")
		d = h.until("no models", func(r fabric.Report) bool { return len(r.Describe.Models) == 0 }).Describe
		if !strings.Contains(d.ModelsNote, "policy") || len(d.Commands)+len(d.Prices) != 0 {
			t.Errorf("%+v", d)
		}
	})
}

// A host hears why the file is not what is in force, and neither where it lies nor what stands in it.
func TestWhatIsWrongWithTheFileIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		path := filepath.Join(t.TempDir(), "donations.vox")
		write(t, path, openPolicy)
		start(t, h, says("x"), func(cfg *Config) { cfg.Policy = NewFilePolicy(path, time.Now) })
		told := func(what string) fabric.Describe {
			t.Helper()
			began := time.Now()
			d := h.until(what, func(r fabric.Report) bool { return strings.Contains(r.Describe.PolicyNote, what) }).Describe
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("%s: heard after %v", what, took)
			}
			if strings.Contains(d.PolicyNote, "/") || strings.Contains(d.PolicyNote, "secret") {
				t.Errorf("it says too much: %q", d.PolicyNote)
			}
			return d
		}
		write(t, path, "policy donations {\n  slots: secret-plan\n}\n")
		if d := told("stays in force: line 2, column"); len(d.Slots) != 2 {
			t.Errorf("not the last good one: %+v", d.Slots)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if d := told("there is no donations.vox, so nothing is given"); len(d.Slots) != 0 {
			t.Errorf("slots of a file that is gone: %+v", d.Slots)
		}
		write(t, path, "policy donations {")
		told("cannot be used, so nothing is given: line 1")
		write(t, path, openPolicy)
		h.until("all well", func(r fabric.Report) bool { return r.Describe.PolicyNote == "" && len(r.Describe.Slots) == 2 })
	})
}

func TestWhatIsInForceAndSinceWhen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "donations.vox")
		write(t, path, openPolicy)
		p := NewFilePolicy(path, time.Now)
		began := time.Now()
		look := func() PolicyState { time.Sleep(checkEvery); return p.State() }
		if s := p.State(); s.Path != path || s.Err != nil || s.File == nil || s.Name == "" || !s.Since.Equal(began) {
			t.Fatalf("%+v", s)
		}
		name := p.State().Name
		write(t, path, "policy {{{")
		s := look()
		if s.Err == nil || s.Name != name || !s.Since.Equal(began) || string(s.File.Source()) != openPolicy {
			t.Errorf("broken: %+v", s)
		}
		write(t, path, openPolicy) // as it was: it never ended
		if s := look(); s.Err != nil || !s.Since.Equal(began) {
			t.Errorf("mended: %+v", s)
		}
		write(t, path, strings.Replace(openPolicy, "false", "true", 1))
		changed := look()
		if changed.Err != nil || changed.Name == name || !changed.Since.Equal(time.Now()) {
			t.Errorf("changed: %+v", changed)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if s := look(); s.Err == nil || s.File != nil || !s.Since.Equal(time.Now()) {
			t.Errorf("gone: %+v", s)
		}
		gone := time.Now()
		if s := look(); !s.Since.Equal(gone) {
			t.Errorf("still gone: %+v", s)
		}
	})
}

var _ stated = (*FilePolicy)(nil)

// A host never asks for what it heard is refused: so it hears what the most favoured peer of its mesh gets.
func TestOverridesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		path := filepath.Join(t.TempDir(), "donations.vox")
		write(t, path, `policy donations {
  slots: [ { kind: cpu, weight: 100 } ]
  min_priority: 7
  per_peer_overrides: [ { peer: "alice@lex", min_priority: 2, nsfw_allowed: true }, { peer: "bo@elsewhere", min_priority: 0 } ]
}
`)
		start(t, h, says("x"), func(cfg *Config) { cfg.Policy, cfg.Mesh = NewFilePolicy(path, time.Now), "lex" })
		d := h.until("slots", func(r fabric.Report) bool { return len(r.Describe.Slots) > 0 }).Describe
		if !d.NSFW || d.MinPriority != 2 {
			t.Errorf("NSFW %v, least priority %d", d.NSFW, d.MinPriority)
		}
	})
}

// Who works in the foreground hears there what became of the file, without asking.
func TestTheOwnerHearsOfTheFileAndTheHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		path := filepath.Join(t.TempDir(), "donations.vox")
		write(t, path, openPolicy)
		lines := make(chan string, 64)
		start(t, h, says("x"), func(cfg *Config) {
			cfg.Policy = NewFilePolicy(path, time.Now)
			cfg.Log = func(format string, args ...any) { lines <- fmt.Sprintf(format, args...) }
		})
		hear := func(want string) {
			t.Helper()
			late := time.After(5 * time.Second)
			for {
				select {
				case l := <-lines:
					if strings.Contains(l, want) {
						return
					}
				case <-late:
					t.Fatalf("not heard: %s", want)
				}
			}
		}
		h.until("a first report", func(fabric.Report) bool { return true })
		<-time.After(2 * awayEvery)
		write(t, path, "policy donations { slots: [")
		hear("stays in force")
		write(t, path, "policy donations { slots: [ { kind: cpu } ] active_hours: [] }")
		hear("takes nothing: off hours")
		write(t, path, openPolicy)
		hear("may use this machine again")
	})
}
