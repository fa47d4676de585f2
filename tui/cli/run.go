package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/privacy"
)

// runFlags are what every kind of job takes.
type runFlags struct {
	on, kind, class, priority, stdin, title, model, scope string
	nsfw, detach                                          bool
	timeout                                               time.Duration
}

func (f *runFlags) add(c *cobra.Command) {
	fl := c.Flags()
	fl.StringVar(&f.on, "on", "", "the node to run on, by id or label")
	fl.StringVar(&f.kind, "kind", "", "the kind of slot: gpu, cpu, text, embed")
	fl.StringVar(&f.class, "privacy", "paired-peers-only", "who may see it: local-only, paired-peers-only, public-mesh")
	fl.StringVar(&f.priority, "priority", "", "background, normal, urgent, or 1 to 9 (default normal)")
	fl.BoolVar(&f.nsfw, "nsfw", false, "mark the job as not safe for work")
	fl.DurationVar(&f.timeout, "timeout", 0, "end it after this long (default: what the node allows)")
	fl.BoolVar(&f.detach, "detach", false, "do not wait: print the job's id")
	fl.StringVar(&f.title, "title", "", "a name for people")
	fl.StringVar(&f.scope, "scope", "", "what it is for, in a word that donors may list in allowed_scopes")
}

func (a *app) runCmd() *cobra.Command {
	c := &cobra.Command{Use: "run", Short: "Send a job and show its output"}
	c.AddCommand(a.runWasmCmd(), a.runCommandCmd(), a.runTextCmd("text", "PROMPT", "Ask a language model on the mesh"),
		a.runTextCmd("embed", "TEXT", "Embed a text on the mesh"))
	return c
}

func (a *app) runWasmCmd() *cobra.Command {
	f := &runFlags{}
	c := &cobra.Command{
		Use: "wasm FILE [-- ARGS]", Short: "Run a WASI module: no files, no network, 64 MiB of memory", Args: cobra.MinimumNArgs(1),
		RunE: a.command(acts, files{args: []int{0}, flags: []string{"stdin"}}, func(ctx context.Context, args []string) error {
			h, err := a.acting()
			if err != nil {
				return err
			}
			req, err := f.request("wasm")
			if err != nil {
				return err
			}
			if args[0] == "-" && f.stdin == "-" {
				return usage("standard input is either the module or the job's input")
			}
			if req.Module, err = a.stored(h, args[0]); err != nil {
				return err
			}
			if f.stdin != "" {
				if req.Stdin, err = a.stored(h, f.stdin); err != nil {
					return err
				}
			}
			req.Args = args[1:]
			if req.Title == "" {
				req.Title = filepath.Base(strings.TrimPrefix(args[0], blobPrefix))
			}
			return a.runJob(ctx, h, req, f.detach)
		}),
	}
	f.add(c)
	c.Flags().StringVar(&f.stdin, "stdin", "", "a file for the job's standard input")
	return c
}

func (a *app) runCommandCmd() *cobra.Command {
	f := &runFlags{}
	c := &cobra.Command{
		Use: "command NAME [-- ARGS]", Short: "Run a program that a donor gives: no files, no network", Args: cobra.MinimumNArgs(1),
		RunE: a.command(acts, files{flags: []string{"stdin"}}, func(ctx context.Context, args []string) error {
			h, err := a.acting()
			if err != nil {
				return err
			}
			req, err := f.request("command")
			if err != nil {
				return err
			}
			if f.stdin != "" {
				if req.Stdin, err = a.stored(h, f.stdin); err != nil {
					return err
				}
			}
			req.Command, req.Args = args[0], args[1:]
			return a.runJob(ctx, h, req, f.detach)
		}),
	}
	f.add(c)
	c.Flags().StringVar(&f.stdin, "stdin", "", "a file for the job's standard input")
	return c
}

func (a *app) runTextCmd(runner, arg, short string) *cobra.Command {
	f := &runFlags{}
	c := &cobra.Command{
		Use: runner + " --model M " + arg, Short: short, Args: cobra.MinimumNArgs(1),
		RunE: a.command(acts, files{}, func(ctx context.Context, args []string) error {
			h, err := a.acting()
			if err != nil {
				return err
			}
			req, err := f.request(runner)
			if err != nil {
				return err
			}
			prompt := io.Reader(strings.NewReader(strings.Join(args, " ")))
			if len(args) == 1 && args[0] == "-" {
				prompt = a.in
			}
			if req.Prompt, _, err = h.PutBlob(prompt, mesh.MaxBlob); err != nil {
				return err
			}
			req.Model = f.model
			if req.Title == "" {
				req.Title = clean.Max(strings.Join(args, " "), 40).String()
			}
			return a.runJob(ctx, h, req, f.detach)
		}),
	}
	f.add(c)
	c.Flags().StringVar(&f.model, "model", "", "the model (default: the one that most nodes have)")
	return c
}

func (f *runFlags) request(runner string) (mesh.JobRequest, error) {
	class, err := privacy.Parse(f.class)
	if err != nil {
		return mesh.JobRequest{}, usage("%v", err)
	}
	prio, err := priorityFlag(f.priority)
	if err != nil {
		return mesh.JobRequest{}, err
	}
	return mesh.JobRequest{
		Runner: runner, Kind: f.kind, Class: class, Priority: prio, NSFW: f.nsfw, Timeout: f.timeout, On: f.on, Title: f.title, Scope: f.scope,
	}, nil
}

// stored gives the hash of a blob that was handed over, or stores what the name names.
func (a *app) stored(h *mesh.Host, name string) (string, error) {
	if hash, ok := strings.CutPrefix(name, blobPrefix); ok {
		return hash, nil
	}
	r, done, err := a.openFile(name)
	if err != nil {
		return "", err
	}
	defer done()
	hash, _, err := h.PutBlob(r, mesh.MaxBlob)
	return hash, err
}

// runResult is what run prints at the end.
type runResult struct {
	mesh.JobView
	Output       *string `json:"output,omitempty"`
	OutputBase64 *string `json:"output_base64,omitempty"`
}

func (a *app) runJob(ctx context.Context, h *mesh.Host, req mesh.JobRequest, detach bool) error {
	t, err := h.Submit(ctx, a.actor, req)
	if err != nil {
		return err
	}
	if detach {
		j, err := h.Job(t.JobID)
		if err != nil {
			return err
		}
		v := h.Snapshot().JobView(j)
		return a.show(v, func(w io.Writer) {
			fmt.Fprintf(w, "%s %s  %s  item %s\n", t.JobID, t.RunID, badge(v.PrivacyClass), t.ItemID)
		})
	}
	a.say("%s  %s  submitted  item %s", t.JobID, badge(req.Class), t.ItemID)
	watch, stop := context.WithCancel(ctx)
	defer stop()
	if !a.json {
		go a.tellWaiting(watch, h, t.JobID)
	}
	sink := a.newSink()
	err = h.Follow(ctx, t.JobID, sink.chunk)
	if err == nil {
		err = sink.close()
	}
	if ctx.Err() != nil {
		a.say("detached: %s goes on. voxmesh logs %s -f follows it, voxmesh kill %s ends it", t.JobID, t.JobID, t.JobID)
		a.exit = 130
		return nil
	}
	if err != nil {
		return err
	}
	j, err := h.Job(t.JobID)
	if err != nil {
		return err
	}
	return a.endOfRun(h, j, sink)
}

// endOfRun tells how a job ended. Its end is data, whatever it was; the exit code is 0 only if it succeeded.
func (a *app) endOfRun(h *mesh.Host, j *mesh.Job, sink *sink) error {
	v := runResult{JobView: h.Snapshot().JobView(j)}
	if j.State != mesh.Succeeded {
		a.exit = 1
	}
	if !a.json {
		text := fmt.Sprintf("%s  %s  %s on %s  %s  %s", j.Job, badge(j.Class), v.Status, or(v.NodeID, "no node"), millis(j.DurationMS), dollars(v.CostUSD))
		if j.Error != "" {
			text += "  " + j.Error
		}
		a.say("%s  trace %s", text, j.Trace)
		return nil
	}
	v.setOutput(sink.buf.Bytes())
	return a.show(v, nil)
}

// talks reports whether somebody reads notes between the output.
func (a *app) talks() bool { return !a.json && (a.tty || a.clientTTY) }

// say tells a note beside the output, on standard error.
func (a *app) say(format string, args ...any) {
	if !a.json {
		fmt.Fprintln(a.err, cleanText(fmt.Sprintf(format, args...)))
	}
}

// explainAfter is when a job that no node takes says why.
const explainAfter = 2 * time.Second

// tellWaiting tells where the job is: why it waits, where it runs, that it was moved.
func (a *app) tellWaiting(ctx context.Context, h *mesh.Host, job string) {
	t := time.NewTicker(explainAfter)
	defer t.Stop()
	last := ""
	for {
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
		e, err := h.Explain(job)
		if err != nil || e.Status.Ended() {
			return
		}
		if e.Why != last {
			last = e.Why
			a.say("%s  %s  %s: %s", job, badge(e.PrivacyClass), e.Status, e.Why)
		}
	}
}

// sink takes a job's output: kept whole for --json, true bytes to a file or pipe, cleaned text to a terminal.
type sink struct {
	a      *app
	buf    bytes.Buffer
	stream clean.Stream
	clean  bool
}

func (a *app) newSink() *sink { return &sink{a: a, clean: a.tty || a.clientTTY} }

func (s *sink) chunk(c mesh.Chunk) error {
	if s.a.json {
		if c.Restart {
			s.buf.Reset()
		}
		s.buf.Write(c.Data)
		return nil
	}
	if c.Restart {
		s.a.say("attempt %d begins: what came before was of an attempt that did not end", c.Attempt)
	}
	out := c.Data
	if s.clean {
		out = []byte(s.stream.Write(c.Data).String())
	}
	_, err := s.a.out.Write(out)
	return err
}

func (s *sink) close() error {
	if s.a.json || !s.clean {
		return nil
	}
	_, err := io.WriteString(s.a.out, s.stream.Close().String())
	return err
}

func (a *app) logsCmd() *cobra.Command {
	var follow bool
	c := &cobra.Command{
		Use: "logs JOB", Short: "A job's output", Args: cobra.ExactArgs(1),
		RunE: a.command(read, files{}, func(ctx context.Context, args []string) error {
			s, err := a.src()
			if err != nil {
				return err
			}
			out := a.newSink()
			if follow && a.host != nil {
				err = a.host.Follow(ctx, args[0], out.chunk)
			} else {
				err = s.Output(ctx, args[0], out.chunk)
			}
			if ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return err
			}
			if !a.json {
				return out.close()
			}
			j, err := s.Job(args[0])
			if err != nil {
				return err
			}
			v := runResult{JobView: s.Snapshot().JobView(j)}
			v.setOutput(out.buf.Bytes())
			return a.show(v, nil)
		}),
	}
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on until the job ends")
	return c
}

// setOutput puts bytes where they belong: text as it is, anything else in base64.
func (v *runResult) setOutput(b []byte) {
	if utf8.Valid(b) {
		s := string(b)
		v.Output = &s
		return
	}
	s := base64.StdEncoding.EncodeToString(b)
	v.OutputBase64 = &s
}
