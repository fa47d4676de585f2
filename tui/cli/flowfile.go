package cli

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/workflow"
	"voxmesh/policy/syntax"
)

// flowFlags are those that every command has which is about a workflow's file.
type flowFlags struct {
	name    string   // of the workflow in it
	on      string   // node
	modules []string // PATH=FILE or PATH=blob:HASH, instead of the file that the workflow names
	outside bool     // modules may be links that lead out of the folder
	file    string   // what the file is called where it was opened: for diagnostics
}

// flowSource is a workflow's file as it was read, and the one workflow of it that was asked for.
type flowSource struct {
	src      []byte
	dir      string // where its modules are looked for
	file     *workflow.File
	flow     *workflow.Workflow // nil where the file has errors
	problems []workflow.Problem // of the file, and of the modules that it names
	why      error              // what is wrong with the first module that can't be had
}

// severityError keeps a file from running.
const severityError = "error"

func (s *flowSource) bad() bool {
	return slices.ContainsFunc(s.problems, func(p workflow.Problem) bool { return p.Severity == severityError })
}

// readFlow reads the file of a command. Codes: vox/file/unreadable, vox/cli/refused for a path in a session,
// vox/workflow/no-such.
func (a *app) readFlow(f *flowFlags, name string) (*flowSource, error) {
	if name == "-" && slices.ContainsFunc(f.modules, func(m string) bool { return strings.HasSuffix(m, "=-") }) {
		return nil, usage("standard input is either the workflow or a module of it")
	}
	in, done, err := a.openFile(name)
	if err != nil {
		return nil, err
	}
	defer done()
	src, err := io.ReadAll(io.LimitReader(in, syntax.MaxSize+1))
	if err != nil {
		return nil, unreadable(name, err)
	}
	called := name
	if f.file != "" {
		called = cleanText(f.file)
	}
	s := &flowSource{src: src, dir: ".", file: workflow.Parse(called, src)}
	if name != "-" {
		s.dir = filepath.Dir(name)
	}
	if s.problems = s.file.Problems; s.bad() {
		return s, nil
	}
	flow, ok := s.file.Workflow(f.name)
	if !ok {
		return nil, noSuchFlow(s.file, f.name)
	}
	s.flow = flow
	return s, nil
}

func noSuchFlow(file *workflow.File, name string) error {
	var names []string
	for _, w := range file.Workflows {
		names = append(names, w.Name)
	}
	has := fault.New("vox/workflow/no-such", "there is no workflow %q in %s", name, cleanText(file.Name))
	switch {
	case len(names) == 0:
		return fault.New("vox/workflow/no-such", "there is no workflow in %s", cleanText(file.Name)).WithHint("it begins with: workflow NAME {")
	case name == "":
		has = fault.New("vox/workflow/no-such", "%s has %d workflows", cleanText(file.Name), len(names))
	}
	return has.WithHint("name one with --name: %s", strings.Join(names, ", "))
}

// given reads --module: what stands for each path.
func (f *flowFlags) given() (map[string]string, error) {
	out := map[string]string{}
	for _, m := range f.modules {
		path, what, ok := strings.Cut(m, "=")
		if !ok || path == "" || what == "" {
			return nil, usage("--module takes PATH=FILE or PATH=blob:HASH, not %q", m)
		}
		out[path] = what
	}
	return out, nil
}

// collect opens the modules that the workflow names, in its file's folder and nowhere else unless that was allowed, and
// gives the hash of each as put has it. What can't be had becomes a problem at the activity that names it.
func (a *app) collect(s *flowSource, f *flowFlags, put putter) (map[string]string, error) {
	given, err := f.given()
	if err != nil {
		return nil, err
	}
	named := s.flow.Modules()
	for path := range given {
		if !slices.Contains(named, path) {
			return nil, usage("--module %s=…: the workflow names no such module; it names %s", cleanText(path), cmp.Or(strings.Join(named, ", "), "none"))
		}
	}
	hashes := map[string]string{}
	for _, path := range named {
		if hash, ok := strings.CutPrefix(given[path], blobPrefix); ok {
			hashes[path] = hash
			continue
		}
		in, done, err := a.openModule(s, f, path, given[path])
		if err == nil {
			hashes[path], err = put(path, in)
			done()
		}
		if err != nil {
			if code, _ := fault.Of(err); code == "vox/internal" || strings.HasPrefix(code, "vox/host/") {
				return nil, err
			}
			s.problem(path, err)
		}
	}
	return hashes, nil
}

// openModule opens one module. A file that somebody sent is no reason to read what lies elsewhere, so that a way out of
// the file's folder, through a link too, is refused. Codes: vox/workflow/outside, vox/file/unreadable, vox/cli/refused.
func (a *app) openModule(s *flowSource, f *flowFlags, path, given string) (io.Reader, func(), error) {
	switch {
	case !a.local:
		return nil, nil, fault.New("vox/cli/refused", "the module %s is a file, and files are not opened on behalf of a session", cleanText(path)).
			WithHint("store it with `blob put` from standard input, then give --module %s=blob:HASH", cleanText(path))
	case given != "":
		return a.openFile(given)
	}
	name := filepath.FromSlash(path)
	if f.outside {
		if !filepath.IsAbs(name) {
			name = s.dir + string(filepath.Separator) + name // joined, "-" would be standard input
		}
		return a.openFile(name)
	}
	outside := fault.New("vox/workflow/outside", "the module %s lies outside the folder of the workflow", cleanText(path)).
		WithHint("if you know this file: --allow-outside")
	if !filepath.IsLocal(name) {
		return nil, nil, outside
	}
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return nil, nil, unreadable(path, err)
	}
	defer root.Close()
	st, err := root.Stat(name)
	switch {
	case err != nil && strings.Contains(err.Error(), "escapes"):
		return nil, nil, outside
	case err != nil:
		return nil, nil, unreadable(path, err)
	case !st.Mode().IsRegular():
		return nil, nil, fault.New("vox/file/unreadable", "%s is no file", cleanText(path)).WithHint("name a file")
	}
	file, err := root.Open(name)
	if err != nil {
		return nil, nil, unreadable(path, err)
	}
	return file, func() { _ = file.Close() }, nil
}

// hashed is a putter that stores nothing: what a module would be called.
func hashed(name string, r io.Reader) (string, error) {
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(r, mesh.MaxBlob+1))
	switch {
	case err != nil:
		return "", unreadable(name, err)
	case n > mesh.MaxBlob:
		return "", fault.New("vox/blob/too-big", "%s is larger than 64 MiB", cleanText(name)).WithHint("make it smaller")
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// problem notes what is wrong with a module, at the first activity that names it.
func (s *flowSource) problem(path string, err error) {
	line, col := s.flow.Line, s.flow.Col
	for _, act := range s.flow.Activities {
		if act.Module == path {
			line, col = act.Line, act.Col
			break
		}
	}
	s.problemAt(line, col, err)
}

// ask notes the activities that ask for what the mesh does not have: a node, or bytes by their hash.
func (s *flowSource) ask(h *mesh.Host) {
	st := h.Snapshot()
	for _, act := range s.flow.Activities {
		if err := st.CheckNode(act.On); err != nil {
			s.problemAt(act.Line, act.Col, err)
		}
		if hash, ok := strings.CutPrefix(act.Module, blobPrefix); ok {
			if _, there := h.BlobSize(hash); !there {
				s.problemAt(act.Line, act.Col, fault.New("vox/blob/missing", "the module of activity %s is not stored here", cleanText(act.Name)).
					WithHint("name its file instead: it is stored when the workflow runs"))
			}
		}
	}
}

func (s *flowSource) problemAt(line, col int, err error) {
	code, hint := fault.Of(err)
	s.why = cmp.Or(s.why, err)
	p := workflow.Problem{Severity: severityError, File: s.file.Name, Code: code, Message: err.Error() + " (" + hint + ")", Line: line, Col: col}
	if lines := bytes.Split(s.src, []byte("\n")); p.Line > 0 && p.Line <= len(lines) {
		line := string(bytes.TrimSuffix(lines[p.Line-1], []byte("\r")))
		if utf8.RuneCountInString(line) <= longestLine {
			p.SourceLine, p.Caret = line, max(p.Col-1, 0)
		}
	}
	s.problems = append(s.problems, p)
}

// longestLine is how long a line may be to be shown whole.
const longestLine = 160

func writeFlowProblems(w io.Writer, all []workflow.Problem) {
	for _, p := range all {
		fmt.Fprintln(w, p.Format())
	}
}

// refusal tells the problems of a file that is not to be run, and gives the error for it: its first one.
func (a *app) refusal(s *flowSource) error {
	var errs []workflow.Problem
	for _, p := range s.problems {
		if p.Severity == severityError {
			errs = append(errs, p)
		}
	}
	if !a.json {
		writeFlowProblems(a.err, errs)
	}
	code, hint := "vox/workflow/invalid", errs[0].ErrorHint()
	if s.why != nil {
		code, hint = fault.Of(s.why)
	}
	text := errs[0].Error()
	if n := len(errs) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	if hint == "" {
		hint = "`voxmesh workflow preview` shows every problem"
	}
	return fault.New(code, "%s", text).WithHint("%s", hint)
}
