package fabric

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// verdict is what became of a joiner, or of one who asks why. JSON, because it is read once in a node's life and may
// grow; unknown fields are skipped.
type verdict struct {
	V     int               `json:"v"`
	Code  string            `json:"code,omitempty"` // empty: admitted
	Node  string            `json:"node,omitempty"`
	Addrs []string          `json:"addrs,omitempty"`
	Extra map[string]string `json:"extra,omitempty"`
}

// hall keeps verdicts until they are asked for, or their stay is over.
type hall struct {
	mu    sync.Mutex
	waits map[string]waiting // by subject
}

type waiting struct {
	verdict verdict
	until   time.Time
}

// maxWaiting is as many as can be connected at once.
const maxWaiting = defaultMaxConn

func newHall() *hall { return &hall{waits: map[string]waiting{}} }

// put keeps v for whoever may ask on subject; false when the hall is full.
func (l *hall) put(subject string, v verdict, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s, w := range l.waits {
		if now.After(w.until) {
			delete(l.waits, s)
		}
	}
	if len(l.waits) >= maxWaiting {
		return false
	}
	l.waits[subject] = waiting{v, now.Add(hallStay + time.Second)}
	return true
}

// get gives the verdict for subject; it stays, because the answer may get lost.
func (l *hall) get(subject string) (verdict, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w, ok := l.waits[subject]
	return w.verdict, ok
}

// onHall answers on the subject that belongs to the one asked on, whatever the message names as its inbox.
func (h *Host) onHall(nm *nats.Msg) {
	v, ok := h.hall.get(nm.Subject)
	if !ok {
		return
	}
	b, err := json.Marshal(v)
	if err != nil {
		h.logf("fabric: cannot write a verdict: %v", err)
		return
	}
	_ = h.hallBus.Publish(nm.Subject+toBack, b) // fails only when the server is going down; the joiner asks again
}
