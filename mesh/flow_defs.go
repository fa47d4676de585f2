package mesh

import (
	"encoding/json"
	"sync"

	"voxmesh/mesh/fault"
	"voxmesh/mesh/workflow"
	"voxmesh/oplog"
)

// Bounds on what the engine of workflows reads.
const (
	maxFlowDefinition = 8 << 20
	maxFlowList       = 32 << 20 // the list of a fan-out as JSON
	flowCacheSize     = 64
)

// flowCache keeps definitions and lists of fan-outs that were read, by hash. What is asked for seldom is read again.
type flowCache struct {
	blobs *oplog.Blobs

	mu    sync.Mutex
	defs  map[string]*workflow.Definition
	lists map[string][]string
}

func newFlowCache(blobs *oplog.Blobs) *flowCache {
	return &flowCache{blobs: blobs, defs: map[string]*workflow.Definition{}, lists: map[string][]string{}}
}

// definition reads the definition of a run. Codes: vox/blob/missing, vox/blob/damaged, vox/blob/too-big, vox/blob/io,
// vox/workflow/invalid.
func (c *flowCache) definition(hash string) (*workflow.Definition, error) {
	return cached(c, c.defs, hash, maxFlowDefinition, func(b []byte) (*workflow.Definition, error) {
		d, err := workflow.Decode(b)
		if err != nil {
			return nil, fault.New("vox/workflow/invalid", "the definition of the run cannot be read").Wrap(err)
		}
		return d, nil
	})
}

// list reads the list of a fan-out. Codes: as those of definition.
func (c *flowCache) list(hash string) ([]string, error) {
	return cached(c, c.lists, hash, maxFlowList, func(b []byte) ([]string, error) {
		var items []string
		if err := json.Unmarshal(b, &items); err != nil {
			return nil, fault.New("vox/workflow/invalid", "the list of a fan-out cannot be read").Wrap(err)
		}
		return items, nil
	})
}

func cached[T any](c *flowCache, m map[string]T, hash string, most int64, read func([]byte) (T, error)) (T, error) {
	c.mu.Lock()
	v, ok := m[hash]
	c.mu.Unlock()
	if ok {
		return v, nil
	}
	b, err := c.blobs.ReadAll(hash, most)
	if err == nil {
		v, err = read(b)
	}
	if err != nil {
		return v, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(m) >= flowCacheSize {
		clear(m)
	}
	m[hash] = v
	return v, nil
}

// lasting reports whether an error of reading will be the same at the next time.
func lasting(err error) bool {
	switch code, _ := fault.Of(err); code {
	case oplog.CodeBlobMissing, oplog.CodeBlobDamaged, oplog.CodeBlobTooBig, oplog.CodeBlobInvalid, "vox/workflow/invalid":
		return true
	}
	return false
}

// liveBlobs adds the blobs that the workflow runs of the state name: definitions, lists, outputs that were taken over, and
// the modules of activities that were not started yet.
func (c *flowCache) liveBlobs(s *State, live map[string]bool) {
	for _, r := range s.Runs() {
		if r.Flow == nil {
			continue
		}
		live[r.Flow.Definition] = true
		for _, st := range r.Flow.Steps {
			live[st.Items], live[st.Output] = true, true
		}
		if d, err := c.definition(r.Flow.Definition); err == nil {
			for i := range d.Activities {
				live[d.Activities[i].Module] = true
			}
		}
	}
}
