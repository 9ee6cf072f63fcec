package tiltfile_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/tiltfile"
)

// objects are the objects of each resource, as name:kind.
func objects(o *outcome) map[string][]string {
	out := map[string][]string{}
	for _, r := range o.Resources() {
		if r.Kubernetes == nil {
			continue
		}
		out[r.Name] = []string{}
		for _, id := range r.Kubernetes.Objects {
			out[r.Name] = append(out[r.Name], id.Name+":"+id.Kind)
		}
	}
	return out
}

func TestResourcesOfManifests(t *testing.T) {
	all := deployment("web", "app") + service("web", "web") + deployment("db", "postgres:16") + service("other", "nobody") + configMap("cm") + configMap("cm2") +
		"apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: far}\nspec: {selector: {app: web}}\n---\n"
	for _, tc := range []struct {
		what, script string
		manifests    string
		want         map[string][]string
	}{
		{
			"a workload takes the services of its pods, in its namespace", "k8s_yaml('k.yaml')", all,
			map[string][]string{"web": {"web:Deployment", "web:Service"}, "db": {"db:Deployment"}, "uncategorized": {"other:Service", "cm:ConfigMap", "cm2:ConfigMap", "web:Service"}},
		},
		{
			"k8s_resource adds objects, renames, and makes resources of objects",
			"k8s_yaml('k.yaml')\nk8s_resource('web', new_name='site', objects=['cm', 'web:service:far'])\nk8s_resource(new_name='conf', objects=['CM2:configmap:default:core'])\nk8s_resource('site', labels='a')",
			all, map[string][]string{"site": {"web:Deployment", "web:Service", "cm:ConfigMap", "web:Service"}, "db": {"db:Deployment"}, "conf": {"cm2:ConfigMap"}, "uncategorized": {"other:Service"}},
		},
		{
			"configuration may come before the manifests", "k8s_resource('web')\nk8s_yaml('k.yaml')", deployment("web", "a"),
			map[string][]string{"web": {"web:Deployment"}},
		},
		{
			"equal names are told apart by as little as needed", "k8s_yaml('k.yaml')\nk8s_resource('a:deployment')\nk8s_resource('a:job:x')\nk8s_resource('a:job:z')",
			deployment("a", "i") + job("a", "x") + job("a", "z") + deployment("b", "i"),
			map[string][]string{"a:deployment": {"a:Deployment"}, "a:job:x": {"a:Job"}, "a:job:z": {"a:Job"}, "b": {"b:Deployment"}},
		},
		{
			"a custom resource is a workload if a path or k8s_kind says so",
			"k8s_kind('rollout', image_json_path='{.spec.image}')\nk8s_image_json_path('.spec.img', name='special')\nk8s_yaml('k.yaml')",
			"apiVersion: x/v1\nkind: Rollout\nmetadata: {name: r}\nspec: {image: app}\n---\napiVersion: x/v1\nkind: Other\nmetadata: {name: special}\nspec: {img: app}\n---\n" +
				"apiVersion: x/v1\nkind: Other\nmetadata: {name: plain}\nspec: {template: {spec: {containers: [{image: app}]}}}\n",
			map[string][]string{"r": {"r:Rollout"}, "special": {"special:Other"}, "uncategorized": {"plain:Other"}},
		},
		{
			"a function names the resources", "def name(id):\n    return '-'.join([id.name, id.kind, id.namespace, id.group])\nworkload_to_resource_function(name)\nk8s_yaml('k.yaml')",
			deployment("web", "a") + "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: far}\nspec: {containers: [{image: a}]}",
			map[string][]string{"web-Deployment-default-apps": {"web:Deployment"}, "p-Pod-far-": {"p:Pod"}},
		},
		{
			"the items of a List are objects of their own", "k8s_yaml('k.yaml')",
			"apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: p}\n  spec: {containers: [{image: a}]}\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: cm}\n",
			map[string][]string{"p": {"p:Pod"}, "uncategorized": {"cm:ConfigMap"}},
		},
		{
			"an object may be given twice if that is allowed", "k8s_yaml('k.yaml')\nk8s_yaml('k.yaml', allow_duplicates=True)", configMap("cm"),
			map[string][]string{"uncategorized": {"cm:ConfigMap", "cm:ConfigMap"}},
		},
		{
			"cron jobs, stateful and daemon sets and the like are workloads", "k8s_yaml('k.yaml')",
			"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{image: a}]}}}}}\n---\n" +
				"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s}\nspec: {template: {spec: {containers: [], initContainers: [{image: a}]}}}\n---\n" +
				"apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: none}\nspec: {template: {spec: {containers: []}}}\n",
			map[string][]string{"c": {"c:CronJob"}, "s": {"s:StatefulSet"}, "uncategorized": {"none:DaemonSet"}},
		},
	} {
		o := files(tc.script, "k.yaml", tc.manifests).run(t)
		if o.err != nil {
			t.Errorf("%s: %v", tc.what, o.err)
			continue
		}
		if diff := cmp.Diff(tc.want, objects(o)); diff != "" {
			t.Errorf("%s: want -, got +\n%s", tc.what, diff)
		}
	}
}

func job(name, namespace string) string {
	return "apiVersion: batch/v1\nkind: Job\nmetadata: {name: " + name + ", namespace: " + namespace + "}\nspec: {template: {spec: {containers: [{image: j}]}}}\n---\n"
}

func TestResourcesThatCannotBe(t *testing.T) {
	web := []string{"k.yaml", deployment("web", "a") + service("web", "web") + configMap("cm") + "apiVersion: v1\nkind: Secret\nmetadata: {name: cm}"}
	for _, tc := range []struct{ script, at, message string }{
		{"k8s_yaml('k.yaml')\nk8s_resource('wep')", "Tiltfile:2:13", `k8s_resource: no workload "wep" (did you mean "web"?)`},
		{"k8s_yaml('k.yaml')\nk8s_resource('web:deployment')", "Tiltfile:2:13", `no workload "web:deployment"`},
		{"k8s_yaml('k.yaml')\nk8s_resource('web', new_name='x')\nk8s_resource('web')", "Tiltfile:3:13", `no workload "web"`},
		{"k8s_yaml('k.yaml')\nk8s_resource(new_name='svc', objects=['web:service'])", "Tiltfile:2:13", `"svc" has no objects: those that it names belong to other resources`},
		{"docker_build('a', '.', dockerfile_contents='FROM b')\ndocker_build('b', '.', dockerfile_contents='FROM a')\nk8s_yaml('k.yaml')", "Tiltfile:2:13", `images need each other: a -> b -> a`},
		{"k8s_yaml('k.yaml')\nk8s_resource('web', objects=['cm'])", "Tiltfile:2:13", `"cm" is more than one object: write one of "cm:configmap:default:core", "cm:secret:default:core"`},
		{"k8s_yaml('k.yaml')\nlocal_resource('web', 'x')", "Tiltfile:1:9", `duplicate resource "web", of the workload web:deployment:default:apps: the local resource of that name is at Tiltfile:2:15`},
		{"local_resource('a', 'x')\nlocal_resource('a', 'x')", "Tiltfile:2:15", `duplicate resource "a": the local resource of that name is at Tiltfile:1:15`},
		{"k8s_yaml('k.yaml')\nk8s_resource(new_name='web', objects=['cm:secret'])", "Tiltfile:2:13", `duplicate resource "web"`},
		{"k8s_yaml('k.yaml')\nk8s_yaml('k.yaml')", "Tiltfile:2:9", "duplicate object web:deployment:default:apps: the first is given at Tiltfile:1:9"},
		{"workload_to_resource_function(lambda id: 'x')\nk8s_yaml([blob(str(read_file('k.yaml'))), blob('apiVersion: v1\\nkind: Pod\\nmetadata: {name: p}\\nspec: {containers: [{image: a}]}')])",
			"Tiltfile:1:30", `both web:deployment:default:apps and p:pod:default:core get the name "x"`},
		{"def f(id):\n    fail('inside')\nworkload_to_resource_function(f)\nk8s_yaml('k.yaml')", "Tiltfile:2:9", "inside"},
		{"workload_to_resource_function(lambda id: 1)\nk8s_yaml('k.yaml')", "Tiltfile:1:30", "returned int for web:deployment:default:apps, want str"},
		{"local_resource('a', 'x', resource_deps=['b'])\nlocal_resource('b', 'x', resource_deps=['c'])\nlocal_resource('c', 'x', resource_deps=['b'])", "Tiltfile:3:15", "resources wait for each other: b -> c -> b"},
		{"local_resource('a', 'x')\nconfig.set_enabled_resources(['a', 'bb'])", "Tiltfile:2:29", `cannot enable "bb": no such resource`},
		{"docker_build('a', '.', dockerfile_contents='FROM x')\ncustom_build('docker.io/library/a', 'x', [])", "Tiltfile:2:13", `duplicate build of "docker.io/library/a": the first is at Tiltfile:1:13`},
		{"docker_build('a', 'web', dockerfile_contents='FROM x', live_update=[sync('lib', '/lib')])\nk8s_yaml('k.yaml')", "Tiltfile:1:13", `docker_build: sync of "lib": the path is in none of those that the build watches: "web"`},
		{"docker_build('a', '.', dockerfile_contents='FROM x', live_update=[sync('../lib', '/lib')])\nk8s_yaml('k.yaml')", "Tiltfile:1:13", `docker_build: sync of "/work/lib"`},
		{"docker_build('a', 'web', dockerfile_contents='FROM x', live_update=[fall_back_on('lib'), sync('web', '/lib')])\nk8s_yaml('k.yaml')", "Tiltfile:1:13", `docker_build: fall_back_on of "lib"`},
		{"docker_build('a', '.', dockerfile_contents='FROM x', live_update=[restart_container()])\nk8s_yaml('k.yaml')", "Tiltfile:1:13", `docker_build: restart_container works for compose services only, and "web" runs the image in Kubernetes`},
		{"s = [sync('.', '/a')]\nt = run('x')\nu = run('y')\ndocker_build('a', '.', dockerfile_contents='FROM x', live_update=s)", "Tiltfile:2:8", "run: no live_update has the step"},
		{"k8s_yaml(blob('apiVersion: v1\\nkind: Pod\\nmetadata: {name: p}\\nspec: {containers: [{image: UPPER}]}'))", "Tiltfile:1:9", `k8s_yaml: p:pod:default:core: image "UPPER"`},
		{"k8s_yaml('k.yaml')\nk8s_kind('X', image_json_path='{.img}')\nk8s_yaml(blob('apiVersion: a/v1\\nkind: X\\nmetadata: {name: x}\\nimg: UPPER'))", "Tiltfile:3:9", `k8s_yaml: blob:4:6: image "UPPER" is not an image name`},
		{"v1alpha1.config_map('a')\nv1alpha1.config_map('a')", "Tiltfile:2:20", `duplicate ConfigMap "a": the first is at Tiltfile:1:20`},
	} {
		files(tc.script, web...).fails(t, tc.at, tc.message)
	}
}

// TestSyncBelowAContextThatIsOutside: a context may be above the root.
func TestSyncBelowAContextThatIsOutside(t *testing.T) {
	files("docker_build('a', '..', dockerfile_contents='FROM x', live_update=[sync('../lib', '/lib'), sync('.', '/app')])\n"+
		"docker_build('b', '.', dockerfile_contents='FROM a', live_update=[sync('../lib', '/lib')])\nk8s_yaml('k.yaml')", "k.yaml", deployment("web", "b")).runs(t)
}

// TestLiveUpdateOfAnUnusedBuild: Tilt checks the live updates of images that a
// resource uses, and no others.
func TestLiveUpdateOfAnUnusedBuild(t *testing.T) {
	files("docker_build('a', 'web', dockerfile_contents='FROM x', live_update=[sync('lib', '/lib'), restart_container()])").runs(t)
}

// TestDefaultPlatform: DOCKER_DEFAULT_PLATFORM is the platform of builds without one,
// as for docker build.
func TestDefaultPlatform(t *testing.T) {
	p := files("docker_build('a', '.', dockerfile_contents='FROM x')\ndocker_build('b', '.', dockerfile_contents='FROM x', platform='linux/arm64')")
	p.options.Env = []string{"DOCKER_DEFAULT_PLATFORM=linux/amd64"}
	builds := p.runs(t).Builds()
	if a, b := builds[0].Docker.Platform, builds[1].Docker.Platform; a != "linux/amd64" || b != "linux/arm64" {
		t.Errorf("got %s and %s", a, b)
	}
}

func TestUnknownDependencyIsAWarning(t *testing.T) {
	o := files("local_resource('a', 'x', resource_deps=['nope'])").runs(t)
	if want := "Tiltfile:1:15: warning: resource \"a\" waits for \"nope\", which is not a resource of the script\n"; o.said != want {
		t.Errorf("got %q, want %q", o.said, want)
	}
}

func TestGuard(t *testing.T) {
	const manifests = "k8s_yaml(blob('apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: x}'))"
	for _, tc := range []struct {
		product, script string
		down            bool
		at              string // "" for a script that ends well
	}{
		{product: "kind", script: manifests},
		{product: "gke", script: manifests, at: "Tiltfile:1:9"},
		{product: "gke", script: manifests, down: true, at: "Tiltfile:1:9"},
		{product: "unknown", script: manifests, at: "Tiltfile:1:9"},
		{product: "gke", script: manifests + "\nallow_k8s_contexts('dev-gke')"}, // it may come later
		{product: "gke", script: "allow_k8s_contexts(['a', 'dev-gke'])\n" + manifests},
		{product: "gke", script: "allow_k8s_contexts('other')\n" + manifests, at: "Tiltfile:2:9"},
		{product: "gke", script: "k8s_yaml([])\nk8s_yaml(blob('# nothing'))"},
		{product: "gke", script: "k8s_custom_deploy('a', 'x', 'y', [])", at: "Tiltfile:1:18"},
		{product: "gke", script: "local_resource('a', 'x')\ndocker_build('a', '.', dockerfile_contents='FROM x')"},
		{product: "gke", script: "k8s_cluster('dev-gke', name='default')\n" + manifests},
	} {
		p := files(tc.script)
		p.product, p.down = tc.product, tc.down
		if tc.at == "" {
			if o := p.run(t); o.err != nil {
				t.Errorf("%s: %q: %v", tc.product, tc.script, o.err)
			}
			continue
		}
		o := p.fails(t, tc.at, "allow_k8s_contexts(\"dev-"+tc.product+"\")")
		if !errors.As(o.err, new(*builtins.ContextNotAllowedError)) {
			t.Errorf("got %T", o.err)
		}
	}
}

// TestLocalGetsTheContextOnlyIfAllowed: a command reaches the cluster that the
// guard lets through, and no other.
func TestLocalGetsTheContextOnlyIfAllowed(t *testing.T) {
	const manifests = "k8s_yaml(blob('apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: x}'))\n"
	for _, tc := range []struct {
		product, script string
		want            bool
	}{
		{"kind", manifests + "local('x')", true},
		{"kind", "local('x')", true},
		{"gke", "local('x')", false},
		{"gke", "allow_k8s_contexts('dev-gke')\nlocal('x')", true},
		{"gke", "allow_k8s_contexts('dev-gke')\n" + manifests + "local('x')", true},
		{"gke", "local('x')\nallow_k8s_contexts('dev-gke')", false},
	} {
		p := files(tc.script)
		p.product = tc.product
		p.programs = func(builtins.Command) (builtins.Result, error) { return builtins.Result{}, nil }
		o := p.runs(t)
		if got := o.ran[0].Context != nil; got != tc.want {
			t.Errorf("%s: %q: the command has a context: %v, want %v", tc.product, tc.script, got, tc.want)
		}
	}
}

func TestBuiltImagesAreNamedForTheCluster(t *testing.T) {
	o := files("k8s_yaml('k.yaml')\ndocker_build('app', 'web', entrypoint='./serve', container_args=[])\ncustom_build('gcr.io/x/worker', ['make', 'image'], ['src'])\n"+
		"docker_build('base', '.', dockerfile_contents='FROM alpine')\ndocker_build('lonely', 'web')\ndocker_build('tagged:v1', 'web')\ndocker_build('inenv', 'web', match_in_env_vars=True)\ndefault_registry('reg.example.com/team')",
		"web/Dockerfile", "ARG BASE=base\nFROM ${BASE} AS b\nFROM b\nCOPY --from=worker /x /x\n",
		"k.yaml", deployment("web", "app:dev", "gcr.io/x/worker", "nginx", "tagged:v1", "tagged:v2", "inenv")+
			"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{image: nginx, env: [{name: A, value: inenv:x}, {name: B, value: app:x}]}]}\n").runs(t)
	got := map[string][]string{}
	for _, b := range o.Builds() {
		got[b.Ref] = []string{b.Local, b.Cluster, strings.Join(b.DependsOn, " "), strings.Join(b.UsedBy, " ")}
	}
	want := map[string][]string{
		"app":             {"reg.example.com/team/app", "reg.example.com/team/app", "base", "web"},
		"gcr.io/x/worker": {"reg.example.com/team/gcr.io_x_worker", "reg.example.com/team/gcr.io_x_worker", "", "web"},
		"base":            {"reg.example.com/team/base", "reg.example.com/team/base", "", ""},
		"lonely":          {"reg.example.com/team/lonely", "reg.example.com/team/lonely", "base", ""},
		"tagged:v1":       {"reg.example.com/team/tagged:v1", "reg.example.com/team/tagged:v1", "base", "web"},
		"inenv":           {"reg.example.com/team/inenv", "reg.example.com/team/inenv", "base", "web p"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	for _, line := range []string{"image: reg.example.com/team/app:dev", "image: reg.example.com/team/gcr.io_x_worker", "image: nginx", "image: reg.example.com/team/tagged:v1",
		"image: tagged:v2", "value: reg.example.com/team/inenv:x", "value: app:x"} {
		if !strings.Contains(o.rendered(t), line) {
			t.Errorf("the manifests lack %q:\n%s", line, o.rendered(t))
		}
	}
	if !strings.Contains(o.said, `no manifest of cluster "default" uses image "lonely"`) || strings.Contains(o.said, `uses image "base"`) {
		t.Errorf("want a warning of lonely, which nothing uses, and none of base: %s", o.said)
	}
	app := o.Builds()[0]
	if !slices.Equal(app.Entrypoint, []string{"sh", "-c", "./serve"}) || app.ContainerArgs == nil || len(*app.ContainerArgs) != 0 {
		t.Errorf("got entrypoint %q and arguments %v", app.Entrypoint, app.ContainerArgs)
	}
}

func TestUnusedImagesMayBeSuppressed(t *testing.T) {
	for arg, warned := range map[string]bool{"'a'": false, "['*']": false, "['b']": true, "'*'": false} {
		o := files("update_settings(suppress_unused_image_warnings=" + arg + ")\ndocker_build('a', '.', dockerfile_contents='FROM x')\n" +
			"default_registry('r.example.com')\nk8s_yaml(blob('apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: x}'))").runs(t)
		if got := strings.Contains(o.said, "no manifest"); got != warned {
			t.Errorf("%s: warned %v, want %v: %s", arg, got, warned, o.said)
		}
	}
}

// TestDisconnected: a cluster that is down leaves the resources as they are, and
// builds without names.
func TestDisconnected(t *testing.T) {
	p := files("docker_build('app', '.', dockerfile_contents='FROM x')\nk8s_yaml('k.yaml')\nk8s_resource('web')", "k.yaml", deployment("web", "app"))
	p.down = true
	o := p.runs(t)
	if b := o.Builds()[0]; b.Local != "" || !slices.Equal(b.UsedBy, []string{"web"}) {
		t.Errorf("got %+v", b)
	}
}

func TestEnabledResources(t *testing.T) {
	const three = "local_resource('a', 'x')\nlocal_resource('b', 'x')\nlocal_resource('c', 'x')\n"
	for _, tc := range []struct {
		script string
		args   []string
		want   string
	}{
		{"", nil, "a b c"},
		{"config.set_enabled_resources(['b'])", nil, "b"},
		{"config.set_enabled_resources([])", nil, "a b c"},
		{"config.clear_enabled_resources()", nil, ""},
		{"", []string{"c", "a"}, "a c"},
		{"config.define_string_list('r', args=True)\nconfig.set_enabled_resources(config.parse().get('r', []))", []string{"b"}, "b"},
	} {
		p := files(three + tc.script)
		p.options.Args = tc.args
		var enabled []string
		for _, r := range p.runs(t).Resources() {
			if r.Enabled {
				enabled = append(enabled, r.Name)
			}
		}
		if got := strings.Join(enabled, " "); got != tc.want {
			t.Errorf("%q %q: got %q, want %q", tc.script, tc.args, got, tc.want)
		}
	}
	for _, script := range []string{three, "x = 1\n", ""} { // the others call no function
		p := files(script)
		p.options.Args = []string{"nope"}
		if o := p.run(t); o.err == nil || !strings.HasPrefix(o.err.Error(), `cannot enable "nope": no such resource`) {
			t.Errorf("%q: got %v", script, o.err)
		}
	}
}

func TestLocalResourceIsRecorded(t *testing.T) {
	o := files("trigger_mode(TRIGGER_MODE_MANUAL)\nlocal_resource('gen', 'make gen', deps=['src', '../shared'], ignore='*.tmp', dir='sub', env={'A': 'b'}, allow_parallel=True, labels='tools', " +
		"links=['localhost:1', link('https://x', 'X')], serve_cmd=['./serve', '-v'], serve_dir='out', serve_env={'C': 'd'}, auto_init=False, resource_deps=['other'], " +
		"readiness_probe=probe(period_secs=5, http_get=http_get_action(port=80, path='/ready')))\nlocal_resource('other', cmd=['a'], trigger_mode=TRIGGER_MODE_AUTO)").runs(t)
	want := tiltfile.Resource{
		Name: "gen", Kind: "local", Place: "Tiltfile:2:15", DependsOn: []string{"other"}, Labels: []string{"tools"},
		Links: []tiltfile.Link{{URL: "http://localhost:1"}, {URL: "https://x", Name: "X"}}, TriggerMode: "manual", Enabled: true,
		Local: &tiltfile.LocalResource{
			Cmd:      &tiltfile.Command{Args: []string{"sh", "-c", "make gen"}, Dir: "sub", Env: map[string]string{"A": "b"}},
			ServeCmd: &tiltfile.Command{Args: []string{"./serve", "-v"}, Dir: "out", Env: map[string]string{"C": "d"}},
			Deps:     []string{"src", "/work/shared"}, Ignore: []string{"*.tmp"}, AllowParallel: true,
			ReadinessProbe: &tiltfile.Probe{PeriodSecs: 5, HTTPGet: &tiltfile.HTTPGet{Host: "localhost", Port: 80, Scheme: "http", Path: "/ready"}},
		},
	}
	if diff := cmp.Diff(want, o.resource(t, "gen")); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	if other := o.resource(t, "other"); other.TriggerMode != "auto" || !other.AutoInit {
		t.Errorf("got %+v", other)
	}
}

func TestK8sResourceIsRecorded(t *testing.T) {
	o := files("k8s_yaml('k.yaml')\nk8s_resource('web', port_forwards=[8080, '1:2', 'localhost:3:4', port_forward(5, container_port=6, name='n', link_path='/p', host='h')], "+
		"extra_pod_selectors={'a': 'b'}, trigger_mode=TRIGGER_MODE_MANUAL, pod_readiness='ignore', discovery_strategy='selectors-only', auto_init=False, links='x.y', labels=['l'])\n"+
		"docker_build('a', '.', dockerfile_contents='FROM x')\nk8s_resource('web', port_forwards='7', resource_deps=['dep'], labels=['m'])\nk8s_custom_deploy('dep', 'apply', ['del', 'x'], ['d'], apply_dir='ad', apply_env={'E': 'F'}, image_deps=['a'], container_selector='c', live_update=[sync('d/s', '/s')])",
		"k.yaml", deployment("web", "a")).runs(t)
	web := o.resource(t, "web")
	wantForwards := []tiltfile.PortForward{
		{LocalPort: 8080}, {LocalPort: 1, ContainerPort: 2}, {LocalPort: 3, ContainerPort: 4, Host: "localhost"},
		{LocalPort: 5, ContainerPort: 6, Name: "n", LinkPath: "/p", Host: "h"}, {LocalPort: 7},
	}
	if diff := cmp.Diff(wantForwards, web.Kubernetes.PortForwards); diff != "" {
		t.Error(diff)
	}
	if got := fmt.Sprintln(web.Labels, web.DependsOn, web.AutoInit, web.TriggerMode, web.Kubernetes.PodReadiness, web.Kubernetes.DiscoveryStrategy, web.Kubernetes.ExtraPodSelectors, web.Links); got !=
		"[l m] [dep] false manual ignore selectors-only [map[a:b]] [{http://x.y }]\n" {
		t.Errorf("got %s", got)
	}
	want := &tiltfile.CustomDeploy{
		Apply:  tiltfile.Command{Args: []string{"sh", "-c", "apply"}, Dir: "ad", Env: map[string]string{"E": "F"}},
		Delete: tiltfile.Command{Args: []string{"del", "x"}, Dir: "."},
		Deps:   []string{"d"}, ImageDeps: []string{"a"}, ContainerSelector: "c",
		LiveUpdate: []tiltfile.LiveUpdateStep{{Sync: &tiltfile.Sync{Local: "d/s", Remote: "/s"}}},
	}
	if diff := cmp.Diff(want, o.resource(t, "dep").Kubernetes.CustomDeploy); diff != "" {
		t.Error(diff)
	}
}

func TestSettingsAndObjectsAreRecorded(t *testing.T) {
	o := files("update_settings(max_parallel_updates=2, k8s_upsert_timeout_secs=60)\nupdate_settings(k8s_server_side_apply=True)\nci_settings(readiness_timeout='10m')\nversion_settings(False, '>=0.30.0')\n" +
		"watch_settings(ignore=['a', 'b'])\nwatch_file('x')\nsecret_settings(disable_scrub=True)\nanalytics_settings(enable=False)\nset_team('t')\nenable_feature('f')\ndisable_feature('g')\ndisable_snapshots()\n" +
		"docker_prune_settings(keep_recent=3)\nexperimental_analytics_report({'a': 'b'})\nexperimental_telemetry_cmd('send', period='1m')\n" +
		"v1alpha1.extension_repo(name='r', url='https://x', ref='v1')\nv1alpha1.extension(name='e', repo_name='r', repo_path='p')\n" +
		"v1alpha1.ui_button(name='b', text='go', location=v1alpha1.ui_component_location('e', 'resource'), icon_svg='<svg/>', inputs=[v1alpha1.ui_input_spec(name='i', text=v1alpha1.ui_text_input_spec(default_value='d'))])\n" +
		"v1alpha1.cmd(name='c', args=['a'], readiness_probe=v1alpha1.probe(handler=v1alpha1.handler(exec=v1alpha1.exec_action(['x'])), period_seconds=1))").runs(t)
	off := false
	want := tiltfile.Settings{
		Update:       &tiltfile.UpdateSettings{MaxParallelUpdates: 2, UpsertTimeoutSecs: 60, ServerSideApply: "true"},
		CI:           &tiltfile.CISettings{ReadinessTimeout: "10m"},
		Version:      &tiltfile.VersionSettings{Constraint: ">=0.30.0"},
		DockerPrune:  &tiltfile.DockerPruneSettings{MaxAgeMins: 360, IntervalHrs: 1, KeepRecent: 3},
		WatchIgnores: []string{"a", "b"}, WatchFiles: []string{"x"}, DisableScrub: true, Analytics: &off, Team: "t",
		Features: map[string]bool{"f": true, "g": false}, DisableSnapshots: true, AnalyticsTags: map[string]string{"a": "b"},
		Telemetry: &tiltfile.TelemetryCommand{Command: tiltfile.Command{Args: []string{"sh", "-c", "send"}, Dir: "."}, Period: "1m"},
	}
	if diff := cmp.Diff(want, o.Settings()); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	var got []string
	for _, object := range o.Objects() {
		got = append(got, object.Kind+" "+object.Name+" "+string(object.Spec))
	}
	wantObjects := []string{
		`ExtensionRepo r {"ref":"v1","url":"https://x"}`, `Extension e {"repoName":"r","repoPath":"p"}`,
		`UIButton b {"iconSVG":"\u003csvg/\u003e","inputs":[{"name":"i","text":{"defaultValue":"d"}}],"location":{"componentID":"e","componentType":"resource"},"text":"go"}`,
		`Cmd c {"args":["a"],"readinessProbe":{"handler":{"exec":{"command":["x"]}},"periodSeconds":1}}`,
	}
	if diff := cmp.Diff(wantObjects, got); diff != "" {
		t.Error(diff)
	}
}
