package workflow

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// manual is the chapter on workflow files.
func manual(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../docs/formats.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(b), "\n## Workflow files\n")
	if !ok {
		t.Fatal("docs/formats.md has no chapter on workflow files")
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

func manualRow(path string, f *field) string {
	kind, span := "", ""
	switch f.form {
	case formBool:
		kind = "true, false"
	case formInt:
		kind, span = "number", fmt.Sprintf("%d to %d", f.min, f.max)
	case formChoice:
		kind = strings.Join(f.choices, ", ")
	case formRank:
		kind, span = strings.Join(f.choices, ", ")+", or a number", fmt.Sprintf("%d to %d", f.min, f.max)
	case formName:
		kind = "name"
	case formWord:
		kind, span = "word", fmt.Sprintf("at most %d letters", f.max)
	case formText:
		kind, span = "text", fmt.Sprintf("at most %d bytes", f.max)
	case formString:
		kind = "text with references"
	case formNames:
		kind, span = "list of names", fmt.Sprintf("at most %d", f.max)
	case formStrings:
		kind, span = "list of texts with references", fmt.Sprintf("at most %d", f.max)
	case formEach:
		kind, span = "list of texts with references, or one reference", fmt.Sprintf("at most %d", f.max)
	case formWhen:
		kind, span = "record, or list of records", fmt.Sprintf("at most %d", f.max)
	case formRecords:
		kind, span = "list of records", fmt.Sprintf("1 to %d", MaxActivities)
	}
	absent := f.absent
	switch {
	case f.required && f.runners != nil:
		absent = "required for " + strings.Join(f.runners, ", ")
	case f.required:
		absent = "required"
	case f.runners != nil:
		absent += " (" + strings.Join(f.runners, ", ") + " only)"
	}
	return strings.ReplaceAll(fmt.Sprintf("| `%s` | %s | %s | %s | %s |", path, kind, span, absent, f.help), "|  |", "| |")
}

// The manual has each field with its type, its range and what it means that it is absent, and no other.
func TestTheManualHasEachField(t *testing.T) {
	text := manual(t)
	rows := 0
	var walk func(prefix string, fields []field)
	walk = func(prefix string, fields []field) {
		for i := range fields {
			f := &fields[i]
			rows++
			if row := manualRow(prefix+f.name, f); !strings.Contains(text, "\n"+row+"\n") {
				t.Errorf("docs/formats.md lacks the line\n%s", row)
			}
			walk(prefix+f.name+"[].", f.fields)
		}
	}
	walk("", workflowFields)
	_, table, _ := strings.Cut(text, "\n|---|---|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	if n := strings.Count(table, "\n") + 1; n != rows {
		t.Errorf("docs/formats.md has %d fields of %d", n, rows)
	}
}

// The example of the manual is sound, and so complete that it has each field.
func TestTheExampleOfTheManualIsSound(t *testing.T) {
	_, example, _ := strings.Cut(manual(t), "\n```vox\n")
	example, _, ok := strings.Cut(example, "```\n")
	if !ok {
		t.Fatal("docs/formats.md has no example of a workflow")
	}
	f := Parse("example.vox", []byte(example))
	if len(f.Problems) > 0 {
		t.Fatal(formatted(f))
	}
	compiled(t, example)
	for _, fields := range [][]field{workflowFields, activityFields, conditionFields} {
		for _, f := range fields {
			if !strings.Contains(example, f.name+": ") {
				t.Errorf("the example has no field %s", f.name)
			}
		}
	}
}

// Numbers that the manual tells are those of the code.
func TestTheManualHasTheBounds(t *testing.T) {
	text := strings.Join(strings.Fields(manual(t)), " ")
	for _, s := range []string{
		fmt.Sprintf("At most %d workflows", maxWorkflows),
		fmt.Sprintf("at most %d references", maxRefs),
		fmt.Sprintf("%d KiB of arguments, %d MiB of prompt and %d MiB of standard input", maxArgBytes>>10, maxPromptBytes>>20, maxStdinBytes>>20),
		fmt.Sprintf("up to %d MiB", maxPartsBytes>>20),
		fmt.Sprintf("%d MiB together", maxItemBytes>>20),
		`"voxmesh workflow activity v1\n"`,
		strings.TrimSpace(unable),
	} {
		if !strings.Contains(text, s) {
			t.Errorf("docs/formats.md does not say %q", s)
		}
	}
	for _, c := range codes(t) {
		if !strings.Contains(text, "`"+c+"`") {
			t.Errorf("docs/formats.md does not name the code %s", c)
		}
	}
}
