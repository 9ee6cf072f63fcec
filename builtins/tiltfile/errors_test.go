package tiltfile_test

import (
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/builtins/tiltfile"
)

// wrong are calls that fail, a function with its arguments, and what the error
// says. Each is the first line of a script.
var wrong = map[string][][2]string{
	"allow_k8s_contexts":             {{"()", `missing argument "contexts"`}, {"(1)", "got int, want str"}},
	"analytics_settings":             {{"()", "missing argument"}, {"('yes')", "got string, want bool"}},
	"blob":                           {{"()", "missing argument"}, {"(1)", "got int, want str | blob"}},
	"ci_settings":                    {{"(timeout='soon')", `"soon" is not a duration`}, {"(wait='1s')", "unexpected keyword"}},
	"config.clear_enabled_resources": {{"(1)", "got 1 positional arguments"}},
	"config.define_bool":             {{"('')", "cannot be the name"}, {"('--a')", "cannot be the name"}},
	"config.define_string":           {{"('a', 'b')", "got string, want bool"}},
	"config.define_string_list":      {{"()", "missing argument"}},
	"config.parse":                   {{"(1)", "got 1 positional arguments"}},
	"config.set_enabled_resources":   {{"(['nope'])", `cannot enable "nope": no such resource`}, {"('nope')", "got string, want list[str]"}, {"(1)", "got int"}},
	"custom_build": {
		{"('app', 'make')", `missing argument "deps"`}, {"('app', '', ['.'])", "it is empty"}, {"('UPPER', 'make', [])", "upper-case letter"},
		{"('app', 'make', [], image_deps=['base'])", `image_deps: nothing builds "base"`},
		{"('app', 'make', [], tag='a', outputs_image_ref_to='b')", "give one"}, {"('app', 'make', [], image_deps=['A'])", "image_deps"},
	},
	"dc_resource":        {{"('db')", "called no docker_compose yet"}},
	"decode_json":        {{"('{')", "the text ends too early"}, {"(1)", "got int"}},
	"decode_yaml":        {{"('a: 1\\n---\\nb: 2')", "2 documents, want one"}, {"('a: [')", "decode_yaml"}},
	"decode_yaml_stream": {{"('a: b: c')", "decode_yaml_stream"}},
	"default_registry": {{"(None)", "got None, want str"}, {"('https://gcr.io/x')", "default_registry"}, {"('docker.io')", "default_registry"}, {"('')", "it is empty"}, {"()", "missing argument"},
		{"('a.io') or default_registry('a.io')", "it was called at Tiltfile:1:17 already"}},
	"disable_feature":   {{"()", "missing argument"}, {"('')", "it is empty"}},
	"disable_snapshots": {{"(1)", "got 1 positional arguments"}},
	"docker_build": {
		{"('app')", `missing argument "context"`}, {"('app', '.')", "cannot read the Dockerfile: open Dockerfile: file does not exist"},
		{"('app', '.', dockerfile='d', dockerfile_contents='FROM x')", "give one"}, {"('app:', '.', dockerfile_contents='FROM x')", "docker_build"},
		{"('app', '../..')", "leaves the root"}, {"('app', '.', dockerfile_contents='FROM x', only=['*.go'])", "is a pattern"},
		{"('app', '.', dockerfile_contents='FROM x', build_args={'A': 1})", `the value of "A" is a int, want str`},
		{"('app', '.', dockerfile_contents='FROM x', live_update=['make'])", "got a string in the list, want LiveUpdateStep"},
		{"('app', '.', dockerfile_contents='FROM x', live_update=[sync('.', 'rel')])", "must be absolute"},
		{"('app', '.', dockerfile_contents='FROM x', live_update=[run('a'), sync('.', '/a')])", "sync steps must come before run steps"},
		{"('app', '.', dockerfile_contents='FROM x', live_update=[sync('.', '/a'), fall_back_on('a')])", "fall_back_on steps must come before"},
		{"('app', '.', dockerfile_contents='FROM x', live_update=[restart_container(), run('a')])", "restart_container must be the last step"},
		{"('app', '.', dockerfile_contents='FROM x', live_update=[sync('.', '/a'), initial_sync()])", "initial_sync must come before"},
		{"('app', '.', dockerfil='x')", `did you mean "dockerfile"?`}, {"('app', '.', dockerfile_contents='FROM x', extra_tag='A B')", "extra_tag"},
	},
	"docker_compose":                {{"('compose.yaml')", "file does not exist"}, {"([])", "it names no file"}, {"(blob('a: 1'))", `"a" is not a section of a compose file`}, {"(1)", "got int"}},
	"docker_prune_settings":         {{"(max_age_mins=-1)", "got -1, want 0 or more"}, {"(num_builds=2, interval_hrs=3)", "give one"}},
	"enable_feature":                {{"()", "missing argument"}, {"('')", "it is empty"}},
	"encode_json":                   {{"(print)", "has no JSON form"}, {"()", "missing argument"}},
	"encode_yaml":                   {{"(print)", "has no JSON form"}},
	"encode_yaml_stream":            {{"({'a': 1})", "want a list of documents"}, {"(1)", "want a list of documents"}},
	"exec_action":                   {{"()", "missing argument"}, {"(1)", "got int"}},
	"exit":                          {{"(1, 2)", "got 2 positional arguments"}},
	"experimental_analytics_report": {{"({'a': 1})", "is a int, want str"}},
	"experimental_telemetry_cmd":    {{"('')", "it is empty"}, {"('a', period='often')", "is not a duration"}},
	"fail":                          {{"('no')", "fail: no"}, {"()", "missing argument"}},
	"fall_back_on":                  {{"(1)", "got int"}, {"()", "missing argument"}},
	"filter_yaml":                   {{"('none.yaml')", "file does not exist"}, {"(blob('a: 1'))", "has no kind"}, {"(blob(''), kind='(')", "kind"}, {"(blob(''), name='a' * 10001)", "a regular expression of 10001 bytes: the limit is 10000"}, {"(1)", "want str or Blob"}},
	"helm":                          {{"('chart')", "file does not exist"}, {"()", "missing argument"}},
	"http_get_action":               {{"(70000)", "not in the range"}, {"('80')", "got string, want int"}},
	"include":                       {{"('none')", "cannot load none: file does not exist"}, {"('')", "the path is empty"}, {"('../x')", "leaves the root"}, {"('ext://nope')", `no extension "nope"`}},
	"initial_sync":                  {{"(1)", "got 1 positional arguments"}},
	"k8s_custom_deploy": {
		{"('a', 'b', 'c')", `missing argument "deps"`}, {"('a', '', 'c', [])", "it is empty"}, {"('a', 'b', '', [])", "it is empty"},
		{"('a', 'b', 'c', [], live_update=[sync('.', '/a')])", "needs image_selector or container_selector"},
		{"('a', 'b', 'c', [], image_deps=['x'])", `image_deps: nothing builds "x"`},
		{"('a', 'b', 'c', [], image_selector='x', container_selector='y', live_update=[sync('.', '/a')])", "give one"}, {"('a/b', 'b', 'c', [])", "may not hold /"},
	},
	"k8s_image_json_path": {{"('.spec.image')", "choose objects"}, {"('{', kind='X')", "k8s_image_json_path"}},
	"k8s_kind": {
		{"('(')", "k8s_kind"}, {"('X', image_object={'json_path': '.a'})", `it lacks "repo_field"`},
		{"('X', image_json_path='.a', image_object={'json_path': '.a', 'repo_field': 'r', 'tag_field': 't'})", "give one"},
		{"('X', pod_readiness='never')", `"never" is none of "wait", "ignore"`},
	},
	"k8s_resource": {
		{"()", "give the workload"}, {"('web')", `no workload "web"`}, {"(new_name='x')", "a resource without a workload needs objects"},
		{"('web', port_forwards='a')", `"a" is not a port`}, {"('web', port_forwards='1:2:3:4')", "want a port"}, {"('web', port_forwards='*bad*:1:2')", "neither a host name"},
		{"('web', port_forwards=70000)", "not in the range"}, {"('web', labels='a b')", "is not a label"}, {"('web', trigger_mode='auto')", "got string, want TriggerMode"},
		{"('web', discovery_strategy='x')", `"x" is none of "default", "selectors-only"`}, {"('web', new_name='a/b')", "may not hold /"}, {"(new_name='x', objects=['cm'])", `no object "cm"`},
	},
	"k8s_yaml": {
		{"('none.yaml')", "file does not exist"}, {"(blob('a: 1'))", "document 1: the object has no kind"}, {"(blob('kind: X'))", "the X has no apiVersion"},
		{"(blob('{kind: X, apiVersion: v1, metadata: {name: yes}}'))", "document 1: the metadata.name of the X is the bool True, want a string: quote it"},
		{"(blob('{kind: X, apiVersion: v1, metadata: {name: a, namespace: 007}}'))", "the metadata.namespace of the X is the int 7, want a string: quote it"},
		{"(blob('- a'))", "got list, want an object"}, {"({'kind': 'X'})", "got dict, want str or Blob"}, {"('../x.yaml')", "leaves the root"},
		{"([blob('apiVersion: v1\\nkind: A\\nmetadata: {name: x}')] * 2)", "duplicate object x:a:default:core"}, {"(blob('a: b: c'))", "k8s_yaml"},
	},
	"kustomize":      {{"('none')", "file does not exist"}, {"('.')", "running programs is off"}},
	"link":           {{"('')", "the URL is empty"}, {"('http://[')", "link"}},
	"listdir":        {{"('none')", "file does not exist"}, {"('..')", "leaves the root"}},
	"load_dynamic":   {{"('none')", "cannot load none: file does not exist"}},
	"local":          {{"('')", "it is empty"}, {"('ls')", "running programs is off"}, {"('ls', dir='none')", "file does not exist"}, {"('ls', env={'A': 1})", "is a int, want str"}, {"('ls', quite=True)", `did you mean "quiet"?`}},
	"local_git_repo": {{"('none')", "file does not exist"}, {"('.')", ". is not a repository"}},
	"local_resource": {
		{"('a')", "has neither cmd nor serve_cmd"}, {"('a/b', 'x')", "may not hold /"}, {"('', 'x')", "it is empty"}, {"(cmd='x')", `missing argument "name"`},
		{"('a', 'x', readiness_probe=1)", "got int, want Probe"}, {"('a', 'x', labels=['a', ''])", "is not a label"}, {"('a', 'x', resource_deps='a')", "got string, want list[str]"}, {"('a', 'x', resource_deps=None)", "got NoneType"}, {"('a', 'x', resource_deps=['a'])", "resources wait for each other: a -> a"},
		{"('a', ['x', 1])", "got a int in the list, want str"},
	},
	"os.getcwd":       {{"(1)", "got 1 positional arguments"}},
	"os.getenv":       {{"()", "missing argument"}, {"(1)", "got int, want str"}},
	"os.path.abspath": {{"(1)", "got int"}}, "os.path.basename": {{"(1)", "got int"}}, "os.path.dirname": {{"()", "missing argument"}},
	"os.path.exists":   {{"(None)", "got None, want str"}},
	"os.path.join":     {{"()", "missing argument"}, {"('a', 1)", "for element 1: got int"}},
	"os.path.realpath": {{"(1)", "got int"}}, "os.path.relpath": {{"()", "missing argument"}},
	"os.putenv":    {{"('A')", "missing argument"}, {"('A', 1)", "got int, want str"}},
	"os.unsetenv":  {{"()", "missing argument"}},
	"port_forward": {{"()", "missing argument"}, {"(80, host='a b')", "neither a host name"}, {"(-1)", "not in the range"}},
	"probe": {{"()", "give exactly one"}, {"(exec=exec_action('a'), tcp_socket=tcp_socket_action(1))", "got 2 of exec"}, {"(exec='a')", "got string, want ExecAction"},
		{"(period_secs=-1, exec=exec_action('a'))", "want 0 or more"}},
	"read_file":         {{"('none')", "file does not exist"}, {"('/etc/passwd')", "leaves the root"}},
	"read_json":         {{"('none')", "file does not exist"}, {"('Tiltfile')", "Tiltfile:1:1"}},
	"read_yaml":         {{"('none')", "file does not exist"}},
	"read_yaml_stream":  {{"('none')", "file does not exist"}},
	"restart_container": {{"(1)", "got 1 positional arguments"}},
	"run":               {{"('')", "it is empty"}, {"()", "missing argument"}, {"('x')", "run: no live_update has the step"}},
	"secret_settings":   {{"()", "missing argument"}},
	"set_team":          {{"('')", "it is empty"}},
	"shlex.quote":       {{"(1)", "got int"}},
	"sync":              {{"('a')", "missing argument"}},
	"tcp_socket_action": {{"('a')", "got string, want int"}},
	"test":              {{"('a')", "has neither cmd nor serve_cmd"}},
	"trigger_mode":      {{"('auto')", "got string, want TriggerMode"}},
	"update_settings":   {{"(max_parallel_updates=0)", "want 1 or more"}, {"(k8s_upsert_timeout_secs=0)", "want 1 or more"}, {"(k8s_server_side_apply='x')", "want auto, true or false"}},
	"version_settings": {{"(check_updates='x')", "got string, want bool"}, {"(constraint='new')", `"new" is not a range of versions`},
		{"(constraint='<0.20.0')", "the script is for Tilt <0.20.0"}},
	"warn":                          {{"()", "missing argument"}},
	"watch_file":                    {{"(1)", "got int"}},
	"watch_settings":                {{"(1)", "got int"}},
	"workload_to_resource_function": {{"(1)", "got int, want function"}, {"(lambda: 'a')", "takes 0 arguments, want 1"}},
}

// TestEveryFunctionChecksItsArguments holds that each function of the table has a
// call that fails, with one error at the call.
func TestEveryFunctionChecksItsArguments(t *testing.T) {
	for _, f := range tiltfile.Functions() {
		cases := wrong[f.Name]
		switch {
		case strings.HasPrefix(f.Doc, "Refused: "):
			cases = [][2]string{{"()", strings.TrimSuffix(strings.TrimPrefix(f.Doc, "Refused: "), ".")}, {"('a', 'b')", f.Name}}
		case strings.HasPrefix(f.Name, "v1alpha1."):
			cases = [][2]string{{"(nonsense=1)", `unexpected keyword argument "nonsense"`}}
			if f.Returns == "None" {
				cases = append(cases, [2]string{"()", `missing argument "name"`}, [2]string{"('')", "it is empty"})
			}
		}
		if len(cases) == 0 {
			t.Errorf("%s: no call of it fails here: add one to wrong", f.Name)
		}
		for _, c := range cases {
			p := files(f.Name + c[0])
			o := p.run(t)
			if o.err == nil || !strings.Contains(o.err.Error(), c[1]) || !strings.Contains(o.err.Error(), "Tiltfile:1:") {
				t.Errorf("%s%s: got %v, want %s", f.Name, c[0], o.err, c[1])
			}
		}
	}
	for name := range wrong {
		found := false
		for _, f := range tiltfile.Functions() {
			found = found || f.Name == name
		}
		if !found {
			t.Errorf("wrong has %s, which is no function", name)
		}
	}
}
