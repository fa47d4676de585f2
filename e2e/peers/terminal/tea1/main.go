// Command tea1 draws the screen of a console with one gauge, with Bubble Tea 1 and Lip Gloss 1 as they come.
//
// It is what voxmesh's console is measured beside: its rows are as wide as the console's, with the same inks, and hold a
// machine's gauge in the table and the mesh's in the last rows. The first moves so many times a second as -rate says, 0
// for a screen that never changes; with -mesh the second does too. Nothing is made cheaper than
// whoever follows the library's own examples would have it: no row is kept from one frame to the next, and the frames a
// second are those that the library has without being asked.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
)

// The rows of the screen that have a gauge: that of a machine in the table, and that of the whole mesh.
const (
	nodeRow = 28
	meshRow = 38
)

type tick struct{}

type model struct {
	w, h, n int
	rate    int
	mesh    bool // the mesh's gauge moves too
	green   lipgloss.Style
	second  lipgloss.Style
	third   lipgloss.Style
}

func (m model) wait() tea.Cmd {
	if m.rate <= 0 {
		return nil
	}
	return tea.Tick(time.Second/time.Duration(m.rate), func(time.Time) tea.Msg { return tick{} })
}

func (m model) Init() tea.Cmd { return m.wait() }

func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
	case tick:
		m.n++
		return m, m.wait()
	case tea.KeyMsg:
		if msg.String() == "q" {
			return m, tea.Quit
		}
	}
	return m, nil
}

func gauge(n int) string {
	full := min(n*6/100, 6)
	return strings.Repeat("▓", full) + strings.Repeat("░", 6-full)
}

func (m model) View() string {
	if m.w < 100 {
		return ""
	}
	rows := make([]string, m.h)
	bar := m.third.Render("│")
	for y := range rows {
		rows[y] = bar + strings.Repeat(" ", 76) + bar + bar + m.second.Render(" 10:12:23  leased               j-81f7 ") + bar
	}
	spent := m.n % 100
	rows[min(nodeRow, m.h-1)] = bar + " " + m.green.Render("●") + " bob-cpu        " + m.second.Render("PAIRED") + "  " + m.green.Render("online  ") +
		"     1/8  " + m.second.Render(gauge(spent)+fmt.Sprintf(" $%d.%02d/$5.00 ", spent/20, spent*5%100)) + "   " + m.second.Render("88 ms") + "  " +
		m.second.Render("23 s") + " " + bar + bar + m.second.Render("                                        ") + bar
	of := 0
	if m.mesh {
		of = m.n
	}
	rows[min(meshRow, m.h-1)] = " " + m.second.Render("5 nodes") + m.third.Render(" │ ") + m.second.Render("queue 7") + m.third.Render(" │ ") +
		m.second.Render("0 errors") + m.third.Render(" │ ") + m.second.Render("24 h ▓▓▓░░░░░░░ "+fmt.Sprintf("$%d.%02d/$25.00", of/100, of%100)) +
		m.third.Render(" │ ") + m.second.Render("llama3.2:3b")
	return strings.Join(rows, "\n")
}

func main() {
	rate := flag.Int("rate", 10, "how often a second the gauge moves")
	mesh := flag.Bool("mesh", false, "the mesh's gauge moves too")
	flag.Parse()
	in := func(c string) lipgloss.Style { return lipgloss.NewStyle().Foreground(lipgloss.Color(c)) }
	m := model{rate: *rate, mesh: *mesh, green: in("#34d399"), second: in("#a1a1aa"), third: in("#71717a")}
	if _, err := tea.NewProgram(m, tea.WithAltScreen()).Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
