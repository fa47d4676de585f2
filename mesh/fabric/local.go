package fabric

import (
	"context"
	"sync"
)

// Local is the link of the agent inside the host's own process. Nothing of it touches the network; it can speak for
// its one node only.
type Local struct {
	host *Host
	node string

	mu       sync.Mutex
	handlers map[string]func(Msg)
	queues   map[string]chan Msg
	quit     chan struct{}
	closed   bool
}

// localQueue is how many messages of one kind may wait for the agent; then they are lost, as they would be on the bus.
const localQueue = 1024

// Local attaches the agent of node, which becomes the node's one session. Code vox/fabric/bad-name.
func (h *Host) Local(node string) (*Local, error) {
	if !validName(node) {
		return nil, problem(codeBadName)
	}
	l := &Local{host: h, node: node, handlers: map[string]func(Msg){}, queues: map[string]chan Msg{}, quit: make(chan struct{})}
	h.kick(h.sessions.attach(node, l))
	return l, nil
}

// Request calls the host's handler of kind and waits for its answer.
func (l *Local) Request(ctx context.Context, kind string, header map[string]string, data []byte) ([]byte, error) {
	answer := make(chan []byte, 1)
	err := l.send(kind, header, data, func(b []byte) error {
		select {
		case answer <- copyData(b):
		default: // a second answer to one request
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	select {
	case b := <-answer:
		return b, nil
	case <-l.quit:
		return nil, problem(codeClosed)
	case <-ctx.Done():
		return nil, problem(codeTimeout).Wrap(ctx.Err())
	}
}

// Publish hands the host a message.
func (l *Local) Publish(kind string, header map[string]string, data []byte) error {
	return l.send(kind, header, data, nil)
}

func (l *Local) send(kind string, header map[string]string, data []byte, respond func([]byte) error) error {
	if err := checkOut(kind, header, data); err != nil {
		return err
	}
	select {
	case <-l.quit:
		return problem(codeClosed)
	default:
	}
	m := Msg{Node: l.node, Kind: kind, Header: copyHeader(header), Data: copyData(data), respond: respond}
	if !l.host.mail.put(m) && respond != nil {
		return problem(codeNoHandler)
	}
	return nil
}

// Handle has fn called for each message of kind from the host.
func (l *Local) Handle(kind string, fn func(Msg)) error {
	if !validName(kind) {
		return problem(codeBadName)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return problem(codeClosed)
	}
	l.handlers[kind] = fn
	if l.queues[kind] == nil {
		q := make(chan Msg, localQueue)
		l.queues[kind] = q
		go l.serve(kind, q)
	}
	return nil
}

func (l *Local) serve(kind string, q chan Msg) {
	for {
		select {
		case m := <-q:
			l.mu.Lock()
			fn := l.handlers[kind]
			l.mu.Unlock()
			fn(m)
		case <-l.quit:
			return
		}
	}
}

// deliver takes a message from the host. One that nobody handles, or for which there is no room, is lost.
func (l *Local) deliver(m Msg) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return problem(codeClosed)
	}
	if q := l.queues[m.Kind]; q != nil {
		select {
		case q <- m:
		default:
		}
	}
	return nil
}

// Close ends the link and the node's session.
func (l *Local) Close() {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return
	}
	l.closed = true
	close(l.quit)
	l.mu.Unlock()
	l.host.sessions.detach(l.node, l)
}
