package donations

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"voxmesh/mesh/durable"
	"voxmesh/mesh/fault"
	"voxmesh/policy/syntax"
)

// record is what undo needs of the last save of a file. It lies in the data folder with mode 0600, named by the file's
// place; it is written before the file is, so that there is no save without it. Where the save did not come about, what
// is in the file says so.
type record struct {
	V      int    `json:"v"`
	Path   string `json:"path"` // the file's real place, quoted: it may be no UTF-8
	At     int64  `json:"at_micros"`
	Made   bool   `json:"made"` // there was no file before
	Before []byte `json:"before"`
	After  []byte `json:"after"`
}

const recordVersion = 1

func (b *Book) recordPath(place string) string {
	sum := sha256.Sum256([]byte(place))
	return filepath.Join(b.o.Data, "policy-undo-"+hex.EncodeToString(sum[:8])+".json")
}

// record gives what is kept of the last save, if there is such a thing and it can be read.
func (b *Book) record(place string) (record, bool) {
	if b.o.Data == "" {
		return record{}, false
	}
	f, err := os.Open(b.recordPath(place))
	if err != nil {
		return record{}, false
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, 4*syntax.MaxSize)) // two texts in base64, and some
	var r record
	if err != nil || json.Unmarshal(src, &r) != nil || r.V != recordVersion || r.Path != strconv.QuoteToASCII(place) || r.After == nil {
		return record{}, false
	}
	if r.Made {
		r.Before = nil
	} else if r.Before == nil {
		r.Before = []byte{}
	}
	return r, true
}

// keep writes the record. withdraw puts back the one before it. False where it cannot be kept: then the save goes on,
// and says that it cannot be taken back.
func (b *Book) keep(r record) (withdraw func(), ok bool) {
	if b.o.Data == "" {
		return func() {}, false
	}
	path := b.recordPath(r.Path)
	earlier, had := b.record(r.Path)
	r.V, r.At, r.Path = recordVersion, b.o.Now().UnixMicro(), strconv.QuoteToASCII(r.Path)
	if err := store(path, r); err != nil {
		return func() {}, false
	}
	return func() {
		if had {
			_ = store(path, earlier) // if it fails, undo says that there is nothing to undo
		} else {
			_ = os.Remove(path)
		}
	}, true
}

func store(path string, r record) error {
	src, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return durable.WriteFile(path, append(src, '\n'), 0o600)
}

// Undo takes the last save back, whoever made it: the file holds again what it held before. A save that made the file
// is taken back by removing it: then nothing is given, as before. What an Undo did is not undone by another one.
// Codes: vox/policy/nothing-to-undo; vox/policy/changed-underneath (a *ChangedError) where the file is not what was
// saved; and those of Save.
func (b *Book) Undo(ctx context.Context) (Saved, error) {
	place, unlock, err := b.hold(ctx)
	if err != nil {
		return Saved{}, err
	}
	r, err := b.undoHeld(place)
	unlock()
	if err != nil {
		return Saved{}, b.failed(err)
	}
	s := b.saved(ctx, place, r.After, r.Before, false)
	s.WrittenBytes = len(r.Before)
	return s, nil
}

func (b *Book) undoHeld(place string) (record, error) {
	r, ok := b.record(place)
	if !ok {
		return r, fault.New(codeNoUndo, "no save of %s is known here", b.o.Path).WithHint("only the last save can be taken back, once, and by the data folder that made it")
	}
	now, info, err := load(place)
	switch {
	case err != nil:
		return r, err
	case same(now, r.Before):
		return r, fault.New(codeNoUndo, "%s is what it was before the last save", b.o.Path).WithHint("nothing is to be done")
	case !same(now, r.After):
		return r, changedSince(b.o.Path, r.After, now)
	}
	if err := mayWrite(place, info); err != nil {
		return r, err
	}
	if r.Made {
		if err = b.still(place, r.After); err == nil {
			err = durable.Remove(place)
		}
	} else {
		err = b.put(place, r.After, r.Before, info)
	}
	if err != nil {
		return r, err
	}
	_ = os.Remove(b.recordPath(place)) // if it stays, what is in the file says that it was taken back
	return r, nil
}
