package row

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/theme"
)

func TestMoment(t *testing.T) {
	whole := Op{Seq: "op 7", Time: "09:41:07", Event: "job_leased", ID: "j-80cb", To: "bob-cpu", Says: "attempt 2", Right: "2 of 9 in 1 s"}
	for _, tc := range []struct {
		w    int
		op   Op
		want string
	}{
		{72, whole, " op 7  09:41:07  job_leased  j-80cb PAIRED → bob-cpu  att… 2 of 9 in 1 s"},
		{60, whole, " op 7  09:41:07  job_leased  j-80cb PAIRED → … 2 of 9 in 1 s"},
		{48, whole, " op 7  09:41:07  job_leased  atte… 2 of 9 in 1 s"}, // no id without its class
		{60, Op{Event: "host_started", Says: "aurelia"}, " host_started  aurelia"},
		{10, Op{Right: "longer than it"}, ""},
	} {
		b := cell.New(80, 1)
		Moment(b, 0, 0, tc.w, privacy.PairedPeersOnly, tc.op, Look{})
		got := strings.TrimRight(ansi.Strip(b.Render(theme.New(true, false))), " ")
		if got != tc.want || ansi.StringWidth(got) > tc.w {
			t.Errorf("%d:\n%q\n%q", tc.w, got, tc.want)
		}
	}
	b := cell.New(80, 1)
	Moment(b, 0, 0, 80, privacy.Unknown, whole, Look{Faint: true})
	loud := false
	for x := range 80 {
		c := b.At(x, 0)
		loud = loud || c.S == "?" && c.Style.Attr&theme.Reverse != 0
	}
	if !loud {
		t.Error("a class that is not known is not loud")
	}
}
