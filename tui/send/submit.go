package send

import (
	"context"
	"errors"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// enterWord is what enter does, in a word and in a sentence.
func (l *Layer) enterWord() (short, long string) {
	if l.kind == workflow && !l.plan.sound() {
		return "read the file", "read the file and show what it would do"
	}
	return "send", "send it"
}

// send sends it, where all is there; where nobody can take it as things are it asks once more.
func (l *Layer) send() (pane.Action, tea.Cmd) {
	if l.sending != 0 {
		return nil, nil
	}
	now, later := l.could()
	switch {
	case l.s.Refuse() != "":
		l.why = "Not now: " + l.s.Refuse() + "."
	case strings.TrimSpace(l.text.Value()) == "":
		l.focus, l.why = text, fmt.Sprintf("%s is empty.", l.kind.text())
	case l.kind.fromFile() && l.files == nil:
		l.why = "No file can be had from this terminal. $ " + l.overSSH()
	case l.kind.asksModel() && l.model == "":
		l.why = "No node of the mesh has a model."
	case l.kind == workflow && !l.plan.sound():
		return nil, l.read()
	case l.kind != workflow && l.kind != intent && len(now)+len(later) == 0 && !l.sure:
		l.sure, l.why = true, "Nobody can take it as things are; enter again sends it all the same, and it waits."
	default:
		l.why, l.sure, l.sending = "", false, l.s.Generation()
		return nil, l.submit(l.sending)
	}
	return nil, nil
}

func (l *Layer) overSSH() string {
	if l.kind == workflow {
		return "ssh HOST workflow run - < FILE"
	}
	return "ssh HOST run wasm - < FILE"
}

// submit stores what the work carries and hands it in.
func (l *Layer) submit(generation uint64) tea.Cmd {
	ctx, host, actor := l.ctx, l.host, l.s.Actor
	input := strings.TrimSpace(l.text.Value())
	switch l.kind {
	case intent:
		in := mesh.Intent{Text: input, Class: l.class, On: l.on, Session: "console"}
		return func() tea.Msg {
			item, err := host.SubmitIntent(ctx, actor, in)
			return sent{generation: generation, item: item, err: err}
		}
	case workflow:
		req := mesh.FlowRequest{Definition: l.plan.definition, On: l.on, Session: "console"}
		return func() tea.Msg {
			t, err := host.RunWorkflow(ctx, actor, req)
			return sent{generation: generation, ticket: t, err: err}
		}
	}
	return l.job(generation, input)
}

func (l *Layer) job(generation uint64, input string) tea.Cmd {
	ctx, host, files, actor, req := l.ctx, l.host, l.files, l.s.Actor, l.request()
	return func() tea.Msg {
		var err error
		switch kind(req.Runner) {
		case wasm:
			req.Module, err = store(ctx, host, files, input)
		case command:
		default:
			req.Prompt, _, err = host.PutBlob(strings.NewReader(input), mesh.MaxBlob)
		}
		if err != nil {
			return sent{generation: generation, err: err}
		}
		t, err := host.Submit(ctx, actor, req)
		return sent{generation: generation, ticket: t, err: err}
	}
}

// store makes a blob of a file of whoever is here.
func store(ctx context.Context, host Host, files Files, path string) (string, error) {
	f, err := files(ctx, path)
	if err != nil {
		return "", err
	}
	hash, _, err := host.PutBlob(f, mesh.MaxBlob)
	return hash, errors.Join(err, f.Close())
}

func (l *Layer) ended(m sent) pane.Action {
	if m.generation != l.sending {
		return nil
	}
	l.sending = 0
	if m.err != nil {
		l.why = "Not sent: " + m.err.Error() + "."
		if _, hint := fault.Of(m.err); hint != "" {
			l.why += " " + hint
		}
		return nil
	}
	if l.kind == intent {
		l.s.Item = m.item.ItemID
		return pane.Several{
			pane.Close{},
			pane.Tell{Pane: keys.Pane3, Msg: pane.Reveal{Ref: pane.Ref{Kind: pane.Item, ID: m.item.ItemID}}},
			pane.Notice{Text: fmt.Sprintf("sent %s   %s %.2f   3 shows it", m.item.ItemID, m.item.Priority, m.item.Confidence)},
		}
	}
	run := pane.Ref{Kind: pane.Run, ID: m.ticket.RunID}
	l.s.Job = m.ticket.JobID
	said := "sent " + m.ticket.JobID + "   2 shows its run " + m.ticket.RunID
	if l.kind == workflow {
		said = "started " + l.plan.name + " as " + m.ticket.RunID + "   2 shows it"
	}
	return pane.Several{pane.Close{}, pane.Tell{Pane: keys.Pane2, Msg: pane.Reveal{Ref: run}}, pane.Notice{Text: said}}
}
