package addnode

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/qr"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// hurryUnder is when the countdown turns to rose and gets its mark.
const hurryUnder = time.Minute

const waiting = "waiting for the node…"

// rows gives the code with a quiet zone, or a sentence why there is none.
func (l *Layer) rows(quiet int) ([]string, string) {
	if l.s.Theme.ASCII {
		return nil, "This terminal shows ASCII only, and a code needs block signs: use the command or the link."
	}
	if l.info.URL == "" {
		return nil, ""
	}
	rows, err := qr.Rows(l.info.URL, quiet)
	if err != nil {
		return nil, "No code: " + err.Error() + ". Use the command or the link."
	}
	return rows, ""
}

// drawCode writes a code black on white. Without colours a light terminal is white already, and takes the inverse.
func (l *Layer) drawCode(b *cell.Buffer, x, y int, rows []string) {
	for i, s := range rows {
		if !l.s.Colour && !l.s.Theme.Dark {
			s = qr.Dark(s)
		}
		b.Put(x, y+i, ansi.StringWidth(s), s, theme.In(theme.Code))
	}
}

func (l *Layer) drawForms(b *cell.Buffer, f layout.Frame) {
	r := f.Layer
	b.Fill(r.X, r.Y, r.W, r.H, " ", theme.Style{})
	small, _ := l.rows(qr.QuietLess)
	w, h := 0, 0
	if len(small) > 0 {
		w, h = ansi.StringWidth(small[0]), len(small)
	}
	l.forms = layout.InviteForms(r, f, w, h)
	if w == 0 && f.Width >= layout.Wide && f.Height >= 36 { // without a code: the same place, for the sentence
		l.forms = layout.InviteForms(r, f, 41, 21)
	}
	if l.step != showing {
		l.drawNothing(b, r)
		return
	}
	if l.forms.Big {
		l.drawBig(b)
		return
	}
	l.drawSmall(b, small)
}

// drawNothing stands where the forms were, or will be.
func (l *Layer) drawNothing(b *cell.Buffer, r layout.Rect) {
	b.Put(r.X+1, r.Y, r.W-2, "Add a node", theme.In(theme.Text).With(theme.Bold))
	says := l.why
	if l.step == minting {
		says = "minting…"
	}
	for i, s := range format.Wrap(says, r.W-4) {
		b.Put(r.X+1, r.Y+2+i, r.W-2, s, theme.Style{})
	}
	if l.step == ended {
		b.Put(r.X+1, r.Y+4, r.W-2, "[Mint another]", theme.In(theme.Primary).With(theme.Bold))
	}
}

func (l *Layer) countdown() (string, theme.Style) {
	d := l.left()
	if l.steps.Admitted != 0 {
		return "used", theme.In(theme.OK)
	}
	if d < hurryUnder {
		return "! expires in " + format.Clock(d), theme.In(theme.Failed).With(theme.Bold)
	}
	return "expires in " + format.Clock(d), theme.In(theme.Text)
}

func (l *Layer) name() string {
	if l.info.Label != "" {
		return l.info.Label
	}
	return l.info.PeerID
}

// title names a form: in brackets where it has the focus.
func (l *Layer) title(b *cell.Buffer, x, y, w int, f form, name, says string) {
	st := theme.In(theme.Second)
	text := " " + name + " "
	if l.focus == f {
		text, st = "["+name+"]", theme.In(theme.Text).With(theme.Bold)
	}
	b.Put(x, y, w, text, st)
	const column = 10 // after the longest name, with its brackets
	b.Put(x+column, y, w-column, says, theme.In(theme.Second))
}

func put(b *cell.Buffer, x, y, w, h int, rows []string, st theme.Style) int {
	for i, s := range rows {
		if i >= h {
			return y + h
		}
		b.Put(x, y+i, w, s, st)
	}
	return y + len(rows)
}

// drawSmall: the code at the right edge, the others in the columns that are left, each as short as it can be.
func (l *Layer) drawSmall(b *cell.Buffer, rows []string) {
	fs := l.forms
	x, y, w := fs.Head.X, fs.Head.Y, fs.Head.W
	b.Put(x+1, y, w, "Add a node", theme.In(theme.Text).With(theme.Bold))
	text, st := l.countdown()
	b.Right(x+12, x+w-1, y, text, st)
	l.drawWhat(b, x+1, y+1, w-2, strings.Join(l.info.Slots, ", "))

	y = fs.Head.Y + 3
	bottom := fs.Foot.Y - 3 // over reach and $
	l.title(b, x, y, w, command, "Command", "run on the other machine")
	y = put(b, x+2, y+1, w-3, bottom-y, format.Chunk(l.info.InstallPrint, w-3), theme.Style{})
	y = put(b, x+2, y, w-3, bottom-y, format.Wrap("Prints what it would do; once read, run it again without --print.", w-3), theme.In(theme.Second))
	y++
	_, why := l.rows(qr.QuietLess)
	switch {
	case !fs.Code.Empty():
		l.drawCode(b, fs.Code.X, fs.Code.Y, rows)
		l.title(b, x, y, w, code, "Code", "scan it, at the right")
		y++
	case why != "":
		l.title(b, x, y, w, code, "Code", "")
		y = put(b, x+2, y+1, w-3, 2, format.Wrap(why, w-3), theme.In(theme.Second))
	default:
		l.title(b, x, y, w, code, "Code", "no room here; z shows it alone")
		y++
	}
	y++
	l.title(b, x, y, w, link, "Link", "send it, to a friend only")
	put(b, x+1, y+1, w-2, bottom-y, format.Chunk(l.info.URL, w-3), theme.Style{})

	reach := format.Wrap(l.reach(), w-2)
	put(b, x+1, fs.Foot.Y-1-min(len(reach), 2), w-2, 2, reach, theme.In(theme.Second))
	b.Put(x+1, fs.Foot.Y-1, w-2, format.End(l.box.cliCommand(), w-2), theme.In(theme.Third))
	l.drawSteps(b, fs.Foot.X+1, fs.Foot.Y, fs.Foot.W-2)
}

func (l *Layer) reach() string {
	s := strings.TrimSuffix(l.info.Reach, ".")
	if s == "" {
		return ""
	}
	s = strings.ToUpper(s[:1]) + s[1:] + "."
	if l.box.noOther() == "" {
		s += "  L: other addresses"
	}
	return s
}

// drawWhat writes for whom the invite is, its class, what it asks, and that it serves once.
func (l *Layer) drawWhat(b *cell.Buffer, x, y, w int, slots string) {
	at := b.Put(x, y, 16, format.Middle(l.name(), 16), theme.Style{})
	at = row.Badge(b, at+2, y, l.info.Class)
	end := b.Right(at, x+w, y, "one use", theme.In(theme.Second))
	b.Put(at+2, y, max(end-at-3, 0), format.End(slots, max(end-at-3, 0)), theme.In(theme.Second))
}

// drawSteps is the one row of a small screen: what it waits for, and the five words.
func (l *Layer) drawSteps(b *cell.Buffer, x, y, w int) {
	at := b.Put(x, y, w, "● ", theme.In(theme.Waiting))
	at = b.Put(at, y, w, waiting, theme.Style{})
	at += 2
	for i, s := range l.fiveSteps("minted", "reached", "key proved", "admitted", "online") {
		if i > 0 || s.done {
			sign, st := "·", theme.In(theme.Third)
			if s.done {
				sign, st = "✓", theme.In(theme.OK)
			}
			at = b.Put(at+1, y, max(x+w-at-1, 0), sign, st)
		}
		st := theme.In(theme.Third)
		if s.done {
			st = theme.Style{}
		}
		at = b.Put(at+1, y, max(x+w-at-1, 0), s.word, st)
	}
}

type tick struct {
	word string
	at   int64
	done bool
}

func (l *Layer) fiveSteps(words ...string) []tick {
	at := []int64{l.steps.Minted, l.steps.Reached, l.steps.Proved, l.steps.Admitted, l.steps.Online}
	out := make([]tick, len(words))
	for i, w := range words {
		out[i] = tick{w, at[i], at[i] != 0}
	}
	return out
}

func (l *Layer) drawBig(b *cell.Buffer) {
	fs := l.forms
	l.drawBigHead(b, fs.Head)
	l.bigForm(b, fs.Command, command, "Command", l.commandText(fs.Command.W-4))
	l.bigForm(b, fs.Link, link, "Link", l.linkText(fs.Link.W-4))
	border := pane.Frame(b, fs.Code, l.focus == code)
	pane.Heading(b, fs.Code, "Code", l.focus == code, border)
	in := fs.Code.Inner()
	rows, why := l.rows(qr.Quiet)
	if len(rows) > 0 && (ansi.StringWidth(rows[0]) > in.W || len(rows) > in.H-1) {
		why = "This link is too long for a code here; z shows it alone."
	}
	if why != "" {
		put(b, in.X+1, in.Y+1, in.W-2, in.H-1, format.Wrap(why, in.W-2), theme.In(theme.Second))
	} else {
		l.drawCode(b, in.X, in.Y+1, rows)
		b.Put(in.X+1, in.Y+in.H-1, in.W-2, "Scan it with the other machine.", theme.In(theme.Second))
	}
	l.drawBigFoot(b, fs.Foot)
}

func (l *Layer) drawBigHead(b *cell.Buffer, r layout.Rect) {
	st := theme.In(theme.Second)
	at := b.Put(r.X+1, r.Y, r.W, "Add a node", theme.In(theme.Text).With(theme.Bold))
	at = b.Put(at+3, r.Y, 30, format.Middle(l.name(), 30), theme.Style{})
	at = row.Badge(b, at+3, r.Y, l.info.Class)
	at = b.Put(at+3, r.Y, 30, strings.Join(l.info.Slots, ", "), st)
	b.Put(at+3, r.Y, 10, "one use", st)
	total := time.Duration(l.info.ExpiresAt-l.steps.Minted) * time.Microsecond
	if l.steps.Minted == 0 || total <= 0 {
		total = max(l.left(), time.Second)
	}
	left := max(l.left(), 0).Microseconds()
	all := total.Microseconds()
	text, ink := l.countdown()
	x := b.Right(r.X, r.X+r.W-1, r.Y, format.Gauge(left, &all, 20), ink)
	b.Right(r.X, x-2, r.Y, text, ink)
}

// paragraph is text of one look in a form.
type paragraph struct {
	rows []string
	st   theme.Style
}

func (l *Layer) commandText(w int) []paragraph {
	say := theme.In(theme.Second)
	return []paragraph{
		{[]string{"Run on the other machine:"}, say},
		{format.Chunk(l.info.InstallPrint, w), theme.Style{}},
		{format.Wrap("It prints who invites, what is asked, what would be stored, and changes nothing.", w), say},
		{format.Wrap("Once read, run the same without --print. Nothing is run for you.", w), say},
	}
}

func (l *Layer) linkText(w int) []paragraph {
	say := theme.In(theme.Second)
	return []paragraph{
		{format.Wrap("Send it to the friend, privately:", w), say},
		{format.Chunk(l.info.URL, w), theme.Style{}},
		{format.Wrap("Whoever has it first can use it, once, for "+format.Clock(l.left())+" more.", w), say},
		{format.Wrap("It carries the print of this mesh's key: a false host is refused before a secret is sent.", w), say},
		{format.Wrap("Host key "+l.info.Fingerprint, w), say},
	}
}

func (l *Layer) bigForm(b *cell.Buffer, r layout.Rect, f form, name string, text []paragraph) {
	border := pane.Frame(b, r, l.focus == f)
	pane.Heading(b, r, name, l.focus == f, border)
	in := r.Inner()
	y := in.Y + 1
	for _, p := range text {
		y = put(b, in.X+1, y, in.W-1, in.Y+in.H-y, p.rows, p.st) + 1
	}
}

func (l *Layer) drawBigFoot(b *cell.Buffer, r layout.Rect) {
	x, zone := r.X+2, l.s.Now().Location()
	at := x
	for _, s := range l.fiveSteps("minted", "reached us", "proved its key", "admitted", "online") {
		sign, st := "·", theme.In(theme.Third)
		word := s.word
		if s.done {
			sign, st = "✓", theme.In(theme.OK)
			word += " " + format.Time(s.at, zone)
		}
		at = b.Put(at, r.Y, 2, sign, st)
		ws := theme.In(theme.Third)
		if s.done {
			ws = theme.Style{}
		}
		at = b.Put(at+1, r.Y, max(r.W-at-1, 0), word, ws) + 4
	}
	at = b.Put(x, r.Y+1, r.W-2, "● ", theme.In(theme.Waiting))
	at = b.Put(at, r.Y+1, r.W-2, waiting, theme.Style{})
	b.Put(at+3, r.Y+1, r.W-at-4, "The node shows in Nodes the moment it comes; leaving wipes the code.", theme.In(theme.Second))
	b.Put(x+2, r.Y+2, r.W-4, l.reach(), theme.In(theme.Second))
	b.Put(x, r.Y+3, r.W-3, l.box.cliCommand(), theme.In(theme.Third))
}

// drawAlone shows one form alone: no border, nothing before or beside it, so that the terminal's own copy takes it.
func (l *Layer) drawAlone(b *cell.Buffer) {
	b.Clear()
	text := l.info.InstallPrint
	switch l.focus {
	case link:
		text = l.info.URL
	case code:
		if l.drawCodeAlone(b) {
			return
		}
		text = l.info.URL
	}
	y := put(b, 0, 0, b.W, b.H-2, format.Chunk(text, b.W), theme.Style{})
	b.Put(0, min(y+1, b.H-1), b.W, fmt.Sprintf("%s   esc back", l.aloneSays()), theme.In(theme.Third))
}

func (l *Layer) aloneSays() string {
	text, _ := l.countdown()
	return text
}

func (l *Layer) drawCodeAlone(b *cell.Buffer) bool {
	for quiet := qr.Quiet; quiet >= qr.QuietLess; quiet -= 2 {
		rows, why := l.rows(quiet)
		if why == "" && len(rows) > 0 && len(rows) <= b.H && ansi.StringWidth(rows[0]) <= b.W {
			l.drawCode(b, 0, 0, rows)
			w := ansi.StringWidth(rows[0])
			b.Put(w+1, 0, max(b.W-w-1, 0), l.aloneSays(), theme.In(theme.Third))
			b.Put(w+1, 1, max(b.W-w-1, 0), "esc back", theme.In(theme.Third))
			return true
		}
	}
	b.Put(0, b.H-1, b.W, "This code fits no screen of this size.", theme.In(theme.Second))
	return false
}
