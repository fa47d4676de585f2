package sshd

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSplitReversesQuote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		arg := rapid.OneOf(
			rapid.StringMatching(`[ '"\\$\n\ta;|*~#]{0,12}`),
			rapid.String(),
			rapid.Map(rapid.SliceOf(rapid.ByteRange(1, 255)), func(b []byte) string { return string(b) }),
		)
		args := rapid.SliceOf(rapid.Map(arg, func(s string) string { return strings.ReplaceAll(s, "\x00", "x") })).Draw(t, "args")
		got, err := Split(Quote(args))
		if err != nil || !slices.Equal(got, args) {
			t.Fatalf("Split(%q) = %q, %v; want %q", Quote(args), got, err, args)
		}
	})
}

func TestSplitReadsWhatPeopleType(t *testing.T) {
	for line, want := range map[string][]string{
		"":                               nil,
		" \t\n":                          nil,
		"nodes --json":                   {"nodes", "--json"},
		`run text "two words" --model=m`: {"run", "text", "two words", "--model=m"},
		`a''b "" ''`:                     {"ab", "", ""},
		`"a\"b\\c\$d\e"`:                 {`a"b\c$d\e`},
		"\"a\\\nb\" c\\\nd":              {"ab", "cd"},
		`a\ b \'`:                        {"a b", "'"},
		`nodes; rm -rf $HOME | ~ * # x`:  {"nodes;", "rm", "-rf", "$HOME", "|", "~", "*", "#", "x"},
		"$(id) `id` a&b >f":              {"$(id)", "`id`", "a&b", ">f"},
	} {
		if got, err := Split(line); err != nil || !slices.Equal(got, want) {
			t.Errorf("Split(%q) = %q, %v; want %q", line, got, err, want)
		}
	}
	for _, line := range []string{`'`, `"`, `\`, `a 'b`, `"\`, `"a\"`, "a\x00b"} {
		if got, err := Split(line); err == nil {
			t.Errorf("Split(%q) = %q, want an error", line, got)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add(`a 'b' "c\"" \d`)
	f.Fuzz(func(t *testing.T, line string) {
		args, err := Split(line)
		if err != nil {
			return
		}
		again, err := Split(Quote(args))
		if err != nil || !slices.Equal(again, args) {
			t.Fatalf("%q: %q then %q, %v", line, args, again, err)
		}
	})
}

func TestEnvIsAllowListedAndBounded(t *testing.T) {
	for _, c := range []struct {
		name, value string
		ok          bool
	}{
		{"COLORTERM", "truecolor", true},
		{"LC_ALL", "de_DE.UTF-8", true},
		{"LANG", "C", true},
		{"VOXMESH_ASCII", "1", true},
		{"VOXMESH_MOUSE", "0", true},
		{"NO_COLOR", "", true},
		{"TERM", "xterm", true},
		{"PATH", "/tmp", false},
		{"LD_PRELOAD", "x", false},
		{"VOXMESH_DATA", "/etc", false},
		{"LC_", "x", false},
		{"LC_a=b", "x", false},
		{"LC_../..", "x", false},
		{"TERM", "../../etc/passwd", false},
		{"LANG", "a\x1b[2J", false},
		{"LANG", "a\nb", false},
		{"LANG", "\xff", false},
		{"LANG", strings.Repeat("x", maxEnvValue+1), false},
	} {
		if _, ok := setEnv(nil, c.name, c.value); ok != c.ok {
			t.Errorf("setEnv(%q, %q) = %v", c.name, c.value, ok)
		}
	}
	var env []string
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			env, _ = setEnv(env, "LC_"+string(a)+string(b), "x")
		}
	}
	if len(env) != maxEnvVars {
		t.Errorf("%d variables kept", len(env))
	}
	env, ok := setEnv(env, "LC_AA", "new")
	if !ok || len(env) != maxEnvVars || env[0] != "LC_AA=new" {
		t.Errorf("replacing a variable: %v, %d, %q", ok, len(env), env[0])
	}
}

func TestSizesAreClamped(t *testing.T) {
	for in, want := range map[[2]uint32]Size{
		{0, 0}: {80, 24}, {120, 40}: {120, 40}, {1 << 31, 1<<32 - 1}: {maxWidth, maxHeight}, {1, 1}: {1, 1},
	} {
		if got := clampSize(in[0], in[1]); got != want {
			t.Errorf("clampSize(%v) = %v", in, got)
		}
	}
}
