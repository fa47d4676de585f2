// Package mesh is a personal compute mesh as its host sees it: the state, the commands that change it, and the work
// that it gives to machines.
//
// Everything that happened is an op in one log (package oplog); State is the fold of the ops and never changes once it
// is published, so whoever draws it needs no lock and the past is drawn by the same code as the present. Host is the
// one writer: a command is checked against the state that includes what is queued, becomes ops, and is answered when
// they are durable; nothing that was answered is lost, whoever is killed when. A destructive command needs a Grant
// (package audit), and its ops and its signed entry are one commit: neither exists without the other.
//
// Work goes out in leases. The attempt is a fence: one result of a job is accepted, a stale one is refused and noted.
// Commands send nothing on the bus; a reconciler compares the state with what each worker says that it holds and sends
// the difference, so that a lost message, a repeated one and a restart are all the same case.
//
// Delivery: ops reach every subscriber, in order, from the seq it names. Ticks and telemetry (heartbeats, round trips,
// live output) may be dropped, are never in the log, and are nil when one looks at the past. Text in a State was
// cleaned when it came in; money is micro-USD inside and dollars outside.
package mesh
