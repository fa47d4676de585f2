package explain

import (
	"fmt"
	"strings"
	"time"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/format"
	"voxmesh/tui/pane"
	"voxmesh/tui/verb"
)

// job says why a job waits, runs where it does, or ended so; then what every node is to it, and what was tried.
func (a *answer) job(j *mesh.Job) {
	a.command = "voxmesh explain " + j.Job
	e, ok := a.s.World.State.Explain(a.s.World.Tel, a.now, j.Job)
	if !ok {
		return
	}
	a.why(j, e)
	a.say("", plain)
	a.wants(j)
	if j.State.Ended() {
		a.ending(j)
	} else {
		a.nodes(j, e)
	}
	a.refusals(j)
	a.attempts(j)
}

// why is the answer in a sentence.
func (a *answer) why(j *mesh.Job, e mesh.Explanation) {
	switch {
	case j.State == mesh.Queued && e.WaitsFor == "":
		a.say("It is about to start: "+e.Why+".", good)
	case j.State == mesh.Queued:
		a.say("It waits: "+sentence(e.WaitsFor, e.Why)+".", warn)
		a.fact("waits", "since "+a.clock(j.SubmittedAt)+", for "+a.ago(j.SubmittedAt), second)
	case j.State == mesh.Leased:
		a.say(fmt.Sprintf("It was given to %s at %s and has not started yet.", j.Node, a.clock(j.LeasedAt)), plain)
		a.here(j)
	case j.State == mesh.Running:
		a.say(fmt.Sprintf("It runs on %s since %s, for %s.", j.Node, a.clock(j.StartedAt), a.ago(j.StartedAt)), good)
		a.here(j)
	case j.State == mesh.Succeeded:
		a.say(fmt.Sprintf("It succeeded on %s at %s.", j.Node, a.clock(j.EndedAt)), good)
	default:
		where := ""
		if j.Node != "" {
			where = " on " + j.Node
		}
		text := fmt.Sprintf("It %s%s at %s", ended[j.State], where, a.clock(j.EndedAt))
		if j.Error != "" {
			text += ": " + strings.TrimSuffix(j.Error, ".")
		}
		a.say(text+".", bad)
	}
}

var ended = map[mesh.JobState]string{mesh.Failed: "failed", mesh.Killed: "was killed", mesh.TimedOut: "timed out"}

// sentence puts what a job waits for, in a word, before the sentence that says it with its numbers.
func sentence(word, long string) string {
	if strings.Contains(long, word) {
		return long
	}
	return word + "; " + long
}

// here says how a node was chosen.
func (a *answer) here(j *mesh.Job) {
	if j.On != "" {
		a.fact("why there", "the job asks for "+j.On, second)
		return
	}
	text := "of the nodes that could take it, the one with the most donated weight free; then the lower load, then the shorter round trip"
	if n, ok := a.s.World.State.Node(j.Node); ok {
		for _, s := range n.Slots {
			if s.Kind == j.Kind {
				text += fmt.Sprintf(". %s gives %d %s at weight %d", n.ID, s.Max, s.Kind, s.Weight)
			}
		}
		if n.Host {
			text = "no other node could take it; the host comes last"
		}
	}
	a.fact("why there", text+".", second)
}

// wants is what the job asks for: our own words and numbers only.
func (a *answer) wants(j *mesh.Job) {
	out := []string{"kind " + j.Kind, "priority " + hopper.Priority(j.Priority).String()}
	if j.Model != "" {
		out = append(out, "model "+j.Model)
	}
	if j.On != "" {
		out = append(out, "node "+j.On)
	}
	if j.TimeoutMS > 0 {
		out = append(out, "at most "+format.Long(time.Duration(j.TimeoutMS)*time.Millisecond))
	}
	if j.NSFW {
		out = append(out, "NSFW")
	}
	a.fact("wants", strings.Join(out, ", "), second)
}

func (a *answer) ending(j *mesh.Job) {
	if j.State != mesh.Succeeded {
		a.fact("exit code", fmt.Sprint(j.ExitCode), second)
		a.fact("code", j.Code, second)
	}
	if j.Losses > 0 {
		a.fact("losses", fmt.Sprintf("workers lost under it: %d; at %d a job fails", j.Losses, mesh.MaxLosses), second)
	}
	took := format.Clock(time.Duration(j.DurationMS) * time.Millisecond)
	a.fact("took", fmt.Sprintf("%s, %s", took, format.Money(j.Cost)), second)
	a.fact("again", "R replays it as a new run", second)
}

// nodes gives each node's verdict, those that could take it first.
func (a *answer) nodes(j *mesh.Job, e mesh.Explanation) {
	title := "Nodes"
	if j.State != mesh.Queued {
		title = "Nodes, were it to be placed now"
	}
	a.heading(title)
	if len(e.Nodes) == 0 {
		a.say("There is no node.", second)
	}
	for _, pass := range []func(v mesh.Verdict) bool{
		func(v mesh.Verdict) bool { return v.NodeID == j.Node && j.State.Held() },
		func(v mesh.Verdict) bool { return v.Allowed },
		func(v mesh.Verdict) bool { return !v.Allowed && v.Rule == mesh.RuleBusy },
		func(v mesh.Verdict) bool { return !v.Allowed && v.Rule != mesh.RuleBusy },
	} {
		for i, v := range e.Nodes {
			if v.NodeID == "" || !pass(v) {
				continue
			}
			a.verdict(v, v.NodeID == j.Node && j.State.Held())
			e.Nodes[i].NodeID = "" // said
		}
	}
}

func (a *answer) verdict(v mesh.Verdict, here bool) {
	sign, rule, why := no, v.Rule, v.Reason
	switch {
	case here:
		sign, rule = yes, "here"
		why = "it has the job"
		if !v.Allowed && v.Rule != mesh.RuleBusy { // it may itself take the last slot
			why += "; as things are now: " + v.Reason
		}
	case v.Allowed:
		sign, rule, why = yes, "yes", "it could take it"
	case v.Rule == mesh.RuleBusy:
		sign = later
	}
	a.add(verdict{v.PrivacyClass, sign, v.NodeID, rule, why, a.s.Faint()})
}

// refusals are the answers of donors' policies, in their own words.
func (a *answer) refusals(j *mesh.Job) {
	if len(j.Refused) == 0 {
		return
	}
	a.heading("What policies said")
	for _, r := range j.Refused {
		text := a.clock(r.At) + "  " + r.Reason
		class := privacy.Unknown
		if n, ok := a.s.World.State.Node(r.Node); ok {
			class = n.Class
			if n.Policy != r.Policy {
				text += " (its policy changed since: it is asked again)"
			}
		}
		a.add(verdict{class, no, r.Node, "refused", text, a.s.Faint()})
	}
}

func (a *answer) attempts(j *mesh.Job) {
	if len(j.Attempts) == 0 {
		return
	}
	a.heading("Attempts")
	for _, t := range j.Attempts {
		sign, end := later, "goes on"
		until := a.now.UnixMicro()
		if t.EndedAt > 0 {
			sign, end, until = no, t.End, t.EndedAt
			if t.End == mesh.Succeeded.String() {
				sign = yes
			}
		}
		from := t.StartedAt
		if from == 0 {
			from = t.LeasedAt
		}
		text := fmt.Sprintf("%s %s, %s", a.clock(t.LeasedAt), t.Node, format.Clock(time.Duration(until-from)*time.Microsecond))
		if t.Reason != "" {
			text += ": " + t.Reason
		}
		a.add(verdict{j.Class, sign, fmt.Sprintf("attempt %d", t.N), strings.ReplaceAll(end, "_", " "), text, a.s.Faint()})
	}
}

// run explains the job of a run, or each of its jobs in a row; of a span that of its job.
func (a *answer) run(on pane.Ref) bool {
	st := a.s.World.State
	v, ok := st.RunView(verb.Target(on), a.now.UnixMicro())
	if !ok {
		return false
	}
	if on.Kind == pane.Span {
		_, span, _ := strings.Cut(on.ID, "/")
		if j, ok := st.Job(jobOfSpan(v.Root, span)); ok {
			a.job(j)
			return true
		}
	}
	if len(v.Jobs) == 1 {
		if j, ok := st.Job(v.Jobs[0]); ok {
			a.job(j)
			return true
		}
	}
	a.command = "voxmesh runs " + v.RunID
	a.say(fmt.Sprintf("%s is %s: %d of %d jobs are done.", v.RunID, strings.ReplaceAll(v.Status, "_", " "), v.Done, len(v.Jobs)), plain)
	a.heading("Jobs")
	waits := st.Waits(a.s.World.Tel, a.now)
	for _, id := range v.Jobs {
		if j, ok := st.Job(id); ok {
			a.jobRow(j, waits)
		}
	}
	return true
}

func (a *answer) jobRow(j *mesh.Job, waits *mesh.Waits) {
	sign, rule, why := later, verb.State(j.State), j.Node
	switch {
	case j.State == mesh.Queued:
		if why = waits.Reason(j); why == "" {
			why = "about to start"
		}
	case j.State == mesh.Succeeded:
		sign = yes
	case j.State.Ended():
		sign = no
		if j.Error != "" {
			why += ": " + j.Error
		}
	}
	a.add(verdict{j.Class, sign, j.Job, rule, why, a.s.Faint()})
}

// jobOfSpan finds the job that a span belongs to.
func jobOfSpan(s mesh.SpanView, id string) string {
	if s.SpanID == id {
		return s.JobID
	}
	for _, c := range s.Children {
		if job := jobOfSpan(c, id); job != "" {
			return job
		}
	}
	return ""
}

// model says which nodes could run a prompt with a model now.
func (a *answer) model(name string) {
	a.command = "voxmesh models"
	fits := a.s.World.State.NodesFor(a.s.World.Tel, a.now, mesh.JobRequest{Runner: "text", Model: name})
	could := 0
	for _, f := range fits {
		if f.Allowed {
			could++
		}
	}
	a.say(fmt.Sprintf("%d of %d nodes could run a PAIRED prompt with it now.", could, len(fits)), plain)
	a.heading("Nodes")
	for _, f := range fits {
		sign := no
		switch {
		case f.Allowed:
			sign = yes
		case f.Rule == mesh.RuleBusy:
			sign = later
		}
		why := f.Reason
		if f.Allowed {
			why = f.Word + sizeOf(f)
		}
		rule := f.Rule
		if f.Allowed {
			rule = "yes"
		}
		a.add(verdict{f.PrivacyClass, sign, f.NodeID, rule, why, a.s.Faint()})
	}
}

func sizeOf(f mesh.Fit) string {
	if !f.Has {
		return ""
	}
	return ", " + format.Size(f.Model.SizeBytes)
}
