package fault

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestCodeAndHintSurviveWrapping(t *testing.T) {
	base := New("vox/node/unknown", "there is no node %q", "bob").WithHint("voxmesh %s lists them", "nodes").Wrap(io.EOF)
	for _, err := range []error{base, fmt.Errorf("kill: %w", base), errors.Join(io.ErrShortWrite, base)} {
		if code, hint := Of(err); code != "vox/node/unknown" || hint != "voxmesh nodes lists them" {
			t.Errorf("%v: %s, %s", err, code, hint)
		}
		if !Is(err, "vox/node/unknown") || !errors.Is(err, io.EOF) || Is(err, "vox/node") {
			t.Errorf("%v is not what it wraps", err)
		}
	}
	if got := base.Error(); got != `there is no node "bob": EOF` {
		t.Errorf("Error() = %q", got)
	}
}

func TestWithHintAndWrapChangeACopy(t *testing.T) {
	base := New("vox/a/b", "text")
	_ = base.WithHint("hint")
	_ = base.Wrap(io.EOF)
	if base.Hint != "" || base.Err != nil {
		t.Errorf("the original changed: %+v", base)
	}
}

func TestAnErrorWithoutACodeIsInternal(t *testing.T) {
	if code, hint := Of(io.EOF); code != "vox/internal" || hint != "" {
		t.Errorf("%s, %s", code, hint)
	}
	if Is(nil, "vox/internal") {
		t.Error("nil is no fault")
	}
}

// foreign has the two methods without being of this package, as the errors of audit and oplog do.
type foreign struct{}

func (foreign) Error() string     { return "foreign" }
func (foreign) ErrorCode() string { return "vox/oplog/locked" }
func (foreign) ErrorHint() string { return "end it" }

func TestErrorsOfOtherPackagesAreRead(t *testing.T) {
	if code, hint := Of(fmt.Errorf("open: %w", foreign{})); code != "vox/oplog/locked" || hint != "end it" {
		t.Errorf("%s, %s", code, hint)
	}
}
