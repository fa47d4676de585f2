package policy

import (
	"fmt"
	"slices"
	"time"
)

// The rules beyond the plan: when, beside whom, and with what.

// hours asks for the moment. One that is not known is outside all hours: nobody may come by not saying when.
func (a *admission) hours() {
	at := a.r.At
	switch {
	case a.p.ActiveHours == nil:
		a.say("hours", true, fHours, "", "any time will do")
		return
	case len(a.p.ActiveHours) == 0:
		a.say("hours", false, fHours, "", "no hours are given in which others may use this machine")
		return
	case at.IsZero():
		a.say("hours", false, fHours, "", "it is not known what time it is, and only certain hours are given")
		return
	}
	if i := openIn(a.p.stretches(at), at); i >= 0 {
		a.say("hours", true, fmt.Sprintf("%s[%d]", fHours, i), "", "it is %s, within the hours given", shortTime(at, at))
		return
	}
	if _, until := a.p.HoursEnd(at); !until.IsZero() {
		a.say("hours", false, fHours, "", "it is %s; others may use this machine from %s on", shortTime(at, at), shortTime(until, at))
		return
	}
	a.say("hours", false, fHours, "", "it is %s, and no hours that are given come", shortTime(at, at))
}

// shortTime is a moment near now, for people.
func shortTime(t, now time.Time) string {
	if t.Sub(now) > 6*24*time.Hour { // the day of the week alone would be another one
		return t.Format("Mon 2 Jan 15:04")
	}
	return t.Format("Mon 15:04")
}

func (a *admission) owner() {
	switch {
	case a.p.PauseWhenBusy == nil:
		a.say("owner", true, fBusy, "", "what the owner does stops nothing")
	case a.l.Owner == "":
		a.say("owner", true, fBusy, "", "the owner does not need this machine now")
	default:
		a.say("owner", false, fBusy, "", "the owner needs this machine: %s", safeText(clip(a.l.Owner)))
	}
}

func (a *admission) commands() {
	name := a.r.Command
	switch i := slices.Index(a.p.Commands, name); {
	case name == "":
		a.say("commands", true, fCommands, "", "the job runs no command")
	case i >= 0:
		a.say("commands", true, fmt.Sprintf("%s[%d]", fCommands, i), "", "the command %q is given", clip(name))
	default:
		a.say("commands", false, fCommands, "", "the command %q is not among those given", clip(name))
	}
}

func (a *admission) models() {
	name := a.r.Model
	asks := name != "" || a.r.Kind == "text" || a.r.Kind == "embed"
	switch i := a.p.modelIndex(name); {
	case !asks:
		a.say("models", true, fModels, "", "the job asks no model")
	case a.p.Models == nil:
		a.say("models", true, fModels, "", "any model may be asked")
	case i >= 0:
		a.say("models", true, fmt.Sprintf("%s[%d]", fModels, i), "", "the model %q is given", clip(name))
	case name == "":
		a.say("models", false, fModels, "", "the job names no model, and only those listed may be asked")
	default:
		a.say("models", false, fModels, "", "the model %q is not among those given", clip(name))
	}
}
