package mesh

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"sort"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"pgregory.net/rapid"

	"voxmesh/hopper"
	"voxmesh/mesh/privacy"
)

// recordTypes are all records of this package by name.
func recordTypes() map[string]func() record {
	return map[string]func() record{
		"HostStarted":       func() record { return new(HostStarted) },
		"InviteMinted":      func() record { return new(InviteMinted) },
		"InviteRevoked":     func() record { return new(InviteRevoked) },
		"NodeAdmitted":      func() record { return new(NodeAdmitted) },
		"NodeDescribed":     func() record { return new(NodeDescribed) },
		"NodeStatusChanged": func() record { return new(NodeStatusChanged) },
		"NodeModeChanged":   func() record { return new(NodeModeChanged) },
		"NodeLocked":        func() record { return new(NodeLocked) },
		"NodeGone":          func() record { return new(NodeGone) },
		"JobSubmitted":      func() record { return new(JobSubmitted) },
		"JobLeased":         func() record { return new(JobLeased) },
		"JobStarted":        func() record { return new(JobStarted) },
		"JobRequeued":       func() record { return new(JobRequeued) },
		"JobFinished":       func() record { return new(JobFinished) },
		"ResultRefused":     func() record { return new(ResultRefused) },
		"CapSet":            func() record { return new(CapSet) },
		"AccessAdded":       func() record { return new(AccessAdded) },
		"AccessRemoved":     func() record { return new(AccessRemoved) },
		"AuditRecorded":     func() record { return new(AuditRecorded) },
		"WorkflowStarted":   func() record { return new(WorkflowStarted) },
		"ActivityExpanded":  func() record { return new(ActivityExpanded) },
		"ActivitySkipped":   func() record { return new(ActivitySkipped) },
		"ActivityReused":    func() record { return new(ActivityReused) },
		"WorkflowFinished":  func() record { return new(WorkflowFinished) },
		"Flow":              func() record { return new(Flow) },
		"FlowStep":          func() record { return new(FlowStep) },
		"ItemAdmitted":      func() record { return new(ItemAdmitted) },
		"ItemTriaged":       func() record { return new(ItemTriaged) },
		"ItemOverridden":    func() record { return new(ItemOverridden) },
		"ItemsBatched":      func() record { return new(ItemsBatched) },
		"ItemClosed":        func() record { return new(ItemClosed) },
		"ItemSuggested":     func() record { return new(ItemSuggested) },
		"Item":              func() record { return new(itemRecord) },
		"Lesson":            func() record { return new(lessonRecord) },
		"Slot":              func() record { return new(Slot) },
		"Model":             func() record { return new(Model) },
		"Price":             func() record { return new(Price) },
		"Node":              func() record { return new(Node) },
		"Gone":              func() record { return new(Gone) },
		"Job":               func() record { return new(Job) },
		"Run":               func() record { return new(Run) },
		"Invite":            func() record { return new(Invite) },
		"Access":            func() record { return new(Access) },
		"Happening":         func() record { return new(Happening) },
		"Refusal":           func() record { return new(Refusal) },
		"Attempt":           func() record { return new(Attempt) },
	}
}

func recordNames() []string {
	var names []string
	for n := range recordTypes() {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// fill draws every field of v. Empty slices are nil, as a decoder leaves them.
func fill(t *rapid.T, v reflect.Value, name string) {
	switch v.Interface().(type) {
	case privacy.Class:
		v.SetUint(rapid.Uint64Range(0, 3).Draw(t, name))
		return
	case Status:
		v.SetUint(rapid.Uint64Range(0, 2).Draw(t, name))
		return
	case Mode:
		v.SetUint(rapid.Uint64Range(0, 3).Draw(t, name))
		return
	case JobState:
		v.SetUint(rapid.Uint64Range(0, 6).Draw(t, name))
		return
	case Cause:
		v.SetUint(rapid.Uint64Range(0, 6).Draw(t, name))
		return
	case hopper.Priority:
		v.SetUint(rapid.Uint64Range(0, 9).Draw(t, name))
		return
	case hopper.State:
		v.SetUint(rapid.Uint64Range(0, 5).Draw(t, name))
		return
	case hopper.Source, hopper.Outcome:
		v.SetUint(rapid.Uint64Range(0, 3).Draw(t, name))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(rapid.String().Draw(t, name))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, name))
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		v.SetUint(rapid.Uint64().Draw(t, name) & (1<<v.Type().Bits() - 1))
	case reflect.Int: // a confidence, a place
		v.SetInt(rapid.Int64Range(0, 100).Draw(t, name))
	case reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, name))
	case reflect.Pointer:
		if rapid.Bool().Draw(t, name) {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem(), name)
		}
	case reflect.Slice:
		n := rapid.IntRange(0, 3).Draw(t, name)
		for range n {
			e := reflect.New(v.Type().Elem()).Elem()
			fill(t, e, name)
			v.Set(reflect.Append(v, e))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				continue // who owns it: nothing of that is written
			}
			fill(t, v.Field(i), name+"."+v.Type().Field(i).Name)
		}
	default:
		t.Fatalf("%s: a %s is not known here", name, v.Kind())
	}
}

func TestRecordsRoundTrip(t *testing.T) {
	types := recordTypes()
	rapid.Check(t, func(t *rapid.T) {
		name := draw(t, "record", recordNames()...)
		r := types[name]()
		fill(t, reflect.ValueOf(r).Elem(), name)
		b := marshal(r)
		back := types[name]()
		if err := unmarshal(b, back); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(r, back) {
			t.Fatalf("%s:\n%+v\n%+v", name, r, back)
		}
		if !bytes.Equal(marshal(back), b) {
			t.Fatalf("%s: the bytes differ", name)
		}
		checkTail(t, name, r, b)
		for cut := range b { // no prefix panics; what it gives is only a part
			_ = unmarshal(b[:cut:cut], types[name]())
		}
	})
}

// checkTail adds fields of a later version, of every wire type, and looks that they are skipped.
func checkTail(t *rapid.T, name string, r record, b []byte) {
	b = append([]byte(nil), b...)
	b = protowire.AppendVarint(protowire.AppendTag(b, 900, protowire.VarintType), 7)
	b = protowire.AppendString(protowire.AppendTag(b, 901, protowire.BytesType), "later")
	b = protowire.AppendFixed32(protowire.AppendTag(b, 902, protowire.Fixed32Type), 7)
	b = protowire.AppendFixed64(protowire.AppendTag(b, 903, protowire.Fixed64Type), 7)
	back := recordTypes()[name]()
	if err := unmarshal(b, back); err != nil || !reflect.DeepEqual(r, back) {
		t.Fatalf("%s with later fields: %v\n%+v\n%+v", name, err, r, back)
	}
	if err := unmarshal(b[:len(b)-1], recordTypes()[name]()); err == nil {
		t.Fatalf("%s cut short within a later field is accepted", name)
	}
}

func TestNumbersOfLaterVersionsAreBounded(t *testing.T) {
	big := protowire.AppendVarint(protowire.AppendTag(nil, 2, protowire.VarintType), 1<<40)
	var st NodeStatusChanged
	var m NodeModeChanged
	if unmarshal(big, &st) != nil || unmarshal(big, &m) != nil || st.Status > Online || m.Mode > Drained {
		t.Errorf("status %d, mode %d", st.Status, m.Mode)
	}
	var f JobFinished
	if err := unmarshal(protowire.AppendVarint(protowire.AppendTag(nil, 3, protowire.VarintType), 1<<40), &f); err != nil || f.Status > TimedOut {
		t.Errorf("%v, status %d", err, f.Status)
	}
	if err := unmarshal(protowire.AppendString(protowire.AppendTag(nil, 2, protowire.BytesType), "x"), &st); err == nil {
		t.Error("a field of another wire type is accepted")
	}
}

// The bytes of ops are final: each line is one field, as tag, length where there is one, and value.
func TestGoldenBodies(t *testing.T) {
	zero, dime := int64(0), int64(100_000)
	for _, tt := range []struct {
		name string
		r    record
		want string
	}{
		{"node_status", &NodeStatusChanged{Node: "bob", Status: Online}, `
			0a 03 626f62  1 node "bob"
			10 02         2 status online`},
		{"cap_set, a cap of nothing", &CapSet{Node: "mesh", CapMicros: &zero}, `
			0a 04 6d657368  1 node "mesh"
			10 00           2 cap 0, written as it is not "none"`},
		{"cap_set, no cap", &CapSet{Node: "mesh"}, `
			0a 04 6d657368  1 node "mesh"`},
		{"node_described, of before there were hours and prices", &NodeDescribed{Node: "bob", MinPriority: 2, Policy: "p1"}, `
			0a 03 626f62  1 node "bob"
			38 02         7 least priority 2
			52 02 7031    10 policy "p1"`},
		{"node_described, away", &NodeDescribed{
			Node: "bob", Away: "off hours", AwayRule: RuleHours, PolicyNote: "n", Commands: []string{"ls", "wc"},
			Prices: []Price{{Kind: "cpu", PerHour: &zero}, {Kind: "text", PerMTok: &dime}},
		}, `
			0a 03 626f62              1 node "bob"
			5a 09 6f666620686f757273  11 away "off hours"
			62 05 686f757273          12 its rule "hours"
			6a 01 6e                  13 note on the policy
			72 02 6c73                14 command "ls"
			72 02 7763                14 command "wc"
			7a 07 0a03637075 1000     15 price: 1 kind "cpu", 2 an hour for nothing
			7a 0a 0a0474657874 18c09a0c  15 price: 1 kind "text", 3 a million tokens for $0.10`},
		{"job_leased", &JobLeased{Job: "j-19c4", Node: "bob", Attempt: 300}, `
			0a 06 6a2d31396334  1 job "j-19c4"
			12 03 626f62        2 node "bob"
			18 ac02             3 attempt 300`},
		{"job_finished", &JobFinished{
			Job: "j-19c4", Attempt: 1, Status: Failed, ExitCode: -1, Code: "vox/run/killed", Tokens: 3, CostMicros: 64, DurationMS: 1,
		}, `
			0a 06 6a2d31396334                      1 job
			10 01                                   2 attempt 1
			18 04                                   3 status failed
			20 01                                   4 exit code -1, zigzag
			2a 0e 766f782f72756e2f6b696c6c6564      5 code
			48 06                                   9 tokens 3, zigzag
			50 8001                                10 cost 64 micro-USD, zigzag
			58 02                                  11 duration 1 ms, zigzag`},
		{"node_admitted", &NodeAdmitted{
			Node: "bob", Key: "UB", Invite: "0011", Class: privacy.PairedPeersOnly, Slots: []Slot{{"gpu", 1, 0}, {"cpu", 2, 50}},
		}, `
			0a 03 626f62             1 node
			12 02 5542               2 key
			1a 04 30303131           3 invite
			30 02                    6 class paired-peers-only
			3a 07 0a03677075 1001         7 slot: 1 kind "gpu", 2 max 1
			3a 09 0a03637075 1002 1832    7 slot: 1 kind "cpu", 2 max 2, 3 weight 50`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var want strings.Builder
			for line := range strings.Lines(tt.want) {
				hexPart, _, _ := strings.Cut(strings.TrimSpace(line), "  ")
				want.WriteString(strings.ReplaceAll(hexPart, " ", ""))
			}
			if got := hex.EncodeToString(marshal(tt.r)); got != want.String() {
				t.Errorf("\ngot  %s\nwant %s", got, want.String())
			}
		})
	}
}

func FuzzRecords(f *testing.F) {
	names := recordNames()
	for i := range names {
		f.Add(uint8(i), []byte{0x0a, 0x03, 'b', 'o', 'b', 0x10, 0x02})
	}
	f.Add(uint8(0), []byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Add(uint8(1), []byte{0x0b, 0x0b, 0x0c})
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		name := names[int(which)%len(names)]
		r := recordTypes()[name]()
		if unmarshal(b, r) != nil {
			return
		}
		again := recordTypes()[name]()
		first := marshal(r)
		if err := unmarshal(first, again); err != nil {
			t.Fatalf("%s: what was written cannot be read: %v", name, err)
		}
		if !bytes.Equal(marshal(again), first) {
			t.Fatalf("%s: a second writing differs", name)
		}
	})
}

func FuzzState(f *testing.F) {
	f.Add(Projection{}.Encode(newTape().start("bob").s))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Projection{}.Decode(b)
		if err != nil {
			return
		}
		b2 := Projection{}.Encode(s)
		s2, err := Projection{}.Decode(b2)
		if err != nil || !bytes.Equal(Projection{}.Encode(s2), b2) {
			t.Fatalf("what was written reads back as something else: %v", err)
		}
	})
}
