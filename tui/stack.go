package tui

import (
	"time"

	"voxmesh/tui/pane"
)

// eventGrace is how long a layer that an event opened takes no key: whoever was typing did not mean it.
const eventGrace = 300 * time.Millisecond

// stack is the open layers, the top one last.
type stack struct {
	layers []pane.Layer
	since  []time.Time // when an event opened it; zero: a key did
}

// push opens a layer. since is the present where an event opens it, and zero where a key does.
func (s *stack) push(l pane.Layer, since time.Time) {
	s.layers, s.since = append(s.layers, l), append(s.since, since)
}

func (s *stack) top() pane.Layer {
	if len(s.layers) == 0 {
		return nil
	}
	return s.layers[len(s.layers)-1]
}

// all gives a copy: a layer may close while it is given a message.
func (s *stack) all() []pane.Layer { return append([]pane.Layer(nil), s.layers...) }

// remove closes a layer, wherever in the stack it is, and tells it.
func (s *stack) remove(p pane.Pane) {
	for i, l := range s.layers {
		if pane.Pane(l) == p {
			s.layers = append(s.layers[:i], s.layers[i+1:]...)
			s.since = append(s.since[:i], s.since[i+1:]...)
			l.Closed()
			return
		}
	}
}

// removeIf closes every layer that is of a kind.
func (s *stack) removeIf(is func(pane.Layer) bool) {
	for _, l := range s.all() {
		if is(l) {
			s.remove(l)
		}
	}
}

// deaf reports whether the top layer takes no key yet.
func (s *stack) deaf(now time.Time) bool {
	if len(s.since) == 0 {
		return false
	}
	t := s.since[len(s.since)-1]
	return !t.IsZero() && now.Sub(t) < eventGrace
}

// noticeFor is how long a notice stands when no key ends it.
const noticeFor = 6 * time.Second

// notice is what a key did, or why it did not.
type notice struct {
	text  string
	until time.Time
}

func say(text string, now time.Time) notice { return notice{text, now.Add(noticeFor)} }

func (n *notice) expire(now time.Time) {
	if now.After(n.until) {
		*n = notice{}
	}
}
