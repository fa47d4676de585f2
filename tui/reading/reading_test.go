package reading

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh/fault"
	"voxmesh/tui/cell"
	"voxmesh/tui/layout"
	"voxmesh/tui/theme"
)

func TestLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		began := time.Now()
		if got := Late(ctx, 7)(); got != 7 || time.Since(began) != Patience {
			t.Errorf("it gives %v after %v", got, time.Since(began))
		}
		stop()
		if got := Late(ctx, 7)(); got != nil {
			t.Errorf("when nobody waits it gives %v", got)
		}
	})
}

func rows(b *cell.Buffer) []string {
	var out []string
	for _, s := range strings.Split(ansi.Strip(b.Render(theme.New(true, false))), "\n") {
		out = append(out, strings.TrimRight(s, " "))
	}
	return out
}

func TestFailed(t *testing.T) {
	err := fault.New("vox/run/unknown", "there is no\x1b run").WithHint("voxmesh runs lists them")
	for h, want := range map[int][]string{
		5: {"", " the run: there is", " no", " voxmesh runs lists", " r retry", "", ""},
		1: {"", " the run: there is", "", "", "", "", ""},
		0: {"", "", "", "", "", "", ""},
	} {
		b := cell.New(24, 7)
		Failed(b, layout.Rect{X: 1, Y: 1, W: 18, H: h}, "the run", err)
		for i, got := range rows(b) {
			if !strings.HasPrefix(got, want[i]) || (want[i] == "") != (got == "") || strings.Contains(got, "\x1b") {
				t.Errorf("%d rows: row %d is %q, want %q", h, i, got, want[i])
			}
		}
	}
	b := cell.New(24, 7)
	Failed(b, layout.Rect{W: 24, H: 7}, "it", errors.New("plain"))
	if got := rows(b); got[0] != "it: plain" || got[1] != "r retry" {
		t.Errorf("an error without a hint is %q", got)
	}
}

func TestShape(t *testing.T) {
	b := cell.New(30, 4)
	Shape(b, layout.Rect{X: 2, Y: 1, W: 20, H: 2})
	got := rows(b)
	if got[0] != "" || got[3] != "" || !strings.HasPrefix(got[1], "    ────") || !strings.HasPrefix(got[2], "    ────") || got[1] == got[2] {
		t.Errorf("the shape is %q", got)
	}
}
