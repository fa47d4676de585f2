package fabric

import (
	"context"
	"slices"

	"github.com/nats-io/nats.go"
)

// Link is a worker's side of the bus: *Conn over the network, *Local inside the host's own process.
type Link interface {
	// Request sends data to the host's handler of kind and waits for its answer, no longer than ctx.
	// Codes: vox/fabric/down, /timeout, /no-handler, /too-large, /bad-name, /closed.
	Request(ctx context.Context, kind string, header map[string]string, data []byte) ([]byte, error)
	// Publish sends and does not wait. A nil error says only that it was handed to the bus.
	Publish(kind string, header map[string]string, data []byte) error
	// Handle has fn called for each message of kind from the host, one after another. The last fn of a kind counts.
	Handle(kind string, fn func(Msg)) error
	// Close ends the link. Handlers may still be running when it returns.
	Close()
}

var (
	_ Link = (*Conn)(nil)
	_ Link = (*Local)(nil)
)

// Msg is one message. Data and Header are the receiver's own; text in them is hostile until cleaned.
type Msg struct {
	Node   string // who sent it (at the host) or who is meant (at the worker); from the subject, which the server guards
	Kind   string
	Header map[string]string
	Data   []byte

	respond func([]byte) error // nil: nobody waits
}

// Waits reports whether the sender waits for an answer.
func (m Msg) Waits() bool { return m.respond != nil }

// Respond answers a request. Code vox/fabric/no-reply when the sender does not wait for one.
func (m Msg) Respond(data []byte) error {
	if m.respond == nil {
		return problem(codeNoReply)
	}
	if len(data) > MaxPayload {
		return problem(codeTooLarge)
	}
	return m.respond(data)
}

// checkOut refuses what must not go on the bus.
func checkOut(kind string, header map[string]string, data []byte) error {
	if !validName(kind) {
		return problem(codeBadName)
	}
	size := len(data)
	for k, v := range header {
		size += len(k) + len(v) + 4
	}
	if size > MaxPayload || len(header) > maxHeaders {
		return problem(codeTooLarge)
	}
	return nil
}

func newMsg(subject string, header map[string]string, data []byte) *nats.Msg {
	m := &nats.Msg{Subject: subject, Data: data}
	if len(header) > 0 {
		m.Header = make(nats.Header, len(header))
		for k, v := range header {
			m.Header[k] = []string{v}
		}
	}
	return m
}

// headerOf keeps the first value of each header, no more headers than a message of ours can have.
func headerOf(h nats.Header) map[string]string {
	if len(h) == 0 {
		return nil
	}
	out := make(map[string]string, min(len(h), maxHeaders))
	for k, v := range h {
		if len(out) == maxHeaders {
			break
		}
		if len(v) > 0 {
			out[k] = v[0]
		}
	}
	return out
}

func copyHeader(h map[string]string) map[string]string {
	if len(h) == 0 {
		return nil
	}
	out := make(map[string]string, len(h))
	for k, v := range h {
		out[k] = v
	}
	return out
}

func copyData(b []byte) []byte { return slices.Clone(b) }
