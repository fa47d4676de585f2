package oplog

// Archive is a file that holds ops which were trimmed, as the log remembers it.
type Archive struct {
	First, Last uint64 // its ops
	At          int64  // of the last one, microseconds
	Name        string // of the file, without its folder; as it was called when it was made
}

// Archives gives the archives of a trimmed log, the oldest first; nil where nothing was trimmed. Whether they are still there
// the log does not know.
func (l *Log[S]) Archives() []Archive {
	if l.s == nil || l.s.base == nil {
		return nil
	}
	out := make([]Archive, len(l.s.base.archives))
	for i, a := range l.s.base.archives {
		out[i] = Archive{First: a.first, Last: a.last, At: a.at, Name: plain([]byte(a.name))}
	}
	return out
}
