package debugger

import (
	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/tui/format"
)

// Sizer is a host that can tell how large stored bytes are. Of one that cannot, an input is named without its size.
type Sizer interface {
	// BlobSize gives the size of stored bytes by their hash; false: they are not here any more.
	BlobSize(hash string) (bytes int64, ok bool)
}

// sizes is how large inputs are, by their hashes, as far as it was asked.
type sizes struct {
	known map[string]int64 // below zero: they are not here
	asked uint64           // the generation of a read on its way; 0: none
}

// sizesMost bounds what is kept.
const sizesMost = 1000

// sized is what a read came to.
type sized struct {
	generation uint64
	of         map[string]int64
}

// readSizes asks how large the inputs of the job under the cursor are, each once.
func (l *Layer) readSizes() tea.Cmd {
	host, can := l.rec.(Sizer)
	j, ok := l.job(l.outputJob())
	if !can || !ok || l.sizes.asked != 0 || !l.s.World.Lost.IsZero() {
		return nil
	}
	var want []string
	for _, hash := range []string{j.Stdin, j.Prompt, j.Module} {
		if _, known := l.sizes.known[hash]; hash != "" && !known {
			want = append(want, hash)
		}
	}
	if len(want) == 0 {
		return nil
	}
	l.sizes.asked = l.s.Generation()
	gen := l.sizes.asked
	return func() tea.Msg {
		m := sized{gen, map[string]int64{}}
		for _, hash := range want {
			m.of[hash] = -1
			if n, ok := host.BlobSize(hash); ok {
				m.of[hash] = n
			}
		}
		return m
	}
}

func (l *Layer) sizesEnded(m sized) tea.Cmd {
	if m.generation != l.sizes.asked {
		return nil
	}
	l.sizes.asked = 0
	if l.sizes.known == nil || len(l.sizes.known) >= sizesMost {
		l.sizes.known = map[string]int64{}
	}
	for hash, n := range m.of {
		l.sizes.known[hash] = n
	}
	return l.readSizes() // the cursor may have moved on
}

// blobs names what else went in, by the hash of its bytes, with its size where that is known.
func (l *Layer) blobs(j *mesh.Job) []string {
	return some(
		l.blob("stdin ", j.Stdin), l.blob("prompt ", j.Prompt), l.blob("module ", j.Module),
		prefixed("program ", j.Command), prefixed("model ", j.Model),
	)
}

func (l *Layer) blob(what, hash string) string {
	text := prefixed(what, short(hash))
	switch n, known := l.sizes.known[hash]; {
	case text == "" || !known:
	case n < 0:
		text += " not kept"
	default:
		text += " " + format.Size(n)
	}
	return text
}
