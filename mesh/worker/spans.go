package worker

import (
	_ "go.opentelemetry.io/otel/propagation" // traceparent
	_ "go.opentelemetry.io/otel/sdk/trace"   // spans
)
