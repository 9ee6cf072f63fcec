package analysis_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

func table(string) *analysis.Table {
	return analysis.NewTable(analysis.Library(), builtins.Describe())
}

// check analyzes Clusterfile of some files: names and contents in turn.
func check(t *testing.T, files ...string) *analysis.Program {
	t.Helper()
	fsys := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		fsys[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	engine := starlark.Engine{Files: fsys, Table: table}
	program, err := engine.Check(t.Context(), "Clusterfile")
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// shown is a diagnostic as the comments of the test data have it.
func shown(d diag.Diagnostic) string {
	return fmt.Sprintf("%d: %d-%d %s: %s", d.Start.Line, d.Start.Column, d.End.Column, d.Code, d.Summary)
}

// TestMistakes: every script of testdata/mistakes.star has one mistake, which is
// found where it is, and nothing else is.
func TestMistakes(t *testing.T) {
	data, err := os.ReadFile("testdata/mistakes.star")
	if err != nil {
		t.Fatal(err)
	}
	marker := regexp.MustCompile(` ### (.*)`)
	scripts := strings.Split(string(data), "\n---\n")
	if len(scripts) < 40 {
		t.Fatalf("%d scripts, want 40", len(scripts))
	}
	for _, script := range scripts {
		var want string
		for i, line := range strings.Split(script, "\n") {
			if m := marker.FindStringSubmatch(line); m != nil {
				if want != "" {
					t.Fatalf("two marks in\n%s", script)
				}
				want = fmt.Sprintf("%d: %s", i+1, m[1])
			}
		}
		source := marker.ReplaceAllString(script, "")
		var got []string
		for _, d := range check(t, "Clusterfile", source).Diagnostics() {
			got = append(got, shown(d))
		}
		if len(got) != 1 || got[0] != want {
			t.Errorf("got\n\t%s\nwant\n\t%s\nin\n%s", strings.Join(got, "\n\t"), want, source)
		}
	}
}

// TestFine: nothing is reported of scripts that use each thing as it is meant.
func TestFine(t *testing.T) {
	for _, script := range []string{
		"load('lib.star', 'x', y = 'z')\nprint(x, y)",
		"x = None\nif k8s_contexts():\n    x = 'a'\nprint(x.upper() if x else 1)",
		"c = k8s_cluster()\nprint(c.registry.host, c.spec.connection.kubernetes.context)",
		"p = os.path\nprint(p.join('a', 'b'), os.environ['HOME'].lower())",
		"args = {'context': 'a'}\nk8s_cluster(**args)\nk8s_cluster(*['a'])\nos.path.join(*['a'])",
		"def f(a, *args, b = 1, **kwargs):\n    return (a, args, b, kwargs)\nf(1, 2, 3, b = 2, c = 3)",
		"def f(x):\n    return f\nf(1)(2)(3)",
		"[x for x in [1, 2]]\nfor i in range(3):\n    pass\na, b = 1, 2",
		"def f():\n    _unused = 1\n    for x in []:\n        pass\n    a, b = 1, 2\nf()",
		"x = struct(a = 1)\nprint(x.a, x.b)\nprint(math.pi + math.floor(1.5), time.now().year, time.hour * 2)",
		"k8s_yaml(['a.yaml', blob('')])\nk8s_yaml({'kind': 'Pod'})\nk8s_yaml([{'kind': 'Pod'}, blob('')])",
		"while True:\n    if k8s_contexts():\n        break\n    else:\n        continue",
		"k8s_cluster(naming = lambda name: name)\nk8s_cluster('b', naming = 'nested', labels = dict(a = 'b'))",
		"print('{} {}'.format(1, 2) + 'a' % 1 + str(1))\nprint([1] + [2], (1,) + (2,), 1 + 2.0, {} | {})",
		"x = [1]\nx += [2]\nx[0] = 2\ny = {}\ny['a'] = x",
		"fail = print\nfail('a')\nprint('b')",
		"def f(fail):\n    fail('a')\n    print('b')\nf(print)",
		"print('a' in 'ab', not 1, -1, 1 < 2, 1 or 'a')",
		"sorted([1], key = lambda x: -x, reverse = True)\nmax(1, 2, key = abs)\nzip([], [])\nenumerate([], 1)",
		"def f():\n    def g():\n        return g\n    return g\nf()",
	} {
		for _, d := range check(t, "Clusterfile", script, "lib.star", "x = 1\nz = 2").Diagnostics() {
			t.Errorf("%s\nin\n%s", shown(d), script)
		}
	}
}
