package cli

import (
	"cmp"
	"maps"
	"slices"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
)

// entryView is an audit entry as it is printed.
type entryView struct {
	AuditID      string            `json:"audit_id"`
	Action       string            `json:"action"`
	Target       string            `json:"target"`
	Actor        string            `json:"actor"`
	Reason       string            `json:"reason"`
	PrivacyClass string            `json:"privacy_class"`
	TsMicros     int64             `json:"ts_micros"`
	Seq          uint64            `json:"seq"`
	PrevHead     string            `json:"prev_head"`
	KeyID        string            `json:"key_id"`
	Signature    string            `json:"signature"`
	Detail       map[string]string `json:"detail,omitempty"`
	Stored       string            `json:"stored"` // the bytes that were signed, with their signature
}

func viewEntry(e mesh.AuditEntry) entryView {
	return entryView{
		e.AuditID, e.Action, e.Target, e.Actor, e.Reason, e.PrivacyClass, e.TsMicros, e.Seq, e.PrevHead, e.KeyID,
		e.Signature, e.Detail, string(e.Stored),
	}
}

func badgeOf(class string) string {
	c, _ := privacy.Parse(class)
	return c.Badge()
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
