// A job as a friend would write it in Go: it greets, repeats its input in capitals, or eats memory.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "eat" {
		var all [][]byte
		for {
			all = append(all, make([]byte, 1<<20))
		}
	}
	time.Sleep(time.Millisecond)
	in, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	fmt.Println("hello", os.Args, strings.ToUpper(string(in)), len(os.Environ()))
}
