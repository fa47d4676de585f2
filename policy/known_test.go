package policy

import (
	"fmt"
	"strings"
	"testing"
)

func TestNotes(t *testing.T) {
	const file = `policy donations {
  allowed_users: ["alice@aurelia", "zoe@aurelia", "eve@elsewhere"]
  denied_users: [alice, zoe]
  allowed_mesh_networks: [aurelia, elsewhere]
  per_peer_overrides: [{ peer: "zoe@aurelia" }, { peer: 1 }, 2]
  models: ["llama3.2", "phi*"]
}`
	for _, tc := range []struct {
		name  string
		known Known
		want  string // line:code of each
	}{
		{"nothing", Known{}, ""},
		{"peers", Known{Peers: []string{"alice@aurelia", "eve@elsewhere"}}, "2:unknown-peer 3:unknown-peer 5:unknown-peer"},
		{"nobody", Known{Peers: []string{}}, "2:unknown-peer 2:unknown-peer 2:unknown-peer 3:unknown-peer 3:unknown-peer 5:unknown-peer"},
		{"meshes", Known{Meshes: []string{"aurelia"}}, "2:unknown-mesh 4:unknown-mesh"},
		{"peers and meshes", Known{Peers: []string{"alice@aurelia"}, Meshes: []string{"aurelia"}}, "2:unknown-peer 2:unknown-mesh 3:unknown-peer 4:unknown-mesh 5:unknown-peer"},
		{"models", Known{Models: []string{"llama3.2:latest", "mistral:7b"}}, "6:unknown-model"},
		{"no models", Known{Models: []string{}}, "6:unknown-model 6:unknown-model"},
	} {
		f := Parse("donations.vox", []byte(file))
		before := len(f.Problems())
		var got []string
		for _, p := range f.Notes(tc.known) {
			got = append(got, fmt.Sprintf("%d:%s", p.Line, strings.TrimPrefix(p.Code, "vox/policy/")))
			if p.Severity != SeverityNote || p.File != "donations.vox" {
				t.Errorf("%s: %+v", tc.name, p)
			}
		}
		if s := strings.Join(got, " "); s != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, s, tc.want)
		}
		if len(f.Problems()) != before {
			t.Errorf("%s: asking for notes changed the file", tc.name)
		}
	}
}

func TestNotesAreBounded(t *testing.T) {
	f := Parse("", []byte("policy donations { denied_users: ["+strings.Repeat("zoe ", 50_000)+"] }"))
	notes := f.Notes(Known{Peers: []string{"alice@aurelia"}})
	if len(notes) != maxProblems+1 || notes[maxProblems].Code != "vox/policy/more" {
		t.Errorf("%d notes", len(notes))
	}
	if empty := Parse("", nil).Notes(Known{Peers: []string{}}); len(empty) > 0 {
		t.Errorf("of an empty file: %v", empty)
	}
}

// Carets stand under their places whatever is before them on the line.
func TestCaret(t *testing.T) {
	for before, want := range map[string]string{
		"":             "",
		"a":            " ",
		"\t":           "\t",
		" \t\t":        " \t\t",
		"日本":           "    ",
		"e\u0301":      " ",
		"👍":            "  ",
		"✅":            "  ",
		"한":            "  ",
		"\u1112\u1161": "  ",
		"ｱ":            " ",
		"Ａ":            "  ",
		"\u202e":       " ",
		"я—":           "  ",
		"𠀀":            "  ",
	} {
		p := Problem{SourceLine: before + "x", Caret: len([]rune(before))}
		lines := strings.Split(p.Format(), "\n")
		if got := strings.TrimSuffix(strings.TrimPrefix(lines[2], "  "), "^"); got != want {
			t.Errorf("before %q stands %q, want %q", before, got, want)
		}
	}
}
