package drawer

import (
	"voxmesh/mesh"
	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
	"voxmesh/tui/verb"
)

// replay asks to run again: of a workflow the run, from the activity of the row under the cursor on, else the job. The
// timeline of the same run does the same.
func (l *Layer) replay() pane.Action {
	on, from := l.replays()
	return pane.Act{Verb: keys.Replay, On: on, Text: from}
}

func (l *Layer) replays() (on pane.Ref, from string) {
	v := &l.loaded.view
	if v.Workflow == "" || l.run == "" {
		return l.Selected(), ""
	}
	span, job := "", l.job()
	if i := l.tree.At(); l.view == events && i < len(l.lines) {
		span = l.lines[i].span
	}
	for i := range v.Root.Children {
		if holds(&v.Root.Children[i], span, job) {
			return pane.Ref{Kind: pane.Run, ID: l.run}, v.Root.Children[i].SpanName
		}
	}
	return pane.Ref{Kind: pane.Run, ID: l.run}, ""
}

// holds reports whether a span, or one below it, is the one named, or of that job.
func holds(s *mesh.SpanView, span, job string) bool {
	if span != "" && s.SpanID == span || job != "" && s.JobID == job {
		return true
	}
	for i := range s.Children {
		if holds(&s.Children[i], span, job) {
			return true
		}
	}
	return false
}

func (l *Layer) replayKey() keys.Binding {
	return keys.Get(keys.Replay).As("replay", "replay: of a workflow from this activity on").When(func() string {
		on, _ := l.replays()
		return verb.Refuse(l.s, keys.Replay, on)
	})
}
