package mesh

import (
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/tidwall/btree"

	"voxmesh/hopper"
)

// A memo of a State is:
//
//	byte     form, 2
//	uvarint  bytes of the record of single values; the record
//	then for each kind of entity that there is, numbers ascending:
//	uvarint  number of the section
//	uvarint  bytes that follow of it
//	uvarint  rows
//	         the table of texts (see strtab), the columns (see appendGroup)
const memoForm = 2

// The sections, by the numbers of State's maps.
const (
	sectNodes   = 13
	sectGone    = 14
	sectJobs    = 15
	sectRuns    = 16
	sectInvites = 17
	sectAccess  = 18
	sectItems   = 22
	sectLessons = 23
	sectMax     = 64
)

func encodeState(s *State) []byte {
	one := coder{enc: true}
	s.single(&one)
	b := binary.AppendUvarint([]byte{memoForm}, uint64(len(one.buf)))
	b = append(b, one.buf...)
	b = appendSection(b, sectNodes, s.Nodes(), (*Node).fields)
	b = appendSection(b, sectGone, s.gone.Values(), (*Gone).fields)
	b = appendSection(b, sectJobs, s.Jobs(), (*Job).fields)
	b = appendSection(b, sectRuns, s.Runs(), (*Run).fields)
	b = appendSection(b, sectInvites, s.Invites(), (*Invite).fields)
	b = appendSection(b, sectAccess, s.Access(), (*Access).fields)
	b = appendSection(b, sectItems, s.hopper.Items(), itemFields)
	lessons := s.hopper.Lessons()
	ptrs := make([]*hopper.Lesson, len(lessons))
	for i := range lessons {
		ptrs[i] = &lessons[i]
	}
	return appendSection(b, sectLessons, ptrs, lessonFields)
}

func itemFields(i *hopper.Item, c *coder)     { (*itemRecord)(i).fields(c) }
func lessonFields(l *hopper.Lesson, c *coder) { (*lessonRecord)(l).fields(c) }

func appendSection[T any](b []byte, number uint64, rows []*T, fields func(*T, *coder)) []byte {
	if len(rows) == 0 {
		return b
	}
	c := coder{enc: true, g: &group{rows: len(rows)}, texts: &strtab{}}
	for _, r := range rows {
		fields(r, &c)
	}
	body := binary.AppendUvarint(nil, uint64(len(rows)))
	body = appendGroup(c.texts.appendTo(body), c.g)
	b = binary.AppendUvarint(b, number)
	b = binary.AppendUvarint(b, uint64(len(body)))
	return append(b, body...)
}

func decodeState(b []byte) (*State, error) {
	s := &State{own: newOwner()}
	if len(b) == 0 || b[0] != memoForm {
		return nil, fmt.Errorf("it is of another form")
	}
	r := reader{b: b[1:]}
	one := r.bytes(r.uvarint(uint64(len(b))))
	sections := make([][]byte, sectMax)
	for r.err == nil && len(r.b) > 0 {
		n, size := r.uvarint(sectMax-1), r.uvarint(uint64(len(b)))
		sections[n] = r.bytes(size)
	}
	if r.err != nil {
		return nil, r.err
	}
	c := coder{buf: one}
	if s.single(&c); c.err != nil {
		return nil, c.err
	}
	return s, s.fillFrom(sections)
}

// fillFrom reads the sections, on as many processors as there are: they fill different maps.
func (s *State) fillFrom(sections [][]byte) error {
	var wg sync.WaitGroup
	errs := make([]error, 3)
	for i, fill := range []func([][]byte) error{s.fillNodes, s.fillWork, s.fillHopper} {
		wg.Go(func() {
			defer func() { // nobody else can: to a memo that cannot be read there is the log
				if r := recover(); r != nil {
					errs[i] = fmt.Errorf("decode a memo: %.200v", r)
				}
			}()
			errs[i] = fill(sections)
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *State) fillNodes(sections [][]byte) error {
	nodes, err := section(sections[sectNodes], (*Node).fields)
	if err != nil {
		return err
	}
	gone, err := section(sections[sectGone], (*Gone).fields)
	if err != nil {
		return err
	}
	invites, err := section(sections[sectInvites], (*Invite).fields)
	if err != nil {
		return err
	}
	access, err := section(sections[sectAccess], (*Access).fields)
	if err != nil {
		return err
	}
	load(&s.nodes, nodes, func(n *Node) string { return n.ID })
	load(&s.gone, gone, func(g *Gone) string { return g.ID })
	for i := range invites {
		s.setInvite(&invites[i])
	}
	load(&s.access, access, func(a *Access) string { return a.Fingerprint })
	for i := range nodes {
		n := &nodes[i]
		n.own, n.ownLast = s.own, s.own
		if n.Key != "" {
			s.keys.Set(n.Key, n.ID)
		}
	}
	for i := range gone {
		if g := &gone[i]; g.Key != "" {
			s.keys.Set(g.Key, g.ID)
		}
	}
	return nil
}

func (s *State) fillWork(sections [][]byte) error {
	jobs, err := section(sections[sectJobs], (*Job).fields)
	if err != nil {
		return err
	}
	runs, err := section(sections[sectRuns], (*Run).fields)
	if err != nil {
		return err
	}
	load(&s.jobs, jobs, func(j *Job) string { return j.Job })
	for i := range jobs {
		jobs[i].own, jobs[i].ownTry = s.own, s.own
		s.index(&jobs[i])
	}
	for i := range runs {
		s.setRun(&runs[i])
	}
	return nil
}

func (s *State) fillHopper(sections [][]byte) error {
	items, err := section(sections[sectItems], itemFields)
	if err != nil {
		return err
	}
	lessons, err := section(sections[sectLessons], lessonFields)
	if err != nil {
		return err
	}
	for i := range items {
		s.hopper.Take(&items[i])
	}
	for _, l := range lessons {
		s.hopper.PutLesson(l)
	}
	return nil
}

// load fills an empty map from rows in the order of their keys; others are taken too, at more cost.
func load[T any](m *btree.Map[string, *T], rows []T, key func(*T) string) {
	for i := range rows {
		m.Load(key(&rows[i]), &rows[i])
	}
}

// section reads the rows of one kind.
func section[T any](b []byte, fields func(*T, *coder)) ([]T, error) {
	if len(b) == 0 {
		return nil, nil
	}
	r := reader{b: b}
	n := r.uvarint(uint64(len(b)))
	c := coder{texts: r.strtab()}
	c.g = r.group(int(n), groupDepth)
	if r.err != nil {
		return nil, r.err
	}
	rows := make([]T, n)
	for i := range rows {
		if fields(&rows[i], &c); c.err != nil {
			return nil, c.err
		}
	}
	return rows, nil
}
