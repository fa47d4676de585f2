package debugger

import (
	"testing"

	"voxmesh/tui/keys"
)

func TestSee(t *testing.T) {
	x := open1(t, 120, 40)
	x.do(keys.Down, keys.Down, keys.Down, keys.Down, keys.Down, keys.Down)
	t.Log("\n" + x.view())
	x.size(80, 24)
	t.Log("\n" + x.view())
	x.size(200, 60)
	t.Log("\n" + x.view())
	x.size(120, 40)
	x.do(keys.Mark, keys.Up, keys.Compare)
	t.Log("\n" + x.view())
}
