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

// BaseDecoder is a Projection that can read the state that an older reducer wrote. The state at the base of a trimmed log
// outlives reducers, for the ops that it was made of are in an archive. A Projection without it reads them with Decode.
type BaseDecoder[S any] interface {
	// DecodeBase reads what Encode of the given version gave.
	DecodeBase(version uint32, b []byte) (S, error)
}
