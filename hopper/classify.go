package hopper

// How an intent is read. The data file weights.tsv has the words; what follows can be done by hand.
//
//  1. Of the intent the first 16 KiB are read. What stands between quotation marks is left out, unless nothing else is
//     there. The rest is words in small letters (see split), parted into clauses by . , ; : ! ? ( ) and line ends.
//  2. From left to right, at each word the phrase of most words that begins there is taken, within one clause; its words
//     are used up. A phrase counts once, however often it is there.
//  3. Each phrase of urgent and of background gives its weight to its class. Where a word of "not" stands in its clause, at
//     most three words before it, it gives half of it, rounded down, to the other class instead.
//     The phrases of normal use words up that mean something else ("urgent care"), and weigh against both.
//  4. d = urgent − background, moved toward 0 by the weight of normal. From d = decide on it is urgent, from −decide on
//     background, else normal.
//  5. The margin is how far d is from where the answer would be another: d − decide, or decide − 1 − |d| for normal; where
//     words spoke for both sides, less half of the smaller side. The confidence of a margin is a list in the data file,
//     one for each class, measured on the labelled intents. Where no word spoke of priority it is the setting "silent".
//  6. The kind: the same walk with the phrases of text, embed, cpu and gpu, where "not" takes a phrase out; the kind
//     spoken of first gets "first" more. The one with the greatest score, of at least kind-at, is it; of equals none is.
//  7. Models and nodes: see names.go.

// Known are the names that an intent may speak of.
type Known struct {
	Models []string
	Nodes  []string
}

// Classification is what the classifier makes of an intent.
type Classification struct {
	Priority   Priority
	Affinity   Affinity
	Confidence int // 0 to 100
}

// Classify reads an intent. The same words give the same answer on every machine: the weights are a data file of the
// package, and nothing else is asked. Any text is an intent; its first 16 KiB are read, in linear time.
func Classify(intent string, k Known) Classification {
	intent = clip(intent)
	words := split(unquote(intent))
	var c Classification
	c.Priority, c.Confidence = weights().judge(weights().read(words))
	c.Affinity.Kind = weights().kindOf(words)
	names := tokens(intent)
	c.Affinity.Models = names.models(k.Models)
	c.Affinity.Nodes = names.nodes(k.Nodes)
	return c
}

// reading is what the words of an intent weigh.
type reading struct {
	urgent, background, normal int
	spoke                      bool
}

// walk calls visit with each phrase that an intent has, once, and whether it is negated.
func (t *table) walk(root *node, words []word, visit func(f *feature, negated bool)) {
	seen := map[*feature]bool{}
	for i := 0; i < len(words); {
		f, n := root.longest(words[i:], t.number)
		if f == nil {
			i++
			continue
		}
		if !seen[f] {
			seen[f] = true
			visit(f, t.negated(words, i))
		}
		i += n
	}
}

func (t *table) negated(words []word, at int) bool {
	for i := at - 1; i >= 0 && i >= at-3 && words[i].clause == words[at].clause; i-- {
		if t.not[words[i].text] {
			return true
		}
	}
	return false
}

func (t *table) read(words []word) reading {
	var r reading
	t.walk(t.priority, words, func(f *feature, negated bool) {
		r.spoke = true
		switch {
		case f.class == "normal":
			r.normal += f.weight
		case (f.class == "urgent") != negated:
			r.urgent += half(f.weight, negated)
		default:
			r.background += half(f.weight, negated)
		}
	})
	return r
}

func half(n int, yes bool) int {
	if yes {
		return n / 2
	}
	return n
}

// judge is steps 4 and 5.
func (t *table) judge(r reading) (Priority, int) {
	if !r.spoke {
		return Normal, t.silent
	}
	d := r.urgent - r.background
	size := max(max(d, -d)-r.normal, 0)
	p, margin := Normal, t.decide-1-size
	if size >= t.decide {
		if p, margin = Urgent, size-t.decide; d < 0 {
			p = Background
		}
	}
	margin = max(margin-min(r.urgent, r.background)/2, 0)
	list := t.confidence[p]
	if len(list) == 0 {
		return p, 0
	}
	return p, list[min(margin, len(list)-1)]
}

var kinds = [...]string{"text", "embed", "cpu", "gpu"}

// kindOf is step 6.
func (t *table) kindOf(words []word) string {
	score, first := map[string]int{}, t.first
	t.walk(t.kind, words, func(f *feature, negated bool) {
		if f.class == "any" || negated {
			return
		}
		score[f.class] += f.weight + first
		first = 0
	})
	best, kind := t.kindAt-1, ""
	for _, k := range kinds {
		switch {
		case score[k] > best:
			best, kind = score[k], k
		case score[k] == best:
			kind = ""
		}
	}
	return kind
}
