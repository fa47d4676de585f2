package worker

import (
	"context"
	"encoding/json"
	"time"

	"voxmesh/mesh/fabric"
	"voxmesh/mesh/fault"
)

// leaveTakes is how long the host is looked for when nothing here is connected to it.
const leaveTakes = 5 * time.Second

// Leave takes this machine out of a mesh: the membership and its key are forgotten, and the host is told, so that it
// does not wait for a machine that will not come back. told is false when it could not be reached. Where a Crew runs,
// in this process or another, it stops its jobs and does the telling. Code vox/mesh/unknown.
func Leave(ctx context.Context, dir, mesh string) (m Membership, told bool, err error) {
	if m, err = Find(dir, mesh); err != nil {
		return m, false, err
	}
	unlock, err := Lock(dir)
	switch {
	case err == nil:
		defer unlock()
		told = m.farewell(ctx) == nil
	case fault.Is(err, codeLocked):
		told = true
	default:
		return m, false, err
	}
	m, err = Remove(dir, mesh)
	return m, told, err
}

// farewell connects to the host for one last report.
func (m Membership) farewell(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, leaveTakes)
	defer stop()
	key, err := m.LoadKey()
	if err != nil {
		return err
	}
	c, err := fabric.Dial(ctx, fabric.DialConfig{Addrs: m.Addrs, Pin: m.PinBytes(), Key: key, NodeID: m.Node})
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Ready(ctx); err != nil {
		return err
	}
	b, err := json.Marshal(fabric.Report{V: 1, Instance: newInstance(), N: 1, Held: []fabric.Held{}, Leaving: true})
	if err != nil {
		return err
	}
	_, err = c.Request(ctx, fabric.KindReport, nil, b)
	return err
}
