package attack

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/sextant-dev/sextant/internal/realcluster"
)

// real is where the tests with the build tag real get their servers.
var real = realcluster.New()

func TestMain(m *testing.M) { goleak.VerifyTestMain(suite{real.Around(m)}) }

// suite gives the tests a folder for the command that they build.
type suite struct{ tests *realcluster.Tests }

var buildDir string

func (s suite) Run() int {
	dir, err := os.MkdirTemp("", "sextant-attack-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "make a folder to build in:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	buildDir = dir
	return s.tests.Run()
}

// command is the path of the sextant command, built as `make build` does.
func command(t testing.TB) string {
	t.Helper()
	path, err := buildCommand()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var buildCommand = sync.OnceValues(func() (string, error) {
	path := filepath.Join(buildDir, "sextant")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	cmd := exec.Command("go", "build", "-trimpath", "-o", path, "github.com/sextant-dev/sextant/cmd/sextant")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build sextant: %w: %s", err, out)
	}
	return path, nil
})
