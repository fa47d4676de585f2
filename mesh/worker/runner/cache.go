package runner

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"
)

// compileMax is how long the compiler may take for one module; the largest allowed takes about half of it.
const compileMax = time.Minute

// triesMax bounds how many modules that cannot be compiled are remembered, so as not to try them at each job.
const triesMax = 1024

// cache keeps compiled forms on disk, one folder a module: dir/<hash>. A folder appears whole, by renaming, so jobs
// may read while others compile. One compiler works on a module at a time, and two in all at most.
type cache struct {
	dir     string
	max     int64
	compile func(ctx context.Context, hash, module, dir string) error
	slots   chan struct{}

	ctx  context.Context // of the compilers: they outlive the job that asked
	stop context.CancelFunc
	all  sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	flights map[string]*flight
	failed  map[string]error
}

// flight is a compilation under way. done is closed at its end; err is valid then.
type flight struct {
	done chan struct{}
	err  error
}

func newCache(dir string, max int64, compile func(ctx context.Context, hash, module, dir string) error) (*cache, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	c := &cache{
		dir: dir, max: max, compile: compile, slots: make(chan struct{}, 2),
		flights: map[string]*flight{}, failed: map[string]error{},
	}
	c.ctx, c.stop = context.WithCancel(context.Background())
	c.sweep()
	return c, nil
}

// close stops the compilers and waits for them.
func (c *cache) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.stop()
	c.all.Wait()
}

// ready gives the folder with the compiled form, and marks it as used now.
func (c *cache) ready(hash string) (string, bool) {
	dir := filepath.Join(c.dir, hash)
	now := time.Now()
	if err := os.Chtimes(dir, now, now); err != nil {
		return "", false
	}
	return dir, true
}

// drop forgets a compiled form that did not fit.
func (c *cache) drop(hash string) { _ = os.RemoveAll(filepath.Join(c.dir, hash)) }

// want gives the compilation of a module, which begins if none is under way.
func (c *cache) want(hash, module string) *flight {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f, ok := c.flights[hash]; ok {
		return f
	}
	f := &flight{done: make(chan struct{})}
	f.err = c.failed[hash]
	if c.closed {
		f.err = errors.New("the runner is closed")
	}
	if f.err != nil {
		close(f.done)
		return f
	}
	c.flights[hash] = f
	c.all.Add(1)
	go func() {
		defer c.all.Done()
		err := c.fill(hash, module)
		c.mu.Lock()
		defer c.mu.Unlock()
		f.err = err
		delete(c.flights, hash)
		if err != nil && c.ctx.Err() == nil && len(c.failed) < triesMax {
			c.failed[hash] = err
		}
		close(f.done)
	}()
	return f
}

// fill compiles into a folder of another name, then renames it.
func (c *cache) fill(hash, module string) error {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-c.ctx.Done():
		return c.ctx.Err()
	}
	tmp, err := os.MkdirTemp(c.dir, "tmp-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	ctx, cancel := context.WithTimeout(c.ctx, compileMax)
	defer cancel()
	if err := c.compile(ctx, hash, module, tmp); err != nil {
		return err
	}
	n, err := folderSize(tmp)
	if err != nil {
		return err
	}
	if n > c.max {
		return errors.New("its compiled form is larger than the cache")
	}
	c.evict(c.max - n)
	return os.Rename(tmp, filepath.Join(c.dir, hash))
}

// evict removes the forms that were not used for longest until the rest take at most room bytes. A job that is about
// to read one of them interprets instead.
func (c *cache) evict(room int64) {
	type form struct {
		name string
		used time.Time
		size int64
	}
	var forms []form
	entries, _ := os.ReadDir(c.dir)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || strings.HasPrefix(e.Name(), "tmp-") {
			continue
		}
		n, _ := folderSize(filepath.Join(c.dir, e.Name()))
		forms = append(forms, form{e.Name(), info.ModTime(), n})
	}
	sort.Slice(forms, func(i, j int) bool { return forms[i].used.After(forms[j].used) })
	for _, f := range forms {
		if room -= f.size; room < 0 {
			c.drop(f.name)
		}
	}
}

// sweep removes what a process that died left half done. Anything old enough cannot be under way elsewhere.
func (c *cache) sweep() {
	entries, _ := os.ReadDir(c.dir)
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && strings.HasPrefix(e.Name(), "tmp-") && time.Since(info.ModTime()) > 2*compileMax {
			c.drop(e.Name())
		}
	}
}

func folderSize(dir string) (n int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().IsRegular() {
			n += info.Size()
		}
		return nil
	})
	return n, err
}
