// Package otlp tells a collector what happened in a mesh: the spans of every run, as OpenTelemetry has them.
//
// It reads what the host recorded and changes nothing: a run is exported once it has ended, whole, with the spans that
// came from its workers, and the same run exported twice has the same ids. Where no collector answers nothing is lost but
// the export.
package otlp

import (
	_ "go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp" // the exporter
	_ "go.opentelemetry.io/proto/otlp/trace/v1"                         // its form
)
