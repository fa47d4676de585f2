package cli

import (
	"context"
	"io"
	"sort"

	"github.com/spf13/cobra"

	"voxmesh/mesh"
)

// tree builds the commands for one command line.
func (a *app) tree() *cobra.Command {
	root := &cobra.Command{
		Use:   "voxmesh",
		Short: "A terminal console for your own compute mesh",
		Long: "voxmesh makes your machines, and a friend's, one personal compute mesh.\n" +
			"Without a command it opens the console: on the host that runs on this data folder, else as the host.",
		Args:          cobra.NoArgs,
		Version:       mesh.Version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.console(cmd.Context(), "")
		},
	}
	p := root.PersistentFlags()
	p.StringVar(&a.data, "data", "", "the data folder (VOXMESH_DATA; default: the XDG state folder)")
	p.StringVar(&a.workspace, "workspace", "", "where donations.vox is (default: this folder if it has one, else the data folder)")
	p.BoolVar(&a.json, "json", false, "print one JSON envelope")
	p.BoolVar(&a.clientTTY, "client-tty", false, "the local client's output is a terminal")
	_ = p.MarkHidden("client-tty")
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddGroup(
		&cobra.Group{ID: "mesh", Title: "Your mesh"}, &cobra.Group{ID: "work", Title: "Work"},
		&cobra.Group{ID: "act", Title: "Acts that ask for confirmation"}, &cobra.Group{ID: "give", Title: "Giving to others"},
		&cobra.Group{ID: "log", Title: "What happened"},
	)
	group := func(id string, cmds ...*cobra.Command) {
		for _, c := range cmds {
			c.GroupID = id
			root.AddCommand(c)
		}
	}
	group("mesh", a.serveCmd(), a.demoCmd(), a.inviteCmd(), a.nodesCmd(), a.edgesCmd(), a.summaryCmd(), a.budgetCmd(),
		a.modelsCmd(), a.accessCmd(), a.doctorCmd())
	group("work", a.hopperCmd(), a.runCmd(), a.workflowCmd(), a.jobsCmd(), a.logsCmd(), a.runsCmd(), a.openCmd(), a.explainCmd())
	group("act", a.actCmds()...)
	group("give", a.joinCmd(), a.leaveCmd(), a.workCmd(), a.policyCmd())
	group("log", a.eventsCmd(), a.oplogCmd(), a.auditCmd())
	root.AddCommand(a.blobCmd())
	for _, c := range root.Commands() {
		strict(c)
	}
	return root
}

// strict makes a word that is no command an error where a command does nothing by itself: it would show its help and end
// well, and a slip in a script would pass.
func strict(c *cobra.Command) {
	for _, sub := range c.Commands() {
		strict(sub)
	}
	if c.Runnable() || !c.HasSubCommands() {
		return
	}
	c.Args = cobra.NoArgs
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
}

// Commands lists the path of every command that a user can type, such as "oplog verify".
func Commands() []string {
	a := &app{}
	var out []string
	var walk func(c *cobra.Command, path string)
	walk = func(c *cobra.Command, path string) {
		for _, sub := range c.Commands() {
			if sub.Hidden {
				continue
			}
			p := path + sub.Name()
			out = append(out, p)
			walk(sub, p+" ")
		}
	}
	walk(a.tree(), "")
	sort.Strings(out)
	return out
}

// blobCmd is how the local client hands a file to the host.
func (a *app) blobCmd() *cobra.Command {
	put := &cobra.Command{
		Use: "put", Args: cobra.NoArgs, Short: "Store standard input as a blob",
		RunE: a.command(acts, files{}, func(context.Context, []string) error {
			h, err := a.acting()
			if err != nil {
				return err
			}
			hash, n, err := h.PutBlob(a.in, mesh.MaxBlob)
			if err != nil {
				return err
			}
			return a.show(map[string]any{"hash": hash, "size_bytes": n}, func(w io.Writer) { io.WriteString(w, hash+"\n") })
		}),
	}
	c := &cobra.Command{Use: "blob", Short: "Blobs of the host", Hidden: true}
	c.AddCommand(put)
	return c
}
