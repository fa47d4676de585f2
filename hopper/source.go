package hopper

// Source is who set a priority. The order is partial: a developer beats the orchestrator, the orchestrator beats a
// learning policy, and only a developer may change what a developer set. The zero value is none.
type Source uint8

// The sources, the weakest first.
const (
	LearningPolicy Source = 1 + iota // what people set for intents like it
	Orchestrator                     // the classifier
	Developer                        // a person
)

var sourceNames = [...]string{"", "learning-policy", "orchestrator", "developer"}

// String is learning-policy, orchestrator or developer.
func (s Source) String() string { return sourceNames[min(s, Developer)] }

// Short is lrn, orc or dev: three columns of a table.
func (s Source) Short() string { return [...]string{"", "lrn", "orc", "dev"}[min(s, Developer)] }

// Rank is a priority with who set it.
type Rank struct {
	Value  Priority
	Source Source
}

// Beats reports whether what s set may not be changed by o. Of two equal ones neither beats the other.
func (s Source) Beats(o Source) bool { return min(s, Developer) > min(o, Developer) }
