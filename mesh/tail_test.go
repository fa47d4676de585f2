package mesh

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"voxmesh/mesh/fabric"
	"voxmesh/mesh/fault"
)

func TestTheEndOfAnOutput(t *testing.T) {
	dir := t.TempDir()
	h := openAt(t, dir, newDial())
	bob := local(t, h, "bob")
	bob.report()
	tk := submitWasm(t, h, func(r *JobRequest) { r.On = "bob" })
	waiting := submitWasm(t, h, func(r *JobRequest) { r.Kind = "gpu" })
	tail := func(job string, max int) Output {
		t.Helper()
		o, err := h.Tail(within(t), job, max)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	want := func(o Output, data string, from, total int64, attempt uint32, done bool) {
		t.Helper()
		if string(o.Data) != data || o.From != from || o.Total != total || o.Attempt != attempt || o.Done != done {
			t.Errorf("%q from %d of %d, attempt %d, done %v", o.Data, o.From, o.Total, o.Attempt, o.Done)
		}
	}
	want(tail(waiting.JobID, 10), "", 0, 0, 0, false)
	until(t, h, "a lease", func(s *State) bool { return len(s.HeldBy("bob")) == 1 })
	want(tail(tk.JobID, 10), "", 0, 0, 1, false)
	bob.report(fabric.Held{Job: tk.JobID, Attempt: 1, Phase: fabric.PhaseRunning})
	h.streams.write(tk.JobID, 1, 0, []byte("frame 1\n"))
	want(tail(tk.JobID, 100), "frame 1\n", 0, 8, 1, false)
	h.streams.write(tk.JobID, 1, 8, []byte("frame 2\n"))
	want(tail(tk.JobID, 8), "frame 2\n", 8, 16, 1, false)
	want(tail(tk.JobID, 0), "", 16, 16, 1, false)
	want(tail(tk.JobID, -1), "", 16, 16, 1, false)

	carryOut(t, h, Action{Name: ActKill, Target: tk.JobID})
	want(tail(tk.JobID, 100), "frame 1\nframe 2\n", 0, 16, 1, true)
	want(tail(tk.JobID, 3), " 2\n", 13, 16, 1, true)
	carryOut(t, h, Action{Name: ActKill, Target: waiting.JobID})
	want(tail(waiting.JobID, 3), "", 0, 0, 0, true)
	if _, err := h.Tail(within(t), "j-none", 3); !fault.Is(err, "vox/job/unknown") {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.Tail(ctx, tk.JobID, 3); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	output := jobOf(t, h, tk.JobID).Output
	going := submitWasm(t, h, func(r *JobRequest) { r.Kind = "gpu" })
	closeHost(t, h)

	r, err := OpenReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for job, text := range map[string]string{tk.JobID: "2\n", going.JobID: ""} {
		if o, err := r.Tail(within(t), job, 2); err != nil || string(o.Data) != text || o.Done != (text != "") {
			t.Errorf("%+v, %v", o, err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "blobs", output[:2], output)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Tail(within(t), tk.JobID, 2); !fault.Is(err, "vox/blob/missing") {
		t.Errorf("%v", err)
	}
}

func TestATailIsBounded(t *testing.T) {
	s := newStreams(t.TempDir())
	defer s.keep(func(string) bool { return false })
	piece := []byte(strings.Repeat("0123456789abcde\n", 1<<12)) // 64 KB
	for off := 0; off < tailMost+len(piece); off += len(piece) {
		s.write("j-1", 1, int64(off), piece)
	}
	p, from, total := s.tail("j-1", 1, tailMost)
	if len(p) != tailMost || from != int64(len(piece)) || total != tailMost+int64(len(piece)) || !bytes.HasPrefix(p, piece) {
		t.Errorf("%d bytes from %d of %d", len(p), from, total)
	}
	if p, _, total := s.tail("j-1", 2, 9); p != nil || total != 0 {
		t.Errorf("another attempt's: %q", p)
	}
}
