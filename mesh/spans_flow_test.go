package mesh

import (
	"strings"
	"testing"
)

// A workflow that ran has every activity in its tree, whatever became of it, and spans within spans.
func TestTheTreeOfAWorkflowThatRan(t *testing.T) {
	h, d := openHost(t)
	crew(t, h, echo(), "bob", "eve")
	tk := runFlow(t, h, flowSource(
		step("split", `args: ["a", "b"]`),
		step("render", `each: "${split.parts}", args: ["${item}"]`),
		step("none", ``),
		step("void", `each: "${none.parts}", args: ["${item}"]`),
		step("bad", `args: ["fail"], retry: 1`),
		step("after", `needs: ["bad"], args: ["x"]`),
	))
	flowEnd(t, h, tk.RunID)
	v, err := h.Run(tk.RunID)
	if err != nil {
		t.Fatal(err)
	}
	if wrong := nested(&v, d.now().UnixMicro()); wrong != nil {
		t.Error(wrong)
	}
	var got []string
	for _, s := range v.Root.Children {
		got = append(got, s.SpanName+":"+s.Status+":"+itoa(uint64(len(s.Children)))+":"+s.Waits)
	}
	want := "split:succeeded:1: render[0]:succeeded:1: render[1]:succeeded:1: none:succeeded:1: void:skipped:0:its list is empty " +
		"bad:failed:2: after:skipped:0:bad failed"
	if strings.Join(got, " ") != want {
		t.Errorf("%s\nwant %s", strings.Join(got, " "), want)
	}
	bad := v.Root.Children[5]
	if bad.Children[1].SpanName != "attempt 2" || bad.Children[1].JobID == bad.Children[0].JobID || v.Root.End == 0 {
		t.Errorf("%+v", bad)
	}
}

func TestARunWithoutJobsHasAListOfNone(t *testing.T) {
	f := forest{s: &State{}}
	if v := f.run(&Run{ID: "r-1", Flow: &Flow{}}, nil, nil); v.Jobs == nil {
		t.Error("in JSON that is null")
	}
}
