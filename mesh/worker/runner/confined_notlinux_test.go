//go:build !linux

package runner

import "fmt"

func confinedMain() { fmt.Println("none: not on this system") }
