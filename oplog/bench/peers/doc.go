// Package peers compares durable appends of package oplog with what others offer: a plain file with one fdatasync for all
// that wait (the limit of the disk), bbolt, SQLite, Pebble and NATS JetStream, each as it is meant to be used when an
// acknowledged write must survive a power cut. All of them take turns within one run on the same disk, because disks and
// neighbours are noisy: read the ratios, not the rates. From this folder:
//
//	go test -v -run Table .
//
// It takes three minutes. VOXMESH_BENCH_SECONDS says how long one turn is (0.3); VOXMESH_BENCH_ONLY names the peers to
// look at, by parts of their names and with commas between; -short takes a moment, and only shows that all of it works.
// The files are made in the system's temporary folder (TMPDIR), which must be on a real disk: nothing on a tmpfs is durable,
// so there it refuses.
//
// It is a module of its own, with tests only, so that nobody who uses voxmesh carries these peers.
package peers
