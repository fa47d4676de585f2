// Package palette is the layer in which everything that the console can do, and every thing that it can go to, is found
// by typing a part of its name.
//
// Its entries are made of a state, once for each that is looked at, and what a row says is asked of the world that is
// shown at that moment: a row never tells of an older one. What can't be done stands last among equals, faint, and says
// why. The palette does nothing itself: what is chosen becomes an action for the root, and an act goes through its
// confirmation or box like any other. Text of others is cut and cleaned, and stands behind the id that it belongs to.
//
// Few entries are made and searched at once. Many are, in a command: while one runs, only the newest of what was typed
// counts, an answer to an older query is dropped, and enter waits for the answer to what it was pressed on. Package
// match does the searching.
package palette

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/tui/field"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/list"
	"voxmesh/tui/palette/match"
	"voxmesh/tui/pane"
)

// Layer is one palette. Make one with New.
type Layer struct {
	s      *pane.Session
	ctx    context.Context
	stop   context.CancelFunc
	keys   []keys.Binding
	recent *Recent
	first  pane.Ref

	in    field.Text
	list  list.List
	rows  []entry
	total int    // how many fit, of which rows are the best
	shown string // the text for which they are

	index     *index
	finder    *match.Finder
	asked     time.Time // when there was nothing to show yet
	building  uint64    // the request for entries that is on its way; 0: none
	searching uint64    // the search that is; 0: none
	again     bool      // what is searched for changed since
	pressed   keys.ID   // waits for the answer
	live      bool      // the world of the index was the present

	door    Door
	handing uint64 // the intent that is on its way; 0: none is
	failed  error  // why the last one was not taken

	waits   *mesh.Waiting // for what items wait, and of which world
	waitsOf *mesh.State
	waitsAt time.Time

	seconds int

	frame frame
}

type (
	built struct {
		generation uint64
		index      *index
	}
	matched struct {
		generation uint64
		text       string
		result     match.Result
		err        error
	}
)

// maxQuery is the longest query, in characters.
const maxQuery = 240

// New makes a palette, and the command that fills it where there is much. bs are the keys that can be pressed behind
// it, recent what was chosen before in this console. on is the thing that it is opened on, which stands first; none: the
// recent stands first, then what fits the selection. door takes intents in; nil: they go to the box that sends. What it
// waits for ends with ctx, or when the layer closes.
func New(ctx context.Context, s *pane.Session, bs []keys.Binding, recent *Recent, on pane.Ref, door Door) (*Layer, tea.Cmd) {
	if recent == nil {
		recent = &Recent{}
	}
	ctx, stop := context.WithCancel(ctx)
	l := &Layer{s: s, ctx: ctx, stop: stop, keys: bs, recent: recent, first: on, door: door, in: field.New("", maxQuery, nil), asked: s.Now()}
	l.list.Keep(true)
	return l, l.refresh()
}

// Typing is true: letters are text.
func (l *Layer) Typing() bool { return true }

// Bare is false.
func (l *Layer) Bare() bool { return false }

// Closed ends what runs.
func (l *Layer) Closed() { l.stop() }

// Selected is the thing under the cursor.
func (l *Layer) Selected() pane.Ref {
	e, _ := l.current()
	return e.on
}

func (l *Layer) current() (entry, bool) {
	if i := l.list.At(); i < len(l.rows) {
		return l.rows[i], true
	}
	return entry{}, false
}

// Update takes a message.
func (l *Layer) Update(msg tea.Msg) (pane.Action, tea.Cmd) {
	switch msg := msg.(type) {
	case built:
		return l.built(msg)
	case matched:
		return l.matched(msg)
	case handed:
		return l.handed(msg), nil
	case pane.Changed:
		if l.live != l.s.Live() {
			return nil, l.refresh()
		}
	case pane.Second:
		return nil, l.second()
	case pane.Do:
		return l.do(msg)
	case tea.KeyPressMsg:
		l.in.Key(msg)
		return nil, l.typed()
	case tea.PasteMsg:
		l.in.Paste(msg.Content)
		return nil, l.typed()
	case pane.Click:
		return l.click(msg)
	case pane.Wheel:
		if l.frame.rows.Has(msg.X, msg.Y) {
			l.list.Wheel(msg.Down)
		}
	}
	return nil, nil
}

func (l *Layer) do(d pane.Do) (pane.Action, tea.Cmd) {
	switch d.ID {
	case keys.Back, keys.Palette:
		return pane.Close{}, nil
	case keys.Open, keys.Next:
		if l.waiting() {
			l.pressed = d.ID
			return nil, nil
		}
		return l.finish(d.ID)
	case keys.CopyCommand:
		if e, ok := l.current(); ok {
			if c := l.command(e); c != "" {
				return pane.Clip{Text: c, Said: "copied the command"}, nil
			}
			return pane.Notice{Text: "no command does the same"}, nil
		}
		return nil, nil
	case keys.Clear:
		l.in.Set("")
		return nil, l.typed()
	}
	if d.ID == keys.Up || d.ID == keys.Down || d.ID == keys.PageUp || d.ID == keys.PageDown {
		l.pressed = ""
		l.list.Move(d.ID)
		return nil, nil
	}
	l.in.Key(d.Key)
	return nil, l.typed()
}

// finish does what enter and tab do with the row under the cursor.
func (l *Layer) finish(id keys.ID) (pane.Action, tea.Cmd) {
	e, ok := l.current()
	if !ok {
		return nil, nil
	}
	if id == keys.Next {
		return nil, l.complete(e)
	}
	if e.intent() && l.door != nil && l.why(e) == "" {
		if l.handing != 0 {
			return nil, nil
		}
		return nil, l.submit(e.with)
	}
	return l.choose(e), nil
}

// complete makes the text of a row the query, behind the prefix that it has.
func (l *Layer) complete(e entry) tea.Cmd {
	_, prefix, _ := query(l.in.Value())
	switch {
	case e.verb == keys.Priority && e.with != "":
		l.in.Set(prefix + e.on.ID)
		return l.typed()
	case e.with != "" && !e.preset():
		return nil // it stands there already
	}
	l.in.Set(prefix + e.text)
	return l.typed()
}

func (l *Layer) choose(e entry) pane.Action {
	if why := l.why(e); why != "" {
		return pane.Notice{Text: l.named(e) + why}
	}
	l.recent.add(e)
	var do pane.Action
	switch {
	case e.does == open:
		do = pane.Visit{Ref: e.on}
	case e.does == act:
		do = pane.Act{Verb: e.verb, On: e.on, Text: e.with}
	default:
		do = pressing(e.verb)
	}
	return pane.Several{pane.Close{}, do}
}

func pressing(id keys.ID) pane.Action {
	switch id {
	case keys.Pane1, keys.Pane2, keys.Pane3, keys.Pane4, keys.Pane5, keys.Pane6:
		return pane.Turn{Pane: id}
	case keys.Live:
		return pane.GoLive{}
	}
	return pane.Press{ID: id}
}

// Keys are those of the palette and of its field.
func (l *Layer) Keys() []keys.Binding {
	rows := keys.Get(keys.Down)
	rows.SetKeys("down")
	rows.SetHelp("↑↓", "another row")
	rows.Short = "row"
	up := keys.Get(keys.Up).As("", "the row above")
	up.SetKeys("up")
	return append([]keys.Binding{
		keys.Get(keys.Open).As("choose", "do this, or go there"),
		rows,
		keys.Get(keys.Next).As("complete", "complete what is typed to this row"),
		keys.Get(keys.CopyCommand),
		keys.Get(keys.Back).As("close", "close the palette"),
		up, keys.Get(keys.PageUp), keys.Get(keys.PageDown), keys.Get(keys.Palette).As("", "close the palette"),
	}, field.Keys()...)
}

func (l *Layer) click(c pane.Click) (pane.Action, tea.Cmd) {
	for _, w := range l.frame.words {
		if w.at.Has(c.X, c.Y) {
			_, _, rest := query(l.in.Value())
			l.in.Set(w.prefix + rest)
			return nil, l.typed()
		}
	}
	if l.frame.rows.Has(c.X, c.Y) && l.list.Click(c.Y-l.frame.rows.Y) && c.Double {
		return l.do(pane.Do{ID: keys.Open})
	}
	return nil, nil
}

// frame is where the palette was drawn last: for the mouse.
type frame struct {
	rows  layout.Rect
	words []word
}

// word is a prefix in the border, which a click types.
type word struct {
	at     layout.Rect
	prefix string
}

// atOnce is how many entries are made and searched on the event loop: in less than a millisecond.
const atOnce = 5000

// many guesses how many entries a state makes, without counting jobs.
func many(st *mesh.State) int {
	const perNode, perJob, perItem = 9, 6, 3
	inbox, assigned, history := st.Hopper().Counts()
	return len(st.Nodes())*perNode + int(min(st.Submitted, atOnce))*perJob + min(inbox+assigned+history, atOnce)*perItem
}
