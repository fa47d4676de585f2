package list_test

import (
	"testing"
	"time"

	"charm.land/bubbles/v2/table"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/list"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

const tableRows = 40

// BenchmarkTable draws a screenful of a table in which the cursor moves: as the console does, and as the table of
// Bubbles does, which the ratio is against. A cell of Bubbles' table has one style for all rows, so it draws less.
func BenchmarkTable(b *testing.B) {
	var took [2]time.Duration
	b.Run("bubbles", func(b *testing.B) {
		columns := []table.Column{{Title: "RUN", Width: 7}, {Title: "CLASS", Width: 6}, {Title: "STATUS", Width: 9}, {Title: "WHAT", Width: 30}, {Title: "NODE", Width: 12}, {Title: "START", Width: 8}, {Title: "TIME", Width: 6}, {Title: "COST", Width: 6}}
		var rows []table.Row
		for range tableRows {
			rows = append(rows, table.Row{"r-19c4", "PAIRED", "running", "render the night", "alice-gpu", "10:12:23", "0:42", "$0.11"})
		}
		t := table.New(table.WithColumns(columns), table.WithRows(rows), table.WithHeight(tableRows+1), table.WithFocused(true))
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			t.SetCursor(n % tableRows)
			n++
			_ = t.View()
		}
		took[0] = b.Elapsed() / time.Duration(b.N)
	})
	b.Run("cells", func(b *testing.B) {
		var l list.List
		ids := make([]string, tableRows)
		for i := range ids {
			ids[i] = string(rune('a' + i))
		}
		l.Set(ids)
		th, buf := theme.New(true, false), cell.New(100, tableRows+1)
		rest := []row.Field{{Text: "running", Width: 9}, {Text: "render the night", Width: 30}, {Text: "alice-gpu", Width: 12}, {Text: "10:12:23", Width: 8}, {Text: "0:42", Width: 6}, {Text: "$0.11", Width: 6}}
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			l.Select(ids[n%tableRows])
			n++
			buf.Clear()
			from, to := l.Window(tableRows)
			for i := range ids[from:to] {
				row.Job(buf, 0, i+1, 100, privacy.PairedPeersOnly, "r-19c4", rest, "$0.11", row.Look{Selected: from+i == l.At(), Focused: true})
			}
			_ = buf.Render(th)
		}
		took[1] = b.Elapsed() / time.Duration(b.N)
		if took[0] > 0 {
			b.ReportMetric(float64(took[0])/float64(took[1]), "x-of-bubbles")
		}
	})
}
