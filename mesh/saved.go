package mesh

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"voxmesh/mesh/durable"
	"voxmesh/mesh/fault"
)

// What the console keeps between two starts, as where a node stands on the canvas, is in console/ of the data folder:
// files of mode 0600, with nothing secret in them and nothing that the mesh depends on. They are no ops.
const (
	viewDir  = "console"
	viewMost = 8 << 20 // bytes of one
	viewName = 64      // letters of a name
)

// LoadView gives what SaveView kept under a name, and nil where there is nothing. The caller finds out whether the bytes
// still mean anything.
func (r *records) LoadView(name string) ([]byte, error) {
	if err := checkView(name); err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(r.dir, viewDir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, viewFault("read", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, viewMost+1))
	if err != nil {
		return nil, viewFault("read", err)
	}
	if len(b) > viewMost {
		return nil, fmt.Errorf("the console's %s has more than %d bytes", name, viewMost)
	}
	return b, nil
}

// SaveView keeps bytes, at most 8 MB, under a name of a-z, 0-9 and dashes. It returns when they are on the disk. Code
// vox/data/folder.
func (h *Host) SaveView(name string, data []byte) error {
	if err := checkView(name); err != nil {
		return err
	}
	if len(data) > viewMost {
		return fmt.Errorf("the console's %s has %d bytes, %d are kept", name, len(data), viewMost)
	}
	dir := filepath.Join(h.dir, viewDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return viewFault("written", err)
	}
	if err := durable.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		return viewFault("written", err)
	}
	return nil
}

// SaveView refuses: a reader changes nothing. Code vox/host/none.
func (r *Reader) SaveView(string, []byte) error {
	return fault.New("vox/host/none", "no host runs on this data folder: nothing is kept").WithHint("start one: voxmesh serve")
}

// checkView refuses what could leave the folder. Names are the program's own, so a bad one is a bug and has no code.
func checkView(name string) error {
	ok := len(name) > 0 && len(name) <= viewName
	for i := 0; ok && i < len(name); i++ {
		c := name[i]
		ok = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-'
	}
	if !ok {
		return fmt.Errorf("%q is no name for what the console keeps", printable(name))
	}
	return nil
}

func viewFault(done string, err error) error {
	return fault.New("vox/data/folder", "what the console keeps cannot be %s", done).Wrap(err)
}
