package palette

import (
	"strings"

	"voxmesh/mesh"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
	"voxmesh/tui/verb"
)

// effects are what the acts do in few words: there are two rows for them, where what package verb says may take more.
var effects = map[string]string{
	mesh.ActKill:      "Stops what runs and its processes now. Output so far is kept; nothing is run again by itself.",
	mesh.ActPause:     "Takes no new work; what runs goes on to its end.",
	mesh.ActResume:    "Takes work again, at once. P pauses it.",
	mesh.ActDrain:     "Takes no new work. What runs may finish until the deadline, 30 min; the rest is then requeued.",
	mesh.ActReplay:    "Runs it again as a new run, with the same module, input and arguments.",
	mesh.ActRevoke:    "Expels the node for good: its work is requeued, its key and its id are never accepted again.",
	string(keys.Cap):  "Caps what 24 hours may cost. What would go over the cap waits.",
	string(keys.Send): "Sends work, which asks for what to run and with which class.",
}

// about says what an entry does, in whole sentences.
func (l *Layer) about(e entry) string {
	switch {
	case e.does == act && e.verb == keys.Add:
		return "Mints an invite that is good once, as a command, a code and a link. Asks what for."
	case e.does == act && e.verb == keys.Join:
		return "Lets this machine work for a friend's mesh. Asks for the link, and shows what it would give before it does."
	case e.intent() && l.door != nil:
		return "Hands the intent in at once, for this mesh's own machines. It is classified, and waits in the hopper for a node. S asks for more."
	case e.intent():
		return "Hands the intent in. Its class is asked for, and its place is shown, before anything is sent."
	case e.with == flowText:
		return "Places a workflow there. Asks for its file, and shows the order, the places and the cost before it starts."
	case e.does == act && e.on.Kind == pane.Invite:
		return "Withdraws the invite at once: its link is good for nothing any more."
	case e.does == act:
		return l.effect(e)
	case e.does == press:
		return sentence(given(l.keys, keys.Get(e.verb)).Long())
	}
	switch e.on.Kind {
	case pane.Node:
		return "Goes to the node: what it is, what it runs, what it costs, what happened there."
	case pane.Invite:
		return "Goes to the invite: whom it is for, and how long it is good."
	case pane.Run, pane.Job:
		return "Opens it over the pane: what happened when and where, its output, its cost."
	case pane.Model:
		return "Goes to the model: which node has it, and which could run it."
	case pane.Entry:
		return "Opens the signed entry, and takes the console to its instant."
	case pane.Item:
		return "Goes to it in the hopper: what it waits for, what it wants, its trail."
	}
	return ""
}

func (l *Layer) effect(e entry) string {
	if e.on.Kind == pane.Item {
		return l.onItem(e)
	}
	text := effects[verb.Name(l.s, e.verb, e.on)]
	if !verb.Sealed(l.s, e.verb, e.on) {
		return text
	}
	asks := " Asks for the id and a reason"
	if e.verb == keys.Pause || e.verb == keys.Drain {
		asks += "; U resumes"
	}
	return text + asks + "."
}

// onItem says what an act does to an item, in the rows that there are.
func (l *Layer) onItem(e entry) string {
	switch {
	case e.verb == keys.Kill:
		return "Cancels it: what waits of it leaves the inbox, what runs of it stops now. Asks for the id and a reason."
	case e.with != "":
		return "Makes it " + e.with + " by a DeveloperOverride; asks for id and reason."
	}
	return "Changes its priority: mints a DeveloperOverride, which is recorded. Asks which, for the id and a reason."
}

// sentence makes one of what a key does.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// commands are what does the same as some keys.
var commands = map[keys.ID]string{
	keys.Pane1: "voxmesh nodes", keys.Pane2: "voxmesh runs", keys.Pane3: "voxmesh hopper inbox", keys.Pane4: "voxmesh models",
	keys.Pane5: "voxmesh policy show", keys.Pane6: "voxmesh audit", keys.Add: "voxmesh invite", keys.Join: "voxmesh join URL --print",
	keys.Verify: "voxmesh audit verify", keys.TypeTime: "voxmesh oplog at TIME",
}

// command is the command that does the same as an entry; empty where there is none.
func (l *Layer) command(e entry) string {
	switch {
	case e.verb == keys.Send && e.with != "" && e.on.Kind == pane.Node:
		if e.with == flowText {
			return "voxmesh workflow run FILE --on " + verb.Quote(e.on.ID)
		}
		return "voxmesh run wasm " + verb.Quote(e.with) + " --on " + e.on.ID
	case e.verb == keys.Send && e.with != "":
		return "voxmesh hopper submit " + verb.Quote(e.with)
	case e.verb == keys.Priority && e.with != "":
		return verb.CommandFor(mesh.ActReprioritize, e.on, verb.Said{Priority: e.with}).String()
	case e.does != open && e.on.Kind == pane.None && commands[e.verb] != "":
		return commands[e.verb]
	case e.does == act:
		return verb.Command(l.s, e.verb, e.on)
	case e.does == press:
		return ""
	}
	switch e.on.Kind {
	case pane.Node:
		return "voxmesh nodes " + e.on.ID
	case pane.Invite:
		return "voxmesh invite ls"
	case pane.Run:
		return "voxmesh runs " + e.on.ID
	case pane.Job:
		return "voxmesh logs " + e.on.ID
	case pane.Model:
		return "voxmesh models"
	case pane.Entry:
		return "voxmesh audit show " + e.on.ID
	case pane.Item:
		if _, ok := l.s.World.State.Hopper().Item(e.on.ID); ok {
			return "voxmesh hopper show " + e.on.ID
		}
		return "voxmesh hopper inbox"
	}
	return ""
}

// named is what a notice about an entry begins with, as the last row says it.
func (l *Layer) named(e entry) string {
	b := given(l.keys, keys.Get(e.verb))
	switch {
	case e.does == open:
		return ""
	case e.does == act && e.on.Kind != pane.None:
		return b.Show() + " " + verb.Name(l.s, e.verb, e.on) + ": "
	case b.Short != "":
		return b.Show() + " " + b.Short + ": "
	}
	return b.Show() + " " + e.what() + ": "
}
