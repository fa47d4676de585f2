package runner

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
)

// OllamaConfig says where the model server is. Zero values are the defaults named.
type OllamaConfig struct {
	BaseURL   string // what OLLAMA_HOST says, else http://127.0.0.1:11434
	OutputMax int64  // bytes that a job may write; 16 MiB
}

// Ollama speaks to an Ollama-compatible server on this machine. It asks for /api/tags, /api/ps, /api/version,
// /api/generate and /api/embed, and for nothing else: it cannot make the server fetch, make or delete a model. Only
// models that the server has installed, and runs itself, are used. Safe for use by many goroutines.
type Ollama struct {
	base   *url.URL
	client *http.Client
	max    int64
}

// The only paths that are ever asked for.
const (
	pathTags     = "/api/tags"
	pathPS       = "/api/ps"
	pathVersion  = "/api/version"
	pathGenerate = "/api/generate"
	pathEmbed    = "/api/embed"
)

// Bounds on what the server says of itself.
const (
	askTimeout  = 3 * time.Second // a question that needs no model
	listMax     = 8 << 20         // bytes of a list of models
	modelsMax   = 1000            // models taken from it
	nameMax     = 200             // runes of a name
	complainMax = 4 << 10         // bytes of an error's body
)

// NewOllama makes a client; it connects to nothing yet. Error: vox/ollama/not-loopback.
func NewOllama(config OllamaConfig) (*Ollama, error) {
	if config.BaseURL == "" {
		config.BaseURL = os.Getenv("OLLAMA_HOST")
	}
	base, err := parseBase(config.BaseURL)
	if err != nil {
		return nil, err
	}
	if config.OutputMax <= 0 {
		config.OutputMax = DefaultOutputMax
	}
	return &Ollama{base: base, client: loopbackClient(), max: config.OutputMax}, nil
}

// Model is a model that is installed on this machine.
type Model struct {
	Name       string // as a job names it, "llama3.2:3b"
	Tag        string // its quantization, "Q4_K_M"; empty if unknown
	Digest     string // 64 hex, or empty
	Family     string // "llama"
	SizeBytes  int64  // on disk
	ContextLen int64  // in tokens; known of a loaded model only, else 0
	Loaded     bool
	VRAMBytes  int64 // taken while loaded; 0 is none, or not loaded
}

// listing is what /api/tags and /api/ps answer.
type listing struct {
	Models []struct {
		Name        string `json:"name"`
		Digest      string `json:"digest"`
		Size        int64  `json:"size"`
		SizeVRAM    int64  `json:"size_vram"`
		ContextLen  int64  `json:"context_length"`
		RemoteHost  string `json:"remote_host"`
		RemoteModel string `json:"remote_model"`
		Details     struct {
			Family       string `json:"family"`
			Quantization string `json:"quantization_level"`
		} `json:"details"`
	} `json:"models"`
}

// Models lists the installed models. A model that the server only passes on to another machine is not one of them, nor
// is one whose name is not plain text. Errors: vox/ollama/absent, vox/ollama/answer.
func (o *Ollama) Models(ctx context.Context) ([]Model, error) {
	var tags, ps listing
	if err := o.ask(ctx, pathTags, &tags); err != nil {
		return nil, err
	}
	if err := o.ask(ctx, pathPS, &ps); err != nil && !fault.Is(err, CodeOllamaBroken) {
		return nil, err // a server that cannot say what is loaded still has its models
	}
	models := []Model{}
	for _, t := range tags.Models {
		if len(models) == modelsMax || t.Name == "" || plain(t.Name) != t.Name || t.RemoteHost != "" || t.RemoteModel != "" {
			continue
		}
		m := Model{
			Name: t.Name, Tag: plain(t.Details.Quantization), Family: plain(t.Details.Family),
			Digest: digest(t.Digest), SizeBytes: max(t.Size, 0),
		}
		if m.Tag == "unknown" {
			m.Tag = ""
		}
		for _, p := range ps.Models {
			if p.Name == t.Name {
				m.Loaded, m.ContextLen, m.VRAMBytes = true, max(p.ContextLen, 0), max(p.SizeVRAM, 0)
			}
		}
		models = append(models, m)
	}
	return models, nil
}

// Version is what the server calls its version. Errors as of Models.
func (o *Ollama) Version(ctx context.Context) (string, error) {
	var v struct {
		Version string `json:"version"`
	}
	if err := o.ask(ctx, pathVersion, &v); err != nil {
		return "", err
	}
	return plain(v.Version), nil
}

// ask puts a question that needs no model.
func (o *Ollama) ask(ctx context.Context, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	resp, err := o.send(ctx, http.MethodGet, path, nil)
	if err != nil {
		return o.absent(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return broken("the model server answered %s: %s", path, complaint(resp))
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, listMax))
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		return broken("the model server's answer to %s cannot be read", path).Wrap(errors.New(sentence("%v", err)))
	}
	return nil
}

func (o *Ollama) absent(err error) error {
	return fault.New(CodeOllamaAbsent, "no model server answers on %s", o.base.Host).Wrap(err).
		WithHint("start Ollama (ollama serve), or set OLLAMA_HOST to where it listens on this machine")
}

func broken(format string, args ...any) *fault.Error {
	return fault.New(CodeOllamaBroken, format, args...).WithHint("look at the server's own log; it may be too old, or not Ollama")
}

// send asks for one of the paths above. body is sent as JSON unless it is nil.
func (o *Ollama) send(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, o.base.JoinPath(path).String(), r)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return o.client.Do(req)
}

// complaint is what an answer that is an error says, in one line.
func complaint(resp *http.Response) string {
	b, _ := io.ReadAll(io.LimitReader(resp.Body, complainMax))
	var e struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(b, &e) != nil || e.Error == "" {
		e.Error = http.StatusText(resp.StatusCode)
	}
	return fmt.Sprintf("%d: %s", resp.StatusCode, plain(e.Error))
}

// plain is one clean line of at most nameMax runes.
func plain(s string) string { return clean.Max(s, nameMax).String() }

func digest(s string) string {
	s = strings.TrimPrefix(s, "sha256:")
	if len(s) != 64 || strings.Trim(s, "0123456789abcdef") != "" {
		return ""
	}
	return s
}
