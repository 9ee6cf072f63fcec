package scripttest_test

import (
	"testing"

	"github.com/sextant-dev/sextant/scripttest"
)

// TestTiltfiles runs the corpus of Tiltfiles: each folder is one, with what it
// declares.
func TestTiltfiles(t *testing.T) { scripttest.Run(t, "../testdata/tiltfiles") }
