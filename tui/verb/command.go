package verb

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// Said is what was typed so far for an act; what is empty stands in the command in capitals or not at all.
type Said struct {
	Reason   string
	Deadline string   // drain
	On       string   // replay: the node
	From     string   // replay of a workflow: the activity from which on
	Cap      string   // dollars, or none
	Priority string   // reprioritize
	Place    int      // reprioritize: in the inbox, from 1; 0: the priority decides
	Items    []string // batch
}

// Command is the command that does the same. What is still to be said stands in capitals.
func Command(s *pane.Session, id keys.ID, on pane.Ref) string {
	return CommandFor(Name(s, id, on), on, Said{}).String()
}

// Line is a shell command in the pieces between which it may be broken: the command itself, then each option with its
// value. Every word in it is quoted already.
type Line []string

// String is the command on one line.
func (l Line) String() string { return strings.Join(l, " ") }

// CommandFor is the command for the act called name with what was said so far.
func CommandFor(name string, on pane.Ref, said Said) Line {
	target := Quote(Target(on))
	if on.Kind == pane.Item {
		if l := itemCommand(name, on, said); l != nil {
			return l
		}
	}
	switch {
	case on.Kind == pane.Invite:
		return Line{"voxmesh invite revoke " + target}
	case name == mesh.ActResume:
		return Line{"voxmesh resume " + target}
	case name == string(keys.Cap):
		return Line{"voxmesh budget set " + target, "--cap " + word(said.Cap, "USD")}
	case name == string(keys.Send):
		return send(on, target)
	}
	l := Line{"voxmesh " + name + " " + target, "--confirm " + target}
	if name == mesh.ActDrain && said.Deadline != "" {
		l = append(l, "--deadline "+Quote(said.Deadline))
	}
	if name == mesh.ActReplay && said.From != "" {
		l = append(l, "--from "+Quote(said.From))
	}
	if name == mesh.ActReplay && said.On != "" {
		l = append(l, "--on "+Quote(said.On))
	}
	return append(l, "--reason "+word(said.Reason, "TEXT"))
}

func send(on pane.Ref, target string) Line {
	switch on.Kind {
	case pane.Node:
		return Line{"voxmesh run wasm FILE", "--on " + target}
	case pane.Model:
		return Line{"voxmesh run text", "--model " + target + " PROMPT"}
	}
	return Line{"voxmesh run text PROMPT"}
}

func word(s, missing string) string {
	if s == "" {
		return missing
	}
	return Quote(s)
}

// Quote writes a word for a POSIX shell. A word that could mean anything else than itself stands in single quotes.
func Quote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@%+,", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Rows breaks the command into rows of at most w columns that a shell reads as one: the last piece begins a row of its
// own where split is set or it does not fit, and what continues is indented. A piece that is wider than a row is cut
// at its end with "…": there the whole command is only to be had as a copy.
func (l Line) Rows(w int, split bool) []string {
	const indent, goesOn = "    ", ` \`
	var out []string
	row := ""
	for i, p := range l {
		last := i == len(l)-1
		room := w
		if !last {
			room -= ansi.StringWidth(goesOn)
		}
		switch {
		case i == 0:
			row = p
		case last && split, ansi.StringWidth(row)+1+ansi.StringWidth(p) > room:
			out = append(out, format.End(row, w-len(goesOn))+goesOn)
			row = indent + p
		default:
			row += " " + p
		}
	}
	return append(out, format.End(row, w))
}
