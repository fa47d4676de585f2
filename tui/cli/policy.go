package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"voxmesh/mesh/fault"
	"voxmesh/mesh/worker"
	"voxmesh/policy"
)

// policyFile is the name of the donor's file in a workspace.
const policyFile = "donations.vox"

func (a *app) policyCmd() *cobra.Command {
	c := &cobra.Command{Use: "policy", Short: "What this machine gives to others: donations.vox"}
	show := &cobra.Command{
		Use: "show", Short: "The policy as it is read", Args: cobra.NoArgs,
		RunE: a.command(here, files{}, func(ctx context.Context, _ []string) error { return a.policyShow(ctx) }),
	}
	check := &cobra.Command{
		Use: "check [FILE]", Short: "Look for mistakes; exits 1 where there are errors", Args: cobra.MaximumNArgs(1),
		RunE: a.command(here, files{}, func(ctx context.Context, args []string) error { return a.policyCheck(ctx, args) }),
	}
	use := &cobra.Command{
		Use: "use FILE", Short: "Put a policy file in force", Args: cobra.ExactArgs(1),
		RunE: a.command(here, files{}, func(_ context.Context, args []string) error { return a.policyUse(args[0]) }),
	}
	c.AddCommand(show, check, use)
	return c
}

// policyView is a policy file as it is printed.
type policyView struct {
	Path       string           `json:"path"`
	InForce    bool             `json:"in_force"`
	Source     string           `json:"source"`
	Policy     *policy.Policy   `json:"policy"`
	GitTracked bool             `json:"is_git_tracked"`
	Problems   []policy.Problem `json:"problems"`
}

// workspacePolicy is the file that policy commands are about: --workspace, else this folder's if it has one, else the
// data folder's.
func (a *app) workspacePolicy() (string, error) {
	if a.workspace != "" {
		return filepath.Abs(filepath.Join(a.workspace, policyFile))
	}
	if _, err := os.Stat(policyFile); err == nil {
		return filepath.Abs(policyFile)
	}
	dir, err := a.dataDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, policyFile), nil
}

func (a *app) readPolicy(ctx context.Context, path string) (*policy.File, policyView, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, policyView{}, fault.New("vox/policy/no-file", "there is no %s", path).
			WithHint("this machine gives nothing; join a mesh, or write the file")
	}
	if err != nil {
		return nil, policyView{}, fault.New("vox/file/unreadable", "%s cannot be read", path).Wrap(err)
	}
	f := policy.Parse(path, b)
	v := policyView{Path: path, Source: string(b), GitTracked: gitTracked(ctx, path), Problems: f.Problems()}
	if v.Problems == nil {
		v.Problems = []policy.Problem{}
	}
	if p, ok := f.Policy(); ok {
		v.Policy = &p
	}
	if dir, err := a.dataDir(); err == nil {
		inForce, _ := worker.PolicyPath(dir)
		v.InForce = inForce == path
	}
	return f, v, nil
}

func (a *app) policyShow(ctx context.Context) error {
	path, err := a.workspacePolicy()
	if err != nil {
		return err
	}
	_, v, err := a.readPolicy(ctx, path)
	if err != nil {
		return err
	}
	return a.show(v, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n", v.Path)
		if v.InForce {
			fmt.Fprintln(w, "in force on this machine")
		}
		fmt.Fprintf(w, "\n%s\n", v.Source)
		for _, p := range v.Problems {
			fmt.Fprintln(w, p.Format())
		}
	})
}

func (a *app) policyCheck(ctx context.Context, args []string) error {
	path := ""
	var err error
	if len(args) == 1 {
		path, err = filepath.Abs(args[0])
	} else {
		path, err = a.workspacePolicy()
	}
	if err != nil {
		return err
	}
	_, v, err := a.readPolicy(ctx, path)
	if err != nil {
		return err
	}
	for _, p := range v.Problems {
		if p.Severity == policy.SeverityError {
			a.exit = 1
		}
	}
	return a.show(v, func(w io.Writer) {
		for _, p := range v.Problems {
			fmt.Fprintln(w, p.Format())
		}
		if len(v.Problems) == 0 {
			fmt.Fprintf(w, "%s: no problems\n", v.Path)
		}
	})
}

// policyUse records which file is in force. It refuses one with errors: nothing would be given.
func (a *app) policyUse(name string) error {
	path, err := filepath.Abs(name)
	if err != nil {
		return err
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return fault.New("vox/file/unreadable", "%s cannot be read", name).Wrap(err)
	}
	if err := policy.Parse(path, b).Err(); err != nil {
		return err
	}
	dir, err := a.dataDir()
	if err != nil {
		return err
	}
	if err := worker.SetPolicyPath(dir, path); err != nil {
		return err
	}
	return a.show(map[string]string{"path": path}, func(w io.Writer) { fmt.Fprintf(w, "in force: %s\n", path) })
}

// gitTracked asks git; without git, or outside a work tree, the answer is no.
func gitTracked(ctx context.Context, path string) bool {
	cmd := exec.CommandContext(ctx, "git", "-C", filepath.Dir(path), "ls-files", "--error-unmatch", "--", filepath.Base(path))
	return cmd.Run() == nil
}
