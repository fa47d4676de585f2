package oplog

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
)

// pageMap says of each page of a file what it is for: "meta", "freelist", "root", "free", "leak", "beyond" (past the last page that
// counts), or one of "branch", "leaf" and "overflow" with the name of the bucket.
type pageMap struct {
	size  int
	kinds []string
	by    map[string][]int
}

// readPages looks at a file that is whole.
func readPages(b []byte) pageMap {
	u16 := func(i int) int { return int(binary.NativeEndian.Uint16(b[i:])) }
	u32 := func(i int) int { return int(binary.NativeEndian.Uint32(b[i:])) }
	u64 := func(i int) int { return int(binary.NativeEndian.Uint64(b[i:])) }
	m := pageMap{size: u32(pageHeader + 8), by: map[string][]int{}}
	newest := 0
	if at := m.size + pageHeader; u64(at+48) > u64(pageHeader+48) {
		newest = m.size
	}
	root, free, pages := u64(newest+pageHeader+16), u64(newest+pageHeader+32), u64(newest+pageHeader+40)
	m.kinds = make([]string, len(b)/m.size)
	for i := range m.kinds {
		m.kinds[i] = "leak"
		if i >= pages {
			m.kinds[i] = "beyond"
		}
	}
	put := func(id int, kind, over string) {
		m.kinds[id] = kind
		for i := range u32(id*m.size + 12) {
			m.kinds[id+1+i] = over
		}
	}
	m.kinds[0], m.kinds[1] = "meta", "meta"
	put(free, "freelist", "freelist")
	n, ids := u16(free*m.size+10), free*m.size+pageHeader
	for i := range n {
		m.kinds[u64(ids+8*i)] = "free"
	}
	var walk func(id int, bucket string)
	walk = func(id int, bucket string) {
		at := id * m.size
		if u16(at+8) == pageBranch {
			put(id, "branch "+bucket, "branch "+bucket)
			for i := range u16(at + 10) {
				walk(u64(at+pageHeader+i*pageElement+8), bucket)
			}
			return
		}
		put(id, "leaf "+bucket, "overflow "+bucket)
	}
	put(root, "root", "root")
	for i := range u16(root*m.size + 10) {
		e := root*m.size + pageHeader + i*pageElement
		k := e + u32(e+4)
		name := string(b[k : k+u32(e+8)])
		if r := u64(k + u32(e+8)); r != 0 {
			walk(r, name)
		}
	}
	for i, k := range m.kinds {
		m.by[k] = append(m.by[k], i)
	}
	return m
}

// injections are what disks do. Each changes b in place, or cuts it, and says what it did; page is where.
var injections = map[string]func(r *rand.Rand, m *pageMap, old [][]byte, b []byte, page int) ([]byte, string){
	"bit": func(r *rand.Rand, m *pageMap, _ [][]byte, b []byte, page int) ([]byte, string) {
		return flip(b, page*m.size+r.IntN(m.size), r)
	},
	"bit in a head": func(r *rand.Rand, m *pageMap, _ [][]byte, b []byte, page int) ([]byte, string) {
		return flip(b, page*m.size+r.IntN(pageHeader+64), r)
	},
	"bit in an element": func(r *rand.Rand, m *pageMap, _ [][]byte, b []byte, page int) ([]byte, string) {
		n := int(binary.NativeEndian.Uint16(b[page*m.size+10:])) % 400
		return flip(b, page*m.size+pageHeader+r.IntN(pageElement*max(1, n)), r)
	},
	"512 zero": func(r *rand.Rand, m *pageMap, _ [][]byte, b []byte, page int) ([]byte, string) {
		at := page*m.size + r.IntN(m.size/512)*512
		clear(b[at : at+512])
		return b, fmt.Sprintf("512 bytes at %d zeroed", at)
	},
	"half zero": func(r *rand.Rand, m *pageMap, _ [][]byte, b []byte, page int) ([]byte, string) {
		at := page*m.size + r.IntN(2)*m.size/2
		clear(b[at : at+m.size/2])
		return b, fmt.Sprintf("half a page at %d zeroed", at)
	},
	"half old": func(r *rand.Rand, m *pageMap, old [][]byte, b []byte, page int) ([]byte, string) {
		i, at := older(r, old, b, page*m.size, m.size), page*m.size+r.IntN(2)*m.size/2
		copy(b[at:at+m.size/2], old[i][min(at, len(old[i])):])
		return b, fmt.Sprintf("half a page at %d as it was in copy %d", at, i)
	},
	"older copy": func(r *rand.Rand, m *pageMap, old [][]byte, b []byte, page int) ([]byte, string) {
		at := page * m.size
		i := older(r, old, b, at, m.size)
		copy(b[at:at+m.size], old[i][min(at, len(old[i])):])
		return b, fmt.Sprintf("the page at %d as it was in copy %d", at, i)
	},
	"swap": func(r *rand.Rand, m *pageMap, _ [][]byte, b []byte, page int) ([]byte, string) {
		q := r.IntN(len(m.kinds))
		if same := m.by[m.kinds[page]]; r.IntN(2) == 0 {
			q = same[r.IntN(len(same))]
		}
		x, y := b[page*m.size:][:m.size], b[q*m.size:][:m.size]
		t := bytes.Clone(x)
		copy(x, y)
		copy(y, t)
		return b, fmt.Sprintf("pages %d and %d swapped", page, q)
	},
	"garbage": func(r *rand.Rand, m *pageMap, _ [][]byte, b []byte, page int) ([]byte, string) {
		n := []int{8, 512, m.size}[r.IntN(3)]
		at := page*m.size + r.IntN(m.size/n)*n
		for i := range n {
			b[at+i] = byte(r.Uint32())
		}
		return b, fmt.Sprintf("%d bytes of garbage at %d", n, at)
	},
	"cut": func(r *rand.Rand, m *pageMap, _ [][]byte, b []byte, page int) ([]byte, string) {
		at := page*m.size + []int{0, 512, m.size / 2, r.IntN(m.size)}[r.IntN(4)]
		return b[:at], fmt.Sprintf("cut at %d of %d", at, len(b))
	},
}

var injectionNames = slices.Sorted(maps.Keys(injections))

func flip(b []byte, at int, r *rand.Rand) ([]byte, string) {
	bit := r.IntN(8)
	b[at] ^= 1 << bit
	return b, fmt.Sprintf("bit %d of byte %d flipped", bit, at)
}

// older picks a copy in which the page was another, if there is one.
func older(r *rand.Rand, old [][]byte, b []byte, at, n int) int {
	var other []int
	for i := range old {
		if at+n <= len(old[i]) && !bytes.Equal(old[i][at:at+n], b[at:at+n]) {
			other = append(other, i)
		}
	}
	if len(other) == 0 {
		return r.IntN(len(old))
	}
	return other[r.IntN(len(other))]
}
