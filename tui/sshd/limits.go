package sshd

import "time"

// Limits bound what a door spends on its visitors.
type Limits struct {
	HandshakeTimeout time.Duration // from accept to a proven key; 10 s
	IdleTimeout      time.Duration // a TCP connection without a byte either way; 15 min. The local socket: none
	MaxTimeout       time.Duration // a TCP connection's whole life; 12 h. The local socket: none
	MaxConns         int           // connections at a time; 128 over TCP, 512 local
	MaxPending       int           // of these, not logged in yet; 32. One more closes the oldest of them
	ConnRate         float64       // connections a second from one source (IPv4 address, IPv6 /64), TCP only; 20
	ConnBurst        int           // and at once; 60
	SessionsPerConn  int           // 3 over TCP, 8 local
	SessionsPerKey   int           // 10 over TCP, 256 local: scripts of the owner run many commands at a time
	Grace            time.Duration // how long sessions have to end when the host does; 2 s
}

const (
	maxWidth  = 1000 // wider and higher than any screen in use; a console's buffers grow with both
	maxHeight = 400

	// maxCommand bounds a command line. Linux hands 2 MiB to a process at most; quoting can make it longer.
	maxCommand = 8 << 20
	// maxRequest is the largest piece of a command line in one SSH request: x/crypto reads packets of up to 256 KiB.
	maxRequest = 128 << 10

	maxEnvVars  = 32
	maxEnvValue = 256

	maxAuthTries = 3

	// keepalive is how often a running command's connection shows life, well under IdleTimeout, so that a command that
	// is silent for long is not taken for a connection that nobody uses.
	keepalive = time.Minute

	// closeWait is how long Close waits for sessions that do not heed their context.
	closeWait = 5 * time.Second
)

func (l Limits) withDefaults(local bool) Limits {
	pick := func(p *int, tcp, loc int) {
		if *p == 0 && local {
			*p = loc
		} else if *p == 0 {
			*p = tcp
		}
	}
	dur := func(p *time.Duration, d time.Duration) {
		if *p == 0 {
			*p = d
		}
	}
	dur(&l.HandshakeTimeout, 10*time.Second)
	dur(&l.Grace, 2*time.Second)
	if !local {
		dur(&l.IdleTimeout, 15*time.Minute)
		dur(&l.MaxTimeout, 12*time.Hour)
	}
	pick(&l.MaxConns, 128, 512)
	pick(&l.MaxPending, 32, 64)
	pick(&l.ConnBurst, 60, 0)
	pick(&l.SessionsPerConn, 3, 8)
	pick(&l.SessionsPerKey, 10, 256)
	if l.ConnRate == 0 {
		l.ConnRate = 20
	}
	return l
}
