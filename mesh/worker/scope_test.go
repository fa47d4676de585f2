package worker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"voxmesh/mesh/fabric"
)

// What the work is for is the sender's word, and the donor's list decides by it.
func TestScopes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "donations.vox")
		src := "policy donations {\n  slots: [{ kind: cpu, max_concurrent: 2 }]\n  allowed_scopes: [render]\n}\n"
		if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
		h := newHost(t)
		start(t, h, hangs(make(chan string, 8)), func(cfg *Config) { cfg.Policy = NewFilePolicy(path, nil) })
		for job, scope := range map[string]string{"j-1": "", "j-2": "training"} {
			as := h.task(job, 1)
			as.Scope = scope
			h.send(fabric.KindAssign, as)
			if w := h.phase(job, fabric.PhaseRefused); w.Busy || !strings.Contains(w.Reason, "allowed_scopes (line 3 of donations.vox)") {
				t.Errorf("scope %q: busy %v, %q", scope, w.Busy, w.Reason)
			}
		}
		as := h.task("j-3", 1)
		as.Scope = "render"
		h.send(fabric.KindAssign, as)
		h.phase("j-3", fabric.PhaseRunning)
	})
}
