//go:build unix

package e2e

import (
	"strings"
	"testing"
)

// Two consoles on two data folders, each the host of its own mesh. One pastes the other's invite, and from then on works
// for it, without being started again.
func TestJoinFromAConsole(t *testing.T) {
	t.Parallel()
	a, b := newMachine(t, "aurelia"), newMachine(t, "lex")
	there := a.screen(t, 24, 80)
	there.shows("Only this machine is here", "● live")
	here := b.screen(t, 24, 80) // not at the same time: both look for a free port first
	here.shows("Only this machine is here", "● live")
	var inv inviteData
	a.ok(&inv, "invite", "--slot", "cpu", "--label", "lex-2")

	here.key("2") // from any pane
	here.shows("[2 Runs]")
	here.key("J")
	here.shows("Paste the link")
	here.key("\x1b[200~" + inv.Install + "\x1b[201~")
	here.shows("vox+invite://127.0.0.1:", "?b=…")
	here.key("\r")
	here.shows("invited by", "PAIRED", "cpu ×1; NSFW no", "[Join]")
	here.key("\r")
	here.shows("This machine is lex-2 in", "from now on", "This machine gives now:", "cpu ×1")
	here.key("\r")
	here.shows("[5 Policy]")
	_, token, _ := strings.Cut(inv.URL, "?b=")
	if strings.Contains(here.text.String(), token[:10]) {
		t.Error("the invite's token was written to the screen")
	}

	there.shows("lex-2")
	var job jobData
	a.do("run", "wasm", wasmFile(t, "hello.wasm"), "--on", "lex-2", "--", "from afar").read(t, &job)
	if job.Status != "succeeded" || job.NodeID == nil || *job.NodeID != "lex-2" {
		t.Errorf("job %+v", job)
	}
	there.shows("succeeded") // with work in flight it would ask before it ends
	for _, s := range []*screen{here, there} {
		s.key("q")
		s.left()
	}
}
