package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
	"voxmesh/mesh/worker"
	"voxmesh/tui/sshd"
)

// joinView is what join prints, before and after.
type joinView struct {
	Inviter       string        `json:"inviter"`
	Mesh          string        `json:"mesh"`
	LocalName     string        `json:"local_name,omitempty"`
	PeerID        string        `json:"peer_id"`
	JoinedAs      *string       `json:"joined_as"`
	Slots         []string      `json:"slots"`
	NSFW          bool          `json:"nsfw_allowed"`
	PolicyPreview string        `json:"policy_preview"`
	PolicyPath    string        `json:"policy_path"`
	PolicyCreated bool          `json:"policy_created"`
	PolicyDiff    string        `json:"policy_diff"`
	Class         privacy.Class `json:"privacy_class"`
	Fingerprint   string        `json:"host_fingerprint"`
	ExpiresIn     int64         `json:"expires_in_secs"`
	Note          string        `json:"note,omitempty"`
}

func (a *app) joinCmd() *cobra.Command {
	var printOnly, yes bool
	var label string
	c := &cobra.Command{
		Use: "join URL|-", Short: "Join a mesh as a worker (- reads the URL, so that it is in no shell history)", Args: cobra.ExactArgs(1),
		RunE: a.command(here, files{}, func(ctx context.Context, args []string) error {
			o, err := a.joinOptions(args[0], label)
			if err != nil {
				return err
			}
			pre, err := worker.Preview(ctx, o)
			if err != nil {
				return err
			}
			v := a.previewOf(o, pre)
			if printOnly {
				return a.show(v, func(w io.Writer) { joinPreview(w, v, pre) })
			}
			if err := a.agree(v, pre, yes, args[0] == "-"); err != nil {
				return err
			}
			j, err := worker.Join(ctx, o)
			if err != nil {
				return err
			}
			return a.afterJoin(ctx, o, v, j)
		}),
	}
	c.Flags().BoolVar(&printOnly, "print", false, "show what is asked and what would be stored; change nothing")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	c.Flags().StringVar(&label, "label", "", "a name for this machine, where the invite has none")
	return c
}

// joinOptions reads the invite, from the argument or from standard input, and looks at what needs no network.
func (a *app) joinOptions(arg, label string) (worker.JoinOptions, error) {
	if arg == "-" {
		line, err := bufio.NewReader(io.LimitReader(a.in, 4096)).ReadString('\n')
		if err != nil && line == "" {
			return worker.JoinOptions{}, usage("no invite came on standard input")
		}
		arg = strings.TrimSpace(line)
	}
	j, err := a.joiner()
	if err != nil {
		return worker.JoinOptions{}, err
	}
	return j.options(arg, label)
}

func (a *app) previewOf(o worker.JoinOptions, p worker.Invited) joinView {
	return joinView{
		Inviter: p.Inviter, Mesh: p.Mesh, LocalName: p.Member, PeerID: o.URL.Token.PeerID.String(), Slots: p.Slots,
		PolicyPreview: p.Policy, PolicyPath: p.PolicyPath, PolicyCreated: p.PolicyCreated, PolicyDiff: p.PolicyDiff,
		Class: p.Class, Fingerprint: p.Fingerprint, ExpiresIn: int64(time.Until(p.Expiry).Seconds()), Note: p.Note,
	}
}

func joinPreview(w io.Writer, v joinView, p worker.Invited) {
	who, name := v.Inviter, v.Mesh
	if name == "" {
		who, name = "unknown", "unknown: the host could not be reached"
	}
	fmt.Fprintf(w, "mesh          %s\ninviter       %s\nhost key      %s\nclass         %s  %s\n", name, who, v.Fingerprint, badge(v.Class), v.Class.Tip())
	fmt.Fprintf(w, "asks for      ")
	if len(v.Slots) == 0 {
		fmt.Fprint(w, "nothing")
	}
	for i, s := range v.Slots {
		if i > 0 {
			fmt.Fprint(w, ", ")
		}
		fmt.Fprintf(w, "%s ×1", s)
	}
	fmt.Fprintf(w, "; NSFW no\ngood for      %s, once\n", (time.Duration(v.ExpiresIn) * time.Second).String())
	if p.Note != "" {
		fmt.Fprintf(w, "host          %s\n", p.Note)
	}
	switch {
	case v.PolicyCreated:
		fmt.Fprintf(w, "would write   %s:\n\n%s\n", v.PolicyPath, v.PolicyPreview)
	case v.PolicyDiff != "":
		fmt.Fprintf(w, "%s does not give that; you could change it so:\n\n%s\n", v.PolicyPath, v.PolicyDiff)
	case p.PolicyNote != "":
		fmt.Fprintln(w, p.PolicyNote)
	default:
		fmt.Fprintf(w, "%s gives that already.\n", v.PolicyPath)
	}
	fmt.Fprintln(w, "It would store this machine's new key and the membership. Nothing was changed. To join, run it again without --print.")
}

// agree asks once. Without a terminal, and with the URL on standard input, there is nobody to ask.
func (a *app) agree(v joinView, p worker.Invited, yes, fromStdin bool) error {
	if yes {
		return nil
	}
	in, _, ok := a.terminal()
	if !ok || fromStdin || a.json {
		return fault.New("vox/confirm/required", "joining a mesh needs your word").WithHint("look first: --print; then say --yes")
	}
	joinPreview(a.err, v, p)
	fmt.Fprint(a.err, "Join as a worker? [y/N] ")
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil {
		return fmt.Errorf("read your answer: %w", err)
	}
	if s := strings.ToLower(strings.TrimSpace(line)); s != "y" && s != "yes" {
		return fault.New("vox/confirm/required", "not joined").WithHint("nothing was changed")
	}
	return nil
}

// afterJoin says what came of it, and goes on to work where somebody sits at a terminal and no host does it already.
func (a *app) afterJoin(ctx context.Context, o worker.JoinOptions, v joinView, j worker.Joined) error {
	v.JoinedAs, v.Mesh, v.Inviter, v.LocalName = &j.NodeID, j.Mesh, j.Inviter, j.LocalName
	v.PolicyPath, v.PolicyCreated, v.PolicyDiff, v.Note = j.PolicyPath, j.PolicyCreated, j.PolicyDiff, j.PolicyNote
	working := a.hostRuns(ctx, o.Dir)
	_, _, interactive := a.terminal()
	err := a.show(v, func(w io.Writer) {
		fmt.Fprintf(w, "joined %s as %s  %s\n", v.Mesh, j.NodeID, badge(v.Class))
		if v.PolicyCreated {
			fmt.Fprintf(w, "wrote %s: what this machine gives is up to you, there\n", v.PolicyPath)
		}
		if v.PolicyDiff != "" {
			fmt.Fprintf(w, "%s was not changed; to give what was asked:\n\n%s\n", v.PolicyPath, v.PolicyDiff)
		}
		switch {
		case working:
			fmt.Fprintln(w, "the host on this data folder works for it from now on")
		case !interactive || a.json:
			fmt.Fprintln(w, "to work for it: voxmesh work")
		}
	})
	if err != nil || working || !interactive || a.json {
		return err
	}
	return a.work(ctx, o.Dir)
}

func (a *app) hostRuns(ctx context.Context, dir string) bool {
	c, err := sshd.Dial(ctx, dir)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

func (a *app) leaveCmd() *cobra.Command {
	return &cobra.Command{
		Use: "leave MESH", Short: "Take this machine out of a mesh that it joined", Args: cobra.ExactArgs(1),
		RunE: a.command(here, files{}, func(ctx context.Context, args []string) error {
			dir, err := a.dataDir()
			if err != nil {
				return err
			}
			m, told, err := worker.Leave(ctx, dir, args[0])
			if err != nil {
				return err
			}
			return a.show(map[string]any{"mesh": m.Local, "node_id": m.Node, "host_told": told}, func(w io.Writer) {
				fmt.Fprintf(w, "left %s\n", m.Local)
				if !told {
					fmt.Fprintln(w, "the host was not told: it will see this machine as offline")
				}
			})
		}),
	}
}

func (a *app) workCmd() *cobra.Command {
	return &cobra.Command{
		Use: "work", Short: "Work for the joined meshes, in the foreground", Args: cobra.NoArgs,
		RunE: a.command(here, files{}, func(ctx context.Context, _ []string) error {
			dir, err := a.dataDir()
			if err != nil {
				return err
			}
			list, err := worker.List(dir)
			if err != nil {
				return err
			}
			if len(list) == 0 {
				return fault.New("vox/mesh/unknown", "this machine has joined no mesh").WithHint("voxmesh join URL")
			}
			return a.work(ctx, dir)
		}),
	}
}

// work runs the agents until it is told to end.
func (a *app) work(ctx context.Context, dir string) error {
	m, err := newMachine(dir)
	if err != nil {
		return err
	}
	defer m.wasm.Close()
	return a.crew(ctx, dir, m, worker.NewRecordedPolicy(dir, nil), a.logger(false))
}

// crew runs the agents for the meshes that this machine joined.
func (a *app) crew(ctx context.Context, dir string, m *machine, gives *worker.FilePolicy, logf func(string, ...any)) error {
	err := worker.Serve(ctx, dir, worker.ServeOptions{
		WASM: m.wasm, Ollama: m.models(), Command: m.command, Policy: gives, Log: logf, Version: mesh.Version(),
	})
	if ctx.Err() != nil {
		return nil
	}
	return err
}
