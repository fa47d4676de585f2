package mesh

// The priorities as untyped numbers: a record has a number, a request a hopper.Priority.
const (
	Background = 1
	Normal     = 5
	Urgent     = 9
)
