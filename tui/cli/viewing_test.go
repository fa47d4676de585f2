package cli

import (
	"reflect"
	"slices"
	"testing"

	"voxmesh/mesh/fault"
)

// looks are the methods of a host that change nothing. What is not among them must be refused to a viewer.
var looks = []string{
	"Bus", "Done", "Explain", "Follow", "Info", "InviteProgress", "Output", "Subscribe", "Tail", "Telemetry", "WaitJob", "Watch",
	"AuditEntries", "AuditPage", "VerifyEntry", "AuditEntry", "ActsOn", "Density", "Began", "Marks", "Definition", "Moment", "Run", "Runs",
	"LoadView", "Snapshot", "Now", "At", "AtSeq", "Ops", "Head", "LogStats", "VerifyLog", "BackupLog", "Blob", "Job", "AuditPublicKey",
	"ExportAudit", "VerifyAudit", "Item", "BlobSize", "RunOfTrace", "Base", "Needed", "RunsBefore", "JobsBefore", "ItemsBefore", "BatchItems", "NextEvent", "EventAt",
}

// A viewer's console has a host of its own kind, which refuses whatever its screen would ask for. Without a host behind it, a
// method that goes through to one panics.
func TestAViewersHostRefusesEveryAct(t *testing.T) {
	v, acts := reflect.ValueOf(viewing{}), 0
	for i := range v.NumMethod() {
		name := v.Type().Method(i).Name
		if slices.Contains(looks, name) {
			continue
		}
		acts++
		if err := called(v.Method(i)); !fault.Is(err, "vox/access/denied") {
			t.Errorf("%s goes through: %v", name, err)
		}
	}
	if acts < 15 {
		t.Errorf("only %d acts", acts)
	}
}

// called calls a method with nothing and gives its error, its last result.
func called(m reflect.Value) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.New("vox/test/panic", "%v", r)
		}
	}()
	var in []reflect.Value
	for i := range m.Type().NumIn() {
		in = append(in, reflect.Zero(m.Type().In(i)))
	}
	out := m.Call(in)
	err, _ = out[len(out)-1].Interface().(error)
	return err
}
