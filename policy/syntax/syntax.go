// Package syntax is the lossless tree of the literal language in which donations.vox and workflow files are written.
//
// The language is data only: blocks `policy NAME { … }`, fields `name: value`, and values that are numbers, names
// (true and false among them), strings, lists `[…]` and records `{…}`. Commas between fields and elements may be
// left out or trail. Comments are // and /* */, anywhere.
//
// It promises three things. Every byte of the input is in the tree: Print(Parse(x)) == x for every x, valid or not.
// Parsing never fails and never panics: what is wrong becomes an Error and an ErrorNode, and the fields around it are
// still there. Cost is linear in the input: nesting is bounded by MaxDepth and size by MaxSize; past them the bytes
// are kept, unread.
//
// A tree is a slice of tokens, each an offset into the source, and a slice of nodes, each a range of tokens. It is
// never changed once made, so it may be shared between goroutines. An edit is a splice of the source: the
// methods that plan one look at the style around the place (indent, commas, one line or many, CRLF) and give the
// Edits for Apply; the caller parses the result again.
package syntax

// MaxSize is the largest source that is read, in bytes. A larger one is kept as a single unread token.
const MaxSize = 1 << 20

// MaxDepth is how deep blocks, lists and records may nest; it bounds the recursion of every walk.
const MaxDepth = 64

// maxErrors bounds what a hostile file can make us say; the first ones are those that help.
const maxErrors = 100

// Codes of an Error. They are the last part of the codes that people see (vox/policy/unclosed).
const (
	CodeSyntax   = "syntax"    // something stands where it cannot
	CodeUnclosed = "unclosed"  // a bracket, a comment or a string without its end
	CodeTooLarge = "too-large" // more than MaxSize bytes
	CodeTooDeep  = "too-deep"  // nesting deeper than MaxDepth
)

// Error says what is wrong with the form of a source. Start and End are byte offsets; Message is a sentence about
// what was found, Expected what could have stood there, or empty.
type Error struct {
	Code       string
	Start, End int
	Message    string
	Expected   string
}

// Token is one piece of the source. It reaches to the start of the next one, so tokens leave no gaps.
type Token struct {
	Off  uint32
	Kind Kind
}

// Kind is what a token is.
type Kind uint8

// The kinds of tokens; those up to BlockComment are trivia, which the grammar skips and the tree keeps.
const (
	Space Kind = iota // blanks, tabs, a carriage return that ends no line
	Newline
	BOM
	LineComment
	BlockComment
	EOF // the empty token after the last byte
	Ident
	Number
	String
	LBrace
	RBrace
	LBracket
	RBracket
	Colon
	Comma
	Invalid // bytes that begin no token
)

func (k Kind) trivia() bool { return k <= BlockComment }

// NodeKind is what a node is.
type NodeKind uint8

// The kinds of nodes. None is what an absent node answers.
const (
	None        NodeKind = iota
	FileNode             // the whole source
	BlockNode            // keyword name { fields and blocks }
	FieldNode            // name: value; its one value child may be a MissingNode
	ListNode             // [ values ]
	RecordNode           // { fields }
	NameNode             // a bare name, true and false included
	NumberNode           // anything that begins as a number; what it means is the reader's business
	StringNode           // "text"
	MissingNode          // no bytes: a value that should be there
	ErrorNode            // what could not be placed
)

var nodeNames = [...]string{"nothing", "a file", "a block", "a field", "a list", "a record", "a name", "a number", "a string", "nothing", "an error"}

// String names the kind as a message would: "a list".
func (k NodeKind) String() string {
	if int(k) >= len(nodeNames) {
		return "an error"
	}
	return nodeNames[k]
}
