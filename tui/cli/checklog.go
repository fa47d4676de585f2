package cli

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"time"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/oplog"
)

// logCheck is the command by which this program starts itself, to try a log that was not closed before it opens it:
// damage that ends a process ends that one. It is in no help, for it is of no use to people.
const logCheck = "__check-log"

func isLogCheck(args []string) bool { return len(args) == 3 && args[1] == logCheck }

// checkLogMain is that process.
func checkLogMain(dir string) int {
	return oplog.CheckMain(context.Background(), dir, mesh.Projection{}, os.Stdout)
}

// tryLog starts it. Only damage keeps a log shut: where the process cannot be started, or says that it cannot look, the
// log is opened without, and tells by itself.
func tryLog(ctx context.Context, dir, _ string) error {
	self, err := os.Executable()
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, oplog.CheckTime(dir))
	defer cancel()
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, self, logCheck, dir)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &said, time.Second
	life, err := cmd.StdinPipe() // it ends with this process, however that ends
	if err != nil {
		return nil
	}
	defer life.Close()
	if err := cmd.Start(); err != nil {
		return nil
	}
	err = cmd.Wait()
	err = oplog.CheckSaid(out.Bytes(), said.Bytes(), err, ctx.Err() != nil)
	if fault.Is(err, oplog.CodeDamaged) {
		return err
	}
	return nil
}
