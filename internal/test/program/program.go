package program

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

const module = "github.com/sextant-dev/sextant/"

// Build makes a static program of a command of this module, such as
// "cmd/sextant", in the folder dir, as `make build` does.
func Build(dir, command string) (path string, err error) {
	path = filepath.Join(dir, filepath.Base(command))
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	cmd := exec.Command("go", "build", "-trimpath", "-o", path, module+command)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w: %s", command, err, out)
	}
	return path, nil
}

// Suite is the tests of a package with a folder of programs, each built when it
// is first asked for. The folder is gone when the tests have run. Its Run is for
// TestMain.
type Suite struct {
	tests interface{ Run() int }
	dir   string
	mu    sync.Mutex
	built map[string]string // paths by command
}

// Around makes a Suite of tests.
func Around(tests interface{ Run() int }) *Suite {
	return &Suite{tests: tests, built: map[string]string{}}
}

// Run runs the tests and returns their exit code.
func (s *Suite) Run() int {
	dir, err := os.MkdirTemp("", "sextant-programs-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "make a folder to build in:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	s.dir = dir
	return s.tests.Run()
}

// Path is the program of a command.
func (s *Suite) Path(t testing.TB, command string) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.built[command] == "" {
		path, err := Build(s.dir, command)
		if err != nil {
			t.Fatal(err)
		}
		s.built[command] = path
	}
	return s.built[command]
}
