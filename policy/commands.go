package policy

import (
	"fmt"
	"strings"
	"unicode"

	"voxmesh/policy/syntax"
)

// MaxCommandName is the most bytes that the name of a program may have.
const MaxCommandName = 64

// CommandName reports whether s can be the name of a program: 1 to MaxCommandName letters, digits and . _ + - of ASCII,
// not beginning with a dot or a dash. So it is never a path, an option, or a hidden file, and no shell sees more in it.
func CommandName(s string) bool {
	if s == "" || len(s) > MaxCommandName || s[0] == '.' || s[0] == '-' {
		return false
	}
	return strings.IndexFunc(s, notInCommand) < 0
}

// notInCommand reports whether a character has no place in the name of a program.
func notInCommand(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._+-", r)
}

// commands reads the names of programs. A path would be another program on each machine, and one with arguments none.
func (d *decoder) commands(p *Policy, v syntax.Node) {
	p.Commands = d.names(v, fCommands)
	d.each(v, func(e syntax.Node, s string, i int) {
		if why := badCommand(s); why != "" {
			d.fail(e, "bad-name", fmt.Sprintf("%s[%d] is %q, which %s", fCommands, i, clip(s), why), "the name of a program, as in ffmpeg", "")
		}
	})
}

// badCommand says why a name, which is not empty, cannot be that of a program; or is empty.
func badCommand(s string) string {
	switch {
	case strings.ContainsAny(s, `/\:`):
		return "is a path: a program is named as it would be found"
	case strings.IndexFunc(s, unicode.IsSpace) >= 0:
		return "holds a blank: arguments come with the job"
	case strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0:
		return "holds characters that cannot be seen"
	case len(s) > MaxCommandName:
		return fmt.Sprintf("has more than %d bytes", MaxCommandName)
	case s[0] == '-' || s[0] == '.':
		return "begins with " + s[:1]
	case strings.ContainsRune(s, '*'):
		return "holds a *: each program is named"
	case !CommandName(s):
		return "holds other characters than letters, digits and . _ + -"
	}
	return ""
}
