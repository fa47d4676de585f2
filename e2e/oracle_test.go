package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// oracle is a model server that counts what it is asked: outside of the mesh, so that nothing that a mesh believes of
// itself can make the count right.
type oracle struct {
	addr    string
	arrived chan string
	open    chan struct{} // one token lets one held question through

	mu    sync.Mutex
	asked map[string]int
	holds string // questions that begin with it are held; empty: none
}

func newOracle(t *testing.T) *oracle {
	t.Helper()
	o := &oracle{arrived: make(chan string, 1000), open: make(chan struct{}, 1000), asked: map[string]int{}}
	model := `{"models":[{"name":"tiny:latest","model":"tiny:latest","size":492094,"details":{"family":"llama","quantization_level":"unknown"}}]}`
	mux := http.NewServeMux()
	say := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
	}
	mux.HandleFunc("/api/tags", say(model))
	mux.HandleFunc("/api/ps", say(`{"models":[]}`))
	mux.HandleFunc("/api/version", say(`{"version":"0.0.0"}`))
	mux.HandleFunc("/api/generate", o.generate)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	o.addr = strings.TrimPrefix(s.URL, "http://")
	return o
}

func (o *oracle) generate(w http.ResponseWriter, r *http.Request) {
	var q struct{ Prompt string }
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	q.Prompt = strings.TrimSpace(q.Prompt)
	o.mu.Lock()
	o.asked[q.Prompt]++
	held := o.holds != "" && strings.HasPrefix(q.Prompt, o.holds)
	o.mu.Unlock()
	o.arrived <- q.Prompt
	if held {
		select {
		case <-o.open:
		case <-r.Context().Done():
			return
		}
	}
	out := json.NewEncoder(w)
	_ = out.Encode(map[string]any{"model": "tiny:latest", "response": answerTo(q.Prompt), "done": false})
	_ = out.Encode(map[string]any{"model": "tiny:latest", "response": "", "done": true, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 4})
}

// answerTo is what the oracle says: a list where one is asked for.
func answerTo(prompt string) string {
	if n := 0; strings.HasPrefix(prompt, "list ") {
		_, _ = fmt.Sscanf(prompt, "list %d", &n)
		parts := make([]string, n)
		for i := range parts {
			parts[i] = fmt.Sprintf("part-%d", i)
		}
		b, _ := json.Marshal(parts)
		return string(b)
	}
	return "answer to " + prompt
}

// await waits until n more questions came.
func (o *oracle) await(t *testing.T, n int) {
	t.Helper()
	deadline := time.After(patience)
	for range n {
		select {
		case <-o.arrived:
		case <-deadline:
			t.Fatalf("no %d questions came; so far %v", n, o.counts())
		}
	}
}

// release lets n held questions be answered.
func (o *oracle) release(n int) {
	for range n {
		o.open <- struct{}{}
	}
}

func (o *oracle) hold(prefix string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.holds = prefix
}

func (o *oracle) counts() map[string]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := map[string]int{}
	for k, n := range o.asked {
		out[k] = n
	}
	return out
}

// onceEach checks that exactly these questions came, each once.
func (o *oracle) onceEach(t *testing.T, want ...string) {
	t.Helper()
	got := o.counts()
	for _, q := range want {
		if got[q] != 1 {
			t.Errorf("%q was asked %d times", q, got[q])
		}
		delete(got, q)
	}
	for q, n := range got {
		t.Errorf("%q was asked %d times: nobody was to", q, n)
	}
}

// modelFriend is a machine that joined h with a text slot, and has the oracle for a model server.
func (h *host) modelFriend(name string, o *oracle) (*machine, *process) {
	h.machine.t.Helper()
	m := newMachine(h.machine.t, name)
	m.env = append(m.env, "OLLAMA_HOST="+o.addr)
	var inv inviteData
	h.ok(&inv, "invite", "--slot", "text", "--label", name)
	m.ok(nil, "join", inv.URL, "--yes")
	p := m.start("work")
	h.await("MeshNodeDescribed", map[string]any{"node_id": name, "models": 1})
	return m, p
}
