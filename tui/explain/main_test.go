package explain

import (
	"os"
	"testing"
	"time"
)

// The rules of the mesh write times in the zone of the machine; the drawings have one.
func TestMain(m *testing.M) {
	time.Local = time.UTC
	os.Exit(m.Run())
}
