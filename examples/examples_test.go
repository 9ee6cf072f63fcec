package examples_test

import (
	"testing"

	"github.com/sextant-dev/sextant/scripttest"
)

// Each folder here is a golden test, as `sextant test examples` runs it.
func TestExamples(t *testing.T) { scripttest.Run(t, ".") }
