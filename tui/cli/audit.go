package cli

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"voxmesh/audit"
	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
)

// auditSource reads the audit log.
type auditSource interface {
	AuditEntries(limit int) ([]mesh.AuditEntry, error)
	AuditEntry(id string) (mesh.AuditEntry, error)
	VerifyAudit(ctx context.Context) (audit.Report, error)
	ExportAudit(w io.Writer) error
}

func (a *app) auditCmd() *cobra.Command {
	c := &cobra.Command{
		Use: "audit", Short: "The signed entries of what was done", Args: cobra.NoArgs,
		RunE: a.command(read, files{}, func(context.Context, []string) error {
			s, err := a.src()
			if err != nil {
				return err
			}
			entries, err := s.AuditEntries(0)
			if err != nil {
				return err
			}
			v := make([]entryView, 0, len(entries))
			for _, e := range entries {
				v = append(v, viewEntry(e))
			}
			return a.show(v, func(w io.Writer) {
				rows := [][]string{{"ENTRY", "TIME", "ACTION", "TARGET", "CLASS", "ACTOR", "REASON"}}
				for _, e := range v {
					rows = append(rows, []string{e.AuditID, at(e.TsMicros), e.Action, e.Target, badgeOf(e.PrivacyClass), e.Actor, e.Reason})
				}
				table(w, rows)
			})
		}),
	}
	c.AddCommand(a.auditShowCmd(), a.auditVerifyCmd(), a.auditExportCmd())
	return c
}

func (a *app) auditShowCmd() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "One entry, as it was signed", Args: cobra.ExactArgs(1),
		RunE: a.command(read, files{}, func(_ context.Context, args []string) error {
			s, err := a.src()
			if err != nil {
				return err
			}
			e, err := s.AuditEntry(args[0])
			if err != nil {
				return err
			}
			return a.show(viewEntry(e), func(w io.Writer) { fmt.Fprintln(w, clean.Line(string(e.Stored))) })
		}),
	}
}

func (a *app) auditExportCmd() *cobra.Command {
	return &cobra.Command{
		Use: "export", Short: "All entries with the signed head and the public key, to standard output", Args: cobra.NoArgs,
		RunE: a.command(read, files{}, func(context.Context, []string) error {
			s, err := a.src()
			if err != nil {
				return err
			}
			return s.ExportAudit(a.out)
		}),
	}
}

func (a *app) auditVerifyCmd() *cobra.Command {
	var export, key string
	c := &cobra.Command{
		Use: "verify", Short: "Check every signature and the tree", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if export != "" || key != "" {
				return a.command(here, files{}, func(context.Context, []string) error {
					return a.verifyExport(export, key)
				})(cmd, args)
			}
			return a.command(read, files{}, func(ctx context.Context, _ []string) error {
				s, err := a.src()
				if err != nil {
					return err
				}
				rep, err := s.VerifyAudit(ctx)
				if err != nil {
					return err
				}
				return a.showReport(rep)
			})(cmd, args)
		},
	}
	c.Flags().StringVar(&export, "export", "", "an export to verify instead (- reads standard input)")
	c.Flags().StringVar(&key, "key", "", "the public key: a file, or the key's line itself")
	return c
}

func (a *app) verifyExport(export, key string) error {
	if export == "" || key == "" {
		return usage("--export and --key go together: the key must not come from the export")
	}
	line := key
	if b, err := os.ReadFile(key); err == nil {
		line = strings.TrimSpace(string(b))
	}
	pub, err := audit.ParsePublicKey(line)
	if err != nil {
		return err
	}
	r, done, err := a.openFile(export)
	if err != nil {
		return err
	}
	defer done()
	rep, err := audit.VerifyExport(r, pub)
	if err != nil {
		return err
	}
	return a.showReport(rep)
}

// showReport prints what a verification found. A log that does not verify is a failure that names the entry.
func (a *app) showReport(rep audit.Report) error {
	if !rep.OK() {
		names := make([]string, 0, len(rep.Problems))
		for _, p := range rep.Problems[:min(len(rep.Problems), 5)] {
			names = append(names, p.String())
		}
		return fault.New("vox/audit/not-verified", "%d of %d audit entries do not verify: %s", rep.Failed, rep.Entries, strings.Join(names, "; ")).
			WithHint("compare with an export or a pinned head that you trust")
	}
	v := map[string]any{
		"entries": rep.Entries, "verified": rep.Verified, "failed": rep.Failed, "tree_size": rep.TreeSize,
		"root": hex.EncodeToString(rep.Root[:]), "origin": rep.Origin,
	}
	return a.show(v, func(w io.Writer) {
		fmt.Fprintf(w, "%d entries, %d verified, %d failed; tree %d, root %x\n", rep.Entries, rep.Verified, rep.Failed, rep.TreeSize, rep.Root[:8])
	})
}
