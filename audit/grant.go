package audit

import (
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// ActionReprioritize is the action of every [DeveloperOverride].
const ActionReprioritize = "reprioritize"

// Grant is the right to do one destructive act once: this actor, this action, this target, for this reason. Its
// fields are sealed: only [Confirm] makes one that is worth anything. Copies share the one use.
type Grant struct{ s *seal }

type seal struct {
	actor, action, target, reason string
	spent                         atomic.Bool
}

// Confirm mints a Grant when typed is the target, letter by letter, and a reason is given. The reason is trimmed and
// holds at most [MaxReasonRunes] letters and no control characters.
//
// Errors: vox/confirm/required, vox/confirm/reason-required, vox/confirm/reason-invalid; vox/audit/grant-invalid for
// an actor, action or target that no act can have. The hint is the command that would do it.
func Confirm(actor, action, target, typed, reason string) (*Grant, error) {
	if err := checkAct(actor, action, target); err != nil {
		return nil, err
	}
	command := commandFor(action, target)
	if typed != target {
		text := "%s %s needs its target typed again as confirmation"
		if typed != "" {
			text = "%s %s: the confirmation names another target"
		}
		return nil, failf(CodeConfirmRequired, command, text, action, target)
	}
	reason, err := checkReason(reason, action+" "+target, command)
	if err != nil {
		return nil, err
	}
	return &Grant{&seal{actor: actor, action: action, target: target, reason: reason}}, nil
}

// Actor is who may act, or empty for an invalid grant.
func (g *Grant) Actor() string { return g.open().actor }

// Action is what may be done, or empty for an invalid grant.
func (g *Grant) Action() string { return g.open().action }

// Target is what it may be done to, or empty for an invalid grant.
func (g *Grant) Target() string { return g.open().target }

// Reason is why, trimmed, or empty for an invalid grant.
func (g *Grant) Reason() string { return g.open().reason }

// Valid reports whether the grant was minted and not spent yet. Only Spend decides: another may spend it in between.
func (g *Grant) Valid() bool { return g != nil && g.s != nil && !g.s.spent.Load() }

// Spend uses the grant up for exactly this act; of many callers at once one succeeds. A call for another act leaves
// the grant unspent. Errors: vox/audit/grant-invalid, vox/audit/grant-spent.
func (g *Grant) Spend(actor, action, target string) error {
	if g == nil || g.s == nil {
		return failf(CodeGrantInvalid, "confirm the act first: type the target and give a reason",
			"%s of %s carries no grant", action, target)
	}
	if s := g.s; s.actor != actor || s.action != action || s.target != target {
		return failf(CodeGrantInvalid, "confirm this act itself", "the grant is for another act than %s of %s", action, target)
	}
	if !g.s.spent.CompareAndSwap(false, true) {
		return failf(CodeGrantSpent, "confirm again: one confirmation is good for one act",
			"the grant to %s %s is spent", action, target)
	}
	return nil
}

func (g *Grant) open() *seal {
	if g == nil || g.s == nil {
		return &seal{}
	}
	return g.s
}

// DeveloperOverride is the right to change the priority of one hopper item once. It is a [Grant] for
// [ActionReprioritize], in a type of its own so that no other confirmation compiles in its place.
type DeveloperOverride struct{ g Grant }

// ConfirmOverride mints a DeveloperOverride for the hopper item target when typed is that item's id and a reason is
// given. Whatever is missing, the code is vox/hopper/capability-required; the text says what.
func ConfirmOverride(actor, target, typed, reason string) (*DeveloperOverride, error) {
	if err := checkAct(actor, ActionReprioritize, target); err != nil {
		return nil, err
	}
	g, err := Confirm(actor, ActionReprioritize, target, typed, reason)
	if err != nil {
		e := &Error{Code: CodeCapabilityRequired, Hint: commandFor(ActionReprioritize, target), Err: err}
		e.Text = "changing the priority of " + target + " needs a DeveloperOverride"
		return nil, e
	}
	return &DeveloperOverride{*g}, nil
}

// Grant is the override as a grant; both share the one use. It is invalid when d is.
func (d *DeveloperOverride) Grant() *Grant {
	if d == nil {
		return &Grant{}
	}
	return &Grant{d.g.s}
}

// Actor is who may reorder, or empty for an invalid override.
func (d *DeveloperOverride) Actor() string { return d.Grant().Actor() }

// Action is [ActionReprioritize], or empty for an invalid override.
func (d *DeveloperOverride) Action() string { return d.Grant().Action() }

// Target is the item's id, or empty for an invalid override.
func (d *DeveloperOverride) Target() string { return d.Grant().Target() }

// Reason is why, or empty for an invalid override.
func (d *DeveloperOverride) Reason() string { return d.Grant().Reason() }

// Spend uses the override up for this item. An invalid, foreign or spent override is
// vox/hopper/capability-required, with the grant's own error behind it.
func (d *DeveloperOverride) Spend(actor, target string) error {
	if err := d.Grant().Spend(actor, ActionReprioritize, target); err != nil {
		return &Error{
			Code: CodeCapabilityRequired, Hint: commandFor(ActionReprioritize, target), Err: err,
			Text: "changing the priority of " + target + " needs a DeveloperOverride",
		}
	}
	return nil
}

func checkAct(actor, action, target string) error {
	switch {
	case !plainField(actor):
		return failf(CodeGrantInvalid, "", "an act needs an actor of plain text")
	case !isName(action):
		return failf(CodeGrantInvalid, "", "%q is not the name of an action", action)
	case !plainField(target):
		return failf(CodeGrantInvalid, "", "an act needs a target of plain text")
	}
	return nil
}

func checkReason(reason, act, command string) (string, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case reason == "":
		return "", failf(CodeReasonRequired, command, "%s needs a reason", act)
	case !plain(reason):
		return "", failf(CodeReasonInvalid, command, "the reason for %s holds control characters or is not UTF-8", act)
	case utf8.RuneCountInString(reason) > MaxReasonRunes:
		return "", failf(CodeReasonInvalid, "cut the reason to 500 letters", "the reason for %s is longer than %d letters", act, MaxReasonRunes)
	}
	return reason, nil
}

// commandFor is the command that carries a confirmed act out. An action it does not know repeats what was typed.
func commandFor(action, target string) string {
	word := shellWord(target)
	confirmed := " --confirm " + word + ` --reason "why"`
	switch action {
	case "kill", "pause", "drain", "replay", "revoke", "resume":
		return "voxmesh " + action + " " + word + confirmed
	case ActionReprioritize:
		return "voxmesh hopper reprioritize " + word + " PRIORITY" + confirmed
	}
	return "repeat the command with" + confirmed
}
