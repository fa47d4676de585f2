// Package crash is the proof that the op-log loses nothing: it has tests only, and knows the log by its exported API.
//
// A workload runs in a process of its own and says on a pipe what the log has acknowledged to it. What it appends is
// computed from a few numbers, so that the checker knows every byte that must be there, and every byte that may. The
// process is killed at random moments, or its calls into the file system are refused, or they are recorded, and the states
// of the disk that a power cut may leave are built from the record. After each of these the checker demands that
//
//   - everything acknowledged is there, as it was appended; so is what a log said of itself when it was opened;
//   - what is there beyond it was submitted: no gap, no half of a group, nothing twice, and every blob that an op names;
//   - the chain, the marks, the memos and the index verify, and the newest state is the replay of the ops;
//   - the log opens, takes an append, and is still right after it. A first run ends as no log yet or as a good one.
//
// What a power cut may leave is modelled worse than any file system behaves: see disk_linux_test.go. Controls take a sync
// out of the record, and fail unless the checker finds the loss.
package crash
