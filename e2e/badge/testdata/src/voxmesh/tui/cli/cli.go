package cli

import (
	"fmt"
	"io"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
)

type app struct{}

func badge(c privacy.Class) string { return c.Badge() }

func badgeOf(s string) string { return s }

func table(w io.Writer, rows [][]string) {}

func good(w io.Writer, st *mesh.State, ids []string) {
	rows := [][]string{{"NODE", "CLASS"}}
	for i, n := range st.Nodes() {
		state := fmt.Sprintf("%s", n.Status)
		rows = append(rows, []string{n.ID, badge(n.Class), state})
		fmt.Fprintf(w, "%d\n", i)
	}
	for _, e := range st.Entries() {
		rows = append(rows, []string{e.AuditID, badgeOf(e.PrivacyClass)})
	}
	for _, j := range st.Jobs() {
		fmt.Fprintln(w, j.Title, badge(j.Class))
	}
	table(w, rows)
}

func bad(w io.Writer, st *mesh.State, ids []string) {
	var rows [][]string
	for _, n := range st.Nodes() {
		rows = append(rows, []string{n.ID, fmt.Sprint(n.Status)}) // want `text of mesh.Node, one of many, is printed without its class`
	}
	for _, id := range ids {
		if n, ok := st.Node(id); ok {
			fmt.Fprintf(w, "%s\n", n.ID) // want `put badge\(…\) of its own privacy class beside it`
		}
	}
	for _, j := range st.Jobs() {
		rows = append(rows, []string{j.Title, badge(privacy.PublicMesh)}) // want `text of mesh.Job`
	}
	table(w, rows)
}

func (a *app) oneNode(w io.Writer, n mesh.NodeView) {
	for _, m := range n.Models {
		fmt.Fprintln(w, m.Model)
	}
}
