// Package filters has methods that say that they only look, by their name.
package filters

type Fields struct{ Text, Node string }

type part struct{ want string }

func (p part) matches(f Fields) bool { return f.Text == p.want }

type Filter struct {
	parts []part
	last  string
}

func (f *Filter) Matches(r Fields) bool {
	var seen []string
	for _, p := range f.parts {
		if !p.matches(r) {
			return false
		}
		seen = append(seen, p.want)
	}
	return len(seen) > 0
}

type Keeping struct{ last Fields }

func (k *Keeping) Matches(r Fields) bool { // want `Matches keeps something`
	k.last = r
	return true
}

type Counting struct{ seen map[string]int }

func (c *Counting) Matches(r Fields) bool { // want `Matches keeps something`
	c.count(r.Node)
	return true
}

func (c *Counting) count(s string) { c.seen[s]++ }
