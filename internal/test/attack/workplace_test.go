package attack

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// workplace is a folder with scripts, and one for the temporary files of the
// commands that run in it.
type workplace struct{ dir, temp string }

// newWorkplace writes files, alternating names and contents.
func newWorkplace(t testing.TB, namesAndTexts ...string) *workplace {
	t.Helper()
	command(t) // is built the first time, which is not to count where a run is timed
	w := &workplace{dir: t.TempDir(), temp: t.TempDir()}
	for i := 0; i < len(namesAndTexts); i += 2 {
		w.write(t, namesAndTexts[i], namesAndTexts[i+1])
	}
	return w
}

func (w *workplace) write(t testing.TB, name, text string) {
	t.Helper()
	path := filepath.Join(w.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// leftBehind lists the temporary files that are there.
func (w *workplace) leftBehind(t testing.TB) []string {
	t.Helper()
	entries, err := os.ReadDir(w.temp)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// cmd is the sextant command in the workplace. Nothing of the machine's own
// configuration is to be found.
func (w *workplace) cmd(t testing.TB, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(command(t), args...)
	cmd.Dir = w.dir
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.temp, "TMPDIR=" + w.temp, "TEMP=" + w.temp, "TMP=" + w.temp,
		"KUBECONFIG=" + filepath.Join(w.temp, "none"), "DOCKER_HOST=unix:///nonexistent/docker.sock",
	}, env...)
	return cmd
}

// run runs the command to its end.
func (w *workplace) run(t testing.TB, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := w.cmd(t, env, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}
