package donations

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"time"
)

// restless is how long after its last change a file is read at each look: two changes within the grain of a file
// system's clock leave the same time.
const restless = 2 * time.Second

// Stamp changes when the file does: its bytes, its mode, that it is there or can be read. It is cheap, for looking once
// a second: a file that has not been touched is not read again.
func (b *Book) Stamp() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	info, err := os.Stat(b.o.Path)
	if err != nil {
		b.seen = ""
		return "none: " + bare(err).Error()
	}
	seen := fmt.Sprint(info.Size(), info.ModTime().UnixNano(), info.Mode(), identity(info))
	if b.quiet && seen == b.seen {
		return b.mark
	}
	src, info, err := load(b.o.Path)
	switch {
	case err != nil:
		b.seen = ""
		return "none: " + bare(err).Error()
	case info == nil:
		b.seen = ""
		return "none: it was removed"
	}
	// The look that is kept is the one before the file was read: what changed since differs from it.
	age := b.o.Now().Sub(info.ModTime())
	sum := sha256.Sum256(src)
	b.seen, b.quiet, b.mark = seen, age > restless, hex.EncodeToString(sum[:8])+" "+info.Mode().String()
	return b.mark
}
