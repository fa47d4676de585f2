//go:build !linux

package oplog

import "os"

func willNeed(*os.File, int64, int64) {}

func limitMemory(uint64) {}

func allocatesLate(*os.File) bool { return false }
