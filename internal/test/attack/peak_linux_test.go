package attack

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// measured has cmd started by a small program, and returns what reads how many bytes
// of memory it took at most, when it has ended. The kernel counts for a program what
// the process that became it had before, and a test under the race detector has more
// than any limit.
func measured(t testing.TB, cmd *exec.Cmd) (peak func() int64) {
	t.Helper()
	launcher, file := programs.Path(t, "internal/test/attack/testdata/peak"), filepath.Join(t.TempDir(), "peak")
	cmd.Args = append([]string{launcher, file, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = launcher
	return func() int64 {
		t.Helper()
		text, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%s: its memory is not known: %v", cmd.Args[3:], err)
			return 0
		}
		bytes, err := strconv.ParseInt(string(text), 10, 64)
		if err != nil || bytes == 0 {
			t.Errorf("%s: its memory is %q", cmd.Args[3:], text)
		}
		return bytes
	}
}
