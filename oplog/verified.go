package oplog

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// verifiedName is a small file beside the log that says how the last Verify ended, as JSON, in mode 0600:
//
//	{"v":1,"at":1800000000000000,"ops":2455,"problem":"","seq":2455,"hash":"94f1…"}
//
// seq and hash are the head of what was found good. A file that cannot be read, or whose head is not on this log's chain,
// counts as absent: the log beside it may have been restored or repaired.
const verifiedName = "oplog.verified"

// verifiedMost bounds the file.
const verifiedMost = 64 << 10

// Verified is the outcome of a Verify.
type Verified struct {
	At      int64 // microseconds
	Ops     uint64
	Problem string
	Head    Head // of what was good; At is not kept
}

type verifiedFile struct {
	V       int    `json:"v"`
	At      int64  `json:"at"`
	Ops     uint64 `json:"ops"`
	Problem string `json:"problem"`
	Seq     uint64 `json:"seq"`
	Hash    string `json:"hash"`
}

func verifiedBy(r Report, now time.Time) Verified {
	return Verified{At: now.UnixMicro(), Ops: r.Ops, Problem: r.Problem, Head: r.Head}
}

// save keeps v beside the log. That is a courtesy: where it fails, the outcome is known to this process alone.
func (v Verified) save(dir string) {
	b, err := json.Marshal(verifiedFile{1, v.At, v.Ops, v.Problem, v.Head.Seq, v.Head.Hash.String()})
	if err != nil {
		return
	}
	f, err := os.CreateTemp(dir, verifiedName+".tmp-*")
	if err != nil {
		return
	}
	_, err = f.Write(append(b, '\n'))
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, verifiedName))
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
}

func forgetVerified(dir string) { _ = os.Remove(filepath.Join(dir, verifiedName)) }

// verified reads what an earlier process kept; nil where that says nothing about this log.
func (s *store) verified(head uint64) *Verified {
	path := filepath.Join(s.dir, verifiedName)
	if st, err := os.Lstat(path); err != nil || !st.Mode().IsRegular() || st.Size() > verifiedMost {
		return nil
	}
	b, err := os.ReadFile(path)
	var f verifiedFile
	if err != nil || json.Unmarshal(b, &f) != nil || f.V != 1 || f.At <= 0 || f.Seq > head || f.Seq < s.origin.Seq {
		return nil
	}
	h, err := hex.DecodeString(f.Hash)
	if err != nil || len(h) != len(Hash{}) {
		return nil
	}
	p, err := s.posAt(f.Seq)
	if err != nil || p.Hash != Hash(h) {
		return nil
	}
	return &Verified{At: f.At, Ops: f.Ops, Problem: plainMost([]byte(f.Problem), 1000), Head: Head{Seq: f.Seq, Hash: p.Hash, At: p.At}}
}
