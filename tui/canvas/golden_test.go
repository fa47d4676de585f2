package canvas

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"voxmesh/tui/cell"
)

var update = flag.Bool("update", false, "write the golden drawings anew")

// picture draws a view with what stands round it: title and facts over it, legend and rings under it.
func picture(v *View, w, h int, s Scene) string {
	body := draw(v, w, h, s)
	b := cell.New(w, 1)
	v.Legend(b, 0, 0, w)
	var out strings.Builder
	fmt.Fprintf(&out, "%s | %s\n", v.Title(), v.Facts())
	for _, r := range append(body, rows(b)...) {
		out.WriteString("│" + r + "│\n")
	}
	fmt.Fprintf(&out, "%s\n", v.Rings())
	return out.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; it is\n%s\nwant\n%s", name, got, want)
	}
}

func TestDrawings(t *testing.T) {
	for name, m := range map[string]made{
		"empty": {}, "alone": star(1, 1), "aurelia": aurelia(), "twelve": star(12, 1), "thirty": star(30, 1), "clusters": star(3000, 1),
	} {
		for _, z := range sizes[:2] {
			file := fmt.Sprintf("%s-%dx%d", name, z[0], z[1])
			t.Run(file, func(t *testing.T) {
				v := &View{}
				v.SetPicture(m.pic)
				golden(t, file, picture(v, z[0], z[1], m.scene))
			})
		}
	}
}
