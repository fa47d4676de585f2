package e2e

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recordedServer answers as a real model server did: with its recorded answers, byte for byte in their bodies.
func recordedServer(t *testing.T, answers map[string]string) string {
	t.Helper()
	mux := http.NewServeMux()
	for path, file := range answers {
		b, err := os.ReadFile(filepath.Join("../mesh/worker/runner/testdata/ollama", file))
		if err != nil {
			t.Fatal(err)
		}
		head, body, ok := bytes.Cut(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
		if !ok {
			t.Fatalf("%s is no recorded answer", file)
		}
		res, err := http.ReadResponse(bufio.NewReader(io.MultiReader(bytes.NewReader(firstLine(head)), strings.NewReader("\r\n\r\n"))), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(res.StatusCode)
			for line := range bytes.Lines(body) {
				_, _ = w.Write(line)
				_ = http.NewResponseController(w).Flush()
			}
		})
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func firstLine(head []byte) []byte {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	return line
}

// A prompt goes to the friend's own model server, and its tokens come back with their count and their cost.
func TestPromptOnAFriendsModel(t *testing.T) {
	t.Parallel()
	server := recordedServer(t, map[string]string{
		"/api/tags": "tags.http", "/api/ps": "ps.http", "/api/generate": "generate_stream.http",
	})
	host := newMachine(t, "aurelia").serve()
	friend := newMachine(t, "alice")
	friend.env = append(friend.env, "OLLAMA_HOST="+server)
	var inv inviteData
	host.ok(&inv, "invite", "--slot", "text", "--label", "alice")
	friend.ok(nil, "join", inv.URL, "--yes")
	friend.start("work")
	host.await("MeshNodeDescribed", map[string]any{"node_id": "alice", "models": 1})

	var models struct {
		ByModel map[string][]struct {
			NodeID string `json:"node_id"`
			Size   int64  `json:"size_bytes"`
		} `json:"by_model"`
	}
	host.ok(&models, "models")
	if m := models.ByModel["tiny:latest"]; len(m) != 1 || m[0].NodeID != "alice" || m[0].Size != 492094 {
		t.Fatalf("models %+v", models)
	}
	var j jobData
	host.ok(&j, "run", "text", "--model", "tiny:latest", "what", "is", "a", "mesh?")
	if j.Status != "succeeded" || j.Output == nil || *j.Output != " 'b _L4b" || j.Tokens != 28 || *j.Cost <= 0 {
		t.Errorf("text job %+v, output %q", j, *j.Output)
	}
	// A model that nobody has waits, and says why.
	var waiting jobData
	host.ok(&waiting, "run", "text", "--detach", "--model", "llama3.1:70b", "hello")
	var why struct {
		Nodes []struct{ Rule, Reason string }
	}
	host.ok(&why, "explain", waiting.JobID)
	if len(why.Nodes) != 2 || !strings.Contains(why.Nodes[0].Reason, "llama3.1:70b") {
		t.Errorf("explain %+v", why)
	}
}

// A server that goes away in the middle of an answer fails the job, and says so.
func TestModelServerGone(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tags, err := os.ReadFile("../mesh/worker/runner/testdata/ollama/tags.http")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := bytes.Cut(bytes.ReplaceAll(tags, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/generate" {
			_, _ = w.Write(body)
			return
		}
		_, _ = io.WriteString(w, `{"model":"tiny","response":"half","done":false}`+"\n")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })

	host := newMachine(t, "aurelia").serve()
	friend := newMachine(t, "alice")
	friend.env = append(friend.env, "OLLAMA_HOST="+l.Addr().String())
	var inv inviteData
	host.ok(&inv, "invite", "--slot", "text", "--label", "alice")
	friend.ok(nil, "join", inv.URL, "--yes")
	friend.start("work")
	host.await("MeshNodeDescribed", map[string]any{"node_id": "alice", "models": 1})
	a := host.do("run", "text", "--model", "tiny:latest", "hello")
	var j jobData
	a.read(t, &j)
	if a.exit != 1 || j.Status != "failed" || !strings.HasPrefix(j.Code, "vox/run/ollama-") || *j.Output != "half" {
		t.Errorf("exit %d, %+v", a.exit, j)
	}
}
