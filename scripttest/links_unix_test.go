//go:build unix

package scripttest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestScenarioLinks: inputs of a scenario can be links inside the folder of the
// script. A link that leads out of it, to a folder or to nothing fails.
func TestScenarioLinks(t *testing.T) {
	outside := t.TempDir()
	for name, text := range map[string]string{"env": "A=outside\n", "want.print": "outside\n"} {
		writeFile(t, filepath.Join(outside, name), text)
	}
	for _, c := range []struct{ name, link, to, want string }{
		{"an input of another scenario", "app/tests/three/env", "../one/env", ""},
		{"a golden file of another scenario", "app/tests/three/want.clusters.yaml", "../../none", "want.clusters.yaml"},
		{"an input outside", "app/tests/three/env", filepath.Join(outside, "env"), "tests/three/env: path escapes from parent"},
		{"a recording outside", "app/tests/three/clusters.yaml", filepath.Join(outside, "env"), "tests/three/clusters.yaml: path escapes from parent"},
		{"a scenario outside", "app/tests/four", outside, "tests/four: path escapes from parent"},
		{"a link to a scenario", "app/tests/four", "one", "tests/four: a link to a folder"},
		{"a link to nothing", "app/tests/four", "none", "tests/four: "},
		{"a link to a file", "app/tests/README", "one/env", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			inFolder(t, append(scenarioTree, "app/tests/three/want.print", "1\n")...)
			if err := os.Symlink(c.to, c.link); err != nil {
				t.Fatal(err)
			}
			if c.want == "" && !strings.Contains(c.link, "three") {
				writeFile(t, "app/tests/three/env", "A=1\n")
			}
			r := test(t, Config{}, "app")
			got := textOf(t, r)
			if (r.Failed() == 0) != (c.want == "") || !strings.Contains(got, c.want) || strings.Contains(got, "outside\n") {
				t.Errorf("want %q, got\n%s", c.want, got)
			}
		})
	}
}
