package oplog

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
)

func TestEncodingGolden(t *testing.T) {
	tests := []struct {
		name string
		op   Op
		want []string
	}{
		{
			"all fields",
			Op{Seq: 300, At: 1760000000000001, Kind: "job_ended", Actor: "node:n1", Trace: "0af7651916cd43dd8448eb211c80319c", Body: []byte{0xca, 0xfe}, Index: []string{"job:j-1", "run:r-2"}},
			[]string{
				"01",                       // version
				"03",                       // flags: trace, index
				"ac02",                     // seq 300
				"8180b8f6de969003",         // at 1760000000000001
				"09", "6a6f625f656e646564", // kind "job_ended"
				"07", "6e6f64653a6e31", // actor "node:n1"
				"0af7651916cd43dd8448eb211c80319c", // trace
				"02",                               // two names
				"07", "6a6f623a6a2d31",             // "job:j-1"
				"07", "72756e3a722d32", // "run:r-2"
				"cafe", // body
			},
		},
		{"the least", Op{Seq: 1, Kind: "x"}, []string{"01", "00", "01", "00", "01", "78", "00"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := EncodeOp(tt.op)
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.Join(tt.want, ""); hex.EncodeToString(got) != want {
				t.Fatalf("encoding\n got %x\nwant %s", got, want)
			}
			back, err := DecodeOp(got)
			if err != nil || !reflect.DeepEqual(back, tt.op) {
				t.Fatalf("decoded %+v, %v", back, err)
			}
		})
	}
}

func TestChainGolden(t *testing.T) {
	enc, _ := EncodeOp(Op{Seq: 1, Kind: "x"})
	if got := Genesis().String(); got != goldenGenesis {
		t.Errorf("H(0) = %s", got)
	}
	if got := Genesis().Next(enc).String(); got != goldenFirst {
		t.Errorf("H(1) = %s", got)
	}
}

func TestDecodeRefuses(t *testing.T) {
	tests := map[string]string{
		"nothing":                "",
		"another version":        "02000100017800",
		"an unknown flag":        "01040100017800",
		"seq 0":                  "01000000017800",
		"a seq that is padded":   "0100810000017800",
		"a time beyond int64":    "010001ffffffffffffffffff01017800",
		"no kind":                "010001000000",
		"a kind in capitals":     "01000100015800",
		"a kind that ends in _":  "0100010002785f00",
		"a kind cut short":       "010001000578",
		"an actor with a escape": "0100010001780" + "11b",
		"an actor of bad UTF-8":  "01000100017801ff",
		"a trace of zeros":       "01010100017800" + strings.Repeat("00", 16),
		"a trace cut short":      "01010100017800" + strings.Repeat("11", 15),
		"no names":               "0102010001780000",
		"names out of order":     "01020100017800" + "02" + "0162" + "0161",
		"names twice":            "01020100017800" + "02" + "0161" + "0161",
		"a name with a space":    "01020100017800" + "01" + "0120",
	}
	for name, in := range tests {
		b, err := hex.DecodeString(in)
		if err != nil {
			t.Fatal(name, err)
		}
		if o, err := DecodeOp(b); err == nil {
			t.Errorf("%s: accepted as %+v", name, o)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	good := Op{Seq: 1, Kind: "x"}
	tests := map[string]func(*Op){
		"seq 0":                func(o *Op) { o.Seq = 0 },
		"a time before 1970":   func(o *Op) { o.At = -1 },
		"kind with two _":      func(o *Op) { o.Kind = "a__b" },
		"kind too long":        func(o *Op) { o.Kind = strings.Repeat("a", MaxKind+1) },
		"actor with a newline": func(o *Op) { o.Actor = "a\nb" },
		"actor with C1":        func(o *Op) { o.Actor = "a\u009bb" },
		"trace in capitals":    func(o *Op) { o.Trace = "0AF7651916CD43DD8448EB211C80319C" },
		"trace too short":      func(o *Op) { o.Trace = "0a" },
		"body too big":         func(o *Op) { o.Body = make([]byte, MaxBody+1) },
		"an empty name":        func(o *Op) { o.Index = []string{""} },
		"unsorted names":       func(o *Op) { o.Index = []string{"b", "a"} },
	}
	for name, change := range tests {
		o := good
		change(&o)
		if _, err := EncodeOp(o); code(err) != CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzDecodeOp(f *testing.F) {
	for _, o := range []Op{{Seq: 1, Kind: "x"}, {Seq: 300, At: 1760000000000001, Kind: "job_ended", Actor: "node:n1", Trace: "0af7651916cd43dd8448eb211c80319c", Body: []byte{1}, Index: []string{"a", "b"}}} {
		b, _ := EncodeOp(o)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := DecodeOp(b)
		if err != nil {
			return
		}
		again, err := EncodeOp(o)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x decodes to %+v, which encodes to %x, %v", b, o, again, err)
		}
	})
}

func FuzzMarkAndMemo(f *testing.F) {
	f.Add(encodeMark(start()), encodeMemo(start(), 1, []byte("state")))
	f.Fuzz(func(t *testing.T, mark, memo []byte) {
		if p, ok := decodeMark(0, mark); ok && !bytes.Equal(encodeMark(p), mark) {
			t.Fatalf("mark %x", mark)
		}
		if m, err := parseMemo(0, memo); err == nil {
			_, _ = m.raw()
		}
	})
}
