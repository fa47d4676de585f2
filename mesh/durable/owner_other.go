//go:build !unix

package durable

import (
	"io/fs"
	"os"
)

// keepOwner does nothing where files have no owner that a number names.
func keepOwner(*os.File, fs.FileInfo) error { return nil }
