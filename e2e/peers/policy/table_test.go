package policy

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/tailscale/hujson"
)

// tool is an editor with its language.
type tool struct {
	name  string
	ext   string                    // of its files
	means func([]byte) (any, error) // what a text means, to be compared
	edits map[string]way
}

// way is how an edit is made with a tool. It gives the result in each form in which the tool can write it, of which the
// best counts. Each of want is a result, as what is exchanged in the text: old, new, old, new…
type way struct {
	do   func([]byte) ([][]byte, error)
	want [][]string
}

// The edits, in the order of the table. Those of bare are of the files with lists on one line, those of everywhere of the
// files with comments in each place that the languages have for one.
var (
	commented = []string{
		"read and write", "set a number", "set a field of a slot", "add a slot", "remove a slot", "move a slot", "add a field", "remove a field",
		"add an override", "add a field to an override", "add a name to a list",
	}
	bare = []string{
		"read and write, bare", "set a field of a slot, bare", "add a slot, bare", "remove a slot, bare", "move a slot, bare", "add a field, bare",
		"add a name to a list, bare", "remove an override, bare",
	}
	everywhere = []string{
		"read and write, everywhere", "set a number, everywhere", "set a field of a slot, everywhere", "add a slot, everywhere", "remove a slot, everywhere",
		"move a slot, everywhere", "add a field, everywhere", "remove a field, everywhere", "add a name to a list, everywhere",
	}
)

func tools() []tool {
	return []tool{
		{name: "voxmesh", ext: ".vox", means: voxMeans, edits: voxEdits()},
		{name: "hclwrite, blocks", ext: ".blocks.hcl", means: hclMeans, edits: blockEdits()},
		{name: "hclwrite, list values", ext: ".lists.hcl", means: hclMeans, edits: valueEdits()},
		{name: "hclwrite, list tokens", ext: ".lists.hcl", means: hclMeans, edits: listEdits()},
		{name: "hujson Patch", ext: ".hujson", means: jsonMeans, edits: patchEdits()},
	}
}

// asIs and restyled are the styles in which the commented files are tried.
func asIs(s string) string { return s }

func restyled(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		rest := strings.TrimLeft(l, " \t")
		lead := l[:len(l)-len(rest)]
		if strings.HasPrefix(lead, "\t") {
			lead = strings.ReplaceAll(lead, "\t", "  ")
		} else {
			lead = strings.ReplaceAll(lead, "  ", "\t")
		}
		lines[i] = lead + rest
	}
	return strings.Join(lines, "\r\n")
}

// TestTable prints the table, and fails where an edit of ours changes more than it should.
func TestTable(t *testing.T) {
	var out strings.Builder
	out.WriteString("\n| edit |")
	for _, tl := range tools() {
		out.WriteString(" " + tl.name + " |")
	}
	out.WriteString("\n|---|" + strings.Repeat("---:|", len(tools())) + "\n")
	sums, losses := make([]int, len(tools())), make([]int, len(tools()))
	for _, part := range []struct {
		of    string
		edits []string
		style func(string) string
		says  string
	}{
		{"commented", commented, asIs, ""},
		{"commented", commented, restyled, ", CRLF"},
		{"bare", bare, asIs, ""},
		{"everywhere", everywhere, asIs, ""},
	} {
		for _, name := range part.edits {
			out.WriteString("| " + name + part.says + " |")
			for i, tl := range tools() {
				n, lost := try(t, tl, part.of, name, part.style)
				if i == 0 && (n != 0 || lost != 0) {
					t.Errorf("%s%s: %d bytes beyond the edit, %d comments lost", name, part.says, n, lost)
				}
				switch {
				case n == broken:
					out.WriteString(" broken |")
					continue
				case lost > 0:
					fmt.Fprintf(&out, " %d (%d lost) |", n, lost)
				default:
					fmt.Fprintf(&out, " %d |", n)
				}
				sums[i] += n
				losses[i] += lost
			}
			out.WriteString("\n")
		}
	}
	out.WriteString("| **all** |")
	for i, n := range sums {
		fmt.Fprintf(&out, " **%d (%d lost)** |", n, losses[i])
	}
	t.Log(out.String())
}

// broken are the bytes beyond an edit whose result can't be read in any form, or means something else.
const broken = -1

// try makes an edit and gives how many bytes it changed beyond it, and how many comments are gone that should not.
func try(t *testing.T, tl tool, base, name string, style func(string) string) (beyond, lost int) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + base + tl.ext)
	if err != nil {
		t.Fatal(err)
	}
	w, ok := tl.edits[name]
	if !ok {
		t.Fatalf("%s: nobody said how to %s", tl.name, name)
	}
	results, err := w.do([]byte(style(string(text))))
	if err != nil {
		t.Errorf("%s: %s: %v", tl.name, name, err)
		return 0, 0
	}
	beyond = broken
	for _, got := range results {
		meaning, err := tl.means(got)
		for _, pairs := range w.want {
			want := style(exchanged(t, string(text), pairs))
			wanted, wantErr := tl.means([]byte(want))
			if wantErr != nil {
				t.Fatalf("%s: %s: what is wanted can't be read: %v", tl.name, name, wantErr)
			}
			if err != nil || !reflect.DeepEqual(meaning, wanted) {
				continue
			}
			if n := distance(got, []byte(want)); beyond < 0 || n < beyond {
				beyond, lost = n, gone(want, string(got))
			}
		}
		if os.Getenv("SHOW") == name {
			t.Logf("%s: %s: %d, %v\n%s", tl.name, name, beyond, err, strings.NewReplacer("\r", "␍", "\t", "→").Replace(string(got)))
		}
	}
	return beyond, lost
}

// exchanged gives a text with parts of it exchanged, each of which stands in it once.
func exchanged(t *testing.T, text string, pairs []string) string {
	t.Helper()
	for p := range slices.Chunk(pairs, 2) {
		if strings.Count(text, p[0]) != 1 {
			t.Fatalf("%q is not once in\n%s", p[0], text)
		}
		text = strings.Replace(text, p[0], p[1], 1)
	}
	return text
}

// distance is how many bytes have to be deleted and inserted to make b of a, the fewest.
func distance(a, b []byte) int {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	row := make([]int, len(b)+1) // of the longest common parts
	for _, x := range a {
		before := 0
		for j, y := range b {
			was := row[j+1]
			if x == y {
				row[j+1] = before + 1
			} else {
				row[j+1] = max(row[j], was)
			}
			before = was
		}
	}
	return len(a) + len(b) - 2*row[len(b)]
}

// gone is how many comments are in want and not in got. All comments in the files differ.
func gone(want, got string) int {
	n := 0
	for c := range maps.Keys(comments(want)) {
		if !comments(got)[c] {
			n++
		}
	}
	return n
}

var comment = regexp.MustCompile(`//[^\r\n]*|/\*.*?\*/`)

func comments(s string) map[string]bool {
	all := make(map[string]bool)
	for _, c := range comment.FindAllString(s, -1) {
		all[strings.Trim(c, "/* ")] = true
	}
	return all
}

func TestDistance(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "abc", 0}, {"abc", "axc", 2}, {"abc", "ac", 1}, {"ab", "ba", 2}, {"", "xy", 2}, {"xaybz", "ab", 3}} {
		if got := distance([]byte(tc.a), []byte(tc.b)); got != tc.want {
			t.Errorf("%q to %q is %d, want %d", tc.a, tc.b, got, tc.want)
		}
	}
}

// The commented files of the others are as their own formatters would have them.
func TestFilesAreAsTheirFormattersLeaveThem(t *testing.T) {
	for name, format := range map[string]func([]byte) []byte{
		"commented.blocks.hcl": hclwrite.Format,
		"commented.lists.hcl":  hclwrite.Format,
		"commented.hujson": func(b []byte) []byte {
			b, err := hujson.Format(b)
			if err != nil {
				t.Error(err)
			}
			return b
		},
	} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if got := format(slices.Clone(b)); !bytes.Equal(got, b) {
			t.Errorf("%s would be\n%s", name, got)
		}
	}
}
