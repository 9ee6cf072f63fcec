//go:build real && linux

package e2e

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/sextant-dev/sextant/internal/test/program"
	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

var (
	real     = realcluster.New() // the Site of all tests here
	programs *program.Suite
)

func TestMain(m *testing.M) {
	programs = program.Around(real.Around(m))
	goleak.VerifyTestMain(programs)
}
