package joinmesh

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh/invite"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// From the paste to the policy, at every size; the token is on no frame, in no action and in no command.
func TestJoin(t *testing.T) {
	link, token := secret(t)
	for _, size := range [][2]int{{60, 16}, {80, 24}, {120, 40}, {200, 60}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			f := friendly()
			p := start(t, f)
			p.w, p.h = size[0], size[1]
			p.take(tea.PasteMsg{Content: "voxmesh join '" + link + "' --print\n"})
			p.sees("[Join a mesh]", "vox+invite://192.168.1.20:7420?b=…", "$ voxmesh join - --print")
			p.press(keys.Next)
			p.take(tea.KeyPressMsg{Text: "lex two"})
			p.sees("lex two", "--label 'lex two' --print")
			p.press(keys.Open)
			p.reads("4c1e-9b02-77aa-51f0", "PAIRED", "Visible to your paired peers", "cpu ×1; NSFW no",
				"9:42, once", "This machine would give:", "jobs up to 1 h, NSFW no", "donations.vox", "aurelia, invited by mira")
			p.sees("[Join]", " Back ", "PAIRED")
			p.press(keys.Open)
			p.sees("[Joined]", "[Policy]").reads("This machine is lex-2 in aurelia, invited by mira.", "Nothing on this machine works for it yet",
				"This machine gives now:", "cpu ×1", "donations.vox")
			if !p.wiped() {
				t.Error("the link is still there after it was used")
			}
			p.press(keys.Open)
			if got := p.last(); !reflect.DeepEqual(got, theForm("cpu")) {
				t.Errorf("enter gives %#v", got)
			}
			want := strings.Join([]string{"look", "join"}, "|")
			if got := verbs(f.asked); got != want {
				t.Errorf("the joiner was asked to %s", got)
			}
			for _, a := range f.asked {
				if !strings.Contains(a, link) || !strings.HasSuffix(a, " lex two") {
					t.Errorf("the joiner was asked %q", a)
				}
			}
			for _, part := range []string{token, token[:8], token[len(token)-8:]} {
				if strings.Contains(p.shown, part) || strings.Contains(fmt.Sprintf("%#v", p.acts), part) {
					t.Errorf("the token was shown")
				}
			}
		})
	}
}

func verbs(asked []string) string {
	out := make([]string, len(asked))
	for i, a := range asked {
		out[i], _, _ = strings.Cut(a, " ")
	}
	return strings.Join(out, "|")
}

// What is no invite is masked too, and refused before anybody is asked.
func TestWhatIsNoInvite(t *testing.T) {
	link, _ := secret(t)
	f := friendly()
	p := start(t, f)
	p.press(keys.Open).sees("There is no link yet")
	p.take(tea.PasteMsg{Content: link[:len(link)-4]})
	p.misses("192.168.1.20", "There is no link yet").sees("••••")
	p.press(keys.Open).sees("Not an invite:", "Copy the whole URL")
	if len(f.asked) != 0 {
		t.Errorf("asked %v", f.asked)
	}
	p.take(tea.PasteMsg{Content: link}).sees("vox+invite://192.168.1.20:7420?b=…").misses("••••", "Not an invite:")
	for _, b := range p.l.Keys() {
		if b.ID == keys.Left {
			t.Error("one can move about in what can't be seen")
		}
	}
	p.press(keys.Clear)
	if !p.wiped() {
		t.Error("clear leaves something")
	}
	for _, r := range link { // a terminal that marks no pastes
		p.take(tea.KeyPressMsg{Text: string(r)})
	}
	p.sees("vox+invite://192.168.1.20:7420?b=…")
}

// A link never becomes the label, which can be seen.
func TestALinkIsNoLabel(t *testing.T) {
	link, token := secret(t)
	p := start(t, friendly()).press(keys.Next).take(tea.PasteMsg{Content: link})
	p.sees("vox+invite://192.168.1.20:7420?b=…")
	if p.l.label.Value() != "" || strings.Contains(p.shown, token[:8]) {
		t.Error("the link stands in the label")
	}
}

// An error stands in the box with what to do, the link stays for another try, and what an error says of it is cut.
func TestErrors(t *testing.T) {
	link, token := secret(t)
	f := friendly()
	f.preErr = invite.WrongHost("4c1e-9b02-77aa-51f0", "0000-1111-2222-3333")
	p := start(t, f).take(tea.PasteMsg{Content: link}).press(keys.Open)
	p.sees("The machine that answers shows key 0000-1111-2222-3333", "Check the address", "enter tries again").misses("[Join]  ")
	f.preErr = nil
	p.press(keys.Open).sees("[Join]")

	f.resErr = errors.New("the bus at " + link + " is gone")
	p.press(keys.Open).sees("The bus at", "is gone.", "[Join]", "look again with r")
	if strings.Contains(p.shown, token[:8]) {
		t.Error("an error shows the token")
	}
	f.resErr = nil
	p.press(keys.Open).sees("[Joined]").misses("is gone")
}

// A host that does not answer is said, and can be looked for again.
func TestHostThatDoesNotAnswer(t *testing.T) {
	link, _ := secret(t)
	f := friendly()
	f.pre.Mesh, f.pre.Inviter, f.pre.Note = "", "", "nobody answers at 192.168.1.20:7420"
	p := start(t, f).take(tea.PasteMsg{Content: link}).press(keys.Open)
	p.sees("unknown: its host was not reached", "Nobody answers at 192.168.1.20:7420.")
	f.pre = friendly().pre
	p.press(keys.Retry).sees("aurelia, invited by mira").misses("not reached")
}

// The countdown moves; at its end the link is wiped, and joining says why not.
func TestExpiry(t *testing.T) {
	link, _ := secret(t)
	f := friendly()
	p := start(t, f).take(tea.PasteMsg{Content: link}).press(keys.Open).sees("9:42, once")
	p.clock = now.Add(540 * time.Second)
	p.take(pane.Second{}).sees("! 0:42, once")
	if p.wiped() {
		t.Error("wiped too early")
	}
	p.clock = now.Add(582 * time.Second)
	p.take(pane.Second{}).sees("expired: ask for a new invite")
	if !p.wiped() {
		t.Error("an expired link is kept")
	}
	p.press(keys.Open)
	if n, ok := p.last().(pane.Notice); !ok || !strings.Contains(n.Text, "expired") || verbs(f.asked) != "look" {
		t.Errorf("enter gives %v; asked to %s", p.last(), verbs(f.asked))
	}
	p.press(keys.Retry)
	if verbs(f.asked) != "look" {
		t.Error("it looks with a link that it does not have")
	}
}

// Back goes to the box, an answer that comes after it is dropped, and esc closes from there.
func TestBack(t *testing.T) {
	link, _ := secret(t)
	p := start(t, friendly()).take(tea.PasteMsg{Content: link})
	look := p.begin(pane.Do{ID: keys.Open})
	p.sees("looking…")
	p.press(keys.Back).sees("Paste the link").misses("looking…")
	p.take(look()).misses("[Join]  ").sees("Paste the link")
	p.press(keys.Open).press(keys.Right).sees(" Join ", "[Back]")
	p.press(keys.Open).sees("Paste the link", "vox+invite://192.168.1.20:7420?b=…")
	p.press(keys.Back)
	if p.last() != (pane.Close{}) {
		t.Errorf("esc gives %v", p.last())
	}
	p.l.Closed()
	if !p.wiped() {
		t.Error("closing does not wipe the link")
	}
}

// A join goes on when the layer closes, a look does not.
func TestClosing(t *testing.T) {
	link, _ := secret(t)
	var lookErr, joinErr error
	j := hooks{
		look: func(ctx context.Context) { lookErr = ctx.Err() },
		join: func(ctx context.Context) { joinErr = ctx.Err() },
	}
	p := start(t, j).take(tea.PasteMsg{Content: link})
	look := p.begin(pane.Do{ID: keys.Open})
	p.l.Closed()
	look()
	if lookErr == nil {
		t.Error("a look goes on after its layer")
	}
	p = start(t, j).take(tea.PasteMsg{Content: link}).press(keys.Open)
	join := p.begin(pane.Do{ID: keys.Open})
	p.sees("joining…").press(keys.Back)
	if _, ok := p.last().(pane.Notice); !ok {
		t.Errorf("esc while joining gives %v", p.last())
	}
	p.l.Closed()
	join()
	if joinErr != nil {
		t.Error("a join is given up with its layer")
	}
}

type hooks struct{ look, join func(context.Context) }

func (h hooks) Preview(ctx context.Context, _, _ string) (Preview, error) {
	h.look(ctx)
	return friendly().pre, nil
}

func (h hooks) Join(ctx context.Context, _, _ string) (Joined, error) {
	h.join(ctx)
	return friendly().res, nil
}

// The policy scrolls where it has no room, the mouse finds what is drawn.
func TestScrollAndMouse(t *testing.T) {
	link, _ := secret(t)
	f := friendly()
	p := start(t, f).take(tea.PasteMsg{Content: link}).press(keys.Open)
	p.sees("// What this machine gives.", "1–", " of 10").misses("min_priority")
	p.press(keys.End).sees("min_priority", "10 of 10").misses("// What this machine gives.")
	p.press(keys.Home).take(pane.Wheel{Down: true}).sees("2–")
	x, y := find(p.draw(), " Back ")
	p.take(pane.Click{X: x + 2, Y: y}).sees("Paste the link")
	x, y = find(p.draw(), "Label")
	p.take(pane.Click{X: x, Y: y})
	if p.l.focus != theLabel {
		t.Error("a click on the label does not go there")
	}
	p.press(keys.Open)
	x, y = find(p.draw(), "[Join]")
	p.take(pane.Click{X: x + 1, Y: y}).sees("[Joined]")
	p.w, p.h = 120, 40
	if p = start(t, f); p.draw() == "" {
		t.Fatal("nothing is drawn")
	}
}

func find(screen, s string) (x, y int) {
	for y, row := range strings.Split(screen, "\n") {
		if i := strings.Index(row, s); i >= 0 {
			return len([]rune(row[:i])), y
		}
	}
	return -1, -1
}

// A policy that is there stays, and what would have to change is offered.
func TestPolicyThatIsThere(t *testing.T) {
	link, _ := secret(t)
	f := friendly()
	f.pre.Policy = Policy{Path: "/w/donations.vox", Diff: "@@ -2 +2,2 @@\n-  slots: []\n+  slots: [\x1b[31m{ kind: cpu }]\n"}
	p := start(t, f).take(tea.PasteMsg{Content: link}).press(keys.Open)
	p.sees("It stays as it is. To give what is asked, change it so:", "/w/donations.vox", "+  slots: [", "-  slots: []").misses("\x1b")
	f.pre.Policy = Policy{Path: "/w/donations.vox"}
	p.press(keys.Retry).sees("It gives that already, and stays as it is:")
	f.pre.Policy, f.pre.Gives = Policy{Path: "/w/donations.vox", Note: "it has errors"}, Gives{}
	p.press(keys.Retry).sees("It has errors.", "nothing")
}

// Where nothing can be joined from, it says so and takes no link.
func TestElsewhere(t *testing.T) {
	link, token := secret(t)
	for _, j := range []Joiner{nil, Elsewhere, Refusing("you are here to view only")} {
		p := start(t, j).take(tea.PasteMsg{Content: link})
		p.sees("Not from here: "+Refuse(j)+".", "$ voxmesh join - --print").misses("Label")
		if p.l.Typing() || !p.wiped() || strings.Contains(p.shown, token[:8]) {
			t.Errorf("%v takes a link", j)
		}
		if p.press(keys.Back); p.last() != (pane.Close{}) {
			t.Errorf("esc gives %v", p.last())
		}
	}
	if Refuse(friendly()) != "" {
		t.Error("one that joins refuses")
	}
	if _, err := Elsewhere.Join(t.Context(), link, ""); err == nil || strings.Contains(err.Error(), token) {
		t.Errorf("Elsewhere joins: %v", err)
	}
}

// A viewer, and who looks at the past, does not join.
func TestRefused(t *testing.T) {
	link, _ := secret(t)
	f := friendly()
	p := start(t, f).take(tea.PasteMsg{Content: link})
	p.s.Viewer = true
	p.press(keys.Open)
	if n, ok := p.last().(pane.Notice); !ok || !strings.Contains(n.Text, "view only") || len(f.asked) != 0 {
		t.Errorf("enter gives %v, asked %v", p.last(), f.asked)
	}
}

// In the label one can move about, as in any field.
func TestLabelIsAField(t *testing.T) {
	p := start(t, friendly()).press(keys.Next).take(tea.KeyPressMsg{Text: "lex"})
	p.take(pane.Do{ID: keys.Left, Key: tea.KeyPressMsg{Code: tea.KeyLeft}}).take(tea.KeyPressMsg{Text: "-"})
	if got := p.press(keys.Up).l.label.Value(); got != "le-x" {
		t.Errorf("the label is %q", got)
	}
}

// theForm is what leads to the form over what this machine gives.
func theForm(kinds ...string) pane.Several {
	return pane.Several{pane.Close{}, pane.Turn{Pane: keys.Pane5}, pane.Tell{Pane: keys.Pane5, Msg: pane.Asked{Kinds: kinds}}}
}

// Where somebody works for the mesh already, there is nothing to do but to say what this machine gives: the form opens by
// itself, and a notice says the rest.
func TestTheFormOpensByItself(t *testing.T) {
	link, _ := secret(t)
	f := friendly()
	f.res.Works = true
	p := start(t, f)
	p.w, p.h = 80, 24
	p.take(tea.PasteMsg{Content: link})
	p.press(keys.Open)
	p.press(keys.Open)
	want := append(theForm("cpu"), pane.Notice{Text: "this machine is lex-2 in aurelia, invited by mira, and works for it from now on"})
	if got := p.last(); !reflect.DeepEqual(got, want) {
		t.Errorf("it gives %#v", got)
	}
	if !p.wiped() {
		t.Error("the link is still there after it was used")
	}
}
