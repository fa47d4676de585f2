package mesh

import (
	"cmp"
	"reflect"
	"slices"

	"voxmesh/audit"
	"voxmesh/mesh/fault"
	"voxmesh/oplog"
)

// AuditEntry is an audit entry with the bytes that were signed. Op is the seq of the op that carries it: pages go by it,
// and an entry that is what it says has the same Seq. Where the stored bytes are no entry any more, the fields hold what
// the op says beside them, and VerifyEntry says what is wrong.
type AuditEntry struct {
	audit.Entry
	Stored []byte
	Op     uint64
}

// auditPage is how many entries are read at once where all are looked through.
const auditPage = 256

// actIndex names an audit entry by what it concerns, its target or its own id. No target is ever named like an id.
func actIndex(id string) string { return "audit:" + id }

// AuditEntries gives the newest limit entries (0: all), newest first.
func (r *records) AuditEntries(limit int) ([]AuditEntry, error) {
	if limit <= 0 {
		limit = everyOp
	}
	return r.AuditPage(0, limit)
}

// AuditPage gives at most limit entries, newest first: those carried by an op before seq before, the Op of the last
// entry of the page above; 0 is the first page. It reads what it gives and no more.
func (r *records) AuditPage(before uint64, limit int) ([]AuditEntry, error) {
	ops, err := r.log.IndexedBack(IndexAudit, 0, before, limit)
	if err != nil {
		return nil, err
	}
	return auditEntries(ops)
}

func auditEntries(ops []oplog.Op) ([]AuditEntry, error) {
	out := make([]AuditEntry, 0, len(ops))
	for _, op := range ops {
		e, err := auditEntry(op)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

func auditEntry(op oplog.Op) (AuditEntry, error) {
	var rec AuditRecorded
	if err := unmarshal(op.Body, &rec); err != nil {
		return AuditEntry{}, fault.New("vox/oplog/damaged", "op %d is no audit entry", op.Seq).Wrap(err)
	}
	e, err := audit.ParseStored(rec.Stored)
	if err != nil {
		e = audit.Entry{
			AuditID: short(rec.AuditID), Action: short(rec.Action), Target: short(rec.Target), Actor: short(op.Actor),
			PrivacyClass: rec.Class.String(), TsMicros: op.At, Seq: op.Seq,
		}
	}
	return AuditEntry{Entry: e, Stored: rec.Stored, Op: op.Seq}, nil
}

// VerifyEntry checks one entry: that its bytes were signed with this mesh's key, that they say what the entry says, and
// that they belong to the op that carries them. Codes: vox/audit/no-key, vox/audit/malformed, vox/audit/entry-invalid,
// vox/audit/wrong-key, vox/audit/bad-signature. That no entry is missing is for VerifyAudit to say.
func (r *records) VerifyEntry(e AuditEntry) error {
	pub, err := r.AuditPublicKey()
	if err != nil {
		return err
	}
	signed, err := audit.VerifyStored(e.Stored, pub)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(signed, e.Entry) || signed.Seq != e.Op {
		return fault.New("vox/audit/bad-signature", "%s is not what was signed as op %d", printable(e.AuditID), e.Op).
			WithHint("voxmesh audit verify looks at all of them")
	}
	return nil
}

// AuditEntry gives one entry by its id. Code vox/audit/unknown.
func (r *records) AuditEntry(id string) (AuditEntry, error) {
	ops, err := r.log.Indexed(actIndex(id), 1)
	if err == nil && len(ops) == 0 {
		ops, err = r.olderActs(func(rec *AuditRecorded) bool { return rec.AuditID == id })
	}
	if err != nil {
		return AuditEntry{}, err
	}
	if len(ops) > 0 {
		if e, err := auditEntry(ops[0]); err != nil || e.AuditID == id {
			return e, err
		}
	}
	return AuditEntry{}, fault.New("vox/audit/unknown", "there is no audit entry %s", printable(id)).
		WithHint("voxmesh audit lists them")
}

// ActsOn gives the newest limit entries that touched a node, a job, a run or an item, newest first: those whose target it
// is, for jobs, runs and items those that ended, took back or started one of their jobs, and for items those of its batch.
func (r *records) ActsOn(target string, limit int) ([]AuditEntry, error) {
	if limit <= 0 {
		return nil, nil
	}
	ops, err := r.log.IndexedBack(actIndex(target), 0, 0, limit)
	if err != nil {
		return nil, err
	}
	older, err := r.olderActs(func(rec *AuditRecorded) bool { return rec.Target == target })
	if err != nil {
		return nil, err
	}
	ops = append(ops, older...)
	ids, err := r.actsInJobs(target)
	if err != nil {
		return nil, err
	}
	out, err := auditEntries(ops)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if slices.ContainsFunc(out, func(e AuditEntry) bool { return e.AuditID == id }) {
			continue
		}
		e, err := r.AuditEntry(id)
		if fault.Is(err, "vox/audit/unknown") {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b AuditEntry) int { return cmp.Compare(b.Op, a.Op) })
	return out[:min(limit, len(out))], nil
}

// actsInJobs gives the audit ids that the ops of a job, or of a run's jobs, carry.
func (r *records) actsInJobs(target string) ([]string, error) {
	names := []string{jobIndex(target), itemIndex(target)}
	runs, err := r.log.Indexed(runIndex(target), everyOp)
	if err != nil {
		return nil, err
	}
	for _, op := range runs {
		var rec JobSubmitted
		if op.Kind == KindJobSubmitted && unmarshal(op.Body, &rec) == nil {
			names = append(names, jobIndex(rec.Job))
		}
	}
	var ids []string
	for _, name := range names {
		ops, err := r.log.Indexed(name, everyOp)
		if err != nil {
			return nil, err
		}
		for _, op := range ops {
			if id := actOf(op); id != "" && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids, nil
}

// actOf is the audit id of the act that an op of a job belongs to, or empty.
func actOf(op oplog.Op) string {
	switch op.Kind {
	case KindJobSubmitted:
		var r JobSubmitted
		if unmarshal(op.Body, &r) == nil {
			return r.AuditID
		}
	case KindJobRequeued:
		var r JobRequeued
		if unmarshal(op.Body, &r) == nil {
			return r.AuditID
		}
	case KindJobFinished:
		var r JobFinished
		if unmarshal(op.Body, &r) == nil {
			return r.AuditID
		}
	case KindItemsBatched:
		var r ItemsBatched
		if unmarshal(op.Body, &r) == nil {
			return r.AuditID
		}
	case KindItemClosed:
		var r ItemClosed
		if unmarshal(op.Body, &r) == nil {
			return r.AuditID
		}
	}
	return ""
}

// olderActs looks through the entries that an earlier version wrote, which have no name of their own in the index. They
// are the first ones of the log, and in most logs there are none.
func (r *records) olderActs(want func(*AuditRecorded) bool) ([]oplog.Op, error) {
	var found []oplog.Op
	for after, n := uint64(0), 1; ; n = auditPage {
		ops, err := r.log.IndexedAfter(IndexAudit, after, n)
		if err != nil {
			return nil, err
		}
		for _, op := range ops {
			if len(op.Index) > 1 {
				return found, nil
			}
			var rec AuditRecorded
			if unmarshal(op.Body, &rec) == nil && want(&rec) {
				found = append(found, op)
			}
			after = op.Seq
		}
		if len(ops) < n {
			return found, nil
		}
	}
}
