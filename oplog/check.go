package oplog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
)

// A log that was not closed, or was changed since, is first opened by a process of its own: bbolt can end a process in
// ways that recover does not stop (a stack without end, memory without end, a fault of the runtime). What dies or hangs
// then is not the host.
const (
	// CheckFor is how long a check of a small log may take: it reads what Open reads, the newest part of every bucket. That may
	// be all of it: see CheckTime.
	CheckFor = time.Minute

	checkRate = 4 << 20 // bytes of the file that a slow machine replays in a second

	checkMemory = 4 << 30  // bytes of its own that a check may come to hold
	checkStack  = 64 << 20 // bytes of stack of one goroutine
	checkKeys   = 4096     // of each bucket, the last
)

// CheckTime is how long a check of the log in dir may take before it counts as one that hangs. Where no memo can be used, as
// after an upgrade, Open replays the whole log, and a good one must not be taken for damaged because it is long.
func CheckTime(dir string) time.Duration {
	st, err := os.Stat(filepath.Join(dir, dbName))
	if err != nil {
		return CheckFor
	}
	return CheckFor + time.Duration(st.Size()/checkRate)*time.Second
}

// checked is the last line that a check says, where it finds something.
type checked struct {
	Code string `json:"code"`
	Text string `json:"text"`
	Hint string `json:"hint,omitempty"`
	Seq  uint64 `json:"seq,omitempty"`
}

// CheckMain is a process that checks the log in dir for another: see CheckSaid. It limits itself, says what is wrong in one
// line of JSON, and gives the exit code.
func CheckMain[S any](ctx context.Context, dir string, p Projection[S], out io.Writer) int {
	debug.SetMaxStack(checkStack)
	debug.SetMemoryLimit(checkMemory / 2)
	if st, err := os.Stat(filepath.Join(dir, dbName)); err == nil {
		limitMemory(uint64(checkMemory) + 2*uint64(st.Size())) // bbolt maps up to twice the file
	}
	go watchMemory()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends with whoever wants to know, however that ends
		os.Exit(4)
	}()
	err := check(ctx, dir, p)
	if err == nil {
		return 0
	}
	c := checked{Code: CodeIO, Text: err.Error()}
	var own *Error
	if errors.As(err, &own) {
		c = checked{own.Code, own.Text, own.Hint, own.Seq}
	}
	_ = json.NewEncoder(out).Encode(c)
	return 1
}

// watchMemory ends the process when it holds too much, where the system does not.
func watchMemory() {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	for range time.Tick(20 * time.Millisecond) {
		if metrics.Read(s); s[0].Value.Kind() == metrics.KindUint64 && s[0].Value.Uint64() > checkMemory {
			fmt.Fprintln(os.Stderr, "more memory than a log can need")
			os.Exit(3)
		}
	}
}

// check opens the log for reading as a host does for writing, and has bbolt go over the end of every bucket.
func check[S any](ctx context.Context, dir string, p Projection[S]) error {
	l, err := Open(dir, p, Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer l.Close()
	if l.s == nil {
		return nil
	}
	return l.s.view(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bolt.Bucket) error {
			n := 0
			c := b.Cursor()
			c.First()
			for k, v := c.Last(); k != nil && n < checkKeys; k, v = c.Prev() {
				if n++; len(v) > 0 {
					_ = v[len(v)-1]
				}
				if err := ctx.Err(); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// CheckSaid is what a process found that ended with what CheckMain gives: nil where it ended well. out and said are what it wrote
// to its standard output and error, err how it ended, late that it was ended because it took too long. One that died, or took
// too long, has met damage that would have ended this process.
func CheckSaid(out, said []byte, err error, late bool) error {
	if err == nil {
		return nil
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	var c checked
	if json.Unmarshal([]byte(lines[len(lines)-1]), &c) == nil && c.Code != "" {
		return &Error{Code: c.Code, Text: c.Text, Hint: c.Hint, Seq: c.Seq}
	}
	why := "the process that looked at it died: " + err.Error()
	if late {
		why = "the process that looked at it was not done in time"
	}
	if first, _, _ := bytes.Cut(said, []byte("\n")); len(first) > 0 {
		why += " (" + plain(first) + ")"
	}
	e := damaged(0, "%s", why)
	e.Hint = "keep a copy of oplog.db, then `voxmesh oplog repair`; or put a backup in its place"
	return e
}
