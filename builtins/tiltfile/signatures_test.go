package tiltfile_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/tiltfile"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

// signatures are the parameters of Tilt's functions, in their order; ? may be left
// out.
const signatures = `
allow_k8s_contexts(contexts)
analytics_settings(enable)
blob(input)
ci_settings(k8s_grace_period?, timeout?, readiness_timeout?)
config.define_bool(name, args?, usage?)
config.define_string(name, args?, usage?)
config.define_string_list(name, args?, usage?)
config.set_enabled_resources(resources)
custom_build(ref, command, deps, tag?, disable_push?, skips_local_docker?, live_update?, match_in_env_vars?, ignore?, entrypoint?, container_args?, command_bat_val?, outputs_image_ref_to?, command_bat?, image_deps?, env?, dir?)
dc_resource(name, image?, trigger_mode?, resource_deps?, infer_links?, links?, labels?, auto_init?, project_name?, new_name?)
decode_json(json)
decode_yaml(yaml)
decode_yaml_stream(yaml)
default_registry(host, host_from_cluster?, single_name?)
disable_feature(msg)
docker_build(ref, context, build_args?, dockerfile?, dockerfile_contents?, cache?, live_update?, match_in_env_vars?, ignore?, only?, entrypoint?, container_args?, target?, ssh?, secret?, network?, extra_tag?, cache_from?, pull?, platform?, extra_hosts?)
docker_compose(configPaths, env_file?, project_name?, profiles?, wait?)
docker_prune_settings(disable?, max_age_mins?, num_builds?, interval_hrs?, keep_recent?)
enable_feature(msg)
encode_json(obj)
encode_yaml(obj)
encode_yaml_stream(objs)
exec_action(command)
exit(code?)
experimental_analytics_report(tags)
experimental_telemetry_cmd(cmd, cmd_bat?, period?, dir?)
fail(msg)
fall_back_on(paths)
filter_yaml(yaml, labels?, name?, namespace?, kind?, api_version?)
helm(paths, name?, namespace?, values?, set?, kube_version?, skip_crds?)
http_get_action(port, host?, scheme?, path?)
include(path)
k8s_custom_deploy(name, apply_cmd, delete_cmd, deps, image_selector?, live_update?, apply_dir?, apply_env?, apply_cmd_bat?, delete_dir?, delete_env?, delete_cmd_bat?, container_selector?, image_deps?)
k8s_image_json_path(paths, api_version?, kind?, name?, namespace?)
k8s_kind(kind, image_json_path?, api_version?, image_object?, pod_readiness?)
k8s_resource(workload?, new_name?, port_forwards?, extra_pod_selectors?, trigger_mode?, resource_deps?, objects?, auto_init?, pod_readiness?, links?, labels?, discovery_strategy?)
k8s_yaml(yaml, allow_duplicates?)
kustomize(paths, kustomize_bin?, flags?)
link(url, name?)
listdir(dir, recursive?)
load_dynamic(path)
local(command, quiet?, command_bat?, echo_off?, env?, dir?, stdin?)
local_git_repo(paths)
local_resource(name, cmd?, deps?, trigger_mode?, resource_deps?, ignore?, auto_init?, serve_cmd?, cmd_bat?, serve_cmd_bat?, allow_parallel?, links?, labels?, env?, serve_env?, readiness_probe?, dir?, serve_dir?)
os.getenv(key, default?)
os.path.abspath(path)
os.path.basename(path)
os.path.dirname(path)
os.path.exists(path)
os.path.realpath(path)
os.path.relpath(targpath, basepath?)
os.putenv(key, value)
os.unsetenv(key)
port_forward(local_port, container_port?, name?, link_path?, host?)
probe(initial_delay_secs?, timeout_secs?, period_secs?, success_threshold?, failure_threshold?, exec?, http_get?, tcp_socket?)
read_file(paths, default?)
read_json(paths, default?)
read_yaml(paths, default?)
read_yaml_stream(paths, default?)
run(cmd, trigger?, echo_off?)
secret_settings(disable_scrub)
set_team(team_id)
shlex.quote(name)
sync(local_path, remote_path)
tcp_socket_action(port, host?)
test(name, cmd?, deps?, trigger_mode?, resource_deps?, ignore?, auto_init?, serve_cmd?, cmd_bat?, serve_cmd_bat?, allow_parallel?, links?, labels?, env?, serve_env?, readiness_probe?, dir?, serve_dir?)
trigger_mode(trigger_mode)
update_settings(max_parallel_updates?, k8s_upsert_timeout_secs?, suppress_unused_image_warnings?, k8s_server_side_apply?)
v1alpha1.cmd(name, labels?, annotations?, args?, dir?, env?, readiness_probe?, restart_on?, start_on?, disable_source?)
v1alpha1.config_map(name, labels?, annotations?, data?)
v1alpha1.config_map_disable_source(name?, key?)
v1alpha1.disable_source(config_map?, every_config_map?)
v1alpha1.exec_action(command?)
v1alpha1.extension(name, labels?, annotations?, repo_name?, repo_path?, args?)
v1alpha1.extension_repo(name, labels?, annotations?, url?, ref?, load_host?, git_subpath?)
v1alpha1.file_watch(name, labels?, annotations?, watched_paths?, ignores?, disable_source?)
v1alpha1.forward(local_port?, container_port?, host?, name?, path?)
v1alpha1.handler(exec?, http_get?, tcp_socket?)
v1alpha1.http_get_action(path?, port?, host?, scheme?, http_headers?)
v1alpha1.http_header(name?, value?)
v1alpha1.ignore_def(base_path?, patterns?)
v1alpha1.kubernetes_apply(name, labels?, annotations?, yaml?, image_maps?, image_locators?, timeout?, kubernetes_discovery_template_spec?, port_forward_template_spec?, pod_log_stream_template_spec?, discovery_strategy?, disable_source?, apply_cmd?, restart_on?, delete_cmd?, cluster?, server_side_apply?)
v1alpha1.kubernetes_apply_cmd(args?, dir?, env?)
v1alpha1.kubernetes_discovery(name, labels?, annotations?, watches?, extra_selectors?, port_forward_template_spec?, pod_log_stream_template_spec?, cluster?)
v1alpha1.kubernetes_discovery_template_spec(extra_selectors?)
v1alpha1.kubernetes_image_locator(object_selector?, path?, object?)
v1alpha1.kubernetes_image_object_descriptor(repo_field?, tag_field?)
v1alpha1.kubernetes_watch_ref(uid?, namespace?, name?)
v1alpha1.label_selector(match_labels?, match_expressions?)
v1alpha1.label_selector_requirement(key?, operator?, values?)
v1alpha1.object_selector(api_version_regexp?, kind_regexp?, name_regexp?, namespace_regexp?)
v1alpha1.pod_log_stream_template_spec(since_time?, only_containers?, ignore_containers?)
v1alpha1.port_forward_template_spec(forwards?)
v1alpha1.probe(handler?, initial_delay_seconds?, timeout_seconds?, period_seconds?, success_threshold?, failure_threshold?)
v1alpha1.restart_on_spec(file_watches?, ui_buttons?)
v1alpha1.start_on_spec(start_after?, ui_buttons?)
v1alpha1.tcp_socket_action(port?, host?)
v1alpha1.ui_bool_input_spec(default_value?, true_string?, false_string?)
v1alpha1.ui_button(name, labels?, annotations?, location?, text?, icon_name?, icon_svg?, disabled?, requires_confirmation?, inputs?)
v1alpha1.ui_choice_input_spec(choices?)
v1alpha1.ui_component_location(component_id?, component_type?)
v1alpha1.ui_hidden_input_spec(value?)
v1alpha1.ui_input_spec(name?, label?, text?, bool?, hidden?, choice?)
v1alpha1.ui_text_input_spec(default_value?, placeholder?)
version_settings(check_updates?, constraint?)
warn(msg)
watch_file(paths)
watch_settings(ignore?)
workload_to_resource_function(func)
`

// TestSignatures holds the names, the order and the obligation of parameters.
func TestSignatures(t *testing.T) {
	have := map[string]string{}
	for _, f := range tiltfile.Functions() {
		var params []string
		for _, p := range f.Params {
			name := p.Name
			if p.Optional() {
				name += "?"
			}
			params = append(params, name)
		}
		have[f.Name] = f.Name + "(" + strings.Join(params, ", ") + ")"
	}
	for _, want := range strings.Fields(strings.ReplaceAll(signatures, ", ", ",")) {
		want = strings.ReplaceAll(want, ",", ", ")
		name, _, _ := strings.Cut(want, "(")
		if have[name] != want {
			t.Errorf("got  %s\nwant %s", have[name], want)
		}
	}
}

// forms are expressions that a parameter takes, by its type; "| None" and lists of a
// type are added.
var forms = map[string][]string{
	"str": {"'x'", "blob('x')"}, "str | blob": {"'x'", "blob('x')"},
	"str | list[str]": {"'x'", "blob('x')", "['x', blob('y')]", "('x',)", "[]", "{'x': 1}", "set(['x'])"},
	"bool":            {"True", "False"}, "int": {"1", "8080"}, "any": {"'x'", "1"},
	"dict[str, str]": {"{'A': 'b'}", "{'A': blob('b')}", "{}", "os.environ"},
	"str | Link":     {"'x.io'", "link('https://x.io', 'x')"},
	"TriggerMode":    {"TRIGGER_MODE_AUTO", "TRIGGER_MODE_MANUAL"}, "function": {"lambda id: id.name"},
	"int | str | PortForward": {"1", "'1'", "'1:2'", "'h:1:2'", "port_forward(1)", "port_forward(1, 2, name='n', link_path='/', host='h')"},
	"LiveUpdateStep":          {"sync('.', '/a')", "run('x')", "restart_container()", "initial_sync()", "fall_back_on('x')"},
	"ExecAction":              {"exec_action('x')", "exec_action(['x'])"}, "HTTPGetAction": {"http_get_action(80)"}, "TCPSocketAction": {"tcp_socket_action(80)"},
	"Probe": {"probe(exec=exec_action('x'))"}, "str | bool": {"'auto'", "True"},
}

// formsOfCommands are those of a command that may be empty. A blob alone is none.
var formsOfCommands = []string{"'x'", "''", "['x', blob('y')]", "('x',)", "[]", "{'x': 1}", "set(['x'])"}

// formsOf are the forms of parameters that take fewer values than their type, or
// others.
var formsOf = map[string][]string{
	"allow_k8s_contexts.contexts": {"'x'", "['x']", "[]", "None"}, "ci_settings.timeout": {"'30m'"}, "ci_settings.readiness_timeout": {"'30s'"}, "ci_settings.k8s_grace_period": {"'1h'"},
	"config.set_enabled_resources.resources": {"[]"}, "custom_build.command": {"'x'", "['x', blob('y')]"}, "custom_build.image_deps": {"[]"},
	"decode_json.json": {"'1'", "blob('1')"}, "default_registry.host": {"'r.io'"}, "default_registry.host_from_cluster": {"'r.io:80'"},
	"docker_build.context": {"'.'", "blob('.')", "local_git_repo('.')", "os.getcwd()"}, "docker_build.dockerfile": {"'Dockerfile'", "local_git_repo('.').paths('Dockerfile')", "None"},
	".container_args": {"['x', blob('y')]", "('x',)", "[]"}, "docker_build.cache": {"['x']"}, "docker_build.dockerfile_contents": {"'FROM a'", "blob('FROM a')"},
	"docker_compose.configPaths": {"'c.yaml'", "['c.yaml']", "blob('services: {a: {image: b}}')", "['c.yaml', blob('services: {b: {image: b}}')]"}, "docker_compose.env_file": {"'c.env'", "None"},
	"dc_resource.name": {"'a'"}, "dc_resource.project_name": {"'app'", "''", "None"},
	"docker_prune_settings.num_builds": {"0"}, "encode_yaml_stream.objs": {"[]", "[{}]", "({},)"}, "exec_action.command": {"'x'", "['x']"},
	"exit.code": {"'x'", "1"}, "fail.msg": nil, "experimental_telemetry_cmd.cmd": {"'x'", "['x']"}, "experimental_telemetry_cmd.period": {"'5s'"},
	"filter_yaml.yaml": {"'k.yaml'", "['k.yaml', blob('')]", "read_file('k.yaml')"},
	"helm.paths":       {"'.'"}, "helm.values": {"'k.yaml'", "['k.yaml']", "[]"}, "include.path": {"'lib'", "blob('lib')"}, "load_dynamic.path": {"'lib'", "blob('lib')"},
	"k8s_custom_deploy.apply_cmd": {"'x'", "['x']"}, "k8s_custom_deploy.delete_cmd": {"'x'", "['x']"}, "k8s_custom_deploy.image_deps": {"[]"}, "k8s_custom_deploy.live_update": {"[]", "None"},
	"k8s_image_json_path.paths": {"'.spec.x'", "['{.spec.x}']"}, "k8s_kind.image_json_path": {"'.spec.x'", "['{.spec.x}', '.y']", "''", "[]"},
	"k8s_kind.image_object":  {"{'json_path': '.a', 'repo_field': 'r', 'tag_field': 't'}"},
	"k8s_kind.pod_readiness": {"'wait'", "'ignore'", "''"}, "k8s_resource.pod_readiness": {"'wait'", "'ignore'", "''"}, "k8s_resource.discovery_strategy": {"'default'", "'selectors-only'", "''"},
	"k8s_resource.workload": {"'web'", "blob('web')"}, "k8s_resource.objects": {"['cm']", "('cm:configmap',)", "['cm:configmap:default']", "[]"},
	"k8s_resource.trigger_mode": {"TRIGGER_MODE_AUTO"}, "k8s_yaml.yaml": {"'k.yaml'", "['k.yaml']", "read_file('k.yaml')", "[]", "None", "('k.yaml', blob(''))"},
	"kustomize.paths": {"'.'"}, "listdir.dir": {"'.'", "local_git_repo('.')"}, "local.command": {"'x'", "['x']", "('x', blob('y'))"}, "local.dir": {"'.'", "local_git_repo('.')"},
	"local_git_repo.paths": {"'.'"}, "local_resource.name": {"'x'"}, "local_resource.cmd": {"'x'", "['x']"}, "test.name": {"'x'"}, "test.cmd": {"'x'", "['x']"},
	"port_forward.host": {"'x'", "'1.2.3.4'"}, "run.cmd": {"'x'", "['x']"}, "sync.remote_path": {"'/a'"}, "update_settings.k8s_server_side_apply": {"'auto'", "True"},
	".labels": {"'x'", "blob('x')", "['x', blob('y')]", "('x',)", "[]", "set(['x'])", "None"}, ".resource_deps": {"['y', blob('z')]", "('y',)", "[]", "{'y': 1}.keys()", "{'y': 1}"},
	"probe.exec": {"exec_action('x')"}, "probe.http_get": {"http_get_action(80, 'h', 'https', '/p')"}, "probe.tcp_socket": {"tcp_socket_action(80, 'h')"},
	"k8s_image_json_path.kind": {"'x'"}, "k8s_custom_deploy.name": {"'x'"}, "filter_yaml.labels": {"{'a': 'b'}", "{}"},
	"read_file.paths": {"'k.yaml'", "blob('k.yaml')"}, "read_json.paths": {"'j.json'", "blob('j.json')"}, "read_yaml.paths": {"'c.yaml'"}, "read_yaml_stream.paths": {"'k.yaml'"},
	".entrypoint": formsOfCommands, ".serve_cmd": formsOfCommands, ".cmd_bat": formsOfCommands, ".serve_cmd_bat": formsOfCommands, ".command_bat": formsOfCommands,
	".command_bat_val": formsOfCommands, ".apply_cmd_bat": formsOfCommands, ".delete_cmd_bat": formsOfCommands,
	"version_settings.constraint": {"'>=0.22.1'", "'>0.20.0 <1.0.0'", "''"},
}

// base are the arguments that a call needs beside the one that is tried.
var base = map[string]string{
	"custom_build": "ref='x', command='x', deps='x'", "docker_build": "ref='x', context='.'", "dc_resource": "name='a'", "k8s_custom_deploy": "name='x', apply_cmd='x', delete_cmd='x', deps='x'",
	"k8s_image_json_path": "paths='.a', kind='X'", "k8s_kind": "kind='X'", "k8s_resource": "workload='web'", "local": "command='x'", "local_resource": "name='x', cmd='x'", "test": "name='x', cmd='x'",
	"probe": "exec=exec_action('x')", "port_forward": "local_port=1", "run": "cmd='x'", "sync": "local_path='.', remote_path='/a'", "docker_compose": "configPaths='c.yaml'",
}

// filled is a call of a function, with one argument as given and what it needs beside.
func filled(f builtins.Function, param, form string) string {
	args := map[string]string{}
	for _, p := range f.Params {
		if !p.Optional() {
			args[p.Name] = "'x'"
			if of := formsOf[f.Name+"."+p.Name]; len(of) > 0 {
				args[p.Name] = of[0]
			} else if of := forms[p.Type]; len(of) > 0 {
				args[p.Name] = of[0]
			}
		}
	}
	for arg := range strings.SplitSeq(base[f.Name], ", ") {
		if name, value, ok := strings.Cut(arg, "="); ok {
			args[name] = value
		}
	}
	if f.Name == "probe" && slices.Contains([]string{"exec", "http_get", "tcp_socket"}, param) {
		delete(args, "exec")
	}
	args[param] = form
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(args)) {
		parts = append(parts, name+"="+args[name])
	}
	return f.Name + "(" + strings.Join(parts, ", ") + ")"
}

// TestEveryFormOfEveryArgument calls each function with each form of each of its
// arguments; what Tilt takes must pass, in a run and in a check.
func TestEveryFormOfEveryArgument(t *testing.T) {
	tree := []string{
		"Dockerfile", "FROM a", ".git/HEAD", "", "lib", "x = 1", "c.yaml", "services: {a: {image: b}}", "c.env", "A=b", "j.json", "[1]",
		"k.yaml", deployment("web", "img") + configMap("cm"), "x", "x: 1\n", "y", "", "A/x", "",
	}
	tried := 0
	table := analysis.NewTable(analysis.Library(), builtins.Describe(), tiltfile.Describe())
	for _, f := range tiltfile.Functions() {
		if tiltfile.Treat(f) == tiltfile.Refused || strings.HasPrefix(f.Name, "v1alpha1.") || f.Name == "os.path.join" {
			continue
		}
		for _, p := range f.Params {
			if strings.HasPrefix(p.Name, "*") {
				continue
			}
			all, given := formsOf[f.Name+"."+p.Name]
			if !given {
				all, given = formsOf["."+p.Name]
			}
			if !given {
				kind, optional := strings.CutSuffix(p.Type, " | None")
				one, list, _ := strings.Cut(kind, " | list[")
				if all = forms[kind]; all == nil && list != "" {
					all = slices.Clone(forms[one])
					all = append(all, "["+strings.Join(forms[one][:1], ", ")+"]", "[]", "("+forms[one][0]+",)")
				}
				if optional {
					all = append(slices.Clip(all), "None")
				}
				if len(all) == 0 {
					t.Errorf("%s: no forms of %s %q: add them", f.Name, p.Name, p.Type)
				}
			}
			for _, form := range all {
				script := filled(f, p.Name, form) + "\n"
				switch f.Name {
				case "fall_back_on", "sync", "run", "initial_sync":
					script = "docker_build('a', '.', live_update=[" + strings.TrimSpace(script) + "])\n"
				case "dc_resource":
					script = "docker_compose('c.yaml')\n" + script
				case "k8s_resource":
					script = "k8s_yaml('k.yaml')\n" + script
				}
				pr := files(script, tree...)
				pr.programs = func(builtins.Command) (builtins.Result, error) { return builtins.Result{}, nil }
				if o := pr.run(t); o.err != nil {
					t.Errorf("%s: %v", fmt.Sprintf("%q", script), o.err)
				}
				engine := starlark.Engine{Files: pr.files, Table: func(string) *analysis.Table { return table }}
				program, err := engine.Check(t.Context(), pr.entry)
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range program.Diagnostics() {
					// A dict in place of a list runs, as the list of its keys, and is still a mistake.
					if d.Severity == diag.Error && !strings.Contains(d.Summary, "got dict, want ") {
						t.Errorf("%q: check: %s", script, d.Summary)
					}
				}
				tried++
			}
		}
	}
	if tried < 500 {
		t.Errorf("%d calls, want 500 or more", tried)
	}
}
