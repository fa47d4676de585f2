package addnode

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/boxes"
	"voxmesh/tui/cell"
	typed "voxmesh/tui/field"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
	"voxmesh/tui/verb"
)

type field int

const (
	label field = iota
	slots
	minutes
	address
	numFields
)

// The kinds that an invite can ask for, in the order of the box.
var kinds = []string{"gpu", "cpu", "text", "embed"}

const (
	maxLabel   = 40 // as the host keeps it
	maxMinutes = 10 // an invite lives no longer
	maxDigits  = 2
	boxWidth   = 66
	boxRows    = 9            // border, introduction, fields and the blanks between
	boxIndent  = boxes.Indent // where the values begin
)

// box is the form that asks what an invite is for.
type box struct {
	focus   field
	label   typed.Text
	minutes typed.Text
	ticked  [4]bool
	slot    int // the cursor among the slots
	addr    int // of addresses()
	host    mesh.HostInfo
	why     string
	at      layout.Rect
}

func newBox() box {
	digit := func(r rune) bool { return r >= '0' && r <= '9' }
	return box{
		label: typed.New("", maxLabel, nil), minutes: typed.New(strconv.Itoa(maxMinutes), maxDigits, digit),
		ticked: [4]bool{1: true}, slot: 1,
	}
}

func (b *box) typing() bool { return b.field() != nil }

// field is the one that is typed in; nil where letters are keys.
func (b *box) field() *typed.Text {
	switch b.focus {
	case label:
		return &b.label
	case minutes:
		return &b.minutes
	}
	return nil
}

// addresses are those that an invite can name: what the host advertises, then the machine's others. A host that
// listens on loopback has no others: nobody could reach them.
func (b *box) addresses() []string {
	out := []string{b.host.Advertise}
	if out[0] == "" {
		out[0] = b.host.Listen
	}
	if !b.host.LoopbackOnly {
		for _, a := range b.host.Addresses {
			if !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	return out
}

func (b *box) chosen() string {
	all := b.addresses()
	return all[min(b.addr, len(all)-1)]
}

func (b *box) asked() []string {
	var out []string
	for i, k := range kinds {
		if b.ticked[i] {
			out = append(out, k)
		}
	}
	return out
}

// request reads the box, or says what is missing.
func (b *box) request() (mesh.InviteRequest, string) {
	n, err := strconv.Atoi(b.minutes.Value())
	switch {
	case err != nil || n < 1 || n > maxMinutes:
		return mesh.InviteRequest{}, "Minutes: 1 to 10."
	case len(b.asked()) == 0:
		return mesh.InviteRequest{}, "Tick at least one slot."
	}
	r := mesh.InviteRequest{Slots: b.asked(), TTL: time.Duration(n) * time.Minute, Label: b.label.Value()}
	if b.addr > 0 {
		r.HostPort = b.chosen()
	}
	return r, ""
}

func (b *box) do(d pane.Do) {
	switch d.ID {
	case keys.Next:
		b.focus = (b.focus + 1) % numFields
	case keys.Previous:
		b.focus = (b.focus + numFields - 1) % numFields
	case keys.Down:
		if b.focus == minutes {
			b.step(-1)
		} else {
			b.focus = min(b.focus+1, numFields-1)
		}
	case keys.Up:
		if b.focus == minutes {
			b.step(1)
		} else {
			b.focus = max(b.focus-1, 0)
		}
	default:
		if b.typing() {
			b.edit(d)
		} else {
			b.choose(d.ID)
		}
	}
}

// choose moves among the slots and the addresses, and ticks.
func (b *box) choose(id keys.ID) {
	d := 0
	switch id {
	case keys.Left:
		d = -1
	case keys.Right:
		d = 1
	}
	switch b.focus {
	case slots:
		b.slot = max(min(b.slot+d, len(kinds)-1), 0)
		if id == keys.Mark {
			b.ticked[b.slot] = !b.ticked[b.slot]
		}
	case address:
		b.addr = max(min(b.addr+d, len(b.addresses())-1), 0)
	}
}

// edit takes a key that does something in a field.
func (b *box) edit(d pane.Do) {
	b.why = ""
	if d.ID == keys.Clear {
		b.field().Set("")
		return
	}
	b.field().Key(d.Key)
}

func (b *box) step(d int) {
	n, _ := strconv.Atoi(b.minutes.Value())
	b.minutes.Set(strconv.Itoa(max(min(n+d, maxMinutes), 1)))
}

// key takes a letter while typing, and paste what was pasted.
func (b *box) key(k tea.KeyPressMsg) { b.paste(k.Text) }

func (b *box) paste(s string) {
	if f := b.field(); f != nil && s != "" {
		b.why = ""
		f.Paste(s)
	}
}

func (b *box) keys(refuse func() string) []keys.Binding {
	out := []keys.Binding{
		keys.Get(keys.Next).As("next field", "next field"),
		keys.Get(keys.Open).As("mint", "mint the invite").When(refuse),
	}
	switch b.focus {
	case slots:
		out = append(out, keys.Get(keys.Mark).As("tick", "ask for this slot, or not"))
	case address:
		out = append(out, keys.Get(keys.Right).As("other address", "another of this machine's addresses").When(b.noOther))
	}
	out = append(out, keys.Get(keys.Back).As("close", "close without minting"), keys.Get(keys.Previous).As("", "previous field"))
	out = append(out, keys.Pick(keys.Up, keys.Down)...)
	switch b.focus {
	case slots:
		out = append(out, keys.Pick(keys.Left, keys.Right)...)
	case address:
		out = append(out, keys.Get(keys.Left))
	default:
		out = append(out, typed.Keys()...)
	}
	return out
}

func (b *box) noOther() string {
	switch {
	case b.host.LoopbackOnly:
		return "this host listens on loopback alone"
	case len(b.addresses()) < 2:
		return "this machine has no other address"
	}
	return ""
}

func (b *box) click(c pane.Click) {
	in := b.at.Inner()
	f := field(c.Y - in.Y - 2)
	if !in.Has(c.X, c.Y) || f < 0 || f >= numFields {
		return
	}
	b.focus = f
	if f == slots {
		x := in.X + 1 + boxIndent
		for i, k := range kinds {
			w := len(k) + 4
			if c.X >= x && c.X < x+w {
				b.slot = i
				b.ticked[i] = !b.ticked[i]
			}
			x += w + 2
		}
	}
}

// cliCommand is what does the same in a shell.
func (b *box) cliCommand() string {
	var out strings.Builder
	out.WriteString("$ voxmesh invite")
	for _, k := range b.asked() {
		out.WriteString(" --slot " + k)
	}
	out.WriteString(" --ttl " + b.minutes.Value() + "m")
	if name := b.label.Value(); name != "" {
		out.WriteString(" --label " + verb.Quote(name))
	}
	return out.String()
}

func (b *box) draw(out *cell.Buffer, f layout.Frame) {
	wide := min(boxWidth, f.Width-4) - 4
	says := b.reach(wide)
	var wrong []string
	if b.why != "" {
		wrong = format.Wrap(b.why, wide)
	}
	command := format.Command(b.cliCommand(), wide)
	h := boxRows + len(command)
	for _, part := range [][]string{says, wrong} {
		if len(part) > 0 {
			h += len(part) + 1
		}
	}
	r := layout.Box(f, f.Layer, boxWidth, h)
	b.at = r
	boxes.Draw(out, r, "Add a node", privacy.PairedPeersOnly)
	in := r.BoxText()
	x, y := in.X, in.Y
	out.Put(x, y, wide, "Mints an invite that one machine can use, once.", theme.In(theme.Second))
	b.drawText(out, x, y+2, wide, label, "Label", &b.label)
	b.drawSlots(out, x, y+3, wide)
	b.drawText(out, x, y+4, wide, minutes, "Minutes", &b.minutes)
	addr := b.chosen()
	if n := len(b.addresses()); n > 1 {
		addr += "   " + strconv.Itoa(min(b.addr, n-1)+1) + " of " + strconv.Itoa(n)
	}
	boxes.Name(out, x, y+5, "Address", b.focus == address)
	out.Put(x+boxIndent, y+5, wide-boxIndent, addr, theme.Style{})
	y += 7
	y = boxes.Paragraph(out, in, y, says, theme.In(theme.Second))
	y = boxes.Paragraph(out, in, y, wrong, theme.In(theme.Failed))
	boxes.Paragraph(out, in, y, command, theme.In(theme.Third))
}

// reach says who can use the address.
func (b *box) reach(w int) []string {
	if !b.host.LoopbackOnly {
		return nil
	}
	host, port, _ := net.SplitHostPort(b.host.Listen)
	out := format.Wrap("Only this machine can reach "+host+". Others can once it listens elsewhere:", w)
	for i, a := range b.host.Addresses {
		if i == 2 {
			break
		}
		h, _, err := net.SplitHostPort(a)
		if err != nil {
			h = a
		}
		out = append(out, "$ voxmesh serve --listen "+net.JoinHostPort(h, port))
	}
	return out
}

func (b *box) drawText(out *cell.Buffer, x, y, w int, f field, name string, t *typed.Text) {
	boxes.Name(out, x, y, name, b.focus == f)
	t.Draw(out, x+boxIndent, y, w-boxIndent, b.focus == f)
}

func (b *box) drawSlots(out *cell.Buffer, x, y, w int) {
	boxes.Name(out, x, y, "Slots", b.focus == slots)
	focused := b.focus == slots
	at := x + boxIndent
	for i, k := range kinds {
		tick := "[ ] "
		if b.ticked[i] {
			tick = "[x] "
		}
		ks := theme.Style{}
		if focused && i == b.slot {
			ks = ks.With(theme.Bold | theme.Underline)
		}
		at = out.Put(at, y, x+w-at, tick, theme.Style{})
		at = out.Put(at, y, x+w-at, k, ks)
		at += 2
	}
}
