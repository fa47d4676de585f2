package policy

import (
	"strings"
	"testing"
)

func TestCommandName(t *testing.T) {
	for _, s := range []string{"tr", "ffmpeg", "g++", "python3.11", "a_b-c", "7z", strings.Repeat("x", MaxCommandName)} {
		if !CommandName(s) || badCommand(s) != "" {
			t.Errorf("%q is refused: %s", s, badCommand(s))
		}
	}
	for _, s := range []string{
		"", ".", "..", ".x", "-x", "--", "/bin/sh", "a/b", "../tr", "tr ", " tr", "t\x00r", "t\nr", "t;r", "$(x)", "tü", "t\u202er", "[", "t\xffr",
		strings.Repeat("x", MaxCommandName+1),
	} {
		if CommandName(s) || s != "" && badCommand(s) == "" {
			t.Errorf("%q is allowed", s)
		}
	}
}
