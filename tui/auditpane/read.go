package auditpane

import (
	"slices"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
)

const (
	pageRows  = 64     // entries of a page: a few screens of them
	longRows  = 512    // of a page where many are looked through
	mostNew   = 1024   // that are read in one go above those that are known
	mostRows  = 10_000 // that are kept: some 15 MB
	checkRows = 64     // signatures that are verified at once: some 4 ms
	patience  = 100 * time.Millisecond
)

// mark is what is known of an entry's signature.
type mark uint8

const (
	notYet mark = iota
	signed
	broken
	unknown // it could not be checked
)

// entry is what a row shows. Its text is cleaned.
type entry struct {
	raw    mesh.AuditEntry
	id     string
	action string
	target string
	class  privacy.Class // of the target, as it was
	actor  string
	reason string
	mark   mark
	why    string // it is broken or unknown
}

func entryOf(e mesh.AuditEntry) *entry {
	class, _ := privacy.Parse(e.PrivacyClass)
	line := func(s string) string { return clean.Line(s).String() }
	return &entry{
		raw: e, id: line(e.AuditID), action: line(e.Action), target: line(e.Target), class: class, actor: line(e.Actor),
		reason: line(e.Reason),
	}
}

// rowID is the id of an entry's row: of ops there are no two alike, whatever an entry calls itself.
func (e *entry) rowID() string { return strconv.FormatUint(e.raw.Op, 10) }

// known is the part of the log that was read: every entry up to an op, back to the last of rows. What was read once stays
// true, because a log only grows.
type known struct {
	rows []*entry // newest first
	upto uint64   // the op
	acts uint64   // entries of the log up to it
	more bool     // there are older ones to be read
	cut  bool     // there are older ones that are not kept
	any  bool     // something was read
}

// reaches reports whether what is known begins at or before an op, so that what was there then can be shown.
func (k *known) reaches(seq uint64) bool {
	return !k.more && !k.cut || len(k.rows) > 0 && k.last() <= seq
}

// last is the op of the oldest entry that was read.
func (k *known) last() uint64 { return k.rows[len(k.rows)-1].raw.Op }

// at gives the entries that there were at an op.
func (k *known) at(seq uint64) []*entry {
	i, _ := slices.BinarySearchFunc(k.rows, seq, func(e *entry, seq uint64) int {
		if e.raw.Op > seq {
			return -1
		}
		return 1
	})
	return k.rows[i:]
}

// The answers of the commands.
type (
	read struct {
		generation uint64
		known      known
		err        error
	}
	late    struct{ generation uint64 }
	checked struct {
		generation uint64
		verdicts   map[uint64]verdict // by op
	}
	found struct {
		generation uint64
		id         string
		op         uint64
		err        error
	}
	verdict struct {
		mark mark
		why  string
	}
)

// next gives the command for what is to be read or checked now; nil where there is nothing, or one is on its way. It is
// asked after every message, and looks at no more than numbers.
func (p *Pane) next() tea.Cmd {
	st := p.s.World.State
	if st == nil || p.failed != nil {
		return p.check()
	}
	if p.asked != 0 {
		return nil
	}
	k := &p.known
	if k.any && st.Acts == k.acts && st.Seq > k.upto {
		k.upto = st.Seq
	}
	switch {
	case st.Acts == 0:
		return p.check()
	case !k.any || !k.reaches(st.Seq):
		return p.begin(st.Seq, st.Acts)
	case st.Seq > k.upto:
		return p.newer(st.Seq, st.Acts)
	case k.more && p.needsOlder():
		return p.older()
	}
	return p.check()
}

// begin reads the newest entries at an op, instead of what is known.
func (p *Pane) begin(seq, acts uint64) tea.Cmd {
	rec := p.rec
	return p.ask(func() (known, error) { return page(rec, known{upto: seq, acts: acts, any: true}, seq+1, pageRows) })
}

// older reads the next page.
func (p *Pane) older() tea.Cmd {
	rec, k, n := p.rec, p.known, pageRows
	if p.toEnd || p.filter.Text() != "" || p.wanted != 0 {
		n = longRows
	}
	before := k.upto + 1
	if len(k.rows) > 0 {
		before = k.last()
	}
	return p.ask(func() (known, error) { return page(rec, k, before, n) })
}

// page reads n entries before an op and puts them behind those that are known.
func page(rec Records, k known, before uint64, n int) (known, error) {
	es, err := rec.AuditPage(before, n)
	if err != nil {
		return known{}, err
	}
	k.rows = slices.Clone(k.rows)
	for _, e := range es {
		k.rows = append(k.rows, entryOf(e))
	}
	k.more = len(es) == n
	return k, nil
}

// newer reads what was added up to an op. Where that is very much it begins anew.
func (p *Pane) newer(seq, acts uint64) tea.Cmd {
	rec, k := p.rec, p.known
	return p.ask(func() (known, error) {
		var rows []*entry
		before := seq + 1
		for len(rows) < mostNew {
			es, err := rec.AuditPage(before, pageRows)
			if err != nil {
				return known{}, err
			}
			for _, e := range es {
				if e.Op <= k.upto {
					return known{rows: append(rows, k.rows...), upto: seq, acts: acts, more: k.more, cut: k.cut, any: true}, nil
				}
				rows = append(rows, entryOf(e))
				before = e.Op
			}
			if len(es) < pageRows {
				return known{rows: rows, upto: seq, acts: acts, any: true}, nil
			}
		}
		return known{rows: rows, upto: seq, acts: acts, more: true, any: true}, nil
	})
}

// ask reads in a command. One that takes long is told of, so that rows of the right shape are shown.
func (p *Pane) ask(f func() (known, error)) tea.Cmd {
	gen, ctx := p.s.Generation(), p.ctx
	p.asked, p.late = gen, false
	reading := func() tea.Msg {
		if ctx.Err() != nil {
			return nil
		}
		k, err := f()
		return read{gen, k, err}
	}
	if len(p.known.rows) > 0 {
		return reading
	}
	return tea.Batch(reading, p.tick(patience, func(time.Time) tea.Msg { return late{gen} }))
}

// took takes in what was read.
func (p *Pane) took(m read) {
	if m.generation != p.asked {
		return
	}
	p.asked = 0
	if m.err != nil {
		p.failed = m.err
		return
	}
	p.known = m.known
	if p.known.more && len(p.known.rows) >= mostRows {
		p.known.more, p.known.cut = false, true
	}
	p.lay(false)
	p.toEnd = p.toEnd && p.known.more
}

// check verifies signatures that were not yet, those of what is on the screen first.
func (p *Pane) check() tea.Cmd {
	if p.checking != 0 {
		return nil
	}
	var es []mesh.AuditEntry
	take := func(e *entry) {
		if e != nil && e.mark == notYet && len(es) < checkRows {
			es = append(es, e.raw)
		}
	}
	for _, id := range p.list.IDs()[min(p.from, p.list.Len()):min(p.to, p.list.Len())] {
		take(p.shown[id])
	}
	if len(es) == 0 && p.unchecked {
		for _, e := range p.known.rows {
			if take(e); len(es) == checkRows {
				break
			}
		}
		p.unchecked = len(es) == checkRows
	}
	if len(es) == 0 {
		return nil
	}
	gen, ctx, rec := p.s.Generation(), p.ctx, p.rec
	p.checking = gen
	return func() tea.Msg {
		m := checked{gen, map[uint64]verdict{}}
		for _, e := range es {
			if ctx.Err() != nil {
				return nil
			}
			m.verdicts[e.Op] = judge(rec, e)
		}
		return m
	}
}

// judge verifies one entry. That there is no key to do it with, or that it cannot be read, says nothing of the entry.
func judge(rec Records, e mesh.AuditEntry) verdict {
	err := rec.VerifyEntry(e)
	if err == nil {
		return verdict{mark: signed}
	}
	v := verdict{unknown, clean.Line(err.Error()).String()}
	switch code, _ := fault.Of(err); code {
	case "vox/audit/malformed", "vox/audit/entry-invalid", "vox/audit/wrong-key", "vox/audit/bad-signature":
		v.mark = broken
	}
	return v
}

// checkedThem takes in verdicts.
func (p *Pane) checkedThem(m checked) {
	if m.generation != p.checking {
		return
	}
	p.checking = 0
	for _, e := range p.known.rows {
		if v, ok := m.verdicts[e.raw.Op]; ok && e.mark == notYet {
			e.mark, e.why = v.mark, v.why
		}
	}
	p.attend()
}

// find asks where an entry is that is not among those that were read.
func (p *Pane) find(id string) tea.Cmd {
	rec, ctx, gen := p.rec, p.ctx, p.s.Generation()
	p.finding = gen
	return func() tea.Msg {
		if ctx.Err() != nil {
			return nil
		}
		e, err := rec.AuditEntry(id)
		return found{gen, id, e.Op, err}
	}
}
