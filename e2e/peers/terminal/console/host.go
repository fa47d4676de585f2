package main

import (
	"context"
	"slices"
	"sync"
	"time"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/tui"
)

// host is a host that is made up: its state is of real ops, its machines are not there. What the console asks of a host
// only where a key asks for it is not there either.
type host struct {
	tui.Source  // nil: what is not below is not asked for
	tui.Actions // nil

	mu    sync.Mutex
	log   *log
	tel   *mesh.Telemetry
	watch chan struct{}
	done  chan struct{}
}

var errNotHere = fault.New("vox/test/not-here", "this host is made up")

func newHost(l *log, tel *mesh.Telemetry) *host {
	return &host{log: l, tel: tel, watch: make(chan struct{}, 1), done: make(chan struct{})}
}

// change changes the state, and says so.
func (h *host) change(f func(*log)) {
	h.mu.Lock()
	f(h.log)
	h.mu.Unlock()
	select {
	case h.watch <- struct{}{}:
	default:
	}
}

func (h *host) Snapshot() *mesh.State {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.state
}

func (h *host) Telemetry() *mesh.Telemetry            { return h.tel }
func (h *host) Watch(context.Context) <-chan struct{} { return h.watch }
func (h *host) Done() <-chan struct{}                 { return h.done }
func (h *host) Info() mesh.HostInfo                   { return mesh.HostInfo{} }

// times gives those of the ops: what is there does not change any more, however many come.
func (h *host) times() []int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.times
}

func (h *host) Began() (time.Time, error) { return time.UnixMicro(h.times()[0]), nil }

func (h *host) Density(from, to time.Time, n int) ([]mesh.Tick, error) {
	times, out, width := h.times(), make([]mesh.Tick, n), to.Sub(from)/time.Duration(max(n, 1))
	for i := range out {
		at := from.Add(time.Duration(i) * width)
		a, _ := slices.BinarySearch(times, at.UnixMicro())
		b, _ := slices.BinarySearch(times, at.Add(width).UnixMicro())
		out[i].At, out[i].N = at.UnixMicro(), uint64(b-a)
	}
	return out, nil
}

func (h *host) Marks(time.Time, time.Time) ([]mesh.Mark, error) { return nil, nil }
func (h *host) Moment(uint64) (mesh.Moment, error)              { return mesh.Moment{}, errNotHere }

func (h *host) NextEvent(uint64) (mesh.Stop, bool, error)  { return mesh.Stop{}, false, errNotHere }
func (h *host) EventAt(time.Time) (mesh.Stop, bool, error) { return mesh.Stop{}, false, errNotHere }

func (h *host) At(time.Time) (mesh.Instant, error) { return mesh.Instant{}, errNotHere }

func (h *host) AtSeq(uint64) (mesh.Instant, error) { return mesh.Instant{}, errNotHere }

func (h *host) Run(string) (mesh.RunView, error)                 { return mesh.RunView{}, errNotHere }
func (h *host) Job(string) (*mesh.Job, error)                    { return nil, errNotHere }
func (h *host) ActsOn(string, int) ([]mesh.AuditEntry, error)    { return nil, nil }
func (h *host) AuditPage(uint64, int) ([]mesh.AuditEntry, error) { return nil, nil }
func (h *host) LoadView(string) ([]byte, error)                  { return nil, errNotHere }
func (h *host) SaveView(string, []byte) error                    { return nil }

func (h *host) Tail(context.Context, string, int) (mesh.Output, error) {
	return mesh.Output{}, errNotHere
}
