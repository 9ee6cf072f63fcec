package starlark

import (
	"sort"
	"testing"
	"testing/fstest"
)

// TestNearestKey: an index with a constant key does what it does in Starlark, and
// names the nearest key of a dict that lacks it.
func TestNearestKey(t *testing.T) {
	const settings = "settings = {'registry': 'localhost:5000', 'tag': 'v1', 3: 4, 'web': {'image': 'w'}}\n"
	for _, tc := range []struct{ source, want string }{
		{settings + "print(settings['registry'])", ""},
		{settings + "settings['new'] = 1\nsettings['tag'] += 'x'\nsettings['web']['image'] = 2\n(settings['a'], [settings['b']]) = 1, [2]\nprint(settings)", ""},
		{settings + "print(settings['regisry'])", `Clusterfile:2:15: key "regisry" not in dict (did you mean "registry"?)`},
		{settings + "print(settings['web']['imag'])", `Clusterfile:2:22: key "imag" not in dict (did you mean "image"?)`},
		{settings + "def f(s):\n    return s['Tag']\nf(settings)", `Clusterfile:3:13: key "Tag" not in dict (did you mean "tag"?)`},
		{settings + "print([s['imgae'] for s in [settings['web']]])", `Clusterfile:2:9: key "imgae" not in dict (did you mean "image"?)`},
		{settings + "settings['wob']['image'] = 2", `Clusterfile:2:9: key "wob" not in dict (did you mean "web"?)`},
		{settings + "print(settings['nothing like it'])", `Clusterfile:2:15: key "nothing like it" not in dict`},
		{settings + "k = 'regisry'\nprint(settings[k])", `Clusterfile:3:15: key "regisry" not in dict`},
		{"load('lib.star', 's')\nprint(s['nme'])", `Clusterfile:2:8: key "nme" not in dict (did you mean "name"?)`},
		{"print({}['a'])", `Clusterfile:1:9: key "a" not in dict`},
		{"print([]['a'])", `Clusterfile:1:9: list index: got string, want int`},
		{"print('abc'['a'])", `Clusterfile:1:12: string index: got string, want int`},
		{"print(None['a'])", `Clusterfile:1:11: unhandled index operation NoneType[string]`},
		{"print([1][3])", `Clusterfile:1:10: list index 3 out of range [-1:0]`},
		{"x = 1\nprint({'registries': 1}['registries'], regstries)", `Clusterfile:2:40: undefined: regstries`},
	} {
		e := Engine{Files: fstest.MapFS{"Clusterfile": {Data: []byte(tc.source)}, "lib.star": {Data: []byte("s = {'name': 1}")}}}
		got := ""
		if err := e.Run(t.Context(), "Clusterfile"); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s\ngot  %s\nwant %s", tc.source, got, tc.want)
		}
	}
}

// TestKeySteps: a constant key takes no more steps than one that is not.
func TestKeySteps(t *testing.T) {
	steps := func(index string) int {
		source := "k = 'a'\nd = {'a': 1}\nfor i in range(100):\n    " + index + "\n"
		return sort.Search(10_000, func(most int) bool {
			e := Engine{Files: fstest.MapFS{"Clusterfile": {Data: []byte(source)}}, Limits: Limits{Steps: uint64(most + 1)}}
			return e.Run(t.Context(), "Clusterfile") == nil
		})
	}
	if constant, other := steps("d['a']"), steps("d[k]"); constant > other || other > 5_000 {
		t.Errorf("%d steps with a constant key, %d with another", constant, other)
	}
}

func BenchmarkConstantKey(b *testing.B) {
	source := "d = {'a': 1}\nfor i in range(100000):\n    d['a']\n"
	e := Engine{Files: fstest.MapFS{"Clusterfile": {Data: []byte(source)}}}
	for b.Loop() {
		if err := e.Run(b.Context(), "Clusterfile"); err != nil {
			b.Fatal(err)
		}
	}
}
