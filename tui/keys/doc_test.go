package keys

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/keys.md anew")

// docs/keys.md is the table: whoever changes a key runs go test ./tui/keys -run Doc -update.
func TestKeysDoc(t *testing.T) {
	const path = "../../docs/keys.md"
	want := document()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("docs/keys.md is not what the keys do; go test ./tui/keys -run Doc -update writes it")
	}
}

func document() string {
	var out strings.Builder
	out.WriteString(`# Keys

What every key of the console does. This file is written from the bindings in ` + "`tui/keys`" + `, and a test holds it to them.

Lower case looks and never changes the mesh; capitals act. One key has one meaning in every pane. The last row shows the keys
of the focused region, ` + "`?`" + ` all of them, with the reason for what can't be done now.
`)
	about := map[string]string{
		"Look": "In a pane, a list, a layer. While a field is open letters are text, and the other keys move in it.",
		"Type": "While a field is open.",
		"Act":  "On what is selected; not for who may only view.",
		"Time": "Over every pane. Whoever looks at the past can change nothing until they are live again.",
	}
	for _, g := range Table() {
		fmt.Fprintf(&out, "\n## %s\n\n%s\n\n| key | does |\n|---|---|\n", g.Name, about[g.Name])
		for _, b := range g.Bindings {
			fmt.Fprintf(&out, "| %s | %s |\n", names(b), b.Long())
		}
	}
	out.WriteString("\n## Never bound\n\n| key | why |\n|---|---|\n")
	never := Never()
	for _, k := range slices.Sorted(maps.Keys(never)) {
		if strings.HasPrefix(k, "ctrl+") {
			fmt.Fprintf(&out, "| `%s` | %s |\n", k, never[k])
		}
	}
	fmt.Fprintf(&out, "| `alt` with a letter | %s |\n", never["alt+a"])
	return out.String()
}

// names writes every key that does it, with the signs of the screen.
func names(b Binding) string {
	sign := strings.NewReplacer("pgdown", "pgdn", "delete", "del", "up", "↑", "down", "↓", "left", "←", "right", "→")
	var out []string
	for _, k := range b.Keys() {
		if !strings.HasPrefix(k, "pgup") {
			k = sign.Replace(k)
		}
		out = append(out, "`"+k+"`")
	}
	return strings.Join(out, " ")
}
