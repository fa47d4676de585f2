// Package otel tests the export of spans against a real OpenTelemetry collector: one that is built of the collector's own
// Go modules, as its distributions are, and run as a process beside a host and a worker of voxmesh.
//
// It is a module of its own, with tests only, so that nobody who uses voxmesh carries a collector: building that takes
// some 200 modules and, on two cores, about two minutes the first time. From this folder:
//
//	go test .
//
// The collector's version is one of which the proxy has every module; a newer one is as good.
package otel
