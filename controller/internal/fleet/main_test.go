package fleet_test

import (
	"fmt"
	"os"
	"testing"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

// real is where the tests with the build tag real get their API servers, and
// programs the folder where they build what they run as processes.
var (
	real     = realcluster.New()
	programs string
)

func TestMain(m *testing.M) {
	ctrl.SetLogger(zap.New(zap.WriteTo(os.Stderr)))
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if programs, err = os.MkdirTemp("", "sextant-controller-"); err != nil {
		fmt.Fprintln(os.Stderr, "make a folder to build in:", err)
		return 1
	}
	defer os.RemoveAll(programs)
	return real.Around(m).Run()
}
