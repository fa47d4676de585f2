package policy

import "voxmesh/policy/syntax"

// The edits of a file. Each gives a new File (the old one stays) whose bytes differ from the old one's in what was edited
// and nowhere else; the style around the place is kept. An edit works on a file with errors too, where what it touches
// is sound; one after which the file says something else than was meant is not made.
//
// Errors are of the type EditError: vox/policy/bad-path (no such setting), vox/policy/no-such (nothing stands there),
// vox/policy/bad-value (with what is expected), vox/policy/not-sound (what is there cannot be edited safely).

// EditError is why an edit was not made.
type EditError struct {
	Code, Message, Hint string
}

// Error is the message.
func (e *EditError) Error() string { return e.Message }

// ErrorCode is the stable code.
func (e *EditError) ErrorCode() string { return e.Code }

// ErrorHint says what to do instead.
func (e *EditError) ErrorHint() string { return e.Hint }

// Set gives the file with value at path, as in slots[0].weight, per_peer_overrides[alice@aurelia].min_priority,
// allowed_users or allowed_users[2]. value is written as in the file; names may lack their quotes, and a list its
// brackets. What is not there is made, at its place in the canonical order: the field, the list, and the element where
// the brackets name a new key, the number after the last one, or nothing (slots[]).
func (f *File) Set(path, value string) (*File, error) { return nil, errNotYet }

// Unset gives the file without what stands at path: a field with the comments that are its own, or an element of a list.
func (f *File) Unset(path string) (*File, error) { return nil, errNotYet }

// Move gives the file with the element at path, as in slots[2], at another index of its list, from 0 and counted without
// the element itself. Its own comments go along.
func (f *File) Move(path string, to int) (*File, error) { return nil, errNotYet }

// Changed gives the spans in which now differs from f: of edits that were made one after the other too, at most a few.
func (f *File) Changed(now *File) []syntax.Edit { return nil }

var errNotYet = &EditError{Code: "vox/policy/not-sound", Message: "cannot be edited"}
