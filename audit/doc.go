// Package audit makes destructive acts deliberate and leaves proof of them.
//
// Before the act stands a [Grant]: a sealed, single-use capability bound to one actor, action and target. Only
// [Confirm] mints one, from a target typed letter by letter and a reason; a zero value authorises nothing, and a copy
// shares its original's one use. A [DeveloperOverride] is the Grant that a change of a hopper item's priority needs.
//
// After the act stands an [Entry]: one record in canonical JSON (RFC 8785), signed with Ed25519 behind a domain string
// over every field but the signature. The bytes that are stored are the bytes that are verified: the parser accepts
// exactly one spelling of an entry, so no two byte strings mean the same record.
//
// Entries are the leaves of a Merkle [Tree] (RFC 6962), small enough to live in a memo, and its head is a signed note.
// Who pinned an earlier [Head] notices when history was rewritten: [CheckConsistency] with a proof, or [VerifyExport]
// with the pin. An export and the public key are all that a verifier needs; every finding names the entry it is about.
//
// An honest limit: the key's owner can sign a false history from the start. Only heads pinned outside the host, one on
// each worker, make a later rewrite visible.
//
// The package reads no clock and starts no goroutine; it does no I/O but for the key file. Errors are [*Error].
package audit
