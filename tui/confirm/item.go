package confirm

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"voxmesh/audit"
	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/tui/act"
	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
	"voxmesh/tui/verb"
)

// What is confirmed of the hopper's items: another priority, which is chosen here first, another place, and cancelling
// one, or its whole batch.

// named are the priorities that ↑ and ↓ go through, the highest first.
var named = []hopper.Priority{hopper.Urgent, hopper.Normal, hopper.Background}

// ranked is how a change of priority or place ended.
type ranked struct {
	generation uint64
	item       mesh.ItemView
	err        error
}

// item is the one that the layer is about; nil where it is none, or not there.
func (l *Layer) item() *hopper.Item {
	if all := verb.Items(l.s, l.on); len(all) > 0 {
		return all[0]
	}
	return nil
}

// begin takes what was chosen for an act on an item before: a priority, or a place.
func (l *Layer) begin(text string) {
	if l.name == mesh.ActReplay {
		l.from = text
	}
	if l.on.Kind != pane.Item {
		return
	}
	switch l.name {
	case mesh.ActReprioritize:
		if l.id == keys.Move {
			l.place, _ = strconv.Atoi(text)
			return
		}
		l.fields = slices.Insert(l.fields, 0, input{kind: thePriority})
		p, err := hopper.ParsePriority(text)
		switch it := l.item(); {
		case text != "" && err == nil:
			l.priority, l.focus = p, 1
		case it != nil:
			l.priority = it.Value
		default:
			l.priority = hopper.Normal
		}
	case mesh.ActKill:
		if it := l.item(); it != nil && it.ID == l.on.ID && l.openOf(it.Batch) > 1 {
			l.fields, l.focus = slices.Insert(l.fields, 0, input{kind: theScope}), 1
			l.scope = []string{it.ID, it.Batch}
		}
	}
}

// openOf is how many items of a batch are not over.
func (l *Layer) openOf(batch string) int {
	n := 0
	for _, it := range l.s.World.State.Hopper().Batch(batch) {
		if it.State != hopper.Closed {
			n++
		}
	}
	return n
}

// chooses reports whether a field is one in which nothing is typed.
func (k kind) chooses() bool { return k == thePriority || k == theScope }

// pick is what ↑ and ↓ do in such a field. Another target wants its own id typed.
func (l *Layer) pick(down bool) {
	l.err, l.asked = nil, false
	if l.at() == theScope {
		i := slices.Index(l.scope, l.target)
		l.target = l.scope[(i+1)%len(l.scope)]
		l.on.ID = l.target
		for i := range l.fields {
			if l.fields[i].kind == theID {
				l.fields[i].text.Set("")
			}
		}
		l.look()
		return
	}
	if down {
		for _, p := range named {
			if p < l.priority {
				l.priority = p
				return
			}
		}
		return
	}
	for _, p := range slices.Backward(named) {
		if p > l.priority {
			l.priority = p
			return
		}
	}
}

// digit sets a priority by its number, and reports whether text was one.
func (l *Layer) digit(text string) bool {
	p, err := hopper.ParsePriority(text)
	if err != nil || len(text) != 1 || l.at() != thePriority {
		return false
	}
	l.priority, l.err, l.asked = p, nil, false
	return true
}

// beginsID goes to the field of the id when text begins like the id: whoever types it at once, while something can still
// be chosen above, would set the priority by its digits.
func (l *Layer) beginsID(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	i := slices.IndexFunc(l.fields, func(f input) bool { return f.kind == theID })
	if i < 0 || !strings.HasPrefix(l.target, string(first)) {
		return false
	}
	l.turn(i - l.focus)
	return true
}

// unchanged says that an item stands already as is asked for. A priority that nobody set by hand can be made one that
// only a developer changes.
func (l *Layer) unchanged() string {
	it := l.item()
	if l.name != mesh.ActReprioritize || it == nil {
		return ""
	}
	if l.id == keys.Move {
		now, then := verb.Now(l.s, it), verb.After(l.s, it, 0, l.place)
		if now.Place == then.Place && now.Priority == then.Priority {
			return fmt.Sprintf("It is at place %d already.", now.Place)
		}
		return ""
	}
	if it.Value == l.priority && it.Source == hopper.Developer && it.Order == hopper.Due(it.Rank, it.At) {
		return "It is " + it.Value.String() + " by dev already: choose another with ↑ ↓ or 1 to 9."
	}
	return ""
}

// change is how the item stands and how it would.
func (l *Layer) change() string {
	it := l.item()
	if it == nil {
		return ""
	}
	says := func(r verb.Ranked) string {
		text := r.Priority.String() + " by " + r.Source.Short()
		if r.Place > 0 {
			text += ", place " + strconv.Itoa(r.Place)
		}
		return text
	}
	p := l.priority
	if l.id == keys.Move {
		p = 0
	}
	then := verb.After(l.s, it, p, l.place)
	text := says(verb.Now(l.s, it)) + " → " + says(then)
	if then.Place > 0 {
		text += " of " + strconv.Itoa(then.Of)
	}
	return text
}

// reprioritize sends the change with a DeveloperOverride that was made of what is typed.
func (l *Layer) reprioritize() (pane.Action, tea.Cmd) {
	grant, err := audit.ConfirmOverride(l.s.Actor, l.target, l.value(theID), l.value(theReason))
	if err != nil {
		l.err = err
		return nil, nil
	}
	p, place := l.priority, l.place
	if l.id == keys.Move {
		p = 0
	}
	l.err, l.acting = nil, l.s.Generation()
	gen, ctx, actor, target := l.acting, l.ctx, l.actor, l.target
	return nil, func() tea.Msg {
		ctx, done := context.WithTimeout(ctx, act.Patience)
		defer done()
		v, err := actor.Reprioritize(ctx, grant, target, p, place)
		return ranked{gen, v, err}
	}
}

func (l *Layer) ranked(m ranked) pane.Action {
	if m.generation != l.acting {
		return nil
	}
	l.acting = 0
	if m.err != nil {
		l.err = m.err
		return nil
	}
	return pane.Several{pane.Close{}, pane.Notice{Text: act.Ranked(m.item, l.id == keys.Move)}}
}

// drawChoice draws what a field offers, what is chosen in brackets.
func (l *Layer) drawChoice(b *cell.Buffer, x, y, w int, k kind) {
	var all []string
	at := 0
	if k == theScope {
		it, batch := l.scope[0], l.scope[1]
		all = []string{it + " alone", fmt.Sprintf("the batch %s, %d items", batch, l.openOf(batch))}
		at = slices.Index(l.scope, l.target)
	} else {
		for _, p := range named {
			all = append(all, p.String())
		}
		if at = slices.Index(named, l.priority); at < 0 {
			all, at = append(all, l.priority.String()), len(named)
		}
	}
	end := x + w
	for i, s := range all {
		lead, tail, st := " ", " ", theme.In(theme.Third)
		if i == at {
			lead, tail, st = "[", "]", theme.In(theme.Text).With(theme.Bold)
		}
		x = b.Put(x, y, end-x, lead+s+tail+" ", st)
	}
}
