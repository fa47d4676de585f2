package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"voxmesh/hopper"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
	"voxmesh/policy"
)

// jobFlags describe a job that would ask to run here.
type jobFlags struct {
	kind, peer, mesh, class, priority, scope, model, command, at string
	timeout                                                      time.Duration
	nsfw                                                         bool
}

func (a *app) policyExplainCmd(f *policyFlags) *cobra.Command {
	var j jobFlags
	c := &cobra.Command{
		Use: "explain [PATH]", Short: "What a setting means; or whether a job may run here, rule by rule", Args: cobra.MaximumNArgs(1),
		Long: "With a PATH: what may stand there, what it means, and what the file says. Without: how this policy would answer a\n" +
			"job as the flags describe it, as if nothing else ran here, with the answer of each rule and where it stands in\n" +
			"the file. Refused or not, it exits 0.\n\n" +
			"TIME is RFC 3339, 22:30 of today, or sat 22:30 of this week to come.",
		Example: "  voxmesh policy explain --kind gpu --peer alice@aurelia --privacy public-mesh --timeout 2h\n" +
			"  voxmesh policy explain --kind cpu --at 'sat 22:30'\n" +
			"  voxmesh policy explain max_job_duration_secs",
	}
	fl := c.Flags()
	fl.StringVar(&j.kind, "kind", "cpu", "the kind of slot: "+strings.Join(policy.Kinds(), ", "))
	fl.StringVar(&j.peer, "peer", "", "who sends it, as in alice@aurelia (default: who invited this machine)")
	fl.StringVar(&j.mesh, "mesh", "", "this machine's name of the mesh (default: that of the peer)")
	fl.StringVar(&j.class, "privacy", "paired-peers-only", "local-only, paired-peers-only, public-mesh")
	fl.StringVar(&j.priority, "priority", "normal", "background, normal, urgent, or 1 to 9")
	fl.StringVar(&j.scope, "scope", "", "its scope")
	fl.DurationVar(&j.timeout, "timeout", 0, "how long it asks for (default: it does not say)")
	fl.BoolVar(&j.nsfw, "nsfw", false, "it is marked NSFW")
	fl.StringVar(&j.model, "model", "", "the model of a text or embed job")
	fl.StringVar(&j.command, "command", "", "the program of a command job")
	fl.StringVar(&j.at, "at", "", "when it asks (default: now)")
	c.RunE = a.command(here, files{}, func(ctx context.Context, args []string) error {
		if len(args) == 1 {
			return a.policyExplainPath(ctx, f, args[0])
		}
		return a.policyExplainJob(ctx, f, j)
	})
	return c
}

// requestView is a job that would ask, as it is printed.
type requestView struct {
	Kind     string        `json:"kind"`
	Peer     string        `json:"peer"`
	Mesh     string        `json:"mesh"`
	Class    privacy.Class `json:"privacy_class"`
	NSFW     bool          `json:"nsfw"`
	Priority uint8         `json:"priority"`
	Timeout  float64       `json:"timeout_secs"` // 0: it does not say
	Scope    string        `json:"scope"`
	Model    string        `json:"model"`
	Command  string        `json:"command"`
	At       time.Time     `json:"at"`
}

// policyAnswer is how the policy answers a job.
type policyAnswer struct {
	policyView
	Request requestView     `json:"request"`
	Accept  bool            `json:"accept"`
	Reasons []policy.Reason `json:"reasons"`
}

func (a *app) policyExplainJob(ctx context.Context, f *policyFlags, j jobFlags) error {
	r, err := a.request(j, time.Now())
	if err != nil {
		return err
	}
	_, v, err := a.readPolicy(ctx, f)
	if err != nil {
		return err
	}
	out := policyAnswer{policyView: v, Request: requestView{
		Kind: r.Kind, Peer: r.Peer, Mesh: r.Mesh, Class: r.Class, NSFW: r.NSFW, Priority: r.Priority, Timeout: r.Timeout.Seconds(),
		Scope: r.Scope, Model: r.Model, Command: r.Command, At: r.At,
	}}
	if v.Policy == nil {
		out.Reasons = []policy.Reason{{Rule: "policy", Text: "the file has errors, so it gives nothing"}}
		if p, ok := v.file.Err().(policy.Problem); ok {
			out.Reasons[0].Line, out.Reasons[0].Text = p.Line, "the file has errors, so it gives nothing: "+p.Message
		}
	} else {
		d := policy.Decide(*v.Policy, v.file, r, policy.Load{})
		out.Accept, out.Reasons = d.Accept, d.Reasons
	}
	return a.show(out, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n%s\n\n", cleanText(v.Path), cleanText(v.Status))
		fmt.Fprintf(w, "a %s job of %s, %s, priority %d, at %s\n\n", cleanText(r.Kind), cleanText(r.Peer), r.Class.Badge(), r.Priority, r.At.Format("Mon 2006-01-02 15:04 MST"))
		rows := [][]string{{"ANSWER", "RULE", "LINE", "FIELD", "WHY"}}
		for _, why := range out.Reasons {
			rows = append(rows, []string{answerWord(why.Allowed), why.Rule, lineText(why.Line), why.Field, why.Text})
		}
		table(w, rows)
		if out.Accept {
			fmt.Fprintln(w, "\nit may run here")
		} else {
			fmt.Fprintln(w, "\nit may not run here")
		}
	})
}

func answerWord(allowed bool) string {
	if allowed {
		return "allow"
	}
	return "refuse"
}

func lineText(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

// request makes the job that is described. What is not said is what a friend's everyday job would have.
func (a *app) request(j jobFlags, now time.Time) (policy.Request, error) {
	r := policy.Request{Kind: j.kind, Peer: j.peer, Mesh: j.mesh, NSFW: j.nsfw, Timeout: j.timeout, Scope: j.scope, Model: j.model, Command: j.command}
	if !slices.Contains(policy.Kinds(), j.kind) {
		return r, usage("%q is no kind of slot: %s", j.kind, strings.Join(policy.Kinds(), ", "))
	}
	var err error
	if r.Class, err = privacy.Parse(j.class); err != nil {
		return r, usage("%q is no privacy class: local-only, paired-peers-only, public-mesh", j.class)
	}
	prio, err := hopper.ParsePriority(j.priority)
	if err != nil {
		return r, usage("%q is no priority: background, normal, urgent, or 1 to 9", j.priority)
	}
	r.Priority = uint8(prio)
	if j.timeout < 0 {
		return r, usage("a timeout is not negative")
	}
	if r.At, err = parseWeekTime(j.at, now); err != nil {
		return r, err
	}
	known := a.known()
	if r.Peer == "" {
		r.Peer = "someone@" + r.Mesh
		if i := slices.IndexFunc(known.Peers, func(p string) bool { return r.Mesh == "" || strings.HasSuffix(p, "@"+r.Mesh) }); i >= 0 {
			r.Peer = known.Peers[i]
		} else if r.Mesh == "" {
			r.Peer = "someone@mesh"
		}
	}
	if at := strings.LastIndexByte(r.Peer, '@'); r.Mesh == "" && at >= 0 {
		r.Mesh = r.Peer[at+1:]
	}
	return r, nil
}

// parseWeekTime reads a time as parseTime does, and 22:30 or sat 22:30, in this machine's zone.
func parseWeekTime(s string, now time.Time) (time.Time, error) {
	now = now.Local()
	if s == "" {
		return now, nil
	}
	days, clock := 0, s
	if day, rest, ok := strings.Cut(s, " "); ok {
		i := slices.Index(policy.Days(), strings.ToLower(day))
		if i < 0 {
			return now, usage("%q is no day: %s", day, strings.Join(policy.Days(), ", "))
		}
		const week = 7
		monday := (int(now.Weekday()) + week - 1) % week // days since Monday
		days, clock = (i-monday+week)%week, strings.TrimSpace(rest)
	}
	if t, err := time.ParseInLocation("15:04", clock, now.Location()); err == nil {
		return time.Date(now.Year(), now.Month(), now.Day()+days, t.Hour(), t.Minute(), 0, 0, now.Location()), nil
	}
	t, err := parseTime(s, now)
	if err != nil {
		return now, usage("%q is no time: give RFC 3339, 22:30, or sat 22:30", s)
	}
	return t.Local(), nil
}

// fieldView is what may stand at a path, and what does.
type fieldView struct {
	policyView
	At    string    `json:"at"`
	Field fieldSpec `json:"field"`
	Value *string   `json:"value"` // as it is written; null: it is not in the file
	Line  int       `json:"line"`  // 0: it is not in the file
}

type fieldSpec struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"`
	Min      *float64 `json:"min"`
	Max      *float64 `json:"max"`
	Choices  []string `json:"choices"`
	Unit     string   `json:"unit"`
	Required bool     `json:"required"`
	Absent   string   `json:"absent"` // what it means that it is not there
	Help     string   `json:"help"`
	Fields   []string `json:"fields"` // of a record
}

func (a *app) policyExplainPath(ctx context.Context, f *policyFlags, path string) error {
	field, ok := policy.Lookup(path)
	if !ok {
		return fault.New("vox/policy/bad-path", "%q is no setting of a policy", path).WithHint("the settings: %s", strings.Join(fieldNames(policy.Schema()), ", "))
	}
	v := fieldView{At: path, Field: specOf(field)}
	b, err := a.book()
	if err != nil {
		return err
	}
	d, err := b.Read(ctx)
	if err != nil {
		return err
	}
	if v.policyView, err = a.view(ctx, f, d); err != nil {
		return err
	}
	if v.file != nil {
		n := v.file.Find(path)
		if n.Valid() {
			text := string(n.Text())
			v.Value, v.Line = &text, n.Line()
		}
	}
	return a.show(v, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %s\n%s\n", cleanText(path), v.Field.words(), v.Field.Help)
		if v.Field.Required {
			fmt.Fprintln(w, "it must be there")
		} else if v.Field.Absent != "" {
			fmt.Fprintf(w, "where it is absent: %s\n", v.Field.Absent)
		}
		if len(v.Field.Fields) > 0 {
			fmt.Fprintf(w, "with the fields %s\n", strings.Join(v.Field.Fields, ", "))
		}
		if v.Value == nil {
			fmt.Fprintf(w, "\n%s does not say it\n", cleanText(v.Path))
			return
		}
		fmt.Fprintf(w, "\n%s:%d says\n  %s\n", cleanText(v.Path), v.Line, *v.Value)
	})
}

func fieldNames(fields []policy.Field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

func specOf(f policy.Field) fieldSpec {
	s := fieldSpec{
		Name: f.Name, Type: typeWord(f.Type), Choices: append([]string{}, f.Choices...), Unit: f.Unit, Required: f.Required, Absent: f.Absent,
		Help: f.Help, Fields: append([]string{}, fieldNames(f.Fields)...),
	}
	scale := 1.0
	switch f.Type {
	case policy.Decimal:
		scale = 1e6
		fallthrough
	case policy.Int:
		low, high := float64(f.Min)/scale, float64(f.Max)/scale
		s.Min, s.Max = &low, &high
	}
	return s
}

func typeWord(t policy.Type) string {
	switch t {
	case policy.Bool:
		return "true or false"
	case policy.Int:
		return "a whole number"
	case policy.Decimal:
		return "a number"
	case policy.Choice:
		return "one word"
	case policy.Text:
		return "a name"
	case policy.Clock:
		return "a time of day"
	case policy.Texts:
		return "a list of names"
	case policy.Record:
		return "a record"
	}
	return "a list of records"
}

// words is the field's type with its range.
func (s fieldSpec) words() string {
	out := s.Type
	if s.Min != nil {
		out += fmt.Sprintf(" from %.0f to %.0f", *s.Min, *s.Max)
	}
	if len(s.Choices) > 0 {
		out += " of " + strings.Join(s.Choices, ", ")
	}
	switch s.Unit {
	case "":
	case "s":
		out += ", in seconds"
	default:
		out += ", in " + s.Unit
	}
	return out
}
