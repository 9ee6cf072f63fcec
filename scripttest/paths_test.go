package scripttest

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree is a folder with a test of each kind.
var tree = []string{
	"a/Clusterfile", "print(1)", "a/want.print", "1\n",
	"a/x_test.star", "def test_1(): pass\ndef test_2(): pass\n",
	"b.txtar", "-- Clusterfile --\nprint(2)\n-- want.print --\n2\n",
	"c/d/Clusterfile", "print(3)", "c/d/want.print", "3\n",
	"none/file", "",
	"plain.star", "",
	"other.txtar", "-- file --\n",
}

func namesOf(r *Report) []string {
	var names []string
	for _, one := range r.Results {
		names = append(names, one.Name)
	}
	return names
}

func TestPaths(t *testing.T) {
	inFolder(t, tree...)
	all := []string{"a", "a/x_test.star:test_1", "a/x_test.star:test_2", "b.txtar", "c/d"}
	abs, err := filepath.Abs("c/d")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		paths []string
		want  []string
	}{
		{"none is here", nil, all},
		{"a dot", []string{"."}, all},
		{"the order of the arguments", []string{"c", "a"}, []string{"c/d", "a", "a/x_test.star:test_1", "a/x_test.star:test_2"}},
		{"a script", []string{"a/Clusterfile"}, []string{"a"}},
		{"a file of functions", []string{"a/x_test.star"}, all[1:3]},
		{"an archive", []string{"./b.txtar"}, []string{"b.txtar"}},
		{"an absolute path", []string{abs}, []string{filepath.ToSlash(abs)}},
		{"each once", []string{"c/d", "./c", "c/d/Clusterfile", abs}, []string{"c/d"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := test(t, Config{}, c.paths...)
			if d := cmp.Diff(c.want, namesOf(r)); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			if r.Failed() > 0 {
				t.Error(textOf(t, r))
			}
		})
	}
}

func TestPathsWithoutTests(t *testing.T) {
	inFolder(t, tree...)
	if _, err := (Config{}).Test(t.Context(), "a", ""); err == nil || err.Error() != "a path is empty: name a folder or a file" {
		t.Errorf("an empty path: %v", err)
	}
	for _, path := range []string{"none", "none/file", "plain.star", "other.txtar", "c", "missing", "a/want.print"} {
		_, err := Config{}.Test(t.Context(), "a", path)
		if path == "c" {
			if err != nil {
				t.Errorf("%s: %v", path, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want an error that names it", path, err)
		}
	}
}

func TestFilter(t *testing.T) {
	inFolder(t, tree...)
	r := test(t, Config{Filter: regexp.MustCompile("_2$|^c")})
	if d := cmp.Diff([]string{"a/x_test.star:test_2", "c/d"}, namesOf(r)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

const recordingOfA = `apiVersion: tilt.dev/v1alpha1
kind: ClusterList
metadata: {}
items:
- metadata: {name: a}
  spec: {connection: {kubernetes: {context: a}}}
  status: {}
`

// TestUnreadNeedsEveryTest: a test that did not run may be the one that reads.
func TestUnreadNeedsEveryTest(t *testing.T) {
	inFolder(t,
		"clusters.yaml", recordingOfA,
		"x_test.star", "def test_1(): k8s_cluster('a')\ndef test_2(): pass\n",
		"y_test.star", "def test_3(): pass\n",
	)
	for _, c := range []struct {
		config Config
		paths  []string
	}{
		{Config{}, nil},
		{Config{Filter: regexp.MustCompile("_2$")}, nil},
		{Config{}, []string{"y_test.star"}},
	} {
		if r := test(t, c.config, c.paths...); r.Failed() > 0 {
			t.Error(textOf(t, r))
		}
	}
	writeFile(t, "x_test.star", "def test_1(): pass\n")
	if r := test(t, Config{}); r.Failed() != 1 {
		t.Errorf("nothing reads the recording, and that passes\n%s", textOf(t, r))
	}
}

func TestContextsReadTheRecording(t *testing.T) {
	inFolder(t, "clusters.yaml", recordingOfA, "Clusterfile", "print(k8s_contexts())", "want.print", "[\"a\"]\n")
	if r := test(t, Config{}); r.Failed() > 0 {
		t.Error(textOf(t, r))
	}
}

func TestRoot(t *testing.T) {
	inFolder(t,
		"lib/a.star", "def a(): return 1 // 0\n",
		"tests/one/Clusterfile", "load('../../lib/a.star', 'a')\nprint(read_file('data'))\na()\n",
		"tests/one/data", "beside",
		"tests/one/want.print", "beside\n",
		"tests/one/want.error", `Traceback (most recent call last):
  tests/one/Clusterfile:3:2: in <toplevel>
  lib/a.star:1:19: in a
Error: floored division by zero
  1 | def a(): return 1 // 0
    |                   ^
`,
		"tests/two/x_test.star", "load('../../lib/a.star', 'a')\ndef test_a(): assert.fails(a, 'division')\n",
	)
	r := test(t, Config{Root: ".", Cover: true}, "tests")
	if r.Failed() > 0 || len(r.Results) != 2 {
		t.Error(textOf(t, r))
	}
	for i, want := range []string{"lib/a.star", "tests/one/Clusterfile"} {
		if got := r.Coverage[i].File; got != want {
			t.Errorf("coverage of %s, want that of %s", got, want)
		}
	}
	if r := test(t, Config{}, "tests"); r.Failed() != 2 {
		t.Errorf("without a root the scripts left their folders\n%s", textOf(t, r))
	}
	if _, err := (Config{Root: "lib"}).Test(t.Context(), "tests"); err == nil {
		t.Error("a test outside of the root ran")
	}
}

// scenarioTree is a script with scenarios.
var scenarioTree = []string{
	"app/Clusterfile", "print(os.getenv('A', 'unset'))\n", "app/want.print", "unset\n",
	"app/tests/one/want.print", "1\n", "app/tests/one/env", "A=1\n",
	"app/tests/two/more/want.print", "2\n", "app/tests/two/more/env", "A=2\n",
	"app/tests/own/Clusterfile", "print(3)\n", "app/tests/own/want.print", "3\n",
	"app/tests/x_test.star", "def test_1(): pass\n",
}

func TestScenarioPaths(t *testing.T) {
	inFolder(t, scenarioTree...)
	abs, err := filepath.Abs("app/tests/one")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, dir string
		paths     []string
		want      []string
	}{
		{"all", ".", nil, []string{"app", "app/tests/x_test.star:test_1", "app/tests/one", "app/tests/own", "app/tests/two/more"}},
		{"a scenario", ".", []string{"app/tests/two/more"}, []string{"app/tests/two/more"}},
		{"above scenarios", ".", []string{"app/tests/two"}, []string{"app/tests/two/more"}},
		{"the script", ".", []string{"app/Clusterfile"}, []string{"app", "app/tests/one", "app/tests/two/more"}},
		{"in a scenario", "app/tests/one", nil, []string{"../../tests/one"}},
		{"in the scenarios", "app/tests", nil, []string{"x_test.star:test_1", "../tests/one", "own", "../tests/two/more"}},
		{"an absolute path", ".", []string{abs}, []string{filepath.ToSlash(abs)}},
		{"each once", ".", []string{"app/tests/one", "app", abs}, []string{"app/tests/one", "app", "app/tests/x_test.star:test_1", "app/tests/own", "app/tests/two/more"}},
	} {
		for _, root := range []string{"", filepath.Dir(filepath.Dir(filepath.Dir(abs)))} {
			t.Run(c.name, func(t *testing.T) {
				t.Chdir(c.dir)
				r := test(t, Config{Root: root, Update: true}, c.paths...)
				if d := cmp.Diff(c.want, namesOf(r)); d != "" {
					t.Errorf("-want +got\n%s", d)
				}
				if r.Failed() > 0 {
					t.Error(textOf(t, r))
				}
			})
		}
	}
	if got := readFile(t, "app/tests/one/want.print"); got != "1\n" {
		t.Errorf("the golden file became %q", got)
	}
	if _, err := (Config{Root: "app/tests/one"}).Test(t.Context(), "app/tests/one"); err == nil {
		t.Error("a scenario ran whose script is above the root")
	}
}

// TestScenarioUpdate: what a scenario made goes into its own folder.
func TestScenarioUpdate(t *testing.T) {
	inFolder(t, scenarioTree...)
	writeFile(t, "app/tests/one/want.print", "old\n")
	writeFile(t, "app/tests/two/want.print", "")
	r := test(t, Config{Update: true}, "app")
	if got := textOf(t, r); r.Failed() > 0 || !strings.Contains(got, "wrote app/tests/one: want.print\n") {
		t.Error(got)
	}
	for name, want := range map[string]string{"app/want.print": "unset\n", "app/tests/one/want.print": "1\n", "app/tests/two/want.print": "unset\n"} {
		if got := readFile(t, name); got != want {
			t.Errorf("%s became %q, want %q", name, got, want)
		}
	}
}

// TestDescribe: what a file of tests can use beside the builtins.
func TestDescribe(t *testing.T) {
	for path, want := range map[string]string{
		"a/x_test.star": "assert.contains assert.eq assert.fails assert.ne assert.true fake_cluster",
		"a/Clusterfile": "",
		"a/x.star":      "",
	} {
		var names []string
		for _, f := range Describe(path).Functions {
			names = append(names, f.Name)
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
