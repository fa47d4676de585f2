package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"voxmesh/mesh/worker"
	"voxmesh/policy/syntax"
)

// The doctor says what is wrong with the policy in force, whatever is found in its place, and reads no more of it than a
// policy may have.
func TestDoctorLooksAtThePolicy(t *testing.T) {
	const sound = "policy donations {\n  slots: [{ kind: cpu, weight: 100 }]\n}\n"
	for name, tc := range map[string]struct {
		put    func(path string) error // nil: no file is in force
		result string
		detail string
	}{
		"none in force": {nil, "note", "no policy is in force"},
		"sound":         {func(p string) error { return os.WriteFile(p, []byte(sound), 0o600) }, "ok", "is in force"},
		"errors":        {func(p string) error { return os.WriteFile(p, []byte("policy donations { slots: 3 }"), 0o600) }, "problem", "donations.vox:1:"},
		"gone":          {func(string) error { return nil }, "problem", "there is no "},
		"a folder":      {func(p string) error { return os.Mkdir(p, 0o700) }, "problem", "is a folder"},
		"too large": {
			func(p string) error {
				return os.WriteFile(p, []byte(sound+strings.Repeat("\n", syntax.MaxSize)), 0o600)
			},
			"problem", "donations.vox",
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, _, _ := local(t)
			dir := t.TempDir()
			if tc.put != nil {
				path := filepath.Join(dir, policyFile)
				if err := tc.put(path); err != nil {
					t.Fatal(err)
				}
				if err := worker.SetPolicyPath(dir, path); err != nil {
					t.Fatal(err)
				}
			}
			c := a.checkPolicy(t.Context(), dir)
			if c.Result != tc.result || !strings.Contains(c.Detail, tc.detail) || (c.Mend == "") != (tc.result == "ok") {
				t.Errorf("%+v, want %s with %q", c, tc.result, tc.detail)
			}
		})
	}
}
