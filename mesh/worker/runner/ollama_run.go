package runner

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"voxmesh/mesh/fault"
)

// TextJob is one prompt.
type TextJob struct {
	Model     string        // installed; "tiny" means "tiny:latest"
	Prompt    string        // at most 1 MiB
	MaxTokens int           // of the answer; 0 is 2048, never more than 32768
	Deadline  time.Duration // from now, loading the model included; 0 is none
}

// EmbedJob is one or more texts.
type EmbedJob struct {
	Model    string
	Input    []string // at most 1 MiB together
	Deadline time.Duration
}

// CodePrompt is the code of a prompt, or texts, longer than they may be.
const CodePrompt = "vox/run/prompt"

// Bounds of a job.
const (
	promptMax     = 1 << 20
	inputsMax     = 4096
	tokensDefault = 2048
	tokensMax     = 32768
	lineMax       = 4 << 20 // of the stream: the last one repeats the whole context as numbers
)

// line is one line of the stream that /api/generate answers with.
type line struct {
	Response  string `json:"response"`
	Done      bool   `json:"done"`
	Error     string `json:"error"`
	TokensIn  int64  `json:"prompt_eval_count"`
	TokensOut int64  `json:"eval_count"`
}

// Generate asks the model and writes each piece of its answer to out at once, as it comes: raw text of the model.
func (o *Ollama) Generate(ctx context.Context, job TextJob, out Sink) Result {
	tokens := job.MaxTokens
	if tokens <= 0 {
		tokens = tokensDefault
	}
	return o.run(ctx, job.Deadline, out, func(ctx context.Context, sink *capped) Result {
		if len(job.Prompt) > promptMax {
			return failed(CodePrompt, "the prompt is longer than %s", size(promptMax))
		}
		return o.with(ctx, job.Model, pathGenerate, func(model string) any {
			return map[string]any{
				"model": model, "prompt": job.Prompt, "stream": true,
				"options": map[string]any{"num_predict": min(tokens, tokensMax)},
			}
		}, func(body io.Reader) Result { return stream(body, sink) })
	})
}

// Embed writes the embeddings of the texts to out, as one JSON array with an array of numbers for each.
func (o *Ollama) Embed(ctx context.Context, job EmbedJob, out Sink) Result {
	return o.run(ctx, job.Deadline, out, func(ctx context.Context, sink *capped) Result {
		n := 0
		for _, s := range job.Input {
			n += len(s)
		}
		if n > promptMax || len(job.Input) > inputsMax || len(job.Input) == 0 {
			return failed(CodePrompt, "the texts are %d with %d bytes; allowed are 1 to %d with %s", len(job.Input), n, inputsMax, size(promptMax))
		}
		return o.with(ctx, job.Model, pathEmbed, func(model string) any {
			return map[string]any{"model": model, "input": job.Input}
		}, func(body io.Reader) Result { return embeddings(body, len(job.Input), sink) })
	})
}

// run bounds a job in time and output.
func (o *Ollama) run(ctx context.Context, deadline time.Duration, out io.Writer, do func(context.Context, *capped) Result) Result {
	begun := time.Now()
	ctx, cancel := within(ctx, deadline)
	defer cancel(nil)
	sink := &capped{to: out, max: o.max, stop: cancel}
	r := do(ctx, sink)
	if context.Cause(ctx) != nil && r.Status != Succeeded {
		in, out := r.TokensIn, r.TokensOut
		r = stopped(ctx, deadline, sink)
		r.TokensIn, r.TokensOut = in, out
	}
	r.Duration = time.Since(begun)
	r.Output = sink.info()
	return r
}

// with asks an installed model, and hands the answer on to read. A model that is not installed is not asked for at all.
func (o *Ollama) with(ctx context.Context, name, path string, body func(model string) any, read func(io.Reader) Result) Result {
	model, err := o.installed(ctx, name)
	if err != nil {
		code := CodeOllamaAnswer
		if fault.Is(err, CodeOllamaAbsent) {
			code = CodeNoOllama
		}
		return failed(code, "%v", err)
	}
	if model == "" {
		return failed(CodeModelMissing, "the model %s is not installed here", plain(name))
	}
	resp, err := o.send(ctx, http.MethodPost, path, body(model))
	if err != nil {
		return failed(CodeOllamaGone, "the model server went away: %v", err)
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		return read(resp.Body)
	case http.StatusNotFound:
		return failed(CodeModelMissing, "the model server answered %s", complaint(resp))
	}
	return failed(CodeOllamaAnswer, "the model server answered %s", complaint(resp))
}

// installed gives the full name of a model, or "" if it is not installed.
func (o *Ollama) installed(ctx context.Context, name string) (string, error) {
	models, err := o.Models(ctx)
	if err != nil {
		return "", err
	}
	for _, m := range models {
		if name != "" && (m.Name == name || m.Name == name+":latest") {
			return m.Name, nil
		}
	}
	return "", nil
}

// stream hands on the pieces of an answer until the line that says it is done.
func stream(body io.Reader, out io.Writer) (r Result) {
	lines := bufio.NewScanner(body)
	lines.Buffer(make([]byte, 64<<10), lineMax)
	for lines.Scan() {
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return failed(CodeOllamaAnswer, "the model server's answer cannot be read: %v", err)
		}
		if l.Error != "" {
			return failed(CodeOllamaAnswer, "the model server said: %s", l.Error)
		}
		if l.Response != "" {
			if _, err := io.WriteString(out, l.Response); err != nil {
				return failed(CodeSink, "the answer could not be handed on: %v", err)
			}
		}
		if l.Done {
			return Result{Status: Succeeded, TokensIn: max(l.TokensIn, 0), TokensOut: max(l.TokensOut, 0)}
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return failed(CodeOllamaAnswer, "the model server wrote a line of more than %s", size(lineMax))
	case err != nil:
		return failed(CodeOllamaGone, "the model server went away in the middle of its answer: %v", err)
	}
	return failed(CodeOllamaGone, "the model server ended its answer before it was done")
}

// embeddings reads the answer of /api/embed, which must have want arrays of numbers, and writes them compactly.
func embeddings(body io.Reader, want int, out *capped) Result {
	b, err := io.ReadAll(io.LimitReader(body, 4*out.max))
	if err != nil {
		return failed(CodeOllamaGone, "the model server went away in the middle of its answer: %v", err)
	}
	var answer struct {
		Embeddings [][]json.Number `json:"embeddings"` // as written: a float64 would add digits
		TokensIn   int64           `json:"prompt_eval_count"`
	}
	if err := json.Unmarshal(b, &answer); err != nil {
		return failed(CodeOllamaAnswer, "the model server's answer cannot be read: %v", err)
	}
	if len(answer.Embeddings) != want {
		return failed(CodeOllamaAnswer, "the model server gave %d embeddings for %d texts", len(answer.Embeddings), want)
	}
	text, err := json.Marshal(answer.Embeddings)
	if err != nil {
		return failed(CodeOllamaAnswer, "the model server's numbers cannot be read: %v", err)
	}
	if _, err := out.Write(text); err != nil {
		return failed(CodeSink, "the embeddings could not be handed on: %v", err)
	}
	return Result{Status: Succeeded, TokensIn: max(answer.TokensIn, 0)}
}
