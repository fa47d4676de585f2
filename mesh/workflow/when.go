package workflow

import (
	"bytes"
	"fmt"
	"strings"
)

// mayRun decides whether an activity may start, is to be skipped (why), or has to wait (neither).
func (n *stepper) mayRun(i int) (run bool, why string, err error) {
	a := &n.d.Activities[i]
	open := false
	for _, j := range n.plan.acts[i].needs {
		st := &n.acts[j]
		if !st.ended() {
			open = true
			continue
		}
		name, spoken := n.d.Activities[j].Name, false
		for k := range a.When {
			if c := &a.When[k]; c.Of == name {
				spoken = true
				if c.allows()&st.status.end() == 0 {
					return false, name + " " + st.status.said(), nil
				}
			}
		}
		if !spoken && st.status != Succeeded {
			return false, name + " " + st.status.said(), nil
		}
	}
	if open {
		return false, "", nil
	}
	for k := range a.When {
		if why, err = n.says(i, k); why != "" || err != nil {
			return false, why, err
		}
	}
	return true, "", nil
}

// end is the status as a condition asks for it.
func (s Status) end() ends {
	switch s {
	case Succeeded:
		return endSucceeded
	case Skipped:
		return endSkipped
	}
	return endFailed
}

// says asks for the text of an activity, where condition k does; why says that it is not what was wanted.
func (n *stepper) says(i, k int) (why string, err error) {
	c := &n.d.Activities[i].When[k]
	of, ok := n.plan.at[c.Of]
	if c.Is != "" || !ok {
		return "", nil
	}
	want, err := n.text(n.plan.acts[i].says[k], maxPromptBytes)
	if err != nil {
		return "", err
	}
	got, err := n.outputOf(of, -1, maxStdinBytes)
	if err != nil {
		return "", err
	}
	same := bytes.Equal(bytes.TrimSpace(got), bytes.TrimSpace(want))
	switch {
	case same && c.Not:
		return fmt.Sprintf("%s says %q", c.Of, clip(trimmed(string(want)))), nil
	case !same && !c.Not:
		return fmt.Sprintf("%s does not say %q", c.Of, clip(trimmed(string(want)))), nil
	}
	return "", nil
}

// trimmed is a text without blanks at its ends, as it is compared.
func trimmed(s string) string { return strings.TrimSpace(s) }
