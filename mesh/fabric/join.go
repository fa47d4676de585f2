package fabric

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"voxmesh/mesh/fault"
	"voxmesh/mesh/invite"
)

// JoinConfig is what a joiner brings.
type JoinConfig struct {
	URL   invite.URL
	Key   nkeys.KeyPair // the new key, stored before it is used: a lost answer is asked for again with the same one
	Hello Hello
}

// Welcome is what an admitted joiner learns. Extra is the host's word, not cleaned.
type Welcome struct {
	NodeID  string
	Mesh    string   // from the pinned certificate
	Inviter string   // from the pinned certificate
	Addrs   []string // host:port, where to dial from now on; the one that answered comes first
	Extra   map[string]string
}

const (
	joinTries  = 3
	joinPause  = 200 * time.Millisecond
	maxAddrs   = 8
	maxExtra   = 16
	extraBytes = 4096
)

// Join brings the token to the host that wrote the invite, and to no other. A lost answer is asked for again, three
// times in all. Codes: those of an invite (vox/invite/expired, used, unknown, revoked, rate-limited, malformed,
// wrong-host) and vox/fabric/unreachable, /refused, /timeout, /bad-answer.
func Join(ctx context.Context, cfg JoinConfig) (Welcome, error) {
	var err error
	for try := range joinTries {
		if try > 0 && !pause(ctx, joinPause<<try) {
			break
		}
		var w Welcome
		if w, err = joinOnce(ctx, cfg); err == nil {
			return w, nil
		}
		if code, _ := fault.Of(err); code != codeUnreachable && code != codeTimeout && code != codeNotReady {
			break
		}
	}
	return Welcome{}, err
}

func joinOnce(ctx context.Context, cfg JoinConfig) (Welcome, error) {
	addr := cfg.URL.Addr()
	hello, err := json.Marshal(cfg.Hello)
	if err != nil {
		return Welcome{}, err
	}
	token := cfg.URL.Token.Bytes()
	v, info, err := askHall(ctx, addr, cfg.URL.Token.Pin, cfg.Key,
		nats.UserInfo(askJoin, ""), nats.Token(base64.RawURLEncoding.EncodeToString(token[:])), nats.Name(string(hello)))
	switch {
	case err != nil:
		return Welcome{}, err
	case v.Code != "":
		return Welcome{}, heard(v.Code)
	case !validName(v.Node):
		return Welcome{}, problem(codeBadAnswer)
	}
	return Welcome{NodeID: v.Node, Mesh: info.Mesh, Inviter: info.Inviter, Addrs: goodAddrs(addr, v.Addrs), Extra: goodExtra(v.Extra)}, nil
}

// askWhyRefused asks the host for the code that goes with a refusal; nil when it would let this key in by now.
func askWhyRefused(ctx context.Context, addr string, pin [16]byte, key nkeys.KeyPair) error {
	v, _, err := askHall(ctx, addr, pin, key, nats.UserInfo(askWhy, ""))
	if err != nil {
		return err
	}
	if v.Code != "" {
		return heard(v.Code)
	}
	return nil
}

// askHall connects to the hall and fetches the verdict that waits there.
func askHall(ctx context.Context, addr string, pin [16]byte, key nkeys.KeyPair, opts ...nats.Option) (verdict, HostInfo, error) {
	conn, err := dialPinned(ctx, addr, pin)
	if err != nil {
		return verdict{}, HostInfo{}, err
	}
	info := infoOf(leafOf(conn.ConnectionState()))
	prove, err := proving(key, pin)
	if err != nil {
		_ = conn.Close() // nothing was sent
		return verdict{}, info, err
	}
	nc, err := connect(ctx, conn, append(opts, prove)...)
	if err != nil {
		return verdict{}, info, connectFault(addr, err)
	}
	defer nc.Close()
	v, err := readVerdict(ctx, nc, key)
	return v, info, err
}

func readVerdict(ctx context.Context, nc *nats.Conn, key nkeys.KeyPair) (verdict, error) {
	pub, err := key.PublicKey()
	if err != nil {
		return verdict{}, err
	}
	cid, err := nc.GetClientID()
	if err != nil {
		return verdict{}, problem(codeBadAnswer).Wrap(err)
	}
	subject := hallSubject(pub, cid)
	sub, err := nc.SubscribeSync(subject + toBack)
	if err != nil {
		return verdict{}, problem(codeTimeout).Wrap(err)
	}
	if err := nc.Publish(subject, nil); err != nil {
		return verdict{}, problem(codeTimeout).Wrap(err)
	}
	ctx, cancel := context.WithTimeout(ctx, hallStay)
	defer cancel()
	m, err := sub.NextMsgWithContext(ctx)
	if err != nil {
		return verdict{}, problem(codeTimeout).Wrap(err)
	}
	var v verdict
	if err := json.Unmarshal(m.Data, &v); err != nil || v.V != 1 {
		return verdict{}, problem(codeBadAnswer)
	}
	return v, nil
}

// connectFault names what went wrong between a good handshake and the server's answer to CONNECT.
func connectFault(addr string, err error) error {
	var coded fault.Coded
	switch {
	case errors.As(err, &coded):
		return err
	case isRefusal(err):
		return problem(codeRefused)
	case errors.Is(err, nats.ErrTimeout), errors.Is(err, nats.ErrAuthExpired):
		return problem(codeTimeout).Wrap(err)
	}
	return unreachable(addr, err)
}

// goodAddrs puts the address that answered first, and keeps of the others what can be an address.
func goodAddrs(first string, rest []string) []string {
	out := []string{first}
	for _, a := range rest {
		host, port, err := net.SplitHostPort(a)
		n, perr := strconv.ParseUint(port, 10, 16)
		if err != nil || perr != nil || n == 0 || !validHost(host) || a == first || len(out) == maxAddrs {
			continue
		}
		if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
			continue
		}
		out = append(out, a)
	}
	return out
}

// validHost lets IP addresses and host names of plain ASCII through, nothing that could reach a terminal or a shell.
func validHost(s string) bool {
	if net.ParseIP(s) != nil {
		return true
	}
	if s == "" || len(s) > 253 || s[0] == '-' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return true
}

// goodExtra bounds what the host may make a joiner store.
func goodExtra(m map[string]string) map[string]string {
	size := 0
	for k, v := range m {
		size += len(k) + len(v)
	}
	if len(m) > maxExtra || size > extraBytes {
		return nil
	}
	return m
}

// pause waits; false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
