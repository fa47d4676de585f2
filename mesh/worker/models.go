package worker

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"
	"time"

	"voxmesh/mesh/fabric"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/worker/runner"
)

const (
	modelsEvery = 15 * time.Second
	modelsWait  = 4 * time.Second        // for the model server's answer
	modelsFirst = 500 * time.Millisecond // that the first report waits for it
	modelsMost  = 256                    // named in a report, which has to fit into a message
)

// models is what the model server of this machine holds. A value is never changed.
type models struct {
	list    []fabric.Model
	note    string // why there are none
	answers bool
}

// watchModels asks again and again. first is closed after the first answer.
func (a *Agent) watchModels(ctx context.Context, first chan<- struct{}) {
	if a.cfg.Ollama == nil {
		a.mu.Lock()
		a.models = models{note: "no model server is used on this machine"}
		a.mu.Unlock()
		close(first)
		return
	}
	for once := true; ; once = false {
		now := a.askModels(ctx)
		a.mu.Lock()
		changed := !reflect.DeepEqual(now, a.models)
		a.models = now
		a.mu.Unlock()
		if once {
			close(first)
		} else if changed {
			a.Nudge()
		}
		if !rest(ctx, modelsEvery) {
			return
		}
	}
}

func (a *Agent) askModels(ctx context.Context) models {
	ctx, cancel := context.WithTimeout(ctx, modelsWait)
	defer cancel()
	found, err := a.cfg.Ollama.Models(ctx)
	if err != nil {
		note := err.Error()
		if f := (*fault.Error)(nil); errors.As(err, &f) {
			note = f.Text // without what the dialer said: it stands in a column
		}
		return models{note: note}
	}
	a.mu.Lock()
	before := a.models.list
	a.mu.Unlock()
	m := models{answers: true, list: []fabric.Model{}}
	if len(found) == 0 {
		m.note = "the model server has no models"
	}
	slices.SortFunc(found, func(x, y runner.Model) int { return cmp.Compare(x.Name, y.Name) })
	free, known := freeMemory()
	for _, f := range found[:min(len(found), modelsMost)] {
		m.list = append(m.list, fabric.Model{
			Name: f.Name, Tag: f.Tag, Backend: "ollama", Family: f.Family, Digest: f.Digest, Size: f.SizeBytes,
			Context: f.ContextLen, Loaded: f.Loaded, Fits: fits(f, free, known, before),
		})
	}
	return m
}

// fits says whether a model is known to fit: one that is loaded does, and so does one that is no larger on disk than
// the memory that is free now. The memory of graphics cards is not asked for. One that was said to fit a moment ago
// is given an eighth more, so that the answer does not change with every breath of the machine. Where free memory
// cannot be known, nothing but a loaded model is known to fit.
func fits(f runner.Model, free int64, known bool, before []fabric.Model) bool {
	if f.Loaded || !known {
		return f.Loaded
	}
	if slices.ContainsFunc(before, func(b fabric.Model) bool { return b.Name == f.Name && b.Fits }) {
		free += free / 8
	}
	return f.SizeBytes <= free
}
