package audit

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func wantCode(t *testing.T, err error, want string) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want code %s", err, want)
	}
	if e.ErrorCode() != want {
		t.Fatalf("code %s (%v), want %s", e.ErrorCode(), err, want)
	}
	return e
}

func TestConfirmRefuses(t *testing.T) {
	for _, tc := range []struct {
		name, actor, action, target, typed, reason, code, hint string
	}{
		{"not typed", "cli:mira", "kill", "lex-2", "", "runaway", CodeConfirmRequired, `voxmesh kill lex-2 --confirm lex-2 --reason "why"`},
		{"another name", "cli:mira", "kill", "lex-2", "lex-3", "runaway", CodeConfirmRequired, `voxmesh kill lex-2 --confirm lex-2 --reason "why"`},
		{"other case", "cli:mira", "drain", "lex-2", "Lex-2", "runaway", CodeConfirmRequired, "voxmesh drain lex-2"},
		{"white space", "cli:mira", "kill", "lex-2", "lex-2 ", "runaway", CodeConfirmRequired, "voxmesh kill"},
		{"no reason", "cli:mira", "kill", "lex-2", "lex-2", "", CodeReasonRequired, "--reason"},
		{"blank reason", "cli:mira", "kill", "lex-2", "lex-2", " \t\n", CodeReasonRequired, "--reason"},
		{"long reason", "cli:mira", "kill", "lex-2", "lex-2", strings.Repeat("ü", MaxReasonRunes+1), CodeReasonInvalid, "500"},
		{"escape in reason", "cli:mira", "kill", "lex-2", "lex-2", "a\x1b[2Jb", CodeReasonInvalid, ""},
		{"bidi in reason", "cli:mira", "kill", "lex-2", "lex-2", "a\u202eb", CodeReasonInvalid, ""},
		{"not UTF-8", "cli:mira", "kill", "lex-2", "lex-2", "a\xff", CodeReasonInvalid, ""},
		{"no actor", "", "kill", "lex-2", "lex-2", "why", CodeGrantInvalid, ""},
		{"no target", "cli:mira", "kill", "", "", "why", CodeGrantInvalid, ""},
		{"action of words", "cli:mira", "kill all", "lex-2", "lex-2", "why", CodeGrantInvalid, ""},
		{"quoted target", "cli:mira", "kill", "a'b", "", "why", CodeConfirmRequired, `--confirm 'a'\''b'`},
		{"unknown action", "cli:mira", "access-rm", "key-1", "", "why", CodeConfirmRequired, "--confirm key-1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g, err := Confirm(tc.actor, tc.action, tc.target, tc.typed, tc.reason)
			e := wantCode(t, err, tc.code)
			if g != nil {
				t.Error("a refusal came with a grant")
			}
			if !strings.Contains(e.ErrorHint(), tc.hint) {
				t.Errorf("hint %q lacks %q", e.ErrorHint(), tc.hint)
			}
		})
	}
}

func TestGrantIsBoundAndSingleUse(t *testing.T) {
	g, err := Confirm("cli:mira", "kill", "lex-2", "lex-2", "  runaway  ")
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(g.Actor(), g.Action(), g.Target(), g.Reason()); got != fmt.Sprint("cli:mira", "kill", "lex-2", "runaway") {
		t.Errorf("grant says %s", got)
	}
	wantCode(t, g.Spend("cli:eve", "kill", "lex-2"), CodeGrantInvalid)
	wantCode(t, g.Spend("cli:mira", "pause", "lex-2"), CodeGrantInvalid)
	wantCode(t, g.Spend("cli:mira", "kill", "lex-3"), CodeGrantInvalid)
	if !g.Valid() {
		t.Fatal("a wrong act spent the grant")
	}
	twin := *g
	if err := twin.Spend("cli:mira", "kill", "lex-2"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, g.Spend("cli:mira", "kill", "lex-2"), CodeGrantSpent)
	if g.Valid() || twin.Valid() {
		t.Error("a spent grant is valid")
	}
}

func TestZeroGrantsAuthoriseNothing(t *testing.T) {
	var none *Grant
	for _, g := range []*Grant{none, {}, (*DeveloperOverride)(nil).Grant(), (&DeveloperOverride{}).Grant()} {
		wantCode(t, g.Spend("", "", ""), CodeGrantInvalid)
		if g.Valid() || g.Actor()+g.Action()+g.Target()+g.Reason() != "" {
			t.Error("a zero grant says something")
		}
	}
	wantCode(t, (&DeveloperOverride{}).Spend("", ""), CodeCapabilityRequired)
	wantCode(t, (*DeveloperOverride)(nil).Spend("", ""), CodeCapabilityRequired)
}

func TestOneOfManySpends(t *testing.T) {
	g, err := Confirm("host", "drain", "n", "n", "why")
	if err != nil {
		t.Fatal(err)
	}
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			if g.Spend("host", "drain", "n") == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d callers spent one grant", won.Load())
	}
}

func TestDeveloperOverride(t *testing.T) {
	for _, tc := range []struct{ typed, reason, text string }{
		{"", "why", "typed again"}, {"h-2", "why", "another target"}, {"h-1", " ", "reason"},
	} {
		d, err := ConfirmOverride("cli:mira", "h-1", tc.typed, tc.reason)
		e := wantCode(t, err, CodeCapabilityRequired)
		if d != nil || !strings.Contains(e.Error(), tc.text) {
			t.Errorf("%+v: %v, %v", tc, d, e)
		}
		if !strings.Contains(e.Hint, `voxmesh hopper reprioritize h-1 PRIORITY --confirm h-1 --reason "why"`) {
			t.Errorf("hint %q", e.Hint)
		}
	}
	d, err := ConfirmOverride("cli:mira", "h-1", "h-1", "blocks the release")
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, d.Spend("cli:mira", "h-2"), CodeCapabilityRequired)
	if d.Actor() != "cli:mira" || d.Action() != ActionReprioritize || d.Target() != "h-1" || d.Reason() != "blocks the release" {
		t.Errorf("override says %q %q %q %q", d.Actor(), d.Action(), d.Target(), d.Reason())
	}
	if err := d.Grant().Spend("cli:mira", ActionReprioritize, "h-1"); err != nil {
		t.Fatal(err)
	}
	err = d.Spend("cli:mira", "h-1")
	wantCode(t, err, CodeCapabilityRequired)
	if !strings.Contains(err.Error(), "spent") {
		t.Errorf("spent override says %v", err)
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]bool{
		"kill": true, "hopper_submit": true, "access-rm": true, "v2": true, "": false, "Kill": false, "kill ": false,
		"-kill": false, "kill-": false, "a--b": false, "a/b": false, "2kill": false, "käse": false, strings.Repeat("a", 65): false,
	} {
		if isName(name) != want {
			t.Errorf("isName(%q) = %v", name, !want)
		}
	}
}
