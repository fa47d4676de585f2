package mesh

import (
	"bytes"
	"encoding/binary"
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// rowsOf draws rows of one record, writes them as a section, and reads them back.
func rowsOf[T any](t *rapid.T, name string, fields func(*T, *coder)) {
	rows := make([]*T, rapid.IntRange(1, 5).Draw(t, "rows"))
	for i := range rows {
		rows[i] = new(T)
		fill(t, reflect.ValueOf(rows[i]).Elem(), name)
	}
	b := appendSection(nil, 7, rows, fields)
	_, k := binary.Uvarint(b)
	_, m := binary.Uvarint(b[k:])
	back, err := section(b[k+m:], fields)
	if err != nil || len(back) != len(rows) {
		t.Fatalf("%s: %d rows of %d, %v", name, len(back), len(rows), err)
	}
	again := make([]*T, len(back))
	for i := range back {
		again[i] = &back[i]
		if !reflect.DeepEqual(*rows[i], back[i]) {
			t.Fatalf("%s row %d:\n%+v\n%+v", name, i, *rows[i], back[i])
		}
	}
	if !bytes.Equal(appendSection(nil, 7, again, fields), b) {
		t.Fatalf("%s: the bytes differ", name)
	}
	for cut := range b[k+m:] {
		_, _ = section(b[k+m:][:cut], fields) // no prefix panics
	}
}

func TestColumnsRoundTrip(t *testing.T) {
	for name, check := range map[string]func(*rapid.T){
		"Node":   func(t *rapid.T) { rowsOf(t, "Node", (*Node).fields) },
		"Gone":   func(t *rapid.T) { rowsOf(t, "Gone", (*Gone).fields) },
		"Job":    func(t *rapid.T) { rowsOf(t, "Job", (*Job).fields) },
		"Run":    func(t *rapid.T) { rowsOf(t, "Run", (*Run).fields) },
		"Invite": func(t *rapid.T) { rowsOf(t, "Invite", (*Invite).fields) },
		"Access": func(t *rapid.T) { rowsOf(t, "Access", (*Access).fields) },
		"Item":   func(t *rapid.T) { rowsOf(t, "Item", itemFields) },
		"Lesson": func(t *rapid.T) { rowsOf(t, "Lesson", lessonFields) },
	} {
		t.Run(name, func(t *testing.T) { rapid.Check(t, check) })
	}
}

func TestNearNumbersAreTotal(t *testing.T) {
	edges := []int64{0, 1, -1, math.MaxInt64, math.MinInt64, nearMost, nearMost - 1, nearMost + 1, 1_800_000_000_000_000}
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(rapid.OneOf(rapid.SampledFrom(edges), rapid.Int64())).Draw(t, "numbers")
		enc := coder{enc: true, g: &group{}}
		var last int64
		for _, v := range list {
			enc.putNear(1, v, &last)
		}
		dec := coder{g: enc.g}
		last = 0
		for _, v := range list {
			if got := dec.takeNear(1, &last); got != v || dec.err != nil {
				t.Fatalf("%d became %d, %v", v, got, dec.err)
			}
		}
	})
}

func TestTextsRoundTrip(t *testing.T) {
	fixed := []string{
		"", "a", "j-19c4", "j-19c", "r-1", "deadbeef", "DEADBEEF", "deadbee", "0123456789abcdef0123456789abcdef",
		"UAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", "UCRHYXUVXQOQ3JYFDSDWY5QJ3ZUO4FZGWDPYXVZQ4YQ5RJQ5V7Q3Q2XA",
		"----------------------------------------------------------", "j-", "é-1234", "-\u00e9ab",
	}
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(rapid.OneOf(rapid.SampledFrom(fixed), rapid.String(), rapid.StringMatching(`[a-z]-[0-9a-f]{4,8}`),
			rapid.StringMatching(`[0-9a-f]{8,64}`), rapid.StringMatching(`[A-Z2-7]{56}`))).Draw(t, "texts")
		tab := &strtab{}
		nums := make([]uint64, len(list))
		for i, s := range list {
			nums[i] = tab.add(s)
		}
		r := reader{b: tab.appendTo(nil)}
		back := r.strtab()
		if r.err != nil || len(r.b) != 0 {
			t.Fatalf("%v, %d bytes left", r.err, len(r.b))
		}
		for i, s := range list {
			if got, ok := back.text(nums[i]); !ok || got != s {
				t.Fatalf("%q became %q", s, got)
			}
		}
		if _, ok := back.text(uint64(len(tab.index)) + 2); ok {
			t.Fatal("a text that is not there was given")
		}
	})
}
