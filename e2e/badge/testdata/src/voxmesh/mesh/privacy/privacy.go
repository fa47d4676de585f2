package privacy

type Class uint8

const (
	Unknown Class = iota
	LocalOnly
	PairedPeersOnly
	PublicMesh
)

func (c Class) Badge() string { return "?" }
