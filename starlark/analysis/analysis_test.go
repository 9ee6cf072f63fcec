package analysis_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/tiltfile"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

func table(name string) *analysis.Table {
	rows := []analysis.Rows{analysis.Library(), builtins.Describe()}
	if name == "Tiltfile" {
		rows = append(rows, tiltfile.Describe())
	}
	return analysis.NewTable(rows...)
}

// check analyzes the first of some files: names and contents in turn.
func check(t *testing.T, files ...string) *analysis.Program {
	t.Helper()
	fsys := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		fsys[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	engine := starlark.Engine{Files: fsys, Table: table}
	program, err := engine.Check(t.Context(), files[0])
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// shown is a diagnostic as the comments of the test data have it.
func shown(d diag.Diagnostic) string {
	return fmt.Sprintf("%d: %d-%d %s: %s", d.Start.Line, d.Start.Column, d.End.Column, d.Code, d.Summary)
}

// A file that does not parse answers every question: it has no names of its own.
func TestBroken(t *testing.T) {
	f := analysis.Broken("Clusterfile", "f(", table("Clusterfile"), nil)
	at := diag.Position{File: "Clusterfile", Line: 1, Column: 1}
	if s, id := f.SymbolAt(at); s != nil || id != nil || f.LoadAt(at) != nil || f.Global("f") != nil {
		t.Error("a symbol or a load statement of nothing")
	}
	if n := len(f.Mentions("f")) + len(f.Visible([]string{"f"})) + len(f.Calls()) + len(f.GlobalNames()); n != 0 {
		t.Errorf("%d names or calls of nothing", n)
	}
	if got := f.TypeOfText(`"a,b".split(",")`, nil).String(); got != "list[str]" {
		t.Errorf("TypeOfText: %s, want list[str]", got) // of the language alone
	}
	if got := f.TypeOfText("f(1).x", []string{"f"}); got != nil {
		t.Errorf("TypeOfText of an undefined name: %v", got)
	}
}

var update = flag.Bool("update", false, "write what is reported of the mistakes into testdata")

// TestMistakes: every script of testdata/mistakes*.star has one mistake, which is
// found where it is, and nothing else is.
func TestMistakes(t *testing.T) {
	for file, script := range map[string]string{"mistakes.star": "Clusterfile", "mistakes_tiltfile.star": "Tiltfile"} {
		t.Run(script, func(t *testing.T) { testMistakes(t, "testdata/"+file, script) })
	}
}

func testMistakes(t *testing.T, file, name string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	marker := regexp.MustCompile(` ###(.*)`)
	scripts := strings.Split(string(data), "\n---\n")
	if len(scripts) < 25 {
		t.Fatalf("%s has %d scripts, want more", file, len(scripts))
	}
	for i, script := range scripts {
		want, line := "", 0
		for n, text := range strings.Split(script, "\n") {
			if m := marker.FindStringSubmatch(text); m != nil {
				if want != "" {
					t.Fatalf("two marks in\n%s", script)
				}
				want, line = fmt.Sprintf("%d:%s", n+1, m[1]), n+1
			}
		}
		source := marker.ReplaceAllString(script, "")
		var got []string
		for _, d := range check(t, name, source).Diagnostics() {
			got = append(got, shown(d))
		}
		if len(got) == 1 && *update && strings.HasPrefix(got[0], fmt.Sprintf("%d: ", line)) {
			_, report, _ := strings.Cut(got[0], ":")
			scripts[i] = marker.ReplaceAllLiteralString(script, " ###"+report)
			continue
		}
		if len(got) != 1 || got[0] != want {
			t.Errorf("got\n\t%s\nwant\n\t%s\nin\n%s", strings.Join(got, "\n\t"), want, source)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(strings.Join(scripts, "\n---\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFine: nothing is reported of scripts that use each thing as it is meant.
func TestFine(t *testing.T) {
	for _, script := range []string{
		"load('lib.star', 'x', y = 'z')\nprint(x, y)",
		"x = None\nif k8s_contexts():\n    x = 'a'\nprint(x.upper() if x else 1)",
		"x = 'a'\nif hasattr(x, 'swapcase'):\n    print(x.swapcase())",
		"print(os.path.isdir('a') if hasattr(os.path, 'isdir') else [x.swap() for x in ['a'] if hasattr((x), 'swap')])",
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

// TestDetails: what to write instead of a method of another language, or of a
// constant in quotes.
func TestDetails(t *testing.T) {
	for source, want := range map[string]string{
		"print('a'.contains('b'))":                       "Write part in s.",
		"x = []\nx.push(1)":                              "Write list.append(x).",
		"x = {'a': 1}\nprint(x.b)":                       `The value of a key of a dict is d["b"], or d.get("b") if it can be missing.`,
		"print(local('a').strip())":                      "Write str(x).strip: a Blob is text that knows where it comes from.",
		"for x in 'abc':\n    print(x)":                  "Loop over s.codepoints() for its characters, s.splitlines() or s.split(sep) for its parts, or write [s] for a list of one.",
		"for i in 3:\n    print(i)":                      "Loop over range(n).",
		"k8s_resource('web', trigger_mode = 'manual')":   "Write TRIGGER_MODE_AUTO or TRIGGER_MODE_MANUAL, without quotes.",
		"k8s_resource('web', pod_readiness = 'ignored')": "",
	} {
		all := check(t, "Tiltfile", source).Diagnostics()
		if len(all) != 1 || all[0].Detail != want {
			t.Errorf("%s\ngot  %+v\nwant %s", source, all, want)
		}
	}
}

// TestConstants: only a value that is evidently wrong is reported, once.
func TestConstants(t *testing.T) {
	for source, want := range map[string]int{
		"def f(n = 'flatt'):\n    k8s_cluster(naming = n)\nf('flat')":                          0,
		"n = 'flatt'\nn = 'flat'\nk8s_cluster(naming = n)":                                     0,
		"n = 'flatt'\nk8s_cluster('a', naming = n)\nk8s_cluster('b', naming = n)":              1,
		"k8s_cluster(naming = '', product = '')":                                               0,
		"k8s_cluster(naming = os.getenv('N', 'flatt'))":                                        0,
		"k8s_cluster(**{'naming': 'flatt'})":                                                   0,
		"k8s_cluster(naming = ('flatt'))":                                                      1,
		"for n in ['flatt']:\n    k8s_cluster(naming = n)":                                     0,
		"k8s_cluster('a', '', '', None, 'declare')":                                            1,
		"load('lib.star', 'N')\nk8s_cluster(naming = N)":                                       0,
		"k8s_cluster(naming = \"\"\"flatt\"\"\", default_registry = 'x:1', product = r'kind')": 1,
	} {
		if all := check(t, "Clusterfile", source, "lib.star", "N = 'flatt'").Diagnostics(); len(all) != want {
			t.Errorf("%s\ngot %+v, want %d", source, all, want)
		}
	}
}
