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
	there := a.console(look{})
	there.await("Only this machine is here", "● live")
	here := b.console(look{}) // not at the same time: both look for a free port first
	here.await("Only this machine is here", "● live")
	var inv inviteData
	a.ok(&inv, "invite", "--slot", "cpu", "--label", "lex-2")

	here.key("2") // from any pane
	here.await("[2 Runs]")
	here.key("J")
	here.await("Paste the link")
	here.paste(inv.Install)
	here.await("vox+invite://127.0.0.1:", "?b=…")
	here.key("enter")
	here.await("invited by", "PAIRED", "cpu ×1; NSFW no", "[Join]")
	here.key("enter")
	here.await("[5 Policy]", "this machine is lex-2 in") // the form opens by itself
	here.await("[Donations]", "1               cpu", "+ add a slot", "no errors; in force")
	_, token, _ := strings.Cut(inv.URL, "?b=")
	if strings.Contains(here.wrote(), token[:10]) {
		t.Error("the invite's token was written to the screen")
	}

	there.await("lex-2")
	var job jobData
	a.do("run", "wasm", wasmFile(t, "hello.wasm"), "--on", "lex-2", "--", "from afar").read(t, &job)
	if job.Status != "succeeded" || job.NodeID == nil || *job.NodeID != "lex-2" {
		t.Errorf("job %+v", job)
	}
	there.await("succeeded") // with work in flight it would ask before it ends
	for _, s := range []*terminal{here, there} {
		s.key("q")
		s.left()
	}
}
