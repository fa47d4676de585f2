package mesh

import (
	"encoding/json"
	"time"
)

// Status is how lately a node was heard. The numbers of all enumerations here are part of the op format.
type Status uint8

// The statuses, by the age of the last heartbeat.
const (
	Offline  Status = iota // 60 s and more, or never
	Degraded               // under 60 s
	Online                 // under 10 s
)

// BeatEvery is how often a node sends a heartbeat; OnlineUnder and DegradedUnder are the ages that decide its status.
const (
	BeatEvery     = 2 * time.Second
	OnlineUnder   = 10 * time.Second
	DegradedUnder = 60 * time.Second
)

// StatusByAge gives the status of a node whose last heartbeat is age old; a negative age is never heard.
func StatusByAge(age time.Duration) Status {
	switch {
	case age < 0 || age >= DegradedUnder:
		return Offline
	case age >= OnlineUnder:
		return Degraded
	}
	return Online
}

func (s Status) String() string { return pick(int(s), "offline", "degraded", "online") }

// MarshalJSON writes the name.
func (s Status) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// Mode is what the owner told a node to do.
type Mode uint8

// The modes.
const (
	Active   Mode = iota
	Paused        // takes nothing new
	Draining      // finishes what it has until a deadline
	Drained       // has nothing left and takes nothing new
)

func (m Mode) String() string { return pick(int(m), "active", "paused", "draining", "drained") }

// MarshalJSON writes the name.
func (m Mode) MarshalJSON() ([]byte, error) { return json.Marshal(m.String()) }

// JobState is where a job is on its way.
type JobState uint8

// The states: queued → leased → running → one of the last four, or back to queued.
const (
	Queued JobState = iota
	Leased
	Running
	Succeeded
	Failed
	Killed
	TimedOut
)

func (s JobState) String() string {
	return pick(int(s), "queued", "leased", "running", "succeeded", "failed", "killed", "timed_out")
}

// MarshalJSON writes the name.
func (s JobState) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// Held reports whether a node has the job in hand.
func (s JobState) Held() bool { return s == Leased || s == Running }

// Ended reports whether the state is final.
func (s JobState) Ended() bool { return s >= Succeeded }

// Cause is why a lease ended without a result.
type Cause uint8

// The causes. Only CauseLost, while running, counts towards MaxLosses.
const (
	CauseLost    Cause = iota + 1 // the worker went away
	CauseRefused                  // the donor's policy said no
	CauseDrain                    // the node was told to drain
	CauseYield                    // asked to make room
	CauseRestart                  // the host, or the worker before it began, restarted
	CauseRevoked                  // the node was expelled
)

func (c Cause) String() string {
	return pick(int(c), "unknown", "worker lost", "refused", "drain", "yield", "restart", "revoked")
}

// MarshalJSON writes the name.
func (c Cause) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// MaxLosses is how often a worker may be lost under a running job before the job fails.
const MaxLosses = 3

// KeepEnded is how long a finished job stays in the state; after that it is read from the log.
const KeepEnded = 24 * time.Hour

func pick(i int, names ...string) string {
	if i < 0 || i >= len(names) {
		return "unknown"
	}
	return names[i]
}
