package worker

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/fabric"
)

// trail is what this machine does for one attempt, as OpenTelemetry spans: children of the span that the host named in
// the traceparent header of the assignment. They go back to the host with the result and nowhere else. Where the header
// is missing, malformed or says that the trace is not sampled, nothing is recorded. Safe for concurrent use.
type trail struct {
	ctx    context.Context // of the attempt's span
	tracer trace.Tracer    // nil: nothing is recorded
	now    func() time.Time
	kept   *keeper
}

// maxSpanError bounds the error of a span: the whole of it stands in the result.
const maxSpanError = 120

// newTrail reads a traceparent. It is another machine's word: only its form is believed, and all that follows from it is
// where the spans hang.
func newTrail(traceparent string, now func() time.Time) *trail {
	carrier := propagation.MapCarrier{fabric.HeaderTraceparent: traceparent}
	t := &trail{ctx: propagation.TraceContext{}.Extract(context.Background(), carrier), now: now}
	if !trace.SpanContextFromContext(t.ctx).IsSampled() {
		return t
	}
	t.kept = &keeper{}
	t.tracer = sdktrace.NewTracerProvider(
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.NeverSample())), // what has no parent is nobody's
		sdktrace.WithResource(resource.Empty()), sdktrace.WithSpanProcessor(t.kept),
	).Tracer("voxmesh/mesh/worker")
	return t
}

// step is a phase that goes on.
type step struct {
	t   *trail
	ctx context.Context
}

// begin begins a phase of the attempt, or, with a step, of that one. name is one of the phases of package fabric.
func (t *trail) begin(name string, in ...step) step {
	if t == nil || t.tracer == nil {
		return step{}
	}
	ctx := t.ctx
	if len(in) > 0 {
		ctx = in[0].ctx
	}
	ctx, _ = t.tracer.Start(ctx, name, trace.WithTimestamp(t.now()))
	return step{t, ctx}
}

// end ends the phase: well, or, where why says something, with that error. What is never ended is never told.
func (s step) end(why string) {
	if s.t == nil {
		return
	}
	span := trace.SpanFromContext(s.ctx)
	if why != "" {
		span.SetStatus(codes.Error, clean.Max(why, maxSpanError).String())
	}
	span.End(trace.WithTimestamp(s.t.now()))
}

// spans gives the phases that have ended, in the order of their ends.
func (t *trail) spans() []fabric.Span {
	if t == nil || t.kept == nil {
		return nil
	}
	return t.kept.all()
}

// keeper keeps the ended spans of one attempt, as many as a host takes.
type keeper struct {
	mu   sync.Mutex
	kept []fabric.Span
}

var _ sdktrace.SpanProcessor = (*keeper)(nil)

// OnStart does nothing.
func (*keeper) OnStart(context.Context, sdktrace.ReadWriteSpan) {}

// OnEnd keeps a span if there is room.
func (k *keeper) OnEnd(s sdktrace.ReadOnlySpan) {
	span := fabric.Span{
		ID: s.SpanContext().SpanID().String(), Parent: s.Parent().SpanID().String(), Name: s.Name(),
		Start: s.StartTime().UnixMicro(), End: max(s.EndTime().UnixMicro(), s.StartTime().UnixMicro()), Error: s.Status().Description,
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.kept) < fabric.MaxSpans {
		k.kept = append(k.kept, span)
	}
}

func (k *keeper) all() []fabric.Span {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]fabric.Span(nil), k.kept...)
}

// Shutdown does nothing: nothing is on its way.
func (*keeper) Shutdown(context.Context) error { return nil }

// ForceFlush does nothing.
func (*keeper) ForceFlush(context.Context) error { return nil }

// because is the sentence of an error, empty where there is none.
func because(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// bytesOf is about how much room spans take in a report.
func bytesOf(spans []fabric.Span) int {
	n := 0
	for _, s := range spans {
		n += 160 + 6*len(s.Error) // a character may be written as \u003c
	}
	return n
}
