package hopper

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestAnOverrideTeaches(t *testing.T) {
	var b Board
	admit(&b, 1, Normal, func(it *Item) { it.Intent = "Caption the photos of the trip" })
	if _, ok := b.Learned("caption photos trip"); ok {
		t.Error("something was learned from nothing")
	}
	put(&b, "h-1", 1)
	if _, ok := b.Learned("caption photos trip"); ok {
		t.Error("a move to a place taught a priority")
	}
	b.Override("h-1", Override{At: 5, To: Background}, 0)
	for _, same := range []string{"caption photos trip", "The TRIP: photos, please caption the photos!", "caption the photos of my trip"} {
		if p, ok := b.Learned(same); !ok || p != Background {
			t.Errorf("Learned(%q) = %v, %v", same, p, ok)
		}
	}
	for _, other := range []string{"caption photos", "caption photos trip today", "", "the of", "!!"} {
		if p, ok := b.Learned(other); ok {
			t.Errorf("Learned(%q) = %v", other, p)
		}
	}
	b.Override("h-1", Override{At: 6, To: Urgent}, 0)
	if got, want := fmt.Sprint(b.Lessons()), "[{caption photos trip urgent 6 2}]"; got != want {
		t.Errorf("the lessons are %s, want %s", got, want)
	}
}

// A long intent is known by what its item holds of it.
func TestALongIntentIsKnownAgain(t *testing.T) {
	long := strings.Repeat("füße ", 100)[:0] + strings.Repeat("word ünd ", 40)
	held := string([]rune(long)[:MaxIntent-1]) + "…"
	var b Board
	admit(&b, 1, Normal, func(it *Item) { it.Intent = held })
	b.Override("h-1", Override{To: Urgent}, 0)
	if _, ok := b.Learned(long); !ok {
		t.Error("the whole intent is not known again")
	}
}

func TestTheNewestLessonsAreKept(t *testing.T) {
	var b Board
	admit(&b, 1, Normal)
	for n := range LessonsKept + 10 {
		b.learn(fmt.Sprintf("work w%d", n), Urgent, int64(n))
	}
	b.learn("w10 work", Background, 999)
	b.learn("something new", Background, 1000)
	lessons := b.Lessons()
	if len(lessons) != LessonsKept || lessons[0].Words != "w12 work" || lessons[len(lessons)-1].Words != "new something" {
		t.Errorf("%d lessons, from %+v to %+v", len(lessons), lessons[0], lessons[len(lessons)-1])
	}
	if p, ok := b.Learned("work w10"); !ok || p != Background {
		t.Errorf("the lesson that was taught again is %v, %v", p, ok)
	}
	var c Board
	c.PutLesson(Lesson{Words: "x"})
	c.PutLesson(Lesson{N: 4})
	c.PutLesson(Lesson{Words: "y", N: 511})
	c.PutLesson(Lesson{Words: "work w12", N: 7})
	for _, l := range lessons {
		c.PutLesson(l)
		c.PutLesson(l)
	}
	if !slices.Equal(c.Lessons(), lessons) {
		t.Error("put anew, the lessons differ")
	}
}

func TestAdmission(t *testing.T) {
	sure, unsure := Classification{Priority: Normal, Confidence: LearnBelow()}, Classification{Priority: Normal, Confidence: LearnBelow() - 1}
	for _, c := range []struct {
		name    string
		c       Classification
		learned Priority
		has     bool
		said    Priority
		want    Rank
	}{
		{"a person says it", sure, Background, true, Urgent, Rank{Urgent, Developer}},
		{"the classifier is sure", sure, Background, true, 0, Rank{Normal, Orchestrator}},
		{"it is unsure and there is a lesson", unsure, Background, true, 0, Rank{Background, LearningPolicy}},
		{"it is unsure and there is none", unsure, Background, false, 0, Rank{Normal, Orchestrator}},
		{"a lesson without a priority", unsure, 0, true, 0, Rank{Normal, Orchestrator}},
		{"nothing was classified", Classification{}, 0, false, 0, Rank{Normal, Orchestrator}},
		{"numbers past the scale", sure, 0, false, 77, Rank{Urgent, Developer}},
	} {
		if got := Admission(c.c, c.learned, c.has, c.said); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	if c := Classify("fix flaky test in oplog", Known{}); c.Confidence >= LearnBelow() {
		t.Errorf("an intent that says nothing of its priority has confidence %d: no lesson would ever count", c.Confidence)
	}
}
