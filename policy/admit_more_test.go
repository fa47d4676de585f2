package policy

import (
	"slices"
	"strings"
	"testing"
	"time"
)

const moreFile = `policy donations {
  slots: [{ kind: gpu, weight: 50 }, { kind: text, weight: 50 }]
  active_hours: [
    { days: [mon], from: "22:00", to: "07:00", zone: "Europe/Berlin" },
    { days: [tue], from: "12:00", to: "13:00", zone: UTC },
  ]
  pause_when_busy: true
  commands: [
    ffmpeg,
    blender,
  ]
  models: ["llama3.2", "qwen2.5*"]
}
`

func TestDecideBeyondThePlan(t *testing.T) {
	f := Parse("donations.vox", []byte(moreFile))
	p, ok := f.Policy()
	if !ok {
		t.Fatal(f.Problems())
	}
	night := moment(t, "2026-11-23T21:00:00Z") // a Monday, ten in the evening in Berlin
	for _, tc := range []struct {
		name   string
		change func(*Request)
		load   Load
		rule   string // of the answer to look at
		allows bool
		field  string
		line   int
		text   string
	}{
		{name: "within", rule: "hours", allows: true, field: "active_hours[0]", line: 4, text: "within the hours given"},
		{name: "past midnight", change: func(r *Request) { r.At = r.At.Add(8 * time.Hour) }, rule: "hours", allows: true, field: "active_hours[0]", line: 4},
		{name: "in the other window", change: func(r *Request) { r.At = moment(t, "2026-11-24T12:00:00Z") }, rule: "hours", allows: true, field: "active_hours[1]", line: 5},
		{name: "outside", change: func(r *Request) { r.At = r.At.Add(-time.Minute) }, rule: "hours", field: "active_hours", line: 3, text: "it is Mon 20:59; others may use this machine from Mon 21:00 on"},
		{name: "in another zone", change: func(r *Request) { r.At = r.At.Add(-time.Minute).In(time.FixedZone("", 3600)) }, rule: "hours", field: "active_hours", line: 3, text: "it is Mon 21:59; others may use this machine from Mon 22:00 on"},
		{name: "nearly a week", change: func(r *Request) { r.At = moment(t, "2026-11-24T13:00:00Z") }, rule: "hours", field: "active_hours", line: 3, text: "from Mon 30 Nov 21:00 on"},
		{name: "at a time that is not known", change: func(r *Request) { r.At = time.Time{} }, rule: "hours", field: "active_hours", line: 3, text: "not known"},
		{name: "the owner is away", rule: "owner", allows: true, field: "pause_when_busy", line: 7},
		{name: "the owner is there", load: Load{Owner: "a key or the mouse was touched 3s ago"}, rule: "owner", field: "pause_when_busy", line: 7, text: "the owner needs this machine: a key or the mouse was touched 3s ago"},
		{name: "no command", rule: "commands", allows: true, field: "commands", line: 8},
		{name: "a command that is given", change: func(r *Request) { r.Command = "blender" }, rule: "commands", allows: true, field: "commands[1]", line: 10},
		{name: "a command that is not", change: func(r *Request) { r.Command = "sh" }, rule: "commands", field: "commands", line: 8, text: `"sh"`},
		{name: "a command is no path", change: func(r *Request) { r.Command = "/usr/bin/ffmpeg" }, rule: "commands", field: "commands", line: 8},
		{name: "no model", rule: "models", allows: true, field: "models", line: 12},
		{name: "a model with its tag", change: func(r *Request) { r.Kind, r.Model = "text", "llama3.2:latest" }, rule: "models", allows: true, field: "models[0]", line: 12},
		{name: "any rest", change: func(r *Request) { r.Kind, r.Model = "text", "qwen2.5-coder:7b" }, rule: "models", allows: true, field: "models[1]", line: 12},
		{name: "another tag", change: func(r *Request) { r.Kind, r.Model = "text", "llama3.2:1b" }, rule: "models", field: "models", line: 12},
		{name: "a text job without a model", change: func(r *Request) { r.Kind = "text" }, rule: "models", field: "models", line: 12, text: "names no model"},
		{name: "a gpu job with a model", change: func(r *Request) { r.Model = "mistral" }, rule: "models", field: "models", line: 12},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := ask(func(r *Request) { r.At = night })
			if tc.change != nil {
				tc.change(&r)
			}
			d := Decide(p, f, r, tc.load)
			got := answer(t, d, tc.rule)
			if d.Accept != tc.allows || got.Allowed != tc.allows || got.Field != tc.field || got.Line != tc.line || !strings.Contains(got.Text, tc.text) {
				t.Errorf("accept %v, %+v", d.Accept, got)
			}
		})
	}
}

func answer(t *testing.T, d Decision, rule string) Reason {
	t.Helper()
	i := slices.IndexFunc(d.Reasons, func(r Reason) bool { return r.Rule == rule })
	if i < 0 {
		t.Fatalf("the rule %s did not answer", rule)
	}
	return d.Reasons[i]
}

// A policy that says nothing of the fields beyond the plan refuses nothing for them, but commands.
func TestDecideByWhatIsAbsent(t *testing.T) {
	p := Policy{Slots: []Slot{{"gpu", 1, 50}, {"text", 1, 50}}}
	for _, r := range []Request{ask(nil), ask(func(r *Request) { r.Kind, r.Model = "text", "any:1b" }), ask(func(r *Request) { r.Kind = "text" })} {
		if d := Decide(p, nil, r, Load{Owner: "busy"}); !d.Accept {
			t.Errorf("%+v: %+v", r, d.Refusals())
		}
	}
	if d := Decide(p, nil, ask(func(r *Request) { r.Command = "ffmpeg" }), Load{}); d.Accept || d.Refusals()[0].Rule != "commands" {
		t.Errorf("a command that nobody gave: %+v", d)
	}
	for rule, narrow := range map[string]func(*Policy){
		"hours":  func(p *Policy) { p.ActiveHours = []Window{} },
		"models": func(p *Policy) { p.Models = []string{} },
	} {
		q := p
		narrow(&q)
		r := ask(func(r *Request) { r.Kind, r.Model, r.At = "text", "any:1b", moment(t, "2026-11-23T21:00:00Z") })
		if d := Decide(q, nil, r, Load{}); d.Accept || d.Refusals()[0].Rule != rule {
			t.Errorf("%s: %+v", rule, d)
		}
	}
}

func TestHoursThatAreNotKnown(t *testing.T) {
	p := in(t, `active_hours: [{ from: "00:00", to: "24:00" }]`)
	if open, until := p.HoursEnd(time.Time{}); open || !until.IsZero() {
		t.Errorf("at no known time: %v until %v", open, until)
	}
	for _, w := range []Window{{}, {From: "24:00", To: "01:00"}, {From: "00:00", To: "25:00"}, {From: "0000", To: "24:00"}, {From: "00:00", To: "24:00", Zone: "Nowhere"}, {From: "00:00", To: "24:00", Days: []string{"someday"}}} {
		p := Policy{ActiveHours: []Window{w}}
		if open, until := p.HoursEnd(moment(t, "2026-11-23T21:00:00Z")); open || !until.IsZero() {
			t.Errorf("%+v is open: %v until %v", w, open, until)
		}
	}
	made := Policy{ActiveHours: []Window{{From: "22:00", To: "23:00", Zone: "Europe/Berlin"}}} // by hand, not by a file
	if open, until := made.HoursEnd(moment(t, "2026-11-23T21:30:00Z")); !open || !until.Equal(moment(t, "2026-11-23T22:00:00Z")) {
		t.Errorf("a window without its zone looked up: %v until %v", open, until)
	}
	if got := answer(t, Decide(Policy{ActiveHours: []Window{}}, nil, Request{At: moment(t, "2026-11-23T21:30:00Z")}, Load{}), "hours"); !strings.HasPrefix(got.Text, "no hours are given") {
		t.Errorf("got %+v", got)
	}
}

func TestGives(t *testing.T) {
	p := in(t, `models: ["llama3.2", "qwen2.5*", "phi:3*", "mistral:7b"] commands: [ffmpeg]`)
	for name, want := range map[string]bool{
		"llama3.2": true, "llama3.2:latest": true, "llama3.2:3b": false, "llama3": false, "": false, "LLAMA3.2": false,
		"qwen2.5": true, "qwen2.5:7b": true, "qwen2.5-coder": true, "qwen2": false,
		"phi": false, "phi:3": true, "phi:3.5": true, "mistral": false, "mistral:7b": true, "qwen2.5*": true,
	} {
		if p.GivesModel(name) != want {
			t.Errorf("GivesModel(%q) = %v", name, !want)
		}
	}
	for name, want := range map[string]bool{"ffmpeg": true, "ffmpe": false, "": false, "FFMPEG": false} {
		if p.GivesCommand(name) != want {
			t.Errorf("GivesCommand(%q) = %v", name, !want)
		}
	}
	none, every := in(t, "models: []"), in(t, `models: ["*"]`)
	if none.GivesModel("a") || !every.GivesModel("a") || every.GivesModel("") {
		t.Error("no model, or every one")
	}
}

func TestBusy(t *testing.T) {
	y := DefaultYield()
	quiet := Activity{CPUPercent: 49, GPUPercent: 49, Idle: 2 * time.Minute}
	for _, tc := range []struct {
		name   string
		y      *Yield
		change func(*Activity)
		want   string
	}{
		{"quiet", &y, nil, ""},
		{"processor", &y, func(a *Activity) { a.CPUPercent = 50 }, "the owner's programs use 50 % of the processor"},
		{"card", &y, func(a *Activity) { a.GPUPercent = 90 }, "the owner's programs use 90 % of a graphics card"},
		{"input", &y, func(a *Activity) { a.Idle = 2*time.Minute - 1 }, "a key or the mouse was touched 1m59s ago"},
		{"input just now", &y, func(a *Activity) { a.Idle = 0 }, "a key or the mouse was touched 0s ago"},
		{"nothing is known", &y, func(a *Activity) { *a = Activity{-1, -1, -1} }, ""},
		{"nothing is looked at", &Yield{GraceSecs: 60}, func(a *Activity) { *a = Activity{100, 100, 0} }, ""},
		{"no policy of it", nil, func(a *Activity) { *a = Activity{100, 100, 0} }, ""},
	} {
		a := quiet
		if tc.change != nil {
			tc.change(&a)
		}
		if got := tc.y.Busy(a); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestPauseWhenBusyIsRead(t *testing.T) {
	d := DefaultYield()
	for text, want := range map[string]*Yield{
		"true": &d, "false": nil, "{ cpu_percent: 20 }": {CPUPercent: 20, GraceSecs: 60},
		"{ input_secs: 5, grace_secs: 0 }": {InputSecs: 5}, "{}": {GraceSecs: 60},
	} {
		got := in(t, "pause_when_busy: "+text).PauseWhenBusy
		if (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
}
