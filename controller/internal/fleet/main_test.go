package fleet_test

import (
	"os"
	"testing"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

// real is where the tests with the build tag real get their API servers.
var real = realcluster.New()

func TestMain(m *testing.M) {
	ctrl.SetLogger(zap.New(zap.WriteTo(os.Stderr)))
	os.Exit(real.Around(m).Run())
}
