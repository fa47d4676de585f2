package fabric

import (
	"crypto/rand"
	"encoding/base64"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
)

// Accounts of the embedded server. Nothing is shared between them: even with a wrong permission nobody in the hall
// could hear the mesh, and no worker could hear who asks to be let in.
const (
	accountMesh  = "VOX"  // host and workers
	accountHall  = "HALL" // who waits for word of what became of him
	accountCheck = "AUTH" // the callout
	accountSys   = "SYS"  // the server's own events
)

const (
	authTimeout    = 5 * time.Second
	decideTimeout  = 4 * time.Second // under authTimeout, so that no answer comes after the server gave up
	tlsTimeout     = 3 * time.Second
	pingInterval   = 10 * time.Second // with two missed: a dead peer is noticed within half a minute
	maxPingsOut    = 2
	maxPending     = 4 << 20   // of what waits for one worker; one that reads slower is cut
	insidePending  = 256 << 20 // of what waits for the host itself, to which all workers speak at once
	defaultMaxConn = 2048
	writeDeadline  = 10 * time.Second
	keptClosed     = 16 // closed connections that the server remembers for a monitor that we don't have
)

// insiders are the host's own users: random passwords, and from inside this process only.
type insiders struct {
	issuer   nkeys.KeyPair // signs what the callout answers
	public   string
	accounts map[string]*server.Account
	users    map[string]*server.User // by account
}

func newInsiders() (*insiders, error) {
	kp, err := nkeys.CreateAccount()
	if err != nil {
		return nil, err
	}
	pub, err := kp.PublicKey()
	if err != nil {
		return nil, err
	}
	in := &insiders{issuer: kp, public: pub, accounts: map[string]*server.Account{}, users: map[string]*server.User{}}
	for _, name := range []string{accountMesh, accountHall, accountCheck, accountSys} {
		acc := server.NewAccount(name)
		in.accounts[name] = acc
		in.users[name] = &server.User{
			Username: "in-" + randomText(), Password: randomText(), Account: acc,
			AllowedConnectionTypes: map[string]struct{}{jwt.ConnectionTypeInProcess: {}},
		}
	}
	return in, nil
}

func randomText() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// serverOptions is the whole configuration: what is not here is off. JetStream, websocket, leaf nodes, MQTT, gateways,
// clusters, monitoring, profiling, message tracing and the PROXY protocol are off by absence; a test holds that.
func serverOptions(cfg HostConfig, in *insiders) (*server.Options, error) {
	host, portText, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, err
	}
	o := &server.Options{
		ServerName:        "voxmesh",
		Host:              host,
		Port:              int(port),
		NoSigs:            true, // the server's handler would call os.Exit
		NoLog:             true,
		MaxConn:           cfg.MaxConn,
		MaxSubs:           maxSubs,
		MaxPayload:        MaxPayload,
		MaxPending:        insidePending, // until the door opens: see acceptStrangers
		DontListen:        true,          // likewise
		PingInterval:      pingInterval,
		MaxPingsOut:       maxPingsOut,
		AuthTimeout:       authTimeout.Seconds(),
		WriteDeadline:     writeDeadline,
		MaxClosedClients:  keptClosed,
		AlwaysEnableNonce: true,
		TLSConfig:         cfg.Identity.serverTLS(),
		TLSTimeout:        tlsTimeout.Seconds(),
		TLSHandshakeFirst: true,
		SystemAccount:     accountSys,
		AuthCallout: &server.AuthCallout{
			Issuer: in.public, Account: accountCheck,
		},
	}
	if port == 0 {
		o.Port = server.RANDOM_PORT
	}
	for name, acc := range in.accounts {
		u := in.users[name]
		o.Accounts = append(o.Accounts, acc)
		o.Users = append(o.Users, u)
		o.AuthCallout.AuthUsers = append(o.AuthCallout.AuthUsers, u.Username)
	}
	return o, nil
}

// acceptStrangers opens the port. It comes after the host's own connections are up: nobody knocks while nobody
// answers, and those connections keep their wider limit on what may wait for them, which the server has one number
// for. Nothing else reads that number before there are strangers.
func acceptStrangers(srv *server.Server, o *server.Options) {
	o.MaxPending, o.DontListen = maxPending, false
	srv.AcceptLoop(make(chan struct{}))
}

// fatalOnly is the server's logger. It keeps why a start failed and drops the rest: the server's lines can carry what
// strangers sent, one line for each try.
type fatalOnly struct {
	mu  sync.Mutex
	say func(string, ...any)
	n   int
}

const maxFatal = 8 // lines of a server that dies; more would be a loop

func (l *fatalOnly) Fatalf(format string, v ...any) {
	l.mu.Lock()
	l.n++
	n := l.n
	l.mu.Unlock()
	if l.say != nil && n <= maxFatal {
		l.say("fabric: "+format, v...)
	}
}
func (*fatalOnly) Noticef(string, ...any) {}
func (*fatalOnly) Warnf(string, ...any)   {}
func (*fatalOnly) Errorf(string, ...any)  {}
func (*fatalOnly) Debugf(string, ...any)  {}
func (*fatalOnly) Tracef(string, ...any)  {}
