package runner

import (
	"io"
	"time"

	"voxmesh/mesh/fault"
)

// CommandConfig says how programs are run. Zero values are the defaults named.
type CommandConfig struct {
	Exe       string   // the binary that has ChildMain; this one
	OutputMax int64    // bytes that a job may write; 16 MiB
	MemoryMax int64    // bytes that all processes of a job may use together, its files included; 2 GiB
	WorkMax   int64    // bytes of files in /work; 256 MiB
	TaskMax   int      // processes and threads of a job together; 512
	Private   []string // folders that no job may see, beside /home and /root: where one lies under /usr, nothing is run
}

// CommandJob is one run of a program of this machine. That it may run was decided before.
type CommandJob struct {
	Name     string        // of a program in /usr/local/bin, /usr/bin or /bin; never a path
	Args     []string      // handed over as they are: there is no shell
	Stdin    io.Reader     // nil is empty; read ahead by up to 1 MiB. A Read that blocks does not hold up the run
	GPU      bool          // it has a gpu slot: the devices of graphics cards are there
	Deadline time.Duration // from now; 0 is none
}

// CommandNameMax is the longest name of a program.
const CommandNameMax = 64

// CommandName reports whether s can be the name of a program: 1 to 64 letters, digits and . _ + - of ASCII, not beginning
// with a dot or a dash.
func CommandName(s string) bool {
	if s == "" || len(s) > CommandNameMax || s[0] == '.' || s[0] == '-' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '+' && c != '-' {
			return false
		}
	}
	return true
}

// withDefaults fills in what was left out.
func (c CommandConfig) withDefaults() (CommandConfig, error) {
	if c.Exe == "" {
		exe, err := ownBinary()
		if err != nil {
			return c, fault.New(CodeStart, "cannot find the program that starts commands").Wrap(err)
		}
		c.Exe = exe
	}
	if c.OutputMax <= 0 {
		c.OutputMax = DefaultOutputMax
	}
	if c.MemoryMax <= 0 {
		c.MemoryMax = 2 << 30
	}
	if c.WorkMax <= 0 {
		c.WorkMax = 256 << 20
	}
	if c.TaskMax <= 0 {
		c.TaskMax = 512
	}
	return c, nil
}

// boxCommand is the first argument of the process that becomes a box. It is not for people.
const boxCommand = "__command-child"
