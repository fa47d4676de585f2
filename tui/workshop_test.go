package tui

import (
	"time"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
)

// wish is an intent of the sample's inbox.
type wish struct {
	id, at, text string
	class        privacy.Class
	p            hopper.Priority
	by           hopper.Source
	kind         string
}

// workshop is a mesh with a hopper that is in use, and a workflow that runs.
func workshop() *sampleLog {
	l := nightly(fleet())
	l.by = "cli:mira"
	defer func() { l.by = "" }()
	for _, w := range []wish{
		{"h-7b77", "09:24:26", "import notes", privacy.Unknown, hopper.Background, hopper.LearningPolicy, "text"},
		{"h-7ba0", "09:41:20", "nightly embeddings", privacy.PairedPeersOnly, hopper.Background, hopper.Orchestrator, "embed"},
		{"h-7bd2", "10:02:56", "translate the guide to four languages", privacy.PairedPeersOnly, hopper.Normal, hopper.Orchestrator, "text"},
		{"h-7be9", "10:05:35", "render frames 1–240", privacy.PublicMesh, hopper.Normal, hopper.LearningPolicy, "gpu"},
		{"h-7bf4", "10:08:18", "embed docs/*.md", privacy.PairedPeersOnly, hopper.Normal, hopper.Orchestrator, "embed"},
		{"h-7c1e", "10:11:44", "fix flaky test in oplog", privacy.PairedPeersOnly, hopper.Normal, hopper.Orchestrator, "gpu"},
		{"h-7c20", "10:12:14", "summarise the build log", privacy.LocalOnly, hopper.Urgent, hopper.Orchestrator, "text"},
	} {
		l.wish(w)
	}
	l.act(at("10:12:20"), mesh.ActReprioritize, "h-7c1e", "blocks the release")
	return l.add(at("10:12:20"), mesh.KindItemOverridden, mesh.Encode(&mesh.ItemOverridden{
		Item: "h-7c1e", From: uint8(hopper.Normal), To: uint8(hopper.Urgent), Reason: "blocks the release", AuditID: l.acts[len(l.acts)-1].AuditID,
	}))
}

// wish adds an intent that became a job and waits.
func (l *sampleLog) wish(w wish) *sampleLog {
	job, run := "j"+w.id[1:], "r"+w.id[1:]
	l.add(at(w.at), mesh.KindItemAdmitted, mesh.Encode(&mesh.ItemAdmitted{
		Item: w.id, Run: run, Intent: w.text, Class: w.class, Kind: w.kind, Session: "editor",
		Priority: uint8(w.p), Source: uint8(w.by), Classified: uint8(w.p), Confidence: 86,
	}))
	return l.add(at(w.at), mesh.KindJobSubmitted, mesh.Encode(&mesh.JobSubmitted{
		Job: job, Run: run, Item: w.id, Kind: w.kind, Runner: "text", Model: "qwen2.5-coder:7b", Class: w.class, Priority: uint8(w.p), Title: w.text,
		Source: uint8(w.by),
	}))
}

// nightly adds the workflow of the drawings: split, three renderings of which one lost its worker, a caption.
func nightly(l *sampleLog) *sampleLog {
	const run, item = "r-19c4", "h-19c4"
	l.trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	defer func() { l.trace = "" }()
	l.add(at("10:06:10"), mesh.KindItemAdmitted, mesh.Encode(&mesh.ItemAdmitted{
		Item: item, Run: run, Intent: "nightly-render", Class: privacy.PairedPeersOnly, Priority: uint8(hopper.Normal), Source: uint8(hopper.Orchestrator),
		Classified: uint8(hopper.Normal), Confidence: 86,
	}))
	l.add(at("10:06:10"), mesh.KindWorkflowStarted, mesh.Encode(&mesh.WorkflowStarted{
		Run: run, Item: item, Name: "nightly-render", Definition: "00", Class: privacy.PairedPeersOnly, Priority: uint8(hopper.Normal), Activities: 4,
		Names: []string{"split", "render", "caption", "publish"},
	}))
	step := func(t, id, activity string, index uint32, fanned bool, kind string) {
		l.add(at(t), mesh.KindJobSubmitted, mesh.Encode(&mesh.JobSubmitted{
			Job: id, Run: run, Item: item, Kind: kind, Runner: "wasm", Class: privacy.PairedPeersOnly, Priority: uint8(hopper.Normal), Title: activity,
			Activity: activity, Index: index, Fanned: fanned, Try: 1, Args: []string{"frames"}, Refs: []string{"split.parts"},
		}))
	}
	lease := func(t, id, node string, n uint32) {
		l.add(at(t), mesh.KindJobLeased, mesh.Encode(&mesh.JobLeased{Job: id, Node: node, Attempt: n, Item: item}))
	}
	start := func(t, id string, n uint32) {
		l.add(at(t), mesh.KindJobStarted, mesh.Encode(&mesh.JobStarted{Job: id, Attempt: n, Item: item}))
	}
	done := func(t, id string, n uint32, took time.Duration, skew time.Duration) {
		end := at(t).Add(skew)
		l.add(at(t), mesh.KindJobFinished, mesh.Encode(&mesh.JobFinished{
			Job: id, Attempt: n, Status: mesh.Succeeded, CostMicros: 30_000, DurationMS: took.Milliseconds(), Skew: skew.Microseconds(), SkewKnown: true,
			Phases: []mesh.SpanRecord{{
				ID: mesh.SpanID(id, "execute"), Parent: mesh.AttemptSpanID(run, id, n), Name: "execute",
				Start: end.Add(-took).UnixMicro(), End: end.UnixMicro(),
			}},
		}))
	}
	step("10:06:10", "j-19c4", "split", 0, false, "cpu")
	lease("10:06:10", "j-19c4", "aurelia", 1)
	start("10:06:10", "j-19c4", 1)
	done("10:06:14", "j-19c4", 1, 4*time.Second, 0)
	l.add(at("10:06:14"), mesh.KindActivityExpanded, mesh.Encode(&mesh.ActivityExpanded{Run: run, Activity: "render", Items: "01", Count: 3}))
	for i, id := range []string{"j-19c5", "j-19c6", "j-19c7"} {
		step("10:06:14", id, "render", uint32(i), true, "cpu")
	}
	lease("10:06:14", "j-19c5", "alice-gpu", 1)
	lease("10:06:14", "j-19c6", "bob-cpu", 1)
	start("10:06:16", "j-19c5", 1)
	start("10:06:16", "j-19c6", 1)
	l.add(at("10:06:36"), mesh.KindJobRequeued, mesh.Encode(&mesh.JobRequeued{
		Job: "j-19c6", Attempt: 1, Cause: mesh.CauseLost, Reason: "no beat for 30 s",
	}))
	lease("10:10:02", "j-19c6", "lex-2", 2)
	start("10:10:06", "j-19c6", 2)
	done("10:10:06", "j-19c5", 1, 230*time.Second, 0)
	lease("10:11:44", "j-19c7", "alice-gpu", 1)
	start("10:11:48", "j-19c7", 1)
	done("10:11:50", "j-19c6", 2, 104*time.Second, 1200*time.Millisecond)
	step("10:11:50", "j-19c8", "caption", 0, false, "cpu")
	lease("10:11:52", "j-19c8", "bob-cpu", 1)
	start("10:11:55", "j-19c8", 1)
	return l
}

// on takes the screen to another mesh.
func (s *screen) on(l *sampleLog) *screen {
	s.h.st, s.h.log = l.st, l
	return s.send(worldOf(s.c))
}
