package runner

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"voxmesh/mesh/fault"
)

type answers = map[string]func(net.Conn, []byte)

func TestModelsAsRecorded(t *testing.T) {
	f, o := newFake(t, answers{pathVersion: recorded(t, "version")})
	models, err := o.Models(context.Background())
	want := []Model{{
		Name: "tiny:latest", Digest: "0912552884b80b8cd790e18ec9549c3fff689a7896b98fd9e13a78487c6f0ac4", Family: "llama",
		SizeBytes: 492094, ContextLen: 512, Loaded: true,
	}}
	if err != nil || !reflect.DeepEqual(models, want) {
		t.Errorf("%+v, %v", models, err)
	}
	if v, err := o.Version(context.Background()); v != "0.0.0" || err != nil {
		t.Errorf("version %q, %v", v, err)
	}
	if got := strings.Join(f.requests(), ","); got != "GET /api/tags,GET /api/ps,GET /api/version" {
		t.Errorf("asked %s", got)
	}
}

func TestModelsFromAHostileServer(t *testing.T) {
	list := func(models ...map[string]any) string {
		b, err := json.Marshal(map[string]any{"models": models})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	many := make([]map[string]any, 0, 2000)
	for range 2000 {
		many = append(many, map[string]any{"name": "m"})
	}
	tests := map[string]struct {
		tags string
		n    int
	}{
		"escapes":  {list(map[string]any{"name": "a\x1b[2J"}, map[string]any{"name": "b\u202e"}, map[string]any{"name": "ok"}), 1},
		"remote":   {list(map[string]any{"name": "big:cloud", "remote_host": "https://ollama.com:443", "remote_model": "big"}), 0},
		"long":     {list(map[string]any{"name": strings.Repeat("x", 5000)}), 0},
		"no name":  {list(map[string]any{"size": 1}), 0},
		"many":     {list(many...), modelsMax},
		"negative": {list(map[string]any{"name": "m", "size": -5, "digest": "../../x", "details": map[string]any{"family": "\x1b]0;x\x07"}}), 1},
		"null":     {`{"models":null}`, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, o := newFake(t, answers{pathTags: plainly(200, test.tags), pathPS: plainly(500, "")})
			models, err := o.Models(context.Background())
			if err != nil || len(models) != test.n || models == nil {
				t.Fatalf("%d models, %v", len(models), err)
			}
			for _, m := range models {
				if m.SizeBytes < 0 || m.Digest != "" || m.Loaded || strings.ContainsAny(m.Name+m.Family, "\x1b\x07\u202e") {
					t.Errorf("%+v", m)
				}
			}
		})
	}
}

func TestModelsErrors(t *testing.T) {
	for name, answer := range map[string]func(net.Conn, []byte){
		"no json": plainly(200, "<html>"),
		"error":   plainly(500, `{"error":"out of \u001b[31m luck"}`),
		"redirect": func(c net.Conn, _ []byte) {
			io.WriteString(c, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
		}, //nolint:errcheck // a test
	} {
		t.Run(name, func(t *testing.T) {
			f, o := newFake(t, answers{pathTags: answer})
			_, err := o.Models(context.Background())
			if !fault.Is(err, CodeOllamaBroken) || strings.Contains(err.Error(), "\x1b") {
				t.Errorf("%v", err)
			}
			if n := len(f.requests()); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// closedPort is an address of this machine where nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestNoServer(t *testing.T) {
	o, err := NewOllama(OllamaConfig{BaseURL: closedPort(t)})
	if err != nil {
		t.Fatal(err)
	}
	models, err := o.Models(context.Background())
	if _, hint := fault.Of(err); !fault.Is(err, CodeOllamaAbsent) || !strings.Contains(hint, "ollama serve") || len(models) > 0 {
		t.Errorf("%v, %v", models, err)
	}
	r := o.Generate(context.Background(), TextJob{Model: "tiny", Prompt: "hi"}, io.Discard)
	if r.Status != Failed || r.Code != CodeNoOllama {
		t.Errorf("%+v", r)
	}
}

func TestAddresses(t *testing.T) {
	for in, want := range map[string]string{
		"": "http://127.0.0.1:11434", "127.0.0.1": "http://127.0.0.1:11434", ":1234": "http://127.0.0.1:1234",
		"0.0.0.0": "http://127.0.0.1:11434", "0.0.0.0:99": "http://127.0.0.1:99", "[::]:99": "http://127.0.0.1:99",
		"localhost:8080": "http://localhost:8080", "http://LOCALHOST/": "http://LOCALHOST",
		"[::1]": "http://[::1]:11434", "http://[::1]": "http://[::1]", "https://127.0.0.5:1": "https://127.0.0.5:1",
		"::ffff:127.0.0.1": "", "10.0.0.1": "", "http://192.168.1.5:11434": "", "example.org": "", "localhost.example.org": "",
		"http://user:pw@127.0.0.1": "", "http://127.0.0.1/proxy": "", "http://127.0.0.1?x=1": "", "ftp://127.0.0.1": "",
		"127.0.0.1:notaport": "", "127.0.0.1@evil.org": "", "http://": "http://127.0.0.1", "169.254.169.254": "", "2130706433": "",
	} {
		base, err := parseBase(in)
		switch {
		case want == "" && !fault.Is(err, CodeNotLoopback):
			t.Errorf("%q gave %v, %v", in, base, err)
		case want != "" && (err != nil || base.String() != want):
			t.Errorf("%q gave %v, %v; want %s", in, base, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "pw") {
			t.Errorf("%q: the error has the password: %v", in, err)
		}
	}
	t.Setenv("OLLAMA_HOST", "gpu.example.org")
	if _, err := NewOllama(OllamaConfig{}); !fault.Is(err, CodeNotLoopback) {
		t.Errorf("OLLAMA_HOST elsewhere: %v", err)
	}
}

// TestNameThatLeavesTheMachine: what counts is where a connection goes, not what its name was.
func TestNameThatLeavesTheMachine(t *testing.T) {
	resp, err := loopbackClient().Get("http://192.0.2.1:11434/")
	if err == nil {
		resp.Body.Close()
		t.Fatal("connected")
	}
	if !strings.Contains(err.Error(), "not on this machine") {
		t.Error(err)
	}
}

func TestGenerateAsRecorded(t *testing.T) {
	f, o := newFake(t, answers{pathGenerate: recorded(t, "generate_stream")})
	var out bytes.Buffer
	r := o.Generate(context.Background(), TextJob{Model: "tiny", Prompt: "hi \x1b", MaxTokens: -1, Deadline: time.Minute}, &out)
	if r.Status != Succeeded || r.TokensIn != 16 || r.TokensOut != 12 || r.ExitCode != 0 || r.Duration <= 0 || r.Output.Bytes != 8 || out.String() != " 'b _L4b" {
		t.Errorf("%q, %+v", out.String(), r)
	}
	sent := f.sent(pathGenerate)
	if sent["model"] != "tiny:latest" || sent["prompt"] != "hi \x1b" || sent["stream"] != true ||
		!reflect.DeepEqual(sent["options"], map[string]any{"num_predict": float64(tokensDefault)}) || len(sent) != 4 {
		t.Errorf("sent %v", sent)
	}
	for asked, want := range map[int]float64{7: 7, 1 << 30: tokensMax, 0: tokensDefault} {
		o.Generate(context.Background(), TextJob{Model: "tiny:latest", MaxTokens: asked}, io.Discard)
		if got := f.sent(pathGenerate)["options"].(map[string]any)["num_predict"]; got != want {
			t.Errorf("%d tokens asked, %v sent", asked, got)
		}
	}
}

func TestGenerateInOneAnswer(t *testing.T) {
	_, o := newFake(t, answers{pathGenerate: recorded(t, "generate_once")})
	var out bytes.Buffer
	if r := o.Generate(context.Background(), TextJob{Model: "tiny"}, &out); r.Status != Succeeded || out.String() != " 'b _L4b" || r.TokensOut != 12 {
		t.Errorf("%q, %+v", out.String(), r)
	}
}

func TestGenerateFailures(t *testing.T) {
	first := `{"response":"one","done":false}` + "\n"
	tests := map[string]struct {
		answer func(net.Conn, []byte)
		code   string
		says   string
		out    string
	}{
		"bad request":     {recorded(t, "generate_bad_json"), CodeOllamaAnswer, "400: unexpected EOF", ""},
		"missing after":   {recorded(t, "generate_missing_model"), CodeModelMissing, "llama3.2:3b", ""},
		"error in stream": {streaming(true, first+`{"error":"CUDA \u001b[31merror"}`+"\n"), CodeOllamaAnswer, "CUDA", "one"},
		"bad json":        {streaming(true, first+"{\"respo\n"), CodeOllamaAnswer, "cannot be read", "one"},
		"wrong type":      {streaming(true, first+`{"response":7}`+"\n"), CodeOllamaAnswer, "cannot be read", "one"},
		"gone":            {streaming(false, first), CodeOllamaGone, "in the middle", "one"},
		"not done":        {streaming(true, first), CodeOllamaGone, "before it was done", "one"},
		"gone at once":    {func(net.Conn, []byte) {}, CodeOllamaGone, "went away", ""},
		"endless line":    {streaming(true, strings.Repeat("x", lineMax+10)), CodeOllamaAnswer, "line of more than", ""},
		"flood":           {streaming(true, strings.Repeat(`{"response":"`+strings.Repeat("y", 1<<16)+`"}`+"\n", 17)), CodeOutputLimit, "1 MiB", strings.Repeat("y", 1<<20)},
		"redirect":        {plainly(307, ""), CodeOllamaAnswer, "307", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, o := newFake(t, answers{pathGenerate: test.answer})
			var out bytes.Buffer
			r := o.Generate(context.Background(), TextJob{Model: "tiny", Prompt: "p"}, &out)
			if r.Status != Failed || r.Code != test.code || !strings.Contains(r.Error, test.says) || strings.Contains(r.Error, "\x1b") {
				t.Errorf("%+v", r)
			}
			if out.String() != test.out || r.Output.Truncated != (test.code == CodeOutputLimit) {
				t.Errorf("%d bytes came, %+v", out.Len(), r.Output)
			}
		})
	}
}

// TestModelThatIsNotInstalled: nothing is asked that could make the server fetch it.
func TestModelThatIsNotInstalled(t *testing.T) {
	for _, model := range []string{"", "llama3.2:3b", "tin", "tiny:latest:latest", "../tiny", "registry.example.org/evil/model\x1b", "TINY"} {
		f, o := newFake(t, nil)
		for _, r := range []Result{
			o.Generate(context.Background(), TextJob{Model: model, Prompt: "p"}, io.Discard),
			o.Embed(context.Background(), EmbedJob{Model: model, Input: []string{"p"}}, io.Discard),
		} {
			if r.Code != CodeModelMissing || strings.Contains(r.Error, "\x1b") {
				t.Errorf("%q: %+v", model, r)
			}
		}
		for _, asked := range f.requests() {
			if asked != "GET /api/tags" && asked != "GET /api/ps" {
				t.Errorf("%q: asked %s", model, asked)
			}
		}
	}
}

func TestPromptTooLongIsNotSent(t *testing.T) {
	f, o := newFake(t, nil)
	long := strings.Repeat("x", promptMax+1)
	for _, r := range []Result{
		o.Generate(context.Background(), TextJob{Model: "tiny", Prompt: long}, io.Discard),
		o.Embed(context.Background(), EmbedJob{Model: "tiny", Input: []string{long}}, io.Discard),
		o.Embed(context.Background(), EmbedJob{Model: "tiny"}, io.Discard),
	} {
		if r.Code != CodePrompt {
			t.Errorf("%+v", r)
		}
	}
	if n := len(f.requests()); n > 0 {
		t.Errorf("%d requests", n)
	}
}

// stuck answers with one piece, then nothing more until the client goes; it says when that is.
func stuck(gone chan<- struct{}) func(net.Conn, []byte) {
	return func(conn net.Conn, _ []byte) {
		_, _ = io.WriteString(conn, streamHead)
		chunk(conn, []byte(`{"response":"one","done":false}`+"\n"))
		_, _ = conn.Read(make([]byte, 1))
		gone <- struct{}{}
	}
}

func TestCancelAbortsTheRequest(t *testing.T) {
	gone := make(chan struct{}, 1)
	_, o := newFake(t, answers{pathGenerate: stuck(gone)})
	ctx, cancel := context.WithCancelCause(context.Background())
	out := make(lines)
	done := make(chan Result)
	go func() { done <- o.Generate(ctx, TextJob{Model: "tiny"}, out) }()
	if got := <-out; got != "one" {
		t.Errorf("%q", got)
	}
	cancel(errors.New("yielded"))
	if r := <-done; r.Status != Killed || r.Code != CodeKilled || r.Error != "was killed: yielded" || r.Output.Bytes != 3 {
		t.Errorf("%+v", r)
	}
	<-gone
}

func TestDeadlineAbortsTheRequest(t *testing.T) {
	gone := make(chan struct{}, 1)
	_, o := newFake(t, answers{pathGenerate: stuck(gone)})
	r := o.Generate(context.Background(), TextJob{Model: "tiny", Deadline: 200 * time.Millisecond}, io.Discard)
	if r.Status != TimedOut || r.Code != CodeDeadline {
		t.Errorf("%+v", r)
	}
}

func TestEmbedAsRecorded(t *testing.T) {
	f, o := newFake(t, answers{pathEmbed: recorded(t, "embed")})
	var out bytes.Buffer
	r := o.Embed(context.Background(), EmbedJob{Model: "tiny", Input: []string{"a", "b"}}, &out)
	var got [][]float64
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || len(got) != 2 || len(got[0]) != 64 || got[0][0] != -0.028014628 {
		t.Errorf("%s, %v", out.String(), err)
	}
	if !strings.HasPrefix(out.String(), "[[-0.028014628,0.021175858,") {
		t.Errorf("the numbers changed: %.60s", out.String())
	}
	if r.Status != Succeeded || r.TokensIn == 0 || r.Output.Bytes != int64(out.Len()) {
		t.Errorf("%+v", r)
	}
	if sent := f.sent(pathEmbed); !reflect.DeepEqual(sent, map[string]any{"model": "tiny:latest", "input": []any{"a", "b"}}) {
		t.Errorf("sent %v", sent)
	}
}

func TestEmbedFailures(t *testing.T) {
	for name, test := range map[string]struct {
		answer func(net.Conn, []byte)
		code   string
	}{
		"too few": {recorded(t, "embed"), CodeOllamaAnswer},
		"no json": {plainly(200, "x"), CodeOllamaAnswer},
		"words":   {plainly(200, `{"embeddings":[["a"],["b"],["c"]]}`), CodeOllamaAnswer},
		"gone":    {func(c net.Conn, _ []byte) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{") }, CodeOllamaGone}, //nolint:errcheck // a test
	} {
		_, o := newFake(t, answers{pathEmbed: test.answer})
		var out bytes.Buffer
		r := o.Embed(context.Background(), EmbedJob{Model: "tiny", Input: []string{"a", "b", "c"}}, &out)
		if r.Status != Failed || r.Code != test.code || out.Len() > 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
