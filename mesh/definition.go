package mesh

import (
	"voxmesh/mesh/fault"
	"voxmesh/mesh/workflow"
)

// Definition gives what a run of a workflow that is in the state was fixed to. Codes: vox/run/unknown, vox/blob/missing.
func (r *records) Definition(run string) (*workflow.Definition, error) {
	f, ok := r.Snapshot().Run(run)
	if !ok || f.Flow == nil {
		return nil, fault.New("vox/run/unknown", "there is no run %s of a workflow", printable(run)).WithHint("voxmesh runs lists them")
	}
	d := r.definition(f)
	if d == nil {
		return nil, fault.New("vox/blob/missing", "the definition of %s is not to be had", run)
	}
	return d, nil
}
