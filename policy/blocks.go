package policy

// Policies gives the names of the policies in the file, in their order.
func (f *File) Policies() []string { return nil }

// For gives the file as it looks to one of its policies, by name: Block, Policy, Find and the edits are about that one.
// Absent: false.
func (f *File) For(name string) (*File, bool) { return f, false }
