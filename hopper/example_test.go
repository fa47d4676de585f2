package hopper_test

import (
	"fmt"

	"voxmesh/hopper"
)

// By hand, from weights.tsv. The words are
//
//	bisect the slow seek on bob cpu quickly / the release is blocked
//
// Priority: urgent has "quickly" 4 and "blocked" 3, background nothing, so d = 7. From 3 on it is urgent; the margin is
// 4, and the confidence of an urgent one with margin 4 is 96. Kind: cpu has "bisect*" 3, and 2 more as the kind that is
// spoken of first: 5, and the others 0. The node bob-cpu is named.
func ExampleClassify() {
	c := hopper.Classify("Bisect the slow seek on bob-cpu quickly: the release is blocked", hopper.Known{Nodes: []string{"alice-gpu", "bob-cpu"}})
	fmt.Println(c.Priority, c.Confidence, c.Affinity.Kind, c.Affinity.Nodes)
	// Output: urgent 96 cpu [bob-cpu]
}

// Of "it is not urgent" the phrase of most words is "not urgent", 5 for background; "urgent" is used up by it. d = −5, the
// margin is 2. What is quoted is not read.
func ExampleClassify_negated() {
	c := hopper.Classify(`Embed the mails about "drop everything" with llama3.2, it is not urgent`, hopper.Known{Models: []string{"llama3.2:3b"}})
	fmt.Println(c.Priority, c.Confidence, c.Affinity.Kind, c.Affinity.Models)
	// Output: background 88 embed [llama3.2:3b]
}

// Nothing speaks of a priority, so the classifier is not sure enough to beat what people set for the same words before.
func ExampleAdmission() {
	var b hopper.Board
	b.Admit(hopper.Item{ID: "h-1", Intent: "caption the holiday photos", Rank: hopper.Rank{Value: hopper.Normal, Source: hopper.Orchestrator}, At: 1, Seq: 1})
	b.Override("h-1", hopper.Override{At: 2, To: hopper.Background, Actor: "mira", Reason: "they can wait"}, 0)

	c := hopper.Classify("Caption my holiday photos!", hopper.Known{})
	p, ok := b.Learned("Caption my holiday photos!")
	r := hopper.Admission(c, p, ok, 0)
	fmt.Println(c.Priority, c.Confidence, "and learned:", r.Value, "by", r.Source)
	// Output: normal 86 and learned: background by learning-policy
}
