package cli

import (
	"context"
	"os"

	"voxmesh/mesh"
	"voxmesh/mesh/otlp"
)

// startTraces exports the spans of runs that end from now on, if the environment of this process names a collector.
func (a *app) startTraces(ctx context.Context, r *hosted, logf func(string, ...any)) error {
	if !otlp.Configured(os.Getenv) {
		return nil
	}
	e, err := otlp.New(r.host, otlp.Config{Log: logf, Version: mesh.Version()})
	if err != nil {
		return err
	}
	r.goes(func() { e.Run(ctx) })
	return nil
}
