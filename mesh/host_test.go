package mesh

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"voxmesh/mesh/fabric"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/invite"
	"voxmesh/mesh/privacy"
)

func TestAJobThroughTheDoor(t *testing.T) {
	h, _ := openHost(t)
	info, _ := mint(t, h, InviteRequest{Label: "bob"})
	u, err := invite.Parse(info.URL)
	if err != nil {
		t.Fatal(err)
	}
	kp, _ := newKey(t)
	w, err := fabric.Join(within(t), fabric.JoinConfig{URL: u, Key: kp, Hello: hello("ignored")})
	if err != nil || w.NodeID != "bob" || w.Mesh != "home" || w.Inviter != "ada" || w.Extra["audit_key"] == "" {
		t.Fatalf("%+v, %v", w, err)
	}
	conn, err := fabric.Dial(within(t), fabric.DialConfig{Addrs: w.Addrs, Pin: u.Token.Pin, Key: kp, NodeID: w.NodeID})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	bob := newPuppet(t, "bob", conn)
	if err := conn.Ready(within(t)); err != nil {
		t.Fatal(err)
	}
	if o := bob.report(); o.LeaseMS != LeaseFor.Milliseconds() || len(o.Settled)+len(o.Cancel) != 0 || o.Head.Root == "" {
		t.Errorf("%+v", o)
	}
	if p, err := h.InviteProgress(info.PeerID); err != nil || p.State != "used" || p.Node != "bob" || p.Online == 0 {
		t.Errorf("%+v, %v", p, err)
	}

	events := h.Subscribe(within(t), SubscribeOptions{Topics: []string{TopicWorkflow}})
	tk := submitWasm(t, h, func(r *JobRequest) { r.On, r.Args = "bob", []string{"a", "b"} })
	a := recv(t, bob.assigns)
	if a.Job != tk.JobID || a.Run != tk.RunID || a.Attempt != 1 || a.Class != "paired-peers-only" || a.Submitter != "ada" || len(a.Args) != 2 {
		t.Errorf("assign %+v", a)
	}
	module, err := conn.Request(within(t), fabric.KindBlob, map[string]string{fabric.HeaderHash: a.Module, fabric.HeaderOffset: "1"}, nil)
	if err != nil || string(module) != "asm" {
		t.Errorf("module %q, %v", module, err)
	}
	if o := bob.report(fabric.Held{Job: a.Job, Attempt: 1, Phase: fabric.PhaseRunning}); len(o.Cancel)+len(o.Settled) != 0 {
		t.Errorf("%+v", o)
	}
	if j := jobOf(t, h, tk.JobID); j.State != Running || j.Node != "bob" {
		t.Errorf("%s on %s", j.State, j.Node)
	}
	result := done(a.Job, 1, fabric.Result{Status: "succeeded", Output: []byte("hello\n"), DurationMS: 7})
	if o := bob.report(result); len(o.Settled) != 1 || o.Settled[0].Job != a.Job || len(o.Cancel) != 0 {
		t.Errorf("%+v", o)
	}
	head := h.Head()
	for range 2 {
		if o := bob.report(result); len(o.Settled) != 1 {
			t.Errorf("%+v", o)
		}
	}
	bob.report()
	if h.Head() != head {
		t.Error("a repeated result left something in the log")
	}
	j, err := h.WaitJob(within(t), tk.JobID)
	if err != nil || j.State != Succeeded || j.OutputSize != 6 || j.Cost < 1 || j.DurationMS != 7 {
		t.Errorf("%+v, %v", j, err)
	}
	if out, err := h.blobs.ReadAll(j.Output, 100); err != nil || string(out) != "hello\n" {
		t.Errorf("output %q, %v", out, err)
	}
	var said []string
	for len(said) < 4 {
		e := recv(t, events)
		said = append(said, e.Data.(map[string]any)["status"].(string))
		if e.TraceID != tk.TraceID || e.Seq == 0 {
			t.Errorf("event %+v", e)
		}
	}
	if got := strings.Join(said, " "); got != "queued leased running succeeded" {
		t.Errorf("events: %s", got)
	}
	run, err := h.Run(tk.RunID)
	if err != nil || run.Status != "succeeded" || len(run.Root.Children) != 1 || len(run.Root.Children[0].Children) != 1 || len(run.Root.Children[0].Children[0].Children) != 3 {
		t.Errorf("%+v, %v", run, err)
	}
	mustSound(t, h.Snapshot())
}

func TestOutputInPieces(t *testing.T) {
	h, _ := openHost(t)
	bob, eve := local(t, h, "bob"), local(t, h, "eve")
	bob.report()
	eve.report()
	tk := submitWasm(t, h, func(r *JobRequest) { r.On = "bob" })
	a := recv(t, bob.assigns)
	bob.report(fabric.Held{Job: a.Job, Attempt: 1, Phase: fabric.PhaseRunning})

	whole := bytes.Repeat([]byte("0123456789abcdef"), 10<<10)
	sum := sha256.Sum256(whole)
	hash := hex.EncodeToString(sum[:])
	headers := func(off, size int) map[string]string {
		return map[string]string{
			fabric.HeaderJob: a.Job, fabric.HeaderAttempt: "1", fabric.HeaderOffset: strconv.Itoa(off),
			fabric.HeaderHash: hash, fabric.HeaderSize: strconv.Itoa(size),
		}
	}
	put := func(p *puppet, off int, piece []byte, size int) string {
		t.Helper()
		b, err := p.link.Request(within(t), fabric.KindPut, headers(off, size), piece)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	half := len(whole) / 2
	if got := put(eve, 0, whole[:half], len(whole)); got != "refused" {
		t.Errorf("eve puts the output of bob's job: %q", got)
	}
	for _, size := range []int{-1, 0, maxStream + 1, half - 1} {
		if got := put(bob, 0, whole[:half], size); got != "refused" {
			t.Errorf("of %d: %q", size, got)
		}
	}
	if got := put(bob, 1<<62, whole[:half], 1<<24); got != "refused" {
		t.Errorf("at 2^62: %q", got)
	}
	// A result that names what has not come is not taken yet.
	verdict := done(a.Job, 1, fabric.Result{Status: "succeeded", OutputHash: hash, OutputSize: 1 << 50})
	if o := bob.report(verdict); len(o.Settled)+len(o.Cancel) != 0 || jobOf(t, h, a.Job).State != Running {
		t.Errorf("%+v", o)
	}
	if got := put(bob, 0, whole[:half], len(whole)); got != strconv.Itoa(half) {
		t.Errorf("the first half: %q", got)
	}
	if got := put(bob, 7, whole[7:half], len(whole)); got != strconv.Itoa(half) {
		t.Errorf("a piece that is there: %q", got)
	}
	if got := put(bob, half, bytes.Repeat([]byte("x"), half), len(whole)); got != "0" {
		t.Errorf("other bytes than the hash says: %q", got)
	}
	put(bob, 0, whole[:half], len(whole))
	if got := put(bob, half, whole[half:], len(whole)); got != "done" {
		t.Errorf("the second half: %q", got)
	}
	if o := bob.report(verdict); len(o.Settled) != 1 {
		t.Errorf("%+v", o)
	}
	if j := jobOf(t, h, tk.JobID); j.State != Succeeded || j.Output != hash || j.OutputSize != int64(len(whole)) {
		t.Errorf("%s, %d bytes", j.State, j.OutputSize)
	}
	// What a node does not hold, or holds no more, it cannot read.
	for _, p := range []*puppet{bob, eve} {
		b, err := p.link.Request(within(t), fabric.KindBlob, map[string]string{fabric.HeaderHash: a.Module, fabric.HeaderOffset: "0"}, nil)
		if err != nil || len(b) != 0 {
			t.Errorf("%s reads %q, %v", p.node, b, err)
		}
	}
}

// out sends a piece of live output and waits until the host has it.
func (p *puppet) out(h *Host, job string, attempt uint32, off int, text string) {
	p.t.Helper()
	moved := h.streams.changed()
	err := p.link.Publish(fabric.KindOut, map[string]string{
		fabric.HeaderJob: job, fabric.HeaderAttempt: fmt.Sprint(attempt), fabric.HeaderOffset: strconv.Itoa(off),
	}, []byte(text))
	if err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-moved:
	case <-within(p.t).Done():
		p.t.Fatal("the piece never came")
	}
}

// reading follows a job into a channel of chunks, which is closed at its end.
func reading(t testing.TB, h *Host, job string) <-chan Chunk {
	ch := make(chan Chunk, 64)
	ctx := within(t)
	go func() {
		defer close(ch)
		err := h.Follow(ctx, job, func(c Chunk) error {
			c.Data = bytes.Clone(c.Data)
			ch <- c
			return nil
		})
		if err != nil {
			t.Errorf("follow: %v", err)
		}
	}()
	return ch
}

func TestFollow(t *testing.T) {
	h, d := openHost(t)
	bob := local(t, h, "bob")
	bob.report()
	tk := submitWasm(t, h, func(r *JobRequest) { r.On = "bob" })
	chunks := reading(t, h, tk.JobID)
	recv(t, bob.assigns)
	bob.report(fabric.Held{Job: tk.JobID, Attempt: 1, Phase: fabric.PhaseRunning})
	bob.out(h, tk.JobID, 1, 0, "one ")
	if c := recv(t, chunks); string(c.Data) != "one " || c.Attempt != 1 || c.Restart || c.Offset != 0 {
		t.Errorf("%+v", c)
	}
	bob.out(h, tk.JobID, 1, 2, "e two ")
	if c := recv(t, chunks); string(c.Data) != "two " || c.Offset != 4 {
		t.Errorf("%q at %d: a piece that overlaps", c.Data, c.Offset)
	}
	// The worker is lost; a later attempt starts from the beginning, and says so once.
	bob.report()
	d.turn(3 * time.Second)
	a := recv(t, bob.assigns)
	if a.Attempt != 2 {
		t.Fatalf("attempt %d", a.Attempt)
	}
	bob.report(fabric.Held{Job: tk.JobID, Attempt: 2, Phase: fabric.PhaseRunning})
	h.streams.poke() // the reader looks, and there is nothing yet
	bob.out(h, tk.JobID, 2, 0, "uno ")
	if c := recv(t, chunks); string(c.Data) != "uno " || c.Attempt != 2 || !c.Restart || c.Offset != 0 {
		t.Errorf("%q, attempt %d at %d, restart %v", c.Data, c.Attempt, c.Offset, c.Restart)
	}
	bob.report(done(tk.JobID, 2, fabric.Result{Status: "succeeded", Output: []byte("uno dos")}))
	if c := recv(t, chunks); string(c.Data) != "dos" || c.Restart || c.Offset != 4 {
		t.Errorf("%q at %d, restart %v", c.Data, c.Offset, c.Restart)
	}
	if c, ok := <-chunks; ok {
		t.Errorf("and more: %q", c.Data)
	}
	for c := range reading(t, h, tk.JobID) {
		if string(c.Data) != "uno dos" || c.Restart {
			t.Errorf("afterwards %q", c.Data)
		}
	}
	wantCode(t, h.Follow(within(t), "j-ffff", nil), "vox/job/unknown")
	stop := errors.New("enough")
	if err := h.Follow(within(t), tk.JobID, func(Chunk) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the reader's own error: %v", err)
	}
}

// A reader learns that what it saw does not count, also when the attempt that counts said nothing.
func TestFollowRestartWithoutOutput(t *testing.T) {
	h, d := openHost(t)
	bob := local(t, h, "bob")
	bob.report()
	tk := submitWasm(t, h, func(r *JobRequest) { r.On = "bob" })
	chunks := reading(t, h, tk.JobID)
	recv(t, bob.assigns)
	bob.report(fabric.Held{Job: tk.JobID, Attempt: 1, Phase: fabric.PhaseRunning})
	bob.out(h, tk.JobID, 1, 0, "lost")
	recv(t, chunks)
	bob.report()
	d.turn(3 * time.Second)
	recv(t, bob.assigns)
	bob.report(done(tk.JobID, 2, fabric.Result{Status: "succeeded"}))
	if c := recv(t, chunks); !c.Restart || len(c.Data) != 0 || c.Attempt != 2 {
		t.Errorf("%+v", c)
	}
	for c := range chunks {
		t.Errorf("and more: %+v", c)
	}
}

func TestAHostComesBack(t *testing.T) {
	dir, d := t.TempDir(), newDial()
	h := openAt(t, dir, d)
	bob := local(t, h, "bob")
	bob.report()
	running := submitWasm(t, h, func(r *JobRequest) { r.On = "bob" })
	recv(t, bob.assigns)
	bob.report(fabric.Held{Job: running.JobID, Attempt: 1, Phase: fabric.PhaseRunning})
	waiting := submitWasm(t, h, func(r *JobRequest) { r.Kind = "gpu" })

	_, err := Open(within(t), Config{Dir: dir, Mesh: "home", Operator: "ada", Listen: "127.0.0.1:0", Now: d.now})
	wantCode(t, err, "vox/oplog/locked")
	if !strings.Contains(err.Error(), "the test's host") {
		t.Errorf("it does not say who has it: %v", err)
	}
	before := Projection{}.Encode(h.Snapshot())
	fingerprint := h.Info().Fingerprint
	closeHost(t, h)
	if err := h.Follow(within(t), waiting.JobID, nil); err == nil {
		t.Error("following ended without a word")
	}
	r, err := OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(Projection{}.Encode(r.Snapshot()), before) || r.Telemetry() != nil {
		t.Error("a reader sees another state")
	}
	if e, err := r.Explain(waiting.JobID); err != nil || e.Why == "" {
		t.Errorf("%+v, %v", e, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}

	d.turn(5 * time.Minute) // much longer than a lease
	h = openAt(t, dir, d)
	if h.Info().Fingerprint != fingerprint || h.Info().Mesh != "home" {
		t.Errorf("%+v", h.Info())
	}
	if j := jobOf(t, h, running.JobID); j.State != Running || j.Attempt != 1 {
		t.Errorf("%s, attempt %d", j.State, j.Attempt)
	}
	if j := jobOf(t, h, waiting.JobID); j.State != Queued {
		t.Errorf("%s", j.State)
	}
	h.tick()
	if j := jobOf(t, h, running.JobID); j.State != Running {
		t.Errorf("a restart of the host ended a lease: %s", j.State)
	}
	if n, _ := h.Snapshot().Node("bob"); n.Status != Online {
		t.Errorf("a restart of the host made a node %s", n.Status)
	}
	again := attach(t, h, "bob")
	again.rep.N = 100
	if o := again.report(done(running.JobID, 1, fabric.Result{Status: "succeeded", Output: []byte("whole")})); len(o.Settled) != 1 {
		t.Errorf("%+v", o)
	}
	if j := jobOf(t, h, running.JobID); j.State != Succeeded || j.Losses != 0 {
		t.Errorf("%s", j.State)
	}
	rep, err := h.VerifyLog(within(t), nil)
	if err != nil || rep.Problem != "" {
		t.Errorf("%+v, %v", rep, err)
	}
}

func TestAWorkerThatGoesSilent(t *testing.T) {
	h, d := openHost(t)
	bob := local(t, h, "bob")
	bob.report()
	tk := submitWasm(t, h, func(r *JobRequest) { r.On = "bob" })
	recv(t, bob.assigns)
	bob.report(fabric.Held{Job: tk.JobID, Attempt: 1, Phase: fabric.PhaseRunning})
	d.turn(29 * time.Second)
	h.tick()
	if j := jobOf(t, h, tk.JobID); j.State != Running {
		t.Fatalf("%s before the lease ended", j.State)
	}
	d.turn(2 * time.Second)
	h.tick()
	j := jobOf(t, h, tk.JobID)
	if j.State != Queued || j.Losses != 1 {
		t.Fatalf("%s, %d losses", j.State, j.Losses)
	}
	if n, _ := h.Snapshot().Node("bob"); n.Status != Degraded {
		t.Errorf("bob is %s", n.Status)
	}
	// It comes back with a result that no longer counts: refused, noted, dropped.
	before := h.Head().Seq
	o := bob.report(done(tk.JobID, 1, fabric.Result{Status: "succeeded", Output: []byte("late")}))
	if len(o.Settled) != 1 {
		t.Errorf("%+v", o)
	}
	until(t, h, "attempt 2", func(s *State) bool { j, _ := s.Job(tk.JobID); return j.Attempt == 2 })
	if j := jobOf(t, h, tk.JobID); j.State != Leased || j.Output != "" {
		t.Errorf("%s with output %q", j.State, j.Output)
	}
	ops, err := h.Ops(before, 100)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, op := range ops {
		kinds = append(kinds, op.Kind)
	}
	if !strings.Contains(strings.Join(kinds, " "), KindResultRefused) {
		t.Errorf("%v", kinds)
	}
}

func TestAClonedKeyIsLocked(t *testing.T) {
	h, _ := openHost(t)
	bob := local(t, h, "bob")
	bob.report()
	tk := submitWasm(t, h, func(r *JobRequest) { r.On = "bob" })
	recv(t, bob.assigns)
	bob.report(fabric.Held{Job: tk.JobID, Attempt: 1, Phase: fabric.PhaseRunning})
	a := bob.rep.Instance
	bob.rep.Instance = "bbbb"
	bob.report(fabric.Held{Job: tk.JobID, Attempt: 1, Phase: fabric.PhaseRunning})
	if n, _ := h.Snapshot().Node("bob"); n.Locked != "" {
		t.Fatalf("a restart locks: %s", n.Locked)
	}
	bob.rep.Instance = a
	bob.rep.N++
	b, _ := json.Marshal(bob.rep)
	bob.say(b)
	until(t, h, "bob is locked", func(s *State) bool { n, _ := s.Node("bob"); return n.Locked != "" })
	if j := jobOf(t, h, tk.JobID); j.State != Queued {
		t.Errorf("its job is %s", j.State)
	}
	n, _ := h.Snapshot().Node("bob")
	if _, err := (admitter{h}).Login(within(t), n.Key, ""); !fault.Is(err, "vox/fabric/locked") {
		t.Errorf("login: %v", err)
	}
	if e, _ := h.Explain(tk.JobID); !strings.Contains(e.Why, "locked") {
		t.Errorf("%+v", e)
	}
}

func TestAHostileWorker(t *testing.T) {
	h, _ := openHost(t)
	bob, eve := local(t, h, "bob"), local(t, h, "eve")
	bob.report()
	eve.report()
	tk := submitWasm(t, h, func(r *JobRequest) { r.On = "bob" })
	recv(t, bob.assigns)
	bob.report(fabric.Held{Job: tk.JobID, Attempt: 1, Phase: fabric.PhaseRunning})
	before := h.Head()
	blobs, err := h.LogStats()
	if err != nil {
		t.Fatal(err)
	}

	esc := strings.Repeat("\x1b[31m", 20_000)
	send := func(edit func(*fabric.Report)) {
		t.Helper()
		r := eve.rep
		r.N += 1000
		edit(&r)
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		eve.say(b)
	}
	for _, junk := range []string{"", "null", "{", "[]", `{"held":{}}`, `{"n":1e99}`, `{"n":-1}`, "\x00\xff", strings.Repeat("[", 100_000), `{"instance":7}`} {
		eve.say([]byte(junk))
	}
	eve.report()
	send(func(r *fabric.Report) {
		for i := range 10_000 {
			r.Held = append(r.Held, fabric.Held{Job: fmt.Sprint("j-", i)})
		}
	})
	send(func(r *fabric.Report) { r.Instance = esc })
	for i := range 40 { // outputs of jobs that are not hers
		send(func(r *fabric.Report) {
			r.N += uint64(i) + 1
			r.UptimeMS, r.RTTMicro = -1<<63, -1<<63
			for k := range 3 {
				r.Held = append(r.Held, done(tk.JobID, uint32(k), fabric.Result{Status: "succeeded", Output: []byte(fmt.Sprint(i, k))}))
			}
			r.Held = append(r.Held, done(esc, 1, fabric.Result{Status: esc, Error: esc, Output: []byte(fmt.Sprint(i))}))
		})
	}
	eve.rep.N = 1 << 20
	eve.report() // everything before it was dealt with
	if h.Head() != before {
		ops, _ := h.Ops(before.Seq, 10)
		t.Errorf("%d ops came of it: %.300v", h.Head().Seq-before.Seq, ops)
	}
	if j := jobOf(t, h, tk.JobID); j.State != Running || j.Node != "bob" {
		t.Errorf("bob's job is %s on %s", j.State, j.Node)
	}
	if now, err := h.LogStats(); err != nil || now.Blobs != blobs.Blobs {
		t.Errorf("%d blobs of a stranger's are kept, %v", now.Blobs-blobs.Blobs, err)
	}
	if tel, _ := h.Telemetry().Node("eve"); tel.RTT < 0 || len(tel.Instance) > maxIDBytes {
		t.Errorf("telemetry %d, %d bytes", tel.RTT, len(tel.Instance))
	}
	h.push.mu.Lock()
	kept := fmt.Sprintf("%+v", h.push.nodes["eve"].held)
	h.push.mu.Unlock()
	if len(kept) > 100<<10 {
		t.Errorf("%d bytes are kept of what she holds", len(kept))
	}

	// A description as long as a message can be ends up clean and short.
	send(func(r *fabric.Report) {
		r.N = 1 << 30
		r.Describe.ModelsNote, r.Describe.Version = esc, esc
		for range 100 {
			r.Describe.Models = append(r.Describe.Models, fabric.Model{Name: "\x1b[31m" + strings.Repeat("m", 1000)})
		}
	})
	until(t, h, "the description", func(s *State) bool { n, _ := s.Node("eve"); return len(n.Models) == 100 })
	n, _ := h.Snapshot().Node("eve")
	if text := fmt.Sprintf("%+v", n); strings.ContainsRune(text, 0x1b) || len(text) > 32<<10 {
		t.Errorf("%d bytes are kept of her, ESC: %v", len(text), strings.ContainsRune(text, 0x1b))
	}
	if o := bob.report(done(tk.JobID, 1, fabric.Result{Status: "succeeded"})); len(o.Settled) != 1 {
		t.Errorf("bob is served: %+v", o)
	}
	mustSound(t, h.Snapshot())
}

func TestLeaving(t *testing.T) {
	h, _ := openHost(t)
	bob := local(t, h, "bob")
	bob.report()
	tk := submitWasm(t, h, func(r *JobRequest) { r.On = "bob" })
	other := submitWasm(t, h, func(r *JobRequest) { r.On = "bob" })
	for range 2 {
		recv(t, bob.assigns)
	}
	n, _ := h.Snapshot().Node("bob")
	bob.rep.Leaving = true
	bob.report(done(tk.JobID, 1, fabric.Result{Status: "succeeded", Output: []byte("last words")}))
	if _, ok := h.Snapshot().Node("bob"); ok {
		t.Fatal("bob is still here")
	}
	if j := jobOf(t, h, tk.JobID); j.State != Succeeded {
		t.Errorf("what it had finished is %s", j.State)
	}
	if j := jobOf(t, h, other.JobID); j.State != Queued {
		t.Errorf("what it had not is %s", j.State)
	}
	if _, err := (admitter{h}).Login(within(t), n.Key, ""); !fault.Is(err, "vox/fabric/revoked") {
		t.Errorf("login: %v", err)
	}
	if _, ok := h.Telemetry().Node("bob"); ok {
		t.Error("its heartbeat is remembered")
	}
	// The host's own machine cannot be taken out of its own mesh.
	own := attach(t, h, "home")
	own.rep.Leaving = true
	own.report()
	if _, ok := h.Snapshot().Node("home"); !ok {
		t.Error("the host left")
	}
	mustSound(t, h.Snapshot())
}

func TestSubmitIsChecked(t *testing.T) {
	h, _ := openHost(t)
	hash, _, err := h.PutBlob(strings.NewReader("\x00asm"), MaxBlob)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, code string
		req        JobRequest
	}{
		{"no runner", "vox/job/invalid", JobRequest{Module: hash}},
		{"an unknown runner", "vox/job/invalid", JobRequest{Runner: "\x1b[31m", Module: hash}},
		{"text on a cpu slot", "vox/job/invalid", JobRequest{Runner: "text", Kind: "cpu", Prompt: hash}},
		{"a negative timeout", "vox/job/invalid", JobRequest{Runner: "wasm", Module: hash, Timeout: -1}},
		{"a timeout of a year", "vox/job/invalid", JobRequest{Runner: "wasm", Module: hash, Timeout: 365 * 24 * time.Hour}},
		{"too many arguments", "vox/job/invalid", JobRequest{Runner: "wasm", Module: hash, Args: make([]string, maxArgs+1)}},
		{"no module", "vox/blob/missing", JobRequest{Runner: "wasm"}},
		{"a module that is not here", "vox/blob/missing", JobRequest{Runner: "wasm", Module: strings.Repeat("0", 64)}},
		{"a path", "vox/blob/missing", JobRequest{Runner: "wasm", Module: hash, Stdin: "../audit.key"}},
		{"no model anywhere", "vox/model/none", JobRequest{Runner: "text", Prompt: hash}},
		{"a node that is not here", "vox/node/unknown", JobRequest{Runner: "wasm", Module: hash, On: "\x1b[31m"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := h.Head()
			_, err := h.Submit(within(t), "cli:ada", tt.req)
			wantCode(t, err, tt.code)
			if h.Head() != before || strings.ContainsRune(err.Error(), 0x1b) {
				t.Errorf("%v", err)
			}
		})
	}
	tk := submitWasm(t, h, func(r *JobRequest) { r.Title = "\x1b]0;hi" + strings.Repeat("x", 1000); r.Kind = "gpu" })
	j := jobOf(t, h, tk.JobID)
	if j.Class != privacy.PairedPeersOnly || j.Priority != Normal || len(j.Title) > 200 || strings.ContainsRune(j.Title, 0x1b) {
		t.Errorf("%+v", j.JobSubmitted)
	}
	if _, _, err := h.PutBlob(io.LimitReader(strings.NewReader("12345"), 5), 4); err == nil {
		t.Error("a blob over its limit is stored")
	}
}

func TestJobsOfYesterdayAreReadFromTheLog(t *testing.T) {
	h, d := openHost(t)
	bob := local(t, h, "bob")
	bob.report()
	tk := submitWasm(t, h, func(r *JobRequest) { r.On = "bob" })
	recv(t, bob.assigns)
	bob.report(done(tk.JobID, 1, fabric.Result{Status: "failed", ExitCode: 3, Output: []byte("old")}))
	fresh := jobOf(t, h, tk.JobID)
	d.turn(25 * time.Hour)
	bob.report()
	submitWasm(t, h, nil)
	if _, ok := h.Snapshot().Job(tk.JobID); ok {
		t.Fatal("it is still in the state")
	}
	j := jobOf(t, h, tk.JobID)
	if j.State != Failed || j.ExitCode != 3 || j.Output != fresh.Output || j.Cost != fresh.Cost || j.Trace != tk.TraceID {
		t.Errorf("%+v", j)
	}
	if run, err := h.Run(tk.RunID); err != nil || run.Status != "failed" || len(run.Root.Children) != 1 {
		t.Errorf("%+v, %v", run, err)
	}
	if o := bob.report(done(tk.JobID, 1, fabric.Result{Status: "failed"})); len(o.Settled) != 1 {
		t.Errorf("a late result of a job long gone: %+v", o)
	}
	i, err := h.At(d.now().Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if j, ok := i.State.Job(tk.JobID); !ok || j.State != Failed {
		t.Error("the past does not have it")
	}
	if _, err := h.Job("j-ffff"); !fault.Is(err, "vox/job/unknown") {
		t.Error(err)
	}
}

func TestNothingIsLeftOpen(t *testing.T) {
	dir, d := t.TempDir(), newDial()
	h := openAt(t, dir, d)
	closeHost(t, h)
	before := openFiles(t)
	for range 2 {
		h := openAt(t, dir, d)
		bob := "bob"
		if _, ok := h.Snapshot().Node(bob); !ok {
			local(t, h, bob)
		}
		p := attach(t, h, bob)
		p.rep.N, p.rep.Instance = 1, h.id
		p.report()
		tk := submitWasm(t, h, func(r *JobRequest) { r.On = bob })
		a := recv(t, p.assigns)
		for a.Job != tk.JobID {
			a = recv(t, p.assigns)
		}
		p.report(fabric.Held{Job: a.Job, Attempt: a.Attempt, Phase: fabric.PhaseRunning})
		p.out(h, a.Job, a.Attempt, 0, "on its way")
		ctx, cancel := context.WithCancel(context.Background())
		events := h.Subscribe(ctx, SubscribeOptions{Replay: true})
		recv(t, events)
		closeHost(t, h)
		for range events {
		}
		cancel()
	}
	if after := openFiles(t); after > before {
		t.Errorf("%d files were open, %d are", before, after)
	}
}
