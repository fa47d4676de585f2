package mesh

import (
	"fmt"

	"voxmesh/hopper"
)

// itemMoments are the moments of the hopper's own ops.
var itemMoments = map[string]func(*Moment, []byte){
	KindItemAdmitted: of(func(m *Moment, r *ItemAdmitted) {
		m.Item, m.Run, m.Detail, m.AuditID, m.Class, m.HasClass = r.Item, r.Run, r.Intent, r.AuditID, r.Class, true
		if m.Status = hopper.Inbox.String(); r.Run != "" {
			m.Status = hopper.Triaged.String()
		}
	}),
	KindItemTriaged: of(func(m *Moment, r *ItemTriaged) { m.Item, m.Run, m.Status = r.Item, r.Run, hopper.Triaged.String() }),
	KindItemOverridden: of(func(m *Moment, r *ItemOverridden) {
		m.Item, m.AuditID, m.Status = r.Item, r.AuditID, "reprioritized"
		m.Detail = fmt.Sprintf("%s → %s", rank(r.From, 0).Value, rank(r.To, 0).Value)
		if r.Place > 0 {
			m.Status = "moved"
			m.Detail = fmt.Sprintf("to place %d, %s", r.Place, m.Detail)
		}
		m.Detail = joined(m.Detail, r.Reason)
	}),
	KindItemsBatched: of(func(m *Moment, r *ItemsBatched) {
		m.Status, m.AuditID, m.Detail = "batched", r.AuditID, fmt.Sprintf("%s: %d items", r.Batch, len(r.Items))
	}),
	KindItemClosed: of(func(m *Moment, r *ItemClosed) {
		m.Item, m.Status, m.Detail, m.AuditID = r.Item, hopper.Outcome(r.Outcome).String(), r.Why, r.AuditID
	}),
	KindItemSuggested: of(func(m *Moment, r *ItemSuggested) {
		m.Item, m.Job, m.Status, m.Detail = r.Item, r.Job, "suggested", joined(r.Model, suggested(r))
	}),
}
