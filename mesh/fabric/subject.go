package fabric

import (
	"strconv"
	"strings"
)

// MaxPayload is the largest message, in bytes, data and header together. Larger things travel in pieces.
const MaxPayload = 1 << 20

const (
	maxToken   = 64 // of a node's id or a kind: DNS labels and the reserved names fit
	maxSubs    = 64 // per connection: one for each kind and one for answers, with room
	maxHeaders = 16 // traceparent, tracestate and a handful of our own
)

// The middle of a subject says who is meant to hear it. Two directions, so that nobody hears his own voice.
const (
	toHost = ".h."
	toNode = ".n."
	toBack = ".r"
)

func workerPrefix(node string) string      { return "vox.w." + node }
func hostSubject(node, kind string) string { return workerPrefix(node) + toHost + kind }
func nodeSubject(node, kind string) string { return workerPrefix(node) + toNode + kind }
func hallSubject(key string, cid uint64) string {
	return "vox.d." + key + "." + strconv.FormatUint(cid, 10)
}

func isReplyOf(node, subject string) bool {
	return plainSubject(subject, workerPrefix(node)+toBack+".")
}
func parseHostSubject(s string) (string, string) { return parseDirected(s, toHost) }

// parseDirected splits vox.w.<node>.<dir>.<kind>; both parts are empty when s is anything else.
func parseDirected(s, dir string) (node, kind string) {
	rest, ok := strings.CutPrefix(s, "vox.w.")
	if !ok {
		return "", ""
	}
	node, kind, ok = strings.Cut(rest, dir)
	if !ok || !validName(node) || !validName(kind) {
		return "", ""
	}
	return node, kind
}

// plainSubject reports whether s starts with prefix and goes on with tokens that have no wildcard and no blank in them.
func plainSubject(s, prefix string) bool {
	rest, ok := strings.CutPrefix(s, prefix)
	if !ok || rest == "" || len(s) > 256 {
		return false
	}
	for tok := range strings.SplitSeq(rest, ".") {
		if tok == "" || strings.ContainsAny(tok, "*> \t\r\n\x00") {
			return false
		}
	}
	return true
}

// validName reports whether s may be one token of a subject: a node's id or a kind.
func validName(s string) bool {
	if s == "" || len(s) > maxToken {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
