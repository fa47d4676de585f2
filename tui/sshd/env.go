package sshd

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// allowedEnv tells which variables of a client reach a session: how to draw and in which language, nothing that could
// change what a command does.
func allowedEnv(name string) bool {
	switch name {
	case "TERM", "COLORTERM", "NO_COLOR", "LANG", "VOXMESH_ASCII", "VOXMESH_MOUSE":
		return true
	}
	rest, ok := strings.CutPrefix(name, "LC_")
	if !ok || rest == "" || len(rest) > 20 {
		return false
	}
	return strings.IndexFunc(rest, func(r rune) bool { return r != '_' && (r < 'A' || r > 'Z') }) < 0
}

// setEnv sets a variable where name and value are allowed, and tells whether it did.
func setEnv(env []string, name, value string) ([]string, bool) {
	if !allowedEnv(name) || len(value) > maxEnvValue || !utf8.ValidString(value) ||
		strings.IndexFunc(value, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0 {
		return env, false
	}
	if name == "TERM" && safeTerm(value) != value {
		return env, false
	}
	for i, kv := range env {
		if strings.HasPrefix(kv, name+"=") {
			env[i] = name + "=" + value
			return env, true
		}
	}
	if len(env) == maxEnvVars {
		return env, false
	}
	return append(env, name+"="+value), true
}

// safeTerm gives a terminal type that can be looked up in files without leaving their folder.
func safeTerm(term string) string {
	const plain = "xterm-256color"
	if term == "" || len(term) > 64 || term[0] == '.' {
		return plain
	}
	for _, r := range term {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("+-._", r):
		default:
			return plain
		}
	}
	return term
}

// clampSize brings a size that a client claims into what a screen can have. Nothing given is 80 by 24.
func clampSize(w, h uint32) Size {
	fit := func(n, none, most uint32) int {
		if n == 0 {
			n = none
		}
		return int(min(n, most))
	}
	return Size{fit(w, 80, maxWidth), fit(h, 24, maxHeight)}
}
