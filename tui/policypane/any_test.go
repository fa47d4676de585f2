package policypane

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"voxmesh/policy"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// What a file holds is drawn, never obeyed; CRLF and tabs stay.
func TestHostile(t *testing.T) {
	src := "policy donations {\r\n\tslots: [ { kind: gpu, max_concurrent: 2, weight: 100 } ] // \x1b]0;owned\x07\u202e\r\n\tallowed_users: [\"a\u202eb@x\", \"\x1b[2J\", \"日本@語\"]\r\n\tmin_priority: 5\r\n}\r\n"
	for _, size := range [][2]int{{60, 16}, {80, 24}, {120, 40}, {200, 60}} {
		x := play(t, src, size[0], size[1])
		for _, id := range []keys.ID{"", keys.View, keys.View, keys.View} {
			x.do(id)
			if v := x.view(); strings.ContainsAny(v, "\x1b\x07\u202e\t") {
				t.Errorf("%q", v)
			}
		}
	}
	x := play(t, src, 120, 40).has("CRLF", "�", `"a\u{202e}b@x", "\u{1b}[2J", 日本@語`)
	x.to("allowed_users").do(keys.Open).typed(", bob@x").do(keys.Open)
	if want := strings.Replace(src, `"日本@語"]`, `"日本@語", "bob@x"]`, 1); x.text() != want {
		t.Errorf("%q", x.text())
	}
}

func TestExplain(t *testing.T) {
	x := play(t, home, 80, 24).to("slots[1].kind").do(keys.Explain).has("[Explain: would a job run here]", " accepted ", "← cpu →", "✓ kind", "$ voxmesh policy explain --kind cpu --peer alice@aurelia")
	x.do(keys.Next, keys.Next, keys.Next)
	for range 3 {
		x.do(keys.Left)
	}
	x.has("← 2 →", " refused by 1 rule ", "✗ priority  priority 2, the least is 5", "min_priority:10")
	x.do(keys.Open)
	if x.over != nil || x.p.row().id != "min_priority" {
		t.Errorf("it goes to %s", x.p.row().id)
	}
	x.do(keys.Explain, keys.End).has("of 15").do(keys.Copy, keys.Back)
	if x.over != nil {
		t.Error("it stays open")
	}
	play(t, broken, 120, 40).do(keys.Explain).has(" refused ", "The policy has errors")
}

// Whatever keys are pressed in whatever order: nothing panics, every frame fits, nothing is written but by W, the edits
// never make an error, and Z brings the file back.
func TestAnyKeys(t *testing.T) {
	letters := []string{"6", "0", "9", "a", ",", "x", `"`, " ", "}", "none", "bob@aurelia"}
	for seed := range int64(24) {
		r := rand.New(rand.NewSource(seed)) //nolint:gosec // a test that can be repeated
		sizes := [][2]int{{80, 24}, {120, 40}, {60, 16}, {200, 60}}
		src := []string{home, broken, "", home + "\npolicy night {\n}\n"}[seed%4]
		size := sizes[r.Intn(len(sizes))]
		x := play(t, src, size[0], size[1])
		errs := policyErrors(x.p.base)
		for range 150 {
			bs := x.p.Keys()
			if x.over != nil {
				bs = x.over.Keys()
			}
			switch id := bs[r.Intn(len(bs))].ID; {
			case x.p.Typing() && r.Intn(2) == 0:
				x.typed(letters[r.Intn(len(letters))])
			case r.Intn(12) == 0:
				x.send(pane.Click{X: r.Intn(size[0]), Y: r.Intn(size[1]), Double: r.Intn(2) == 0})
			case id != keys.Write && id != keys.Stage:
				x.do(id)
			}
			x.view()
			if n := policyErrors(x.p.top()); n > errs {
				t.Fatalf("seed %d: %d errors came:\n%s", seed, n-errs, x.text())
			}
		}
		for range 3 {
			x.do(keys.Back)
		}
		x.over = nil
		x.do(keys.Back, keys.PutBack)
		if x.book.writes != 0 || string(x.p.base.Source()) != src || x.p.Unsaved() {
			t.Errorf("seed %d: the file is not back:\n%s", seed, x.text())
		}
	}
}

func policyErrors(f *policy.File) int {
	n := 0
	for _, q := range f.Problems() {
		if q.Severity == policy.SeverityError {
			n++
		}
	}
	return n
}

// A large file is drawn and edited in no time that anyone would notice.
func TestLarge(t *testing.T) {
	var b strings.Builder
	b.WriteString("policy donations {\n  slots: [{ kind: gpu }]\n  per_peer_overrides: [\n")
	for i := range 8000 {
		fmt.Fprintf(&b, "    { peer: \"peer%d@mesh\", min_priority: %d, nsfw_allowed: true },\n", i, i%9)
	}
	b.WriteString("  ]\n}\n")
	x := play(t, b.String(), 80, 24).to("per_peer_overrides[7999].min_priority").has("8000            peer7999@mesh")
	x.do(keys.Open).typed("9").do(keys.Open).has("was 7")
	if !strings.Contains(x.text(), `"peer7999@mesh", min_priority: 9`) {
		t.Error("it is not edited")
	}
}
