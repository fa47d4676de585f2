package fabric

import (
	"context"
	"errors"

	"voxmesh/mesh/fault"
	"voxmesh/mesh/invite"
)

// The codes of this package. They may be added, never changed.
const (
	codeUnreachable = "vox/fabric/unreachable" // nobody answers, or not as a host does
	codeOpenDoor    = "vox/fabric/open-door"   // a stranger was let in at the start
	codeListen      = "vox/fabric/listen"      // the address cannot be had
	codeIdentity    = "vox/fabric/identity"    // the door's key cannot be used
	codeRefused     = "vox/fabric/refused"     // no, and nothing more to say
	codeRevoked     = "vox/fabric/revoked"     // the node was expelled
	codeUnknownKey  = "vox/fabric/unknown-key" // no node has this key
	codeLocked      = "vox/fabric/locked"      // two machines use the key
	codeNotReady    = "vox/fabric/not-ready"   // try again in a moment
	codeDown        = "vox/fabric/down"        // no session just now
	codeEvicted     = "vox/fabric/evicted"     // the session was ended by the host
	codeTimeout     = "vox/fabric/timeout"     // no answer in time
	codeNoHandler   = "vox/fabric/no-handler"  // nobody handles the kind, or there is no room for the message
	codeNoSession   = "vox/fabric/no-session"  // the node is not connected
	codeNoReply     = "vox/fabric/no-reply"    // the sender waits for no answer
	codeTooLarge    = "vox/fabric/too-large"   // more than MaxPayload, or more than 16 headers
	codeBadName     = "vox/fabric/bad-name"    // not 1 to 64 of a-z, 0-9, '-', '_'
	codeWrongNode   = "vox/fabric/wrong-node"  // the key belongs to another node id
	codeBadAnswer   = "vox/fabric/bad-answer"  // the host's answer cannot be read
	codeClosed      = "vox/fabric/closed"      // the link was closed
)

// tellable says which codes a host may tell whoever proved a key. What travels is the code alone, and each side has
// its own words for it: a stranger learns nothing more, and a hostile host can put no text of its choice before a
// joiner.
func tellable(code string) (inviteCode, ok bool) {
	switch code {
	case invite.CodeExpired, invite.CodeUsed, invite.CodeUnknown, invite.CodeTampered,
		invite.CodeMalformed, invite.CodeRevoked, invite.CodeRateLimited:
		return true, true
	case codeRefused, codeRevoked, codeUnknownKey, codeLocked, codeNotReady:
		return false, true
	}
	return false, false
}

// told gives the code that the peer may hear for err.
func told(err error) string {
	code, _ := fault.Of(err)
	if _, ok := tellable(code); ok {
		return code
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return codeNotReady // a disk that is slow just now must not read like a refusal
	}
	return codeRefused
}

// heard is the error that a code from the host stands for.
func heard(code string) error {
	ofInvite, ok := tellable(code)
	switch {
	case !ok:
		return problem(codeRefused)
	case ofInvite:
		return invite.FromCode(code)
	}
	return problem(code)
}

// problem is the fault with one of this package's codes.
func problem(code string) *fault.Error {
	text, hint := "", ""
	switch code {
	case codeRefused:
		text, hint = "the host refused the connection", "on the host, `voxmesh doctor` shows what is wrong with its door"
	case codeRevoked:
		text, hint = "the host has expelled this node", "ask its owner for a new invite, or forget the mesh: `voxmesh leave`"
	case codeUnknownKey:
		text, hint = "the host does not know this node's key", "join again with a new invite"
	case codeLocked:
		text, hint = "the host has locked this node: two machines use its key", "`voxmesh leave` on both, and join again"
	case codeNotReady:
		text, hint = "the host cannot admit anyone just now", "try again in a moment"
	case codeDown:
		text, hint = "the host is not connected just now", "the worker connects again by itself"
	case codeEvicted:
		text = "the host ended the session, or a newer session of this node took its place"
	case codeTimeout:
		text, hint = "no answer in time", "try again; an invite is not burnt by a lost answer"
	case codeNoHandler:
		text = "the host does not take this message"
	case codeNoSession:
		text = "the node has no session"
	case codeNoReply:
		text = "the sender does not wait for an answer"
	case codeTooLarge:
		text = "the message is larger than the bus carries"
	case codeBadName:
		text = "not a name that can travel on the bus"
	case codeWrongNode:
		text, hint = "the host knows this key under another node id", "join again with a new invite"
	case codeBadAnswer:
		text, hint = "the host's answer cannot be read", "use the same version of voxmesh on both machines"
	case codeClosed:
		text = "the link is closed"
	}
	return fault.New(code, "%s", text).WithHint("%s", hint)
}
