package cli

import (
	"context"
	"time"

	"voxmesh/mesh"
	"voxmesh/mesh/workflow"
)

// demoFlow is what the demo runs beside its single jobs: a probe, a count for each of a list, and a last one.
const demoFlow = `workflow primes {
  activities: [
    { name: probe, runner: wasm, module: "primes.wasm", args: ["100000000"] },
    { name: count, runner: wasm, module: "primes.wasm", needs: [probe], each: [200000000, 500000000, 300000000, 400000000], args: ["${item}"], retry: 1 },
    { name: check, runner: wasm, module: "primes.wasm", needs: [count], args: ["50000000"] },
  ]
}
`

// demoFlowEvery is between the start of two workflows.
const demoFlowEvery = 45 * time.Second

// flowing runs the workflow, and again when it has ended; module is the hash of the demo's own.
func (d *demoMesh) flowing(ctx context.Context, module string) {
	w, ok := workflow.Parse("primes.vox", []byte(demoFlow)).Workflow("")
	if !ok {
		return
	}
	def, err := workflow.Compile(w, map[string]string{"primes.wasm": module})
	if err != nil {
		return
	}
	t := time.NewTicker(demoFlowEvery)
	defer t.Stop()
	for {
		if len(d.host.host.Snapshot().OpenFlows()) == 0 {
			_, _ = d.host.host.RunWorkflow(ctx, d.a.actor, mesh.FlowRequest{Definition: def}) // the next one may go better
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}
