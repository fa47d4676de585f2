package hopper

import (
	"strings"
	"testing"
)

// A board learns by the words that are left. With other stop words a replay gives other lessons, so memos must be others too.
func TestOtherStopWordsAreAnotherVersion(t *testing.T) {
	version := func(file string) uint32 {
		table, err := parseWeights(file)
		if err != nil {
			t.Fatal(err)
		}
		return table.lessonsVersion()
	}
	now := LessonsVersion()
	if again := version(weightsFile); again != now {
		t.Errorf("the same words are %d and %d", now, again)
	}
	if other := version(weightsFile + "\nstop\t-\tzebra\n"); other == now {
		t.Error("one stop word more is the same version")
	}
	if other := version(strings.Replace(weightsFile, "set\t3\tdecide", "set\t4\tdecide", 1)); other != now {
		t.Error("what is no part of the state is another version")
	}
}
