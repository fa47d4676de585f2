package cli

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"voxmesh/mesh/donations"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/worker"
	"voxmesh/policy"
	"voxmesh/policy/syntax"
)

// policyFile is the name of the donor's file in a workspace.
const policyFile = "donations.vox"

// policyFlags are those that all policy commands have.
type policyFlags struct {
	block string // the name of the policy in the file
}

func (a *app) policyCmd() *cobra.Command {
	f := &policyFlags{}
	c := &cobra.Command{
		Use: "policy", Short: "What this machine gives to others: donations.vox",
		Long: "What this machine gives to others stands in donations.vox: in the folder that --workspace names, else in this one\n" +
			"if it has one, else in the data folder. The file is yours: edits change only the bytes of what they edit.\n\n" +
			"A PATH names a setting as in slots[0].weight, slots[gpu].weight, allowed_users, allowed_users[2] or\n" +
			"per_peer_overrides[alice@aurelia].min_priority; `voxmesh policy explain PATH` says what it means.",
		Example: "  voxmesh policy show\n  voxmesh policy set slots[cpu].max_concurrent=6",
	}
	c.PersistentFlags().StringVar(&f.block, "policy", "", "the policy of that name in the file (default: donations, or the only one)")
	show := &cobra.Command{
		Use: "show", Short: "The policy as it is read, and whether it is in force", Args: cobra.NoArgs,
		Long:    "Prints the file, what is to be said about it, and whether it is what this machine goes by.",
		Example: "  voxmesh policy show\n  voxmesh policy show --workspace ~/mesh --json",
		RunE:    a.command(file, files{}, func(ctx context.Context, _ []string) error { return a.policyShow(ctx, f) }),
	}
	check := &cobra.Command{
		Use: "check [FILE]", Short: "Look for mistakes; exits 1 where there are errors", Args: cobra.MaximumNArgs(1),
		Long: "Each problem is printed with its line and a caret. Errors keep a policy from being in force; warnings and notes\n" +
			"do not. FILE may be - for standard input.",
		Example: "  voxmesh policy check\n  voxmesh policy check ./donations.vox",
		RunE:    a.command(file, files{}, func(ctx context.Context, args []string) error { return a.policyCheck(ctx, f, args) }),
	}
	use := &cobra.Command{
		Use: "use FILE", Short: "Put a policy file in force", Args: cobra.ExactArgs(1),
		Long: "Records FILE as the policy of this data folder's workers. It is followed from then on: what is saved there is in\n" +
			"force at the next job that asks, without a restart. A file with errors is refused.",
		Example: "  voxmesh policy use ~/mesh/donations.vox",
		RunE:    a.command(here, files{}, func(ctx context.Context, args []string) error { return a.policyUse(ctx, f, args[0]) }),
	}
	c.AddCommand(show, check, a.policySetCmd(f), a.policyUnsetCmd(f), a.policyMoveCmd(f), a.policyFmtCmd(f), a.policyUndoCmd(f), use,
		a.policyExplainCmd(f), a.policyStageCmd(f))
	return c
}

// policyView is a policy file as it is printed. All policy commands give these keys.
type policyView struct {
	Path         string           `json:"path"`
	Exists       bool             `json:"exists"`
	InForce      bool             `json:"in_force"`      // this file is what the data folder's workers go by, as far as it has no errors
	InForcePath  *string          `json:"in_force_path"` // the file that they go by; null: none was named
	Status       string           `json:"status"`        // InForce in words
	Source       string           `json:"source"`
	SourceBase64 []byte           `json:"source_base64,omitempty"` // where the source is not UTF-8
	Policies     []string         `json:"policies"`                // names in the file
	Policy       *policy.Policy   `json:"policy"`                  // null: there is none, or it has errors
	GitTracked   bool             `json:"is_git_tracked"`
	GitNote      string           `json:"git_note"` // why git says nothing of the file; empty: it does
	Problems     []policy.Problem `json:"problems"`

	file *policy.File
	git  donations.Git
}

// workspacePolicy is the file that policy commands are about: --workspace, else this folder's if it has one, else the
// data folder's. A link that points to nothing yet is one.
func (a *app) workspacePolicy() (string, error) {
	if !a.local {
		if a.donor == nil {
			return "", noHost()
		}
		return a.donor.where(), nil
	}
	if a.workspace != "" {
		return filepath.Abs(filepath.Join(a.workspace, policyFile))
	}
	if _, err := os.Lstat(policyFile); err == nil {
		return filepath.Abs(policyFile)
	}
	dir, err := a.dataDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, policyFile), nil
}

// book is the book of the workspace's file.
func (a *app) book() (*donations.Book, error) {
	path, err := a.workspacePolicy()
	if err != nil {
		return nil, err
	}
	return a.bookOf(path)
}

func (a *app) bookOf(path string) (*donations.Book, error) {
	dir, err := a.dataDir()
	if err != nil {
		return nil, err
	}
	return donations.New(donations.Options{Path: path, Data: dir}), nil
}

// readPolicy reads the workspace's file; that there is none is an error.
func (a *app) readPolicy(ctx context.Context, f *policyFlags) (*donations.Book, policyView, error) {
	b, err := a.book()
	if err != nil {
		return nil, policyView{}, err
	}
	v, err := a.viewOf(ctx, f, b)
	return b, v, err
}

func (a *app) viewOf(ctx context.Context, f *policyFlags, b *donations.Book) (policyView, error) {
	d, err := b.Read(ctx)
	if err != nil {
		return policyView{}, err
	}
	if !d.Exists {
		return policyView{}, fault.New("vox/policy/no-file", "there is no %s", d.Path).
			WithHint("this machine gives nothing; join a mesh, or write the file: `voxmesh policy set PATH=VALUE`")
	}
	return a.view(ctx, f, d)
}

// view says what is in a file.
func (a *app) view(ctx context.Context, f *policyFlags, d donations.Doc) (policyView, error) {
	v := policyView{
		Path: d.Path, Exists: d.Exists, Source: string(d.Source), GitTracked: d.Git.Tracked, GitNote: d.Git.Note, git: d.Git,
		Problems: []policy.Problem{}, Policies: []string{},
	}
	if !utf8.Valid(d.Source) {
		v.SourceBase64 = d.Source
	}
	if d.Exists {
		file, err := parsePolicy(f, d.Path, d.Source)
		if err != nil {
			return v, err
		}
		v.file, v.Policies = file, file.Policies()
		v.Problems = slices.Concat(v.Problems, file.Problems(), file.Notes(a.known()))
		slices.SortStableFunc(v.Problems, func(a, b policy.Problem) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
		})
		if p, ok := file.Policy(); ok {
			v.Policy = &p
		}
	}
	a.sayInForce(ctx, &v)
	return v, nil
}

// parsePolicy reads a source, and looks at the policy that was asked for.
func parsePolicy(f *policyFlags, path string, src []byte) (*policy.File, error) {
	file := policy.Parse(path, src)
	if f.block == "" {
		return file, nil
	}
	g, ok := file.For(f.block)
	if !ok {
		return nil, fault.New("vox/policy/no-such", "there is no policy %q in %s", f.block, path).WithHint("it has %q", file.Policies())
	}
	return g, nil
}

// known is what this machine knows of others: who invited it, and to which meshes.
func (a *app) known() policy.Known {
	dir, err := a.dataDir()
	if err != nil {
		return policy.Known{}
	}
	return knownTo(dir)
}

// knownTo is what is known on a data folder.
func knownTo(dir string) policy.Known {
	list, err := worker.List(dir)
	if err != nil || len(list) == 0 {
		return policy.Known{} // what is not known for certain gives no notes
	}
	k := policy.Known{}
	for _, m := range list {
		k.Meshes = append(k.Meshes, m.Local)
		if m.Inviter != "" {
			k.Peers = append(k.Peers, m.Inviter+"@"+m.Local)
		}
	}
	return k
}

// sayInForce says how the file stands to the one that is in force.
func (a *app) sayInForce(ctx context.Context, v *policyView) {
	dir, err := a.dataDir()
	if err != nil {
		return
	}
	path, err := worker.PolicyPath(dir)
	if err != nil {
		v.Status = "not in force: no file is, so this machine gives nothing; `voxmesh policy use FILE` puts one in force"
		return
	}
	v.InForcePath, v.InForce = &path, sameFile(path, v.Path)
	broken := v.file != nil && v.file.Err() != nil
	switch {
	case v.InForce && !v.Exists:
		v.Status = "this is where the policy in force was; without the file this machine gives nothing"
	case v.InForce && broken:
		v.Status = "not in force, because it has errors: who works already goes by the last policy without, who starts gives nothing"
	case v.InForce:
		v.Status = "in force on this machine"
	default:
		v.Status = "not in force: that is " + path + stateOf(ctx, path)
	}
}

// stateOf says what is wrong with the file in force, or nothing.
func stateOf(ctx context.Context, path string) string {
	d, err := donations.New(donations.Options{Path: path}).Read(ctx)
	switch {
	case err != nil:
		return ", which cannot be read"
	case !d.Exists:
		return ", which is not there: this machine gives nothing"
	case policy.Parse(path, d.Source).Err() != nil:
		return ", which has errors"
	}
	return ""
}

// sameFile reports whether two paths are one file, through links too.
func sameFile(a, b string) bool {
	if a == b {
		return true
	}
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

func (a *app) policyShow(ctx context.Context, f *policyFlags) error {
	_, v, err := a.readPolicy(ctx, f)
	if err != nil {
		return err
	}
	return a.show(v, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n%s\n%s\n\n%s", cleanText(v.Path), cleanText(v.Status), gitWords(v.git), v.Source)
		if v.Source != "" && v.Source[len(v.Source)-1] != '\n' {
			fmt.Fprintln(w)
		}
		writeProblems(w, v.Problems, "\n")
	})
}

func gitWords(g donations.Git) string {
	switch {
	case g.Note != "":
		return "git: " + cleanText(g.Note)
	case g.Tracked:
		return "git: tracked"
	}
	return "git: not tracked; `voxmesh policy stage` adds it"
}

func writeProblems(w io.Writer, all []policy.Problem, before string) {
	for _, p := range all {
		fmt.Fprintf(w, "%s%s\n", before, p.Format())
		before = ""
	}
}

func (a *app) policyCheck(ctx context.Context, f *policyFlags, args []string) error {
	v, err := a.checked(ctx, f, args)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(v.Problems, func(p policy.Problem) bool { return p.Severity == policy.SeverityError }) {
		a.exit = 1
	}
	return a.show(v, func(w io.Writer) {
		writeProblems(w, v.Problems, "")
		if len(v.Problems) == 0 {
			fmt.Fprintf(w, "%s: no problems\n", cleanText(v.Path))
		}
	})
}

func (a *app) checked(ctx context.Context, f *policyFlags, args []string) (policyView, error) {
	if len(args) == 0 {
		_, v, err := a.readPolicy(ctx, f)
		return v, err
	}
	if args[0] == "-" {
		src, err := io.ReadAll(io.LimitReader(a.in, syntax.MaxSize+1))
		if err != nil {
			return policyView{}, fmt.Errorf("read standard input: %w", err)
		}
		return a.view(ctx, f, donations.Doc{Path: "-", Source: bytes.Clone(src), Exists: true, Git: donations.Git{Note: "it is no file"}})
	}
	if err := a.localOnly("policy check FILE"); err != nil {
		return policyView{}, err
	}
	path, err := filepath.Abs(args[0])
	if err != nil {
		return policyView{}, err
	}
	b, err := a.bookOf(path)
	if err != nil {
		return policyView{}, err
	}
	return a.viewOf(ctx, f, b)
}

// policyUse records which file is in force. It refuses one with errors: nothing would be given.
func (a *app) policyUse(ctx context.Context, f *policyFlags, name string) error {
	path, err := filepath.Abs(name)
	if err != nil {
		return err
	}
	b, err := a.bookOf(path)
	if err != nil {
		return err
	}
	v, err := a.viewOf(ctx, f, b)
	if err != nil {
		return err
	}
	if err := v.file.Err(); err != nil {
		return err
	}
	dir, err := a.dataDir()
	if err != nil {
		return err
	}
	if err := worker.SetPolicyPath(dir, path); err != nil {
		return err
	}
	a.sayInForce(ctx, &v)
	return a.show(v, func(w io.Writer) { fmt.Fprintf(w, "in force: %s\n", cleanText(path)) })
}

// readPolicy reads the policy at a path. That there is none is an error here; a pipe is one, and is not waited for.
func readPolicy(ctx context.Context, path string) ([]byte, error) {
	d, err := donations.New(donations.Options{Path: path}).Read(ctx)
	if err == nil && !d.Exists {
		err = &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	return d.Source, err
}
