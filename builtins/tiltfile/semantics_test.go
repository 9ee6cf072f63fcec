package tiltfile_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/tiltfile"
)

func TestIs(t *testing.T) {
	for name, want := range map[string]bool{
		"Tiltfile": true, "Tiltfile.dev": true, "web.tiltfile": true, "a/b/Tiltfile": true, `c:\x\Tiltfile`: true,
		"Clusterfile": false, "MyTiltfile": false, "Tiltfiles": false, "tiltfile": false, "Tiltfile/x.star": false,
	} {
		if got := tiltfile.Is(name); got != want {
			t.Errorf("Is(%q) = %v", name, got)
		}
	}
}

// TestSaid runs scripts of one statement or more and compares what they print.
func TestSaid(t *testing.T) {
	tree := []string{
		"lib/Tiltfile", "def read(f):\n    return str(read_file(f))\ndef here():\n    return os.getcwd()\ninside = os.getcwd()\nfile = __file__\nname = __name__\n",
		"again", "load('lib/Tiltfile', 'read')", "lib/a.txt", "of lib", "a.txt", "of the root", "sub/b.yaml", "a: 1\n", "sub/deep/c.yaml", "", "data.json", `{"b": [1], "a": null}`,
		"stream.yaml", "# nothing\n---\na: 1\n---\n---\n# only this\n---\nb: 2\n",
	}
	for _, tc := range []struct{ script, want string }{
		// Paths are relative to the file being executed.
		{"load('lib/Tiltfile', 'read', 'here', 'inside')\nprint(read('a.txt'), here(), inside)", "of the root /work/app /work/app/lib\n"},
		{"load('./lib/Tiltfile', 'file', 'name')\nprint(file, name, __file__, __name__)", "/work/app/lib/Tiltfile lib/Tiltfile /work/app/Tiltfile __main__\n"},
		{"print(os.path.exists(os.path.abspath('a.txt')), read_file('/work/app/a.txt'), os.path.exists('none'), os.path.exists(''))", "True of the root False True\n"},
		{"print(listdir('sub'), listdir('/work/app/sub', recursive=True))", `["/work/app/sub/b.yaml"] ["/work/app/sub/b.yaml", "/work/app/sub/deep/c.yaml"]` + "\n"},
		{"print(config.main_path, config.main_dir, config.tilt_subcommand, os.name, sys.executable)", "/work/app/Tiltfile /work/app alpha tiltfile-result posix tilt\n"},
		// os.path is Go's filepath.
		{"print(os.path.join('/a', '/b'), os.path.join('a', '..', 'b'), os.path.join('a'))", "/a/b b a\n"},
		{"print(os.path.basename('a/b/'), os.path.dirname('foo'), os.path.dirname('a/b'), os.path.basename(''))", "b . a .\n"},
		{"print(os.path.relpath('lib/a.txt'), os.path.relpath('/work/app/lib', 'sub'), os.path.realpath('x/../y'))", "lib/a.txt ../lib /work/app/y\n"},
		{"print(os.path.exists('../x'), read_json('/etc/x', default={}))", "Tiltfile:1:21: warning: ../x is outside the root and taken as absent; a larger root can be set with --root\n" +
			"Tiltfile:1:40: warning: /etc/x is outside the root and taken as absent; a larger root can be set with --root\nFalse {}\n"},
		{"load('again', 'read')\nprint(read('a.txt'))\nx = dict(load_dynamic('again'))\nx['y'] = 1", "of the root\n"},
		// Streams, blobs and data.
		{"print(decode_yaml_stream(read_file('stream.yaml')), read_yaml_stream('stream.yaml'), len(decode_yaml_stream('---\\n---\\n')))", `[{"a": 1}, {"b": 2}] [{"a": 1}, {"b": 2}] 0` + "\n"},
		{"print(type(blob('x')), type(read_file('a.txt')), str(blob('x')), blob('x') == blob('x'), bool(blob('')))", "blob blob x True False\n"},
		{"print(str(encode_json({'a': [1, None]})))", "{\n  \"a\": [\n    1,\n    null\n  ]\n}\n\n"},
		{"print(str(encode_yaml({'a': [1]})), str(encode_yaml_stream([{'a': 1}, {'b': 2}])))", "a:\n- 1\n a: 1\n---\nb: 2\n\n"},
		{"print(read_file('none', 'x'), type(read_file('none', 'x')), read_file('none', default=None))", "x blob None\n"},
		{"print(read_json('data.json'), read_json('none', default={}), read_yaml('sub/b.yaml'), read_yaml('none', default=None), read_yaml_stream('none', []))", `{"b": [1], "a": None} {} {"a": 1} None []` + "\n"},
		{"print(decode_json('[1]'), decode_yaml(blob('a: b')), decode_yaml(''), decode_json(' \\n'))", `[1] {"a": "b"} None None` + "\n"},
		// The environment can be changed within the run.
		{"os.environ['A'] = 'b'\nos.putenv('C', 'd')\nprint(os.getenv('A'), os.environ['C'], os.environ.get('NO', 'x'), 'A' in os.environ, os.getenv('NO'), os.getenv('NO', default='y'))", "b d x True None y\n"},
		{"os.environ.update({'A': '1', 'B': '2'})\nos.unsetenv('A')\nprint(os.environ.get('A'), os.environ.pop('B'), len(os.environ), os.getenv('HOME'))", "None 2 1 /home/me\n"},
		{"load('lib/Tiltfile', 'read')\nenv = os.environ\nenv['X'] = 'y'\nprint(sorted(dict(env).keys()))", `["HOME", "X"]` + "\n"},
		{"print(shlex.quote('a b'), sys.argv)", `'a b' ["tilt", "alpha", "tiltfile-result"]` + "\n"},
		{"x = struct(a=1)\nprint(x.a, TRIGGER_MODE_AUTO == TRIGGER_MODE_AUTO, TRIGGER_MODE_AUTO == TRIGGER_MODE_MANUAL)", "1 True False\n"},
		{"warn('careful')\nexit('bye')\nfail('never')", "Tiltfile:1:5: warning: careful\nbye\n"},
		{"print(load_dynamic('lib/Tiltfile')['inside'], load_dynamic('./lib/../lib/Tiltfile')['name'])", "/work/app/lib lib/Tiltfile\n"},
		{"print(k8s_context(), k8s_namespace())", "dev-kind default\n"},
		{"allow_k8s_contexts(None)\nallow_k8s_contexts('a')\nallow_k8s_contexts(['b', 'c'])\nk8s_kind('X')\nprint('ok')", "ok\n"},
		{"a, b = filter_yaml([blob('" + `kind: A\napiVersion: v1\nmetadata: {name: x, labels: {l: m}}\n---\nkind: B\napiVersion: g/v1\nmetadata: {name: z}` + "')], kind='^a$')\nprint(len(decode_yaml_stream(a)), decode_yaml(b)['kind'])", "1 B\n"},
		{"a, b = filter_yaml(blob('" + `kind: A\napiVersion: v1\nmetadata: {name: x, labels: {l: m}}\n---\nkind: B\napiVersion: g/v1\nmetadata: {name: z}` + "'), labels={'l': 'm'}, name='x', namespace='default', api_version='v1')\nprint(decode_yaml(a)['kind'], type(a))", "A blob\n"},
	} {
		p := files(tc.script, tree...)
		p.options = builtins.Options{Env: []string{"HOME=/home/me"}}
		o := p.run(t)
		if o.err != nil {
			t.Errorf("%s: %v", tc.script, o.err)
			continue
		}
		if diff := cmp.Diff(tc.want, o.said); diff != "" {
			t.Errorf("%s: want -, got +\n%s", tc.script, diff)
		}
	}
}

func TestIncludeExecutesOnce(t *testing.T) {
	o := files("include('a/Tiltfile')\ninclude('./a/Tiltfile')\nload('a/Tiltfile', 'x')\nprint(x)",
		"a/Tiltfile", "print(os.getcwd())\ninclude('../b.tiltfile')\nx = 1\nk8s_yaml('k.yaml')", "b.tiltfile", "print('b', os.getcwd())",
		"a/k.yaml", configMap("web")).runs(t)
	if !strings.HasPrefix(o.said, "/work/app/a\nb /work/app\n1\n") {
		t.Errorf("got %s", o.said)
	}
	o.resource(t, tiltfile.Uncategorized)
}

func TestIncludeTellsTheCycleAndThePlace(t *testing.T) {
	files("include('a')", "a", "include('b')", "b", "include('a')").fails(t, "b:1:8", "load cycle: a -> b -> a")
	files("x = 1\ninclude('a')", "a", "\nfail('here')").fails(t, "a:2:5", "fail: here")
	files("include('/work/app/a')\ninclude('/etc/x')", "a", "").fails(t, "Tiltfile:2:8", "leaves the root")
}

func TestConfig(t *testing.T) {
	const script = "config.define_string('name')\nconfig.define_bool('fast', False, 'be fast')\nconfig.define_string_list('to-run', args=True)\n" +
		"cfg = config.parse()\nprint(cfg)"
	for _, tc := range []struct {
		args []string
		file string
		want string
	}{
		{nil, "", "{}\n"},
		{[]string{"--name=a", "--fast", "x", "y"}, "", `{"fast": True, "name": "a", "to-run": ["x", "y"]}` + "\n"},
		{nil, `{"to-run": ["a"], "fast": true}`, `{"fast": True, "to-run": ["a"]}` + "\n"},
		{nil, `{"to-run": null, "fast": null, "name": null}`, "{}\n"},
		{[]string{"--name", "b", "z"}, `{"to-run": ["a"], "name": "a"}`, `{"name": "b", "to-run": ["z"]}` + "\n"},
	} {
		p := files(script)
		if tc.file != "" {
			p.files["tilt_config.json"] = &fstest.MapFile{Data: []byte(tc.file)}
		}
		p.options.Args = tc.args
		if o := p.runs(t); o.said != tc.want {
			t.Errorf("%q with %q: got %q, want %q", tc.args, tc.file, o.said, tc.want)
		}
	}
	for _, tc := range []struct{ file, want string }{
		{`{"nam": "x"}`, `the script defines no setting "nam" (did you mean "name"?)`},
		{`{"name": true}`, `the setting "name" is true, want a string`},
		{`{"to-run": "a"}`, "want a list of strings"},
		{`[1]`, "want an object of settings"},
		{`{"name": `, "tilt_config.json:1:10: the text ends too early"},
	} {
		files(script, "tilt_config.json", tc.file).fails(t, "Tiltfile:4:19", tc.want)
	}
	p := files(script)
	p.options.Args = []string{"--nam=x"}
	p.fails(t, "Tiltfile:4:19", `did you mean "name"?`)
	files("print(config.parse(), config.parse())").runs(t)
	files("config.parse()\ninclude('a/Tiltfile')", "a/Tiltfile", "config.parse()").fails(t, "a/Tiltfile:1:13", "it was called in another folder, at Tiltfile:1:13")
	files("config.parse()\nconfig.define_bool('a')").fails(t, "Tiltfile:2:19", "too late")
	files("config.define_bool('a')\nconfig.define_string('a')").fails(t, "Tiltfile:2:21", `duplicate setting "a"`)
}

// TestGitRepo: the value of a repository is a path, and names files below it.
func TestGitRepo(t *testing.T) {
	o := files("repo = local_git_repo('.')\nprint(repo.paths('web/Dockerfile'), repo, type(repo), listdir(repo))\n"+
		"docker_build('web', repo.paths(paths='web'))\ncustom_build('job', 'make', [repo, blob('web')])",
		".git/HEAD", "", "web/Dockerfile", "FROM x").runs(t)
	if want := "/work/app/web/Dockerfile [git.Repo] '/work/app' git.Repo [\"/work/app/Tiltfile\"]\n"; !strings.HasPrefix(o.said, want) {
		t.Errorf("got %s", o.said)
	}
	if d := o.Builds()[0].Docker; d.Context != "web" || d.Dockerfile != "web/Dockerfile" {
		t.Errorf("got %+v", d)
	}
	if deps := o.Builds()[1].Custom.Deps; !slices.Equal(deps, []string{".", "web"}) {
		t.Errorf("got %q", deps)
	}
}

// TestDuplicateKeys: as Tilt reads YAML and JSON, the last value of a key wins.
func TestDuplicateKeys(t *testing.T) {
	o := files("print(read_yaml('a.yaml'), decode_yaml('b: {x: 1, x: 2}'), decode_json('{\"j\": 1, \"j\": 2}'))\ndocker_build('two', '.', dockerfile_contents='FROM x')\nk8s_yaml('pod.yaml')",
		"a.yaml", "a: 1\nb: 2\na: 3\n",
		"pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: old}\nmetadata: {name: new}\nspec:\n  containers:\n  - image: one\n    image: two\n").runs(t)
	for _, want := range []string{
		`{"a": 3, "b": 2} {"b": {"x": 2}} {"j": 2}`, `warning: line 1, column 10: duplicate key "j": the last value is taken`, `Tiltfile:1:16: warning: a.yaml:3:1: duplicate key "a": the last value is taken`,
		`Tiltfile:3:9: warning: pod.yaml:4:1: duplicate key "metadata"`, `pod.yaml:8:5: duplicate key "image"`,
	} {
		if !strings.Contains(o.said, want) {
			t.Errorf("got %s\nwant %s", o.said, want)
		}
	}
	if b := o.Builds()[0]; !slices.Equal(b.UsedBy, []string{"new"}) {
		t.Errorf("got %+v", b)
	}
	if out := o.rendered(t); !strings.Contains(out, "image: one\n    image: two") {
		t.Errorf("got %s", out)
	}
}

// TestSubfolder runs a Tiltfile below the root: its folder is that of its settings.
func TestSubfolder(t *testing.T) {
	p := files("", "deploy/Tiltfile", "config.define_bool('a')\nprint(config.parse(), config.main_dir, read_file('../top.txt'), os.getcwd(), __name__)",
		"deploy/tilt_config.json", `{"a": true}`, "top.txt", "top")
	p.entry = "deploy/Tiltfile"
	if o := p.runs(t); o.said != `{"a": True} /work/app/deploy top /work/app/deploy __main__`+"\n" {
		t.Errorf("got %q", o.said)
	}
}
