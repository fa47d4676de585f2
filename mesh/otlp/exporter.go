package otlp

import (
	"context"
	"errors"
	"net/url"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"voxmesh/mesh"
	"voxmesh/mesh/clean"
)

// Source is the host, as far as it is looked at.
type Source interface {
	Snapshot() *mesh.State
	// Watch gives a channel that holds a token when something is new.
	Watch(ctx context.Context) <-chan struct{}
	Run(id string) (mesh.RunView, error)
}

// Config says what the environment does not.
type Config struct {
	Log     func(format string, args ...any) // may be nil; never given a secret
	Version string

	uploader    uploader      // for tests
	look, first time.Duration // for tests: instead of lookEvery and firstRest
}

// uploader is the client of the SDK.
type uploader interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error
}

// The pace of an exporter.
const (
	lookEvery = time.Second             // at most so often the runs are looked through
	firstRest = time.Second             // after a failure; then twice as long each time
	longRest  = time.Minute             // and no longer than this
	flushFor  = 1500 * time.Millisecond // what is left at the end has so long to go out
	queueMost = 1000                    // runs that wait for a collector; the oldest go first
)

// Exporter sends the runs of one host to one collector. It is used by one goroutine: Run's.
type Exporter struct {
	src   Source
	cfg   Config
	where string // the collector's host:port
	build builder

	seen  uint64                     // of the state that was looked at last
	ended map[string]bool            // runs of the state that have ended: queued, sent, or not ours to send
	queue []string                   // runs to send, oldest first
	part  [][]*tracepb.ResourceSpans // of the first of the queue, what was not sent yet

	rest  time.Duration // since when it is failing: how long to wait; 0: it works
	lost  int           // runs that were dropped since the collector was there last
	quiet bool          // it was said that a run was not taken
}

// New prepares an export of what ends from now on. Codes: vox/otlp/protocol, vox/otlp/endpoint, vox/otlp/headers.
func New(src Source, cfg Config) (*Exporter, error) {
	if cfg.Log == nil {
		cfg.Log = func(string, ...any) {}
	}
	if cfg.look == 0 {
		cfg.look, cfg.first = lookEvery, firstRest
	}
	where, err := check(os.Getenv)
	if err != nil {
		return nil, err
	}
	if cfg.uploader == nil {
		cfg.uploader = otlptracehttp.NewClient(otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: false}))
	}
	s := src.Snapshot()
	e := &Exporter{src: src, cfg: cfg, where: where, ended: map[string]bool{}, build: builder{
		host: s.Mesh, mesh: s.Mesh, service: "voxmesh", version: cfg.Version, open: here(where), extra: map[string]string{},
	}}
	e.fromEnvironment()
	e.look(s)
	e.queue = nil
	return e, nil
}

// fromEnvironment takes what the resource of every span is to say.
func (e *Exporter) fromEnvironment() {
	r, err := resource.New(context.Background(), resource.WithFromEnv())
	if err != nil {
		e.cfg.Log("traces: OTEL_RESOURCE_ATTRIBUTES cannot be read")
	}
	for _, kv := range r.Attributes() {
		if kv.Key == "service.name" {
			e.build.service = kv.Value.AsString()
			continue
		}
		e.build.extra[string(kv.Key)] = kv.Value.AsString()
	}
}

// Run exports until ctx ends, and then what is left, for no longer than two seconds.
func (e *Exporter) Run(ctx context.Context) {
	if err := e.cfg.uploader.Start(ctx); err != nil && ctx.Err() == nil {
		e.cfg.Log("traces: %s", clean.Max(err.Error(), 200))
	}
	e.cfg.Log("traces: runs that end go to the collector at %s", clean.Max(e.where, 100))
	watch, stop := context.WithCancel(ctx)
	defer stop()
	moved := e.src.Watch(watch)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		e.look(e.src.Snapshot())
		wait := e.sendAll(ctx)
		var news <-chan struct{}
		if wait == 0 { // all is sent: nothing to do before something is new
			news, wait = moved, time.Hour
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case _, ok := <-news:
			if !ok {
				moved = nil // the host ends, and so will ctx
			}
			e.pause(ctx, timer)
		}
	}
	e.flush()
}

// pause lets more runs end before all are looked through again.
func (e *Exporter) pause(ctx context.Context, timer *time.Timer) {
	timer.Reset(e.cfg.look)
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// flush sends what is left.
func (e *Exporter) flush() {
	ctx, cancel := context.WithTimeout(context.Background(), flushFor)
	defer cancel()
	e.look(e.src.Snapshot())
	e.sendAll(ctx)
	if n := len(e.queue) + e.lost; n > 0 {
		e.cfg.Log("traces: %d runs were not exported", n)
	}
	_ = e.cfg.uploader.Stop(ctx) // nothing is on its way
}

// look queues the runs that have ended since it was last done.
func (e *Exporter) look(s *mesh.State) {
	if s.Seq == e.seen {
		return
	}
	e.seen = s.Seq
	runs := s.Runs()
	for _, r := range runs {
		if e.ended[r.ID] || !over(s, r) {
			continue
		}
		e.ended[r.ID] = true
		e.queue = append(e.queue, r.ID)
	}
	if n := len(e.queue) - queueMost; n > 0 {
		e.lost += n
		e.queue, e.part = e.queue[n:], nil
	}
	if len(e.ended) > 2*len(runs)+queueMost {
		there := make(map[string]bool, len(runs))
		for _, r := range runs {
			if e.ended[r.ID] {
				there[r.ID] = true
			}
		}
		e.ended = there
	}
}

// over reports whether nothing more happens in a run.
func over(s *mesh.State, r *mesh.Run) bool {
	if r.Flow != nil {
		return r.Flow.Ended > 0
	}
	for _, id := range r.Jobs {
		if j, ok := s.Job(id); ok && !j.State.Ended() {
			return false
		}
	}
	return len(r.Jobs) > 0
}

// sendAll sends what is queued and gives how long to wait before it is tried again; 0: all is sent.
func (e *Exporter) sendAll(ctx context.Context) time.Duration {
	for len(e.queue) > 0 {
		if e.part == nil {
			v, err := e.src.Run(e.queue[0])
			if err == nil {
				e.part = e.build.batches(&v)
			}
		}
		for len(e.part) > 0 {
			err := e.cfg.uploader.UploadTraces(ctx, e.part[0])
			switch {
			case ctx.Err() != nil && err != nil:
				return e.cfg.first // it was cut short: what is left goes out at the end
			case err != nil && passing(err):
				return e.failed(err)
			}
			e.answered(err)
			e.part = e.part[1:]
		}
		e.queue, e.part = e.queue[1:], nil
	}
	return 0
}

// failed notes that the collector was not reached, or wants to be asked later.
func (e *Exporter) failed(err error) time.Duration {
	if e.rest == 0 {
		e.cfg.Log("traces: the collector at %s does not take them now; up to %d runs are kept for it: %s",
			clean.Max(e.where, 100), queueMost, clean.Max(err.Error(), 200))
	}
	e.rest = min(max(2*e.rest, e.cfg.first), longRest)
	return e.rest
}

// answered notes that the collector took something, or said that it never will: then trying again is of no use.
func (e *Exporter) answered(err error) {
	if e.rest > 0 {
		e.cfg.Log("traces: the collector answers again; %d runs were dropped meanwhile", e.lost)
		e.rest, e.lost = 0, 0
	}
	switch {
	case err == nil:
		e.quiet = false
	case !e.quiet:
		e.quiet = true
		e.cfg.Log("traces: the collector refused some: %s", clean.Max(err.Error(), 200))
	}
}

// passing reports whether a failure may be gone the next time: the collector was not reached, or said so itself. The
// SDK's type for the latter is not exported; its text is.
func passing(err error) bool {
	var far *url.Error
	return errors.As(err, &far) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) ||
		strings.Contains(err.Error(), "retry-able request failure")
}
