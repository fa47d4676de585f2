package mesh

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"voxmesh/mesh/fabric"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/invite"
)

func TestInvitesAdmitOnceAndNobodyElse(t *testing.T) {
	h, d := openHost(t)
	adm := admitter{h}
	join := func(tok invite.Token, key string) (string, error) {
		return adm.Join(within(t), fabric.JoinRequest{Token: tok, Key: key, Source: "192.0.2.1", Hello: hello("friend")})
	}
	refused := func(what string, tok invite.Token, key, code string) {
		t.Helper()
		before := h.Head()
		if node, err := join(tok, key); !fault.Is(err, code) {
			t.Errorf("%s: %q, %v, want %s", what, node, err, code)
		}
		if h.Head() != before {
			t.Errorf("%s left something in the log", what)
		}
	}
	_, ann := newKey(t)
	_, bob := newKey(t)

	info, tok := mint(t, h, InviteRequest{Slots: []string{"gpu", "cpu"}, TTL: time.Hour, Label: "Ann's \x1b[31mbox"})
	if info.ExpiresIn > 600 || info.ExpiresIn < 599 || strings.ContainsRune(info.Label, 0x1b) {
		t.Errorf("%d s, label %q", info.ExpiresIn, info.Label)
	}
	never := tok
	never.PeerID[0] ^= 1
	refused("an invite that was never minted", never, ann, "vox/invite/unknown")

	before := h.Head().Seq
	node, err := join(tok, ann)
	if err != nil || node != "ann-s-31mbox" && node != "ann-s-box" {
		t.Fatalf("%q, %v", node, err)
	}
	if h.Head().Seq != before+1 {
		t.Errorf("%d ops: the invite is burnt in the op that admits", h.Head().Seq-before)
	}
	n, _ := h.Snapshot().Node(node)
	i, _ := h.Snapshot().Invite(info.PeerID)
	if i.UsedBy != node || i.UsedKey != ann || len(n.Asked) != 2 || n.Asked[0].Max != 1 || n.Status != Offline {
		t.Errorf("%+v, %+v", i, n)
	}
	before = h.Head().Seq
	refused("a second machine", tok, bob, "vox/invite/used")
	again, err := join(tok, ann)
	if err != nil || again != node || h.Head().Seq != before {
		t.Errorf("an answer that got lost: %q, %v", again, err)
	}
	d.turn(time.Hour)
	if again, err := join(tok, ann); err != nil || again != node {
		t.Errorf("and long after: %q, %v", again, err)
	}

	_, late := mint(t, h, InviteRequest{TTL: time.Minute})
	d.turn(time.Minute)
	refused("a late one", late, bob, "vox/invite/expired")

	gone, revoked := mint(t, h, InviteRequest{})
	if err := h.RevokeInvite(within(t), "cli:ada", gone.PeerID); err != nil {
		t.Fatal(err)
	}
	if err := h.RevokeInvite(within(t), "cli:ada", gone.PeerID); err != nil {
		t.Errorf("revoked twice: %v", err)
	}
	wantCode(t, h.RevokeInvite(within(t), "cli:ada", info.PeerID), "vox/invite/used")
	wantCode(t, h.RevokeInvite(within(t), "cli:ada", "\x1b[31m"), "vox/invite/no-such")
	refused("one that was withdrawn", revoked, bob, "vox/invite/revoked")

	// A machine of this mesh that is invited again keeps its id, also when the answer is lost.
	_, second := mint(t, h, InviteRequest{})
	for range 2 {
		if again, err := join(second, ann); err != nil || again != node {
			t.Errorf("invited again: %q, %v", again, err)
		}
	}
	refused("what it was invited with, by another", second, bob, "vox/invite/revoked")
	if _, err := adm.Login(within(t), bob, ""); !fault.Is(err, "vox/fabric/unknown-key") {
		t.Errorf("a key that nobody admitted: %v", err)
	}
	mustSound(t, h.Snapshot())
}

func TestATamperedTokenIsWorthNothing(t *testing.T) {
	h, _ := openHost(t)
	_, key := newKey(t)
	_, tok := mint(t, h, InviteRequest{})
	before := h.Head()
	b := tok.Bytes()
	for i := range b {
		for bit := range 8 {
			bad := b
			bad[i] ^= 1 << bit
			other, err := invite.DecodeToken(bad[:])
			if err != nil {
				continue // no token at all
			}
			_, err = admitter{h}.Join(within(t), fabric.JoinRequest{Token: other, Key: key, Source: fmt.Sprintf("10.%d.%d.1", i, bit)})
			code := "vox/invite/tampered"
			if i >= 5 && i < 13 { // the peer id: another invite, which does not exist
				code = "vox/invite/unknown"
			}
			if !fault.Is(err, code) && !fault.Is(err, "vox/invite/rate-limited") {
				t.Errorf("byte %d, bit %d: %v, want %s", i, bit, err, code)
			}
		}
	}
	if h.Head() != before {
		t.Error("the log grew")
	}
	if _, err := (admitter{h}).Join(within(t), fabric.JoinRequest{Token: tok, Key: key, Source: "10.0.0.1"}); err != nil {
		t.Errorf("wrong tries killed the invite: %v", err)
	}
}

func TestWrongTriesAloneAreLimited(t *testing.T) {
	h, d := openHost(t)
	_, key := newKey(t)
	_, tok := mint(t, h, InviteRequest{})
	wrong := tok
	wrong.Secret[3] ^= 4
	try := func(tok invite.Token, src string) error {
		_, err := admitter{h}.Join(within(t), fabric.JoinRequest{Token: tok, Key: key, Source: src})
		return err
	}
	for range invite.LimitPerSource {
		wantCode(t, try(wrong, "192.0.2.7"), "vox/invite/tampered")
	}
	wantCode(t, try(wrong, "192.0.2.7"), "vox/invite/rate-limited")
	wantCode(t, try(wrong, "192.0.2.8"), "vox/invite/tampered")
	for range 3 * invite.LimitPerSource {
		if err := try(tok, "192.0.2.7"); err != nil {
			t.Fatalf("a good invite from a source of bad ones: %v", err)
		}
	}
	d.turn(invite.LimitWindow + time.Second)
	wantCode(t, try(wrong, "192.0.2.7"), "vox/invite/tampered")
}

func TestOneOfManyJoins(t *testing.T) {
	h, _ := openHost(t)
	_, tok := mint(t, h, InviteRequest{})
	const many = 200
	keys := make([]string, many)
	for i := range keys {
		_, keys[i] = newKey(t)
	}
	nodes, errs := make([]string, many), make([]error, many)
	var wg sync.WaitGroup
	ctx := within(t)
	for i := range many {
		wg.Go(func() {
			nodes[i], errs[i] = admitter{h}.Join(ctx, fabric.JoinRequest{Token: tok, Key: keys[i], Source: "192.0.2.1"})
		})
	}
	wg.Wait()
	in := 0
	for i := range many {
		switch {
		case errs[i] == nil:
			in++
			if n, _ := h.Snapshot().NodeByKey(keys[i]); n == nil || n.ID != nodes[i] {
				t.Errorf("%s is not %s", keys[i], nodes[i])
			}
		case !fault.Is(errs[i], "vox/invite/used"):
			t.Error(errs[i])
		}
	}
	if in != 1 || len(h.Snapshot().Workers()) != 1 {
		t.Errorf("%d came in, %d are in the mesh", in, len(h.Snapshot().Workers()))
	}
}

func TestIDsOfFriendsWithOneName(t *testing.T) {
	h, _ := openHost(t)
	seen := map[string]bool{"home": true}
	var wg sync.WaitGroup
	var mu sync.Mutex
	for _, label := range []string{"bob", "bob", "Bob!", "home", "mesh", "j-1", "", ""} {
		_, tok := mint(t, h, InviteRequest{})
		_, key := newKey(t)
		wg.Go(func() {
			node, err := admitter{h}.Join(context.Background(), fabric.JoinRequest{Token: tok, Key: key, Source: "192.0.2.1", Hello: hello(label)})
			mu.Lock()
			defer mu.Unlock()
			if err != nil || seen[node] || reserved(node) {
				t.Errorf("%q: %q, %v", label, node, err)
			}
			seen[node] = true
		})
	}
	wg.Wait()
}

func TestInviteAddresses(t *testing.T) {
	h, _ := openHost(t)
	for _, bad := range []string{"nowhere", ":1", "a:0", "a:65536", "a:b", "\x1b[31m:7420", "user@host:1"} {
		if _, err := h.MintInvite(within(t), "cli:ada", InviteRequest{HostPort: bad}); err == nil {
			t.Errorf("%q is accepted", bad)
		} else if strings.ContainsRune(err.Error(), 0x1b) {
			t.Errorf("%q comes back raw", bad)
		}
	}
	if _, err := h.MintInvite(within(t), "cli:ada", InviteRequest{Slots: []string{"tpu"}}); err == nil {
		t.Error("a slot that is none is accepted")
	}
	if len(h.Snapshot().Invites()) != 0 {
		t.Error("a refused invite was minted")
	}
	info, _ := mint(t, h, InviteRequest{})
	if !strings.Contains(info.Reach, "only this machine") || !h.Info().LoopbackOnly {
		t.Errorf("%q, %+v", info.Reach, h.Info())
	}
	p, err := h.InviteProgress(info.PeerID)
	if err != nil || p.State != "open" || p.Minted == 0 || p.Admitted != 0 {
		t.Errorf("%+v, %v", p, err)
	}
}
