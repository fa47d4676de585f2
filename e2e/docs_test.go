package e2e

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// documents are README and all that lies under docs, as Markdown.
func documents(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, name := range allFiles(t) {
		if name == "README.md" || strings.HasPrefix(name, "docs/") && path.Ext(name) == ".md" {
			out = append(out, name)
		}
	}
	if len(out) < 5 {
		t.Fatalf("only %d documents were found", len(out))
	}
	return out
}

var (
	inlineCode = regexp.MustCompile("`([^`\n]+)`")
	link       = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	fence      = regexp.MustCompile("(?ms)^```[a-z]*\n(.*?)^```")
	// aPath is something of the repository: it begins with one of the folders at its top, or is a file there.
	aPath = regexp.MustCompile(`^(?:(?:tui|mesh|oplog|policy|audit|hopper|e2e|docs|\.ci)(?:/[A-Za-z0-9_.…*-]+)*/?|(?:go\.mod|go\.sum|main\.go|README\.md|LICENSE|\.gitignore))$`)
)

// TestNamedPathsExist: every path of the repository that a document names in backticks or links to is there.
func TestNamedPathsExist(t *testing.T) {
	found := 0
	for _, doc := range documents(t) {
		text := read(t, doc)
		for _, m := range inlineCode.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			if name := m[1]; aPath.MatchString(name) && !strings.ContainsAny(name, "*…") {
				found++
				exists(t, doc, strings.TrimSuffix(name, "/"))
			}
		}
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			target, _, _ := strings.Cut(m[1], "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			found++
			exists(t, doc, path.Join(path.Dir(doc), target))
		}
	}
	if found < 40 {
		t.Errorf("only %d paths were found in the documents: the pattern finds nothing", found)
	}
}

// pictures are drawn from the running program, apart from the text that shows them: where there is none, none is missed.
const pictures = "docs/pictures"

func exists(t *testing.T, doc, name string) {
	t.Helper()
	if drawn, _ := os.ReadDir(filepath.Join(root(t), pictures)); len(drawn) == 0 && under(name, pictures) {
		return
	}
	if _, err := os.Stat(filepath.Join(root(t), filepath.FromSlash(name))); err != nil {
		t.Errorf("%s names %s, which does not exist", doc, name)
	}
}

var (
	codeLiteral = regexp.MustCompile(`"(vox/(?:[a-z]+/[a-z]+(?:-[a-z]+)*|internal))"`)
	codeRow     = regexp.MustCompile("(?m)^\\| `(vox/[a-z/-]+)` \\|")
	// Problems of a policy carry the last part of their code alone.
	policyCode = regexp.MustCompile(`(?:problemAt\{Severity\w+, |\.fail\([^"\n]*?, |\.say\(Severity\w+, [^"\n]*?, |\bcode: |\bCode\w+ += )"([a-z]+(?:-[a-z]+)*)"`)
	// So do those of a workflow's file; what is wrong with the form of either comes from their common syntax.
	workflowCode = regexp.MustCompile(`(?:finding\{severity\w+, |\.(?:fail|note)\([^"\n]*?, |\.say\(severity\w+, [^"\n]*?, |\bcode: |\bcodePrefix\+)"([a-z]+(?:-[a-z]+)*)"`)
	syntaxCode   = regexp.MustCompile(`\bCode\w+ += "([a-z]+(?:-[a-z]+)*)"`)
)

// TestErrorCodes compares docs/errors.md with the codes in the sources, both ways.
func TestErrorCodes(t *testing.T) {
	inCode := map[string]string{} // code → a file that has it
	for _, name := range allFiles(t) {
		if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "e2e/") {
			continue
		}
		text := read(t, name)
		for _, m := range codeLiteral.FindAllStringSubmatch(text, -1) {
			inCode[m[1]] = name
		}
		if strings.HasPrefix(name, "policy/") {
			for _, m := range policyCode.FindAllStringSubmatch(text, -1) {
				inCode["vox/policy/"+m[1]] = name
			}
		}
		if strings.HasPrefix(name, "mesh/workflow/") {
			for _, m := range workflowCode.FindAllStringSubmatch(text, -1) {
				inCode["vox/workflow/"+m[1]] = name
			}
		}
		if strings.HasPrefix(name, "policy/syntax/") {
			for _, m := range syntaxCode.FindAllStringSubmatch(text, -1) {
				inCode["vox/workflow/"+m[1]] = name
			}
		}
	}
	const doc = "docs/errors.md"
	inDoc := map[string]bool{}
	for _, m := range codeRow.FindAllStringSubmatch(read(t, doc), -1) {
		if inDoc[m[1]] {
			t.Errorf("%s has %s twice", doc, m[1])
		}
		inDoc[m[1]] = true
	}
	for code, file := range inCode {
		if !inDoc[code] {
			t.Errorf("%s does not say what %s (%s) means and what to do", doc, code, file)
		}
	}
	for code := range inDoc {
		if _, ok := inCode[code]; !ok {
			t.Errorf("%s explains %s, which nothing gives any more", doc, code)
		}
	}
	if len(inCode) < 100 {
		t.Errorf("only %d codes were found in the sources: the pattern finds nothing", len(inCode))
	}
}

var kindLine = regexp.MustCompile(`(?m)^\tKind\w+ += "([a-z_]+)"`)

// TestOpKindsAreDocumented: the table of ops in docs/formats.md has every kind, and no other.
func TestOpKindsAreDocumented(t *testing.T) {
	var kinds []string
	for _, m := range kindLine.FindAllStringSubmatch(read(t, "mesh/ops.go"), -1) {
		kinds = append(kinds, m[1])
	}
	if len(kinds) < 15 {
		t.Fatalf("only %d kinds were found in mesh/ops.go", len(kinds))
	}
	_, rest, _ := strings.Cut(read(t, "docs/formats.md"), "\n## Op kinds\n")
	section, _, _ := strings.Cut(rest, "\n## ")
	var told []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(section, -1) {
		told = append(told, m[1])
	}
	for _, k := range kinds {
		if !slices.Contains(told, k) {
			t.Errorf("docs/formats.md has no row for the op %s", k)
		}
	}
	for _, k := range told {
		if !slices.Contains(kinds, k) {
			t.Errorf("docs/formats.md has a row for the op %s, which mesh/ops.go does not", k)
		}
	}
}

// TestDependenciesHaveReasons: every module that go.mod requires directly stands in the table with its reason.
func TestDependenciesHaveReasons(t *testing.T) {
	const doc = "docs/decisions/0008-dependencies.md"
	f, err := modfile.Parse("go.mod", []byte(read(t, "go.mod")), nil)
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| [^|]{10,} \\|").FindAllStringSubmatch(read(t, doc), -1) {
		reasons[m[1]] = true
	}
	for _, r := range f.Require {
		if !r.Indirect && !reasons[r.Mod.Path] {
			t.Errorf("%s has no reason for %s", doc, r.Mod.Path)
		}
		delete(reasons, r.Mod.Path)
	}
	for p := range reasons {
		t.Errorf("%s has a reason for %s, which go.mod does not require", doc, p)
	}
}

var (
	fieldsOf  = regexp.MustCompile(`(?s)func \(r \*(\w+)\) fields\(c \*coder\) \{(.*?)\n?\}\n`)
	fieldCall = regexp.MustCompile(`(?:c\.(\w+)\(|(list)\(c, )(\d+), (?:&r\.(\w+)|uint64\(r\.(\w+)\))`)
)

// recordRows gives the row of docs/formats.md for each record of mesh/ops.go and mesh/ops_job.go: its fields with number and form.
func recordRows(t *testing.T) []string {
	t.Helper()
	forms := map[string]string{
		"str": "string", "strs": "strings", "bytes": "bytes", "u64": "uint", "u32": "uint", "u8": "uint", "varint": "uint", "class": "uint",
		"flag": "bool", "i64": "sint", "opt": "optional sint", "list": "records",
	}
	var rows []string
	for _, m := range fieldsOf.FindAllStringSubmatch(read(t, "mesh/ops.go")+read(t, "mesh/ops_job.go"), -1) {
		var fields []string
		for _, f := range fieldCall.FindAllStringSubmatch(m[2], -1) {
			form, ok := forms[f[1]+f[2]]
			if !ok {
				t.Errorf("mesh codes a field of %s with %s, which this test does not know", m[1], f[1])
			}
			fields = append(fields, f[3]+" "+f[4]+f[5]+" "+form)
		}
		if calls := strings.Count(m[2], "\tc.") + strings.Count(m[2], " c.") + strings.Count(m[2], "list(c"); len(fields) == 0 || len(fields) != calls {
			t.Errorf("mesh: the fields of %s were not understood", m[1])
		}
		rows = append(rows, "| `"+m[1]+"` | "+strings.Join(fields, " · ")+" |")
	}
	return rows
}

// TestRecordsAreDocumented: the numbers of an op's fields are final, so they stand in docs/formats.md as they are coded.
func TestRecordsAreDocumented(t *testing.T) {
	rows := recordRows(t)
	if len(rows) < 15 {
		t.Fatalf("only %d records were found in mesh/ops.go and mesh/ops_job.go", len(rows))
	}
	text := read(t, "docs/formats.md")
	for _, row := range rows {
		if !strings.Contains(text, "\n"+row+"\n") {
			t.Errorf("docs/formats.md lacks this row:\n%s", row)
		}
	}
}

// TestDirectivesOfTheToolsStayApart: the tools have a modfile of their own, so that users carry none of them.
func TestDirectivesOfTheToolsStayApart(t *testing.T) {
	users, err := modfile.Parse("go.mod", []byte(read(t, "go.mod")), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(users.Tool) > 0 {
		t.Errorf("go.mod has tool directives: they belong into .ci/tools.mod")
	}
	tools, err := modfile.Parse(".ci/tools.mod", []byte(read(t, ".ci/tools.mod")), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(tools.Tool) == 0 {
		t.Errorf(".ci/tools.mod has no tool directives")
	}
}
