package otlp

import (
	"encoding/hex"
	"maps"
	"slices"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
)

// scopeName names who made the spans.
const scopeName = "voxmesh/mesh"

// The attributes that spans have beside mesh.Attr….
const (
	attrStatus  = "vox.mesh.status"
	attrNode    = "vox.mesh.node_id"
	attrAttempt = "vox.mesh.attempt"
	attrTitle   = "vox.mesh.title"
	attrWaits   = "vox.mesh.waits"
	attrCost    = "vox.mesh.cost_usd"
	attrSkew    = "vox.mesh.clock_skew_us" // by which the machine's clock was ahead; times are corrected by it
	attrDetail  = "vox.mesh.detail"
	attrMesh    = "vox.mesh.name"
)

// Flags of a span (opentelemetry.proto.trace.v1.SpanFlags): it is sampled, and it is known whether its parent is another
// machine's.
const (
	flagsLocal  = 0x01 | uint32(tracepb.SpanFlags_SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK)
	flagsRemote = flagsLocal | uint32(tracepb.SpanFlags_SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK)
)

// builder makes the protobuf form of runs.
type builder struct {
	host    string // id of the host's own node: whose spans those are that no worker speaks of
	mesh    string
	service string
	version string            // of the host
	extra   map[string]string // of every resource
	open    bool              // LOCAL work may be told: the collector is on this machine
}

// batchSpans is how many spans go in one request: about a megabyte, where collectors take 20 as they are installed.
const batchSpans = 2000

// batches gives the spans of a run that has ended, one resource for each machine, in requests of at most batchSpans. It
// is empty where the run may not be told.
func (b *builder) batches(v *mesh.RunView) [][]*tracepb.ResourceSpans {
	trace, err := hex.DecodeString(v.TraceID)
	if err != nil || len(trace) != 16 || v.PrivacyClass == privacy.LocalOnly && !b.open {
		return nil
	}
	flat := v.Flat()
	var out [][]*tracepb.ResourceSpans
	for part := range slices.Chunk(flat, batchSpans) {
		machines := map[string][]*tracepb.Span{}
		for _, f := range part {
			parent := ""
			if f.Parent >= 0 {
				parent = b.machine(flat[f.Parent].SpanView)
			}
			if s := b.span(v, f.SpanView, trace, parent); s != nil {
				machines[b.machine(f.SpanView)] = append(machines[b.machine(f.SpanView)], s)
			}
		}
		var rs []*tracepb.ResourceSpans
		for _, node := range slices.Sorted(maps.Keys(machines)) {
			rs = append(rs, &tracepb.ResourceSpans{
				Resource:   b.resource(node),
				ScopeSpans: []*tracepb.ScopeSpans{{Scope: &commonpb.InstrumentationScope{Name: scopeName, Version: b.version}, Spans: machines[node]}},
			})
		}
		if rs != nil {
			out = append(out, rs)
		}
	}
	return out
}

// machine is the node that a span is of: what runs and what its worker says of itself is the worker's, the rest is the
// host's.
func (b *builder) machine(s *mesh.SpanView) string {
	if s.SpanKind == mesh.SpanPhase && s.NodeID != "" {
		return s.NodeID
	}
	return b.host
}

func (b *builder) resource(node string) *resourcepb.Resource {
	at := map[string]string{}
	maps.Copy(at, b.extra)
	at["service.name"], at["service.instance.id"], at[attrMesh] = b.service, node, b.mesh
	if node == b.host {
		at["service.version"] = b.version
	}
	return &resourcepb.Resource{Attributes: texts(at)}
}

// span is the protobuf form of one; nil where its id is none.
func (b *builder) span(v *mesh.RunView, s *mesh.SpanView, trace []byte, parent string) *tracepb.Span {
	id, err := hex.DecodeString(s.SpanID)
	if err != nil || len(id) != 8 {
		return nil
	}
	end := s.End
	if end == 0 {
		end = max(v.EndedAt, v.Root.End, s.Start)
	}
	p := &tracepb.Span{
		TraceId: trace, SpanId: id, Name: name(s, v), Kind: kind(s), Flags: flagsLocal,
		StartTimeUnixNano: nanos(s.Start), EndTimeUnixNano: nanos(end), Attributes: b.attributes(v, s),
		Status: &tracepb.Status{Code: code(s.Status)},
	}
	if above, err := hex.DecodeString(s.ParentID); err == nil && len(above) == 8 {
		p.ParentSpanId = above
		if parent != b.machine(s) {
			p.Flags = flagsRemote
		}
	}
	told := b.told(s)
	if told && p.Status.Code == tracepb.Status_STATUS_CODE_ERROR {
		p.Status.Message = s.Error
	}
	for _, e := range s.Events {
		pe := &tracepb.Span_Event{TimeUnixNano: nanos(e.At), Name: e.Name}
		if e.NodeID != "" {
			pe.Attributes = append(pe.Attributes, text(attrNode, e.NodeID))
		}
		if e.Detail != "" && told {
			pe.Attributes = append(pe.Attributes, text(attrDetail, e.Detail))
		}
		p.Events = append(p.Events, pe)
	}
	return p
}

// told reports whether what people wrote may go along.
func (b *builder) told(s *mesh.SpanView) bool { return b.open || s.PrivacyClass != privacy.LocalOnly }

func (b *builder) attributes(v *mesh.RunView, s *mesh.SpanView) []*commonpb.KeyValue {
	said := s.Attributes
	if !b.told(s) { // an activity's name is what a person wrote, like a title
		said = maps.Clone(said)
		delete(said, mesh.AttrActivity)
	}
	out := texts(said)
	add := func(key, value string) {
		if value != "" {
			out = append(out, text(key, value))
		}
	}
	add(attrStatus, s.Status)
	add(attrNode, s.NodeID)
	if b.told(s) {
		add(attrWaits, s.Waits)
		if s.SpanKind == mesh.SpanRun || s.SpanKind == mesh.SpanActivity && v.Workflow == "" {
			add(attrTitle, s.SpanName)
		}
	}
	if s.Attempt > 0 {
		out = append(out, number(attrAttempt, int64(s.Attempt)))
	}
	if s.SkewMicros != 0 {
		out = append(out, number(attrSkew, s.SkewMicros))
	}
	if s.CostUSD != 0 {
		out = append(out, &commonpb.KeyValue{Key: attrCost, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: s.CostUSD}}})
	}
	return out
}

// name is one of few, as collectors want the names of spans to be: what a person wrote stands in an attribute.
func name(s *mesh.SpanView, v *mesh.RunView) string {
	switch s.SpanKind {
	case mesh.SpanRun:
		if v.Workflow != "" {
			return "workflow"
		}
		return "run"
	case mesh.SpanActivity:
		if r := s.Attributes[mesh.AttrRunner]; r != "" {
			return "activity " + r
		}
		return "activity"
	case mesh.SpanAttempt:
		return "attempt"
	}
	return s.SpanName
}

// kind: an attempt asks another machine to do something, and what runs there serves it.
func kind(s *mesh.SpanView) tracepb.Span_SpanKind {
	switch {
	case s.SpanKind == mesh.SpanAttempt:
		return tracepb.Span_SPAN_KIND_CLIENT
	case s.SpanKind == mesh.SpanPhase && s.SpanName == "run":
		return tracepb.Span_SPAN_KIND_SERVER
	}
	return tracepb.Span_SPAN_KIND_INTERNAL
}

// code is the status by OpenTelemetry: what went wrong is an error, what was taken back for a reason is neither.
func code(status string) tracepb.Status_StatusCode {
	switch status {
	case mesh.Succeeded.String():
		return tracepb.Status_STATUS_CODE_OK
	case mesh.Failed.String(), mesh.TimedOut.String(), mesh.Killed.String(), mesh.CauseLost.String(), mesh.CauseRefused.String(), mesh.CauseRevoked.String():
		return tracepb.Status_STATUS_CODE_ERROR
	}
	return tracepb.Status_STATUS_CODE_UNSET
}

func nanos(micros int64) uint64 { return uint64(max(micros, 0)) * 1000 }

func text(key, value string) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}}}
}

func number(key string, n int64) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: n}}}
}

// texts gives attributes in the order of their keys.
func texts(at map[string]string) []*commonpb.KeyValue {
	out := make([]*commonpb.KeyValue, 0, len(at)+6)
	for _, k := range slices.Sorted(maps.Keys(at)) {
		out = append(out, text(k, at[k]))
	}
	return out
}
