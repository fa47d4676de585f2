package policy

import (
	"fmt"
	"strings"
	"time"

	"voxmesh/policy/syntax"
)

func (d *decoder) hours(p *Policy, v syntax.Node) {
	f := &table[indexField(table, fHours)]
	const example = `{ days: [mon, fri], from: "22:00", to: "07:00" }`
	var windows []Window
	n, ok := d.records(v, f, "hours", example, func(e syntax.Node, at where) {
		if at.i < MaxWindows {
			windows = append(windows, d.window(e, at, f.Fields))
		}
	})
	if !ok {
		return
	}
	if n > MaxWindows {
		d.fail(v, "too-many", fmt.Sprintf("%s has %d windows", fHours, n), fmt.Sprintf("at most %d", MaxWindows), "")
	}
	p.ActiveHours = append([]Window{}, windows...)
}

func (d *decoder) window(e syntax.Node, at where, known []Field) Window {
	var w Window
	d.fieldsOf(e, "active_hours", known, func(f *Field, v syntax.Node) {
		switch f.Name {
		case fDays:
			w.Days = d.days(v, at, f)
		case fFrom:
			w.From = d.clock(v, at.in(f.Name), "00:00 to 23:59", dayMinutes-1)
		case fTo:
			w.To = d.clock(v, at.in(f.Name), "00:00 to 24:00", dayMinutes)
		case fZone:
			w.Zone, w.loc = d.zone(v, at.in(f.Name))
		}
	})
	d.need(e, at, fFrom, "does not say when it begins", `from: "22:00"`)
	d.need(e, at, fTo, "does not say when it ends", `to: "07:00"`)
	return w
}

func (d *decoder) days(v syntax.Node, at where, f *Field) []string {
	if !d.is(v, syntax.ListNode, at.in(f.Name), "a list, as in [mon, fri]") {
		return nil
	}
	days := []string{}
	for e := range v.Children() {
		if e.Kind() == syntax.ErrorNode {
			continue
		}
		switch s, known := d.choice(e, at.in(f.Name), f); {
		case !known:
			d.fail(e, "unknown-day", fmt.Sprintf("%s is %q, which is no day of the week", at.in(f.Name), clip(s)), orList(f.Choices), near(s, f.Choices))
		case s != "":
			days = append(days, s)
		}
	}
	return days
}

// clock reads a time of the day, as text.
func (d *decoder) clock(v syntax.Node, what where, span string, most int) string {
	expected := `a time in quotes, from ` + span + `, as in "07:30"`
	if v.Kind() == syntax.NumberNode { // 22:00 without quotes is not one value
		d.fail(v, "wrong-type", fmt.Sprintf("%s is %s, without quotes", what, clip(string(v.Text()))), expected, "")
		return ""
	}
	s, ok := d.name(v, what, expected)
	if !ok {
		return ""
	}
	if m, ok := clock(s); !ok || m > most {
		d.fail(v, "bad-time", fmt.Sprintf("%s is %q, which is no time of the day", what, clip(s)), expected, "")
		return ""
	}
	return s
}

// zone finds a time zone. Each is looked for once.
func (d *decoder) zone(v syntax.Node, what where) (string, *time.Location) {
	const expected = `the name of a zone, as in "Europe/Berlin", or no zone for this machine's`
	s, ok := d.name(v, what, expected)
	if !ok {
		return "", nil
	}
	loc, known := d.zones[s]
	if !known {
		loc = zone(s)
		if d.zones == nil {
			d.zones = make(map[string]*time.Location)
		}
		d.zones[s] = loc
	}
	if loc == nil {
		d.fail(v, "unknown-zone", fmt.Sprintf("%s is %q, which is no time zone known here", what, clip(s)), expected, nearestZone(s))
		return "", nil
	}
	return s, loc
}

func (d *decoder) busy(p *Policy, v syntax.Node) {
	f := &table[indexField(table, fBusy)]
	const expected = "true, false, or a record, as in { cpu_percent: 50, input_secs: 120 }"
	if v.Kind() != syntax.RecordNode {
		var on bool
		if v.Kind() != syntax.NameNode {
			d.is(v, syntax.RecordNode, named(f.Name), expected)
		} else if d.boolean(v, named(f.Name), &on) && on {
			y := DefaultYield()
			p.PauseWhenBusy = &y
		}
		return
	}
	y := Yield{GraceSecs: DefaultGraceSecs}
	into := map[string]*int{fCPU: &y.CPUPercent, fGPU: &y.GPUPercent, fInput: &y.InputSecs, fGrace: &y.GraceSecs}
	d.fieldsOf(v, "pause_when_busy", f.Fields, func(f *Field, v syntax.Node) {
		if i, ok := d.integer(v, where{field: fBusy + "." + f.Name}, f, ""); ok {
			*into[f.Name] = int(i)
		}
	})
	if !v.Field(fCPU).Valid() && !v.Field(fGPU).Valid() && !v.Field(fInput).Valid() {
		d.say(SeverityNote, v, "no-effect", "pause_when_busy says nothing to look at and has no effect", "cpu_percent, gpu_percent or input_secs", "")
	}
	p.PauseWhenBusy = &y
}

func (d *decoder) models(p *Policy, v syntax.Node) {
	p.Models = d.names(v, fModels)
	d.each(v, func(e syntax.Node, s string, i int) {
		if strings.Contains(strings.TrimSuffix(s, "*"), "*") {
			d.fail(e, "bad-name", fmt.Sprintf("%s[%d] is %q: a * stands for any rest only at the end", fModels, i, clip(s)), "a name, as in \"llama3.2:3b\" or \"qwen2.5*\"", "")
		}
	})
}

// each yields the names of a list that are sound, with their places.
func (d *decoder) each(list syntax.Node, yield func(e syntax.Node, s string, i int)) {
	if list.Kind() != syntax.ListNode {
		return
	}
	i := 0
	for e := range list.Children() {
		if e.Kind() == syntax.ErrorNode {
			continue
		}
		if s, ok := plainName(e); ok {
			yield(e, s, i)
		}
		i++
	}
}
