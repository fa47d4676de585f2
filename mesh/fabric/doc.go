// Package fabric is the bus between a host and its workers, and the door through which they come.
//
// One TLS port is the door. The TLS handshake comes first, so that a joiner sees the host's pinned key before it sends
// a byte of its secret, and so that a cautious one can look at it and send nothing at all (Probe). Behind it runs an
// embedded NATS server on which nothing is allowed by default; every CONNECT is decided by an auth callout in this
// process: the signature over the server's nonce is verified here (the server forwards bad ones), then the mesh is
// asked through Admitter.
//
// Promised: a worker sends and hears on its own subjects alone, and what it says is known to be from its node; a
// refusal tells whoever proved a key one stable code and nothing else; a node has one session, the newest; cutting a
// node off ends its session at once, and one that was being admitted at that moment too; a start with an open door
// fails; the invite's secret is in no log and no error.
//
// Not promised: delivery. The bus may lose, repeat and reorder. Messages of one node and kind are handled one after
// another, usually in the order sent; those of different nodes and kinds are handled at the same time. Durability is
// the op-log's, leases and attempts make repeats harmless.
//
// Who hears what (id is the node's, key its NKey, cid the number of the connection):
//
//	vox.w.<id>.h.<kind>    node → host; only the node may publish
//	vox.w.<id>.n.<kind>    host → node; only the node may subscribe
//	vox.w.<id>.r.>         answers to the node's requests
//	vox.d.<key>.<cid>      the hall: a joiner, or one refused, asks what became of it; the answer comes on ….r
//
// A node's id is chosen by the host, so joining takes two connections: the first, with token and key, is let into the
// hall alone and learns its id there; the second logs in with the key. A lost answer is repaired by asking again.
package fabric
