package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"time"
)

// modules is a bounded folder of modules, named by their SHA-256. The one that was used longest ago goes first; one in
// use never does.
type modules struct {
	dir string
	max int64

	mu    sync.Mutex
	known map[string]*kept
	clock uint64 // counts uses
}

type kept struct {
	size     int64
	used     uint64 // when, by the clock
	users    int
	verified bool          // since this start
	coming   chan struct{} // closed when a fetch has ended; nil: none goes on
}

// openModules reads what a folder holds; pieces of fetches that were cut short are removed.
func openModules(dir string, most int64) (*modules, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("worker: make the module folder: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("worker: read the module folder: %w", err)
	}
	m := &modules{dir: dir, max: most, known: map[string]*kept{}}
	type found struct {
		name string
		size int64
		at   time.Time
	}
	var all []found
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !isHash(e.Name()) || !info.Mode().IsRegular() {
			_ = os.RemoveAll(filepath.Join(dir, e.Name()))
			continue
		}
		all = append(all, found{e.Name(), info.Size(), info.ModTime()})
	}
	sort.Slice(all, func(i, j int) bool { return all[i].at.Before(all[j].at) })
	for _, f := range all {
		m.clock++
		m.known[f.name] = &kept{size: f.size, used: m.clock}
	}
	return m, nil
}

// get gives the path of a module, fetched if it is not there. free must be called when it is no longer used.
func (m *modules) get(ctx context.Context, hash string, fetch func(context.Context, *os.File) error) (path string, free func(), err error) {
	path = filepath.Join(m.dir, hash)
	free = sync.OnceFunc(func() { m.release(hash) })
	for {
		k, wait := m.claim(hash)
		if wait == nil {
			break
		}
		if k == nil { // somebody else fetches it
			select {
			case <-wait:
				continue
			case <-ctx.Done():
				return "", nil, context.Cause(ctx)
			}
		}
		// It is ours to fetch, or to verify.
		if err := m.bring(ctx, hash, path, k, fetch); err != nil {
			return "", nil, err
		}
		break
	}
	return path, free, nil
}

// claim counts a user of a module that is ready (wait is nil), or makes the caller its provider (k is given), or gives
// what to wait for.
func (m *modules) claim(hash string) (k *kept, wait chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clock++
	k = m.known[hash]
	if k == nil {
		k = &kept{}
		m.known[hash] = k
	}
	switch {
	case k.coming != nil:
		return nil, k.coming
	case k.verified:
		k.users++
		k.used = m.clock
		return k, nil
	}
	k.coming = make(chan struct{})
	k.users++
	k.used = m.clock
	return k, k.coming
}

// bring provides and settles; a panic on the way must not leave others waiting.
func (m *modules) bring(ctx context.Context, hash, path string, k *kept, fetch func(context.Context, *os.File) error) error {
	err := errors.New("the fetch was cut short")
	defer func() { m.settle(hash, k, err) }()
	err = m.provide(ctx, hash, path, k.size > 0, fetch)
	return err
}

// provide makes the file be there with the right content.
func (m *modules) provide(ctx context.Context, hash, path string, there bool, fetch func(context.Context, *os.File) error) error {
	if there && hashOf(path) == hash {
		now := time.Now()
		return ignoreGone(os.Chtimes(path, now, now)) // so that the order of use outlives this process, roughly
	}
	f, err := os.CreateTemp(m.dir, "get-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already when all went well
	err = fetch(ctx, f)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// settle ends a provision, and makes room for what came.
func (m *modules) settle(hash string, k *kept, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	close(k.coming)
	k.coming = nil
	if err != nil {
		k.users--
		delete(m.known, hash)
		_ = os.Remove(filepath.Join(m.dir, hash)) // what is there is not it
		return
	}
	k.verified = true
	if info, err := os.Stat(filepath.Join(m.dir, hash)); err == nil {
		k.size = info.Size()
	}
	m.shrink()
}

func (m *modules) release(hash string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k := m.known[hash]; k != nil && k.users > 0 {
		k.users--
	}
	m.shrink()
}

// shrink removes what was used longest ago until the rest fits. The caller holds m.mu.
func (m *modules) shrink() {
	var total int64
	for _, k := range m.known {
		total += k.size
	}
	for total > m.max {
		oldest := ""
		for hash, k := range m.known {
			if k.users == 0 && k.coming == nil && (oldest == "" || k.used < m.known[oldest].used) {
				oldest = hash
			}
		}
		if oldest == "" {
			return // all are in use
		}
		total -= m.known[oldest].size
		delete(m.known, oldest)
		_ = os.Remove(filepath.Join(m.dir, oldest)) // a file that stays is found at the next start
	}
}

// hashOf is the SHA-256 of a file, or empty.
func hashOf(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close() //nolint:errcheck // it was only read
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil // a time that cannot be set costs an order of use, not a module
}
