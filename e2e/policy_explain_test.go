package e2e

import (
	"strings"
	"testing"
)

// A policy explains itself: whatever the decision, the answer is data.
func TestPolicyExplain(t *testing.T) {
	t.Parallel()
	d := newDonor(t, donated)
	var v policyData
	d.ok(&v, d.policy("explain", "--kind", "gpu", "--peer", "alice@aurelia")...)
	if v.Accept == nil || !*v.Accept || len(v.Reasons) < 11 || v.Request["mesh"] != "aurelia" || v.Reasons[0].Line != 4 {
		t.Errorf("%+v", v)
	}
	d.ok(&v, d.policy("explain", "--kind", "text", "--privacy", "public-mesh", "--nsfw", "--timeout", "2h", "--priority", "urgent")...)
	refusals := map[string]int{}
	for _, r := range v.Reasons {
		if !r.Allowed {
			refusals[r.Rule] = r.Line
		}
	}
	if *v.Accept || len(refusals) < 4 || refusals["kind"] != 3 {
		t.Errorf("%+v", v.Reasons)
	}
	a := d.raw("", d.policy("explain", "--kind", "text")...)
	if a.exit != 0 || !strings.Contains(a.out, "refuse") || !strings.Contains(a.out, "it may not run here") {
		t.Errorf("exit %d\n%s", a.exit, a.out)
	}
	d.refused("vox/cli/usage", 2, d.policy("explain", "--kind", "tpu")...)
	d.refused("vox/policy/bad-path", 2, d.policy("explain", "slots[0].wait")...)
	var p struct {
		Value *string
		Line  int
		Field struct {
			Type, Help string
			Min, Max   *float64
		}
	}
	d.ok(&p, d.policy("explain", "slots[cpu].weight")...)
	if p.Value == nil || p.Line != 5 || p.Field.Help == "" || *p.Field.Min != 0 || *p.Field.Max != 100 {
		t.Errorf("%+v", p)
	}
	d.write("policy donations {")
	d.ok(&v, d.policy("explain")...)
	if *v.Accept || len(v.Reasons) != 1 || v.Policy != nil {
		t.Errorf("a broken file: %+v", v)
	}
}

// Names that this machine knows nobody by are noted, and a job that is not described comes from who invited it. What a
// save changes is what a worker that is running decides by.
func TestPolicyKnowsItsMesh(t *testing.T) {
	t.Parallel()
	h := newMachine(t, "aurelia").serve()
	m, _ := h.friend("donor")
	var v policyData
	m.ok(&v, "policy", "set", "per_peer_overrides[mira@aurelia].min_priority=0", "per_peer_overrides[nobody@aurelia].min_priority=3")
	var unknown []int
	for _, p := range v.Problems {
		if p.Code == "vox/policy/unknown-peer" {
			unknown = append(unknown, p.Line)
		}
	}
	if !v.InForce || len(unknown) != 1 || !strings.Contains(strings.Split(v.Source, "\n")[unknown[0]-1], "nobody@aurelia") {
		t.Errorf("in force %v, notes at %v of\n%s", v.InForce, unknown, v.Source)
	}
	m.ok(&v, "policy", "explain")
	if v.Request["peer"] != "mira@aurelia" || v.Request["mesh"] != "aurelia" || !*v.Accept {
		t.Errorf("%+v", v.Request)
	}
	if j := h.runWASM("hello.wasm"); j.Status != "succeeded" {
		t.Fatalf("%+v", j)
	}
}
