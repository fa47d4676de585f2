// Command voxmesh is a terminal console for a personal compute mesh: it adds nodes, watches them, sends them work,
// stops them, and shows the whole mesh as it was at any past instant. The commands begin in tui/cli.
package main

import (
	"os"

	"voxmesh/tui/cli"
)

func main() { os.Exit(cli.Main()) }
