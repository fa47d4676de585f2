// Package fault is the one error type that people and programs read.
//
// A fault has a stable code in the form vox/<family>/<name>, a sentence that says what happened and on what, and a
// hint that says what to do now. Codes are part of the command line's contract: they may be added, never changed.
// Packages below mesh that import nothing of ours have errors of their own with the same two methods; Of reads both.
package fault

import (
	"errors"
	"fmt"
)

// Error is a fault. Code and Text are never empty; Hint may be.
type Error struct {
	Code string
	Text string
	Hint string
	Err  error // what caused it, or nil
}

// New makes a fault from a code and a sentence.
func New(code, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// WithHint gives a copy of e that says what to do now.
func (e *Error) WithHint(format string, args ...any) *Error {
	c := *e
	c.Hint = fmt.Sprintf(format, args...)
	return &c
}

// Wrap gives a copy of e that carries its cause.
func (e *Error) Wrap(err error) *Error {
	c := *e
	c.Err = err
	return &c
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Text + ": " + e.Err.Error()
	}
	return e.Text
}

func (e *Error) Unwrap() error { return e.Err }

// ErrorCode is the stable code.
func (e *Error) ErrorCode() string { return e.Code }

// ErrorHint is what to do now, or empty.
func (e *Error) ErrorHint() string { return e.Hint }

// Coded is what every error for people can say of itself.
type Coded interface {
	error
	ErrorCode() string
	ErrorHint() string
}

// Of gives the code and hint of err. An error without a code is "vox/internal".
func Of(err error) (code, hint string) {
	var c Coded
	if errors.As(err, &c) {
		return c.ErrorCode(), c.ErrorHint()
	}
	return "vox/internal", ""
}

// Is reports whether err carries the code.
func Is(err error, code string) bool {
	if err == nil {
		return false
	}
	c, _ := Of(err)
	return c == code
}
