// Package donations keeps the donor's file, donations.vox, on the disk: it reads and saves it, takes the last save back,
// and stages it in git.
//
// The file is the donor's, who edits it with other programs too. So a save says what it was made from, and is refused
// where the file is no longer that: vox/policy/changed-underneath, with the difference. It promises that
//   - the file holds the old bytes or the new ones, whole, also after a power cut or on a full disk;
//   - a symbolic link stays one: what it points to is replaced, and made where it points to nothing yet;
//   - mode and, where this process may give files away, owner stay; a file that nobody may write is refused, although
//     a rename could replace it. Hard links keep the old bytes, since the new ones are a new file; access lists and
//     extended attributes are those of a new file;
//   - of several saves at the same time, in this process or in others, one wins and the others are refused;
//   - the last save can be taken back, also by another process later, as long as the file is what it saved. A save that
//     made the file is taken back by removing it;
//   - nothing but `git add` of this file is ever done in git. That git is missing, or the folder is no work tree, is
//     said in a note and is no error.
//
// What is saved is any text: whether it is a policy in force is for those who read it. Between the last look at the
// file and the rename that replaces it lies one system call; what another program writes in that moment is lost, as it
// would be with any editor. Saves of this package exclude each other and have no such moment.
package donations
