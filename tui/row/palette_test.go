package row

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/theme"
)

func TestChoice(t *testing.T) {
	th := theme.New(true, false)
	offers := []Offer{
		{What: "drain alice-gpu", Note: "2 running may finish", Key: "D", Thing: true},
		{What: "r-18ff", Title: "drain alert queue of all", Note: "succeeded 09:31", Thing: true},
		{What: "drain a-node-with-a-very-long-name-3f9a", Note: "not now: offline since 09:58, and longer than there is room for", Key: "ctrl+k", Thing: true, Off: true},
		{What: "go to Runs", Key: "2"},
	}
	for w, want := range map[int]string{
		74: `
▸ drain alice-gpu             PUBLIC  2 running may finish              D
  r-18ff  drain alert queue … PUBLIC  succeeded 09:31
  drain a-node-with-a-ve…3f9a PUBLIC  not now: offline since 09:5… ctrl+k
  go to Runs                                                            2`,
		40: `
▸ drain…-gpu PUBLIC  2 running may f… D
  r-18ff     PUBLIC  succeeded 09:31
  drain…3f9a PUBLIC  not now: o… ctrl+k
  go to Runs                          2`,
	} {
		b := cell.New(w+6, len(offers))
		for i, o := range offers {
			Choice(b, 0, i, w, privacy.PublicMesh, o, Look{Selected: i == 0, Focused: true})
		}
		var got []string
		for _, r := range strings.Split(ansi.Strip(b.Render(th)), "\n") {
			got = append(got, strings.TrimRight(r, " "))
		}
		if s := "\n" + strings.Join(got, "\n"); s != want {
			t.Errorf("%d columns:%s\nwant%s", w, s, want)
		}
	}
	b := cell.New(74, 1)
	Choice(b, 0, 0, 74, privacy.Unknown, Offer{What: "x", Thing: true, Off: true}, Look{})
	if c := b.At(30, 0); c.S != "?" || c.Style.Attr&theme.Reverse == 0 {
		t.Errorf("a class that is not known is %+v", c)
	}
}
