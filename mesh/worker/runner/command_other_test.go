//go:build !linux || !(amd64 || arm64)

package runner

import (
	"bytes"
	"context"
	"testing"
)

func boxParentMain() int { return 1 }

func TestCommandsAreRefused(t *testing.T) {
	c, err := NewCommand(CommandConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if r := c.Run(context.Background(), CommandJob{Name: "true"}, &bytes.Buffer{}); r.Code != CodeNoSandbox || r.Status != Failed {
		t.Errorf("%+v", r)
	}
}
