// Package invite is the codec of one-use invitations into a mesh: the 45-byte token, the URL around it, and the limit
// on guesses.
//
// An invite is vox+invite://<host>:<port>?b=<base64url of the token>. The token carries what the host asks for, when
// it ends (600 s after minting at most), who it is for, a secret of 128 bits, and a pin: half the SHA-256 of the
// host's public key. The joiner compares the pin with the key that answers before a byte of the secret leaves the
// machine; the host stores the secret's hash alone.
//
// One invite has one spelling: what Parse accepts, String writes back letter for letter. Everything else (userinfo,
// paths, fragments, further or repeated keys, escapes, control characters, non-canonical addresses) is refused, so
// that what a person reads is where the token goes.
//
// Secrets are not shown by accident: a Secret, a Token and a URL print without the secret, but for URL.String, which
// is what the invite is for.
//
// The package has no clock, no network and no goroutine. Errors are [*Error] with a code vox/invite/<name>.
package invite
