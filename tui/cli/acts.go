package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	gossh "golang.org/x/crypto/ssh"

	"voxmesh/audit"
	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/tui/format"
	"voxmesh/tui/qr"
)

// actCmds are the acts that need a confirmation, and resume.
func (a *app) actCmds() []*cobra.Command {
	var out []*cobra.Command
	for _, d := range []struct{ name, target, short string }{
		{mesh.ActKill, "NODE|JOB|RUN|ITEM|BATCH", "Stop work now, with every process behind it"},
		{mesh.ActPause, "NODE", "Let a node take nothing new"},
		{mesh.ActDrain, "NODE", "Let a node finish what it has, then nothing more"},
		{mesh.ActReplay, "NODE|RUN|JOB", "Run again what ran: a node's latest run, a run, a job"},
		{mesh.ActRevoke, "NODE", "Expel a node for ever: cut it off and refuse its key"},
	} {
		out = append(out, a.actCmd(d.name, d.target, d.short))
	}
	return append(out, a.resumeCmd())
}

func (a *app) actCmd(name, target, short string) *cobra.Command {
	var confirm, reason, on, from string
	var deadline time.Duration
	c := &cobra.Command{
		Use: name + " " + target + " --confirm " + target + " --reason TEXT", Short: short, Args: cobra.ExactArgs(1),
		RunE: a.command(acts, files{}, func(ctx context.Context, args []string) error {
			h, err := a.acting()
			if err != nil {
				return err
			}
			g, err := audit.Confirm(a.actor, name, args[0], confirm, reason)
			if err != nil {
				return err
			}
			res, err := h.Act(ctx, g, mesh.Action{Name: name, Target: args[0], On: on, From: from, Deadline: deadline})
			if err != nil {
				return err
			}
			return a.showAct(res)
		}),
	}
	c.Flags().StringVar(&confirm, "confirm", "", "the target's id, typed again")
	c.Flags().StringVar(&reason, "reason", "", "why: kept in the signed entry")
	if name == mesh.ActReplay {
		c.Flags().StringVar(&on, "on", "", "the node to run it on")
		c.Flags().StringVar(&from, "from", "", "of a workflow: the activity from which on, as render or render[1]; earlier results are taken over")
	}
	if name == mesh.ActDrain {
		c.Flags().DurationVar(&deadline, "deadline", mesh.DefaultDrain, "when what still runs is taken back")
	}
	return c
}

func (a *app) showAct(res mesh.ActResult) error {
	return a.show(res, func(w io.Writer) {
		fmt.Fprintf(w, "%s %s  %s", res.Action, res.Target, res.AuditID)
		if res.Affected > 0 {
			fmt.Fprintf(w, "  %s", format.Many(res.Affected, "job"))
		}
		for _, id := range []string{res.RunID, res.JobID, res.ItemID} {
			if id != "" {
				fmt.Fprintf(w, "  %s", id)
			}
		}
		fmt.Fprintln(w)
	})
}

func (a *app) resumeCmd() *cobra.Command {
	var reason, confirm string
	c := &cobra.Command{
		Use: "resume NODE", Short: "Let a paused or drained node work again", Args: cobra.ExactArgs(1),
		RunE: a.command(acts, files{}, func(ctx context.Context, args []string) error {
			h, err := a.acting()
			if err != nil {
				return err
			}
			res, err := h.Resume(ctx, a.actor, args[0], reason)
			if err != nil {
				return err
			}
			return a.showAct(res)
		}),
	}
	c.Flags().StringVar(&reason, "reason", "", "why, if you like")
	c.Flags().StringVar(&confirm, "confirm", "", "not needed: resume can be undone")
	return c
}

func (a *app) budgetSetCmd() *cobra.Command {
	var capText string
	c := &cobra.Command{
		Use: "set NODE|mesh --cap USD", Short: "Cap what 24 hours may cost (none: no cap)", Args: cobra.ExactArgs(1),
		RunE: a.command(acts, files{}, func(ctx context.Context, args []string) error {
			h, err := a.acting()
			if err != nil {
				return err
			}
			limit, err := capMicros(capText)
			if err != nil {
				return err
			}
			if err := h.SetCap(ctx, a.actor, args[0], limit); err != nil {
				return err
			}
			v := h.Snapshot().Budget(h.Now())
			return a.show(v, func(w io.Writer) { fmt.Fprintf(w, "cap of %s: %s\n", args[0], capText) })
		}),
	}
	c.Flags().StringVar(&capText, "cap", "", "US dollars in 24 hours, or none")
	_ = c.MarkFlagRequired("cap")
	return c
}

func capMicros(text string) (*int64, error) {
	limit, ok := mesh.ParseCap(text)
	if !ok {
		return nil, usage("--cap takes dollars from 0 to 1000000, or none, not %q", text)
	}
	return limit, nil
}

func (a *app) inviteCmd() *cobra.Command {
	var slots []string
	var ttl time.Duration
	var label, address string
	var drawQR bool
	c := &cobra.Command{
		Use: "invite", Short: "Invite a machine: a URL that is good once, for ten minutes at most", Args: cobra.NoArgs,
		RunE: a.command(acts, files{}, func(ctx context.Context, _ []string) error {
			h, err := a.acting()
			if err != nil {
				return err
			}
			v, err := h.MintInvite(ctx, a.actor, mesh.InviteRequest{Slots: slots, TTL: ttl, Label: label, HostPort: address})
			if err != nil {
				return err
			}
			if v.QR, err = qr.Text(v.URL, qr.Quiet); err != nil {
				v.QR = "" // too long for a code: command and link remain
			}
			return a.show(v, func(w io.Writer) { inviteText(w, v, drawQR) })
		}),
	}
	c.Flags().StringArrayVar(&slots, "slot", nil, "ask for a slot: gpu, cpu, text, embed (may be repeated; default cpu)")
	c.Flags().DurationVar(&ttl, "ttl", 10*time.Minute, "how long it is good, 10 minutes at most")
	c.Flags().StringVar(&label, "label", "", "a name for the machine that will come")
	c.Flags().StringVar(&address, "address", "", "host:port to put into the URL instead of the host's own")
	c.Flags().BoolVar(&drawQR, "qr", false, "draw the QR code as well")
	c.AddCommand(a.inviteLsCmd(), a.inviteRevokeCmd())
	return c
}

func inviteText(w io.Writer, v mesh.InviteInfo, drawQR bool) {
	fmt.Fprintf(w, "Run on the other machine (it prints what it would do and changes nothing):\n\n  %s\n\n", v.InstallPrint)
	fmt.Fprintf(w, "Then, once read:\n\n  %s\n\nLink: %s\n", v.Install, v.URL)
	if drawQR {
		if v.QR == "" {
			fmt.Fprintln(w, "The link is too long for a QR code.")
		} else {
			fmt.Fprintf(w, "\n%s\n", v.QR)
		}
	}
	fmt.Fprintf(w, "Good once, for %s. Slots: %s. Class: %s. Host key %s.\n%s.\n",
		time.Duration(v.ExpiresIn)*time.Second, strings.Join(v.Slots, ", "), badge(v.Class), v.Fingerprint, v.Reach)
}

func (a *app) inviteLsCmd() *cobra.Command {
	return &cobra.Command{
		Use: "ls", Short: "The invites of the last day", Args: cobra.NoArgs,
		RunE: a.command(read, files{}, func(context.Context, []string) error {
			s, err := a.src()
			if err != nil {
				return err
			}
			v := s.Snapshot().InviteViews(s.Now())
			return a.show(v, func(w io.Writer) {
				rows := [][]string{{"INVITE", "CLASS", "STATE", "LABEL", "SLOTS", "LEFT", "NODE"}}
				for _, i := range v {
					rows = append(rows, []string{
						i.PeerID, badge(i.PrivacyClass), i.State, i.Label, strings.Join(i.Slots, ","),
						(time.Duration(i.ExpiresIn) * time.Second).String(), or(i.NodeID, "-"),
					})
				}
				table(w, rows)
			})
		}),
	}
}

func (a *app) inviteRevokeCmd() *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID", Short: "Withdraw an invite that was not used", Args: cobra.ExactArgs(1),
		RunE: a.command(acts, files{}, func(ctx context.Context, args []string) error {
			h, err := a.acting()
			if err != nil {
				return err
			}
			if err := h.RevokeInvite(ctx, a.actor, args[0]); err != nil {
				return err
			}
			return a.show(map[string]string{"peer_id": args[0], "state": "revoked"}, func(w io.Writer) {
				fmt.Fprintf(w, "invite %s is withdrawn\n", args[0])
			})
		}),
	}
}

func (a *app) accessCmd() *cobra.Command {
	c := &cobra.Command{Use: "access", Short: "Who may enter over SSH"}
	var role, name string
	add := &cobra.Command{
		Use: "add KEY", Short: "Let a public key in (a line as in authorized_keys, or - to read it)", Args: cobra.MinimumNArgs(1),
		RunE: a.command(acts, files{}, func(ctx context.Context, args []string) error {
			h, err := a.acting()
			if err != nil {
				return err
			}
			acc, err := a.readKey(args)
			if err != nil {
				return err
			}
			acc.Role = role
			if name != "" {
				acc.Name = name
			}
			if err := h.AccessAdd(ctx, a.actor, acc); err != nil {
				return err
			}
			return a.show(mesh.AccessView{Fingerprint: acc.Fingerprint, Name: acc.Name, Role: role}, func(w io.Writer) {
				fmt.Fprintf(w, "%s may enter as %s\n", acc.Fingerprint, role)
			})
		}),
	}
	add.Flags().StringVar(&role, "role", "viewer", "viewer (looks) or operator (acts)")
	add.Flags().StringVar(&name, "name", "", "whose key it is (default: the key's comment)")
	ls := &cobra.Command{
		Use: "ls", Short: "The keys that may enter", Args: cobra.NoArgs,
		RunE: a.command(read, files{}, func(context.Context, []string) error {
			s, err := a.src()
			if err != nil {
				return err
			}
			v := s.Snapshot().AccessViews()
			return a.show(v, func(w io.Writer) {
				rows := [][]string{{"KEY", "NAME", "ROLE", "SINCE"}}
				for _, k := range v {
					rows = append(rows, []string{k.Fingerprint, k.Name, k.Role, at(k.AddedAt)})
				}
				table(w, rows)
			})
		}),
	}
	rm := &cobra.Command{
		Use: "rm KEY", Short: "Keep a key out from now on (by its fingerprint or its line)", Args: cobra.MinimumNArgs(1),
		RunE: a.command(acts, files{}, func(ctx context.Context, args []string) error {
			h, err := a.acting()
			if err != nil {
				return err
			}
			print := args[0]
			if !strings.HasPrefix(print, "SHA256:") {
				acc, err := a.readKey(args)
				if err != nil {
					return err
				}
				print = acc.Fingerprint
			}
			if err := h.AccessRemove(ctx, a.actor, print); err != nil {
				return err
			}
			a.doors.cut(print)
			return a.show(map[string]string{"fingerprint": print, "state": "removed"}, func(w io.Writer) {
				fmt.Fprintf(w, "%s may enter no more\n", print)
			})
		}),
	}
	c.AddCommand(add, ls, rm)
	return c
}

// readKey reads a public key from the words of the command line, or from standard input.
func (a *app) readKey(args []string) (mesh.Access, error) {
	line := strings.Join(args, " ")
	if line == "-" {
		b, err := io.ReadAll(io.LimitReader(a.in, 16<<10))
		if err != nil {
			return mesh.Access{}, fmt.Errorf("read the key: %w", err)
		}
		line = string(b)
	}
	key, comment, options, _, err := gossh.ParseAuthorizedKey([]byte(line))
	if err != nil || len(options) > 0 {
		return mesh.Access{}, fault.New("vox/access/key", "that is no public key in the form of authorized_keys, without options").
			WithHint("voxmesh access add - < ~/.ssh/id_ed25519.pub").Wrap(err)
	}
	return mesh.Access{
		Fingerprint: gossh.FingerprintSHA256(key), Name: cleanText(comment),
		Key: strings.TrimSpace(string(gossh.MarshalAuthorizedKey(key))),
	}, nil
}
