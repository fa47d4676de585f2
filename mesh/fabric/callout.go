package fabric

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/invite"
)

// What a CONNECT asks for stands in its user field. None of them is a user: a login is the default.
const (
	askJoin = "join" // admit my key with this token; the answer waits in the hall
	askWhy  = "why"  // I was refused; the reason, please, in the hall
)

const hallStay = 10 * time.Second // then the server ends the connection

// onAuthRequest hears of each CONNECT. Each is decided on its own: one that waits for the disk holds no other up.
func (h *Host) onAuthRequest(nm *nats.Msg) {
	h.deciding.Go(func() {
		req, err := jwt.DecodeAuthorizationRequestClaims(string(nm.Data))
		if err != nil || req.Issuer != h.srv.ID() || req.Server.ID != h.srv.ID() {
			return // not from our server: no answer is a refusal
		}
		ctx, cancel := context.WithTimeout(h.ctx, decideTimeout)
		defer cancel()
		res := jwt.NewAuthorizationResponseClaims(req.UserNkey)
		res.Audience = req.Server.ID
		if res.Jwt, err = h.decide(ctx, req); err != nil {
			res.Error = told(err) // the code alone: the server logs it
		}
		out, err := res.Encode(h.in.issuer)
		if err != nil {
			h.logf("fabric: cannot answer a connect: %v", err)
			return
		}
		_ = nm.Respond([]byte(out)) // fails only when the server is going down, and then all are refused
	})
}

// decide gives the user JWT for a CONNECT, or why there is none.
func (h *Host) decide(ctx context.Context, req *jwt.AuthorizationRequestClaims) (string, error) {
	o, c := req.ConnectOptions, req.ClientInformation
	if req.TLS == nil || o.Password != "" || o.JWT != "" {
		return "", problem(codeRefused)
	}
	if err := proveKey(o.Nkey, o.SignedNonce, c.Nonce, h.cfg.Identity.Pin()); err != nil {
		return "", problem(codeRefused).Wrap(err)
	}
	switch o.Username {
	case "":
		return h.decideLogin(ctx, req)
	case askJoin:
		node, err := h.join(ctx, o, c.Host)
		return h.toHall(ctx, req, node, err)
	case askWhy:
		_, err := h.login(ctx, o.Nkey, c.Host)
		return h.toHall(ctx, req, "", err)
	}
	return "", problem(codeRefused)
}

func (h *Host) join(ctx context.Context, o jwt.ConnectOptions, source string) (string, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(o.Token)
	if err != nil {
		return "", invite.Malformed("the host could not read it")
	}
	token, err := invite.DecodeToken(raw)
	if err != nil {
		return "", err
	}
	node, err := h.cfg.Admit.Join(ctx, JoinRequest{Token: token, Key: o.Nkey, Source: source, Hello: readHello(o.Name)})
	return checkID(node, err)
}

func (h *Host) login(ctx context.Context, key, source string) (string, error) {
	return checkID(h.cfg.Admit.Login(ctx, key, source))
}

// checkID keeps an id that is not one token out of permissions: a wildcard there would open every subject.
func checkID(node string, err error) (string, error) {
	if err == nil && !validName(node) {
		err = errors.New("fabric: the node id cannot stand in a subject")
	}
	if err != nil {
		return "", err
	}
	return node, nil
}

// decideLogin lets a known key in as its node, and ends the node's older session.
func (h *Host) decideLogin(ctx context.Context, req *jwt.AuthorizationRequestClaims) (string, error) {
	key, source, cid := req.ConnectOptions.Nkey, req.ClientInformation.Host, req.ClientInformation.ID
	gen := h.sessions.generation()
	node, err := h.login(ctx, key, source)
	if err != nil {
		return "", err
	}
	old, stale := h.sessions.admitted(node, cid, gen)
	h.kick(old)
	if stale {
		// Somebody was cut off while this was decided. It may have been this node.
		if again, err := h.login(ctx, key, source); err != nil || again != node {
			h.sessions.gone(cid)
			return "", errors.Join(problem(codeRefused), err)
		}
	}
	u := h.user(req, node, accountMesh)
	u.Pub.Allow.Add(hostSubject(node, ">"))
	u.Sub.Allow.Add(nodeSubject(node, ">"), workerPrefix(node)+toBack+".>")
	return u.Encode(h.in.issuer)
}

// toHall lets whoever proved a key wait in the hall for the verdict: he may ask on one subject and listen on another.
func (h *Host) toHall(ctx context.Context, req *jwt.AuthorizationRequestClaims, node string, err error) (string, error) {
	v := verdict{V: 1, Node: node}
	switch {
	case err != nil:
		v.Code, v.Node = told(err), ""
	case node != "":
		v.Addrs = h.Addrs()
		if h.cfg.Extra != nil {
			v.Extra = h.cfg.Extra(ctx)
		}
	}
	subject := hallSubject(req.ConnectOptions.Nkey, req.ClientInformation.ID)
	if !h.hall.put(subject, v, time.Now()) {
		return "", problem(codeNotReady)
	}
	u := h.user(req, "guest", accountHall)
	u.Expires = time.Now().Add(hallStay).Unix()
	u.Pub.Allow.Add(subject)
	u.Sub.Allow.Add(subject + toBack)
	return u.Encode(h.in.issuer)
}

// user is a user of account who may do nothing yet. The name replaces key and token in what the server remembers.
func (h *Host) user(req *jwt.AuthorizationRequestClaims, name, account string) *jwt.UserClaims {
	u := jwt.NewUserClaims(req.UserNkey)
	u.Name = name
	u.Audience = account
	u.AllowedConnectionTypes.Add(jwt.ConnectionTypeStandard)
	u.Limits.Payload = MaxPayload
	u.Limits.Subs = maxSubs
	return u
}

const (
	helloBytes = 1024 // well under the 4 KiB that a CONNECT line may have
	helloRunes = 64   // of each of its fields
)

// readHello reads what a joiner says of itself; nonsense is an empty hello, not a reason to refuse.
func readHello(s string) Hello {
	var h Hello
	if len(s) > helloBytes || json.Unmarshal([]byte(s), &h) != nil {
		return Hello{}
	}
	for _, f := range []*clean.Text{&h.Hostname, &h.Version, &h.OS, &h.Arch, &h.Label} {
		*f = clean.Max(f.String(), helloRunes)
	}
	return h
}
