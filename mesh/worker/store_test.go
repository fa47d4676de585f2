package worker

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nkeys"

	"voxmesh/mesh/fabric"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/invite"
)

// Opening a pipe would wait for somebody to write into it, and with it all that asks for the policy.
func TestAPipeIsNoPolicy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "donations.vox")
	write(t, path, openPolicy)
	now := time.Now()
	p := NewFilePolicy(path, func() time.Time { return now })
	if _, _, _, err := p.Current(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "mkfifo", path).CombinedOutput(); err != nil {
		t.Skipf("no pipes here: %v %s", err, out)
	}
	now = now.Add(time.Minute)
	if pol, _, _, err := p.Current(); err != nil || len(pol.Slots) == 0 || !strings.Contains(p.Note(), "not a file") {
		t.Errorf("%+v, %v, %q", pol, err, p.Note())
	}
}

func TestPolicyFileIsFollowed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "donations.vox")
	now := time.Now()
	p := NewFilePolicy(path, func() time.Time { return now })
	check := func(what string, slots int, noted, gives bool) string {
		t.Helper()
		now = now.Add(time.Second)
		pol, f, name, err := p.Current()
		if len(pol.Slots) != slots || (err == nil) != gives || (p.Note() != "") != noted || gives && (f == nil || len(name) != 16) {
			t.Errorf("%s: %d slots, name %q, err %v, note %q", what, len(pol.Slots), name, err, p.Note())
		}
		return name
	}
	check("no file", 0, true, false)
	write(t, path, "policy donations { slots: [ {")
	check("broken from the beginning", 0, true, false)
	write(t, path, openPolicy)
	good := check("good", 2, false, true)
	write(t, path, strings.Replace(openPolicy, "cpu", "c~u", 1)) // as long, within the grain of the clock
	if name := check("broken now", 2, true, true); name != good {
		t.Errorf("the name of what is in force changed from %s to %s", good, name)
	}
	if !fault.Is(p.Err(), codePolicyBroken) {
		t.Errorf("%v", p.Err())
	}
	write(t, path, `policy donations { slots: [ { kind: cpu } ] }`)
	if name := check("another", 1, false, true); name == good {
		t.Error("the name did not change")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	check("taken back", 0, true, false)
}

func TestPolicyChangeCountsAtTheNextAdmission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		path := filepath.Join(t.TempDir(), "donations.vox")
		write(t, path, `policy donations { slots: [] }`)
		start(t, h, says("x"), func(c *Config) { c.Policy = NewFilePolicy(path, time.Now) })
		h.send(fabric.KindAssign, h.task("j-1", 1))
		h.phase("j-1", fabric.PhaseRefused)
		write(t, path, openPolicy)
		h.until("it is told", func(r fabric.Report) bool { return len(r.Describe.Slots) == 2 })
		h.send(fabric.KindAssign, h.task("j-1", 2))
		h.phase("j-1", fabric.PhaseDone)
	})
}

func TestLockKeepsTwoApart(t *testing.T) {
	dir := t.TempDir()
	release, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Lock(dir)
	if !fault.Is(err, codeLocked) || !strings.Contains(err.Error(), fmt.Sprintf("process %d ", os.Getpid())) {
		t.Errorf("%v", err)
	}
	release()
	release()
	again, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	again()
}

// inviting is a fake host's side of joining.
type inviting struct {
	fail    []error // for the calls to come
	keys    []string
	welcome fabric.Welcome
}

func (i *inviting) options(t *testing.T, dir string, pin byte) JoinOptions {
	t.Helper()
	tok, err := invite.Mint(time.Now(), 0, invite.CPU|invite.Text, [16]byte{pin}, nil)
	if err != nil {
		t.Fatal(err)
	}
	u, err := invite.New(netip.MustParseAddr("192.0.2.1").String(), 7420, tok)
	if err != nil {
		t.Fatal(err)
	}
	return JoinOptions{
		Dir: dir, URL: u, Label: "bob",
		probe: func(context.Context, string, [16]byte) (fabric.HostInfo, error) {
			return fabric.HostInfo{Mesh: "Aurelia", Inviter: "alice"}, nil
		},
		join: func(_ context.Context, c fabric.JoinConfig) (fabric.Welcome, error) {
			pub, _ := c.Key.PublicKey()
			i.keys = append(i.keys, pub)
			stored := filepath.Join(dir, meshesDir, fmt.Sprintf("%02x%030x", pin, 0))
			if _, err := loadKey(filepath.Join(stored, keyFile)); err != nil {
				t.Errorf("the key is not on the disk before it is used: %v", err)
			}
			if len(i.fail) > 0 {
				err := i.fail[0]
				i.fail = i.fail[1:]
				return fabric.Welcome{}, err
			}
			return i.welcome, nil
		},
	}
}

func newInviting() *inviting {
	return &inviting{welcome: fabric.Welcome{
		NodeID: "bob", Mesh: "Aurelia \x1b[31m", Inviter: "alice", Addrs: []string{"192.0.2.1:7420"}, Extra: map[string]string{"audit_key": "k"},
	}}
}

func TestJoinStoresAMembership(t *testing.T) {
	dir := t.TempDir()
	i := newInviting()
	o := i.options(t, dir, 0xab)
	v, err := Preview(context.Background(), o)
	if err != nil || v.Mesh != "Aurelia" || !v.PolicyCreated || !strings.Contains(v.Policy, "kind: text") || v.Member != "" {
		t.Errorf("%+v, %v", v, err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Fatalf("a preview wrote %v", left)
	}
	j, err := Join(context.Background(), o)
	if err != nil || j.NodeID != "bob" || j.LocalName != "aurelia-31m" || !j.PolicyCreated || strings.ContainsRune(j.Mesh, 0x1b) {
		t.Fatalf("%+v, %v", j, err)
	}
	m, err := Find(dir, j.LocalName)
	if err != nil || m.Node != "bob" || m.Pin[:2] != "ab" || m.AuditKey != "k" || m.Key != i.keys[0] || m.Fingerprint() != j.Fingerprint {
		t.Errorf("%+v, %v", m, err)
	}
	if key, err := m.LoadKey(); err != nil {
		t.Error(err)
	} else if pub, _ := key.PublicKey(); pub != m.Key {
		t.Error("another key")
	}
	for _, f := range []string{keyFile, membershipFile} {
		if info, err := os.Stat(filepath.Join(m.Dir(), f)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f, info, err)
		}
	}
	if path, err := PolicyPath(dir); err != nil || path != filepath.Join(dir, "donations.vox") {
		t.Errorf("%q, %v", path, err)
	}

	// Another host with the same name gets a name of its own here, and is offered what its invite asks for.
	write(t, filepath.Join(dir, "donations.vox"), "policy donations { slots: [ { kind: cpu, max_concurrent: 2, weight: 10 } ] }\n")
	j2, err := Join(context.Background(), i.options(t, dir, 0xcd))
	if err != nil || j2.LocalName != "aurelia-31m-cd00" || j2.PolicyCreated || !strings.Contains(j2.PolicyDiff, "text") {
		t.Errorf("%+v, %v", j2, err)
	}
	if _, err := Remove(dir, j.LocalName); err != nil {
		t.Fatal(err)
	}
	all, err := List(dir)
	if err != nil || len(all) != 1 || all[0].Local != j2.LocalName {
		t.Errorf("%+v, %v", all, err)
	}
	_, err = Find(dir, j.LocalName)
	if !fault.Is(err, codeNoMesh) {
		t.Errorf("%v", err)
	}
}

func TestJoinAfterALostAnswer(t *testing.T) {
	dir := t.TempDir()
	i := newInviting()
	i.fail = []error{fault.New("vox/fabric/timeout", "lost"), fault.New("vox/fabric/unreachable", "gone"), invite.Used()}
	o := i.options(t, dir, 1)
	for range 2 {
		if _, err := Join(context.Background(), o); err == nil {
			t.Fatal("joined")
		}
		if all, _ := List(dir); len(all) != 0 {
			t.Fatalf("%+v", all)
		}
	}
	_, _ = Join(context.Background(), o) // refused, but the key was there before
	if _, err := Join(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	for _, k := range i.keys {
		if k != i.keys[0] {
			t.Errorf("another key was used: %v", i.keys)
		}
	}
}

func TestRefusedJoinLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	i := newInviting()
	i.fail = []error{invite.Used()}
	_, err := Join(context.Background(), i.options(t, dir, 1))
	if !fault.Is(err, invite.CodeUsed) {
		t.Errorf("%v", err)
	}
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			t.Errorf("left behind: %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAuditPinHoldsHistory(t *testing.T) {
	dir := t.TempDir()
	root := func(s string) string { return hashBytes([]byte(s)) }
	p, err := OpenAuditPin(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what string
		head fabric.Head
		told uint64
		bad  bool
		size uint64 // pinned after it
	}{
		{"none", fabric.Head{}, 0, false, 0},
		{"first", fabric.Head{Size: 3, Root: root("3")}, 0, false, 3},
		{"longer", fabric.Head{Size: 5, Root: root("5")}, 3, false, 5},
		{"overtaken", fabric.Head{Size: 3, Root: root("3")}, 0, false, 5},
		{"shorter", fabric.Head{Size: 4, Root: root("4")}, 5, true, 5},
		{"other", fabric.Head{Size: 5, Root: root("5'")}, 0, true, 5},
		{"hidden", fabric.Head{}, 5, true, 5},
	} {
		err := p.See(c.head, fabric.Head{Size: c.told})
		if fault.Is(err, codeRewritten) != c.bad || p.Head().Size != c.size {
			t.Errorf("%s: %v, pinned %d", c.what, err, p.Head().Size)
		}
	}
	again, err := OpenAuditPin(dir)
	if err != nil || again.Head() != p.Head() {
		t.Errorf("%+v, %v", again, err)
	}
	write(t, filepath.Join(dir, pinFile), "{")
	if _, err := OpenAuditPin(dir); err == nil {
		t.Error("a spoilt pin was forgiven")
	}
}

// fakeConn is a host's fake as a connection.
type fakeConn struct {
	*host
	done chan struct{}
}

func (c fakeConn) Done() <-chan struct{} { return c.done }
func (c fakeConn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return fault.New("vox/fabric/revoked", "expelled")
	}
	return nil
}

func TestCrewFollowsTheFolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		var mu sync.Mutex
		hosts := map[string]*host{}
		states := make(chan string, 64)
		o := ServeOptions{
			WASM: says("x"), Ollama: fakeModels{}, Log: t.Logf,
			OnState: func(mesh string, up bool, note string) { states <- fmt.Sprint(mesh, " ", up, " ", note) },
			dial: func(_ context.Context, cfg fabric.DialConfig) (conn, error) {
				mu.Lock()
				defer mu.Unlock()
				h := newHost(t)
				hosts[cfg.NodeID] = h
				cfg.OnUp()
				return fakeConn{h, nil}, nil
			},
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- Serve(ctx, dir, o) }()
		want := func(text string) {
			t.Helper()
			if got := <-states; got != text {
				t.Errorf("%q, want %q", got, text)
			}
		}
		for n, node := range []string{"bob", "rob"} {
			i := newInviting()
			i.welcome.NodeID, i.welcome.Mesh = node, "mesh of "+node
			if _, err := Join(context.Background(), i.options(t, dir, byte(n+1))); err != nil {
				t.Fatal(err)
			}
			want("mesh-of-" + node + " true ")
		}
		mu.Lock()
		bob, rob := hosts["bob"], hosts["rob"]
		mu.Unlock()
		if err := Serve(ctx, dir, o); !fault.Is(err, codeLocked) {
			t.Errorf("a second crew: %v", err)
		}
		// One cpu slot for the machine, however many meshes.
		bob.until("up", func(fabric.Report) bool { return true })
		bob.send(fabric.KindAssign, bob.task("j-1", 1))
		bob.phase("j-1", fabric.PhaseDone)

		rob.set(func() { rob.closed = true })
		want("mesh-of-rob false expelled")
		if _, err := Remove(dir, "mesh-of-bob"); err != nil {
			t.Fatal(err)
		}
		want("mesh-of-bob false left")
		bob.until("the goodbye", func(r fabric.Report) bool { return r.Leaving })
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestKeysAreUserKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), keyFile)
	kp, err := createKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if pub, err := kp.PublicKey(); err != nil || !nkeys.IsValidPublicUserKey(pub) {
		t.Errorf("%q, %v", pub, err)
	}
	write(t, path, "SUAsecret")
	if _, err := loadKey(path); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
}
