// Package oplog is the append-only log that everything else is a projection of, kept in one bbolt file.
//
// What it promises:
//
//   - A [Pending] whose Wait gives nil is on disk: written, fdatasync'd, found again after kill -9 or a power cut. The
//     ops of one Do are one commit: all of them or none. Seqs have no gaps, At never decreases.
//   - An append that failed with vox/oplog/disk-full did not happen, and appending resumes when there is room. One that
//     failed with vox/oplog/broken (the disk refused a write or a sync) may or may not be there after the next Open;
//     until then the log acknowledges nothing more, and reads go on.
//   - An op that is read is the op that was written. bbolt checksums no data page, so each op is chained to the one
//     before it by SHA-256, and every read recomputes that chain from the nearest mark (at most 1,024 ops back). Replays
//     and reads by name compare whole blocks with the CRC-32C that was taken when the chain was computed, and the rest
//     with the chain. An op that does not match is never given out: the error is vox/oplog/damaged and names it.
//   - A state given out is the fold of exactly the ops up to its Seq. A memo that is missing, damaged or of another
//     reducer version counts as absent: the state is then replayed from further back, and the memo rebuilt.
//   - Times are counted and instants found without reading ops, however long the log is: the times of each 1,024 ops lie
//     together, under a CRC-32C. Where they are missing or damaged, those ops are read and verified instead, or the error
//     says which of them is damaged. (A file of the first format that is open for reading has none: see SeqsAt.)
//   - A published state is never changed. No read transaction outlives a call; every value is copied out.
//   - Damage becomes an error. Pages are read by this package, which follows none out of the file or round in circles; those
//     that bbolt follows are checked before it sees the file, and those that a commit replaces before it does. What every
//     commit writes says where the log ends, and a note of how it was closed what the newest commit was: a commit that the
//     disk lost is not passed over. A log that was not closed can be tried by another process first: Options.Precheck.
//
// What it does not promise: the chain is no signature (who can write the file can write another history; package audit
// is for that), and time is the host's clock, clamped so that it never runs backwards.
//
// Beside the log lie [Blobs]: content-addressed files, synced before the op that names them.
package oplog
