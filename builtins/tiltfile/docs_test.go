package tiltfile_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/builtins/tiltfile"
)

var update = flag.Bool("update", false, "write the table of names into docs/tiltfiles.md")

// TestDocsHaveEveryName holds that the table of docs/tiltfiles.md is that of the
// code: each name with its parameters and what becomes of it.
func TestDocsHaveEveryName(t *testing.T) {
	const path, begin, end = "../../docs/tiltfiles.md", "<!-- names -->\n", "<!-- end of names -->\n"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(data), begin)
	table, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s lacks %q or %q", path, begin, end)
	}
	want := namesTable()
	if *update {
		if err := os.WriteFile(path, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, table); diff != "" {
		t.Errorf("want -, got +; accept with: go test ./builtins/tiltfile -run TestDocsHaveEveryName -update\n%s", diff)
	}
}

// namesTable is the table as Markdown.
func namesTable() string {
	var b strings.Builder
	b.WriteString("| name | | what it does |\n|---|---|---|\n")
	cell := func(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
	for _, a := range tiltfile.Attributes() {
		fmt.Fprintf(&b, "| `%s.%s` | evaluated | %s |\n", a.Of, a.Name, cell(a.Doc))
	}
	b.WriteString("| `__file__`, `__name__` | evaluated | The absolute path of the file; `__main__` in the entry file. |\n")
	b.WriteString("| `TRIGGER_MODE_AUTO`, `TRIGGER_MODE_MANUAL` | evaluated | The trigger modes. |\n")
	for _, f := range tiltfile.Functions() {
		var params []string
		for _, p := range f.Params {
			if p.Optional() {
				params = append(params, p.Name+"=")
			} else {
				params = append(params, p.Name)
			}
		}
		treatment := tiltfile.Treat(f)
		doc := f.Doc
		if treatment == tiltfile.Refused {
			params, doc = nil, strings.TrimPrefix(doc, "Refused: ")
		}
		fmt.Fprintf(&b, "| `%s(%s)` | %s | %s |\n", f.Name, strings.Join(params, ", "), treatment, cell(doc))
	}
	return b.String()
}

// TestPositionalOrders holds the orders of arguments that scripts rely on.
func TestPositionalOrders(t *testing.T) {
	want := map[string]string{
		"default_registry":    "host host_from_cluster single_name",
		"k8s_image_json_path": "paths api_version kind name namespace",
		"k8s_kind":            "kind image_json_path api_version image_object pod_readiness",
		"local":               "command quiet command_bat echo_off env dir stdin",
		"local_resource": "name cmd deps trigger_mode resource_deps ignore auto_init serve_cmd cmd_bat serve_cmd_bat allow_parallel links labels env serve_env " +
			"readiness_probe dir serve_dir",
		"k8s_resource": "workload new_name port_forwards extra_pod_selectors trigger_mode resource_deps objects auto_init pod_readiness links labels discovery_strategy",
		"docker_build": "ref context build_args dockerfile dockerfile_contents cache live_update match_in_env_vars ignore only entrypoint container_args target ssh " +
			"secret network extra_tag cache_from pull platform extra_hosts",
		"custom_build": "ref command deps tag disable_push skips_local_docker live_update match_in_env_vars ignore entrypoint container_args command_bat_val " +
			"outputs_image_ref_to command_bat image_deps env dir",
		"docker_compose":        "configPaths env_file project_name profiles wait",
		"dc_resource":           "name image trigger_mode resource_deps infer_links links labels auto_init project_name new_name",
		"docker_prune_settings": "disable max_age_mins num_builds interval_hrs keep_recent",
		"k8s_custom_deploy": "name apply_cmd delete_cmd deps image_selector live_update apply_dir apply_env apply_cmd_bat delete_dir delete_env delete_cmd_bat " +
			"container_selector image_deps",
		"helm": "paths name namespace values set kube_version skip_crds", "kustomize": "paths kustomize_bin flags", "filter_yaml": "yaml labels name namespace kind api_version",
		"port_forward": "local_port container_port name link_path host", "http_get_action": "port host scheme path", "link": "url name",
		"probe": "initial_delay_secs timeout_secs period_secs success_threshold failure_threshold exec http_get tcp_socket",
		"run":   "cmd trigger echo_off", "sync": "local_path remote_path", "version_settings": "check_updates constraint",
		"config.define_bool": "name args usage", "k8s_yaml": "yaml allow_duplicates", "read_file": "paths default", "listdir": "dir recursive",
		"v1alpha1.cmd":        "name labels annotations args dir env readiness_probe restart_on start_on disable_source",
		"v1alpha1.file_watch": "name labels annotations watched_paths ignores disable_source",
		"v1alpha1.ui_button":  "name labels annotations location text icon_name icon_svg disabled requires_confirmation inputs",
		"v1alpha1.forward":    "local_port container_port host name path",
	}
	for _, f := range tiltfile.Functions() {
		if want[f.Name] == "" {
			continue
		}
		var names []string
		for _, p := range f.Params {
			names = append(names, p.Name)
		}
		if got := strings.Join(names, " "); got != want[f.Name] {
			t.Errorf("%s: got %s\nwant %s", f.Name, got, want[f.Name])
		}
		delete(want, f.Name)
	}
	for name := range want {
		t.Errorf("no function %s", name)
	}
}
