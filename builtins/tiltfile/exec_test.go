package tiltfile_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/tiltfile"
)

// answering runs a project whose programs all print the same.
func answering(p project, stdout string) project {
	p.programs = func(builtins.Command) (builtins.Result, error) {
		return builtins.Result{Stdout: []byte(stdout)}, nil
	}
	return p
}

func TestCommandsOfPrograms(t *testing.T) {
	for _, tc := range []struct {
		script string
		want   builtins.Command
	}{
		{"local('ls -l', quiet=True, echo_off=True)", builtins.Command{Args: []string{"sh", "-c", "ls -l"}, Dir: ".", Quiet: true}},
		{"local(['ls', '-l'], dir='chart', env={'A': 'b'}, stdin=blob('in'))", builtins.Command{Args: []string{"ls", "-l"}, Dir: "chart", Env: []string{"A=b"}, Stdin: "in"}},
		{"local(command='x', command_bat='y')", builtins.Command{Args: []string{"sh", "-c", "x"}, Dir: "."}},
		{"os.environ['NEW'] = 'v'\nos.environ['OLD'] = 'w'\nos.unsetenv('GONE')\nlocal('x', env={'OLD': 'z'})",
			builtins.Command{Args: []string{"sh", "-c", "x"}, Dir: ".", Env: []string{"OLD=w", "NEW=v", "OLD=z"}, Unset: []string{"GONE"}}},
		{"local('x', env=dict(os.environ, NEW='v'))", builtins.Command{Args: []string{"sh", "-c", "x"}, Dir: ".", Env: []string{"NEW=v"}}},
		{"before = dict(os.environ)\nos.environ['OLD'] = 'w'\nos.unsetenv('GONE')\nlocal('x', env=before)",
			builtins.Command{Args: []string{"sh", "-c", "x"}, Dir: ".", Env: []string{"OLD=w", "OLD=o", "GONE=g"}, Unset: []string{"GONE"}}},
		{"load('chart/lib', 'f')\nf()", builtins.Command{Args: []string{"sh", "-c", "here"}, Dir: "."}},
		{"kustomize('chart', flags=['--enable-helm'])", builtins.Command{Args: []string{"kustomize", "build", "--enable-helm", "./chart"}, Or: []string{"kubectl", "kustomize", "--enable-helm", "./chart"}}},
		{"kustomize('chart', kustomize_bin='kz')", builtins.Command{Args: []string{"kz", "build", "./chart"}}},
		{"helm('chart')", builtins.Command{Args: []string{"helm", "template", "chart", "./chart", "--include-crds", "--kube-version", "v1.33.1"}}},
		{"helm('chart/', values='https://x.io/v.yaml', set='a=b')", builtins.Command{Args: []string{"helm", "template", "chart", "./chart", "--include-crds", "--kube-version", "v1.33.1", "--values", "https://x.io/v.yaml", "--set", "a=b"}}},
		{"helm('chart', name='n', namespace='ns', values=['chart/v.yaml'], set=['a=b', 'c=d'], kube_version='1.30', skip_crds=True)",
			builtins.Command{Args: []string{"helm", "template", "n", "./chart", "--namespace", "ns", "--kube-version", "1.30", "--values", "chart/v.yaml", "--set", "a=b", "--set", "c=d"}}},
	} {
		p := answering(files(tc.script, "chart/lib", "def f():\n    local('here')", "chart/v.yaml", ""), "")
		p.options.Env = []string{"OLD=o", "GONE=g"}
		o := p.run(t)
		if o.err != nil || len(o.ran) != 1 {
			t.Errorf("%s: %v, %d programs", tc.script, o.err, len(o.ran))
			continue
		}
		if had := o.ran[0].Inherited("OLD"); had != "o" {
			t.Errorf("%s: it began with OLD=%q", tc.script, had)
		}
		o.ran[0].Context, o.ran[0].Inherited = nil, nil // TestLocalGetsTheContextOnlyIfAllowed
		if diff := cmp.Diff(tc.want, o.ran[0]); diff != "" {
			t.Errorf("%s: want -, got +\n%s", tc.script, diff)
		}
	}
}

// TestHelmOfAClusterThatIsDown renders for no version.
func TestHelmOfAClusterThatIsDown(t *testing.T) {
	p := answering(files("helm('chart')", "chart/Chart.yaml", ""), "")
	p.down = true
	if o := p.runs(t); strings.Contains(strings.Join(o.ran[0].Args, " "), "--kube-version") {
		t.Errorf("got %q", o.ran[0].Args)
	}
}

func TestProgramsAreOffByDefault(t *testing.T) {
	for _, call := range []string{"local('touch x')", "kustomize('chart')", "helm('chart')"} {
		p := files(call, "chart/Chart.yaml", "")
		o := p.fails(t, "Tiltfile:1:"+map[byte]string{'l': "6", 'k': "10", 'h': "5"}[call[0]], "running programs is off")
		if o.waited != 0 {
			t.Errorf("%s: %d clusters were resolved for a program that cannot run", call, o.waited)
		}
	}
}

func TestHelmTestsAreLeftOut(t *testing.T) {
	const out = "---\n# Source: app/templates/cm.yaml\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: keep}\n" +
		"---\n# Source: app/templates/tests/test.yaml\nkind: Pod\napiVersion: v1\nmetadata: {name: by-file}\n" +
		"---\n# Source: app/templates/hook.yaml\nkind: Pod\napiVersion: v1\nmetadata:\n  name: by-hook\n  annotations:\n    \"helm.sh/hook\": test\n" +
		"---\n# Source: app/templates/pre.yaml\nkind: Job\napiVersion: batch/v1\nmetadata:\n  name: pre\n  annotations:\n    helm.sh/hook: pre-install\n---\n"
	o := answering(files("print([d['metadata']['name'] for d in decode_yaml_stream(helm('chart'))])\nk8s_yaml(helm('chart'))", "chart/Chart.yaml", ""), out).runs(t)
	if o.said != `["keep", "pre"]`+"\n" && !strings.HasPrefix(o.said, `["keep", "pre"]`+"\n") {
		t.Errorf("got %s", o.said)
	}
	if diff := cmp.Diff(map[string][]string{"uncategorized": {"keep:ConfigMap", "pre:Job"}}, objects(o)); diff != "" {
		t.Error(diff)
	}
}

func TestExtensionsOfACheckout(t *testing.T) {
	p := files("load('ext://hello', 'hello')\nload('ext://namespaced/inner', 'x')\nhello()\nprint(x)", "a.txt", "of the project")
	p.ext = fstest.MapFS{
		"hello/Tiltfile":            {Data: []byte("load('./lib.star', 'greet')\nload('ext://namespaced/inner', 'x')\ndef hello():\n    print(greet, read_file('a.txt'), x)")},
		"hello/lib.star":            {Data: []byte("greet = 'hi'")},
		"namespaced/inner/Tiltfile": {Data: []byte("x = 1")},
	}
	if o := p.runs(t); o.said != "hi of the project 1\n1\n" {
		t.Errorf("got %q", o.said)
	}
	q := files("load('ext://nope', 'x')")
	q.ext = p.ext
	q.fails(t, "Tiltfile:1:1", `no extension "nope"`)
	files("load('ext://nope', 'x')").fails(t, "Tiltfile:1:1", "--ext DIR")
	team := "v1alpha1.extension_repo(name='team', url='%s')\nv1alpha1.extension(name='mine', repo_name='team', repo_path='hello')\nload('ext://mine', 'hello')"
	files(fmt.Sprintf(team, "https://git.test/team")).fails(t, "Tiltfile:3:1", `no extension "mine": it is declared to be of https://git.test/team`)
	files(fmt.Sprintf(team, "file:///far")).fails(t, "Tiltfile:3:1", "leaves the root")
	third := files(fmt.Sprintf(team, "https://git.test/team") + "\nprint(hello)")
	third.ext = fstest.MapFS{"hello/Tiltfile": {Data: []byte("hello = 1")}}
	if o := third.runs(t); o.said != "1\n" {
		t.Errorf("of a checkout of the team's repository: %q", o.said)
	}
	for _, repo := range []string{
		"v1alpha1.extension_repo(name='r', url='file:///work/app/exts', load_host='mine')\nload('ext://mine/hello', 'x')",
		"v1alpha1.extension_repo(name='r', url='file:///work/app', load_host='mine', git_subpath='exts')\nload('ext://mine/hello', 'x')",
		"v1alpha1.extension_repo(name='default', url='file://%s/exts' % os.getcwd())\nload('ext://hello', 'x')",
	} {
		if o := files(repo+"\nprint(x)", "exts/hello/Tiltfile", "x = 1").runs(t); o.said != "1\n" {
			t.Errorf("%s: got %q", repo, o.said)
		}
	}
	files("v1alpha1.extension_repo(name='r', url='https://git.test/team', load_host='mine')\nload('ext://mine/namespace', 'x')").
		fails(t, "Tiltfile:2:1", `no extension "mine/namespace": it is declared to be of https://git.test/team`)
	files("v1alpha1.extension_repo(name='default', url='https://github.com/tilt-dev/tilt-extensions', ref='v1')\nload('ext://namespace', 'namespace_yaml')").runs(t)
	files("load('ext://restart_process/Tiltfile', 'x')").fails(t, "Tiltfile:1:1", `no extension "restart_process/Tiltfile": `)
	for _, bad := range []string{"ext://", "ext://../x", "ext:///x"} {
		files("load('"+bad+"', 'x')").fails(t, "Tiltfile:1:1", "names no extension")
	}
}

func TestCompose(t *testing.T) {
	o := files("docker_compose(['compose.yaml', 'sub/more.yaml'], project_name='My App', profiles='tools', wait=True)\n"+
		"docker_build('mine', '.', dockerfile_contents='FROM x')\n"+
		"dc_resource('web', labels=['front'], resource_deps=['gen'], links='localhost:1', trigger_mode=TRIGGER_MODE_MANUAL, auto_init=False, infer_links=False)\n"+
		"dc_resource('db', new_name='database')\nlocal_resource('gen', 'x')\nlocal_resource('db', 'migrate')",
		"compose.yaml", "services:\n  web:\n    image: mine\n    depends_on: [db, cache]\n    ports: ['${PORT:-8080}:80', '127.0.0.1:9000-9001:90']\n"+
			"  db:\n    extends: {service: base}\n    environment: {A: b}\n  base:\n    image: postgres:${VERSION}\n  cache:\n    image: redis\n    profiles: [never]\n  tool:\n    build: tool\n    profiles: [tools]\n",
		"sub/more.yaml", "include: [sub/inc.yaml]\nservices:\n  db:\n    image: postgres:17\n  api:\n    build: {context: sub/api, dockerfile: D, target: t, args: [A=1]}\n    platform: linux/arm64\n",
		"sub/inc.yaml", "services:\n  inc:\n    image: i\n    depends_on:\n      api: {condition: service_healthy}\n",
		".env", "VERSION=16\n").runs(t)
	want := []tiltfile.ComposeProject{{
		Name: "myapp", Files: []string{"compose.yaml", "sub/more.yaml"}, Profiles: []string{"tools"}, Wait: true,
		Services: []tiltfile.ComposeService{
			{Name: "api", Build: &tiltfile.DockerBuild{Context: "sub/api", Dockerfile: "sub/api/D", Target: "t", BuildArgs: map[string]string{"A": "1"}, Platform: "linux/arm64"}},
			{Name: "base", Image: "postgres:16"},
			{Name: "db", Image: "postgres:17"},
			{Name: "inc", Image: "i", DependsOn: []string{"api"}},
			{Name: "tool", Build: &tiltfile.DockerBuild{Context: "tool", Dockerfile: "tool/Dockerfile"}},
			{Name: "web", Image: "mine", DependsOn: []string{"db"}, Ports: []int{8080, 9000}},
		},
	}}
	if diff := cmp.Diff(want, o.ComposeProjects()); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	web := o.resource(t, "web")
	if web.Compose.Build != "mine" || strings.Join(web.DependsOn, " ") != "gen database" || web.TriggerMode != "manual" || web.AutoInit {
		t.Errorf("got %+v %+v", web, web.Compose)
	}
	if database := o.resource(t, "database"); database.Compose.Service != "db" {
		t.Errorf("got %+v", database.Compose)
	}
	if used := o.Builds()[0].UsedBy; strings.Join(used, " ") != "web" {
		t.Errorf("the build is used by %q", used)
	}
}

func TestComposeFormsAndErrors(t *testing.T) {
	o := files("docker_compose({'services': {'a': {'image': 'i'}}})\ndocker_compose(blob('services: {b: {image: i}}'))\ndocker_compose('x/compose.yml')\nprint('ok')",
		"x/compose.yml", "name: other\nservices: {c: {image: i}}").runs(t)
	var names []string
	for _, p := range o.ComposeProjects() {
		names = append(names, p.Name)
	}
	if got := strings.Join(names, " "); got != "app other" {
		t.Errorf("got projects %q", got)
	}
	for _, tc := range []struct{ yaml, want string }{
		{"services: [a]", "services is not a mapping"},
		{"services: {a: {}}", `service "a": it has neither an image nor a build`},
		{"services: {a: {image: i, depends_on: [b]}}", `service "a" depends on "b", which is not a service`},
		{"services: {a: {extends: b}}", `extends "b", which is not a service`},
		{"services: {a: {extends: a}}", "extend each other"},
		{"services: {a: {image: '" + strings.Repeat("${A:-x}", 1001) + "'}}", "more than 1000 variables"},
		{"services: {a: {image: '${X:?set X}'}}", "set X"},
		{"include: [none.yaml]", "file does not exist"},
		{"include: [compose.yaml]", "include each other more than"},
		{"services: {a: {image: i", "compose.yaml"},
	} {
		files("docker_compose('compose.yaml')", "compose.yaml", tc.yaml).fails(t, "Tiltfile:1:15", tc.want)
	}
	const one = "docker_compose(blob('services: {a: {image: i}}'))\n"
	files(one+"dc_resource('b')").fails(t, "Tiltfile:2:12", `no service "b"`)
	files(one+"local_resource('a', 'x')").fails(t, "Tiltfile:2:15", `duplicate resource "a": the compose resource of that name is at Tiltfile:1:15`)
	files(one+"docker_compose(blob('name: o\\nservices: {a: {image: i}}'))\ndc_resource('a')").fails(t, "Tiltfile:3:12", "give project_name")
	files(one + "docker_compose(blob('name: o\\nservices: {a: {image: i}}'))\ndc_resource('a', project_name='o', new_name='a2')").runs(t)
	files("docker_compose('c', env_file='none')", "c", "").fails(t, "Tiltfile:1:15", "file does not exist")
}
