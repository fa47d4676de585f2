package oplog

func childMain() bool { return false }

const (
	goldenGenesis = "8faee47c84a4e96322f5eed7249ffea85c870198977da438aef8cc76719962ad"
	goldenFirst   = "10048cf31769576445d3abebc8f01d8c13a515003af1814d37f4581df3a3c0db"
)
