package attack

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/sextant-dev/sextant/internal/test/program"
	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

var (
	// real is where the tests with the build tag real get their servers.
	real     = realcluster.New()
	programs *program.Suite
)

func TestMain(m *testing.M) {
	programs = program.Around(real.Around(m))
	goleak.VerifyTestMain(programs)
}

// command is the path of the sextant command.
func command(t testing.TB) string {
	t.Helper()
	return programs.Path(t, "cmd/sextant")
}
