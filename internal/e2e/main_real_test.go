//go:build real && linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/sextant-dev/sextant/internal/realcluster"
)

// real is the Site of all tests here.
var real = realcluster.New()

func TestMain(m *testing.M) { goleak.VerifyTestMain(suite{real.Around(m)}) }

// suite gives the tests a folder for what they build.
type suite struct{ tests *realcluster.Tests }

var buildDir string

func (s suite) Run() int {
	dir, err := os.MkdirTemp("", "sextant-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "make a folder to build in:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	buildDir = dir
	return s.tests.Run()
}

const module = "github.com/sextant-dev/sextant/"

var (
	buildSextant = sync.OnceValues(func() (string, error) { return build("cmd/sextant") })
	buildPause   = sync.OnceValues(func() (string, error) { return build("internal/realcluster/pause") })
)

// build makes a static program of a package of this module, as `make build`
// does.
func build(pkg string) (path string, err error) {
	path = filepath.Join(buildDir, filepath.Base(pkg))
	cmd := exec.Command("go", "build", "-trimpath", "-o", path, module+pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w: %s", pkg, err, out)
	}
	return path, nil
}
