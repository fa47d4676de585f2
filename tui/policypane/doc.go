// Package policypane is the Policy pane: the form over donations.vox, what this machine gives to others.
//
// The form shows the file and nothing else: each field is read from its place in the tree, so that over a file with errors
// what is sound is shown and can be edited, and what is not is shown as it stands there. An edit goes through package
// policy, which changes the bytes of what is edited alone; beside the form stands the file with exactly the bytes that
// writing changes. The edits are a stack of files: U takes one back, Z all of them (and U brings those again), W writes.
// What is typed is checked as it is typed, and a wrong value is never kept.
//
// The file is its owner's, and may change underneath. A form without edits follows it within a second; one with edits
// says so, and writing then shows the difference, offers the file's, or puts the edits on top of it, one by one. What
// reads, writes and stages is a Book; it is asked in commands, whose late answers are dropped.
//
// All text of a file is foreign: it is drawn through cells, which clean it, and what could not be seen in a field is
// shown there as an escape.
package policypane
