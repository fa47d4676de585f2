package main

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	for _, tt := range []struct {
		name, args, out, fail string
	}{
		{name: "nothing", fail: "say what to do"},
		{name: "help", args: "--help", out: "usage: bench gen"},
		{name: "help for gen", args: "gen -h", out: "ops in 24 hours"},
		{name: "another word", args: "seek", fail: `"seek" is not known`},
		{name: "no folder", args: "gen", fail: "--dir is missing"},
		{name: "no number", args: "gen --dir x --ops many", fail: "see gen --help"},
		{name: "one word more", args: "gen --dir x more", fail: `"more"`},
		{name: "no ops", args: "gen --dir x --ops 0", fail: "0 ops"},
		{name: "a log", args: "gen --ops 500 --nodes 3 --skewed --dir " + dir, out: "500 ops in " + dir},
		{name: "a folder with a log", args: "gen --ops 500 --dir " + dir, fail: "there is a log in"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			err := run(t.Context(), strings.Fields(tt.args), &out, io.Discard)
			if tt.fail == "" && (err != nil || !strings.Contains(out.String(), tt.out)) {
				t.Errorf("%v, and it said %q", err, out.String())
			}
			if tt.fail != "" && (err == nil || !strings.Contains(err.Error(), tt.fail)) {
				t.Errorf("error %v, want one with %q", err, tt.fail)
			}
		})
	}
}
