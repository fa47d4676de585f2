package fabric

import "sync"

// sessions knows the one session of each node and tells, in order, when one begins and ends. Every up is followed by
// its down before the next up of that node.
type sessions struct {
	mu     sync.Mutex
	byNode map[string]session
	byConn map[uint64]string
	cuts   uint64 // grows with each cut; see admitted
	news   []news
	wake   chan struct{}
	quit   chan struct{}
	done   chan struct{}
}

type session struct {
	cid   uint64 // 0: in this process
	local *Local
	up    bool
}

type news struct {
	node string
	up   bool
}

func newSessions(tell func(node string, up bool)) *sessions {
	s := &sessions{
		byNode: map[string]session{}, byConn: map[uint64]string{},
		wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
	go s.run(tell)
	return s
}

// run tells the news outside the lock, so that whoever hears it may ask back.
func (s *sessions) run(tell func(string, bool)) {
	defer close(s.done)
	for last := false; ; {
		s.mu.Lock()
		batch := s.news
		s.news = nil
		s.mu.Unlock()
		for _, n := range batch {
			if tell != nil {
				tell(n.node, n.up)
			}
		}
		if last && len(batch) == 0 {
			return
		}
		select {
		case <-s.wake:
		case <-s.quit:
			last = true
		}
	}
}

// close waits until all news are told.
func (s *sessions) close() {
	s.mu.Lock()
	for node := range s.byNode {
		s.endLocked(node)
	}
	s.mu.Unlock()
	close(s.quit)
	<-s.done
}

func (s *sessions) tellLocked(node string, up bool) {
	s.news = append(s.news, news{node, up})
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// generation is taken before a login is decided, and given to admitted after.
func (s *sessions) generation() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cuts
}

// admitted notes that the connection cid may become the node's session. It gives the session that it replaces, and
// whether anything was cut since gen: then the decision may be stale and must be taken again.
func (s *sessions) admitted(node string, cid, gen uint64) (old session, stale bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old = s.endLocked(node)
	s.byNode[node] = session{cid: cid}
	s.byConn[cid] = node
	return old, s.cuts != gen
}

// connected notes that the connection is there; false when it is nobody's session any more.
func (s *sessions) connected(cid uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	node, ok := s.byConn[cid]
	if !ok {
		return false
	}
	if n := s.byNode[node]; !n.up {
		n.up = true
		s.byNode[node] = n
		s.tellLocked(node, true)
	}
	return true
}

// gone notes that the connection ended.
func (s *sessions) gone(cid uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if node, ok := s.byConn[cid]; ok {
		s.endLocked(node)
	}
}

// cut ends the node's session and makes every login now being decided be decided again.
func (s *sessions) cut(node string) session {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cuts++
	return s.endLocked(node)
}

// attach makes l the node's session.
func (s *sessions) attach(node string, l *Local) (old session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old = s.endLocked(node)
	s.byNode[node] = session{local: l, up: true}
	s.tellLocked(node, true)
	return old
}

// detach ends the node's session if it is l.
func (s *sessions) detach(node string, l *Local) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byNode[node].local == l {
		s.endLocked(node)
	}
}

func (s *sessions) of(node string) (session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.byNode[node]
	return n, ok && n.up
}

func (s *sessions) endLocked(node string) session {
	n, ok := s.byNode[node]
	if !ok {
		return session{}
	}
	delete(s.byNode, node)
	if n.cid != 0 {
		delete(s.byConn, n.cid)
	}
	if n.up {
		s.tellLocked(node, false)
	}
	return n
}
