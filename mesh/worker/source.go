package worker

import "voxmesh/policy"

// PolicySource gives the policy in force. f is the file that it came from, for the lines in reasons, and may be nil;
// name names the content, the same for the same bytes. An error means that no policy is in force, and nothing is
// admitted. Called at every report and every admission, from several goroutines.
type PolicySource interface {
	Current() (p policy.Policy, f *policy.File, name string, err error)
}

// ownerPolicy is that of the host's own node.
type ownerPolicy struct{ cores int }

// OwnerPolicy is the policy of the host's own node, where the owner's own jobs run: everything is admitted, on as many
// cpu slots as there are cores, one text slot and two embed slots. An agent names the text and embed slots only while
// the model server answers.
func OwnerPolicy(cores int) PolicySource { return ownerPolicy{max(cores, 1)} }

func (o ownerPolicy) Current() (policy.Policy, *policy.File, string, error) {
	return policy.Policy{
		Name: "owner",
		Slots: []policy.Slot{
			{Kind: "cpu", MaxConcurrent: o.cores},
			{Kind: "text", MaxConcurrent: 1},
			{Kind: "embed", MaxConcurrent: 2},
		},
		NSFWAllowed:     true,
		PublicMeshOptIn: true,
	}, nil, "owner", nil
}
