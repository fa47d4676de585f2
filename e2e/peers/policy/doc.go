// Package policy compares the editor of donations.vox with the lossless editors of two other configuration languages: hclwrite
// of HCL, which Terraform's tools use, and hujson of JSON with comments, which Tailscale's do.
//
// The same policy stands in testdata in each language, with the same comments in the same places, and the same edits
// are made to it. What an edit should give was written down by hand, as the least change of the text; where people could
// differ, as at the end of a list, each of the results that they may want counts. Bytes beyond the edit are then the
// bytes that have to be deleted from and inserted into what an editor gave to come to the nearest of those; 0 is an edit
// that touched nothing else. Before it counts, each result must mean what was wanted, in its own language.
//
// HCL is written in both of its ways: slots as blocks, which have an interface of their own, and as lists, where elements are
// exchanged by their tokens. What an editor can write formatted or not counts in the form that is nearer to what was wanted. The
// commented files are as the formatters of HCL and hujson leave them, so that these have nothing to do but the edit; the
// same files with other indentation and CRLF, and others with lists on one line, show what becomes of a style of one's own.
//
//	go test -v -run Table ./policy              # the table
//	go test -run '^$' -bench . ./policy         # reading and writing a file of 250 KB
package policy
