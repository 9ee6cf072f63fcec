package attack

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// runMeasured runs the command, which has to end within a time, and returns also how
// many bytes of memory it took at most. A small program starts it: the kernel counts for
// a program what the process that became it had before, and a test under the race
// detector has more than any limit.
func (w *workplace) runMeasured(t testing.TB, within time.Duration, stdin string, args ...string) (stdout, stderr string, code int, peak int64) {
	t.Helper()
	launcher, file := programs.Path(t, "internal/test/attack/testdata/peak"), filepath.Join(t.TempDir(), "peak")
	var out, errs bytes.Buffer
	cmd := w.cmd(t, nil, args...)
	cmd.Args = append([]string{launcher, file, cmd.Path}, args...)
	cmd.Path = launcher
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(within, func() { cmd.Process.Kill() })
	cmd.Wait()
	if !late.Stop() {
		t.Errorf("%s does not end", args)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Errorf("%s: its memory is not known: %v", args, err)
	} else if peak, err = strconv.ParseInt(string(text), 10, 64); err != nil || peak == 0 {
		t.Errorf("%s: its memory is %q", args, text)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode(), peak
}
