package oplog

// begin is where the log begins; that of no file is where every log does.
func (s *store) begin() pos {
	if s == nil {
		return start()
	}
	return s.origin
}

// beginning is the state that the log begins with, at the store's origin.
func beginning[S any](p Projection[S], s *store) reached[S] {
	return reached[S]{state: p.New(), pos: s.begin()}
}
