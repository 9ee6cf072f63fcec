package tiltfile_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/tiltfile"
)

// signatures are all functions of the table with their parameters, in the order of
// Tilt's; ? may be left out.
const signatures = `
add_fast_build()
allow_k8s_contexts(contexts)
analytics_settings(enable)
blob(input)
ci_settings(k8s_grace_period?, timeout?, readiness_timeout?)
config.clear_enabled_resources()
config.define_bool(name, args?, usage?)
config.define_string(name, args?, usage?)
config.define_string_list(name, args?, usage?)
config.parse()
config.set_enabled_resources(resources)
custom_build(ref, command, deps, tag?, disable_push?, skips_local_docker?, live_update?, match_in_env_vars?, ignore?, entrypoint?, container_args?, command_bat_val?, outputs_image_ref_to?, command_bat?, image_deps?, env?, dir?)
dc_resource(name, image?, trigger_mode?, resource_deps?, infer_links?, links?, labels?, auto_init?, project_name?, new_name?)
decode_json(json)
decode_yaml(yaml)
decode_yaml_stream(yaml)
default_registry(host, host_from_cluster?, single_name?)
disable_feature(msg)
disable_snapshots()
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
experimental_metrics_settings()
experimental_telemetry_cmd(cmd, cmd_bat?, period?, dir?)
fail(msg)
fall_back_on(paths)
fast_build()
filter_yaml(yaml, labels?, name?, namespace?, kind?, api_version?)
helm(paths, name?, namespace?, values?, set?, kube_version?, skip_crds?)
http_get_action(port, host?, scheme?, path?)
include(path)
initial_sync()
k8s_custom_deploy(name, apply_cmd, delete_cmd, deps, image_selector?, live_update?, apply_dir?, apply_env?, apply_cmd_bat?, delete_dir?, delete_env?, delete_cmd_bat?, container_selector?, image_deps?)
k8s_image_json_path(paths, api_version?, kind?, name?, namespace?)
k8s_kind(kind, image_json_path?, api_version?, image_object?, pod_readiness?)
k8s_resource(workload?, new_name?, port_forwards?, extra_pod_selectors?, trigger_mode?, resource_deps?, objects?, auto_init?, pod_readiness?, links?, labels?, discovery_strategy?)
k8s_resource_assembly_version()
k8s_yaml(yaml, allow_duplicates?)
kustomize(paths, kustomize_bin?, flags?)
link(url, name?)
listdir(dir, recursive?)
load_dynamic(path)
local(command, quiet?, command_bat?, echo_off?, env?, dir?, stdin?)
local_git_repo(paths)
local_resource(name, cmd?, deps?, trigger_mode?, resource_deps?, ignore?, auto_init?, serve_cmd?, cmd_bat?, serve_cmd_bat?, allow_parallel?, links?, labels?, env?, serve_env?, readiness_probe?, dir?, serve_dir?)
os.getcwd()
os.getenv(key, default?)
os.path.abspath(path)
os.path.basename(path)
os.path.dirname(path)
os.path.exists(path)
os.path.join(path, *paths)
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
restart_container()
run(cmd, trigger?, echo_off?)
secret_settings(disable_scrub)
set_team(team_id)
shlex.quote(name)
static_build()
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
	held := map[string]bool{}
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
		if held[name] = true; have[name] != want {
			t.Errorf("got  %s\nwant %s", have[name], want)
		}
	}
	for name, signature := range have {
		if !held[name] {
			t.Errorf("signatures lacks %s", signature)
		}
	}
}

// besides are the arguments of a call with all of them, where the first form of each is
// more than a call may have.
var besides = map[string]string{
	"docker_build.dockerfile_contents": "'FROM a'", "docker_build.dockerfile": "None", "custom_build.outputs_image_ref_to": "''",
	"probe.http_get": "None", "probe.tcp_socket": "None", "k8s_kind.image_object": "None",
}

// TestPlacesAndNames calls each function with all of its arguments, once by their places
// and once by their names; both calls do the same.
func TestPlacesAndNames(t *testing.T) {
	for _, f := range tiltfile.Functions() {
		if tiltfile.Treat(f) == tiltfile.Refused || len(f.Params) == 0 || f.Name == "os.path.join" || f.Name == "k8s_kind" {
			continue // k8s_kind takes names only
		}
		var places, names []string
		for _, p := range f.Params {
			form, ok := besides[f.Name+"."+p.Name]
			if !ok {
				form, ok = baseOf(f)[p.Name]
			}
			if !ok {
				if of := formsFor(t, f, p); len(of) > 0 {
					form = of[0]
				}
			}
			if form != "" {
				places, names = append(places, form), append(names, p.Name+"="+form)
			}
		}
		var did []string
		for _, args := range [][]string{places, names} {
			call := f.Name + "(" + strings.Join(args, ", ") + ")"
			did = append(did, calling(f, call).run(t).came(t))
		}
		if did[0] != did[1] || strings.HasPrefix(did[0], "error: ") && f.Name != "fail" {
			t.Errorf("%s(%s)\n\tby places %s\n\tby names  %s", f.Name, strings.Join(names, ", "), did[0], did[1])
		}
	}
}

// came is all that a run came to.
func (o *outcome) came(t *testing.T) string {
	t.Helper()
	if o.err != nil {
		return "error: " + o.err.Error()
	}
	data, err := json.Marshal([]any{o.Resources(), o.Builds(), o.Settings(), o.Objects(), o.ComposeProjects(), o.said})
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// defaults are those of Tilt's documentation that a script may write out: the call is
// the same as without.
const defaults = `
dc_resource(trigger_mode=TRIGGER_MODE_AUTO, resource_deps=[], links=[], labels=[], auto_init=True, project_name='', new_name='', infer_links=True)
docker_build(build_args={}, dockerfile='Dockerfile', live_update=[], match_in_env_vars=False, ignore=[], only=[], entrypoint=[], target='', ssh='', network='', secret='', container_args=None, cache_from=[], pull=False, platform='', extra_hosts=[])
docker_compose(env_file=None, project_name='', profiles=[], wait=False)
custom_build(tag='', disable_push=False, skips_local_docker=False, live_update=[], match_in_env_vars=False, ignore=[], entrypoint=[], command_bat_val='', outputs_image_ref_to='', command_bat='', image_deps=[], env={}, dir='')
default_registry(host_from_cluster=None, single_name='')
docker_prune_settings(disable=False, max_age_mins=360, num_builds=0, interval_hrs=1, keep_recent=2)
filter_yaml(labels=None, name=None, namespace=None, kind=None, api_version=None)
helm(name='', namespace='', values=[], set=[], skip_crds=False, kube_version='')
http_get_action(host='localhost', scheme='http', path='')
k8s_custom_deploy(image_selector='', live_update=[], apply_dir='', apply_env={}, apply_cmd_bat='', delete_dir='', delete_env={}, delete_cmd_bat='', container_selector='', image_deps=[])
k8s_kind(api_version=None, image_json_path=[], image_object=None, pod_readiness='')
k8s_resource(new_name='', port_forwards=[], extra_pod_selectors=[], trigger_mode=TRIGGER_MODE_AUTO, resource_deps=[], objects=[], auto_init=True, pod_readiness='', links=[], labels=[], discovery_strategy='')
k8s_yaml(allow_duplicates=False)
kustomize(kustomize_bin=None, flags=[])
listdir(recursive=False)
local(quiet=False, command_bat='', echo_off=False, env={}, dir='', stdin=None)
local_resource(deps=None, trigger_mode=TRIGGER_MODE_AUTO, resource_deps=[], ignore=[], auto_init=True, serve_cmd='', cmd_bat='', serve_cmd_bat='', allow_parallel=False, links=[], labels=[], env={}, serve_env={}, readiness_probe=None, dir='', serve_dir='')
os.getenv(default=None)
os.path.relpath(basepath='')
port_forward(container_port=None, name=None, link_path=None, host=None)
probe(initial_delay_secs=0)
run(trigger=[], echo_off=False)
tcp_socket_action(host='localhost')
update_settings(suppress_unused_image_warnings=None)
ci_settings(k8s_grace_period='')
version_settings(check_updates=True, constraint='')
`

// TestDefaults holds what a call does that leaves an argument out.
func TestDefaults(t *testing.T) {
	functions := map[string]builtins.Function{}
	for _, f := range tiltfile.Functions() {
		functions[f.Name] = f
	}
	for line := range strings.Lines(strings.TrimSpace(defaults)) {
		name, args, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(line), ")"), "(")
		f := functions[name]
		for arg := range strings.SplitSeq(args, ", ") {
			param, value, _ := strings.Cut(arg, "=")
			with := filled(f, param, value)
			without := strings.NewReplacer(arg+", ", "", ", "+arg, "", arg, "").Replace(with)
			got, want := calling(f, with).run(t).came(t), calling(f, without).run(t).came(t)
			if got != want || strings.HasPrefix(got, "error: ") || with == without {
				t.Errorf("%s\n\tis    %s\n\twant  %s", with, got, want)
			}
		}
	}
}
