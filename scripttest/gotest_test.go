package scripttest

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/starlark"
)

// failingVariable makes this test binary run the test that fails on purpose.
const failingVariable = "SCRIPTTEST_FAILING"

func TestRun(t *testing.T) {
	inFolder(t,
		"a/Clusterfile", "print(team)", "a/want.print", "web\n",
		"a/x_test.star", "def test_team(): assert.eq(team, 'web')\n",
	)
	Config{Plugins: func() []starlark.Plugin { return []starlark.Plugin{team{}} }}.Run(t, "a")
}

func TestRunUpdates(t *testing.T) {
	inFolder(t, "a/Clusterfile", "print(1)", "a/want.print", "")
	t.Setenv(updateVariable, "1")
	Run(t, "a")
	if got := readFile(t, "a/want.print"); got != "1\n" {
		t.Errorf("got %q", got)
	}
}

// TestFailingOnPurpose runs in a process of its own; see TestRunFails.
func TestFailingOnPurpose(t *testing.T) {
	if os.Getenv(failingVariable) == "" {
		return
	}
	t.Chdir(os.Getenv(failingVariable))
	Run(t)
}

func TestRunFails(t *testing.T) {
	for _, c := range []struct {
		name  string
		files []string
		want  []string
	}{
		{"a difference", []string{"a/Clusterfile", "print(1)", "a/want.print", "2\n", "b/Clusterfile", "", "b/want.print", ""}, []string{
			"--- FAIL: TestFailingOnPurpose/a", "want.print differs:", "-2\n", "+1\n", "--- PASS: TestFailingOnPurpose/b",
			"accept with: SEXTANT_UPDATE=1 go test -run '^TestFailingOnPurpose$'",
		}},
		{"no tests", []string{"file", ""}, []string{"--- FAIL: TestFailingOnPurpose", "no tests in ."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			binary, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			inFolder(t, c.files...)
			dir, err := os.Getwd()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), binary, "-test.v", "-test.run=^TestFailingOnPurpose$")
			cmd.Env = append(os.Environ(), failingVariable+"="+dir)
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Errorf("the test passed")
			}
			for _, want := range c.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("no %q in:\n%s", want, out)
				}
			}
		})
	}
}
