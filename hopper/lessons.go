package hopper

import (
	"hash/crc32"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Lesson is what a developer made of an intent with these words.
type Lesson struct {
	Words    string // of the intent: sorted, each once, without stop words, with a blank between
	Priority Priority
	At       int64  // unix microseconds
	N        uint64 // from 1; the newest has the greatest
}

// LessonsKept is how many lessons a Board keeps: the newest.
const LessonsKept = 512

// Lessons gives what people taught, oldest first: for writing a memo.
func (b *Board) Lessons() []Lesson {
	out := make([]Lesson, 0, b.taught.Len())
	b.taught.Scan(func(_ uint64, words string) bool {
		if l, ok := b.lessons.Get(words); ok {
			out = append(out, l)
		}
		return true
	})
	return out
}

// PutLesson stores a lesson as it is: for reading a memo. One without words or number is left out.
func (b *Board) PutLesson(l Lesson) {
	if l.Words == "" || l.N == 0 {
		return
	}
	if words, ok := b.taught.Get(l.N); ok {
		b.lessons.Delete(words)
	}
	if old, ok := b.lessons.Get(l.Words); ok {
		b.taught.Delete(old.N)
	}
	b.lessons.Set(l.Words, l)
	b.taught.Set(l.N, l.Words)
	for b.taught.Len() > LessonsKept {
		_, words, _ := b.taught.PopMin()
		b.lessons.Delete(words)
	}
}

// Learned is what a developer chose last for an intent with the same words. Their order and number do not count, nor do
// stop words, capitals and marks; of a long intent only what an Item holds of it.
func (b *Board) Learned(intent string) (Priority, bool) {
	l, ok := b.lessons.Get(lessonWords(intent))
	return l.Priority, ok
}

// learn remembers what a developer chose, as the newest lesson.
func (b *Board) learn(intent string, p Priority, at int64) {
	newest, _, _ := b.taught.Max()
	if newest == math.MaxUint64 {
		return
	}
	b.PutLesson(Lesson{Words: lessonWords(intent), Priority: p, At: at, N: newest + 1})
}

// lessonWords is an intent as Lesson.Words. A longer one is cut as an Item's intent is, so that both have the same words.
func lessonWords(intent string) string {
	if len(intent) > MaxIntent && utf8.RuneCountInString(intent) > MaxIntent {
		n := 0
		for i := range intent {
			if n++; n == MaxIntent {
				intent = intent[:i]
				break
			}
		}
	}
	var words []string
	for _, w := range split(intent) {
		if !weights().stop[w.text] && w.text != "!!" {
			words = append(words, w.text)
		}
	}
	slices.Sort(words)
	return strings.Join(slices.Compact(words), " ")
}

// LessonsVersion names the words that lessons leave out. What a board has learned depends on them: a memo of a board is one of
// this version, or else it and a replay of the log would not agree.
func LessonsVersion() uint32 { return weights().lessonsVersion() }

func (t *table) lessonsVersion() uint32 {
	return crc32.ChecksumIEEE([]byte(strings.Join(slices.Sorted(maps.Keys(t.stop)), " ")))
}
