package runner

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// fakeOllama answers with what a real server was recorded to say, byte for byte, on a socket of this machine.
type fakeOllama struct {
	t       *testing.T
	answers map[string]func(conn net.Conn, body []byte) // by path

	mu    sync.Mutex
	asked []string          // "METHOD /path", in order
	body  map[string][]byte // the last, by path
}

// newFake serves the answers named, by path; /api/tags and /api/ps as recorded unless named.
func newFake(t *testing.T, answers map[string]func(net.Conn, []byte)) (*fakeOllama, *Ollama) {
	t.Helper()
	f := &fakeOllama{t: t, body: map[string][]byte{}, answers: map[string]func(net.Conn, []byte){
		pathTags: recorded(t, "tags"), pathPS: recorded(t, "ps"),
	}}
	for path, answer := range answers {
		f.answers[path] = answer
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { f.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		all.Wait()
	})
	o, err := NewOllama(OllamaConfig{BaseURL: "http://" + l.Addr().String(), OutputMax: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return f, o
}

func (f *fakeOllama) serve(conn net.Conn) {
	defer conn.Close()
	req, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	body, _ := io.ReadAll(req.Body)
	f.mu.Lock()
	f.asked = append(f.asked, req.Method+" "+req.URL.RequestURI())
	f.body[req.URL.Path] = body
	f.mu.Unlock()
	if answer, ok := f.answers[req.URL.Path]; ok {
		answer(conn, body)
		return
	}
	fmt.Fprint(conn, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
}

// sent is what a path was last asked with.
func (f *fakeOllama) sent(path string) map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	var m map[string]any
	if err := json.Unmarshal(f.body[path], &m); err != nil {
		f.t.Errorf("%s was sent %q: %v", path, f.body[path], err)
	}
	return m
}

func (f *fakeOllama) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.asked...)
}

// recorded replays a recorded answer. The recordings have decoded bodies: a chunked one is sent in a chunk a line.
func recorded(t *testing.T, name string) func(net.Conn, []byte) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "ollama", name+".http"))
	if err != nil {
		t.Fatal(err)
	}
	b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	head, body, ok := bytes.Cut(b, []byte("\n\n"))
	if !ok {
		t.Fatalf("%s has no body", name)
	}
	chunked := bytes.Contains(head, []byte("Transfer-Encoding: chunked"))
	head = append(bytes.ReplaceAll(head, []byte("\n"), []byte("\r\n")), "\r\n\r\n"...)
	return func(conn net.Conn, _ []byte) {
		_, _ = conn.Write(head)
		if !chunked {
			_, _ = conn.Write(body)
			return
		}
		for _, l := range bytes.SplitAfter(body, []byte("\n")) {
			chunk(conn, l)
		}
		_, _ = io.WriteString(conn, "0\r\n\r\n")
	}
}

const streamHead = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"

func chunk(w io.Writer, b []byte) {
	if len(b) > 0 { // an empty chunk is the last
		fmt.Fprintf(w, "%x\r\n%s\r\n", len(b), b)
	}
}

// streaming answers with the text as a stream, whole or broken off.
func streaming(whole bool, text string) func(net.Conn, []byte) {
	return func(conn net.Conn, _ []byte) {
		_, _ = io.WriteString(conn, streamHead)
		chunk(conn, []byte(text))
		if whole {
			_, _ = io.WriteString(conn, "0\r\n\r\n")
		}
	}
}

// plainly answers with a status and a body.
func plainly(status int, body string) func(net.Conn, []byte) {
	return func(conn net.Conn, _ []byte) {
		fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nContent-Length: %d\r\n\r\n%s", status, http.StatusText(status), len(body), body)
	}
}
