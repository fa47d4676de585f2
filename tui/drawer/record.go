package drawer

import (
	"strconv"
	"strings"
	"time"

	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// field is a row of the record: a name with a value, a job's heading, or an act.
type field struct {
	id    string
	job   string
	name  string
	value string
	copy  string // what y copies
	when  int64  // unix microseconds, for enter
	op    uint64 // of an act
	act   *mesh.AuditEntry
	class privacy.Class // of the job of a heading, and of an act's target
	head  bool
	ink   theme.Ink
}

// noter collects the fields of a record.
type noter struct {
	zone *time.Location
	job  string
	out  []field
}

func (n *noter) put(name, value string) *field {
	n.out = append(n.out, field{job: n.job, name: name, value: clean.Line(value).String(), copy: clean.Line(value).String(), ink: theme.Text})
	return &n.out[len(n.out)-1]
}

// set leaves out what is empty.
func (n *noter) set(name, value string) {
	if value != "" {
		n.put(name, value)
	}
}

func (n *noter) time(name string, micros int64) {
	if micros > 0 {
		f := n.put(name, time.UnixMicro(micros).In(n.zone).Format("2 Jan 2006 15:04:05.000 MST"))
		f.when = micros
	}
}

func (n *noter) number(name string, v int64) {
	if v != 0 {
		n.put(name, strconv.FormatInt(v, 10))
	}
}

func (n *noter) gap() { n.out = append(n.out, field{}) }

// recordOf gives the record of the run: itself, the acts that touched it, and its jobs.
func (l *Layer) recordOf(v *mesh.RunView) []field {
	n := &noter{zone: l.s.Time().Location()}
	n.put("run", v.RunID)
	n.put("trace", v.TraceID)
	n.put("title", v.Title)
	n.put("class", v.PrivacyClass.String()+": "+v.PrivacyClass.Tip())
	n.put("status", strings.ReplaceAll(v.Status, "_", " "))
	n.time("sent", v.Start)
	n.time("ended", v.EndedAt)
	n.put("took", format.Clock(ms(v.DurationMS)))
	n.put("cost", format.Money(micros(v.CostUSD)))
	n.number("tokens", v.Tokens)
	n.number("jobs", int64(len(v.Jobs)))
	l.noteActs(n)
	for _, id := range v.Jobs[:min(len(v.Jobs), manyJobs)] {
		n.gap()
		l.noteJob(n, v, id)
	}
	if more := len(v.Jobs) - manyJobs; more > 0 {
		n.gap()
		n.put("jobs", strconv.Itoa(more)+" more: voxmesh jobs ID shows one")
	}
	nth := map[string]int{} // names come twice: jobs are alike
	for i := range n.out {
		f := &n.out[i]
		id := f.job + "/" + f.name
		nth[id]++
		f.id = id + "/" + strconv.Itoa(nth[id])
	}
	return n.out
}

func (l *Layer) noteActs(n *noter) {
	n.gap()
	all := l.shownActs()
	switch {
	case l.acts.err != nil:
		n.put("acts", "could not be read: "+l.acts.err.Error()+"; r retry").ink = theme.Failed
	case len(all) == 0 && l.acts.have:
		n.put("acts", "nobody acted on it")
	}
	for i := range all {
		e := &all[i]
		n.out = append(n.out, field{
			name: "act " + e.AuditID, act: e, op: e.Op, when: e.TsMicros, class: classOf(*e), copy: safe(e.AuditID),
		})
	}
}

func (l *Layer) noteJob(n *noter, v *mesh.RunView, id string) {
	j, ok := l.jobOf(id)
	n.job = id
	defer func() { n.job = "" }()
	if !ok {
		h := n.put("job", "its record is in the log alone")
		h.head, h.class = true, v.PrivacyClass
		return
	}
	h := n.put("job", strings.ReplaceAll(j.State.String(), "_", " "))
	h.head, h.class, h.copy = true, j.Class, id
	n.set("runner", j.Runner)
	n.set("kind", j.Kind)
	n.set("command", j.Command)
	n.set("model", j.Model)
	n.set("sent by", j.Submitter)
	n.put("priority", strconv.Itoa(int(j.Priority)))
	if j.NSFW {
		n.put("nsfw", "yes")
	}
	n.set("asked for", j.On)
	n.set("replay of", j.ReplayOf)
	n.set("by act", j.AuditID)
	n.number("arguments", int64(len(j.Args)))
	n.set("module", j.Module)
	n.set("stdin", j.Stdin)
	n.set("prompt", j.Prompt)
	if j.TimeoutMS > 0 {
		n.put("timeout", format.Long(ms(j.TimeoutMS)))
	}
	l.noteCourse(n, j)
	noteEnd(n, j)
}

// noteCourse notes where the job was and who refused it.
func (l *Layer) noteCourse(n *noter, j *mesh.Job) {
	n.time("submitted", j.SubmittedAt)
	n.set("node", j.Node)
	n.number("attempt", int64(j.Attempt))
	n.number("losses", int64(j.Losses))
	n.time("leased", j.LeasedAt)
	n.time("started", j.StartedAt)
	for _, r := range j.Refused {
		n.put("refused by", r.Node+": "+r.Reason).when = r.At
	}
	if j.State == mesh.Queued {
		if w := l.s.World.State.Waits(l.s.World.Tel, l.s.Time()); w.Reason(j) != "" {
			n.put("waits for", w.Reason(j)).ink = theme.Waiting
		}
	}
}

func noteEnd(n *noter, j *mesh.Job) {
	if !j.State.Ended() {
		return
	}
	n.time("ended", j.EndedAt)
	n.put("worked", format.Clock(ms(j.DurationMS)))
	n.put("exit code", strconv.FormatInt(j.ExitCode, 10))
	n.set("output", j.Output)
	n.put("output size", format.Size(j.OutputSize))
	n.number("tokens", j.TokensUsed)
	n.put("cost", format.Money(j.Cost))
	n.set("code", j.Code)
	if j.Error != "" {
		n.put("error", j.Error).ink = theme.Failed
	}
	n.set("hint", hints[j.Code])
}

// hints say what to do about what a job can fail of, by code.
var hints = map[string]string{
	"vox/run/memory-limit":   "give it less to hold, or another node: voxmesh run --on NODE",
	"vox/run/output-limit":   "let it write less, or to a file of its own",
	"vox/run/deadline":       "ask for longer, --timeout, within what the donor gives",
	"vox/run/trap":           "the program itself did what WebAssembly forbids: its output says where",
	"vox/run/exit-code":      "the program ended itself so: its output says why",
	"vox/run/not-wasm":       "build it for WASI, as GOOS=wasip1 GOARCH=wasm",
	"vox/run/import":         "it wants more of its host than WASI gives",
	"vox/run/module-missing": "send it again: its module is not there any more",
	"vox/run/model-missing":  "voxmesh models says who has which model",
	"vox/run/no-ollama":      "start Ollama on that node; voxmesh doctor there says what it finds",
	"vox/run/worker-lost":    "the worker went away under it, more than once: R runs it again",
	"vox/run/killed":         "R runs it again",
}

const labelWidth = 12

func (l *Layer) drawRecord(b *cell.Buffer, r, body layout.Rect, border theme.Style) {
	from, to := l.window(&l.record, body)
	l.drawHeads(b, body, from, min(to, len(l.fields)))
	l.drawFacts(b, body, from, min(to, len(l.fields)))
	pane.Facts(b, r, r.Y+r.H-1, l.record.Position(), border)
}

// drawHeads draws the rows that have a class: those of the jobs, and of the acts.
func (l *Layer) drawHeads(b *cell.Buffer, r layout.Rect, from, to int) {
	for i := from; i < to; i++ {
		f, y := &l.fields[i], r.Y+i-from
		look := row.Look{Selected: i == l.record.At(), Focused: true}
		switch {
		case f.act != nil:
			e := f.act
			words := "by " + actor(e.Actor) + " " + e.AuditID
			if e.Reason != "" {
				words += ` "` + e.Reason + `"`
			}
			when := format.Time(e.TsMicros, l.s.Time().Location())
			row.Act(b, r.X, y, r.W-1, f.class, when, safe(e.Action), safe(e.Target), safe(words), look)
		case f.head:
			st := theme.In(theme.Second)
			row.Job(b, r.X, y, r.W-1, f.class, f.job, []row.Field{{Text: f.value, Width: r.W - 20, Gap: 2, Style: st}}, "", look)
		}
	}
}

// drawFacts draws what is known of the run, and of each of its jobs under that one's row.
func (l *Layer) drawFacts(b *cell.Buffer, r layout.Rect, from, to int) {
	for i := from; i < to; i++ {
		f, y := &l.fields[i], r.Y+i-from
		if f.act != nil || f.head {
			continue
		}
		selected := i == l.record.At()
		if selected {
			b.Put(r.X, y, 1, "▸", theme.In(theme.Text).With(theme.Bold))
		}
		b.Put(r.X+1, y, labelWidth, f.name, theme.In(theme.Third))
		w := r.W - labelWidth - 2
		b.Put(r.X+1+labelWidth, y, w, cut(f.value, w), theme.In(f.ink))
		if selected {
			b.Restyle(r.X, y, r.W, 1, func(s theme.Style) theme.Style { return s.With(theme.Raised) })
		}
	}
}

// cut cuts a sentence at its end and an id in the middle.
func cut(s string, w int) string {
	if strings.Contains(s, " ") {
		return format.End(s, w)
	}
	return format.Middle(s, w)
}
