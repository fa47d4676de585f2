package peers

import (
	"errors"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// jets is a JetStream file store that syncs before it acknowledges (its default is every two minutes), in a server within
// this process, over a connection without sockets.
type jets struct {
	s  *server.Server
	nc *nats.Conn
	js nats.JetStreamContext
}

func openJetStream(dir string) (log, error) {
	s, err := server.NewServer(&server.Options{
		JetStream: true, StoreDir: dir, SyncAlways: true, DontListen: true, NoSigs: true, NoLog: true,
	})
	if err != nil {
		return nil, err
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		return nil, errors.New("the server does not start")
	}
	nc, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		return nil, err
	}
	js, err := nc.JetStream(nats.MaxWait(30 * time.Second))
	if err != nil {
		return nil, err
	}
	_, err = js.AddStream(&nats.StreamConfig{Name: "OPS", Subjects: []string{"ops"}, Storage: nats.FileStorage})
	return jets{s, nc, js}, err
}

func (j jets) append(v []byte) error {
	_, err := j.js.Publish("ops", v)
	return err
}

func (j jets) close() (e extent, err error) {
	info, err := j.js.StreamInfo("OPS")
	if err == nil {
		e = extent{ops: info.State.Msgs, used: int64(info.State.Bytes)}
	}
	j.nc.Close()
	j.s.Shutdown()
	j.s.WaitForShutdown()
	return e, err
}
