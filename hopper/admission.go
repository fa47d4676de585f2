package hopper

// LearnBelow is the confidence, in hundredths, below which a lesson decides instead of the classifier; from the data file.
func LearnBelow() int { return weights().learnBelow }

// Admission is the rank that an item comes in with. What a person said (0: nothing) is a Developer's. Else, where the
// classifier is less sure than LearnBelow and people set something for the same words before, that is a LearningPolicy's;
// else the classification is the Orchestrator's.
func Admission(c Classification, learned Priority, hasLearned bool, said Priority) Rank {
	switch {
	case said != 0:
		return Rank{said.in(), Developer}
	case hasLearned && learned != 0 && c.Confidence < weights().learnBelow:
		return Rank{learned.in(), LearningPolicy}
	}
	return Rank{c.Priority.in(), Orchestrator}
}
