package pane

import (
	"context"
	"testing"
)

func TestQuestion(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	var s Session
	var q Question[string]
	ask := func(wanted bool, answer string) func() (Answered[string], bool) {
		cmd := q.Ask(ctx, &s, wanted, func() string { return answer })
		return func() (Answered[string], bool) {
			if cmd == nil {
				return Answered[string]{}, false
			}
			m, ok := cmd().(Answered[string])
			return m, ok
		}
	}
	first := ask(false, "first")
	if !q.Open() {
		t.Fatal("nothing is on its way")
	}
	if _, ok := ask(false, "second")(); ok {
		t.Error("a second is asked beside the first")
	}
	m, _ := first()
	if m.Answer != "first" {
		t.Errorf("the answer is %q", m.Answer)
	}
	if current, again := q.Take(m); !current || !again || q.Open() {
		t.Errorf("current %v, again %v, open %v: the world changed meanwhile", current, again, q.Open())
	}
	if current, _ := q.Take(m); current {
		t.Error("an answer is taken twice")
	}
	old, wanted := ask(false, "old"), ask(true, "wanted")
	m, _ = old()
	if current, _ := q.Take(m); current {
		t.Error("an answer is taken to what is not wanted any more")
	}
	m, _ = wanted()
	if current, again := q.Take(m); !current || again {
		t.Errorf("current %v, again %v: nothing changed meanwhile", current, again)
	}
	m, _ = ask(false, "dropped")()
	q.Drop()
	if current, _ := q.Take(m); current || q.Open() {
		t.Error("an answer is taken to what was answered otherwise")
	}
	late := ask(false, "late")
	end()
	if _, ok := late(); ok {
		t.Error("it is answered after the end")
	}
}
