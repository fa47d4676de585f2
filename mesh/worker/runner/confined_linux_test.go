package runner

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// confinedMain tries what a job may not, behind the second wall, and says how each went.
func confinedMain() {
	if err := confine(); err != nil {
		fmt.Println("none:", err)
		return
	}
	try := func(what string, err error) { fmt.Printf("%s: %v\n", what, errors.Is(err, os.ErrPermission)) }
	_, err := os.ReadFile("/etc/passwd")
	try("read a file", err)
	try("write a file", os.WriteFile(filepath.Join(os.TempDir(), "confined"), nil, 0o600))
	try("remove a file", os.Remove(filepath.Join(os.TempDir(), "confined")))
	_, err = net.Dial("tcp", "127.0.0.1:1")
	try("connect", err)
	_, err = net.Listen("tcp", "127.0.0.1:0")
	try("listen", err)
	_, err = os.StartProcess("/bin/true", []string{"true"}, &os.ProcAttr{})
	try("start a program", err)
	try("signal another process", syscall.Kill(os.Getppid(), 0))
	// and what it must still be able to do: threads, garbage collection, time
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			runtime.GC()
			<-time.After(time.Millisecond)
		})
	}
	all.Wait()
	fmt.Println("done: true")
}
