package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// newScene is a console on the mesh of the drawings, with its whole log.
func newScene(t testing.TB, w, h int, env ...string) *screen {
	return playLog(t, aurelia(), w, h, env...)
}

// playLog is play with a log that can be gone back in.
func playLog(t testing.TB, l *sampleLog, w, h int, env ...string) *screen {
	t.Helper()
	on := newHost(l.st)
	on.log = l
	return playOn(t, on, w, h, Options{Env: env, Operator: "mira"})
}

// scenes are every pane and layer of the console, as it is a few keys after it was opened.
var scenes = map[string]func(s *screen) *screen{
	"mesh":      func(s *screen) *screen { return s },
	"nodes":     func(s *screen) *screen { return s.press("v") },
	"inspector": func(s *screen) *screen { return s.press("enter", "down") },
	"host":      func(s *screen) *screen { return s.press("v", "down", "down") },
	"filter":    func(s *screen) *screen { return s.press("v", "/").typed("status:on") },
	"invited": func(s *screen) *screen {
		s.h.st = aurelia().invited("friend", now.Add(492*time.Second)).st
		return s.send(worldOf(s.c)).press("v", "end")
	},
	"empty":           func(s *screen) *screen { s.h.st = newLog().start(now).st; return s.send(worldOf(s.c)) },
	"runs":            func(s *screen) *screen { return s.press("2") },
	"hopper":          func(s *screen) *screen { return s.on(workshop()).press("3") },
	"hopper-moved":    func(s *screen) *screen { return s.on(workshop()).press("3", "end", "m", "up", "up", "up") },
	"hopper-priority": func(s *screen) *screen { return s.on(workshop()).press("3", "down", "down", "!") },
	"hopper-trail":    func(s *screen) *screen { return s.on(workshop()).press("3", "enter") },
	"hopper-history":  func(s *screen) *screen { return s.on(workshop()).press("3", "right", "right") },
	"timeline": func(s *screen) *screen {
		return s.on(workshop()).press("2", "/").typed("nightly").press("enter", "enter")
	},
	"flow-tree": func(s *screen) *screen {
		return s.on(workshop()).press("2", "/").typed("nightly").press("enter", "enter", "v")
	},
	"send-flow": func(s *screen) *screen {
		return s.press("S", "shift+tab", "right", "right", "right", "right", "right", "tab").typed("nightly.vox")
	},
	"models": func(s *screen) *screen { return s.press("4") },
	"policy": func(s *screen) *screen { return s.press("5") },
	"policy-edits": func(s *screen) *screen {
		s.press("5", "down", "right", "enter", "down", "down", "enter")
		for range 11 {
			s.press("down")
		}
		return s.press("right", "enter").typed("3").press("tab").typed("1").press("enter").press("home", "down", "left")
	},
	"policy-typing": func(s *screen) *screen { return s.press("5", "down", "right", "enter", "down", "down") },
	"policy-file":   func(s *screen) *screen { return s.press("5", "space").press("v") },
	"policy-broken": func(s *screen) *screen { return s.withFile(broken).press("5") },
	"policy-issues": func(s *screen) *screen { return s.withFile(broken).press("5", "v", "v") },
	"policy-clash": func(s *screen) *screen {
		s.press("5", "down", "right", "enter", "up", "enter")
		s.donor.set(strings.Replace(given, "min_priority: 5", "min_priority: 7", 1))
		return s.press("W")
	},
	"policy-none":    func(s *screen) *screen { return s.withFile("").press("5") },
	"policy-explain": func(s *screen) *screen { return s.press("5", "e") },
	"policy-picker":  func(s *screen) *screen { return s.press("5", "end", "up", "enter") },
	"audit":          func(s *screen) *screen { return s.press("6") },
	"signed":         func(s *screen) *screen { return s.press("6", "enter") },
	"drawer":         func(s *screen) *screen { return s.press("2", "enter") },
	"output":         func(s *screen) *screen { return s.press("2", "enter", "v") },
	"help":           func(s *screen) *screen { return s.press("?") },
	"palette":        func(s *screen) *screen { return s.press(":").typed("drain al") },
	"confirm": func(s *screen) *screen {
		return s.press("K").typed("alice-g").press("tab").typed("runaway render").press("tab")
	},
	"drain":   func(s *screen) *screen { return s.press("D") },
	"explain": func(s *screen) *screen { return s.press("e") },
	"cap":     func(s *screen) *screen { return s.press("C").typed("7") },
	"send":    func(s *screen) *screen { return s.press("S").typed("why is the sky blue") },
	"join":    func(s *screen) *screen { return s.press("J") },
	"preview": func(s *screen) *screen { return s.press("J").send(tea.PasteMsg{Content: invite}).press("enter") },
	"add-box": func(s *screen) *screen { return s.press("A").typed("friend").press("tab", "left", "space") },
	"add":     func(s *screen) *screen { return s.friend() },
	"past":    func(s *screen) *screen { return s.past("09:41:07") },
	"time":    func(s *screen) *screen { return s.press("t").typed("9:4") },
	"lost":    func(s *screen) *screen { return s.send(lostMsg{}) },
	"leaving": func(s *screen) *screen { s.c.s.InProcess = true; return s.press("q") },
}

// invite is the link of another mesh.
const invite = "vox+invite://192.168.1.40:7420?b=EWkgTdAKb3Jx9vQ2mZc7LrYh0sUe4nPaBt8KwGd5XfOiVj1RqMzS6CyTlHgE"

// past goes to a time of the day by typing it, and waits for the picture.
func (s *screen) past(hms string) *screen { return s.press("t").typed(hms).press("enter") }
