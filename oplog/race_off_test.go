//go:build !race

package oplog

const slow = 1
