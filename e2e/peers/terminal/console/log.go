package main

import (
	"fmt"
	"strings"
	"time"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
)

// log makes states of real ops.
type log struct {
	state *mesh.State
	seq   uint64
	jobs  int
	times []int64 // of the ops, oldest first
}

func newLog() *log { return &log{state: mesh.Projection{}.New()} }

func (l *log) add(at time.Time, kind string, body []byte) {
	l.seq++
	op := oplog.Op{Seq: l.seq, At: at.UnixMicro(), Kind: kind, Actor: "host", Body: body}
	l.state = mesh.Projection{}.Apply(mesh.Projection{}.Clone(l.state), op)
	l.times = append(l.times, op.At)
}

// nodeID names the nth machine.
func nodeID(n int) string { return fmt.Sprintf("node-%04d", n) }

const dollar = 1_000_000

// start makes a mesh of so many machines.
func (l *log) start(at time.Time, nodes int) {
	l.add(at, mesh.KindHostStarted, mesh.Encode(&mesh.HostStarted{Mesh: "aurelia", PeerID: "00112233445566aa", Operator: "mira", Cores: 6}))
	for n := range nodes {
		id, limit := nodeID(n), int64(5*dollar)
		class, slots := privacy.PairedPeersOnly, []mesh.Slot{{Kind: "gpu", Max: 2, Weight: 50}, {Kind: "cpu", Max: 8, Weight: 50}}
		if n%7 == 6 {
			class = privacy.PublicMesh
		}
		l.add(at, mesh.KindNodeAdmitted, mesh.Encode(&mesh.NodeAdmitted{
			Node: id, Key: "U" + strings.ToUpper(id), Label: id, Class: class, Slots: slots, Addr: "192.168.1.31",
		}))
		l.add(at, mesh.KindNodeDescribed, mesh.Encode(&mesh.NodeDescribed{
			Node: id, Slots: slots, OptIn: class == privacy.PublicMesh, MinPriority: 5, MaxJobSecs: 3600,
			Models: []mesh.Model{{Name: "llama3.2:3b", Tag: "Q4_K_M", Backend: "ollama", Size: 2_019_393_189, Loaded: n%2 == 0, Fits: true}},
		}))
		l.add(at, mesh.KindCapSet, mesh.Encode(&mesh.CapSet{Node: id, CapMicros: &limit}))
		l.add(at, mesh.KindNodeStatus, mesh.Encode(&mesh.NodeStatusChanged{Node: id, Status: mesh.Online}))
	}
}

// job runs one on a machine, which costs that much.
func (l *log) job(at time.Time, node string, micros int64) {
	for step := range jobSteps {
		l.jobStep(at, node, micros, step)
	}
}

// jobSteps is how many ops a job is.
const jobSteps = 4

// jobStep is the nth op of a job.
func (l *log) jobStep(at time.Time, node string, micros int64, step int) {
	if step == 0 {
		l.jobs++
	}
	id := fmt.Sprintf("j-%06x", l.jobs)
	switch step {
	case 0:
		l.add(at, mesh.KindJobSubmitted, mesh.Encode(&mesh.JobSubmitted{
			Job: id, Run: "r" + id[1:], Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly, Priority: uint8(hopper.Normal), Title: "render",
		}))
	case 1:
		l.add(at, mesh.KindJobLeased, mesh.Encode(&mesh.JobLeased{Job: id, Node: node, Attempt: 1}))
	case 2:
		l.add(at, mesh.KindJobStarted, mesh.Encode(&mesh.JobStarted{Job: id, Attempt: 1}))
	default:
		l.add(at, mesh.KindJobFinished, mesh.Encode(&mesh.JobFinished{
			Job: id, Attempt: 1, Status: mesh.Succeeded, CostMicros: micros, Tokens: 40, DurationMS: 1000,
		}))
	}
}

// limit gives a machine another cap, so that its gauge moves.
func (l *log) limit(at time.Time, node string, micros int64) {
	l.add(at, mesh.KindCapSet, mesh.Encode(&mesh.CapSet{Node: node, CapMicros: &micros}))
}
