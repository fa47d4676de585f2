package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"voxmesh/mesh/fault"
	"voxmesh/mesh/workflow"
	"voxmesh/policy/syntax"
)

// flowRow is one workflow of a workspace. A file without one that can be read has an empty name.
type flowRow struct {
	Name       string `json:"name"`
	File       string `json:"file"`
	Activities int    `json:"activities"`
	Problems   int    `json:"problems"` // of the file
	Errors     int    `json:"errors"`   // of those: with one it runs nothing
}

const flowExt = ".vox"

func (a *app) workflowLsCmd() *cobra.Command {
	return &cobra.Command{
		Use: "ls", Short: "The workflows of the workspace", Args: cobra.NoArgs,
		Long: "Lists the workflows in the files *.vox of the folder that --workspace names, else of this one if it has any, else of\n" +
			"the data folder.",
		RunE: a.command(here, files{}, func(context.Context, []string) error {
			dir, err := a.flowDir()
			if err != nil {
				return err
			}
			v, err := flowRows(dir)
			if err != nil {
				return err
			}
			return a.show(v, func(w io.Writer) {
				if len(v) == 0 {
					fmt.Fprintf(w, "There is no workflow in %s.\n", cleanText(dir))
					return
				}
				rows := [][]string{{"WORKFLOW", "FILE", "ACTIVITIES", "PROBLEMS"}}
				for _, r := range v {
					rows = append(rows, []string{dash(r.Name), r.File, fmt.Sprint(r.Activities), problemCount(r)})
				}
				table(w, rows)
			})
		}),
	}
}

func problemCount(r flowRow) string {
	switch {
	case r.Errors > 0:
		return fmt.Sprintf("%d, %d errors", r.Problems, r.Errors)
	case r.Problems > 0:
		return fmt.Sprint(r.Problems)
	}
	return "-"
}

// flowDir is where workflows are listed: --workspace, else this folder if it has files for it, else the data folder.
func (a *app) flowDir() (string, error) {
	if a.workspace != "" {
		return filepath.Abs(a.workspace)
	}
	if found, err := filepath.Glob("*" + flowExt); err == nil && len(found) > 0 {
		return filepath.Abs(".")
	}
	return a.dataDir()
}

// flowRows reads the files of a folder, not those below it. What is no plain file is left out, and so are policies.
func flowRows(dir string) ([]flowRow, error) {
	out := []flowRow{}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return nil, unreadable(dir, err)
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != flowExt || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		path := filepath.Join(dir, e.Name())
		src, err := smallFile(path)
		if err != nil {
			out = append(out, flowRow{File: e.Name(), Problems: 1, Errors: 1})
			continue
		}
		if src == nil {
			continue
		}
		out = append(out, rowsOf(e.Name(), src)...)
	}
	return out, nil
}

func rowsOf(name string, src []byte) []flowRow {
	f := workflow.Parse(name, src)
	r := flowRow{File: name, Problems: len(f.Problems)}
	for _, p := range f.Problems {
		if p.Severity == severityError {
			r.Errors++
		}
	}
	if len(f.Workflows) == 0 {
		if f.Blocks == 0 {
			return nil // a donor's file
		}
		return []flowRow{r}
	}
	var out []flowRow
	for _, w := range f.Workflows {
		r.Name, r.Activities = w.Name, len(w.Activities)
		out = append(out, r)
	}
	return slices.Clip(out)
}

// smallFile reads a plain file; nil for anything else.
func smallFile(path string) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	if !st.Mode().IsRegular() {
		return nil, nil
	}
	if st.Size() > syntax.MaxSize {
		return nil, fault.New("vox/file/too-big", "%s is too large for a workflow", cleanText(path)).WithHint("it holds at most %d bytes", syntax.MaxSize)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	return append([]byte{}, b...), nil
}
