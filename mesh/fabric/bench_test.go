package fabric

import (
	"context"
	"io"
	"net"
	"testing"
)

// The three are to be read together: the same 200 bytes there and back, over a bare socket, over the door, and inside
// the process. design.md asks for at most 3.5 bare echoes.

func BenchmarkEchoTCP(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err == nil {
			_, _ = io.Copy(c, c)
			_ = c.Close()
		}
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 200)
	for b.Loop() {
		if _, err := c.Write(buf); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(c, buf); err != nil {
			b.Fatal(err)
		}
	}
	_ = c.Close()
	<-done
	_ = l.Close()
}

func BenchmarkRequest(b *testing.B) {
	h := openHouse(b)
	if err := h.Handle("echo", func(_ context.Context, m Msg) { _ = m.Respond(m.Data) }); err != nil {
		b.Fatal(err)
	}
	l, err := h.Local("mesh")
	if err != nil {
		b.Fatal(err)
	}
	c := dial(b, h.dialCfg("bob", h.admit(b, "bob")))
	for name, link := range map[string]Link{"tls": c, "local": l} {
		b.Run(name, func(b *testing.B) {
			buf, ctx := make([]byte, 200), context.Background()
			for b.Loop() {
				if _, err := link.Request(ctx, "echo", nil, buf); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
