package tiltfile_test

import (
	"fmt"
	"iter"
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
	"Probe": {"probe(exec=exec_action('x'))"}, "str | bool": {"'auto'", "True"}, "list[str]": {"['x', blob('y')]", "('x',)", "[]", "set(['x'])"},
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
	"docker_build.cache": {"['x']"}, "docker_build.dockerfile_contents": {"'FROM a'", "blob('FROM a')"},
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
	"v1alpha1.extension_repo.url": {"'https://x.io'", "'http://x.io'", "'file:///x'"}, "v1alpha1.ui_button.text": {"'x'", "blob('x')"},
	"v1alpha1.ui_button.location": {"v1alpha1.ui_component_location('x', 'Global')", "{'component_id': 'x', 'component_type': 'Resource'}"}, "v1alpha1.ui_button.icon_svg": {"'<svg/>'", "''", "None"},
}

// base are the arguments that a call needs beside the one that is tried.
var base = map[string]string{
	"custom_build": "ref='x', command='x', deps='x'", "docker_build": "ref='x', context='.'", "dc_resource": "name='a'", "k8s_custom_deploy": "name='x', apply_cmd='x', delete_cmd='x', deps='x'",
	"k8s_image_json_path": "paths='.a', kind='X'", "k8s_kind": "kind='X'", "k8s_resource": "workload='web'", "local": "command='x'", "local_resource": "name='x', cmd='x'", "test": "name='x', cmd='x'",
	"v1alpha1.extension_repo": "name='x', url='https://x.io'", "v1alpha1.ui_button": "name='x', text='x', location=v1alpha1.ui_component_location('x','Global')",
	"probe": "exec=exec_action('x')", "port_forward": "local_port=1", "run": "cmd='x'", "sync": "local_path='.', remote_path='/a'", "docker_compose": "configPaths='c.yaml'",
}

// wrongForms are expressions that a parameter does not take, by its type. No parameter
// takes those of "".
var wrongForms = map[string][]string{
	"": {"struct(a=1)", "1.5", "len"}, "str": {"1", "['x']", "{}", "True"}, "str | blob": {"1", "['x']", "True"},
	"int": {"'x'", "True", "[1]", "1 << 70"}, "bool": {"1", "0", "'x'", "[True]"},
	"str | list[str]": {"1", "[1]", "True", "[None]", "[['x']]"}, "list[str]": {"'x'", "blob('x')", "1", "[1]"},
	"dict[str, str]": {"'x'", "['a']", "{1: 'x'}", "{'x': 1}", "{'x': None}"},
	"TriggerMode":    {"'auto'", "1", "True"}, "function": {"'x'", "1", "[len]"}, "str | bool": {"'x'", "1"},
	"str | Link": {"1", "''"}, "int | str | PortForward": {"True", "[[1]]", "'x'"}, "LiveUpdateStep": {"'x'", "['x']", "link('x')"},
	"ExecAction": {"'x'", "['x']", "http_get_action(80)"}, "HTTPGetAction": {"80", "'x'"}, "TCPSocketAction": {"80", "http_get_action(80)"}, "Probe": {"'x'", "exec_action('x')"},
}

// kindOf splits the type of a parameter: the type of one value, whether it takes a list
// of them, and whether it takes None.
func kindOf(p builtins.Param) (one string, list, none bool) {
	one, none = strings.CutSuffix(p.Type, " | None")
	if forms[one] != nil {
		return one, false, none
	}
	one, _, list = strings.Cut(one, " | list[")
	if part, ok := strings.CutPrefix(one, "list["); ok {
		return strings.TrimSuffix(part, "]"), true, none
	}
	return one, list, none
}

// formsFor are the expressions that a parameter of a function takes.
func formsFor(t *testing.T, f builtins.Function, p builtins.Param) []string {
	t.Helper()
	api := strings.HasPrefix(f.Name, "v1alpha1.")
	if all, ok := formsOf[f.Name+"."+p.Name]; ok {
		return all
	}
	if all, ok := formsOf["."+p.Name]; ok && !api {
		return all
	}
	one, list, none := kindOf(p)
	of := forms[one]
	if kind, ok := strings.CutSuffix(one, " | dict"); ok {
		of = []string{partOf(kind) + "()", "{}"}
	}
	if len(of) == 0 {
		t.Fatalf("%s: no forms of %s %q: add them", f.Name, p.Name, p.Type)
	}
	all := slices.Clone(of)
	if list {
		lists := []string{"[" + of[0] + "]", "[]", "(" + of[0] + ",)"}
		if api {
			all = lists // one alone is none
		} else {
			all = append(all, lists...)
		}
	}
	if none {
		all = append(all, "None")
	}
	return all
}

// partOf is the function that makes a part of Tilt's API.
func partOf(kind string) string {
	for _, f := range tiltfile.Functions() {
		if f.Returns == kind && strings.HasPrefix(f.Name, "v1alpha1.") {
			return f.Name
		}
	}
	return kind
}

// filled is a call of a function, with one argument as given and what it needs beside.
func filled(f builtins.Function, param, form string) string {
	args := map[string]string{}
	for _, p := range f.Params {
		if !p.Optional() && !strings.HasPrefix(p.Name, "*") {
			args[p.Name] = "'x'"
			if of := formsOf[f.Name+"."+p.Name]; len(of) > 0 {
				args[p.Name] = of[0]
			} else if of := forms[p.Type]; len(of) > 0 {
				args[p.Name] = of[0]
			}
		}
	}
	maps.Copy(args, baseOf(f))
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

// baseOf are the arguments of base.
func baseOf(f builtins.Function) map[string]string {
	args := map[string]string{}
	for arg := range strings.SplitSeq(base[f.Name], ", ") {
		if name, value, ok := strings.Cut(arg, "="); ok && !strings.HasPrefix(name, "'") {
			args[name] = value
		}
	}
	return args
}

// calling is a project whose Tiltfile makes one call.
func calling(f builtins.Function, call string) project {
	script := "print(" + call + ")\n"
	switch f.Name {
	case "fall_back_on", "sync", "run", "initial_sync":
		script = "docker_build('a', '.', live_update=[" + call + "])\n"
	case "dc_resource":
		script = "docker_compose('c.yaml')\n" + script
	case "k8s_resource":
		script = "k8s_yaml('k.yaml')\n" + script
	}
	p := files(script,
		"Dockerfile", "FROM a", ".git/HEAD", "", "lib", "x = 1", "c.yaml", "services: {a: {image: b}}", "c.env", "A=b", "j.json", "[1]",
		"k.yaml", deployment("web", "img")+configMap("cm"), "x", "x: 1\n", "y", "", "A/x", "")
	p.programs = func(c builtins.Command) (builtins.Result, error) {
		return builtins.Result{Stdout: fmt.Appendf(nil, "# ran: %q", c.Args)}, nil
	}
	return p
}

// callable are the functions that scripts may call, with each of their parameters.
func callable() iter.Seq2[builtins.Function, builtins.Param] {
	return func(yield func(builtins.Function, builtins.Param) bool) {
		for _, f := range tiltfile.Functions() {
			for _, p := range f.Params {
				if tiltfile.Treat(f) != tiltfile.Refused && !strings.HasPrefix(p.Name, "*") && !yield(f, p) {
					return
				}
			}
		}
	}
}

// TestEveryFormOfEveryArgument calls each function with each form of each of its
// arguments; what Tilt takes must pass, in a run and in a check.
func TestEveryFormOfEveryArgument(t *testing.T) {
	tried := 0
	table := analysis.NewTable(analysis.Library(), builtins.Describe(), tiltfile.Describe())
	for f, p := range callable() {
		for _, form := range formsFor(t, f, p) {
			call := filled(f, p.Name, form)
			pr := calling(f, call)
			if o := pr.run(t); o.err != nil {
				t.Errorf("%s: %v", call, o.err)
			}
			engine := starlark.Engine{Files: pr.files, Table: func(string) *analysis.Table { return table }}
			program, err := engine.Check(t.Context(), pr.entry)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range program.Diagnostics() {
				// A dict in place of a list runs, as the list of its keys, and is still a mistake.
				if d.Severity == diag.Error && !strings.Contains(d.Summary, "got dict, want ") {
					t.Errorf("%s: check: %s", call, d.Summary)
				}
			}
			tried++
		}
	}
	if tried < 1000 {
		t.Errorf("%d calls, want 1000 or more", tried)
	}
}

// TestNoOtherFormOfAnyArgument calls each function with values that an argument does not
// take; each call fails, with the name of the parameter.
func TestNoOtherFormOfAnyArgument(t *testing.T) {
	tried := 0
	for f, p := range callable() {
		one, list, none := kindOf(p)
		if one == "any" {
			continue
		}
		forms := slices.Concat(wrongForms[""], wrongForms[one])
		switch {
		case one == "function":
			forms = wrongForms[one]
		case one == "str" && list:
			forms = slices.Concat(wrongForms[""], wrongForms["list[str]"])
		}
		if !none {
			forms = append(forms, "None")
		}
		for _, form := range forms {
			call := filled(f, p.Name, form)
			o := calling(f, call).run(t)
			if o.err == nil || !strings.Contains(o.err.Error(), fmt.Sprintf("for parameter %q: ", p.Name)) || !strings.Contains(o.err.Error(), "Tiltfile:") {
				t.Errorf("%s: got %v, want an error of %q", call, o.err, p.Name)
			}
			tried++
		}
	}
	if tried < 2000 {
		t.Errorf("%d calls, want 2000 or more", tried)
	}
}
