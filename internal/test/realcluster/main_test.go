package realcluster

import (
	"testing"

	"go.uber.org/goleak"
)

// real is the Site of the tests on real servers.
var real = New()

func TestMain(m *testing.M) { goleak.VerifyTestMain(real.Around(m)) }
