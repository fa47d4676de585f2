//go:build linux && (amd64 || arm64)

package runner

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// outside runs the hostile program without a box, to see that what it tries does succeed there.
func outside(t *testing.T, args ...string) string {
	t.Helper()
	dir, err := hostile()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(filepath.Join(dir, "hostile"), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// allEnd checks that every line ends so, and that there are n of them.
func allEnd(t *testing.T, what, out, end string, n int) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != n {
		t.Errorf("%s: %d attempts, want %d:\n%s", what, len(lines), n, out)
	}
	for _, line := range lines {
		if !strings.HasSuffix(line, ": "+end) {
			t.Errorf("%s: want %s: %s", what, end, line)
		}
	}
}

// TestNoFiles: of the files of this machine a program sees those of /usr, and can write none.
func TestNoFiles(t *testing.T) {
	data := t.TempDir()
	c := newBox(t, CommandConfig{Private: []string{data}})
	secret := filepath.Join(data, "audit.key")
	if err := os.WriteFile(secret, []byte("hunter2"), 0o644); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	read := []string{"read", "/etc/passwd", "/etc/hostname", "/home", "/root", "/var/log", "/var/lib", "/run", "/sys", "/boot", data, secret, here}
	write := []string{"write", filepath.Join(data, "mine"), "/etc/voxmesh-hostile"}
	if os.Geteuid() == 0 {
		allEnd(t, "outside", outside(t, "read", "/etc/passwd", secret, data, here), "DONE", 4)
		allEnd(t, "outside", outside(t, write[:2]...), "DONE", 1)
		if err := os.Remove(filepath.Join(data, "mine")); err != nil {
			t.Fatal(err)
		}
	}
	_, out := inBox(t, c, CommandJob{Name: "hostile", Args: read})
	allEnd(t, "reading", out, "refused", len(read)-1)
	write = append(write, "/usr/bin/voxmesh-hostile", "/voxmesh-hostile", "/dev/x", "/proc/x", "/bin/x", "/usr/bin/tr", "/work/../x")
	_, out = inBox(t, c, CommandJob{Name: "hostile", Args: write})
	allEnd(t, "writing", out, "refused", len(write)-1)
	if left, _ := os.ReadDir(data); len(left) != 1 {
		t.Errorf("the data folder has %v", left)
	}
	// Its own folder is its own, also by the name that many programs use, and it is empty each time.
	for range 2 {
		_, out = inBox(t, c, CommandJob{Name: "sh", Args: []string{"-c", "ls -A /work /tmp/; echo mine >/tmp/x && cat /work/x && echo a >/dev/shm/x && echo b >/dev/null && pwd"}})
		if out != "/tmp/:\n\n/work:\nmine\n/work\n" {
			t.Errorf("%q", out)
		}
	}
}

// TestNoNetwork: nobody answers, neither on this machine nor behind it.
func TestNoNetwork(t *testing.T) {
	c := newBox(t, CommandConfig{})
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	socket := filepath.Join(t.TempDir(), "s")
	file, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	abstract, err := net.Listen("unix", "@voxmesh-hostile-"+filepath.Base(filepath.Dir(socket)))
	if err != nil {
		t.Fatal(err)
	}
	defer abstract.Close()
	args := []string{"dial", "tcp!" + tcp.Addr().String(), "unix!" + socket, "unix!" + abstract.Addr().String()}
	allEnd(t, "outside", outside(t, args...), "DONE", 3)
	args = append(args, "tcp!192.0.2.1:80", "udp!192.0.2.1:53", "tcp![2001:db8::1]:80", "tcp!169.254.169.254:80", "tcp!localhost:22", "ip4:icmp!127.0.0.1")
	_, out := inBox(t, c, CommandJob{Name: "hostile", Args: args})
	allEnd(t, "dialling", out, "refused", len(args)-1)
}

// TestNothingToSee looks at environments, arguments, descriptors and names from inside.
func TestNothingToSee(t *testing.T) {
	t.Setenv("VOX_TEST_SECRET", "hunter2")
	t.Setenv("LD_PRELOAD_TEST", "x")
	leak, err := unix.Open("/etc/passwd", unix.O_RDONLY, 0) // without O_CLOEXEC, as a careless ancestor would
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(leak)
	c := newBox(t, CommandConfig{})
	_, out := inBox(t, c, CommandJob{Name: "hostile", Args: []string{"see"}, Stdin: strings.NewReader("x")})
	for _, never := range []string{"hunter2", "LD_PRELOAD", "passwd", "USER=", "/root", "/home", filepath.Dir(t.TempDir())} {
		if strings.Contains(out, never) {
			t.Errorf("%q is seen:\n%s", never, out)
		}
	}
	name, _ := os.Hostname()
	if regexp.MustCompile(`(?m)^host ` + regexp.QuoteMeta(name) + ` `).MatchString(out) {
		t.Errorf("the name of this machine is seen:\n%s", out)
	}
	var got []string
	for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
		for _, kind := range []string{"host ", "root ", "interface"} {
			if strings.HasPrefix(line, kind) {
				got = append(got, line)
			}
		}
		word := append(strings.Fields(line), "", "")
		if word[0] == "fd" && word[1] <= "2" && !strings.HasPrefix(word[2], "pipe:") {
			t.Errorf("a descriptor that is no pipe: %s", line)
		} else if word[0] == "fd" && word[1] > "2" && word[2] != "" && !strings.HasPrefix(word[2], "anon_inode:") && !strings.HasPrefix(word[2], "/proc/") && !strings.HasPrefix(word[2], "/sys/fs/cgroup") {
			t.Errorf("a descriptor that it did not open itself: %s", line)
		}
		if strings.HasPrefix(line, "/proc/") && !strings.HasPrefix(line, "/proc/1/") && !strings.HasPrefix(line, "/proc/2/") {
			t.Errorf("another's process is seen: %s", line)
		}
	}
	for _, want := range []string{"host job uid 1000 1000", "interface lo", "root work", "root usr"} {
		if !slices.Contains(got, want) {
			t.Errorf("no line %q:\n%s", want, out)
		}
	}
	for _, line := range got {
		if name, ok := strings.CutPrefix(line, "root "); ok && !slices.Contains([]string{"bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "etc", "dev", "proc", "work", "tmp", "var"}, name) { // var leads to the hostile program
			t.Errorf("%s", line)
		}
	}
}

func TestSystemRefuses(t *testing.T) {
	c := newBox(t, CommandConfig{})
	r, out := inBox(t, c, CommandJob{Name: "hostile", Args: []string{"system"}})
	if r.Status != Succeeded {
		t.Fatalf("%+v", r)
	}
	allEnd(t, "system", out, "refused", 21)
}

// TestLimitsHold lets loose what takes all it can get.
func TestLimitsHold(t *testing.T) {
	const mib = 1 << 20
	small := CommandConfig{MemoryMax: 256 * mib, WorkMax: 16 * mib, TaskMax: 64, OutputMax: mib}
	for _, test := range []struct {
		name, code string
		args       []string
		text       string // in the output
	}{
		{"memory of one process", CodeMemoryLimit, []string{"hog"}, ""},
		{"memory of several", CodeMemoryLimit, []string{"hogs", "100"}, ""},
		{"a fork bomb", CodeTaskLimit, []string{"fork"}, ""},
		{"many empty files", CodeMemoryLimit, []string{"small"}, ""},
		{"output", CodeOutputLimit, []string{"flood"}, "flood flood"},
		{"disk", "", []string{"fill", "/work/x"}, "wrote 16 MiB\nfill /work/x: write /work/x: file too large: refused\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.args[0] == "small" {
				small.MemoryMax = 32 * mib
			}
			c := newBox(t, small)
			r, out := inBox(t, c, CommandJob{Name: "hostile", Args: test.args})
			if r.Code != test.code || !strings.Contains(out, test.text) {
				t.Errorf("%+v, output %.200q", r, out)
			}
		})
	}
}
