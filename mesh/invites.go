package mesh

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/fabric"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/invite"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
)

// InviteRequest asks for an invite.
type InviteRequest struct {
	Slots    []string      // kinds asked for, each once; none is one cpu slot
	TTL      time.Duration // capped at invite.MaxTTL; 0 is that
	Label    string        // a name for the machine that will come
	HostPort string        // the address in the URL; empty: what the host advertises
}

// InviteInfo is a fresh invite. It holds the secret: show it, never log it.
type InviteInfo struct {
	PeerID       string        `json:"peer_id"`
	URL          string        `json:"bearer_url"`
	Install      string        `json:"install_command"`
	InstallPrint string        `json:"install_command_print"`
	QR           string        `json:"qr_text"` // filled in by who can draw
	ExpiresIn    int64         `json:"expires_in_secs"`
	ExpiresAt    int64         `json:"expires_at_micros"`
	Slots        []string      `json:"slots"`
	Label        string        `json:"label"`
	Reach        string        `json:"reach"`
	Fingerprint  string        `json:"host_fingerprint"`
	Class        privacy.Class `json:"privacy_class"`
}

// tokenHashDomain stands before a token's bytes when they are hashed, so that the hash is good for nothing else.
const tokenHashDomain = "voxmesh invite token v1\n"

// tokenHash is what is stored of an invite. It covers the whole token, so that no byte of it can be changed: not the
// expiry, not the slots.
func tokenHash(t invite.Token) []byte {
	b := t.Bytes()
	h := sha256.New()
	h.Write([]byte(tokenHashDomain))
	h.Write(b[:])
	return h.Sum(nil)
}

// MintInvite makes a one-use invite. Codes: vox/invite/bad-slot, vox/invite/bad-address.
func (h *Host) MintInvite(ctx context.Context, actor string, req InviteRequest) (InviteInfo, error) {
	if len(req.Slots) == 0 {
		req.Slots = []string{"cpu"}
	}
	slots, err := invite.ParseSlots(req.Slots...)
	if err != nil {
		return InviteInfo{}, err
	}
	host, port, err := h.doorAddress(req.HostPort)
	if err != nil {
		return InviteInfo{}, err
	}
	tok, err := invite.Mint(h.now(), invite.CapTTL(req.TTL), slots, h.door.Pin(), rand.Reader)
	if err != nil {
		return InviteInfo{}, err
	}
	u, err := invite.New(host, port, tok)
	if err != nil {
		return InviteInfo{}, err
	}
	rec := &InviteMinted{
		PeerID: tok.PeerID.String(), SecretHash: tokenHash(tok), Slots: uint8(slots), Label: clean.Max(req.Label, 40).String(),
		ExpiresAt: tok.Expiry.UnixMicro(),
	}
	err = h.commit(ctx, func(*State) ([]oplog.Draft, error) {
		return []oplog.Draft{draft(KindInviteMinted, actor, "", rec)}, nil
	})
	if err != nil {
		return InviteInfo{}, err
	}
	h.cfg.Log("invite minted: peer %s, slots %v", rec.PeerID, req.Slots)
	return InviteInfo{
		PeerID: rec.PeerID, URL: u.String(), Install: invite.InstallCommand(u), InstallPrint: invite.InstallCommandPrint(u),
		ExpiresIn: int64(invite.CapTTL(req.TTL) / time.Second), ExpiresAt: rec.ExpiresAt,
		Slots: slots.Strings(), Label: rec.Label, Reach: reach(host), Fingerprint: h.door.Fingerprint(),
		Class: privacy.PairedPeersOnly,
	}, nil
}

// doorAddress reads the address for an invite, or gives the one that the host advertises.
func (h *Host) doorAddress(asked string) (string, uint16, error) {
	if asked == "" {
		asked = h.Info().Advertise
	}
	host, port, err := net.SplitHostPort(asked)
	n, perr := strconv.ParseUint(port, 10, 16)
	if err != nil || perr != nil || n == 0 || host == "" {
		return "", 0, fault.New("vox/invite/bad-address", "%q is not an address of the form host:port", printable(asked)).
			WithHint("give --advertise HOST:PORT to voxmesh serve")
	}
	return host, uint16(n), nil
}

// reach says who can use an address.
func reach(host string) string {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	switch {
	case host == "localhost" || ip != nil && ip.IsLoopback():
		return "only this machine can reach " + host
	case ip != nil && ip.IsPrivate():
		return host + " is reachable from this network only"
	}
	return host + " must be reachable from the other machine"
}

// RevokeInvite withdraws an invite that was not used. Codes: vox/invite/no-such, vox/invite/used.
func (h *Host) RevokeInvite(ctx context.Context, actor, peer string) error {
	return h.commit(ctx, func(next *State) ([]oplog.Draft, error) {
		i, ok := next.Invite(peer)
		switch {
		case !ok:
			return nil, noInvite(peer)
		case i.UsedBy != "":
			return nil, fault.New("vox/invite/used", "the invite %s was used by %s", peer, i.UsedBy).
				WithHint("expel the node: voxmesh revoke %s --confirm %s --reason TEXT", i.UsedBy, i.UsedBy)
		case i.Revoked:
			return nil, nil
		}
		return []oplog.Draft{draft(KindInviteRevoked, actor, "", &InviteRevoked{PeerID: peer})}, nil
	})
}

func noInvite(peer string) *fault.Error {
	return fault.New("vox/invite/no-such", "there is no invite %s", printable(peer)).WithHint("voxmesh invite ls lists them")
}

// InviteSteps is how far the machine that was invited has come; times are unix microseconds, 0 is not yet.
type InviteSteps struct {
	State    string `json:"state"` // open, used, revoked, expired
	Minted   int64  `json:"minted"`
	Reached  int64  `json:"reached"`
	Proved   int64  `json:"proved"`
	Admitted int64  `json:"admitted"`
	Online   int64  `json:"online"`
	Node     string `json:"node"`
}

// InviteProgress tells how far an invite is. Code vox/invite/no-such.
func (h *Host) InviteProgress(peer string) (InviteSteps, error) {
	s := h.Snapshot()
	i, ok := s.Invite(peer)
	if !ok {
		return InviteSteps{}, noInvite(peer)
	}
	p := InviteSteps{
		State: i.State(h.now().UnixMicro()), Minted: i.MintedAt, Proved: h.steps.proved(peer), Admitted: i.UsedAt, Node: i.UsedBy,
	}
	p.Reached = p.Proved
	if n, ok := s.Node(i.UsedBy); ok && n.Status == Online {
		p.Online = n.StatusAt
	}
	return p, nil
}

// inviteSteps remembers, in memory, when a joiner proved its key.
type inviteSteps struct {
	mu sync.Mutex
	at map[string]int64
}

func newInviteSteps() *inviteSteps { return &inviteSteps{at: map[string]int64{}} }

func (s *inviteSteps) prove(peer string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.at) > 1000 {
		s.at = map[string]int64{}
	}
	s.at[peer] = now.UnixMicro()
}

func (s *inviteSteps) proved(peer string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at[peer]
}

// admitter lets the fabric ask who may come in.
type admitter struct{ h *Host }

// Join burns an invite in the commit that admits the node. The same token from the admitted key succeeds again.
func (a admitter) Join(ctx context.Context, req fabric.JoinRequest) (string, error) {
	h := a.h
	peer := req.Token.PeerID.String()
	var node string
	err := h.commit(ctx, func(next *State) ([]oplog.Draft, error) {
		var err error
		var drafts []oplog.Draft
		node, drafts, err = next.admit(req, h.now().UnixMicro())
		return drafts, err
	})
	if err != nil {
		return "", h.joinRefused(req, err)
	}
	h.steps.prove(peer, h.now())
	h.cfg.Log("node %s joined with invite %s from %s", node, peer, req.Source)
	return node, nil
}

// joinRefused counts a wrong try against its source. A changed token keeps its own code, vox/invite/tampered: whoever
// hears it knew the invite's 64 random bits of id, and a friend with a damaged copy must learn what is wrong with it. Only wrong ones count, so nobody's guesses keep a friend out.
func (h *Host) joinRefused(req fabric.JoinRequest, err error) error {
	say := true
	if fault.Is(err, "vox/invite/unknown") || fault.Is(err, "vox/invite/tampered") {
		var limited error
		if say, limited = h.tries.Try(invite.Source(req.Source), h.now()); limited != nil {
			err = limited
		}
	}
	if say {
		h.cfg.Log("join refused: peer %s from %s: %v", req.Token.PeerID, req.Source, err)
	}
	return err
}

// admit decides a join against the state and gives the node's id with the ops that admit it (none if it was admitted
// before). now is the host's clock in unix microseconds; the token's own expiry is not trusted.
func (s *State) admit(req fabric.JoinRequest, now int64) (string, []oplog.Draft, error) {
	peer := req.Token.PeerID.String()
	i, ok := s.Invite(peer)
	if !ok {
		return "", nil, fault.New("vox/invite/unknown", "there is no such invite")
	}
	if subtle.ConstantTimeCompare(i.Hash, tokenHash(req.Token)) != 1 {
		return "", nil, fault.New("vox/invite/tampered", "the invite was changed on its way")
	}
	n, gone := s.NodeByKey(req.Key)
	switch {
	case gone:
		return "", nil, fault.New("vox/fabric/revoked", "the key was expelled from this mesh")
	case i.UsedBy != "" && i.UsedKey == req.Key && n != nil:
		return n.ID, nil, nil
	case i.UsedBy != "":
		return "", nil, fault.New("vox/invite/used", "the invite was already used")
	case i.Revoked && n != nil:
		return n.ID, nil, nil // it joined again with it, see below, and the answer got lost; in any case it is in already
	case i.Revoked:
		return "", nil, fault.New("vox/invite/revoked", "the invite was withdrawn")
	case now >= i.ExpiresAt:
		return "", nil, fault.New("vox/invite/expired", "the invite has expired")
	case n != nil:
		// A machine of this mesh joins again: it keeps its id, and the invite is spent all the same.
		return n.ID, []oplog.Draft{draft(KindInviteRevoked, "node:"+n.ID, "", &InviteRevoked{PeerID: peer})}, nil
	}
	label := i.Label
	if label == "" {
		label = clean.Max(req.Hello.Label.String(), 40).String()
	}
	sum := sha256.Sum256([]byte(req.Key))
	hostname := clean.Max(req.Hello.Hostname.String(), 64).String()
	rec := &NodeAdmitted{
		Node: s.nodeID(label, hostname, hex.EncodeToString(sum[:])), Key: req.Key, Invite: peer, Label: label,
		Hostname: hostname, Class: privacy.PairedPeersOnly, Addr: req.Source,
	}
	for _, kind := range invite.Slots(i.Slots).Strings() {
		rec.Slots = append(rec.Slots, Slot{Kind: kind, Max: 1})
	}
	return rec.Node, []oplog.Draft{draft(KindNodeAdmitted, "node:"+rec.Node, "", rec)}, nil
}

// Login gives the node that a key belongs to.
func (a admitter) Login(_ context.Context, key, _ string) (string, error) {
	n, gone := a.h.Snapshot().NodeByKey(key)
	switch {
	case gone:
		return "", fault.New("vox/fabric/revoked", "the node was expelled")
	case n == nil:
		return "", fault.New("vox/fabric/unknown-key", "no node has this key")
	case n.Locked != "":
		return "", fault.New("vox/fabric/locked", "the node is locked: %s", n.Locked)
	}
	return n.ID, nil
}
