package otlp

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
)

func TestACollectorGetsWhatHappenedOnTwoMachines(t *testing.T) {
	c := newCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20s3cret")
	t.Setenv("OTEL_SERVICE_NAME", "my-mesh")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=attic")
	h := openMesh(t)
	early := run(t, h, "home")
	_, log := export(t, h, nil)
	tk := run(t, h, "bob")
	got := c.spans(t, tk.TraceID)
	v, err := h.Run(tk.RunID)
	if err != nil {
		t.Fatal(err)
	}
	spans := v.Flat()
	if len(got) != len(spans) || len(spans) < 9 {
		t.Errorf("%d spans came, of %d", len(got), len(spans))
	}
	names, machines := map[string]bool{}, map[string]int{}
	for _, f := range spans {
		p, ok := got[f.SpanID]
		if !ok {
			t.Errorf("%s did not come", f.SpanName)
			continue
		}
		names[p.Name] = true
		machines[p.resource["service.instance.id"]]++
		if hex.EncodeToString(p.ParentSpanId) != f.ParentID || p.StartTimeUnixNano != uint64(f.Start)*1000 || p.EndTimeUnixNano != uint64(f.End)*1000 {
			t.Errorf("%s: %v", f.SpanName, p.Span)
		}
		if f.Parent >= 0 {
			parent := got[spans[f.Parent].SpanID]
			if p.StartTimeUnixNano < parent.StartTimeUnixNano || p.EndTimeUnixNano > parent.EndTimeUnixNano {
				t.Errorf("%s lies outside of %s", p.Name, parent.Name)
			}
			if remote := p.resource["service.instance.id"] != parent.resource["service.instance.id"]; remote != (p.Flags == flagsRemote) {
				t.Errorf("%s: flags %x", p.Name, p.Flags)
			}
		}
		if p.resource["service.name"] != "my-mesh" || p.resource["vox.mesh.name"] != "home" || p.resource["deployment.environment.name"] != "attic" {
			t.Errorf("resource %v", p.resource)
		}
		at := flat(p.Attributes)
		if at[mesh.AttrTrace] != tk.TraceID || at[mesh.AttrRun] != tk.RunID || at[mesh.AttrClass] != "paired-peers-only" {
			t.Errorf("%s: %v", p.Name, at)
		}
		switch f.SpanKind {
		case mesh.SpanAttempt:
			if p.Kind != tracepb.Span_SPAN_KIND_CLIENT || at[mesh.AttrLease] != tk.JobID+"-1" || at[mesh.AttrPeer] == "" || at[mesh.AttrKind] != "cpu" || len(p.Events) < 2 {
				t.Errorf("%v", p.Span)
			}
		case mesh.SpanPhase:
			if skew := at[attrSkew]; f.SkewMicros != 0 && (len(skew) != 10 || skew[:2] != "36" && skew[:2] != "35") {
				t.Errorf("%s: skew %q", p.Name, skew)
			}
		}
		if p.Status.Code != tracepb.Status_STATUS_CODE_OK {
			t.Errorf("%s: %v", p.Name, p.Status)
		}
	}
	for _, want := range []string{"run", "activity wasm", "attempt", "lease", "dispatch", "admit", "fetch module", "execute"} {
		if !names[want] {
			t.Errorf("no %s among %v", want, names)
		}
	}
	if machines["home"] < 4 || machines["bob"] < 4 {
		t.Errorf("machines %v", machines)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, rs := range c.got {
		for _, s := range rs.ScopeSpans[0].Spans {
			if hex.EncodeToString(s.TraceId) == early.TraceID {
				t.Error("what had ended before was exported")
			}
		}
	}
	if c.header.Get("Authorization") != "Bearer s3cret" || strings.Contains(log(), "s3cret") {
		t.Errorf("%v\n%s", c.header, log())
	}
}

func TestACollectorThatIsDownIsSaidOnce(t *testing.T) {
	c := newCollector(t)
	c.answer(http.StatusServiceUnavailable)
	h := openMesh(t)
	stop, log := export(t, h, nil)
	first := run(t, h, "bob")
	for range 4 {
		<-c.came
	}
	second := run(t, h, "home")
	c.answer(0)
	c.spans(t, first.TraceID)
	c.spans(t, second.TraceID)
	stop()
	if n := strings.Count(log(), "does not take them now"); n != 1 || strings.Count(log(), "answers again") != 1 {
		t.Errorf("said %d times:\n%s", n, log())
	}
	if n := c.times(first.TraceID); n != 1 {
		t.Errorf("exported %d times", n)
	}
}

// What a collector refuses for good does not stand in the way of what comes after it.
func TestARefusedRunIsNotTriedAgain(t *testing.T) {
	c := newCollector(t)
	c.answer(http.StatusBadRequest)
	h := openMesh(t)
	_, log := export(t, h, nil)
	first := run(t, h, "bob")
	<-c.came
	c.answer(0)
	second := run(t, h, "home")
	c.spans(t, second.TraceID)
	if c.times(first.TraceID) != 0 || strings.Count(log(), "refused some") != 1 {
		t.Errorf("%s", log())
	}
}

func TestTheEndDoesNotWaitForACollector(t *testing.T) {
	c := newCollector(t)
	c.hang = make(chan struct{})
	defer close(c.hang)
	h := openMesh(t)
	stop, log := export(t, h, nil)
	run(t, h, "bob")
	<-c.came
	began := time.Now()
	stop()
	if took := time.Since(began); took > 10*flushFor {
		t.Errorf("it took %v", took)
	}
	if !strings.Contains(log(), "1 runs were not exported") || strings.Contains(log(), "does not take") {
		t.Errorf("%s", log())
	}
}

func TestWhatTheEnvironmentSays(t *testing.T) {
	for name, c := range map[string]struct {
		env  string
		on   bool
		code string
	}{
		"nothing":          {"", false, ""},
		"an endpoint":      {"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318", true, ""},
		"one for traces":   {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://c.example/v1/traces", true, ""},
		"switched off":     {"OTEL_EXPORTER_OTLP_ENDPOINT=http://x;OTEL_SDK_DISABLED=TRUE", false, ""},
		"no traces":        {"OTEL_EXPORTER_OTLP_ENDPOINT=http://x;OTEL_TRACES_EXPORTER=none", false, ""},
		"otlp":             {"OTEL_EXPORTER_OTLP_ENDPOINT=http://x;OTEL_TRACES_EXPORTER=otlp", true, ""},
		"protobuf":         {"OTEL_EXPORTER_OTLP_ENDPOINT=http://x;OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", true, ""},
		"grpc":             {"OTEL_EXPORTER_OTLP_ENDPOINT=http://x;OTEL_EXPORTER_OTLP_PROTOCOL=grpc", true, CodeProtocol},
		"grpc for traces":  {"OTEL_EXPORTER_OTLP_ENDPOINT=http://x;OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=grpc", true, CodeProtocol},
		"json":             {"OTEL_EXPORTER_OTLP_ENDPOINT=http://x;OTEL_EXPORTER_OTLP_PROTOCOL=http/json", true, CodeProtocol},
		"no address":       {"OTEL_EXPORTER_OTLP_ENDPOINT=localhost:4318", true, CodeEndpoint},
		"another scheme":   {"OTEL_EXPORTER_OTLP_ENDPOINT=ftp://s3cret@x", true, CodeEndpoint},
		"a header":         {"OTEL_EXPORTER_OTLP_ENDPOINT=http://x;OTEL_EXPORTER_OTLP_HEADERS=a=s3cret,b=%20s3cret", true, ""},
		"no header":        {"OTEL_EXPORTER_OTLP_ENDPOINT=http://x;OTEL_EXPORTER_OTLP_HEADERS=s3cret", true, CodeHeaders},
		"a spoilt header":  {"OTEL_EXPORTER_OTLP_ENDPOINT=http://x;OTEL_EXPORTER_OTLP_TRACES_HEADERS=a=s3cret%2", true, CodeHeaders},
		"a name with gaps": {"OTEL_EXPORTER_OTLP_ENDPOINT=http://x;OTEL_EXPORTER_OTLP_HEADERS=s3 cret=b", true, CodeHeaders},
	} {
		env := map[string]string{}
		for kv := range strings.SplitSeq(c.env, ";") {
			k, v, _ := strings.Cut(kv, "=")
			env[k] = v
		}
		getenv := func(k string) string { return env[k] }
		if on := Configured(getenv); on != c.on {
			t.Errorf("%s: configured %v", name, on)
		}
		if !c.on {
			continue
		}
		_, err := check(getenv)
		if (err != nil) != (c.code != "") || err != nil && (!fault.Is(err, c.code) || strings.Contains(err.Error(), "s3cret")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLocalWorkStaysHere(t *testing.T) {
	view := func(run, job privacy.Class) *mesh.RunView {
		v := &mesh.RunView{RunID: "r-1", TraceID: strings.Repeat("ab", 16), PrivacyClass: run, EndedAt: 9}
		v.Root = mesh.SpanView{SpanID: mesh.SpanID("r-1"), SpanKind: mesh.SpanRun, SpanName: "title", PrivacyClass: run, Children: []mesh.SpanView{{
			SpanID: mesh.SpanID("r-1", "j-1"), ParentID: mesh.SpanID("r-1"), SpanKind: mesh.SpanActivity, SpanName: "text my secret", PrivacyClass: job,
			Status: "failed", Error: "my secret", Waits: "my secret", Attributes: map[string]string{mesh.AttrActivity: "my-secret"}, Events: []mesh.SpanEvent{{Name: "failed", Detail: "my secret"}},
		}}}
		return v
	}
	for name, c := range map[string]struct {
		v     *mesh.RunView
		where string
		spans int
		told  bool
	}{
		"a collector here":      {view(privacy.LocalOnly, privacy.LocalOnly), "127.0.0.1:4318", 2, true},
		"here by name":          {view(privacy.LocalOnly, privacy.LocalOnly), "localhost", 2, true},
		"here by v6":            {view(privacy.LocalOnly, privacy.LocalOnly), "[::1]:4318", 2, true},
		"elsewhere":             {view(privacy.LocalOnly, privacy.LocalOnly), "10.0.0.1:4318", 0, false},
		"a part of a wider run": {view(privacy.PairedPeersOnly, privacy.LocalOnly), "localhost.example:4318", 2, false},
		"a paired run":          {view(privacy.PairedPeersOnly, privacy.PairedPeersOnly), "10.0.0.1:4318", 2, true},
	} {
		b := builder{host: "home", open: here(c.where)}
		n, text := 0, ""
		for _, rs := range b.batches(c.v) {
			for _, r := range rs {
				n += len(r.ScopeSpans[0].Spans)
				text += r.String()
			}
		}
		if n != c.spans || strings.Contains(text, "secret") != c.told {
			t.Errorf("%s: %d spans, %s", name, n, text)
		}
	}
}

func TestALargeRunGoesInParts(t *testing.T) {
	v := &mesh.RunView{TraceID: strings.Repeat("ab", 16), EndedAt: 9, PrivacyClass: privacy.PublicMesh}
	v.Root = mesh.SpanView{SpanID: mesh.SpanID("r"), SpanKind: mesh.SpanRun}
	for i := range 20_000 {
		v.Root.Children = append(v.Root.Children, mesh.SpanView{SpanID: mesh.SpanID("r", fmt.Sprint(i)), ParentID: v.Root.SpanID, SpanKind: mesh.SpanActivity})
	}
	b, total := builder{host: "home"}, 0
	parts := b.batches(v)
	for _, p := range parts {
		n := 0
		for _, r := range p {
			n += len(r.ScopeSpans[0].Spans)
		}
		if size := proto.Size(&tracepb.TracesData{ResourceSpans: p}); n > batchSpans || size > 4<<20 {
			t.Errorf("%d spans, %d bytes", n, size)
		}
		total += n
	}
	if total != 20_001 || len(parts) != 11 {
		t.Errorf("%d spans in %d parts", total, len(parts))
	}
}
